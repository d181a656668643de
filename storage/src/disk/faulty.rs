//! A disk that fails when it is told to.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::io::Errno;

use super::{Disk, RealDisk, Tail};

/// What goes wrong next.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Syncs that still succeed; then each fails.
    pub(crate) syncs: Option<u64>,
    /// Bytes that may still be written; then the disk is full.
    pub(crate) bytes: Option<u64>,
    /// Whether the disk promises space that it doesn't have.
    pub(crate) promises: bool,
    /// Whether no new file can be made.
    pub(crate) no_new_files: bool,
    /// What it says is free.
    pub(crate) free: Option<u64>,
    /// Whether the disk is gone: whatever is asked of it is an error.
    pub(crate) gone: bool,
    /// Syncs that were asked for.
    pub(crate) synced: u64,
}

/// A real disk with faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultyDisk(pub(crate) Arc<Mutex<Faults>>);

#[derive(Debug)]
struct FaultyTail {
    real: Box<dyn Tail>,
    faults: Arc<Mutex<Faults>>,
}

impl FaultyDisk {
    pub(crate) fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.0.lock());
    }
}

impl Faults {
    fn is_there(&self) -> io::Result<()> {
        if self.gone { Err(Errno::IO.into()) } else { Ok(()) }
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Tail>> {
        self.0.lock().is_there()?;
        if self.0.lock().no_new_files && !path.exists() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(Box::new(FaultyTail { real: RealDisk.open(path)?, faults: Arc::clone(&self.0) }))
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        self.0.lock().is_there()?;
        let free = self.0.lock().free;
        free.map_or_else(|| RealDisk.free_bytes(dir), Ok)
    }
}

impl Tail for FaultyTail {
    fn write_at(&mut self, bytes: &[u8], place: u64) -> io::Result<usize> {
        let mut faults = self.faults.lock();
        faults.is_there()?;
        let Some(left) = faults.bytes.as_mut() else { return self.real.write_at(bytes, place) };
        let fits = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        if fits == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *left -= fits as u64;
        self.real.write_at(&bytes[..fits], place)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut faults = self.faults.lock();
        faults.synced += 1;
        faults.is_there()?;
        match faults.syncs.as_mut() {
            Some(0) => Err(io::Error::other("the disk did not take it")),
            Some(left) => {
                *left -= 1;
                self.real.sync()
            }
            None => self.real.sync(),
        }
    }

    fn allocate(&mut self, from: u64, end: u64) -> io::Result<()> {
        let faults = self.faults.lock();
        faults.is_there()?;
        if faults.bytes.is_some_and(|left| left < end - from) && !faults.promises {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.real.allocate(from, end)
    }

    fn cut(&mut self, end: u64) -> io::Result<()> {
        self.faults.lock().is_there()?;
        self.real.cut(end)
    }
}
