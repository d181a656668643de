//! Compressing what the server says.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use super::{COMPRESSED, TAIL};
use crate::encoded::{HEADER, header_of};

/// Of pages 30 % are left with it, in 68 µs for 16 KiB; with level 6 it is 29 % and 105 µs, with level 1 40 % and 45 µs.
const LEVEL: u32 = 2;

/// A frame with its text compressed, once somebody wanted it so; nothing where that is no shorter.
type Form = OnceLock<Option<Bytes>>;

/// The place of a frame's compressed form. The first who wants it makes it.
#[derive(Clone)]
pub(crate) enum Slot {
    /// It has none.
    Never,
    /// For a frame in a batch, which is shared as a whole: nothing is allocated for a form that nobody wants.
    Here(Form),
    /// For a frame that everybody has for themselves.
    Shared(Arc<Form>),
}

impl Slot {
    fn form(&self) -> Option<&Form> {
        match self {
            Self::Never => None,
            Self::Here(form) => Some(form),
            Self::Shared(form) => Some(form),
        }
    }

    /// The whole frame with its text compressed; nothing where that is no shorter.
    pub(crate) fn get_or_make(&self, text: &[u8]) -> Option<&[u8]> {
        self.form()?.get_or_init(|| COMPRESSOR.with_borrow_mut(|compressor| compressor.frame(text))).as_deref()
    }

    /// Whether it may be compressed.
    pub(crate) fn is_there(&self) -> bool {
        self.form().is_some()
    }

    /// Whether a clone of the frame knows whatever comes of it, and nobody has compressed it yet.
    pub(crate) fn can_wait(&self) -> bool {
        matches!(self, Self::Shared(form) if form.get().is_none())
    }
}

thread_local! {
    /// A quarter of a megabyte, so one for each thread that ever compresses.
    static COMPRESSOR: RefCell<Compressor> = RefCell::new(Compressor::new());
}

struct Compressor {
    deflate: Compress,
    scratch: Vec<u8>,
}

impl Compressor {
    fn new() -> Self {
        Self { deflate: Compress::new(Compression::new(LEVEL), false), scratch: Vec::new() }
    }

    fn frame(&mut self, text: &[u8]) -> Option<Bytes> {
        let Self { deflate, scratch } = self;
        deflate.reset();
        scratch.clear();
        scratch.resize(HEADER, 0);
        // What needs more room than the text itself is not worth having.
        scratch.reserve_exact(text.len());
        deflate.compress_vec(text, scratch, FlushCompress::Sync).ok()?;
        let is_whole = deflate.total_in() == text.len() as u64 && scratch.len() < scratch.capacity();
        if !is_whole || !scratch.ends_with(&TAIL) {
            return None;
        }
        let end = scratch.len() - TAIL.len();
        let mut header = [0; HEADER];
        let header = header_of(end - HEADER, &mut header);
        let start = HEADER - header.len();
        scratch[start..HEADER].copy_from_slice(header);
        scratch[start] |= COMPRESSED;
        (end - start < text.len()).then(|| Bytes::copy_from_slice(&scratch[start..end]))
    }
}
