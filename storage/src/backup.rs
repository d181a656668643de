//! A copy of a store that a server may use meanwhile, and a store made of such a copy.
//!
//! # Why the server need not be asked
//!
//! The copy is a beginning of the journal: all of it up to some record. That needs no lock, because:
//!
//! - A sealed segment changes only by being replaced as a whole, by one with stubs for what is no more; and a
//!   segment is sealed before the next one's file is made. So of all segments that are listed, all but the newest
//!   can be copied as they are.
//! - The newest is only ever appended to, one frame after another. It is copied up to its last whole frame.
//!   What is read while it is being written can show a frame half and the next one whole; then it is read again
//!   from that place on, where the frame is whole by then. What is as bad the second time is damage.
//! - A segment that is sealed meanwhile only grows before that; one that could not be begun vanishes, and then all
//!   is listed again. A server that starts meanwhile puts a file with the same frames in the place of the newest.
//!
//! All that was acknowledged before the copy began is in it: it had been written, and so can be read, whatever the
//! durability. Of the newest frames some may not have been synced, and so not acknowledged; they may even be lost to
//! the original by a power cut at that moment, and the copy then has a message more. That is allowed: *stored, not acknowledged*
//! is what a client without an answer has to expect. The copy itself is synced before it gets its name.
//!
//! The floor goes first, because it is never ahead of the journal: what it says must be in the copy, or the copy is
//! refused. The index and the catalogues are not copied, they are made of the journal.
//!
//! # Why the copy is another life
//!
//! A store that is made of it goes on from an earlier point: see `life.rs`. Its id stays, with which all checksums begin,
//! and so do the fingerprints of messages: what was sent before is known when it is sent again.

mod copying;
mod manifest;
mod restoring;
pub use manifest::Manifest;
pub use restoring::{RestoreFailed, restore};

use std::io;
use std::path::{Path, PathBuf};

use greenroom_protocol::Timestamp;

use crate::StartError;
use crate::data_dir::Looked;
use crate::disk::sync_dir;
use crate::floor::Floor;
use copying::Copied;

/// What a backup is to be.
#[derive(Debug, Clone)]
pub struct BackupAsked {
    /// The data directory; a server may use it.
    pub data: PathBuf,
    /// The directory to be made.
    pub target: PathBuf,
    /// The version of the program, for whoever reads the manifest.
    pub version: String,
    /// Now.
    pub at: Timestamp,
    /// Whether a damaged journal is copied as it is.
    pub damaged_too: bool,
}

/// Why there is no backup. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupFailed {
    /// The data directory can't be read.
    #[error(transparent)]
    Store(#[from] StartError),
    /// Nothing is overwritten.
    #[error("{0} is there already; give another target, or remove it")]
    Exists(PathBuf),
    /// A copy with a damaged part would pass for a good one.
    #[error(
        "the journal is damaged, so its copy would be: {0}; greenroom check tells all of it, and --damaged-too copies it as it is"
    )]
    Damaged(String),
    /// The disk failed.
    #[error("{what}: {cause}")]
    Disk {
        /// What was tried.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// Copies a store that a server may use. The target is there whole, or not at all.
///
/// # Errors
/// Where the one can't be read or the other can't be written, or the journal is damaged.
pub fn backup(asked: &BackupAsked) -> Result<Manifest, BackupFailed> {
    let dir = Looked::beside_a_server(&asked.data)?;
    let partial = beside(&asked.target, "partial");
    for path in [&asked.target, &partial] {
        if path.exists() {
            return Err(BackupFailed::Exists(path.clone()));
        }
    }
    let made = copy(&dir, &partial, asked).and_then(|manifest| {
        put_in_place(&partial, &asked.target).map_err(failed("naming the backup"))?;
        Ok(manifest)
    });
    if made.is_err() && partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(failed("removing what was copied"))?;
    }
    made
}

fn copy(dir: &Looked, partial: &Path, asked: &BackupAsked) -> Result<Manifest, BackupFailed> {
    let writing = || failed(format!("writing {}", partial.display()));
    make_dir(partial).map_err(writing())?;
    let floor = Floor::read(&dir.floor(), dir.store).map_err(failed("reading the floor"))?;
    let Copied { mut files, logs, last_record, damage } = copying::journal(dir, partial)?;
    let short = floor.iter().find(|&(&room, at_least)| logs.head(room).seq < at_least.seq);
    let short = short.map(|(&room, at_least)| {
        format!("{} has {} events in it, and had {}", logs.name(room), logs.head(room).seq, at_least.seq)
    });
    let damage = damage.or(short);
    if let (Some(damage), false) = (&damage, asked.damaged_too) {
        return Err(BackupFailed::Damaged(damage.clone()));
    }
    let path = partial.join("floor");
    Floor::begin(path, dir.store, floor).map_err(writing())?;
    files.push(manifest::File::of(partial, "floor").map_err(writing())?);
    for name in ["format", "secret"] {
        let from = dir.path.join(name);
        if from.exists() {
            let bytes = std::fs::read(&from).map_err(failed(format!("reading {}", from.display())))?;
            files.push(manifest::File::write(partial, name, &bytes).map_err(writing())?);
        }
    }
    let manifest = Manifest {
        greenroom: asked.version.clone(),
        format: crate::data_dir::FORMAT,
        store: dir.store,
        made_at: asked.at,
        last_record,
        damage,
        files,
        seal: String::new(),
    };
    manifest.sealed().write(partial).map_err(writing())
}

/// A name beside this one.
pub(crate) fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    path.with_file_name(name)
}

/// Makes a directory that only its owner reads, and those above it.
fn make_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether nothing is there that could be overwritten.
pub(crate) fn is_free(dir: &Path) -> io::Result<bool> {
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        told => told,
    }
}

/// Gives a directory whose files are synced its name.
pub(crate) fn put_in_place(partial: &Path, target: &Path) -> io::Result<()> {
    sync_dir(&partial.join("journal"))?;
    sync_dir(partial)?;
    std::fs::rename(partial, target)?;
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        Some(_) | None => sync_dir(Path::new(".")),
    }
}

fn failed(what: impl Into<String>) -> impl FnOnce(io::Error) -> BackupFailed {
    let what = what.into();
    move |cause| BackupFailed::Disk { what, cause }
}

/// The name of a segment's file, from the backup's top.
fn is_segment(path: &str) -> bool {
    let number = path.strip_prefix("journal/").and_then(|name| name.strip_suffix(".log"));
    number.is_some_and(|number| number.len() == 20 && number.bytes().all(|byte| byte.is_ascii_digit()))
}
