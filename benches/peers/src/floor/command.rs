//! What a client says, scanned in place.
//!
//! Texts stay as they stand between their quotes, escapes and all, and are said again in the same way. So nothing is
//! decoded, encoded or copied, and values that are objects or lists are not understood.

/// What a client may say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Hello { name: &'a [u8] },
    Join { room: &'a [u8] },
    Send { room: &'a [u8], id: &'a [u8], body: &'a [u8] },
    Ping,
}

/// Reads a command; `None` where it is none, or has not what it needs.
pub(super) fn parse(text: &[u8]) -> Option<Command<'_>> {
    let (mut kind, mut name, mut room, mut id, mut body) = (None, None, None, None, None);
    let mut rest = text.trim_ascii_start().strip_prefix(b"{")?;
    while let Some((key, value, after)) = field(rest) {
        match key {
            b"type" => kind = Some(value),
            b"guest" => name = Some(value),
            b"room" => room = Some(value),
            b"id" => id = Some(value),
            b"body" => body = Some(value),
            _ => {}
        }
        rest = after;
    }
    Some(match kind? {
        b"hello" => Command::Hello { name: name? },
        b"join" => Command::Join { room: room? },
        b"send" => Command::Send { room: room?, id: id?, body: body? },
        b"ping" => Command::Ping,
        _ => return None,
    })
}

/// A key, its value, and what comes after both.
fn field(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key, rest) = quoted(text.trim_ascii_start())?;
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let (value, rest) = quoted(rest).or_else(|| {
        let end = memchr::memchr2(b',', b'}', rest)?;
        Some(rest.split_at(end))
    })?;
    let rest = rest.trim_ascii_start();
    Some((key, value, rest.strip_prefix(b",").unwrap_or(rest)))
}

/// The text between quotes, and what comes after it.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut end = 0;
    loop {
        end += memchr::memchr2(b'"', b'\\', &text[end..])?;
        if text[end] == b'"' {
            return Some((&text[..end], &text[end + 1..]));
        }
        // The byte behind a backslash ends nothing.
        end += 2;
        if end > text.len() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_is_read_in_any_order_and_keeps_its_escapes() {
        let text = br#" {"body":"a \"b\" \\","ref": 7, "id":"1","type":"send","room":"green"}"#;
        let body: &[u8] = br#"a \"b\" \\"#;
        assert_eq!(parse(text), Some(Command::Send { room: b"green", id: b"1", body }));
    }

    #[test]
    fn what_is_cut_off_is_no_command() {
        let text = br#"{"type":"send","room":"green","id":"1","body":"a\"b"}"#;
        assert!(parse(text).is_some());
        assert!((0..text.len() - 1).all(|end| parse(&text[..end]).is_none()));
    }
}
