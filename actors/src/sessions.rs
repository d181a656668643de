//! The supervisor of the shards, which supervise the sessions.
//!
//! *Owns* the record of its shards' failures. *Supervised* by the engine, permanent. It does nothing while
//! people talk: sockets are opened by the shards themselves. *Promises* that the sockets below a shard that
//! has died are closed, so that their clients come back, and that the shard does.

mod actor;
mod command;
mod handle;

pub(crate) use actor::{SessionsActor, bury};
pub(crate) use handle::SessionsHandle;
