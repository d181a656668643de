//! Greenroom's own protocol, and that of the small servers in `benches/peers`.
//!
//! A frame is not parsed but scanned for the three fields that matter, so that the load generator costs less than any
//! server. A server that changes the order of fields or adds blanks is still understood; only `type` must come first.

use memchr::memmem::Finder;

use super::{Ask, Dialect, Heard, Id};
use crate::bench::frames::Kind;
use crate::bench::swarm::Upgrade;

/// Finds fields in frames.
#[derive(Debug)]
pub(crate) struct Greenroom {
    seq: Finder<'static>,
    id: Finder<'static>,
    body: Finder<'static>,
}

impl Default for Greenroom {
    fn default() -> Self {
        Self { seq: Finder::new("\"seq\":"), id: Finder::new("\"id\":"), body: Finder::new("\"body\":") }
    }
}

impl Dialect for Greenroom {
    fn upgrade(&self) -> Upgrade {
        Upgrade { path: "/ws", subprotocol: None, kind: Kind::Text }
    }

    fn acknowledges(&self) -> bool {
        true
    }

    fn hello(&self, name: &str, say: &mut dyn FnMut(&[u8])) {
        say(format!(r#"{{"type":"hello","guest":"{name}"}}"#).as_bytes());
    }

    fn join(&self, room: &str, say: &mut dyn FnMut(&[u8])) {
        say(format!(r#"{{"type":"join","room":"{room}","limit":1}}"#).as_bytes());
    }

    fn send(&self, room: &str, id: &Id, body: &str, say: &mut dyn FnMut(&[u8])) {
        let id = std::str::from_utf8(id).unwrap_or_default();
        say(format!(r#"{{"type":"send","room":"{room}","id":"{id}","body":"{body}"}}"#).as_bytes());
    }

    fn ask(&self, room: &str, ask: Ask, say: &mut dyn FnMut(&[u8])) -> bool {
        match ask {
            Ask::Join => self.join(room, say),
            Ask::Leave => say(format!(r#"{{"type":"leave","room":"{room}"}}"#).as_bytes()),
            Ask::Typing(on) => say(format!(r#"{{"type":"typing","room":"{room}","on":{on}}}"#).as_bytes()),
            Ask::Read(seq) => say(format!(r#"{{"type":"read","room":"{room}","seq":{seq}}}"#).as_bytes()),
            Ask::Page { before } => {
                say(format!(r#"{{"type":"history","room":"{room}","before":{before},"limit":50}}"#).as_bytes());
            }
        }
        true
    }

    fn hear(&self, frame: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        let rest = frame.strip_prefix(br#"{"type":""#).unwrap_or_default();
        heard(match rest {
            [b'm', b'e', b's', b's', ..] => {
                let seq = number(after(&self.seq, rest));
                Heard::Message { seq, body: text(after(&self.body, rest)) }
            }
            [b'a', b'c', b'k', ..] => {
                Heard::Ack { id: text(after(&self.id, rest)), seq: number(after(&self.seq, rest)) }
            }
            [b'j', b'o', b'i', ..] => Heard::Joined,
            [b'h', b'i', b's', ..] => Heard::Page,
            [b'l', b'e', b'f', ..] => Heard::Left,
            [b'e', b'r', b'r', ..] => Heard::Refused(frame),
            _ => Heard::Other,
        });
    }
}

/// The frame of a message as a client would have to make it, for brokers that carry what they are given: of the same
/// length as Greenroom's, and without a number.
pub(super) fn published(room: &str, id: &Id, body: &str) -> String {
    let id = std::str::from_utf8(id).unwrap_or_default();
    format!(
        r#"{{"type":"message","room":"{room}","seq":null,"id":"{id}","user":{{"id":"{id}","name":"m0"}},"body":"{body}","at":"2026-01-01T00:00:00.000Z"}}"#
    )
}

/// What stands behind a field's name.
fn after<'f>(field: &Finder<'_>, frame: &'f [u8]) -> &'f [u8] {
    field.find(frame).map(|at| frame[at + field.needle().len()..].trim_ascii_start()).unwrap_or_default()
}

/// The number at the beginning.
fn number(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    let mut number = None;
    for digit in digits {
        number = Some(number.unwrap_or(0) * 10 + u64::from(digit - b'0'));
    }
    number
}

/// From an opening quote on; the end is where the reader knows it to be.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\"").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(frame: &str) -> String {
        let mut words = String::new();
        Greenroom::default().hear(frame.as_bytes(), &mut |heard| words = format!("{heard:?}"));
        words
    }

    #[test]
    fn only_what_matters_is_read_of_a_frame() {
        let message = r#"{"type":"message","room":"r","seq":17,"id":"x","user":{"id":"y","name":"n"},"body":"abc"}"#;
        let expected = Heard::Message { seq: Some(17), body: br#"abc"}"# };
        assert_eq!(heard(message), format!("{expected:?}"));
        let ack = r#"{"type":"ack", "seq": 3, "id": "0190"}"#;
        assert_eq!(heard(ack), format!("{:?}", Heard::Ack { id: br#"0190"}"#, seq: Some(3) }));
        let joined = r#"{"type":"joined","room":"r","last_seq":0,"events":[]}"#;
        assert_eq!(heard(joined), "Joined");
        assert_eq!(heard(r#"{"type":"presence"}"#), "Other");
        assert_eq!(heard("nonsense"), "Other");
    }
}
