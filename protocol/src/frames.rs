//! WebSocket frames (RFC 6455, section 5), without I/O: what a client's bytes say, and the frames that a server says of
//! its own.
//!
//! Each byte is walked once. A [`Reader`] tells frames apart, unmasks them in place, puts pieces together, inflates what was
//! compressed, and refuses what breaks a rule. Whoever feeds it does the I/O, counts the frames, and answers.

mod control;
mod header;
mod inflating;
mod mask;
mod message;
mod reader;

pub use control::{PING, close, goodbye, pong};
pub use reader::{Item, Reader};

/// The bit of a frame's first byte that says that it is the last of its message.
const FIN: u8 = 0x80;

/// The most bytes that a control frame may carry (RFC 6455, section 5.5).
const CONTROL_BYTES: usize = 125;

/// What a frame is for (RFC 6455, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    /// What an opcode stands for; nothing where it is reserved.
    const fn of(opcode: u8) -> Option<Self> {
        Some(match opcode {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Its opcode.
    const fn opcode(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Whether it carries a message, or a piece of one.
    const fn is_data(self) -> bool {
        matches!(self, Self::Continuation | Self::Text | Self::Binary)
    }
}

#[cfg(test)]
mod tests;
