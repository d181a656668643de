//! The supervisor of sessions: opens one for each socket, and sees to what a session leaves behind.
//!
//! *Owns* nothing that outlives it: its sessions die with it, and their sockets are closed by the
//! engine. *Supervised* by the engine, permanent. *Promises* that rooms, presence and lobby hear of a
//! session's end by its death, not by its goodbye.

mod actor;
mod command;
mod handle;

pub(crate) use actor::{SessionsActor, clean_up};
pub(crate) use command::Opening;

pub(crate) use handle::SessionsHandle;
