//! A shard: the supervisor of some of the sessions. It opens one for each socket, and sees to what a
//! session leaves behind.
//!
//! *Owns* nothing that outlives it: its sessions die with it. *Supervised* by `sessions`, permanent; there
//! are several, so that the death of one closes only its part of the sockets. *Promises* that rooms,
//! presence and lobby hear of a session's end by its death, not by its goodbye.

mod actor;
mod command;
mod handle;

pub(crate) use actor::{ShardActor, ShardArguments, clean_up};
pub(crate) use command::Opening;
pub(crate) use handle::ShardHandle;
