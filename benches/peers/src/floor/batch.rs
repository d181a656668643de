//! What was said and has not been given out yet, and what has to happen to it before.

use std::io;
use std::mem;
use std::os::fd::BorrowedFd;

/// Messages on their way: their frames one after another, and the frames that acknowledge them.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) frames: Vec<u8>,
    pub(crate) acks: Vec<u8>,
    pub(crate) posts: Vec<Post>,
}

/// Whose message it is, where it goes, and where its frames end.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) room: u32,
    pub(crate) sender: u32,
    /// The sender's place may be somebody else's by the time the acknowledgement goes out.
    pub(crate) serial: u32,
    pub(crate) frame_end: usize,
    pub(crate) ack_end: usize,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
        self.acks.clear();
        self.posts.clear();
    }
}

/// What has to happen to a batch before anybody hears of it.
pub trait Store {
    /// Becomes readable when a batch that was kept back is ready.
    fn wakes(&self) -> Option<BorrowedFd<'_>>;

    /// Takes what was gathered, if it can, and gives what is ready. `ready` comes empty.
    fn exchange(&mut self, gathered: &mut Batch, ready: &mut Batch) -> io::Result<()>;
}

/// Stores nothing: what was gathered is ready.
#[derive(Debug)]
pub struct Nothing;

impl Store for Nothing {
    fn wakes(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn exchange(&mut self, gathered: &mut Batch, ready: &mut Batch) -> io::Result<()> {
        mem::swap(gathered, ready);
        Ok(())
    }
}
