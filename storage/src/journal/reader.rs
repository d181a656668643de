//! Reads single records, with one `pread` each, or fewer where they lie side by side.

use std::io;
use std::sync::Arc;

use super::{Segment, Segments};
use crate::record::{Lsn, RECORD_HEADER, Record, RecordError, encoded_len};

/// Read at once where the next record is elsewhere: most records fit.
const ALONE: usize = 512;
/// Read at once where the next record is near.
const TOGETHER: usize = 16 * 1024;
/// Records apart that count as near.
const NEAR: u64 = 24;

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    #[error("the record was lost")]
    Lost,
    #[error(transparent)]
    Damaged(#[from] RecordError),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Reads records; keeps the bytes around the last one.
#[derive(Debug)]
pub(crate) struct Reader<'s> {
    segments: &'s Segments,
    segment: Option<Arc<Segment>>,
    /// Where in the segment `bytes` are from.
    from: u64,
    bytes: Vec<u8>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(segments: &'s Segments) -> Self {
        Self { segments, segment: None, from: 0, bytes: Vec::new() }
    }

    /// A record. `next` is the one that will be asked for after it.
    pub(crate) fn read(&mut self, lsn: Lsn, next: Option<Lsn>) -> Result<Record<'_>, Unread> {
        let segment = self.segments.holding(lsn).filter(|_| lsn > 0).ok_or(Unread::Lost)?;
        let number = u32::try_from(lsn - segment.first).map_err(|_| Unread::Lost)?;
        let place = u64::from(self.segments.place(&segment, number)?);
        if place == 0 {
            return Err(Unread::Lost);
        }
        // One that was rewritten meanwhile has its records elsewhere.
        let same = self.segment.as_ref().is_some_and(|last| Arc::ptr_eq(last, &segment));
        if !same {
            self.bytes.clear();
            self.segment = Some(Arc::clone(&segment));
        }
        if !self.holds(place) {
            let (from, length) = stretch(lsn, place, next);
            self.fill(&segment, from, length)?;
            if !self.holds(place) {
                let at = (place - self.from) as usize;
                let length = self.bytes.get(at..).and_then(encoded_len).ok_or(RecordError::Short)?;
                self.fill(&segment, place, length)?;
            }
        }
        let at = (place - self.from) as usize;
        Ok(Record::decode(&self.bytes[at..], self.segments.checksum)?.0)
    }

    /// Whether the whole record at `place` is among the bytes.
    fn holds(&self, place: u64) -> bool {
        let Some(at) = place.checked_sub(self.from) else { return false };
        let Some(rest) = self.bytes.get(at as usize..) else { return false };
        encoded_len(rest).is_some_and(|length| length <= rest.len())
    }

    fn fill(&mut self, segment: &Segment, from: u64, length: usize) -> io::Result<()> {
        self.bytes.resize(length, 0);
        let read = segment.read_at(&mut self.bytes, from)?;
        self.bytes.truncate(read);
        self.from = from;
        Ok(())
    }
}

/// What to read around the record at `place`: more in the direction of the next one.
fn stretch(lsn: Lsn, place: u64, next: Option<Lsn>) -> (u64, usize) {
    match next {
        Some(next) if next > lsn && next - lsn <= NEAR => (place, TOGETHER),
        Some(next) if next < lsn && lsn - next <= NEAR => {
            let from = (place + ALONE as u64).saturating_sub(TOGETHER as u64);
            (from, TOGETHER)
        }
        Some(_) | None => (place, ALONE.max(RECORD_HEADER)),
    }
}
