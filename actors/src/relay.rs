//! A relay: hands on to some of those who sit in a big room what their room tells it.
//!
//! *Owns* its slice of the room: whose outboxes it offers to, and what they are owed. *Supervised* by its
//! room, one for all: a relay that fails fails its room, whose next life brings everybody up from their outboxes'
//! cursors as after any other failure. *Promises* that its sessions are offered everything in the room's order.

mod actor;
mod command;
mod handle;
mod state;

#[cfg(test)]
pub(crate) use actor::RelayShell;
pub(crate) use actor::{RelayActor, RelayArguments};
pub(crate) use command::{Arrival, RelayCommand};
pub(crate) use handle::RelayHandle;
pub(crate) use state::{Settlements, Slice};
