//! The upgrade from HTTP to WebSocket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const LONGEST: usize = 8 * 1024;
const KEY: &[u8] = b"sec-websocket-key:";

/// What the first bytes of a connection are.
pub(super) enum Request {
    NotWhole,
    NoUpgrade,
    /// The answer, and how many bytes the request took; frames may follow in the same read.
    Upgrade(String, usize),
}

/// Looks for a whole request for an upgrade.
pub(super) fn parse(bytes: &[u8]) -> Request {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() < LONGEST { Request::NotWhole } else { Request::NoUpgrade };
    };
    let key = bytes[..end].split(|&byte| byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(KEY.len())?;
        name.eq_ignore_ascii_case(KEY).then(|| value.trim_ascii())
    });
    match key {
        Some(key) if bytes.starts_with(b"GET ") => Request::Upgrade(answer(key), end + 4),
        _ => Request::NoUpgrade,
    }
}

fn answer(key: &[u8]) -> String {
    let accept = STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}
