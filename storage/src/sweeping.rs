//! The thread that removes what is no more: first from what can be read, then from the disk.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use greenroom_protocol::limits::{DISK_RESERVE_BYTES, SWEEP, SWEEP_OLD, SWEEP_ROUND};
use greenroom_protocol::{Seq, Timestamp};

use crate::Intent;
use crate::disk::Disk;
use crate::journal::Segment;
use crate::journal::rewriting::{Gone, NotRewritten, Texts, rewrite};
use crate::record::Lsn;
use crate::retention::Retention;
use crate::shared::Shared;

/// The sweeper.
#[derive(Debug)]
pub(crate) struct Sweeper {
    shared: Arc<Shared>,
    disk: Arc<dyn Disk>,
    journal: PathBuf,
    retention: Retention,
    pace: Pace,
    /// The sealed segments that were looked through.
    known: HashMap<Lsn, Known>,
    /// The newest erasure for which the newest segment was looked through.
    looked_for: Option<Lsn>,
    /// When the newest segment was last looked through for what is too old.
    looked_at: Option<Instant>,
    /// When all segments were last considered.
    round: Option<Instant>,
    /// The newest erasure at that time.
    erased: Option<Lsn>,
}

/// How often is done what; a test doesn't wait so long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// It is looked what is too old, and one segment is swept.
    pub(crate) every: Duration,
    /// All segments are considered.
    pub(crate) round: Duration,
    /// A segment is rewritten for what is too old in it, once more.
    pub(crate) old: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: SWEEP, round: SWEEP_ROUND, old: SWEEP_OLD }
    }
}

/// What is known of a sealed segment.
#[derive(Debug)]
struct Known {
    /// Nothing where it can't be swept.
    texts: Option<Texts>,
    rewritten: Option<Instant>,
}

/// Whether there may be more to do at once.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    More,
    Done,
}

impl Sweeper {
    pub(crate) fn new(
        shared: Arc<Shared>,
        disk: Arc<dyn Disk>,
        journal: PathBuf,
        server: Option<Duration>,
        pace: Pace,
    ) -> Self {
        Self {
            shared,
            disk,
            journal,
            retention: Retention::new(server),
            pace,
            known: HashMap::new(),
            looked_for: None,
            looked_at: None,
            round: None,
            erased: None,
        }
    }

    /// Works until the store is closed.
    pub(crate) fn run(mut self) {
        while !self.shared.broom.wait(self.pace.every) {
            if catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
                tracing::error!("the sweeping thread panicked; it goes on");
            }
        }
    }

    fn work(&mut self) {
        for trim in self.retention.look(&self.shared, now()) {
            self.shared.queue.submit(Intent::Trim(trim));
        }
        let gone = self.gone();
        let erased = gone.people.values().copied().max();
        let due = self.erased != erased || self.round.is_none_or(|last| last.elapsed() >= self.pace.round);
        if due && self.sweep(&gone) == Then::Done {
            self.round = Some(Instant::now());
            self.erased = erased;
        }
    }

    /// All that is no more.
    fn gone(&self) -> Gone {
        let of = |live: Arc<crate::rooms::LiveRoom>| {
            let gone = if live.is_deleted() { Seq(u64::MAX) } else { live.room().gone.seq };
            (gone > Seq::ZERO).then_some((live.key, gone))
        };
        let rooms = self.shared.rooms.all().into_iter().filter_map(of).collect();
        Gone { rooms, people: self.shared.erased.read().clone() }
    }

    /// Looks through one segment, or rewrites one.
    fn sweep(&mut self, gone: &Gone) -> Then {
        if gone.is_empty() {
            return Then::Done;
        }
        let mut then = Then::Done;
        for (segment, behind) in self.shared.segments.all() {
            let done = match behind {
                Some(behind) if segment.is_catalogued() => self.sealed(&segment, behind, gone),
                // Its catalogue is being written.
                Some(_) => {
                    then = Then::More;
                    continue;
                }
                None => self.newest(&segment, gone),
            };
            if done == Then::More {
                return Then::More;
            }
        }
        then
    }

    fn sealed(&mut self, segment: &Segment, behind: Lsn, gone: &Gone) -> Then {
        let Some(known) = self.known.get(&segment.first) else {
            let texts = told(segment, Texts::of(segment, Some(behind), &self.shared.segments));
            self.known.insert(segment.first, Known { texts, rewritten: None });
            return Then::More;
        };
        let Some(texts) = &known.texts else { return Then::Done };
        let again = known.rewritten.is_none_or(|last| last.elapsed() >= self.pace.old);
        if !(texts.has_erased(gone) || again && texts.has_old(gone)) {
            return Then::Done;
        }
        if !self.has_room_for(segment) {
            return Then::Done;
        }
        let rewritten = told(segment, rewrite(&self.shared.segments, segment, behind, gone));
        if rewritten.is_none() {
            return Then::Done;
        }
        tracing::info!(segment = %segment.name(), "rewritten without what is no more");
        let texts = told(segment, Texts::of(segment, Some(behind), &self.shared.segments));
        self.known.insert(segment.first, Known { texts, rewritten: Some(Instant::now()) });
        Then::More
    }

    /// The newest segment is only rewritten once it is sealed; where it holds what should be, another is begun.
    fn newest(&mut self, segment: &Segment, gone: &Gone) -> Then {
        let erased = gone.people.values().copied().max();
        let erased_here = erased >= Some(segment.first) && self.looked_for != erased;
        let aged = self.looked_at.is_none_or(|last| last.elapsed() >= self.pace.old);
        if !erased_here && !aged {
            return Then::Done;
        }
        let Some(texts) = told(segment, Texts::of(segment, None, &self.shared.segments)) else { return Then::Done };
        self.looked_for = erased;
        if aged {
            self.looked_at = Some(Instant::now());
        }
        if !(texts.has_erased(gone) || aged && texts.has_old(gone)) {
            return Then::Done;
        }
        self.shared.queue.submit(Intent::Seal);
        Then::More
    }

    /// Whether a copy of a segment leaves the disk its reserve.
    fn has_room_for(&self, segment: &Segment) -> bool {
        let bytes = std::fs::metadata(segment.path()).map(|file| file.len());
        let needed = bytes.unwrap_or(0) + DISK_RESERVE_BYTES;
        let has = self.disk.free_bytes(&self.journal).is_ok_and(|free| free >= needed);
        if !has {
            tracing::warn!(segment = %segment.name(), "too little space on the disk to rewrite it; trying later");
        }
        has
    }
}

fn told<T>(segment: &Segment, done: Result<T, NotRewritten>) -> Option<T> {
    done.inspect_err(|error| tracing::error!(segment = %segment.name(), %error, "it can't be swept")).ok()
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
