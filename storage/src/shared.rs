//! What the store's threads and its callers share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use greenroom_protocol::UserId;
use parking_lot::{Condvar, Mutex, RwLock};
use uuid::Uuid;

use crate::cursors::Cursors;
use crate::fingerprint::ById;
use crate::index::slot::Slot;
use crate::journal::Segments;
use crate::layers::Layers;
use crate::queue::Queue;
use crate::record::Lsn;
use crate::rooms::Rooms;
use crate::timings::Timings;
use crate::unreadable::UnreadableEvents;

/// Everything but what a thread owns alone.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) rooms: Rooms,
    pub(crate) cursors: Cursors,
    pub(crate) layers: Layers,
    pub(crate) index: Slot,
    pub(crate) index_dir: PathBuf,
    /// What the index belongs to.
    pub(crate) index_owner: Uuid,
    pub(crate) segments: Arc<Segments>,
    /// Whose messages are no more, up to which record.
    pub(crate) erased: RwLock<ById<UserId, Lsn>>,
    pub(crate) unreadable: UnreadableEvents,
    pub(crate) timings: Timings,
    pub(crate) progress: Progress,
    /// Wakes the applier.
    pub(crate) bell: Bell,
    /// Wakes the sweeper.
    pub(crate) broom: Bell,
}

/// How far the store is.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Readable, and acknowledged.
    committed: AtomicU64,
    /// In the index, and on disk there.
    applied: AtomicU64,
    disk_full: AtomicBool,
    synced: Mutex<Synced>,
    moved: Condvar,
}

/// How far the journal is on disk.
#[derive(Debug, Clone, Copy)]
struct Synced {
    lsn: Lsn,
    /// It will never be farther.
    stuck: bool,
}

impl Progress {
    /// All up to `journal` is on disk; the index has it up to `index`.
    pub(crate) fn new(journal: Lsn, index: Lsn) -> Self {
        Self {
            committed: journal.into(),
            applied: index.into(),
            disk_full: false.into(),
            synced: Mutex::new(Synced { lsn: journal, stuck: false }),
            moved: Condvar::new(),
        }
    }

    pub(crate) fn committed(&self) -> Lsn {
        self.committed.load(Ordering::Acquire)
    }

    pub(crate) fn set_committed(&self, lsn: Lsn) {
        self.committed.store(lsn, Ordering::Release);
    }

    pub(crate) fn applied(&self) -> Lsn {
        self.applied.load(Ordering::Acquire)
    }

    pub(crate) fn set_applied(&self, lsn: Lsn) {
        self.applied.store(lsn, Ordering::Release);
    }

    pub(crate) fn disk_full(&self) -> bool {
        self.disk_full.load(Ordering::Relaxed)
    }

    /// Says whether it was another before.
    pub(crate) fn set_disk_full(&self, full: bool) -> bool {
        self.disk_full.swap(full, Ordering::Relaxed) != full
    }

    pub(crate) fn set_synced(&self, lsn: Lsn) {
        self.synced.lock().lsn = lsn;
        self.moved.notify_all();
    }

    /// The journal can't go on.
    pub(crate) fn set_stuck(&self) {
        self.synced.lock().stuck = true;
        self.moved.notify_all();
    }

    /// Waits until the journal is on disk up to `lsn`; false where it never will be.
    pub(crate) fn wait_for_synced(&self, lsn: Lsn) -> bool {
        let mut synced = self.synced.lock();
        while synced.lsn < lsn && !synced.stuck {
            self.moved.wait(&mut synced);
        }
        synced.lsn >= lsn
    }
}

/// Wakes a thread before its time.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<Rung>,
    ring: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    now: bool,
    ending: bool,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rung.lock().now = true;
        self.ring.notify_all();
    }

    /// It is the end: the thread does what there is still to do.
    pub(crate) fn end(&self) {
        self.rung.lock().ending = true;
        self.ring.notify_all();
    }

    /// Waits at most so long; says whether this is the end.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        let mut rung = self.rung.lock();
        if !rung.now && !rung.ending {
            self.ring.wait_for(&mut rung, at_most);
        }
        rung.now = false;
        rung.ending
    }
}
