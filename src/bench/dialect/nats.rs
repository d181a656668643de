//! The text protocol of NATS over WebSocket. A room is a subject; nothing is numbered or acknowledged.
//!
//! What is published is the frame that Greenroom would send, so that all servers carry the same number of bytes.

use memchr::memmem;

use super::greenroom::published;
use super::{Dialect, Greenroom, Heard, Id};
use crate::bench::frames::Kind;
use crate::bench::swarm::Upgrade;

/// Publishes frames to subjects.
#[derive(Debug, Default)]
pub(crate) struct Nats(Greenroom);

impl Dialect for Nats {
    fn upgrade(&self) -> Upgrade {
        Upgrade { path: "/", subprotocol: None, kind: Kind::Binary }
    }

    fn acknowledges(&self) -> bool {
        false
    }

    fn hello(&self, name: &str, say: &mut dyn FnMut(&[u8])) {
        let connect = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"lang\":\"rust\",\"version\":\"1\",\"protocol\":1,\"name\":\"{name}\"}}\r\n"
        );
        say(connect.as_bytes());
    }

    /// The answer to the ping says that the subscription stands.
    fn join(&self, room: &str, say: &mut dyn FnMut(&[u8])) {
        say(format!("SUB {room} 1\r\nPING\r\n").as_bytes());
    }

    fn send(&self, room: &str, id: &Id, body: &str, say: &mut dyn FnMut(&[u8])) {
        let frame = published(room, id, body);
        say(format!("PUB {room} {}\r\n{frame}\r\n", frame.len()).as_bytes());
    }

    fn hear(&self, frame: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        let mut rest = frame;
        while let Some(end) = memmem::find(rest, b"\r\n") {
            let line = &rest[..end];
            rest = &rest[end + 2..];
            match line {
                [b'M', b'S', b'G', ..] => {
                    let Some(length) = length(line).filter(|length| length + 2 <= rest.len()) else {
                        heard(Heard::Refused(b"a message in pieces, which the load generator doesn't put together"));
                        return;
                    };
                    self.0.hear(&rest[..length], heard);
                    rest = &rest[length + 2..];
                }
                b"PONG" => heard(Heard::Joined),
                b"PING" => heard(Heard::Asked(b"PONG\r\n")),
                [b'-', ..] => heard(Heard::Refused(line)),
                _ => heard(Heard::Other),
            }
        }
        if !rest.is_empty() {
            heard(Heard::Refused(b"a line in pieces, which the load generator doesn't put together"));
        }
    }
}

/// The last word of a line.
fn length(line: &[u8]) -> Option<usize> {
    std::str::from_utf8(line.rsplit(|&byte| byte == b' ').next()?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_frame_carries_is_heard() {
        let frame = published("green", &[b'i'; 36], "abc");
        let message = format!("MSG green 1 {}\r\n{frame}\r\n", frame.len());
        let mut words = Vec::new();
        let all = format!("INFO {{}}\r\nPONG\r\n{message}{message}PING\r\n");
        Nats::default().hear(all.as_bytes(), &mut |heard| words.push(format!("{heard:?}")));
        assert_eq!(words[..2], ["Other", "Joined"]);
        assert!(words[2].starts_with("Message { seq: None, body: [97, 98, 99, 34"), "{}", words[2]);
        assert_eq!((&words[2], words.len()), (&words[3], 5));
        words.clear();
        Nats::default().hear(&all.as_bytes()[..60], &mut |heard| words.push(format!("{heard:?}")));
        assert!(words[2].starts_with("Refused"), "{words:?}");
    }
}
