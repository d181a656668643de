//! The index: sled, and where it is allowed to fail.
//!
//! It says where a room's events are in the journal, and what is looked up by key. It holds no body,
//! lags behind, and can be lost: everything in it is made from the journal. Its trees:
//!
//! | tree | key | value |
//! |---|---|---|
//! | meta | `format`, `store`, `applied` | numbers, the store's id |
//! | rooms | room | id, kind, title, topic, epoch, retention, what is gone, whether deleted |
//! | members | room ‖ person | role |
//! | heads | room | seq, ordinal |
//! | blocks | room ‖ number of 64 events | where they are, see `blocks.rs` |
//! | people | person | name, guest |
//! | erased | person | the record up to which their messages are no more |
//! | follows | person ‖ room | – |
//! | cursors | room ‖ person | delivered, read, ordinal at read |
//! | documents | see `documents.rs` | its owner's |
//!
//! sled's `flush` doesn't sync, so the file is synced by hand after it. Batches and transactions lock out
//! every reader, so they are not used: applying a record twice changes nothing.

mod apply;
mod blocks;
mod compare;
mod lookup;
pub(crate) mod slot;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sled::{Config, Db, Mode, Tree};
use uuid::Uuid;

use crate::disk::sync_dir;
use crate::record::Lsn;

const FORMAT: u64 = 3;
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// The index can't be used any more. It is set aside and made again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct IndexError(pub(crate) String);

/// sled, opened. Dropped with care: sled may panic when it is.
#[derive(Debug)]
pub(crate) struct Index {
    trees: Option<Trees>,
    /// sled's own file, to be synced.
    file: File,
    /// Whether it was begun just now, and so has everything from the journal as that is.
    new: bool,
}

#[derive(Debug)]
struct Trees {
    db: Db,
    meta: Tree,
    rooms: Tree,
    members: Tree,
    heads: Tree,
    blocks: Tree,
    people: Tree,
    follows: Tree,
    cursors: Tree,
    documents: Tree,
    erased: Tree,
}

impl Index {
    /// Opens the index in this directory, or begins one, over the journal of this store.
    pub(crate) fn open(dir: &Path, store: Uuid) -> Result<Self, IndexError> {
        let trees = guarded(|| {
            let config = Config::new().path(dir).mode(Mode::LowSpace).cache_capacity(CACHE_BYTES).flush_every_ms(None);
            let db = config.open()?;
            let tree = |name: &str| db.open_tree(name);
            Ok(Trees {
                meta: tree("meta")?,
                rooms: tree("rooms")?,
                members: tree("members")?,
                heads: tree("heads")?,
                blocks: tree("blocks")?,
                people: tree("people")?,
                follows: tree("follows")?,
                cursors: tree("cursors")?,
                documents: tree("documents")?,
                erased: tree("erased")?,
                db,
            })
        })?;
        let file = File::open(dir.join("db")).map_err(|error| IndexError(error.to_string()))?;
        let mut index = Self { trees: Some(trees), file, new: false };
        match index.number("format")? {
            None => {
                index.new = true;
                index.set_number("format", FORMAT)?;
                index.ask(|trees| trees.meta.insert("store", store.as_bytes()))?;
            }
            Some(FORMAT) => {}
            Some(other) => return Err(IndexError(format!("the index has format {other}"))),
        }
        if index.ask(|trees| trees.meta.get("store"))?.as_deref() != Some(store.as_bytes()) {
            return Err(IndexError("the index belongs to another store".into()));
        }
        Ok(index)
    }

    /// Runs `ask` over the trees; sled's errors and its panics are both errors.
    fn ask<T>(&self, ask: impl FnOnce(&Trees) -> sled::Result<T>) -> Result<T, IndexError> {
        let trees = self.trees.as_ref().ok_or_else(|| IndexError("the index is closed".into()))?;
        guarded(|| ask(trees))
    }

    /// The newest record of which it is certain that the index has it on disk, with all before it.
    pub(crate) fn applied(&self) -> Result<Lsn, IndexError> {
        Ok(self.number("applied")?.unwrap_or(0))
    }

    /// To be called only after [`Index::sync`], so that what it says is on disk already.
    pub(crate) fn set_applied(&self, applied: Lsn) -> Result<(), IndexError> {
        self.set_number("applied", applied)
    }

    /// Whether it was begun just now, and so has everything from the journal as that is.
    pub(crate) fn is_new(&self) -> bool {
        self.new
    }

    /// The newest record of which it may know anything.
    pub(crate) fn reached(&self) -> Result<Lsn, IndexError> {
        Ok(self.number("reached")?.unwrap_or(0).max(self.applied()?))
    }

    /// Returns when what was applied would survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), IndexError> {
        self.ask(|trees| trees.db.flush())?;
        self.file.sync_data().map_err(|error| IndexError(format!("syncing the index: {error}")))
    }

    fn number(&self, key: &str) -> Result<Option<u64>, IndexError> {
        let value = self.ask(|trees| trees.meta.get(key))?;
        let number = |value: sled::IVec| {
            let bytes = value.as_ref().try_into().map_err(|_| IndexError(format!("{key} is no number")))?;
            Ok(u64::from_be_bytes(bytes))
        };
        value.map(number).transpose()
    }

    fn set_number(&self, key: &str, number: u64) -> Result<(), IndexError> {
        self.ask(|trees| trees.meta.insert(key, &number.to_be_bytes())).map(|_| ())
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let trees = self.trees.take();
        if let Err(error) = guarded(|| {
            drop(trees);
            Ok(())
        }) {
            tracing::error!(%error, "the index could not be closed in order");
        }
    }
}

/// sled panics on some damage, and on some errors of the disk.
fn guarded<T>(ask: impl FnOnce() -> sled::Result<T>) -> Result<T, IndexError> {
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(IndexError(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(IndexError(format!("sled panicked: {text}")))
        }
    }
}

/// Moves a broken index away, beside its place. Only the last one is kept: it is there to be looked into.
pub(crate) fn set_aside(dir: &Path) -> std::io::Result<()> {
    let parent = dir.parent().unwrap_or(Path::new("."));
    let mut last = 0;
    for entry in std::fs::read_dir(parent)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(number) = name.and_then(|name| name.strip_prefix("index.damaged-")) else { continue };
        last = last.max(number.parse().unwrap_or(0));
        std::fs::remove_dir_all(&path)?;
    }
    if dir.exists() {
        std::fs::rename(dir, parent.join(format!("index.damaged-{}", last + 1)))?;
        sync_dir(parent)?;
    }
    Ok(())
}
