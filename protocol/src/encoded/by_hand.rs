//! `message` and `ack`, of which nearly all traffic consists, and the lists of people in `joined`, which a crowd that comes is
//! given one by one: written without serde, in a fifth of the instructions.
//!
//! They are the very bytes that serde would write, which the tests below compare.

use super::json;
use crate::{Ack, Event, Joined, Message, MessageId, Receipt, Ref, RoomId, Seq, Timestamp, User, UserId};

/// Bytes of a message beside its body, mostly less.
pub(super) const AROUND_BODY: usize = 320;

/// Bytes of a person in a list, with how far they have got, mostly less.
pub(super) const PERSON: usize = 110;

pub(super) fn message(to: &mut Vec<u8>, message: &Message) {
    let Message { room, seq, id, user, body, at, reply_to } = message;
    to.extend_from_slice(br#"{"type":"message""#);
    place(to, room, *seq, *id);
    to.extend_from_slice(br#","user":"#);
    person(to, user);
    to.extend_from_slice(br#","body":"#);
    text(to, body.as_str());
    to.extend_from_slice(br#","at":"#);
    time(to, *at);
    if let Some(Seq(seq)) = reply_to {
        to.extend_from_slice(br#","reply_to":"#);
        number(to, *seq);
    }
    to.push(b'}');
}

pub(super) fn ack(to: &mut Vec<u8>, ack: &Ack) {
    let Ack { reference: mark, room, id, seq, at } = ack;
    to.extend_from_slice(br#"{"type":"ack""#);
    if let Some(mark) = mark {
        reference(to, mark);
    }
    to.extend_from_slice(br#","room":"#);
    text(to, room.as_str());
    to.extend_from_slice(br#","id":"#);
    uuid(to, id.0);
    to.extend_from_slice(br#","seq":"#);
    number(to, seq.0);
    to.extend_from_slice(br#","at":"#);
    time(to, *at);
    to.push(b'}');
}

pub(super) fn joined(to: &mut Vec<u8>, joined: &Joined) {
    to.extend_from_slice(br#"{"type":"joined""#);
    if let Some(mark) = &joined.reference {
        reference(to, mark);
    }
    to.extend_from_slice(br#","room":"#);
    text(to, joined.room.as_str());
    to.extend_from_slice(br#","kind":"#);
    json(to, &joined.kind);
    to.extend_from_slice(br#","title":"#);
    text(to, &joined.title);
    if !joined.topic.is_empty() {
        to.extend_from_slice(br#","topic":"#);
        text(to, &joined.topic);
    }
    if let Some(role) = &joined.role {
        to.extend_from_slice(br#","role":"#);
        json(to, role);
    }
    to.extend_from_slice(br#","last_seq":"#);
    number(to, joined.last_seq.0);
    to.extend_from_slice(br#","read_seq":"#);
    number(to, joined.read_seq.0);
    to.extend_from_slice(br#","events":"#);
    list(to, &joined.events, event);
    to.extend_from_slice(br#","epoch":"#);
    uuid(to, joined.epoch.0);
    to.extend_from_slice(br#","first_seq":"#);
    number(to, joined.first_seq.0);
    if let Some(seconds) = joined.retention_s {
        to.extend_from_slice(br#","retention_s":"#);
        number(to, seconds);
    }
    to.extend_from_slice(br#","reset":"#);
    json(to, &joined.reset);
    to.extend_from_slice(br#","more":"#);
    json(to, &joined.more);
    to.extend_from_slice(br#","online_count":"#);
    number(to, joined.online_count);
    to.extend_from_slice(br#","online":"#);
    list(to, &joined.online, person);
    to.extend_from_slice(br#","receipts":"#);
    list(to, &joined.receipts, receipt);
    to.push(b'}');
}

/// An event of a room's log, live or in a page.
pub(super) fn event(to: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Message(said) => message(to, said),
        Event::Member(_) | Event::Room(_) | Event::Erased { .. } | Event::Unreadable { .. } => json(to, event),
    }
}

fn list<T>(to: &mut Vec<u8>, items: &[T], each: impl Fn(&mut Vec<u8>, &T)) {
    to.push(b'[');
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            to.push(b',');
        }
        each(to, item);
    }
    to.push(b']');
}

fn receipt(to: &mut Vec<u8>, receipt: &Receipt) {
    let Receipt { user, delivered, read } = receipt;
    to.extend_from_slice(br#"{"user":"#);
    person(to, user);
    to.extend_from_slice(br#","delivered":"#);
    number(to, delivered.0);
    to.extend_from_slice(br#","read":"#);
    number(to, read.0);
    to.push(b'}');
}

fn reference(to: &mut Vec<u8>, reference: &Ref) {
    to.extend_from_slice(br#","ref":"#);
    match reference {
        Ref::Text(mark) => text(to, mark),
        Ref::Number(mark) => number(to, *mark),
    }
}

fn person(to: &mut Vec<u8>, User { id: UserId(id), name }: &User) {
    to.extend_from_slice(br#"{"id":"#);
    uuid(to, *id);
    to.extend_from_slice(br#","name":"#);
    text(to, name.as_str());
    to.push(b'}');
}

fn place(to: &mut Vec<u8>, room: &RoomId, seq: Seq, id: MessageId) {
    to.extend_from_slice(br#","room":"#);
    text(to, room.as_str());
    to.extend_from_slice(br#","seq":"#);
    number(to, seq.0);
    to.extend_from_slice(br#","id":"#);
    uuid(to, id.0);
}

fn uuid(to: &mut Vec<u8>, id: uuid::Uuid) {
    let mut buffer = uuid::Uuid::encode_buffer();
    quoted(to, id.hyphenated().encode_lower(&mut buffer));
}

fn time(to: &mut Vec<u8>, at: Timestamp) {
    let mut buffer = [0; Timestamp::TEXT];
    match at.write(&mut buffer) {
        Some(text) => quoted(to, text),
        None => quoted(to, &at.to_string()),
    }
}

fn number(to: &mut Vec<u8>, number: impl itoa::Integer) {
    to.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A text of which nothing needs to be escaped.
fn quoted(to: &mut Vec<u8>, plain: &str) {
    to.push(b'"');
    to.extend_from_slice(plain.as_bytes());
    to.push(b'"');
}

fn text(to: &mut Vec<u8>, text: &str) {
    if needs_escapes(text.as_bytes()) {
        json(to, text);
    } else {
        quoted(to, text);
    }
}

/// Looks at all of it, without a way out in between: so the compiler takes many bytes at a time.
fn needs_escapes(text: &[u8]) -> bool {
    text.iter().fold(false, |any, &byte| any | (byte < b' ') | (byte == b'"') | (byte == b'\\'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{Body, Epoch, Name, Role, RoomKind, ServerFrame};

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![r#"[ -~\n\t"\\äß漢😀]{1,60}"#, any::<String>()]
    }

    fn any_reference() -> impl Strategy<Value = Option<Ref>> {
        prop_oneof![
            Just(None),
            any::<i64>().prop_map(Ref::Number).prop_map(Some),
            any_text().prop_map(Ref::Text).prop_map(Some)
        ]
    }

    proptest! {
        #[test]
        fn a_message_is_what_serde_would_write(
            (id, user, seq, millis) in any::<(u128, u128, u64, i64)>(), said in any_text(), reply_to in any::<Option<u64>>(),
        ) {
            let Ok(body) = Body::parse(&said) else { return Ok(()) };
            let user = User { id: UserId(Uuid::from_u128(user)), name: Name::guest("Zoë").unwrap() };
            let (room, id) = (RoomId::parse("green-1").unwrap(), MessageId(Uuid::from_u128(id)));
            let (seq, reply_to) = (Seq(seq), reply_to.map(Seq));
            let said = Message { room, seq, id, user, body, at: Timestamp::from_millis(millis), reply_to };
            let mut written = Vec::new();
            message(&mut written, &said);
            prop_assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&Event::Message(said)).unwrap());
        }

        #[test]
        fn a_joined_is_what_serde_would_write(
            (reset, more, epoch, last) in any::<(bool, bool, u128, u64)>(),
            (title, topic) in (any_text(), any_text()),
            retention_s in any::<Option<u64>>(),
            reference in any_reference(),
            people in 0_usize..4,
        ) {
            let room = RoomId::parse("green-1").unwrap();
            let person = |n: usize| User { id: UserId(Uuid::from_u128(n as u128)), name: Name::guest("Zoë").unwrap() };
            let said = Message {
                room: room.clone(),
                seq: Seq(7),
                id: MessageId(Uuid::from_u128(epoch)),
                user: person(1),
                body: Body::parse("hello").unwrap(),
                at: Timestamp::from_millis(0),
                reply_to: None,
            };
            let events = vec![Event::Message(said), Event::Erased { room: room.clone(), seq: Seq(8) }];
            let joined_room = Joined {
                reference,
                room,
                kind: RoomKind::Private,
                title,
                topic: if reset { topic } else { String::new() },
                role: more.then_some(Role::Moderator),
                last_seq: Seq(last),
                read_seq: Seq(3),
                events: events.into_iter().take(people).collect(),
                epoch: Epoch(Uuid::from_u128(epoch)),
                first_seq: Seq(1),
                retention_s,
                reset,
                more,
                online_count: people,
                online: (0..people).map(person).collect(),
                receipts: (0..people).map(|n| Receipt { user: person(n), delivered: Seq(2), read: Seq(last) }).collect(),
            };
            let mut written = Vec::new();
            joined(&mut written, &joined_room);
            let by_serde = serde_json::to_string(&ServerFrame::Joined(Box::new(joined_room))).unwrap();
            prop_assert_eq!(String::from_utf8(written).unwrap(), by_serde);
        }

        #[test]
        fn an_ack_is_what_serde_would_write(
            (id, seq, millis) in any::<(u128, u64, i64)>(), reference in any_reference(),
        ) {
            let (room, id) = (RoomId::parse("green-1").unwrap(), MessageId(Uuid::from_u128(id)));
            let stored = Ack { reference, room, id, seq: Seq(seq), at: Timestamp::from_millis(millis) };
            let mut written = Vec::new();
            ack(&mut written, &stored);
            prop_assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&ServerFrame::Ack(stored)).unwrap());
        }
    }
}
