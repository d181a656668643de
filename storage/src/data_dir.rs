//! The data directory: who holds it, which format it has, and what lies where in it.
//!
//! ```text
//! lock              held by the process that uses the directory
//! format            the format's number and this store's id
//! secret            signs guests' tokens; 0600
//! journal/          the truth: <first record's number>.log, and beside each sealed one its catalogue .idx
//! index/            sled; can be deleted, is rebuilt from the journal
//! floor             how far each room was at least; told apart from a lost journal by it
//! ```

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::StartError;
use crate::disk::{sync_dir, write_whole};

/// The format that this program reads and writes.
pub(crate) const FORMAT: u32 = 1;

/// A data directory that this process holds until it is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
    /// Tells this store's bytes from another's.
    pub(crate) store: Uuid,
    pub(crate) secret: [u8; 32],
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing, takes it, and checks its format before anything in it is touched.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let unusable = |cause| StartError::Directory { dir: path.into(), cause };
        make(path).map_err(unusable)?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(path.join("lock"));
        let lock = take(lock.map_err(unusable)?, path)?;
        let store = identity(path)?;
        let secret = secret(path).map_err(unusable)?;
        let journal = path.join("journal");
        make(&journal).map_err(unusable)?;
        Ok(Self { path: path.into(), store, secret, _lock: lock })
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.path.join("index")
    }

    pub(crate) fn floor(&self) -> PathBuf {
        self.path.join("floor")
    }
}

/// A data directory, or a backup of one, that is read and not changed.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) path: PathBuf,
    pub(crate) store: Uuid,
    /// As long as it is held, no server starts here. A backup has none.
    _lock: Option<File>,
}

impl Looked {
    /// Looks at a directory that nobody uses. Nothing in it is made, written or removed.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let unusable = |cause| StartError::Directory { dir: path.into(), cause };
        std::fs::read_dir(path).map_err(unusable)?;
        let lock = match File::open(path.join("lock")) {
            Ok(lock) => Some(take(lock, path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(unusable(cause)),
        };
        let store = known_identity(path)?.ok_or_else(|| StartError::NoStore(path.into()))?;
        Ok(Self { path: path.into(), store, _lock: lock })
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.path.join("index")
    }

    pub(crate) fn floor(&self) -> PathBuf {
        self.path.join("floor")
    }

    pub(crate) fn secret(&self) -> PathBuf {
        self.path.join("secret")
    }
}

/// Locks the directory for this process.
fn take(lock: File, dir: &Path) -> Result<File, StartError> {
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::Locked(dir.into())),
        Err(TryLockError::Error(cause)) => Err(StartError::Directory { dir: dir.into(), cause }),
    }
}

/// Makes a directory that survives a power cut.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        Some(_) | None => sync_dir(Path::new(".")),
    }
}

/// The store's id, from the file `format`; a new one in a new directory.
fn identity(dir: &Path) -> Result<Uuid, StartError> {
    if let Some(known) = known_identity(dir)? {
        return Ok(known);
    }
    let unusable = |cause| StartError::Directory { dir: dir.into(), cause };
    if dir.join("journal").exists() {
        return Err(unknown(dir, "none, yet a journal"));
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(io::Error::other).map_err(unusable)?;
    let store = uuid::Builder::from_random_bytes(id).into_uuid();
    let text = format!("greenroom {FORMAT}\nstore {store}\n");
    write_whole(&dir.join("format"), text.as_bytes()).map_err(unusable)?;
    Ok(store)
}

/// The store's id, from the file `format`; none where there is no such file.
fn known_identity(dir: &Path) -> Result<Option<Uuid>, StartError> {
    let text = match std::fs::read_to_string(dir.join("format")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(unknown(dir, "no text")),
        Err(cause) => return Err(StartError::Directory { dir: dir.into(), cause }),
    };
    let first = text.lines().next().unwrap_or_default();
    if first != format!("greenroom {FORMAT}") {
        return Err(unknown(dir, first.strip_prefix("greenroom ").unwrap_or(first)));
    }
    let id = text.lines().nth(1).and_then(|line| line.strip_prefix("store "));
    let id = id.and_then(|id| Uuid::parse_str(id).ok());
    id.map(Some).ok_or_else(|| unknown(dir, "1 without a store's id"))
}

fn unknown(dir: &Path, found: &str) -> StartError {
    StartError::Format { dir: dir.into(), found: found.into(), known: FORMAT }
}

/// The secret, made where it is missing: then guests' older tokens are worth nothing, and no more is lost.
fn secret(dir: &Path) -> io::Result<[u8; 32]> {
    let file = dir.join("secret");
    match std::fs::read(&file) {
        Ok(bytes) => {
            let wrong = |_| io::Error::other("the file `secret` is damaged; delete it, and guests get new identities");
            bytes.try_into().map_err(wrong)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(io::Error::other)?;
            write_whole(&file, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_keeps_its_identity_and_its_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/data");
        let (store, secret) = {
            let first = DataDir::open(&path).unwrap();
            (first.store, first.secret)
        };
        let again = DataDir::open(&path).unwrap();
        assert_eq!((again.store, again.secret), (store, secret));
    }

    #[test]
    fn only_the_owner_reads_the_secret() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let _held = DataDir::open(dir.path()).unwrap();
        let mode = std::fs::metadata(dir.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_directory_in_use_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _held = DataDir::open(dir.path()).unwrap();
        assert!(matches!(DataDir::open(dir.path()), Err(StartError::Locked(_))));
    }

    #[test]
    fn an_unknown_format_is_refused_and_nothing_is_touched() {
        for (text, told) in [("greenroom 2\nstore x\n", "2"), ("something else", "something else"), ("", "")] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("format"), text).unwrap();
            let refused = DataDir::open(dir.path());
            assert!(matches!(&refused, Err(StartError::Format { found, .. }) if found == told), "{refused:?}");
            assert!(!dir.path().join("journal").exists());
            assert_eq!(std::fs::read_to_string(dir.path().join("format")).unwrap(), text);
        }
    }

    #[test]
    fn a_journal_without_a_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("journal")).unwrap();
        assert!(matches!(DataDir::open(dir.path()), Err(StartError::Format { .. })));
    }

    #[test]
    fn a_file_is_no_directory() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert!(matches!(DataDir::open(&file), Err(StartError::Directory { .. })));
    }
}
