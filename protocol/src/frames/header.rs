//! What stands before a frame's payload (RFC 6455, section 5.2), and whether it may.

use super::{CONTROL_BYTES, FIN, Kind, mask};
use crate::CloseCode;
use crate::deflate::COMPRESSED;
use crate::limits::FRAME_BYTES;

/// The longest header: two bytes, eight of a length, four of a mask.
pub(super) const HEADER: usize = 14;

// Parts of the first byte, beside FIN.
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;

/// The bit of the second byte that says that there is a mask.
const MASKED: u8 = 0x80;

/// What a header says, whether or not it may.
#[derive(Debug)]
pub(super) struct Header {
    first: u8,
    payload: u64,
    mask: Option<[u8; 4]>,
}

/// A frame that may come, and how much of it still has to.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Whether its message ends with it.
    pub(super) is_last: bool,
    /// Whether its message is compressed; said by the first of several.
    pub(super) is_compressed: bool,
    /// Bytes of its payload that are still to come, no more than a frame may have.
    pub(super) left: usize,
    /// As it is for the next of them.
    mask: [u8; 4],
}

impl Header {
    /// The header that these bytes begin with, and its length; nothing where not all of it has come.
    pub(super) fn of(bytes: &[u8]) -> Option<(Self, usize)> {
        let [first, second, rest @ ..] = bytes else { return None };
        let (payload, rest) = match second & !MASKED {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), rest)
            }
            short => (u64::from(short), rest),
        };
        let (mask, rest) = if second & MASKED == 0 {
            (None, rest)
        } else {
            let (mask, rest) = rest.split_first_chunk()?;
            (Some(*mask), rest)
        };
        Some((Self { first: *first, payload, mask }, bytes.len() - rest.len()))
    }

    /// The frame that begins with it. `inflates` says whether compression was agreed upon, `before` how many bytes have come
    /// of a message that is not at its end.
    ///
    /// # Errors
    /// The code to close with where there may be no such frame, or not now.
    pub(super) fn frame(&self, inflates: bool, before: Option<usize>) -> Result<Frame, CloseCode> {
        let kind = Kind::of(self.first & OPCODE).ok_or(CloseCode::Protocol)?;
        // First of all, so that nothing else has to fear a length.
        let left = usize::try_from(self.payload).ok().filter(|length| *length <= FRAME_BYTES);
        let left = left.ok_or(CloseCode::TooLarge)?;
        let mask = self.mask.ok_or(CloseCode::Protocol)?;
        let is_last = self.first & FIN != 0;
        let is_compressed = match self.first & RESERVED {
            0 => false,
            // RFC 7692, section 6.1: the first frame of a message says so, and no other.
            COMPRESSED if inflates && matches!(kind, Kind::Text | Kind::Binary) => true,
            _ => return Err(CloseCode::Protocol),
        };
        let may_come = match kind {
            Kind::Close | Kind::Ping | Kind::Pong => is_last && left <= CONTROL_BYTES,
            Kind::Continuation => before.is_some(),
            Kind::Text | Kind::Binary => before.is_none(),
        };
        if !may_come {
            return Err(CloseCode::Protocol);
        }
        if kind == Kind::Binary {
            return Err(CloseCode::Binary);
        }
        // Each piece may be short enough, and all of them too much.
        if kind == Kind::Continuation && before.is_some_and(|before| left > FRAME_BYTES - before) {
            return Err(CloseCode::TooLarge);
        }
        Ok(Frame { kind, is_last, is_compressed, left, mask })
    }
}

impl Frame {
    /// Unmasks the next part of the payload.
    pub(super) fn unmask(&mut self, part: &mut [u8]) {
        mask::apply(self.mask, part);
        self.left -= part.len();
        self.mask.rotate_left(part.len() % 4);
    }
}
