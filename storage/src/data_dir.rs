//! The data directory: who holds it, which format it has, and what lies where in it.
//!
//! ```text
//! lock              held by the process that uses the directory
//! format            the format's number, this store's id, and which life of its logs this is
//! secret            signs guests' tokens; 0600
//! journal/          the truth: <first record's number>.log, and beside each sealed one its catalogue .idx
//! index/            sled; can be deleted, is rebuilt from the journal
//! admin.sock        where a running server hears `greenroom admin`; the web crate's
//! stories           how crashes went; can be deleted
//! capsules/         what they can be replayed from; can be deleted
//! floor             how far each room was at least; told apart from a lost journal by it
//! ```

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::StartError;
use crate::disk::{sync_dir, write_whole};
use crate::life::Life;

/// The format that this program reads and writes.
pub(crate) const FORMAT: u32 = 1;

/// A data directory that this process holds until it is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
    /// Tells this store's bytes from another's.
    pub(crate) store: Uuid,
    pub(crate) life: Life,
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
        let Identity { store, life } = identity(path)?;
        let secret = secret(path).map_err(unusable)?;
        let journal = path.join("journal");
        make(&journal).map_err(unusable)?;
        Ok(Self { path: path.into(), store, life, secret, _lock: lock })
    }

    /// Makes a directory whose logs are told from those that they are made of.
    pub(crate) fn open_in_another_life(path: &Path) -> Result<Self, StartError> {
        let unusable = |cause| StartError::Directory { dir: path.into(), cause };
        make(path).map_err(unusable)?;
        let text = format_text(new_store().map_err(unusable)?, Life::another().map_err(unusable)?);
        write_whole(&path.join("format"), text.as_bytes()).map_err(unusable)?;
        Self::open(path)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.path.join("index")
    }

    /// What the index belongs to.
    pub(crate) fn index_owner(&self) -> Uuid {
        self.life.owner_of_index(self.store)
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
    pub(crate) life: Life,
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
        Self::with(path, lock)
    }

    /// Looks at a directory that a server may use meanwhile.
    pub(crate) fn beside_a_server(path: &Path) -> Result<Self, StartError> {
        std::fs::read_dir(path).map_err(|cause| StartError::Directory { dir: path.into(), cause })?;
        Self::with(path, None)
    }

    fn with(path: &Path, lock: Option<File>) -> Result<Self, StartError> {
        let known = known_identity(path)?.ok_or_else(|| StartError::NoStore(path.into()))?;
        Ok(Self { path: path.into(), store: known.store, life: known.life, _lock: lock })
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

    /// What the index belongs to.
    pub(crate) fn index_owner(&self) -> Uuid {
        self.life.owner_of_index(self.store)
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

/// What the file `format` says beside the format.
struct Identity {
    store: Uuid,
    life: Life,
}

/// What the file `format` says of a store.
pub(crate) fn format_text(store: Uuid, life: Life) -> String {
    let life = life.0.map(|life| format!("life {life}\n")).unwrap_or_default();
    format!("greenroom {FORMAT}\nstore {store}\n{life}")
}

/// Who the store is, from the file `format`; somebody new in a new directory.
fn identity(dir: &Path) -> Result<Identity, StartError> {
    if let Some(known) = known_identity(dir)? {
        return Ok(known);
    }
    let unusable = |cause| StartError::Directory { dir: dir.into(), cause };
    if dir.join("journal").exists() {
        return Err(unknown(dir, "none, yet a journal"));
    }
    let store = new_store().map_err(unusable)?;
    let life = Life::default();
    write_whole(&dir.join("format"), format_text(store, life).as_bytes()).map_err(unusable)?;
    Ok(Identity { store, life })
}

fn new_store() -> io::Result<Uuid> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(io::Error::other)?;
    Ok(uuid::Builder::from_random_bytes(id).into_uuid())
}

/// Who the store is, from the file `format`; none where there is no such file.
fn known_identity(dir: &Path) -> Result<Option<Identity>, StartError> {
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
    let id = |line, what| text.lines().nth(line).and_then(|line: &str| line.strip_prefix(what)).map(Uuid::parse_str);
    match (id(1, "store "), id(2, "life ").transpose()) {
        (Some(Ok(store)), Ok(life)) => Ok(Some(Identity { store, life: Life(life) })),
        (Some(Ok(_)), Err(_)) => Err(unknown(dir, "1 with a life that is none")),
        (Some(Err(_)) | None, _) => Err(unknown(dir, "1 without a store's id")),
    }
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
