//! Every frame survives a round trip, and no input makes the parser panic.

use greenroom_protocol::{
    Ack, Body, ClientFrame, Command, CursorMove, EncodedFrame, Epoch, ErrorCode, ErrorFrame, Event, Events, Hello,
    History, HistoryPage, Join, Joined, LastMessage, Left, LeftReason, LimitsFrame, MemberChange, MemberChanged,
    Message, MessageId, Name, People, PersonStatus, Presence, Receipt, ReceiptMoved, Ref, Role, RoomChange,
    RoomChanged, RoomId, RoomKind, RoomRow, RoomsChanged, Send, Seq, ServerFrame, SessionId, SetStatus, Status,
    Timestamp, Typing, TypingChanged, UnreadCount, User, UserId, Welcome,
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

fn user() -> impl Strategy<Value = User> {
    (uuid(), name()).prop_map(|(id, name)| User { id: UserId(id), name })
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Owner), Just(Role::Moderator), Just(Role::Member)]
}

fn row() -> impl Strategy<Value = RoomRow> {
    let kind = prop_oneof![Just(RoomKind::Group), Just(RoomKind::Private), Just(RoomKind::Direct)];
    let numbers = (seq(), seq(), any::<u64>(), option::of(any::<u64>()));
    let texts = ("\\PC{0,80}", "\\PC{0,80}");
    (room(), kind, texts, option::of(role()), numbers, option::of(message()), option::of(user())).prop_map(
        |(room, kind, (title, topic), role, (last_seq, read_seq, unread, retention_s), last, with)| {
            let last = last.as_ref().map(LastMessage::from);
            RoomRow { room, kind, title, topic, role, retention_s, last_seq, read_seq, unread, last, with }
        },
    )
}

fn receipt() -> impl Strategy<Value = Receipt> {
    (user(), seq(), seq()).prop_map(|(user, delivered, read)| Receipt { user, delivered, read })
}

fn event() -> impl Strategy<Value = Event> {
    let change = prop_oneof![
        Just(MemberChange::Joined),
        Just(MemberChange::Left),
        Just(MemberChange::Added),
        Just(MemberChange::Removed),
        Just(MemberChange::Role),
    ];
    let at = || any::<i64>().prop_map(Timestamp::from_millis);
    prop_oneof![
        message().prop_map(Event::Message),
        (room(), seq(), user(), change, option::of(role()), user(), at()).prop_map(
            |(room, seq, user, change, role, by, at)| {
                Event::Member(MemberChanged { room, seq, user, change, role, by, at })
            }
        ),
        (row(), seq(), prop_oneof![Just(RoomChange::Created), Just(RoomChange::Changed)], user(), at()).prop_map(
            |(RoomRow { room, title, topic, retention_s, .. }, seq, change, by, at)| {
                Event::Room(RoomChanged { room, seq, change, title, topic, retention_s, by, at })
            }
        ),
        (room(), seq()).prop_map(|(room, seq)| Event::Erased { room, seq }),
        (room(), seq()).prop_map(|(room, seq)| Event::Unreadable { room, seq }),
    ]
}

fn few<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(one, 0..4)
}

fn welcome() -> impl Strategy<Value = ServerFrame> {
    (reference(), uuid(), user(), option::of("[a-zA-Z0-9._-]{1,60}"), any::<i64>(), few(row())).prop_map(
        |(reference, session, user, token, at, rooms)| {
            ServerFrame::Welcome(Box::new(Welcome {
                reference,
                session: SessionId(session),
                guest: token.is_some(),
                user,
                token,
                server_time: Timestamp::from_millis(at),
                heartbeat_ms: 25_000,
                limits: LimitsFrame::default(),
                rooms,
            }))
        },
    )
}

fn joined() -> impl Strategy<Value = ServerFrame> {
    let people = (few(user()), few(receipt()), any::<usize>());
    (reference(), row(), few(event()), uuid(), any::<[bool; 2]>(), people).prop_map(
        |(reference, row, events, epoch, [reset, more], (online, receipts, online_count))| {
            ServerFrame::Joined(Box::new(Joined {
                reference,
                room: row.room,
                kind: row.kind,
                title: row.title,
                topic: row.topic,
                role: row.role,
                last_seq: row.last_seq,
                read_seq: row.read_seq,
                events,
                epoch: Epoch(epoch),
                first_seq: Seq(1),
                retention_s: row.retention_s,
                reset,
                more,
                online_count,
                online,
                receipts,
            }))
        },
    )
}

fn error() -> impl Strategy<Value = ServerFrame> {
    let code = proptest::sample::select(ErrorCode::ALL.to_vec());
    (reference(), code, "\\PC{0,60}", option::of(any::<u64>())).prop_map(
        |(reference, code, message, retry_after_ms)| {
            ServerFrame::Error(ErrorFrame { reference, code, message, retry_after_ms })
        },
    )
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let status = prop_oneof![Just(Status::Online), Just(Status::Away), Just(Status::Dnd)];
    let person = (user(), option::of(status), option::of(any::<i64>().prop_map(Timestamp::from_millis)))
        .prop_map(|(user, status, last_seen)| PersonStatus { user, status: status.into(), last_seen });
    let reason = prop_oneof![Just(LeftReason::Removed), Just(LeftReason::Deleted)];
    prop_oneof![
        welcome(),
        joined(),
        error(),
        event().prop_map(ServerFrame::from),
        (room(), few(event()), any::<bool>()).prop_map(|(room, events, more)| ServerFrame::Events(Events {
            room,
            events,
            more
        })),
        (reference(), room(), option::of(reason)).prop_map(|(reference, room, reason)| ServerFrame::Left(Left {
            reference,
            room,
            reason
        })),
        (reference(), message()).prop_map(|(reference, Message { room, id, seq, at, .. })| {
            ServerFrame::Ack(Ack { reference, room, id, seq, at })
        }),
        (room(), user(), any::<bool>()).prop_map(|(room, user, on)| ServerFrame::Typing(TypingChanged {
            room,
            user,
            on
        })),
        (room(), receipt()).prop_map(|(room, receipt)| ServerFrame::Receipt(ReceiptMoved { room, receipt })),
        (room(), any::<usize>(), few(user()), few(user())).prop_map(|(room, online_count, joined, left)| {
            ServerFrame::Presence(Presence { room, online_count, joined, left })
        }),
        row().prop_map(|RoomRow { room, last_seq, read_seq, unread, last, .. }| {
            ServerFrame::Unread(UnreadCount { room, last_seq, read_seq, unread, last })
        }),
        (few(row()), few(room())).prop_map(|(rooms, gone)| ServerFrame::Rooms(RoomsChanged { rooms, gone })),
        few(person).prop_map(|users| ServerFrame::People(People { users })),
        (reference(), room(), few(event()), any::<bool>(), seq()).prop_map(
            |(reference, room, events, more, first_seq)| {
                ServerFrame::History(HistoryPage { reference, room, events, more, first_seq })
            }
        ),
        reference().prop_map(|reference| ServerFrame::Pong { reference }),
    ]
}

proptest! {
    #[test]
    fn a_client_frame_survives_a_round_trip(reference in reference(), command in command()) {
        let frame = ClientFrame { reference, command };
        let text = serde_json::to_string(&frame).unwrap();
        prop_assert_eq!(ClientFrame::parse(&text), Ok(frame));
    }

    #[test]
    fn a_server_frame_survives_a_round_trip(frame in server_frame()) {
        let encoded = EncodedFrame::new(&frame);
        prop_assert_eq!(serde_json::from_slice::<ServerFrame>(encoded.text()).unwrap(), frame);
    }

    #[test]
    fn an_event_is_the_same_in_a_page_as_live(event in event()) {
        prop_assert_eq!(EncodedFrame::new(&event), EncodedFrame::new(&ServerFrame::from(event)));
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

#[cfg(feature = "schemas")]
#[path = "frames/schemas.rs"]
mod schemas;
