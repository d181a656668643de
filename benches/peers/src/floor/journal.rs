//! Appends each batch to a file and syncs it, in a thread of its own, while the loop gathers the next one.

use std::fs::File;
use std::io::{self, Write as _};
use std::mem;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rustix::event::{EventfdFlags, eventfd};

use super::batch::{Batch, Store};

/// One file, one batch at a time.
#[derive(Debug)]
pub struct Journal {
    to_sync: SyncSender<Batch>,
    synced: Receiver<io::Result<Batch>>,
    done: Arc<OwnedFd>,
    busy: bool,
}

impl Journal {
    /// Makes the file, which must not be there yet.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = File::create_new(path)?;
        let done = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        let (to_sync, batches) = sync_channel::<Batch>(1);
        let (to_loop, synced) = sync_channel(1);
        let signal = Arc::clone(&done);
        thread::Builder::new().name("sync".into()).spawn(move || {
            for batch in batches {
                let result = file.write_all(&batch.frames).and_then(|()| file.sync_data()).map(|()| batch);
                if to_loop.send(result).is_err() || rustix::io::write(&*signal, &1_u64.to_ne_bytes()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { to_sync, synced, done, busy: false })
    }
}

impl Store for Journal {
    fn wakes(&self) -> Option<BorrowedFd<'_>> {
        Some(self.done.as_fd())
    }

    fn exchange(&mut self, gathered: &mut Batch, ready: &mut Batch) -> io::Result<()> {
        // The thread hands the batch back before it signals, so after the signal there is one.
        if self.busy && rustix::io::read(&*self.done, &mut [0; 8]).is_ok() {
            *ready = self.synced.recv().map_err(io::Error::other)??;
            self.busy = false;
        }
        if !self.busy && !gathered.posts.is_empty() {
            self.to_sync.send(mem::take(gathered)).map_err(io::Error::other)?;
            self.busy = true;
        }
        Ok(())
    }
}
