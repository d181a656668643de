//! Frames whose text is compressed (RFC 7692, `permessage-deflate`), without context takeover: each message by itself. So
//! a compressed frame is the same bytes for everybody, and is made once; and a connection that rests holds nothing for it.

use crate::limits::{DEFLATE_BYTES, DEFLATE_SHARED_BYTES};

mod outbound;

pub(crate) use outbound::Slot;

/// The end of a deflated message that is left out on the wire: an empty stored block.
pub(crate) const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The bit of a frame's first byte that says that its message is compressed.
pub(crate) const COMPRESSED: u8 = 0x40;

/// Which frames are compressed for clients that can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// None; nothing is negotiated.
    Off,
    /// Those from [`DEFLATE_BYTES`] on: pages of a room, and long messages.
    #[default]
    Large,
    /// Each message from [`DEFLATE_SHARED_BYTES`] on, too.
    All,
}

impl Compression {
    /// Bytes of a text from which on it is compressed.
    #[must_use]
    pub fn from_bytes(self) -> usize {
        match self {
            Self::Off => usize::MAX,
            Self::Large => DEFLATE_BYTES,
            Self::All => DEFLATE_SHARED_BYTES,
        }
    }
}

#[cfg(test)]
mod tests;
