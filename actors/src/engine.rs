//! The engine: the root of the supervision tree.
//!
//! *Owns* the store, which it hands to each incarnation of the store actor, and the record of its
//! parts' failures. *Supervised* by nobody: when its budget is spent the process ends with the
//! reason, for half alive is worse than dead. *Promises* that its parts start in their order of need,
//! and stop in reverse.

mod actor;
mod command;
mod handle;
mod lab;
mod part;
mod rooms;
mod watchdog;

pub use handle::{Drained, Engine, EngineFailed, Health, HelloFailed, Identity, Metrics, SetAside};
pub use lab::Lab;
pub use rooms::{LogPage, MembersPage, RoomView, Saying};
