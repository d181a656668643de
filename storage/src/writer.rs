//! The thread that owns the journal.
//!
//! It takes all that is queued, decides on it, writes it as one frame, syncs once, and announces;
//! meanwhile the next batch gathers by itself. There is no timer in this, and nothing to tune.

mod announcing;
mod stored;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::limits::{BATCH_RECORDS, RELAXED_SYNC};

use self::announcing::{Effects, effects};
use self::stored::StoredHere;
use crate::fault_point;
use crate::journal::FrameBuilder;
use crate::journal::frame::FRAME_HEADER;
use crate::journal::tail::{JournalTail, NotAppended};
use crate::ledger::{Admission, Ledger, Plan};
use crate::queue::Taken;
use crate::shared::Shared;
use crate::{Announce, Durability, Fatal, Intent, Refused};

/// More than a cursor's record and its person's.
const CURSOR_BYTES: usize = 384;

/// The writer.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) announce: Arc<dyn Announce>,
    pub(crate) durability: Durability,
    pub(crate) lag_most: usize,
    pub(crate) tail: JournalTail,
    pub(crate) ledger: Ledger,
    pub(crate) frame: FrameBuilder,
    pub(crate) clocks: Clocks,
}

/// When the writer last did what it does now and then.
#[derive(Debug)]
pub(crate) struct Clocks {
    /// Cursors were journaled.
    cursors: Instant,
    /// How often they are.
    cursors_every: Duration,
    /// Something was written and not synced, with relaxed durability.
    unsynced: Option<Instant>,
}

impl Clocks {
    pub(crate) fn new(now: Instant, cursors_every: Duration) -> Self {
        Self { cursors: now, cursors_every, unsynced: None }
    }

    /// How long the writer may sleep.
    fn deadline(&self, now: Instant) -> Instant {
        let cursors = now + self.cursors_every;
        self.unsynced.map_or(cursors, |since| cursors.min(since + RELAXED_SYNC))
    }
}

impl Writer {
    /// Works until the store is closed; gives itself back for what comes too late. None where it failed.
    pub(crate) fn run(mut self) -> Option<Self> {
        let worked = catch_unwind(AssertUnwindSafe(|| self.work()))
            .unwrap_or_else(|_| Err(Fatal { what: "writing the journal", cause: "its thread panicked".into() }));
        match worked {
            Ok(()) => Some(self),
            Err(fatal) => {
                tracing::error!(%fatal, "the journal can't go on; nothing is acknowledged any more");
                self.shared.queue.die();
                self.shared.progress.set_stuck();
                self.announce.failed(fatal);
                None
            }
        }
    }

    fn work(&mut self) -> Result<(), Fatal> {
        let mut batch = Vec::new();
        loop {
            let deadline = self.clocks.deadline(Instant::now());
            let taken = self.shared.queue.take(&mut batch, deadline);
            let closing = taken == Taken::Closing;
            self.carry_out(&mut batch, None, closing)?;
            if closing {
                break;
            }
            if self.clocks.unsynced.is_some_and(|since| since.elapsed() >= RELAXED_SYNC) {
                self.sync()?;
            }
            self.wait_for_the_index()?;
        }
        while !self.shared.cursors.is_empty() && !self.tail.is_full() {
            self.carry_out(&mut batch, None, true)?;
        }
        if self.clocks.unsynced.is_some() {
            self.sync()?;
        }
        self.carry_out_late()
    }

    /// Answers what was submitted after the store was closed. What was stored before is still told apart.
    pub(crate) fn carry_out_late(&mut self) -> Result<(), Fatal> {
        loop {
            let mut batch = self.shared.queue.take_late();
            if batch.is_empty() {
                return Ok(());
            }
            self.carry_out(&mut batch, Some(Refused::Closing), false)?;
        }
    }

    /// Decides on a batch, makes it durable, and announces it.
    fn carry_out(&mut self, batch: &mut Vec<Intent>, refuse: Option<Refused>, last: bool) -> Result<(), Fatal> {
        let now = Instant::now();
        let due = last || now.duration_since(self.clocks.cursors) >= self.clocks.cursors_every;
        let cursors = if refuse.is_none() && due {
            self.clocks.cursors = now;
            self.shared.cursors.leave(BATCH_RECORDS)
        } else {
            Vec::new()
        };
        if batch.is_empty() && cursors.is_empty() && !self.tail.is_full() {
            return Ok(());
        }
        let bytes: usize = batch.iter().map(Intent::bytes).sum();
        let bytes = FRAME_HEADER + bytes + cursors.len() * CURSOR_BYTES;
        let admission = match refuse {
            Some(refused) => Admission::Refuse(refused),
            None => {
                let seal = batch.iter().any(|intent| matches!(intent, Intent::Seal));
                self.admission(bytes as u64, seal, now)?
            }
        };
        let plan = self.make_durable(batch, cursors, admission)?;
        let records = self.frame.places().len();
        let effects = effects(batch.drain(..), plan, &self.shared, self.frame.next() - 1, records);
        self.shared.cursors.left();
        self.shared.progress.set_committed(self.tail.next() - 1);
        self.carry_effects(effects);
        Ok(())
    }

    /// Whether there is space for so many bytes, in another segment where one is to begin.
    fn admission(&mut self, bytes: u64, seal: bool, now: Instant) -> Result<Admission, Fatal> {
        if self.tail.is_long() || seal && !self.tail.is_empty() {
            match self.seal() {
                Ok(()) => {}
                // The segment grows longer meanwhile, as far as there is space.
                Err(NotAppended::Full) => tracing::warn!("no new segment can be begun now"),
                Err(NotAppended::Fatal(fatal)) => return Err(fatal),
            }
        }
        let admission = match self.tail.make_room(bytes, now) {
            Ok(()) => Admission::Take,
            Err(NotAppended::Full) => Admission::Refuse(Refused::DiskFull),
            Err(NotAppended::Fatal(fatal)) => return Err(fatal),
        };
        self.tell_of_space();
        Ok(admission)
    }

    fn seal(&mut self) -> Result<(), NotAppended> {
        let (ids, base) = self.ledger.segment();
        self.tail.seal(ids)?;
        *base = self.tail.segment_first();
        self.shared.progress.set_synced(self.tail.next() - 1);
        self.clocks.unsynced = None;
        self.shared.bell.ring();
        Ok(())
    }

    fn tell_of_space(&self) {
        let full = self.tail.is_full();
        if self.shared.progress.set_disk_full(full) {
            if full {
                tracing::error!("the disk is full, or nearly: sends are refused until there is space again");
            } else {
                tracing::info!("there is space on the disk again: sends are taken");
            }
        }
    }

    /// Plans the batch and writes it; where the disk turns out to be full, plans it again without anything new.
    fn make_durable(
        &mut self,
        batch: &[Intent],
        cursors: Vec<(crate::RoomKey, crate::cursors::Moved)>,
        admission: Admission,
    ) -> Result<Plan, Fatal> {
        let cursors = if admission == Admission::Take {
            cursors
        } else {
            self.shared.cursors.stay();
            Vec::new()
        };
        let plan = self.plan(batch, cursors, admission);
        if self.frame.is_empty() {
            return Ok(plan);
        }
        fault_point::pass("journal.before_write");
        let records = self.frame.places().len() as f64;
        match self.tail.append(&mut self.frame) {
            Ok(()) => {}
            Err(NotAppended::Fatal(fatal)) => return Err(fatal),
            Err(NotAppended::Full) => {
                self.ledger.undo(&plan);
                self.shared.cursors.stay();
                self.tell_of_space();
                return Ok(self.plan(batch, Vec::new(), Admission::Refuse(Refused::DiskFull)));
            }
        }
        fault_point::pass("journal.after_write");
        self.shared.timings.batch.observe(records);
        match self.durability {
            Durability::Fsync => self.sync()?,
            Durability::Relaxed => {
                self.clocks.unsynced.get_or_insert_with(Instant::now);
            }
        }
        Ok(plan)
    }

    fn plan(
        &mut self,
        batch: &[Intent],
        cursors: Vec<(crate::RoomKey, crate::cursors::Moved)>,
        admission: Admission,
    ) -> Plan {
        self.frame.begin(self.tail.next());
        let stored = StoredHere(&self.shared);
        self.ledger.plan(batch, cursors, admission, &stored, &mut self.frame)
    }

    fn sync(&mut self) -> Result<(), Fatal> {
        if fault_point::pass("journal.sync") {
            return Err(Fatal { what: "syncing the journal", cause: "struck by the fault laboratory".into() });
        }
        let timer = self.shared.timings.sync.start_timer();
        self.tail.sync()?;
        timer.observe_duration();
        fault_point::pass("journal.after_sync");
        self.clocks.unsynced = None;
        self.shared.progress.set_synced(self.tail.next() - 1);
        Ok(())
    }

    fn carry_effects(&self, effects: Effects) {
        for committed in effects.in_order {
            match committed {
                announcing::Effect::Committed(batch) => self.announce.committed(batch),
                announcing::Effect::Opened((reply, opened)) => reply(opened),
            }
        }
        for user in effects.erased {
            self.announce.erased(user);
        }
        for (reply, made) in effects.made {
            reply(made);
        }
        for (reply, enacted) in effects.enacted {
            reply(enacted);
        }
        for (reply, followed) in effects.followed {
            reply(followed);
        }
        for (reply, changed) in effects.changed {
            reply(changed);
        }
    }

    /// Memory holds what the index has not taken over; there must not be too much of it.
    fn wait_for_the_index(&mut self) -> Result<(), Fatal> {
        let shared = &self.shared;
        if shared.layers.lag() > self.lag_most && !shared.index.is_empty() {
            // The index takes over only what is synced, and nobody else syncs.
            if self.clocks.unsynced.is_some() {
                self.sync()?;
            }
            let shared = &self.shared;
            shared.bell.ring();
            let hurry = || shared.index.is_empty() || shared.queue.is_closing();
            shared.layers.wait_for_lag_below(self.lag_most, hurry);
        }
        Ok(())
    }
}
