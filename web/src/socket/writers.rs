//! Who writes to sockets: a task for each processor, with a list of the sockets that have something to be written.
//!
//! A room's message is queued for a thousand sockets at once. To wake a thousand tasks for it costs more than a third of
//! writing it; a writer goes through the list with one buffer that stays in the cache, and takes all that has been queued
//! for a socket in one system call. So the busier the server, the more messages share a call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::line::{Line, TAKE_BYTES};

/// Sockets that are written to before others have a turn: a writer holds a thread for as long as these take.
const TURN: usize = 32;

/// The writers of a server. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Writers {
    all: Vec<Arc<Writer>>,
    next: AtomicUsize,
}

/// One of them.
#[derive(Debug, Default)]
pub(super) struct Writer {
    called: Mutex<Vec<Arc<Line>>>,
    bell: Notify,
    over: AtomicBool,
}

impl Writers {
    /// Starts one for each processor.
    pub(crate) fn start() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let all: Vec<Arc<Writer>> = (0..processors).map(|_| Arc::default()).collect();
        for writer in &all {
            tokio::spawn(work(Arc::clone(writer)));
        }
        Self { all, next: AtomicUsize::new(0) }
    }

    /// The writer of one more socket.
    pub(super) fn one(&self) -> Arc<Writer> {
        let nth = self.next.fetch_add(1, Ordering::Relaxed) % self.all.len();
        Arc::clone(&self.all[nth])
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        for writer in &self.all {
            writer.over.store(true, Ordering::Release);
            writer.bell.notify_one();
        }
    }
}

impl Writer {
    /// Something is to be written by this line. Each is in the list once at most, so that it is never longer than there
    /// are sockets.
    pub(super) fn call(&self, line: Arc<Line>) {
        let mut called = self.called.lock();
        called.push(line);
        if called.len() == 1 {
            self.bell.notify_one();
        }
    }
}

async fn work(writer: Arc<Writer>) {
    let mut scratch = Vec::with_capacity(TAKE_BYTES);
    let mut lines = Vec::new();
    while !writer.over.load(Ordering::Acquire) {
        // Whatever else is ready may queue more, which then shares a system call with this.
        yield_now().await;
        std::mem::swap(&mut lines, &mut *writer.called.lock());
        if lines.is_empty() {
            writer.bell.notified().await;
            continue;
        }
        for (nth, line) in lines.drain(..).enumerate() {
            if nth % TURN == TURN - 1 {
                yield_now().await;
            }
            let visit = catch_unwind(AssertUnwindSafe(|| line.visit(&mut scratch)));
            if visit.is_err() {
                // Half a frame may be out; nobody else's socket is concerned.
                line.cut();
            }
        }
    }
}
