use std::process::Output;

use flate2::{Compress, Compression as Level, FlushCompress};
use greenroom::config::Compression;
use greenroom_protocol::{Command, Hello, ServerFrame};

use crate::examples::{interpreter, skipped};
use crate::support::tls::Certificate;
use crate::support::{ATTIC, Ending, GREEN, Guest, Home, Host, Process, Raw, Server, frame, soon};

/// What Chromium offers, and Node.js.
const OFFER: &str = "permessage-deflate; client_max_window_bits";

const AGREED: &str =
    "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";

// Bits of a frame's first byte.
const FIN: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const PING: u8 = 0x9;

const HELLO: &str = r#"{"type":"hello","guest":"Bob"}"#;
const JOIN: &str = r#"{"type":"join","room":"green"}"#;

/// A text as a client compresses it.
fn deflated(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    let mut message = Vec::with_capacity(text.len() + 100);
    let mut compress = Compress::new(Level::best(), false);
    compress.compress_vec(text, &mut message, FlushCompress::Sync).expect("there is room");
    message.strip_suffix(&[0, 0, 0xff, 0xff]).expect("the end of what is flushed").to_vec()
}

fn packed(text: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | COMPRESSED | TEXT, true, &deflated(text))
}

/// The next text frame of a kind, and whether it was compressed.
async fn next_of(bob: &mut Raw, kind: &str) -> (bool, ServerFrame) {
    loop {
        let (compressed, text) = bob.next_message().await;
        if text.starts_with(&format!(r#"{{"type":"{kind}""#)) {
            return (compressed, serde_json::from_str(&text).expect("a frame"));
        }
    }
}

/// Bob, who can read what is compressed, and has joined.
async fn bob(host: &impl Host) -> Raw {
    let mut bob = Raw::connect_offering(host, OFFER).await;
    assert!(bob.head.to_ascii_lowercase().contains(AGREED), "{}", bob.head);
    bob.text(HELLO.as_bytes()).await;
    bob.text(JOIN.as_bytes()).await;
    bob
}

fn long(nth: usize) -> String {
    format!("{nth} {}", "What was said once is said again. ".repeat(60))
}

#[tokio::test]
async fn whoever_offers_to_is_sent_what_is_large_compressed_and_hears_the_same_as_all_others() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    for n in 0..10 {
        alice.says(GREEN, &format!("message {n}")).await;
    }
    let mut bob = bob(&server).await;
    let (compressed, joined) = next_of(&mut bob, "joined").await;
    let ServerFrame::Joined(joined) = joined else { panic!("{joined:?}") };
    assert!(compressed && joined.events.len() == 10, "{joined:?}");
    alice.says(GREEN, "short").await;
    alice.says(GREEN, &long(1)).await;
    alice.says(GREEN, "short again").await;
    for (is_long, body) in [(false, "short".to_owned()), (true, long(1)), (false, "short again".to_owned())] {
        let (compressed, message) = next_of(&mut bob, "message").await;
        let ServerFrame::Message(message) = message else { panic!("{message:?}") };
        assert_eq!((compressed, message.body.as_str()), (is_long, body.as_str()));
    }
    bob.text(br#"{"type":"history","room":"green","limit":200}"#).await;
    let (compressed, page) = next_of(&mut bob, "history").await;
    let ServerFrame::History(page) = page else { panic!("{page:?}") };
    let said = alice.history(GREEN, |ask| ask.limit = Some(200)).await;
    assert!(compressed && page.events == said.events && said.events.len() == 13, "{page:?}");
}

#[tokio::test]
async fn compression_is_what_the_operator_says() {
    let server = Server::start_with(|config| config.compression = Compression::Off).await;
    let mut carol = Raw::connect_offering(&server, OFFER).await;
    assert!(!carol.head.to_ascii_lowercase().contains("sec-websocket-extensions"), "{}", carol.head);
    carol.bytes(&packed(HELLO)).await;
    assert_eq!(carol.ending().await, Ending::Closed(1002), "nobody has agreed to that");

    let server = Server::start_with(|config| config.compression = Compression::All).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut bob = bob(&server).await;
    let (compressed, _small) = next_of(&mut bob, "joined").await;
    assert!(!compressed, "it is nobody else's, and smaller than large");
    alice.says(GREEN, "hello to everybody who is here").await;
    let (compressed, message) = next_of(&mut bob, "message").await;
    assert!(compressed, "{message:?}");
}

#[tokio::test]
async fn whoever_offers_nothing_or_what_cannot_be_met_gets_frames_as_they_are() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    for offer in ["", "permessage-deflate; server_max_window_bits=9", "x-webkit-deflate-frame", "permessage-deflate; x"]
    {
        let mut carol = Raw::connect_offering(&server, offer).await;
        assert!(!carol.head.to_ascii_lowercase().contains("sec-websocket-extensions"), "{offer}: {}", carol.head);
        carol.text(HELLO.as_bytes()).await;
        carol.text(JOIN.as_bytes()).await;
        next_of(&mut carol, "joined").await;
        alice.says(GREEN, &long(1)).await;
        let (compressed, message) = next_of(&mut carol, "message").await;
        assert!(!compressed, "{offer}: {message:?}");
        carol.bytes(&packed(br#"{"type":"ping"}"#)).await;
        assert_eq!(carol.ending().await, Ending::Closed(1002), "{offer}");
    }
    let narrow_first = "permessage-deflate; server_max_window_bits=9, permessage-deflate";
    let dave = Raw::connect_offering(&server, narrow_first).await;
    assert!(dave.head.to_ascii_lowercase().contains(AGREED), "{}", dave.head);
}

#[tokio::test]
async fn a_client_may_compress_what_it_says_in_pieces_and_byte_by_byte() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut bob = Raw::connect_offering(&server, OFFER).await;
    bob.bytes(&[packed(HELLO), packed(JOIN)].concat()).await;
    next_of(&mut bob, "joined").await;
    let send = |n: u128, body: &str| {
        let id = uuid::Uuid::from_u128(n);
        format!(r#"{{"type":"send","room":"green","id":"{id}","body":"{body}"}}"#)
    };
    bob.bytes(&packed(send(1, &long(1)))).await;
    alice.hears(&long(1)).await;
    let message = deflated(send(2, &long(2)));
    let (first, rest) = message.split_at(message.len() / 2);
    let pieces = [
        frame(COMPRESSED | TEXT, true, first),
        frame(FIN | PING, true, b"still there?"),
        frame(CONTINUATION, true, b""),
        frame(FIN | CONTINUATION, true, rest),
        frame(FIN | TEXT, true, send(3, "and plain").as_bytes()),
    ];
    for byte in pieces.concat() {
        bob.bytes(&[byte]).await;
    }
    alice.hears(&long(2)).await;
    alice.hears("and plain").await;
}

#[tokio::test]
async fn what_is_compressed_badly_ends_the_socket_with_the_right_code_and_harms_nobody() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let ping = deflated(br#"{"type":"ping"}"#);
    let first = frame(COMPRESSED | TEXT, true, &ping);
    let bomb = deflated(vec![b' '; 30 << 20]);
    assert!(bomb.len() < 65_536);
    let mut endless = frame(FIN | COMPRESSED | TEXT, true, &[]);
    endless[1] = 0xff;
    endless.splice(2..2, (1_u64 << 62).to_be_bytes());
    for (what, bytes, code) in [
        ("a bomb", frame(FIN | COMPRESSED | TEXT, true, &bomb), 1009),
        ("one byte too many", packed(vec![b' '; 65_537]), 1009),
        ("a frame that is announced as endless", endless, 1009),
        ("too much in pieces", [&first[..], &frame(FIN | CONTINUATION, true, &[0; 65_536])].concat(), 1009),
        ("what can't be inflated", frame(FIN | COMPRESSED | TEXT, true, b"{\"type\":\"ping\"}"), 1007),
        ("what inflates to no UTF-8", packed(b"\"\xff\xfe\""), 1007),
        ("binary", frame(FIN | COMPRESSED | BINARY, true, &ping), 1003),
        ("a compressed ping", frame(FIN | COMPRESSED | PING, true, b"x"), 1002),
        ("the bit in a later piece", [&first[..], &frame(FIN | COMPRESSED, true, b"")].concat(), 1002),
        ("a new message amid another", [first.clone(), packed(b"{}")].concat(), 1002),
        ("a piece of nothing", frame(FIN | COMPRESSED | CONTINUATION, true, &ping), 1002),
        ("without a mask", frame(FIN | COMPRESSED | TEXT, false, &ping), 1002),
        ("another reserved bit", frame(FIN | COMPRESSED | 0x20 | TEXT, true, &ping), 1002),
    ] {
        let mut mallory = Raw::connect_offering(&server, OFFER).await;
        mallory.bytes(&packed(br#"{"type":"hello","guest":"Mallory"}"#)).await;
        mallory.bytes(&bytes).await;
        assert_eq!(mallory.ending().await, Ending::Closed(code), "{what}");
    }
    let mut dave = Raw::connect_offering(&server, OFFER).await;
    let hello = r#"{"type":"hello","guest":"Dave"}"#;
    dave.bytes(&packed(format!("{hello}{}", " ".repeat(65_536 - hello.len())))).await;
    assert!(dave.next_text().await.starts_with(r#"{"type":"welcome""#), "the limit itself is allowed");
    alice.says(GREEN, "and so what?").await;
}

#[tokio::test]
async fn bombs_cost_no_more_memory_than_frames() {
    let server = Process::start(&[]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let bomb = frame(FIN | COMPRESSED | TEXT, true, &deflated(vec![b' '; 50 << 20]));
    let throw = async || {
        let mut mallory = Raw::connect_offering(&server, OFFER).await;
        mallory.bytes(&packed(br#"{"type":"hello","guest":"Mallory"}"#)).await;
        mallory.bytes(&bomb).await;
        assert_eq!(mallory.ending().await, Ending::Closed(1009));
    };
    throw().await;
    let before = server.memory_kib();
    for _ in 0..30 {
        throw().await;
    }
    let after = server.memory_kib();
    assert!(after < before + 16 * 1024, "less than a third of one of them: from {before} to {after} KiB");
    alice.is_heard().await;
}

/// Whoever reads the line could find out what stands beside what they have chosen.
#[tokio::test]
async fn what_holds_a_secret_or_several_rooms_is_never_compressed() {
    let server = Server::start_with(|config| config.compression = Compression::All).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    for n in 0..12 {
        let place = format!("{ATTIC}-{n}");
        alice.join(&place).await;
        alice.says(&place, &"the same again and again ".repeat(20)).await;
    }
    let mut again = Raw::connect_offering(&server, OFFER).await;
    let hello = Hello { guest: None, token: Some(alice.token().to_owned()) };
    let hello = serde_json::to_string(&Command::Hello(hello)).expect("JSON");
    again.text(hello.as_bytes()).await;
    let (compressed, welcome) = again.next_message().await;
    assert!(welcome.contains(alice.token()) && welcome.len() > 4_000, "{welcome}");
    assert!(!compressed);
}

#[tokio::test]
async fn over_tls_it_is_the_same() {
    let home = Home::new();
    let certificate = Certificate::make(home.path());
    let server = Process::start_in(home, &certificate.flags()).await;
    let connect = async || {
        let stream = certificate.connect(&server).await.expect("TLS");
        Raw::upgrade(stream, &server, OFFER).await
    };
    let (mut alice, mut bob) = (connect().await, connect().await);
    for (person, name) in [(&mut alice, "Alice"), (&mut bob, "Bob")] {
        person.bytes(&packed(format!(r#"{{"type":"hello","guest":"{name}"}}"#))).await;
        person.bytes(&packed(JOIN)).await;
        while !person.next_text().await.starts_with(r#"{"type":"joined""#) {}
    }
    let id = uuid::Uuid::from_u128(1);
    alice.bytes(&packed(format!(r#"{{"type":"send","room":"green","id":"{id}","body":"{}"}}"#, long(1)))).await;
    let (compressed, message) = loop {
        let (compressed, text) = bob.next_message().await;
        if text.starts_with(r#"{"type":"message""#) {
            break (compressed, text);
        }
    };
    assert!(compressed && message.contains(&long(1)), "{message}");
    bob.bytes(&packed(vec![b' '; 70_000])).await;
    assert_eq!(bob.ending().await, Ending::Closed(1009));
}

/// A client of another make: it compresses all that it says, and complains about what it can't read.
const PYTHON: &str = r#"
import asyncio, json, sys, uuid
from websockets.asyncio.client import connect

async def main():
    async with connect(sys.argv[1]) as socket:
        print(*(extension.name for extension in socket.protocol.extensions))
        say = lambda **frame: socket.send(json.dumps(frame))
        await say(type="hello", guest="Bob")
        await say(type="join", room="green", limit=200)
        for n in range(100):
            await say(type="send", room="green", id=str(uuid.UUID(int=n + 1)), body=f"{n} " + "grün 🌱 " * n)
        heard, acks = 0, 0
        while heard < 100 or acks < 100:
            frame = json.loads(await socket.recv())
            heard += len(frame.get("events", [])) if frame["type"] == "joined" else frame["type"] == "message"
            acks += frame["type"] == "ack"
            assert frame["type"] != "error", frame
        await say(type="history", room="green", limit=200)
        while (frame := json.loads(await socket.recv()))["type"] != "history": pass
        print([event["body"] for event in frame["events"]] == [f"{n} " + "grün 🌱 " * n for n in range(100)])

asyncio.run(main())
"#;

#[tokio::test]
async fn a_client_in_python_compresses_and_reads_what_is_compressed() {
    if skipped() {
        return;
    }
    let server = Server::start_with(|config| config.compression = Compression::All).await;
    let mut python = tokio::process::Command::new(interpreter().await);
    let url = format!("ws://{}/ws", server.address());
    let Output { status, stdout, stderr } =
        soon("the client to end", python.args(["-c", PYTHON, &url]).kill_on_drop(true).output())
            .await
            .expect("it runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    assert_eq!(String::from_utf8_lossy(&stdout), "permessage-deflate\nTrue\n");
}
