//! The store actor: the only way to the disk.
//!
//! *Owns* nothing that can be lost: the journal's writer and the index's applier are threads that
//! outlive it, and a new incarnation attaches to them. *Supervised* by the engine, permanent.
//! *Promises* that what it was given is submitted in order, or not at all: whoever was attached to a
//! dead incarnation hears of the next one and submits again, and the writer drops what it has.

mod actor;
mod archive;
mod command;
mod handle;
mod readers;

pub(crate) use actor::StoreActor;
pub(crate) use handle::{ChangeFailed, CursorMoved, FollowFailed, NoAnswer, ReadFailed, StoreHandle, StoreLink};
#[cfg(test)]
pub(crate) use {
    archive::Archive,
    command::{Job, StoreCommand},
};
