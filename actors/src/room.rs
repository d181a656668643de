//! A room: decides, keeps who is here and who types, appends, and fans out what the log announces.
//!
//! *Owns* the newest events, who sits in it, who types, cursors, and its undecided appends: all of it
//! can be made again from the log, the roster and the sessions. *Supervised* by `rooms`, transient: it
//! ends when idle, and comes back when somebody enters. *Promises* that nothing is shown to anyone
//! before the log has announced it, and that each outbox is offered every event in order.

mod actor;
mod casebook;
mod command;
mod fan_out;
mod handle;
mod joining;
mod leaving;
mod opening;
mod pages;
mod passing;
mod recovery;
mod relays;
mod replay;
mod returning;
mod saying;
mod state;
mod tape;

#[cfg(test)]
pub(crate) use actor::RoomShell;
pub(crate) use actor::{RoomActor, RoomArguments};
pub(crate) use casebook::Casebook;
pub use command::RoomSnapshot;
pub(crate) use command::{Creation, Enter, Entry, HistoryRequest, JoinRequest, VisitorPost};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use command::{Inside, RoomCommand};
pub(crate) use handle::RoomHandle;
#[cfg(test)]
pub(crate) use leaving::out_with;
pub(crate) use leaving::{left, no_such_room};
pub(crate) use relays::Crowding;
pub use replay::Replay;
pub use state::{Post, Posted, RoomState, Standing, Standpoint};
pub(crate) use tape::Tape;
pub use tape::{Input, Taped, TapedStep};
