//! WebSocket frames as a client reads and writes them (RFC 6455, section 5), with nothing that a load generator doesn't
//! need: what the server says is looked at where it lies, and never copied.

use std::fmt;

/// The longest frame that is believed. No server that is measured says as much at once.
const LONGEST: u64 = 16 * 1024 * 1024;

// The first bytes of whole frames that are compressed.
const DEFLATED_TEXT: u8 = 0xC1;
const DEFLATED_BINARY: u8 = 0xC2;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    fn opcode(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// A frame of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'b> {
    pub(crate) kind: Kind,
    /// Whether the payload is compressed.
    pub(crate) is_deflated: bool,
    pub(crate) payload: &'b [u8],
    /// Bytes that it took, header and all.
    pub(crate) length: usize,
}

/// Bytes that are no frame, or one that was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    Masked,
    Fragmented,
    Reserved,
    TooLong,
    NotDeflated,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Masked => "a masked frame from a server",
            Self::Fragmented => "a message in fragments, which the load generator doesn't put together",
            Self::Reserved => "a frame with a reserved bit or opcode",
            Self::TooLong => "a frame of more than 16 MiB",
            Self::NotDeflated => "a frame that can't be inflated",
        })
    }
}

/// The first frame in these bytes; nothing where more must come first.
pub(crate) fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>, Malformed> {
    let &[head, length, ref rest @ ..] = bytes else { return Ok(None) };
    let kind = match head {
        0x81 | DEFLATED_TEXT => Kind::Text,
        0x82 | DEFLATED_BINARY => Kind::Binary,
        0x88 => Kind::Close,
        0x89 => Kind::Ping,
        0x8A => Kind::Pong,
        0x00..=0x02 | 0x80 => return Err(Malformed::Fragmented),
        _ => return Err(Malformed::Reserved),
    };
    let (length, rest) = match (length, rest) {
        (0x80.., _) => return Err(Malformed::Masked),
        (126, &[a, b, ref rest @ ..]) => (u64::from(u16::from_be_bytes([a, b])), rest),
        (127, &[a, b, c, d, e, f, g, h, ref rest @ ..]) => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), rest),
        (126 | 127, _) => return Ok(None),
        (short, rest) => (u64::from(short), rest),
    };
    if length > LONGEST {
        return Err(Malformed::TooLong);
    }
    let payload = usize::try_from(length).ok().and_then(|length| rest.get(..length));
    let is_deflated = matches!(head, DEFLATED_TEXT | DEFLATED_BINARY);
    Ok(payload.map(|payload| Frame { kind, is_deflated, payload, length: bytes.len() - rest.len() + payload.len() }))
}

/// Adds a masked frame to what is to be written.
pub(crate) fn push(out: &mut Vec<u8>, kind: Kind, payload: &[u8], mask: [u8; 4]) {
    out.push(0x80 | kind.opcode());
    match payload.len() {
        short @ 0..126 => out.push(0x80 | short as u8),
        middle @ 126..65_536 => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(middle as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a client wrote, as a server would write it.
    fn unmasked(client: &[u8]) -> Vec<u8> {
        let (header, mask) = match client[1] & 0x7F {
            126 => (4, 4),
            127 => (10, 4),
            _ => (2, 4),
        };
        let mut server = client[..header].to_vec();
        server[1] &= 0x7F;
        let key: Vec<u8> = client[header..header + mask].to_vec();
        server.extend(client[header + mask..].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        server
    }

    #[test]
    fn what_is_written_is_read_whatever_its_length_and_however_it_arrives() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 70_000] {
            let payload = vec![b'x'; length];
            let mut client = Vec::new();
            push(&mut client, Kind::Text, &payload, [1, 2, 3, 4]);
            let server = unmasked(&client);
            let frame = first(&server).unwrap().expect("it is whole");
            assert_eq!((frame.kind, frame.payload, frame.length), (Kind::Text, payload.as_slice(), server.len()));
            for part in [0, 1, 2, 3, server.len() - 1] {
                let part = part.min(server.len() - 1);
                assert_eq!(first(&server[..part]), Ok(None), "{part} of {} bytes", server.len());
            }
        }
    }

    #[test]
    fn what_no_server_should_say_is_named() {
        assert_eq!(first(&[0x81, 0x80, 0, 0, 0, 0]), Err(Malformed::Masked));
        assert_eq!(first(&[0x01, 1, b'x']), Err(Malformed::Fragmented));
        assert_eq!(first(&[0xA1, 1, b'x']), Err(Malformed::Reserved));
        assert!(
            first(&[0xC1, 1, b'x']).unwrap().is_some_and(|frame| frame.is_deflated),
            "allowed where it was offered"
        );
        assert_eq!(first(&[0x81, 127, 1, 0, 0, 0, 0, 0, 0, 0]), Err(Malformed::TooLong));
    }
}
