//! The parts of the engine, in the order in which they start.

use crate::census::ActorName;

/// A part of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The way to the disk.
    Store,
    /// Who is online.
    Presence,
    /// Lists and notices.
    Lobby,
    /// The supervisor of rooms.
    Rooms,
    /// The supervisor of sessions.
    Sessions,
}

impl Part {
    /// Each needs only those before it.
    pub(crate) const IN_ORDER: [Self; 5] = [Self::Store, Self::Presence, Self::Lobby, Self::Rooms, Self::Sessions];

    /// Its name for observers.
    pub(crate) fn actor_name(self) -> ActorName {
        match self {
            Self::Store => ActorName::Store,
            Self::Presence => ActorName::Presence,
            Self::Lobby => ActorName::Lobby,
            Self::Rooms => ActorName::Rooms,
            Self::Sessions => ActorName::Sessions,
        }
    }
}
