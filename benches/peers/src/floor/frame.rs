//! WebSocket frames (RFC 6455): whole, masked ones come in, unmasked ones go out.

/// A longer one is refused: Greenroom's longest `send` is about 9 KB.
const LONGEST: usize = 32 * 1024;

pub(super) const TEXT: u8 = 1;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// What a client sent.
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    pub(super) payload: &'a [u8],
}

/// The peer breaks the protocol, or uses a part of it that the floor leaves out, such as fragments.
#[derive(Debug)]
pub(super) struct Unreadable;

/// The first frame of `bytes`, unmasked in place, and how many bytes it took; `None` where it isn't whole yet.
pub(super) fn first(bytes: &mut [u8]) -> Result<Option<(Frame<'_>, usize)>, Unreadable> {
    let &mut [first, second, ..] = bytes else { return Ok(None) };
    let (whole, masked) = (first & 0xf0 == 0x80, second & 0x80 != 0);
    if !whole || !masked {
        return Err(Unreadable);
    }
    let (length, mask_at) = match second & 0x7f {
        127 => return Err(Unreadable),
        126 if bytes.len() < 4 => return Ok(None),
        126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
        short => (usize::from(short), 2),
    };
    if length > LONGEST {
        return Err(Unreadable);
    }
    let (start, end) = (mask_at + 4, mask_at + 4 + length);
    if bytes.len() < end {
        return Ok(None);
    }
    let (head, rest) = bytes.split_at_mut(start);
    let payload = &mut rest[..length];
    unmask(payload, [head[mask_at], head[mask_at + 1], head[mask_at + 2], head[mask_at + 3]]);
    Ok(Some((Frame { kind: first & 0x0f, payload }, end)))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let mut quads = payload.chunks_exact_mut(4);
    for quad in &mut quads {
        for (byte, mask) in quad.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in quads.into_remainder().iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// Puts a frame behind `out`: its payload is what `write` adds, up to 65,535 bytes.
pub(super) fn put(out: &mut Vec<u8>, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let head = out.len();
    out.extend_from_slice(&[0x80 | kind, 126, 0, 0]);
    write(out);
    let length = out.len() - head - 4;
    match u16::try_from(length).expect("what the floor says is short") {
        short @ 0..126 => {
            out[head + 1] = short.to_le_bytes()[0];
            out.drain(head + 2..head + 4);
        }
        long => out[head + 2..head + 4].copy_from_slice(&long.to_be_bytes()),
    }
}
