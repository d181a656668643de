//! The lobby: the directory of rooms, everybody's list of rooms, and notices to those who look elsewhere.
//!
//! *Owns* the newest of each room, and for those who are online which rooms they follow and how far
//! they have read; all of it is read from the store, or told again by the rooms, when it dies.
//! *Supervised* by the engine, permanent. *Promises* that a badge is right in the end: notices are
//! gathered and may be skipped, but each says the whole count.

mod actor;
mod command;
mod handle;
mod state;

pub(crate) use actor::LobbyActor;
pub use command::PublicRoom;
pub(crate) use command::RoomNews;
pub(crate) use handle::LobbyHandle;
