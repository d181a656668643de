use std::time::Duration;

use greenroom_protocol::limits::{HEARTBEAT, HEARTBEAT_GRACE};
use greenroom_protocol::{Presence, ServerFrame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::support::lab::{balances, count, restarts, tree};
use crate::support::{
    Ending, GREEN, Guest, Host as _, PATIENCE, Process, Raw, Server, frame, log_of, room, said, until,
};

const FIN_TEXT: u8 = 0x81;
const HELLO: &[u8] = br#"{"type":"hello","guest":"Mallory"}"#;
const JOIN: &[u8] = br#"{"type":"join","room":"green"}"#;

/// Waits until somebody of this name is seen to come.
async fn comes(listener: &Guest, name: &str) -> greenroom_protocol::User {
    let find = |seen: &Presence| seen.joined.iter().find(|user| user.name.as_str() == name).cloned();
    let seen = listener.sees(&format!("{name} to come"), |seen| find(seen).is_some()).await;
    find(&seen).expect("just seen")
}

/// How many may wait to be accepted, as far as the system goes.
fn longest_queue() -> usize {
    let said = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    said.and_then(|most| most.trim().parse().ok()).unwrap_or(128)
}

#[tokio::test]
async fn a_thousand_who_come_at_once_all_find_a_place_in_the_queue() {
    let server = Server::start().await;
    let address = server.address();
    // Nothing awaits here, and there is one thread: the server accepts none of them meanwhile.
    let connect = |_| std::net::TcpStream::connect_timeout(&address, PATIENCE).expect("there is room in the queue");
    let begun = Instant::now();
    let crowd: Vec<_> = (0..longest_queue().min(1_000)).map(connect).collect();
    // Whoever finds no place comes again, after a second at the soonest.
    assert!(begun.elapsed() < Duration::from_secs(1), "nobody was sent away: {:?}", begun.elapsed());
    let last = crowd.last().expect("a thousand").try_clone().expect("a file");
    last.set_nonblocking(true).expect("a socket of tokio's");
    let mut last = TcpStream::from_std(last).expect("a stream");
    last.write_all(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("written");
    let mut answer = [0; 15];
    timeout(PATIENCE, last.read_exact(&mut answer)).await.expect("an answer in time").expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn whoever_no_longer_answers_is_given_up_after_a_ping_and_is_seen_to_go() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    // A client that reads and says nothing, not even the answer to a ping: as behind a cable that was pulled.
    let mut mallory = Raw::connect(&server).await;
    mallory.text(HELLO).await;
    mallory.text(JOIN).await;
    let begun = Instant::now();
    let user = comes(&alice, "Mallory").await;
    let given_up = timeout(HEARTBEAT + HEARTBEAT_GRACE + PATIENCE, mallory.late_ending()).await;
    assert_eq!(given_up.expect("it ends"), Ending::Closed(4408));
    assert!(begun.elapsed() > HEARTBEAT, "not before its time");
    alice.sees("Mallory to go", |seen| seen.left.contains(&user)).await;
    assert!(alice.is_connected(), "who has said as little, but answers pings, stays");
    alice.is_heard().await;
}

#[tokio::test]
async fn connections_that_are_reset_anywhere_leave_nothing_behind() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "before").await;
    let (actors, files) = (count(&tree(&server).await, ""), server.open_files());

    let send = r#"{"type":"send","room":"green","id":"018f3c7e-5d4a-7b6c-8d9e-0f1a2b3c4d5e","body":"half"}"#;
    let (hello, join, send) = (text(HELLO), text(JOIN), text(send.as_bytes()));
    let cuts = [
        Vec::new(),
        hello[..1].to_vec(),
        hello[..4].to_vec(),
        hello[..20].to_vec(),
        hello.clone(),
        [hello.clone(), join[..9].to_vec()].concat(),
        [hello.clone(), join.clone()].concat(),
        [hello.clone(), join.clone(), send[..40].to_vec()].concat(),
        [hello.clone(), join.clone(), frame(0x01, true, b"{\"type\":")].concat(),
        [hello, join, frame(0x88, true, b"")].concat(),
    ];
    for request in ["", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgr"] {
        for _ in 0..10 {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.set_zero_linger().unwrap();
        }
    }
    for bytes in cuts.iter().cycle().take(10 * cuts.len()) {
        let mut mallory = Raw::connect(&server).await;
        mallory.bytes(bytes).await;
        mallory.resets();
    }
    let left = async || (count(&tree(&server).await, ""), server.open_files());
    until("nothing to be left of them", left, |left| *left <= (actors, files)).await;
    assert_eq!(alice.says(GREEN, "after").await.seq.0, 2, "half a message is none");
    balances(&server).await;
}

fn text(payload: &[u8]) -> Vec<u8> {
    frame(FIN_TEXT, true, payload)
}

#[tokio::test]
async fn whoever_stops_reading_for_a_while_is_brought_up_without_a_gap() {
    const MESSAGES: usize = 2_000;
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut bob = Raw::connect(&server).await;
    bob.text(br#"{"type":"hello","guest":"Bob"}"#).await;
    bob.text(JOIN).await;
    comes(&alice, "Bob").await;
    // More than the system holds for a reader who does not read, and less than what ends their socket.
    let long = "x".repeat(300);
    alice.says_many(GREEN, (0..MESSAGES).map(|n| format!("{n} {long}"))).await;

    let mut heard = Vec::new();
    loop {
        let frame: ServerFrame = serde_json::from_str(&bob.next_text().await).expect("a frame");
        let last = matches!(&frame, ServerFrame::Message(message) if message.seq.0 == MESSAGES as u64)
            || matches!(&frame, ServerFrame::Events(page) if !page.more);
        heard.push(frame);
        if last {
            break;
        }
    }
    assert_eq!(log_of(&heard, GREEN).len(), MESSAGES);
}

/// Longer than the watchdog gives an actor to make progress.
const HELD_UP: Duration = Duration::from_secs(7);

#[tokio::test]
async fn a_server_that_was_held_up_goes_on_as_if_nothing_had_happened() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    comes(&alice, "Bob").await;
    server.hold_up().await;
    let mut ids = Vec::new();
    for n in 0..20 {
        let id = greenroom_protocol::MessageId::new();
        alice.tell(said(GREEN, id, &n.to_string())).await;
        ids.push(id);
    }
    // The one thing that is to happen is that time passes.
    sleep(HELD_UP).await;
    assert!(alice.heard().iter().all(|frame| !matches!(frame, ServerFrame::Ack(_))), "it was held up");
    server.signal("CONT").await;
    for (id, seq) in ids.iter().zip(1..) {
        assert_eq!(alice.acked(*id).await.seq.0, seq);
    }
    assert_eq!(bob.log_up_to(GREEN, 20).await.len(), 20);
    bob.says(GREEN, "where have you been?").await;
    alice.hears("where have you been?").await;
    for guest in [&alice, &bob] {
        assert!(guest.is_connected());
        let gone = |frame: &ServerFrame| matches!(frame, ServerFrame::Presence(seen) if !seen.left.is_empty());
        assert!(!guest.heard().iter().any(gone), "nobody was shown as gone");
    }
    let tree = tree(&server).await;
    for actor in ["store", "presence", "lobby", "rooms", "sessions", &format!("room:{}", room(GREEN))] {
        assert_eq!(restarts(&tree, actor), 0, "nobody took {actor} for hung");
    }
    balances(&server).await;
}
