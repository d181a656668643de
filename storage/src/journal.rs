//! The journal: everything that was ever acknowledged, in the order in which it was.
//!
//! One directory of segments. A *record* is a fact and has a number (LSN). A *frame* is a batch of
//! records, written at once and synced once. A *segment* is a file of frames; the newest one has a
//! *tail* that the writer writes to. `recovery` makes all that ready at the start.

pub(crate) mod catalogue;
pub(crate) mod frame;
mod pages;
mod reader;
pub(crate) mod recovery;
pub(crate) mod rewriting;
pub(crate) mod scan;
pub(crate) mod segment;
mod segments;
pub(crate) mod tail;

pub(crate) use frame::FrameBuilder;
pub(crate) use reader::{Reader, Unread};
pub(crate) use segment::Segment;
pub(crate) use segments::Segments;
