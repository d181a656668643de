//! The journal's end, where the writer writes.
//!
//! Space is taken from the file system before it is written to, in small steps, so that a full disk
//! shows while nothing is half done. What fails after that is undone, or is fatal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::segment::{self, SEGMENT_HEADER, Segment};
use super::{FrameBuilder, Segments};
use crate::Fatal;
use crate::disk::{Disk, Tail, is_full, sync_dir};
use crate::fingerprint::IdMap;
use crate::record::Lsn;

/// How the tail takes space; a test takes less.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    /// Bytes after which a segment is sealed.
    pub(crate) segment: u64,
    /// Bytes taken at once.
    pub(crate) step: u64,
    /// Bytes that are left free.
    pub(crate) reserve: u64,
    /// How long a full disk is believed to be full.
    pub(crate) believed_full: Duration,
}

/// Why nothing was appended.
#[derive(Debug)]
pub(crate) enum NotAppended {
    /// The disk is full. Nothing has changed.
    Full,
    /// Nobody knows what the disk has.
    Fatal(Fatal),
}

/// The end of the newest segment.
#[derive(Debug)]
pub(crate) struct JournalTail {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    store: Uuid,
    space: Space,
    segments: Arc<Segments>,
    segment: Arc<Segment>,
    file: Box<dyn Tail>,
    /// Where the next frame goes.
    end: u64,
    /// Up to where space was taken.
    taken: u64,
    /// The next record's number.
    next: Lsn,
    full_since: Option<Instant>,
}

/// What [`JournalTail::new`] begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) segment: Arc<Segment>,
    pub(crate) file: Box<dyn Tail>,
    pub(crate) end: u64,
    pub(crate) next: Lsn,
}

impl JournalTail {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        store: Uuid,
        space: Space,
        segments: Arc<Segments>,
        beginning: Beginning,
    ) -> Self {
        let Beginning { segment, file, end, next } = beginning;
        Self { disk, dir, store, space, segments, segment, file, end, taken: end, next, full_since: None }
    }

    /// The next record's number.
    pub(crate) fn next(&self) -> Lsn {
        self.next
    }

    /// The newest segment's first record.
    pub(crate) fn segment_first(&self) -> Lsn {
        self.segment.first
    }

    /// Whether the newest segment has had its fill; then [`JournalTail::seal`] it.
    pub(crate) fn is_long(&self) -> bool {
        self.end >= self.space.segment
    }

    /// Whether nothing is in the newest segment.
    pub(crate) fn is_empty(&self) -> bool {
        self.end == SEGMENT_HEADER as u64
    }

    /// Whether the disk was full when it was last asked.
    pub(crate) fn is_full(&self) -> bool {
        self.full_since.is_some()
    }

    /// Takes space for a frame of so many bytes.
    pub(crate) fn make_room(&mut self, bytes: u64, now: Instant) -> Result<(), NotAppended> {
        if self.full_since.is_some_and(|since| now.duration_since(since) < self.space.believed_full) {
            return Err(NotAppended::Full);
        }
        let taken = self.take(bytes);
        self.full_since = match &taken {
            Err(NotAppended::Full) => Some(now),
            Ok(()) | Err(NotAppended::Fatal(_)) => None,
        };
        taken
    }

    fn take(&mut self, bytes: u64) -> Result<(), NotAppended> {
        let free = self.disk.free_bytes(&self.dir).map_err(fatal("asking for the disk's free space"))?;
        if free < self.space.reserve {
            return Err(NotAppended::Full);
        }
        if self.end + bytes > self.taken {
            let steps = (self.end + bytes - self.taken).div_ceil(self.space.step);
            let end = self.taken + steps * self.space.step;
            if free < self.space.reserve + (end - self.taken) {
                return Err(NotAppended::Full);
            }
            self.file.allocate(self.taken, end).map_err(full_or_fatal("taking space for the journal"))?;
            self.taken = end;
        }
        Ok(())
    }

    /// Writes a frame. It is not synced yet; readers may have it only once it is acknowledged.
    pub(crate) fn append(&mut self, frame: &mut FrameBuilder) -> Result<(), NotAppended> {
        let bytes = frame.finish();
        let mut written = 0;
        while written < bytes.len() {
            match self.file.write_at(&bytes[written..], self.end + written as u64) {
                Ok(0) => return self.undo(io::ErrorKind::StorageFull.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.undo(error),
            }
        }
        let length = bytes.len() as u64;
        self.segment.extend(self.end, frame.places());
        self.end += length;
        self.taken = self.taken.max(self.end);
        self.next = frame.next();
        Ok(())
    }

    /// Cuts off what a failed write has left, so that no later start takes it for a frame.
    fn undo(&mut self, error: io::Error) -> Result<(), NotAppended> {
        self.file.cut(self.end).map_err(fatal("cutting off an unfinished write"))?;
        self.file.sync().map_err(fatal("syncing after an unfinished write"))?;
        self.taken = self.end;
        self.full_since = Some(Instant::now());
        Err(full_or_fatal("writing the journal")(error))
    }

    /// Returns when all that was appended would survive a power cut. Where that fails, nobody knows
    /// what the disk has, and asking again would be answered with a lie: the kernel drops the error.
    pub(crate) fn sync(&mut self) -> Result<(), Fatal> {
        self.file.sync().map_err(|cause| Fatal { what: "syncing the journal", cause: cause.to_string() })
    }

    /// Removes a segment that could not be begun: its numbers go to the one before it.
    fn unbegin(&self, error: io::Error) -> NotAppended {
        match std::fs::remove_file(segment::path_of(&self.dir, self.next)) {
            Ok(()) => full_or_fatal("beginning a segment")(error),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => full_or_fatal("beginning a segment")(error),
            Err(error) => fatal("removing a segment that was not begun")(error),
        }
    }

    /// Seals the newest segment, hands it the keys of its messages, and begins another.
    pub(crate) fn seal(&mut self, ids: &mut IdMap) -> Result<(), NotAppended> {
        self.file.cut(self.end).map_err(fatal("sealing a segment"))?;
        self.file.sync().map_err(fatal("sealing a segment"))?;
        self.taken = self.end;
        let begun = begin_segment(&*self.disk, &self.dir, self.next, self.store, &self.segments);
        let (segment, file) = begun.map_err(|error| self.unbegin(error))?;
        let sealed = std::mem::replace(&mut self.segment, segment);
        sealed.seal(std::mem::take(ids));
        self.segments.push(Arc::clone(&self.segment));
        self.file = file;
        self.end = SEGMENT_HEADER as u64;
        self.taken = self.end;
        Ok(())
    }
}

/// Makes the file of an empty segment.
pub(crate) fn begin_segment(
    disk: &dyn Disk,
    dir: &std::path::Path,
    first: Lsn,
    store: Uuid,
    segments: &Segments,
) -> io::Result<(Arc<Segment>, Box<dyn Tail>)> {
    let mut file = disk.open(&segment::path_of(dir, first))?;
    let header = segment::header(first, store, segments.checksum);
    let mut written = 0;
    while written < header.len() {
        match file.write_at(&header[written..], written as u64)? {
            0 => return Err(io::ErrorKind::StorageFull.into()),
            count => written += count,
        }
    }
    file.sync()?;
    sync_dir(dir)?;
    Ok((Arc::new(Segment::open(dir, first, Vec::new(), segments.checksum)?), file))
}

fn fatal(what: &'static str) -> impl FnOnce(io::Error) -> NotAppended {
    move |cause| NotAppended::Fatal(Fatal { what, cause: cause.to_string() })
}

fn full_or_fatal(what: &'static str) -> impl FnOnce(io::Error) -> NotAppended {
    move |cause| if is_full(&cause) { NotAppended::Full } else { fatal(what)(cause) }
}
