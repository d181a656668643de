//! The threads that read: sled and the journal's files may block, which the runtime's threads must not.
//!
//! A crowd that comes asks for some reads each, all of them short. To wake a thread for each, as a pool does that knows
//! nothing of them, costs several times the read itself; here whoever is awake goes on until nothing waits.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use greenroom_storage::{Store, fault_point};
use parking_lot::{Condvar, Mutex};

/// Reads under way at once. More would only queue on the same disk, each with a thread of its own.
const READERS: usize = 8;

/// A read, which answers its caller itself.
type Read = Box<dyn FnOnce(&Store) + Send>;

/// The readers of one incarnation of the store's actor. When it is gone, they finish what waits, and end.
pub(super) struct Readers {
    store: Store,
    desk: Arc<Desk>,
}

/// Where reads wait.
#[derive(Default)]
struct Desk {
    waiting: Mutex<Waiting>,
    bell: Condvar,
}

#[derive(Default)]
struct Waiting {
    reads: VecDeque<Read>,
    /// Threads that were started, and those of them that sleep.
    threads: usize,
    asleep: usize,
    over: bool,
}

impl Readers {
    pub(super) fn new(store: Store) -> Self {
        Self { store, desk: Arc::default() }
    }

    /// Has something read. Where nobody reads now or all who do are busy, one more begins.
    pub(super) fn read(&self, read: impl FnOnce(&Store) + Send + 'static) {
        let mut waiting = self.desk.waiting.lock();
        waiting.reads.push_back(Box::new(read));
        // Where more wait, somebody has been called already, who calls the next.
        let first = waiting.reads.len() == 1;
        if waiting.asleep > 0 {
            if first {
                self.desk.bell.notify_one();
            }
        } else if waiting.threads < READERS {
            let (store, desk) = (self.store.clone(), Arc::clone(&self.desk));
            let reader = std::thread::Builder::new().name("greenroom-read".to_owned());
            match reader.spawn(move || desk.work(&store)) {
                Ok(_runs_by_itself) => waiting.threads += 1,
                Err(error) => tracing::warn!(%error, "one more reader can't be started"),
            }
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.desk.waiting.lock().over = true;
        self.desk.bell.notify_all();
    }
}

impl Desk {
    fn work(&self, store: &Store) {
        while let Some(read) = self.next() {
            // A panic in it (sled has some) drops its answer, and the caller learns that way.
            let _panicked = catch_unwind(AssertUnwindSafe(|| {
                fault_point::pass("store.read");
                read(store);
            }));
        }
    }

    /// Waits for the next read; nothing once it is over.
    fn next(&self) -> Option<Read> {
        let mut waiting = self.waiting.lock();
        loop {
            if let Some(read) = waiting.reads.pop_front() {
                if !waiting.reads.is_empty() && waiting.asleep > 0 {
                    self.bell.notify_one();
                }
                return Some(read);
            }
            if waiting.over {
                return None;
            }
            waiting.asleep += 1;
            self.bell.wait(&mut waiting);
            waiting.asleep -= 1;
        }
    }
}
