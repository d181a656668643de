//! A session: one connection of one person.
//!
//! *Owns* which rooms the connection has joined, and through which incarnation. *Supervised* by
//! `sessions`, temporary: its client's reconnect is its restart. *Promises* that its sends reach a
//! room in order: a room that dies is replaced by one that the session enters again, replaying there
//! what is unanswered before anything new.

mod actor;
mod command;
mod handle;
mod state;

pub(crate) use actor::{SessionActor, SessionArguments};
pub use command::{SessionConfig, SessionSnapshot};
pub use handle::SessionHandle;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use {actor::SessionShell, command::SessionCommand};
