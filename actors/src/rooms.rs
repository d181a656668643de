//! The supervisor of rooms: starts a room when somebody enters, and brings it back when it fails.
//!
//! *Owns* which rooms live and how many were let into each; both are made again when it dies, for
//! its rooms die with it and everybody comes back through it. *Supervised* by the engine, permanent.
//! *Promises* that of one room never two incarnations serve, and that whoever enters while a room
//! closes or restarts is let into the next.

mod actor;
mod command;
mod handle;
mod state;

pub(crate) use actor::RoomsActor;
#[cfg(test)]
pub(crate) use actor::RoomsShell;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use command::RoomsCommand;
pub(crate) use handle::RoomsHandle;
