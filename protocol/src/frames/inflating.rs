//! What a client has compressed (RFC 7692, section 7.2.2), each message by itself.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};

use crate::CloseCode;
use crate::deflate::TAIL;
use crate::limits::FRAME_BYTES;

thread_local! {
    /// More than a hundred kilobytes, so one for each thread that ever inflates.
    static INFLATER: RefCell<Inflater> = RefCell::new(Inflater::new());
}

/// The text of a compressed message, never larger than a frame may be.
///
/// # Errors
/// The code to close with where it is none, or a larger one.
pub(super) fn text(deflated: Vec<u8>) -> Result<String, CloseCode> {
    INFLATER.with_borrow_mut(|inflater| {
        let text = std::str::from_utf8(inflater.inflate(deflated)?);
        text.map(str::to_owned).map_err(|_| CloseCode::BadUtf8)
    })
}

struct Inflater {
    inflate: Decompress,
    /// Room for as much as a frame may hold, and for one byte by which it shows that it is too much.
    scratch: Box<[u8]>,
}

impl Inflater {
    fn new() -> Self {
        Self { inflate: Decompress::new(false), scratch: vec![0; FRAME_BYTES + 1].into_boxed_slice() }
    }

    fn inflate(&mut self, mut deflated: Vec<u8>) -> Result<&[u8], CloseCode> {
        deflated.extend_from_slice(&TAIL);
        let (mut rest, mut written) = (deflated.as_slice(), 0);
        loop {
            self.inflate.reset(false);
            let status = self.inflate.decompress(rest, &mut self.scratch[written..], FlushDecompress::Sync);
            let status = status.map_err(|_| CloseCode::BadUtf8)?;
            let read = usize::try_from(self.inflate.total_in()).unwrap_or(usize::MAX);
            rest = &rest[read.min(rest.len())..];
            written += usize::try_from(self.inflate.total_out()).unwrap_or(usize::MAX);
            if written > FRAME_BYTES {
                return Err(CloseCode::TooLarge);
            }
            // Whoever compresses may mark a block as the last one, and go on.
            if status != Status::StreamEnd || rest.is_empty() || read == 0 {
                return Ok(&self.scratch[..written]);
            }
        }
    }
}
