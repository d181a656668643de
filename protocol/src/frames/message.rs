//! A message of which not all has come.

use super::inflating;
use crate::CloseCode;

/// What has come of a message.
#[derive(Debug, Default)]
pub(super) struct Message {
    bytes: Vec<u8>,
    /// So many of them are characters, for certain.
    checked: usize,
    is_compressed: bool,
}

impl Message {
    pub(super) fn new(is_compressed: bool) -> Self {
        Self { is_compressed, ..Self::default() }
    }

    /// How many bytes have come.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// More of it has come.
    pub(super) fn gather(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
    }

    /// A frame has ended, and another is to follow: what came may end amid a character, but can't have a wrong one.
    ///
    /// # Errors
    /// The code to close with where it has.
    pub(super) fn check(&mut self) -> Result<(), CloseCode> {
        if self.is_compressed {
            return Ok(());
        }
        // From where the last look ended: a message of ten thousand pieces is not read ten thousand times.
        let unchecked = &self.bytes[self.checked..];
        self.checked += match std::str::from_utf8(unchecked) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(CloseCode::BadUtf8),
        };
        Ok(())
    }

    /// All of it has come.
    ///
    /// # Errors
    /// The code to close with where it is no text.
    pub(super) fn text(self) -> Result<String, CloseCode> {
        if self.is_compressed {
            return inflating::text(self.bytes);
        }
        String::from_utf8(self.bytes).map_err(|_| CloseCode::BadUtf8)
    }
}
