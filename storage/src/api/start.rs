//! Where and how to store, and why that may not work.

use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

/// Where and how to store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory; made where it is missing.
    pub dir: PathBuf,
    /// When a record counts as stored.
    pub durability: Durability,
    /// For how long events are kept in rooms that keep theirs longer, or for ever.
    pub retention: Option<Duration>,
}

/// When a record counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once it was synced to the disk: it survives a power cut.
    Fsync,
    /// Once it was written to the operating system, which syncs it soon: it survives `kill -9`.
    Relaxed,
}

/// Why the store does not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The directory can't be made or written.
    #[error("the data directory {dir} can't be used: {cause}; give another with --data, or make it writable")]
    Directory {
        /// Which.
        dir: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another process uses it.
    #[error("the data directory {0} is in use by another greenroom; stop that one, or give another with --data")]
    Locked(PathBuf),
    /// Written by a later version.
    #[error(
        "the data directory {dir} has format {found}, this greenroom knows {known}; start the version that wrote it"
    )]
    Format {
        /// Which.
        dir: PathBuf,
        /// The format that was found.
        found: String,
        /// The format that is known.
        known: u32,
    },
    /// There is nothing of Greenroom's there.
    #[error("{0} is no data directory of greenroom: there is no file `format` in it; give another with --data")]
    NoStore(PathBuf),
    /// The journal is another store's than `format` says.
    #[error(
        "{segment} belongs to the store {found}, but the file `format` names {known}; put back files that belong together"
    )]
    Foreign {
        /// One of its segments.
        segment: PathBuf,
        /// Whose it is.
        found: Uuid,
        /// Whose it should be.
        known: Uuid,
    },
    /// What was acknowledged is no longer there.
    #[error("{0}")]
    Lost(String),
    /// The disk failed.
    #[error("{what}: {cause}")]
    Disk {
        /// What was tried.
        what: String,
        /// What the system said.
        cause: std::io::Error,
    },
}
