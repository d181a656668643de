use greenroom_protocol::{ErrorCode, MessageId, Presence, Ref, ServerFrame};
use tokio_tungstenite::tungstenite::protocol::Message as Wire;

use crate::support::{Ending, GREEN, Guest, Host as _, NoSocket, Raw, Server, soon};

const ID: &str = "018f3c7e-5d4a-7b6c-8d9e-0f1a2b3c4d5e";

fn send(id: &str, body: &str) -> String {
    format!(r#"{{"type":"send","ref":"r","room":"green","id":"{id}","body":"{body}"}}"#)
}

/// What Mallory sends, and what she is told.
fn table() -> Vec<(&'static str, String, ErrorCode)> {
    use ErrorCode::{BadFrame, Invalid, NotFound, NotJoined, TooLarge, UnknownType};
    let deep = format!(r#"{{"type":"ping","x":{}{}}}"#, "[".repeat(60), "]".repeat(60));
    let very_deep = format!(r#"{{"type":"ping","x":{}"#, "[".repeat(60_000));
    let history = |fields: &str| format!(r#"{{"type":"history","ref":"r","room":"green",{fields}}}"#);
    let join = |room: &str| format!(r#"{{"type":"join","ref":"r","room":"{room}"}}"#);
    let long_ref = format!(r#"{{"type":"ping","ref":"{}"}}"#, "r".repeat(1_000));
    vec![
        ("an empty frame", String::new(), BadFrame),
        ("not JSON", "hello there".to_owned(), BadFrame),
        ("half of JSON", r#"{"type":"ping""#.to_owned(), BadFrame),
        ("JSON and more", r#"{"type":"ping"} {"type":"ping"}"#.to_owned(), BadFrame),
        ("an array", r#"[{"type":"ping"}]"#.to_owned(), BadFrame),
        ("nothing", "null".to_owned(), BadFrame),
        ("a number", "7".to_owned(), BadFrame),
        ("no type", "{}".to_owned(), BadFrame),
        ("a type that is a number", r#"{"type":7}"#.to_owned(), BadFrame),
        ("an unknown type", r#"{"type":"explode","ref":"r"}"#.to_owned(), UnknownType),
        ("a type of the server", r#"{"type":"ack","ref":"r"}"#.to_owned(), UnknownType),
        ("too deep", deep, BadFrame),
        ("much too deep", very_deep, BadFrame),
        ("a ref that is an object", r#"{"type":"ping","ref":{}}"#.to_owned(), BadFrame),
        ("a ref that is a story", long_ref, Invalid),
        ("no room", r#"{"type":"join","ref":"r"}"#.to_owned(), Invalid),
        ("a room that is a number", r#"{"type":"join","ref":"r","room":7}"#.to_owned(), Invalid),
        ("an empty room", join(""), Invalid),
        ("a room in capitals", join("Green"), Invalid),
        ("a room with a path", join("../../etc/passwd"), Invalid),
        ("a room that starts with a dash", join("-green"), Invalid),
        ("a room that is too long", join(&"g".repeat(65)), Invalid),
        ("a room with a NUL", join("green\\u0000"), Invalid),
        ("a negative since", r#"{"type":"join","ref":"r","room":"green","since":-1}"#.to_owned(), Invalid),
        ("a since of halves", r#"{"type":"join","ref":"r","room":"green","since":1.5}"#.to_owned(), Invalid),
        (
            "a huge since",
            r#"{"type":"join","ref":"r","room":"green","since":99999999999999999999}"#.to_owned(),
            Invalid,
        ),
        (
            "an epoch that is none",
            r#"{"type":"join","ref":"r","room":"green","since":1,"epoch":"x"}"#.to_owned(),
            Invalid,
        ),
        ("a bad UUID", send("not-a-uuid", "hi"), Invalid),
        ("no UUID", r#"{"type":"send","ref":"r","room":"green","body":"hi"}"#.to_owned(), Invalid),
        ("no body", format!(r#"{{"type":"send","ref":"r","room":"green","id":"{ID}"}}"#), Invalid),
        (
            "a body that is a list",
            format!(r#"{{"type":"send","ref":"r","room":"green","id":"{ID}","body":[]}}"#),
            Invalid,
        ),
        ("an empty body", send(ID, ""), Invalid),
        ("a blank body", send(ID, " \\n\\t\\u00a0"), Invalid),
        ("a NUL", send(ID, "a\\u0000b"), Invalid),
        ("a lone surrogate", send(ID, "\\ud83d"), BadFrame),
        ("a surrogate the wrong way round", send(ID, "\\ude00\\ud83d"), BadFrame),
        ("a body that is too long", send(ID, &"x".repeat(8_001)), TooLarge),
        ("a body that is far too long", send(ID, &"x".repeat(60_000)), TooLarge),
        ("a body too long in bytes only", send(ID, &"é".repeat(4_001)), TooLarge),
        (
            "a reply to nothing",
            format!(r#"{{"type":"send","ref":"r","room":"green","id":"{ID}","body":"hi","reply_to":9}}"#),
            Invalid,
        ),
        ("a send to a room not joined", send(ID, "hi").replace("green", "attic"), NotJoined),
        ("typing without on", r#"{"type":"typing","ref":"r","room":"green"}"#.to_owned(), Invalid),
        (
            "typing in a room not joined",
            r#"{"type":"typing","ref":"r","room":"attic","on":true}"#.to_owned(),
            NotJoined,
        ),
        ("reading a room not joined", r#"{"type":"read","ref":"r","room":"attic","seq":1}"#.to_owned(), NotJoined),
        ("leaving a room not joined", r#"{"type":"leave","ref":"r","room":"attic"}"#.to_owned(), NotJoined),
        ("a read of a text", r#"{"type":"read","ref":"r","room":"green","seq":"1"}"#.to_owned(), Invalid),
        ("a status that is none", r#"{"type":"status","ref":"r","status":"invisible"}"#.to_owned(), Invalid),
        ("history of nowhere", r#"{"type":"history","ref":"r","room":"nowhere"}"#.to_owned(), NotFound),
        ("history both ways", history(r#""before":1,"after":1"#), Invalid),
        ("history with a negative limit", history(r#""limit":-1"#), Invalid),
        ("history with a limit beyond all integers", history(r#""limit":1e400"#), BadFrame),
        ("a cursor beyond all integers", history(r#""before":18446744073709551616"#), Invalid),
        ("a cursor of minus nothing", history(r#""before":-0"#), Invalid),
        ("a room twice", r#"{"type":"join","ref":"r","room":"green","room":"attic"}"#.to_owned(), Invalid),
        ("a type twice", r#"{"type":"ping","type":"join","room":"green"}"#.to_owned(), BadFrame),
        ("a ref beyond all integers", r#"{"type":"ping","ref":99999999999999999999}"#.to_owned(), BadFrame),
        ("a key that is no text", r#"{"type":"ping",7:7}"#.to_owned(), BadFrame),
        ("a byte order mark", format!("\u{feff}{}", r#"{"type":"ping"}"#), BadFrame),
        ("a control character", "{\"type\":\"pi\u{1}ng\"}".to_owned(), BadFrame),
        ("a comment", r#"{"type":"ping"/* */}"#.to_owned(), BadFrame),
        ("as many spaces as fit, and no object", " ".repeat(65_536), BadFrame),
        ("a key as long as fits", format!(r#"{{"{}":1}}"#, "k".repeat(65_000)), BadFrame),
    ]
}

#[tokio::test]
async fn whatever_mallory_sends_she_is_told_why_not_and_harms_nobody() {
    let server = Server::start().await;
    let (mut alice, mut mallory) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Mallory").await);
    alice.join(GREEN).await;
    mallory.join(GREEN).await;
    let cases = table();
    for (what, text, code) in &cases {
        mallory.raw(text.clone()).await;
        let error = mallory.hears_error().await;
        assert_eq!(error.code, *code, "{what}: {}", error.message);
        assert!(!error.message.is_empty() && error.message.len() < 1_000, "{what}: {:?}", error.message);
        if text.contains(r#""ref":"r""#) {
            assert_eq!(error.reference, Some(Ref::Text("r".to_owned())), "{what}");
        }
        mallory.is_heard().await;
    }
    assert_eq!(mallory.says(GREEN, "hi").await.seq.0, 1, "nothing of it was stored, and the socket still works");
    alice.says(GREEN, "hi yourself").await;
    assert_eq!(alice.conversation(GREEN).len(), 2);
    assert!(alice.is_connected());
}

#[tokio::test]
async fn bad_frames_among_good_ones_are_answered_in_their_place() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let (first, second) = (MessageId::new(), MessageId::new());
    alice
        .pipeline(&[
            send(&first.to_string(), "one"),
            "{".to_owned(),
            send(ID, "\\u0000"),
            send(&second.to_string(), "two"),
        ])
        .await;
    assert_eq!((alice.acked(first).await.seq.0, alice.acked(second).await.seq.0), (1, 2));
    alice.hears_error().await;
    alice.hears_error().await;
    alice.is_heard().await;
    assert_eq!(alice.log(GREEN).len(), 2);
}

#[tokio::test]
async fn whoever_does_not_say_hello_first_is_sent_away() {
    let server = Server::start().await;
    for text in [
        r#"{"type":"ping"}"#,
        r#"{"type":"join","room":"green"}"#,
        r#"{"type":"hello"}"#,
        r#"{"type":"hello","guest":""}"#,
        r#"{"type":"hello","guest":"two words"}"#,
        r#"{"type":"hello","guest":"Alice\u202e"}"#,
        r#"{"type":"hello","guest":"\u0430lice"}"#,
        r#"{"type":"hello","guest":7}"#,
        "nonsense",
        "",
    ] {
        let mut mallory = Guest::connect(&server).await;
        mallory.raw(text).await;
        mallory.hears_error().await;
        assert_eq!(mallory.closed().await, 4401, "{text}");
    }
    let long = format!(r#"{{"type":"hello","guest":"{}"}}"#, "a".repeat(33));
    let mut mallory = Guest::connect(&server).await;
    mallory.raw(long).await;
    assert_eq!(mallory.closed().await, 4401);
}

#[tokio::test]
async fn whoever_says_nothing_for_ten_seconds_is_sent_away() {
    let server = Server::start().await;
    let silent = Guest::connect(&server).await;
    assert_eq!(silent.closed().await, 4401);
}

#[tokio::test]
async fn binary_frames_are_not_taken() {
    let server = Server::start().await;
    let mut early = Guest::connect(&server).await;
    early.wire(Wire::Binary(b"hello".to_vec().into())).await;
    assert_eq!(early.closed().await, 1003);
    let mut late = Guest::enter(&server, "Mallory").await;
    late.wire(Wire::Binary(b"hello".to_vec().into())).await;
    assert_eq!(late.closed().await, 1003);
}

#[tokio::test]
async fn only_pages_of_this_host_may_connect() {
    let server = Server::start_with(|config| config.allow_origin = vec!["https://chat.example".to_owned()]).await;
    let own = format!("http://{}", server.address());
    for (origin, outcome) in [
        (own.as_str(), None),
        ("https://chat.example", None),
        ("https://evil.example", Some(NoSocket::Refused(403))),
        ("null", Some(NoSocket::Refused(403))),
        ("http://localhost:1", Some(NoSocket::Refused(403))),
    ] {
        let met = Guest::connect_with(&server, &[("origin", origin.to_owned())]).await;
        assert_eq!(met.as_ref().err(), outcome.as_ref(), "{origin}");
        if let Ok(mut guest) = met {
            guest.raw(r#"{"type":"hello","guest":"Alice"}"#).await;
            guest.hears_frame("a welcome", |frame| matches!(frame, ServerFrame::Welcome(_)).then_some(())).await;
        }
    }
    Guest::enter(&server, "Bob").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_stops_reading_is_cut_off_and_slows_nobody() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    let mut mallory = Raw::connect(&server).await;
    mallory.text(br#"{"type":"hello","guest":"Mallory"}"#).await;
    mallory.text(br#"{"type":"join","room":"green"}"#).await;
    let find = |seen: &Presence| seen.joined.iter().find(|user| user.name.as_str() == "Mallory").cloned();
    let came = alice.sees("Mallory to come", |seen| find(seen).is_some()).await;
    let user = find(&came).expect("she came");

    // More than the outbox and the system's buffers between the two can hold.
    let long = "x".repeat(7_900);
    let mut said = 0;
    let gone = |alice: &Guest| {
        let left = |frame: &ServerFrame| matches!(frame, ServerFrame::Presence(seen) if seen.left.contains(&user));
        alice.heard().iter().any(left)
    };
    soon("Mallory to be cut off", async {
        while !gone(&alice) {
            said += alice.says_many(GREEN, (0..50).map(|n| format!("{n} {long}"))).await.len();
        }
    })
    .await;
    assert_eq!(bob.log_up_to(GREEN, said as u64).await.len(), said);
    assert_eq!(mallory.ending().await, Ending::Closed(4410), "whenever she reads on, she learns why");
    assert!(alice.is_connected() && bob.is_connected());
}
