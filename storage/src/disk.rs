//! The few things that the journal asks of a disk, so that a test can have one that fails.

#[cfg(test)]
pub(crate) mod faulty;

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// Where the journal's newest segment is written.
pub(crate) trait Disk: Debug + Send + Sync {
    /// Opens a file to write, made where it is missing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Tail>>;
    /// Bytes that may still be written.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;
}

/// A file that is written at its end.
pub(crate) trait Tail: Debug + Send {
    /// Writes some of the bytes, as a system call does.
    fn write_at(&mut self, bytes: &[u8], place: u64) -> io::Result<usize>;
    /// Returns when all that was written would survive a power cut.
    fn sync(&mut self) -> io::Result<()>;
    /// Takes the space up to `end` from the file system, and writes zeros there: what is written over
    /// them changes nothing but data, so that its sync waits for no commit of the file system's own
    /// journal (16 records a batch: 1.7 times as many), and depends on none.
    fn allocate(&mut self, from: u64, end: u64) -> io::Result<()>;
    /// Cuts the file off.
    fn cut(&mut self, end: u64) -> io::Result<()>;
}

/// The operating system's.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Tail>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(Box::new(RealTail(file)))
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let disk = statvfs(dir)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Written over space that is taken.
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

#[derive(Debug)]
struct RealTail(File);

impl Tail for RealTail {
    fn write_at(&mut self, bytes: &[u8], place: u64) -> io::Result<usize> {
        self.0.write_at(bytes, place)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn allocate(&mut self, from: u64, end: u64) -> io::Result<()> {
        match fallocate(&self.0, FallocateFlags::empty(), from, end - from) {
            // Such a file system can't promise space; a full one then shows in the write, which is undone.
            Ok(()) | Err(Errno::OPNOTSUPP) => {}
            Err(error) => return Err(error.into()),
        }
        let mut place = from;
        while place < end {
            let some = usize::try_from(end - place).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            self.0.write_all_at(&ZEROS[..some], place)?;
            place += some as u64;
        }
        self.0.sync_data()
    }

    fn cut(&mut self, end: u64) -> io::Result<()> {
        self.0.set_len(end)
    }
}

/// Makes what was created, renamed or removed in a directory survive a power cut.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Puts a small file in place, whole or not at all, also after a power cut. Only its owner may read it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Whether an error says that there is no space left, or no file to be opened, which passes by itself too.
pub(crate) fn is_full(error: &io::Error) -> bool {
    let files = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
    files.contains(&error.raw_os_error())
        || matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
}
