//! Frames that say nothing to people: they ask whether the other side is there, answer that, and say goodbye.

use super::{CONTROL_BYTES, FIN, Kind};
use crate::CloseCode;

/// A server's ping, with nothing in it.
pub const PING: [u8; 2] = [FIN | Kind::Ping.opcode(), 0];

/// A server's answer to a ping, with what that carried (RFC 6455, section 5.5.3).
#[must_use]
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(Kind::Pong, payload)
}

/// A server's answer to a goodbye, with what that carried (RFC 6455, section 5.5.1).
#[must_use]
pub fn close(payload: &[u8]) -> Vec<u8> {
    frame(Kind::Close, payload)
}

/// A server's goodbye: the code, and what it means.
#[must_use]
pub fn goodbye(code: CloseCode) -> Vec<u8> {
    close(&[&code.number().to_be_bytes(), code.meaning().as_bytes()].concat())
}

fn frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
    debug_assert!(payload.len() <= CONTROL_BYTES, "no control frame is longer");
    // So the length fits where that of a short frame stands.
    [&[FIN | kind.opcode(), payload.len() as u8], payload].concat()
}

/// Whether what a client's goodbye carries keeps the rules: nothing, or a code that somebody may send, and a reason.
///
/// # Errors
/// The code to close with where it doesn't (RFC 6455, sections 5.5.1 and 7.4).
pub(super) fn check_goodbye(payload: &[u8]) -> Result<(), CloseCode> {
    match payload {
        [] => Ok(()),
        [_] => Err(CloseCode::Protocol),
        [high, low, reason @ ..] => {
            std::str::from_utf8(reason).map_err(|_| CloseCode::BadUtf8)?;
            match u16::from_be_bytes([*high, *low]) {
                // Not 1004, 1005, 1006 and 1015, which only say how a connection ended without a word.
                1000..=1003 | 1007..=1013 | 3000..=4999 => Ok(()),
                _ => Err(CloseCode::Protocol),
            }
        }
    }
}
