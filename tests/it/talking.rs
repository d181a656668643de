use greenroom_protocol::{Body, Send, SetStatus};
use greenroom_protocol::{Command, ErrorCode, Hello, MessageId, Name, Ref, RoomKind, Seq, ServerFrame, Status};

use crate::support::{ATTIC, GREEN, Guest, Server, bodies, room, seqs};

#[tokio::test]
async fn alice_and_bob_talk() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let joined = alice.join(GREEN).await;
    assert_eq!((joined.last_seq, joined.kind, joined.reset, joined.more), (Seq(0), RoomKind::Group, false, false));
    bob.join(GREEN).await;

    let ack = alice.says(GREEN, "hi Bob").await;
    assert_eq!(ack.seq, Seq(1), "the first event of a new room");
    let heard = bob.hears("hi Bob").await;
    assert_eq!((heard.seq, heard.id, heard.at, &heard.user), (ack.seq, ack.id, ack.at, alice.user()));
    assert_eq!(alice.hears("hi Bob").await, heard, "the sender hears it too");

    bob.says(GREEN, "hi Alice").await;
    assert_eq!(alice.hears("hi Alice").await.seq, Seq(2));
}

#[tokio::test]
async fn a_welcome_says_who_one_is_and_what_the_server_takes() {
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let welcome = alice.welcome();
    assert_eq!(welcome.user.name, Name::guest("Alice").unwrap());
    assert!(welcome.guest && welcome.token.is_some() && welcome.rooms.is_empty());
    assert_eq!((welcome.limits.body_bytes, welcome.limits.frame_bytes), (8_000, 65_536));
    assert!(welcome.heartbeat_ms > 0);
}

#[tokio::test]
async fn hello_join_and_send_may_come_in_one_write() {
    let server = Server::start().await;
    let mut alice = Guest::connect(&server).await;
    let id = MessageId::new();
    alice
        .pipeline(&[
            r#"{"type":"hello","ref":"h","guest":"Alice"}"#.to_owned(),
            r#"{"type":"join","ref":"j","room":"green"}"#.to_owned(),
            format!(r#"{{"type":"send","ref":7,"room":"green","id":"{id}","body":"all at once"}}"#),
            r#"{"type":"ping","ref":-1}"#.to_owned(),
        ])
        .await;

    let text = |mark: &str| Some(Ref::Text(mark.to_owned()));
    let welcome = alice
        .hears_frame("welcome", |frame| if let ServerFrame::Welcome(it) = frame { Some(it.clone()) } else { None });
    assert_eq!(welcome.await.reference, text("h"));
    let joined =
        alice.hears_frame("joined", |frame| if let ServerFrame::Joined(it) = frame { Some(it.clone()) } else { None });
    assert_eq!(joined.await.reference, text("j"));
    let ack =
        alice.hears_frame("ack", |frame| if let ServerFrame::Ack(it) = frame { Some(it.clone()) } else { None }).await;
    assert_eq!((ack.reference, ack.id, ack.seq), (Some(Ref::Number(7)), id, Seq(1)));
    let pong =
        |frame: &ServerFrame| matches!(frame, ServerFrame::Pong { reference: Some(Ref::Number(-1)) }).then_some(());
    alice.hears_frame("pong", pong).await;
    let first = &alice.heard()[0];
    assert!(matches!(first, ServerFrame::Welcome(_)), "the welcome comes before all else: {first:?}");
}

#[tokio::test]
async fn everyone_hears_the_same_in_the_same_order() {
    const EACH: usize = 100;
    let server = Server::start().await;
    let mut people = Vec::new();
    for name in ["Alice", "Bob", "Carol", "Dave"] {
        let mut guest = Guest::enter(&server, name).await;
        guest.join(GREEN).await;
        people.push(guest);
    }
    let talks = people.into_iter().map(|mut guest| {
        tokio::spawn(async move {
            let name = guest.user().name.clone();
            let acks = guest.says_many(GREEN, (0..EACH).map(|n| format!("{name} {n}"))).await;
            assert!(acks.is_sorted_by_key(|ack| ack.seq), "one's own messages keep their order");
            let log = guest.log_up_to(GREEN, 4 * EACH as u64).await;
            for ack in acks {
                assert_eq!(log[ack.seq.0 as usize - 1].message().map(|message| message.id), Some(ack.id));
            }
            log
        })
    });
    let mut logs = Vec::new();
    for talk in talks.collect::<Vec<_>>() {
        logs.push(talk.await.unwrap());
    }
    assert_eq!(seqs(&logs[0]), (1..=4 * EACH as u64).collect::<Vec<_>>());
    assert!(logs.iter().all(|log| *log == logs[0]));
}

#[tokio::test]
async fn a_reply_names_what_it_answers() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    let question = alice.says(GREEN, "tea?").await;
    let reply = |seq| {
        Command::Send(Send {
            room: room(GREEN),
            id: MessageId::new(),
            body: Body::parse("yes").unwrap(),
            reply_to: Some(seq),
        })
    };
    let nothing = bob.refused(reply(Seq(99))).await;
    assert_eq!(nothing.code, ErrorCode::Invalid, "there is no event 99 to answer");
    bob.tell(reply(question.seq)).await;
    assert_eq!(alice.hears("yes").await.reply_to, Some(question.seq));
    assert_eq!(alice.history(GREEN, |_| ()).await.events[1].message().unwrap().reply_to, Some(question.seq));
}

#[tokio::test]
async fn whoever_leaves_hears_nothing_more_and_can_come_back() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.says(GREEN, "before").await;
    bob.hears("before").await;

    bob.leave(GREEN).await;
    let refused = bob.refused(crate::support::said(GREEN, MessageId::new(), "from outside")).await;
    assert_eq!(refused.code, ErrorCode::NotJoined);
    alice.says(GREEN, "behind his back").await;
    let back = bob.join(GREEN).await;
    assert_eq!(bodies(&back.events), ["before", "behind his back"]);
    let live = |frame: &ServerFrame| matches!(frame, ServerFrame::Message(message) if message.body.as_str() == "behind his back");
    assert!(!bob.heard().iter().any(live), "it came with the join only");
    alice.says(GREEN, "after").await;
    bob.hears("after").await;
}

#[tokio::test]
async fn rooms_are_apart_from_each_other() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    for guest in [&mut alice, &mut bob] {
        guest.join(GREEN).await;
    }
    alice.join(ATTIC).await;
    assert_eq!(alice.says(ATTIC, "anybody up here?").await.seq, Seq(1));
    assert_eq!(alice.says(GREEN, "nobody there").await.seq, Seq(1), "each room counts by itself");
    bob.hears("nobody there").await;
    assert!(bob.log(ATTIC).is_empty());
}

#[tokio::test]
async fn a_ping_is_answered_and_a_status_needs_no_answer() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.tell(Command::Status(SetStatus { status: Status::Dnd })).await;
    alice.is_heard().await;
    let errors = alice.heard().into_iter().filter(|frame| matches!(frame, ServerFrame::Error(_))).count();
    assert_eq!(errors, 0);
}

#[tokio::test]
async fn a_second_hello_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let hello = Hello { guest: Some(Name::guest("Mallory").unwrap()), token: None };
    let refused = alice.refused(Command::Hello(hello)).await;
    assert_eq!(refused.code, ErrorCode::Conflict);
    alice.says(GREEN, "still me").await;
    assert_eq!(alice.hears("still me").await.user, *alice.user());
}

#[tokio::test]
async fn a_body_is_kept_byte_for_byte() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    let longest = "é".repeat(4_000);
    let (marks, family) = (format!("a{}", "\u{301}".repeat(3_999)), "👩\u{200d}".repeat(1_000));
    let texts = [
        " two  spaces \n",
        "e\u{301} is not \u{e9}",
        "\u{1}\u{7f}\u{202e}<b>&amp;\"\\",
        "👩‍👩‍👧 \u{10ffff}",
        "\u{2066}\u{202e}\u{2069}\u{200f}\u{feff}\u{2028}\u{85}",
        "раураl and paypal",
        "{\"type\":\"close\"}",
        &marks,
        &family,
        &longest,
    ];
    for text in texts {
        alice.says(GREEN, text).await;
        assert_eq!(bob.hears(text).await.body.as_str(), text);
    }
    assert_eq!(bodies(&bob.history(GREEN, |_| ()).await.events), texts);
}

#[tokio::test]
async fn fields_that_nobody_knows_are_passed_over() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.raw(r#"{"type":"ping","ref":"p","colour":{"of":["the","sky"]}}"#).await;
    let pong = |frame: &ServerFrame| {
        matches!(frame, ServerFrame::Pong { reference: Some(Ref::Text(mark)) } if mark == "p").then_some(())
    };
    alice.hears_frame("the pong", pong).await;
}
