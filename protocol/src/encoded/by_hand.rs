//! `message` and `ack`, of which nearly all traffic consists, written without serde: a fifth of the instructions.
//!
//! They are the very bytes that serde would write, which the tests below compare.

use crate::{Ack, Message, MessageId, Ref, RoomId, Seq, Timestamp, User, UserId};

/// Bytes of a message beside its body, mostly less.
pub(super) const AROUND_BODY: usize = 320;

pub(super) fn message(to: &mut Vec<u8>, message: &Message) {
    let Message { room, seq, id, user, body, at, reply_to } = message;
    to.extend_from_slice(br#"{"type":"message""#);
    place(to, room, *seq, *id);
    let User { id: UserId(user), name } = user;
    to.extend_from_slice(br#","user":{"id":"#);
    uuid(to, *user);
    to.extend_from_slice(br#","name":"#);
    text(to, name.as_str());
    to.extend_from_slice(br#"},"body":"#);
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
    let Ack { reference, room, id, seq, at } = ack;
    to.extend_from_slice(br#"{"type":"ack""#);
    match reference {
        Some(Ref::Text(reference)) => {
            to.extend_from_slice(br#","ref":"#);
            text(to, reference);
        }
        Some(Ref::Number(reference)) => {
            to.extend_from_slice(br#","ref":"#);
            number(to, *reference);
        }
        None => {}
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
        // Writing to memory can't fail, and a text is always JSON.
        serde_json::to_writer(to, text).expect("a text is always JSON");
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
    use crate::{Body, Event, Name, ServerFrame};

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
