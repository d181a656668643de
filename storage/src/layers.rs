//! What is durable but not in the index yet, in memory.
//!
//! As in an LSM tree there are two layers: the writer adds to the *current* one, the applier takes
//! over the *applying* one. Everything moves downwards only, current → applying → index, so that who
//! reads in this order finds everything.

mod replay;
pub(crate) use replay::Replay;

use std::sync::Arc;

use greenroom_protocol::{Name, UserId};
use parking_lot::{Condvar, Mutex, RwLock};

use crate::documents::Puts;
use crate::fingerprint::ById;
use crate::record::Lsn;
use crate::rooms::Alteration;
use crate::{Cursor, Room, RoomKey};

/// Where an event of a room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventAt {
    /// Its record; 0 where it is lost.
    pub(crate) lsn: Lsn,
    /// Messages up to and with it.
    pub(crate) ordinal: u64,
}

/// Some of the journal, ordered for reading.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// New rooms and, where it is known, who made them.
    pub(crate) created: Vec<(Arc<Room>, Option<UserId>)>,
    /// What has changed of rooms and their members, in order.
    pub(crate) altered: Vec<(RoomKey, Alteration)>,
    pub(crate) people: ById<UserId, (Name, bool)>,
    /// Whether a room came into a list, or out of it.
    pub(crate) follows: ById<UserId, ById<RoomKey, bool>>,
    pub(crate) rooms: ById<RoomKey, RoomLayer>,
    pub(crate) documents: Puts,
    /// Whose messages are no more, up to which record.
    pub(crate) erased: ById<UserId, Lsn>,
    /// The newest record in it.
    pub(crate) last: Lsn,
    pub(crate) records: usize,
}

/// What is new in one room.
#[derive(Debug, Default)]
pub(crate) struct RoomLayer {
    /// The seq of the first of `events`.
    pub(crate) first: u64,
    /// New events, without a gap.
    pub(crate) events: Vec<EventAt>,
    pub(crate) cursors: ById<UserId, Cursor>,
}

impl Layer {
    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Notes that the records up to `last` are in it.
    pub(crate) fn count(&mut self, last: Lsn, records: usize) {
        self.last = last;
        self.records += records;
    }

    pub(crate) fn follow(&mut self, user: UserId, room: RoomKey, on: bool) {
        self.follows.entry(user).or_default().insert(room, on);
    }
}

impl RoomLayer {
    /// Adds the event that follows those in it.
    pub(crate) fn push(&mut self, seq: u64, event: EventAt) {
        if self.events.is_empty() {
            self.first = seq;
        }
        debug_assert_eq!(self.first + self.events.len() as u64, seq, "a room's events have no gap");
        self.events.push(event);
    }

    pub(crate) fn event(&self, seq: u64) -> Option<EventAt> {
        self.events.get(usize::try_from(seq.checked_sub(self.first)?).ok()?).copied()
    }

    pub(crate) fn move_cursor(&mut self, user: UserId, to: Cursor) {
        let cursor = self.cursors.entry(user).or_default();
        *cursor = cursor.farthest(to);
    }
}

/// The two layers.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    two: RwLock<Two>,
    /// How many records are in both, and who waits for them to become fewer.
    lag: Mutex<usize>,
    fewer: Condvar,
}

#[derive(Debug, Default)]
struct Two {
    current: Layer,
    applying: Option<Arc<Layer>>,
}

impl Layers {
    /// Adds what was committed.
    pub(crate) fn add(&self, records: usize, add: impl FnOnce(&mut Layer)) {
        add(&mut self.two.write().current);
        *self.lag.lock() += records;
    }

    /// Looks into the current layer, then into the applying one.
    pub(crate) fn each(&self, mut look: impl FnMut(&Layer)) {
        let two = self.two.read();
        look(&two.current);
        if let Some(applying) = &two.applying {
            look(applying);
        }
    }

    /// The first that is found, in the current layer or in the applying one.
    pub(crate) fn find<T>(&self, mut look: impl FnMut(&Layer) -> Option<T>) -> Option<T> {
        let two = self.two.read();
        look(&two.current).or_else(|| two.applying.as_deref().and_then(look))
    }

    /// Makes the current layer the applying one, unless one is being applied still.
    pub(crate) fn begin_applying(&self) -> Option<Arc<Layer>> {
        let mut two = self.two.write();
        if two.applying.is_none() && !two.current.is_empty() {
            two.applying = Some(Arc::new(std::mem::take(&mut two.current)));
        }
        two.applying.clone()
    }

    /// The index has the applying layer; memory forgets it.
    pub(crate) fn end_applying(&self) {
        let applied = self.two.write().applying.take();
        self.less(applied.map_or(0, |layer| layer.records));
    }

    /// Forgets both layers, whose records will be read from the journal again; says the newest of them.
    pub(crate) fn forget(&self) -> Lsn {
        let mut two = self.two.write();
        let current = std::mem::take(&mut two.current);
        let applying = two.applying.take();
        drop(two);
        self.less(current.records + applying.as_ref().map_or(0, |layer| layer.records));
        current.last.max(applying.map_or(0, |layer| layer.last))
    }

    fn less(&self, records: usize) {
        let mut lag = self.lag.lock();
        *lag -= records;
        self.fewer.notify_all();
    }

    /// How many records the index lags behind.
    pub(crate) fn lag(&self) -> usize {
        *self.lag.lock()
    }

    /// Waits until the index lags less than `most` behind, or `hurry` says that it matters no more.
    pub(crate) fn wait_for_lag_below(&self, most: usize, hurry: impl Fn() -> bool) {
        let mut lag = self.lag.lock();
        while *lag > most && !hurry() {
            self.fewer.wait_for(&mut lag, greenroom_protocol::limits::INDEX_APPLY);
        }
    }
}
