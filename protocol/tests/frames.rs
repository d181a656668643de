//! Every frame survives a round trip, and no input makes the parser panic.

use greenroom_protocol::{
    Body, ClientFrame, Command, CursorMove, EncodedFrame, Epoch, ErrorCode, Event, Hello, History, Join, Joined,
    Message, MessageId, Name, Receipt, Ref, RoomId, RoomKind, Send, Seq, ServerFrame, SetStatus, Status, Timestamp,
    Typing, User, UserId,
};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn room() -> impl Strategy<Value = RoomId> {
    "[a-z0-9][a-z0-9-]{0,63}".prop_map(|slug| RoomId::parse(&slug).expect("the pattern makes slugs"))
}

fn body() -> impl Strategy<Value = Body> {
    any::<String>().prop_filter_map("a body", |text| Body::parse(&text).ok())
}

fn name() -> impl Strategy<Value = Name> {
    "[a-zA-Z0-9._-]{0,31}[a-z]".prop_map(|text| Name::guest(&text).expect("the pattern makes names"))
}

fn seq() -> impl Strategy<Value = Seq> {
    any::<u64>().prop_map(Seq)
}

fn reference() -> impl Strategy<Value = Option<Ref>> {
    option::of(prop_oneof![any::<i64>().prop_map(Ref::Number), "\\PC{0,30}".prop_map(Ref::Text)])
}

fn command() -> impl Strategy<Value = Command> {
    let join = (room(), option::of(seq()), option::of(uuid().prop_map(Epoch)), option::of(any::<u64>()));
    let send = (room(), uuid().prop_map(MessageId), body(), option::of(seq()));
    let cursor = || (room(), seq()).prop_map(|(room, seq)| CursorMove { room, seq });
    prop_oneof![
        (option::of(name()), option::of(any::<String>()))
            .prop_map(|(guest, token)| Command::Hello(Hello { guest, token })),
        join.prop_map(|(room, since, epoch, limit)| Command::Join(Join { room, since, epoch, limit })),
        room().prop_map(|room| Command::Leave { room }),
        send.prop_map(|(room, id, body, reply_to)| Command::Send(Send { room, id, body, reply_to })),
        (room(), any::<bool>()).prop_map(|(room, on)| Command::Typing(Typing { room, on })),
        cursor().prop_map(Command::Delivered),
        cursor().prop_map(Command::Read),
        (room(), option::of(seq()), option::of(any::<u64>()))
            .prop_map(|(room, before, limit)| Command::History(History { room, before, after: None, limit })),
        prop_oneof![Just(Status::Online), Just(Status::Away), Just(Status::Dnd)]
            .prop_map(|status| Command::Status(SetStatus { status })),
        Just(Command::Ping),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (room(), seq(), uuid(), uuid(), name(), body(), any::<i64>(), option::of(seq())).prop_map(
        |(room, seq, id, user, name, body, at, reply_to)| Message {
            room,
            seq,
            id: MessageId(id),
            user: User { id: UserId(user), name },
            body,
            at: Timestamp::from_millis(at),
            reply_to,
        },
    )
}

fn joined() -> impl Strategy<Value = Joined> {
    (reference(), room(), proptest::collection::vec(message(), 0..4), uuid(), any::<bool>(), any::<bool>()).prop_map(
        |(reference, room, messages, epoch, reset, more)| {
            let users: Vec<User> = messages.iter().map(|message| message.user.clone()).collect();
            let receipt = |user: &User| Receipt { user: user.clone(), delivered: Seq(2), read: Seq(1) };
            Joined {
                reference,
                room,
                kind: RoomKind::Group,
                title: "title".into(),
                last_seq: Seq(9),
                read_seq: Seq(3),
                epoch: Epoch(epoch),
                first_seq: Seq(1),
                reset,
                more,
                online_count: users.len(),
                receipts: users.iter().map(receipt).collect(),
                online: users,
                events: messages.into_iter().map(Event::Message).collect(),
            }
        },
    )
}

proptest! {
    #[test]
    fn a_client_frame_survives_a_round_trip(reference in reference(), command in command()) {
        let frame = ClientFrame { reference, command };
        let text = serde_json::to_string(&frame).unwrap();
        prop_assert_eq!(ClientFrame::parse(&text), Ok(frame));
    }

    #[test]
    fn a_server_frame_survives_a_round_trip(message in message(), joined in joined()) {
        for frame in [ServerFrame::Message(message.clone()), ServerFrame::Joined(Box::new(joined))] {
            let encoded = EncodedFrame::new(&frame);
            prop_assert_eq!(serde_json::from_slice::<ServerFrame>(encoded.bytes()).unwrap(), frame);
        }
        let live = EncodedFrame::new(&ServerFrame::Message(message.clone()));
        prop_assert_eq!(EncodedFrame::new(&Event::Message(message)), live, "in a page as live");
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let refused = ClientFrame::parse(&text);
        prop_assert!(refused.is_err());
    }

    #[test]
    fn no_spoilt_frame_makes_the_parser_panic(
        command in command(), at in any::<prop::sample::Index>(), junk in "[\\[\\]{}\":,\\\\u0-9a-fe+.-]{1,3}",
    ) {
        let mut text = serde_json::to_string(&ClientFrame { reference: None, command }).unwrap();
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &junk);
        let _outcome = ClientFrame::parse(&text);
    }
}

#[track_caller]
fn refused(text: &str, code: ErrorCode) {
    let refusal = ClientFrame::parse(text).expect_err(text);
    assert_eq!(refusal.code, code, "{text}: {refusal}");
}

#[test]
fn what_is_no_frame_is_a_bad_frame() {
    for text in ["", "hello", "[]", "7", "null", "{}", r#"{"type":5}"#, r#"{"type":"ping"} x"#, r#"{"type":"ping","#] {
        refused(text, ErrorCode::BadFrame);
    }
    refused(&format!(r#"{{"type":"ping","x":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000)), ErrorCode::BadFrame);
    refused(
        r#"{"type":"send","room":"a","id":"00000000-0000-0000-0000-000000000001","body":"\ud800"}"#,
        ErrorCode::BadFrame,
    );
}

#[test]
fn a_wrong_field_is_invalid_and_named() {
    refused(r#"{"type":"join"}"#, ErrorCode::Invalid);
    refused(r#"{"type":"join","room":5}"#, ErrorCode::Invalid);
    refused(r#"{"type":"join","room":"No Slug"}"#, ErrorCode::Invalid);
    refused(r#"{"type":"join","room":"a","since":-1}"#, ErrorCode::Invalid);
    refused(r#"{"type":"join","room":"a","room":"b"}"#, ErrorCode::Invalid);
    refused(r#"{"type":"history","room":"a","before":5,"after":2}"#, ErrorCode::Invalid);
    refused(r#"{"type":"send","room":"a","id":"nope","body":"x"}"#, ErrorCode::Invalid);
    let id = "00000000-0000-0000-0000-000000000001";
    refused(&format!(r#"{{"type":"send","room":"a","id":"{id}","body":"a\u0000"}}"#), ErrorCode::Invalid);
    refused(&format!(r#"{{"type":"send","room":"a","id":"{id}","body":" "}}"#), ErrorCode::Invalid);
    let long = "x".repeat(8_001);
    refused(&format!(r#"{{"type":"send","room":"a","id":"{id}","body":"{long}"}}"#), ErrorCode::TooLarge);
}

#[test]
fn a_refusal_carries_the_mark_of_its_command() {
    let refusal = ClientFrame::parse(r#"{"type":"dance","ref":"r1"}"#).expect_err("nobody dances");
    assert_eq!((refusal.reference, refusal.code), (Some(Ref::Text("r1".into())), ErrorCode::UnknownType));
    let refusal = ClientFrame::parse(r#"{"type":"join","ref":7}"#).expect_err("no room");
    assert_eq!(refusal.reference, Some(Ref::Number(7)));
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    let frame = ClientFrame::parse(r#"{"type":"join","room":"a","colour":{"r":[1,2]},"ref":null}"#);
    assert!(frame.is_ok(), "{frame:?}");
}
