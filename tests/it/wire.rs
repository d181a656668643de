use crate::support::{Ending, GREEN, Guest, Host, Process, Raw, Server, frame};

// Bits of a frame's first byte.
const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2: u8 = 0x20;
const RSV3: u8 = 0x10;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// Opens a socket, says hello, writes bytes, and waits for the end.
async fn ends_after(server: &impl Host, bytes: &[u8]) -> Ending {
    let mut mallory = Raw::connect(server).await;
    mallory.text(br#"{"type":"hello","guest":"Mallory"}"#).await;
    mallory.bytes(bytes).await;
    mallory.ending().await
}

#[tokio::test]
async fn bytes_that_break_the_websocket_protocol_end_the_socket_with_the_right_code() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let ping = br#"{"type":"ping"}"#;
    let limit = vec![b' '; 65_537];
    let halves = [frame(TEXT, true, &limit[..40_000]), frame(FIN | CONTINUATION, true, &limit[..40_000])].concat();
    for (what, bytes, code) in [
        ("no UTF-8", frame(FIN | TEXT, true, b"\"\xff\xfe\""), 1007),
        ("half a character", frame(FIN | TEXT, true, b"\xe2\x82"), 1007),
        ("a frame above the limit", frame(FIN | TEXT, true, &limit), 1009),
        ("a message above the limit in two frames", halves, 1009),
        ("an announced frame of all memory", announced(i64::MAX as u64), 1009),
        ("an unmasked frame", frame(FIN | TEXT, false, ping), 1002),
        ("a reserved bit", frame(FIN | RSV1 | TEXT, true, ping), 1002),
        ("an unknown opcode", frame(FIN | 0x3, true, ping), 1002),
        ("a continuation of nothing", frame(FIN | CONTINUATION, true, ping), 1002),
        ("a ping in pieces", frame(PING, true, b"x"), 1002),
        ("a long ping", frame(FIN | PING, true, &[b'x'; 126]), 1002),
        ("half a character, and then nothing of the rest", [&first(b"\"\xe2\x82"), &last(b"\"")[..]].concat(), 1007),
        ("no UTF-8 in the second piece", [&first(b"\""), &last(b"\xff\"")[..]].concat(), 1007),
        ("a frame of 17 MiB", announced(17 << 20), 1009),
        ("a frame of 2^62 bytes", announced(1 << 62), 1009),
        ("pieces that are too many together", first_and_many(&[b' '; 4_096], 17), 1009),
        ("the second reserved bit", frame(FIN | RSV2 | TEXT, true, ping), 1002),
        ("the third reserved bit", frame(FIN | RSV3 | TEXT, true, ping), 1002),
        ("an unknown control", frame(FIN | 0xb, true, b""), 1002),
        ("a new message amid another", [first(b"{"), frame(FIN | TEXT, true, ping)].concat(), 1002),
        ("a pong in pieces", frame(PONG, true, b"x"), 1002),
        ("a close of one byte", frame(FIN | CLOSE, true, b"x"), 1002),
        ("a long close", frame(FIN | CLOSE, true, &[3; 126]), 1002),
        ("a close with a code that nobody may send", frame(FIN | CLOSE, true, &1005_u16.to_be_bytes()), 1002),
        ("a close with a code that is none", frame(FIN | CLOSE, true, &999_u16.to_be_bytes()), 1002),
        ("a close with a reason that is no text", frame(FIN | CLOSE, true, b"\x03\xe8\xff"), 1007),
    ] {
        assert_eq!(ends_after(&server, &bytes).await, Ending::Closed(code), "{what}");
    }
    alice.says(GREEN, "and so what?").await;
}

/// The first piece of a message.
fn first(piece: &[u8]) -> Vec<u8> {
    frame(TEXT, true, piece)
}

/// The last piece of a message.
fn last(piece: &[u8]) -> Vec<u8> {
    frame(FIN | CONTINUATION, true, piece)
}

/// A message that begins, and goes on with so many more pieces.
fn first_and_many(piece: &[u8], more: usize) -> Vec<u8> {
    [first(piece), frame(CONTINUATION, true, piece).repeat(more)].concat()
}

/// The header of a text frame that is to be so long.
fn announced(length: u64) -> Vec<u8> {
    [&[FIN | TEXT, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat()
}

#[tokio::test]
async fn a_frame_that_is_announced_as_endless_costs_no_memory() {
    let server = Process::start(&[]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    ends_after(&server, &announced(1 << 62)).await;
    let before = server.memory_kib();
    for _ in 0..50 {
        let mut mallory = Raw::connect(&server).await;
        mallory.text(br#"{"type":"hello","guest":"Mallory"}"#).await;
        mallory.bytes(&announced(17 << 20)).await;
        mallory.bytes(&[b' '; 10_000]).await;
        assert_eq!(mallory.ending().await, Ending::Closed(1009));
    }
    let after = server.memory_kib();
    assert!(after < before + 17 * 1024, "less than one of them: from {before} to {after} KiB");
    alice.is_heard().await;
}

#[tokio::test]
async fn ten_thousand_pings_and_ten_thousand_empty_pieces_are_borne() {
    const MANY: usize = 10_000;
    let server = Process::start(&[]).await;
    let (mut alice, mut mallory) = (Guest::enter(&server, "Alice").await, Raw::connect(&server).await);
    alice.join(GREEN).await;
    mallory.text(br#"{"type":"hello","guest":"Mallory"}"#).await;
    mallory.next_text().await;
    let before = server.memory_kib();
    let pings = frame(FIN | PING, true, &[b'x'; 125]).repeat(MANY);
    let pieces = frame(CONTINUATION, true, b"").repeat(MANY);
    let flood = [pings, first(br#"{"type":"#), pieces, last(br#""ping"}"#)].concat();
    let talk = async {
        for n in 0..20 {
            alice.says(GREEN, &n.to_string()).await;
        }
    };
    tokio::join!(mallory.bytes(&flood), talk);
    assert_eq!(mallory.next_text().await, r#"{"type":"pong"}"#, "all the pieces are one message");
    let after = server.memory_kib();
    assert!(after < before + 16 * 1024, "from {before} to {after} KiB");
}

#[tokio::test]
async fn a_frame_of_exactly_the_limit_is_taken() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let ping = r#"{"type":"ping","ref":"full"}"#;
    alice.raw(format!("{ping}{}", " ".repeat(65_536 - ping.len()))).await;
    alice.is_heard().await;
    assert!(alice.is_connected());
}

#[tokio::test]
async fn a_message_in_many_pieces_is_one_message() {
    let server = Server::start().await;
    let mut alice = Raw::connect(&server).await;
    let mut bytes = Vec::new();
    let hello = br#"{"type":"hello","guest":"Alice"}"#;
    for (n, piece) in hello.chunks(1).enumerate() {
        let first = if n == 0 { TEXT } else { CONTINUATION };
        let last = if n + 1 == hello.len() { FIN } else { 0 };
        bytes.extend(frame(first | last, true, piece));
    }
    bytes.extend(frame(FIN | CLOSE, true, &1000_u16.to_be_bytes()));
    for byte in bytes {
        alice.bytes(&[byte]).await;
    }
    assert!(matches!(alice.ending().await, Ending::Closed(1000)), "a goodbye is answered by a goodbye");
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_carried_before_a_hello_amid_it_and_behind_it() {
    let server = Server::start().await;
    let mut alice = Raw::connect(&server).await;
    let (begins, ends) = br#"{"type":"hello","guest":"Alice"}"#.split_at(9);
    let longest = [b'x'; 125];
    alice.bytes(&frame(FIN | PING, true, b"early")).await;
    assert_eq!(alice.next_of_any_kind().await, Some((FIN | PONG, b"early".to_vec())));
    alice.bytes(&[first(begins), frame(FIN | PING, true, &longest), last(ends)].concat()).await;
    assert_eq!(alice.next_of_any_kind().await, Some((FIN | PONG, longest.to_vec())));
    assert!(alice.next_text().await.starts_with(r#"{"type":"welcome""#));
    alice.bytes(&frame(FIN | PING, true, b"")).await;
    loop {
        let (first, payload) = alice.next_of_any_kind().await.expect("she is still connected");
        if first == FIN | PONG {
            assert!(payload.is_empty());
            return;
        }
    }
}

#[tokio::test]
async fn a_goodbye_is_answered_with_what_it_said_and_nothing_comes_behind_it() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    for (what, goodbye) in [("a code and a reason", &b"\x10\xe1bye"[..]), ("nothing", b"")] {
        let mut bob = Raw::connect(&server).await;
        bob.text(br#"{"type":"hello","guest":"Bob"}"#).await;
        bob.text(br#"{"type":"join","room":"green"}"#).await;
        bob.bytes(&[frame(FIN | CLOSE, true, goodbye), frame(FIN | PING, true, b"there?")].concat()).await;
        alice.says(GREEN, "is he still here?").await;
        let mut last = None;
        while let Some(frame) = bob.next_of_any_kind().await {
            last = Some(frame);
        }
        assert_eq!(last, Some((FIN | CLOSE, goodbye.to_vec())), "{what}");
    }
}
