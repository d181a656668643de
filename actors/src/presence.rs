//! The presence registry: who is online, through which sessions, and how reachable they say they are.
//!
//! *Owns* a set of living sessions for each person, never a counter: a set can't drift.
//! *Supervised* by the engine, permanent. A fresh incarnation starts from the sessions that live, so
//! nobody is shown as gone because it died.

mod actor;
mod command;
mod handle;
mod state;

pub(crate) use actor::PresenceActor;
pub(crate) use handle::PresenceHandle;
