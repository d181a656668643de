//! Socket.IO over WebSocket (Engine.IO 4): each frame of Greenroom's protocol is an event `frame`.

use super::{Dialect, Greenroom, Heard, Id};
use crate::bench::frames::Kind;
use crate::bench::swarm::Upgrade;

/// What stands before the frame in an event, and after it.
const EVENT: (&[u8], &[u8]) = (br#"42["frame","#, b"]");

/// Wraps frames in events.
#[derive(Debug, Default)]
pub(crate) struct SocketIo(Greenroom);

fn event(frame: &[u8]) -> Vec<u8> {
    [EVENT.0, frame, EVENT.1].concat()
}

impl Dialect for SocketIo {
    fn upgrade(&self) -> Upgrade {
        Upgrade { path: "/socket.io/?EIO=4&transport=websocket", subprotocol: None, kind: Kind::Text }
    }

    fn acknowledges(&self) -> bool {
        true
    }

    /// Whatever comes before the server's answer to this is an offence.
    fn open(&self, say: &mut dyn FnMut(&[u8])) -> bool {
        say(b"40");
        false
    }

    fn hello(&self, name: &str, say: &mut dyn FnMut(&[u8])) {
        self.0.hello(name, &mut |frame| say(&event(frame)));
    }

    fn join(&self, room: &str, say: &mut dyn FnMut(&[u8])) {
        self.0.join(room, &mut |frame| say(&event(frame)));
    }

    fn send(&self, room: &str, id: &Id, body: &str, say: &mut dyn FnMut(&[u8])) {
        self.0.send(room, id, body, &mut |frame| say(&event(frame)));
    }

    fn hear(&self, frame: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        match frame {
            [b'4', b'2', ..] => self.0.hear(frame.strip_prefix(EVENT.0).unwrap_or_default(), heard),
            [b'4', b'0', ..] => heard(Heard::Ready),
            [b'4', b'4', ..] => heard(Heard::Refused(frame)),
            b"2" => heard(Heard::Asked(b"3")),
            _ => heard(Heard::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(frame: &str) -> String {
        let mut words = String::new();
        SocketIo::default().hear(frame.as_bytes(), &mut |heard| words += &format!("{heard:?}"));
        words
    }

    #[test]
    fn an_event_is_heard_as_the_frame_in_it() {
        assert_eq!(heard(r#"40{"sid":"x"}"#), "Ready");
        assert_eq!(heard("2"), format!("{:?}", Heard::Asked(b"3")));
        assert_eq!(heard(r#"0{"sid":"x"}"#), "Other");
        assert_eq!(heard(r#"42["frame",{"type":"joined","room":"r"}]"#), "Joined");
        let message = r#"42["frame",{"type":"message","room":"r","seq":17,"body":"abc"}]"#;
        assert_eq!(heard(message), format!("{:?}", Heard::Message { seq: Some(17), body: br#"abc"}]"# }));
    }
}
