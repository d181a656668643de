//! What a backup consists of, so that a part that is missing or was changed is seen.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use greenroom_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) const MANIFEST: &str = "manifest.json";

/// What a backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub greenroom: String,
    /// The format of the data directory.
    pub format: u32,
    /// The store's id.
    pub store: Uuid,
    /// When it was made.
    pub made_at: Timestamp,
    /// The number of the newest record in it.
    pub last_record: u64,
    /// What was wrong in the journal already.
    pub damage: Option<String>,
    /// Each file but this one.
    pub files: Vec<File>,
    /// BLAKE3 of all of the above.
    pub(super) seal: String,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it is in the backup.
    pub path: String,
    /// How long it is.
    pub bytes: u64,
    /// BLAKE3 of what is in it.
    pub blake3: String,
}

impl Manifest {
    /// With the seal that belongs to what it says.
    pub(super) fn sealed(self) -> Self {
        Self { seal: self.right_seal(), ..self }
    }

    fn right_seal(&self) -> String {
        let open = Self { seal: String::new(), ..self.clone() };
        let text = serde_json::to_vec(&open).expect("a vector takes any value");
        blake3::hash(&text).to_hex().to_string()
    }

    /// Writes it into a backup, synced.
    pub(super) fn write(self, dir: &Path) -> io::Result<Self> {
        let text = serde_json::to_vec_pretty(&self)?;
        write_synced(&dir.join(MANIFEST), &text)?;
        Ok(self)
    }

    /// Reads it from a backup; none where it is not as it was written.
    pub(super) fn read(dir: &Path) -> io::Result<Option<Self>> {
        let text = std::fs::read(dir.join(MANIFEST))?;
        let read: Option<Self> = serde_json::from_slice(&text).ok();
        Ok(read.filter(|manifest| manifest.seal == manifest.right_seal()))
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl File {
    /// Writes a file of a backup, synced.
    pub(super) fn write(dir: &Path, path: &str, bytes: &[u8]) -> io::Result<Self> {
        write_synced(&dir.join(path), bytes)?;
        Ok(Self::as_it_is(path, bytes))
    }

    /// A file that is there already.
    pub(super) fn of(dir: &Path, path: &str) -> io::Result<Self> {
        Ok(Self::as_it_is(path, &std::fs::read(dir.join(path))?))
    }

    fn as_it_is(path: &str, bytes: &[u8]) -> Self {
        Self { path: path.into(), bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }

    /// Whether these are its bytes.
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        *self == Self::as_it_is(&self.path, bytes)
    }
}

/// Writes a file that is not there yet, for its owner alone.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
