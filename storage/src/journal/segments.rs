//! All segments, to be read by any thread.

use std::collections::HashSet;
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::scan::{records, scan};
use super::segment::{SEGMENT_HEADER, Segment};
use crate::checksum::Checksum;
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::record::{Lsn, Record, RecordError};

/// The segments, oldest first.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) checksum: Checksum,
    pub(crate) fingerprinter: Fingerprinter,
    all: RwLock<Vec<Arc<Segment>>>,
    /// Records that were found damaged since the start.
    damaged: AtomicU64,
    /// Those that were met by a reader, so that each counts once.
    met: Mutex<HashSet<Lsn>>,
    /// Held by the thread that makes a catalogue again.
    mending: Mutex<()>,
}

impl Segments {
    pub(crate) fn new(all: Vec<Arc<Segment>>, checksum: Checksum, fingerprinter: Fingerprinter) -> Self {
        Self {
            checksum,
            fingerprinter,
            all: RwLock::new(all),
            damaged: AtomicU64::new(0),
            met: Mutex::default(),
            mending: Mutex::default(),
        }
    }

    pub(crate) fn push(&self, newest: Arc<Segment>) {
        self.all.write().push(newest);
    }

    /// Puts a segment in the place of the one with the same first record.
    pub(crate) fn replace(&self, segment: Arc<Segment>) {
        let mut all = self.all.write();
        if let Ok(place) = all.binary_search_by_key(&segment.first, |other| other.first) {
            all[place] = segment;
        }
    }

    /// All of them, oldest first, each but the newest with the number behind its last.
    pub(crate) fn all(&self) -> Vec<(Arc<Segment>, Option<Lsn>)> {
        let all = self.all.read();
        let behind = all.iter().skip(1).map(|next| Some(next.first)).chain([None]);
        all.iter().cloned().zip(behind).collect()
    }

    /// The segment in which a record is, or was.
    pub(crate) fn holding(&self, lsn: Lsn) -> Option<Arc<Segment>> {
        let all = self.all.read();
        let behind = all.partition_point(|segment| segment.first <= lsn);
        all.get(behind.checked_sub(1)?).map(Arc::clone)
    }

    /// Where a record is in its segment; 0 where it is lost.
    pub(crate) fn place(&self, segment: &Segment, record: u32) -> io::Result<u32> {
        segment.place(record).or_else(|error| {
            let all = self.all.read();
            // Only a sealed segment has a catalogue that could fail, and another one behind it.
            let next = all.get(all.partition_point(|other| other.first <= segment.first)).ok_or(error)?;
            self.look_up(segment, next.first, |segment| segment.place(record))
        })
    }

    /// The message with this key, in any segment but the newest.
    pub(crate) fn find_sealed(&self, key: Fingerprint) -> Option<Lsn> {
        let all = self.all.read();
        all.windows(2).rev().find_map(|two| {
            let found = self.look_up(&two[0], two[1].first, |segment| segment.find(key));
            found.unwrap_or_else(|error| {
                tracing::error!(%error, "a segment can't be catalogued; messages repeated from it are stored again");
                self.note_damage(1);
                None
            })
        })
    }

    /// Looks something up in a segment, `behind` being the next one's first record. A catalogue that can't be read is
    /// made again: else nothing of the segment could be read, and a repeated message could be stored twice.
    fn look_up<T>(&self, segment: &Segment, behind: Lsn, look: impl Fn(&Segment) -> io::Result<T>) -> io::Result<T> {
        look(segment).or_else(|_| {
            let _mending = self.mending.lock();
            // Another thread may have mended it meanwhile.
            look(segment).or_else(|error| {
                tracing::error!(%error, "a segment's catalogue can't be read");
                segment.catalogue_again(behind, &self.fingerprinter)?;
                look(segment)
            })
        })
    }

    /// Catalogues the segments that were sealed since the last time.
    pub(crate) fn catalogue_sealed(&self) {
        let waiting: Vec<_> = self.all.read().iter().filter(|segment| segment.awaits_catalogue()).cloned().collect();
        for segment in waiting {
            if let Err(error) = segment.catalogue() {
                // Memory goes on serving, and the next round tries again.
                tracing::error!(%error, "a segment's catalogue can't be written");
            }
        }
    }

    /// Hands over the records behind `after`, up to `last`, in order; says how many are missing among them.
    pub(crate) fn replay(
        &self,
        after: Lsn,
        last: Lsn,
        mut take: impl FnMut(Lsn, Record<'_>) -> io::Result<()>,
    ) -> io::Result<u64> {
        let mut taken = after;
        let mut lost = 0;
        while taken < last {
            let Some((segment, end, sealed)) = self.next_behind(taken) else { break };
            lost += segment.first.saturating_sub(taken + 1);
            taken = taken.max(segment.first - 1);
            let bytes = segment.bytes()?;
            let behind = sealed.then_some(end + 1);
            let found = scan(&bytes, SEGMENT_HEADER, segment.first, behind, self.checksum);
            for frame in &found.frames {
                for (lsn, _, record) in records(&bytes, *frame, self.checksum) {
                    if lsn <= taken || lsn > last {
                        continue;
                    }
                    lost += lsn - taken - 1;
                    taken = lsn;
                    match record {
                        Ok(record) => take(lsn, record)?,
                        Err(error) => lost += self.skip(lsn, error),
                    }
                }
            }
            let end = end.min(last);
            lost += end.saturating_sub(taken);
            taken = taken.max(end);
        }
        // Most of it was met before.
        self.damaged.fetch_max(lost, Ordering::Relaxed);
        Ok(lost)
    }

    fn skip(&self, lsn: Lsn, error: RecordError) -> u64 {
        tracing::error!(lsn, %error, "a record can't be read");
        1
    }

    /// The first segment with a record behind `lsn`, its last record's number, and whether it is sealed.
    fn next_behind(&self, lsn: Lsn) -> Option<(Arc<Segment>, Lsn, bool)> {
        let all = self.all.read();
        let first = all.partition_point(|segment| segment.first <= lsn).saturating_sub(1);
        all[first..].iter().enumerate().find_map(|(n, segment)| {
            let next = all.get(first + n + 1).map(|next| next.first - 1);
            let end = next.unwrap_or(segment.first + segment.records() - 1);
            (end > lsn).then(|| (Arc::clone(segment), end, next.is_some()))
        })
    }

    pub(crate) fn note_damage(&self, records: u64) {
        self.damaged.fetch_add(records, Ordering::Relaxed);
    }

    /// Counts a record that a reader could not read, and says so, the first time.
    pub(crate) fn note_damaged(&self, lsn: Lsn, why: &dyn Display) {
        if self.met.lock().insert(lsn) {
            self.note_damage(1);
            tracing::error!(lsn, %why, "a record is damaged; its place in the room is kept");
        }
    }

    pub(crate) fn damaged(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }
}
