use greenroom_protocol::{RoomId, SessionId};
use greenroom_storage::{Incarnation, RoomKey};

use crate::call::Answer;
use crate::fault::Fault;
use crate::observatory::kinds;
use crate::room::{Enter, RoomHandle};

/// What the rooms' supervisor is asked.
pub(crate) enum RoomsCommand {
    /// A session that doesn't know the room's actor wants in.
    Enter { room: RoomId, enter: Enter },
    /// The sessions' supervisor saw a session end that was in the room.
    Leave { room: RoomId, session: SessionId },
    /// A room says which log it has opened.
    Opened { room: RoomId, incarnation: Incarnation, key: RoomKey },
    /// A room says that nobody needs it; `entered` tells whether somebody is on the way to it.
    MayClose { room: RoomId, incarnation: Incarnation, entered: u64 },
    /// The wait before a restart is over.
    Restart { room: RoomId },
    /// A fresh store is up: rooms submit again what is undecided.
    StoreUp,
    /// A fresh lobby is up: rooms tell it of themselves.
    LobbyUp,
    /// Somebody looks for a living room.
    Find { room: RoomId, reply: Answer<Option<RoomHandle>> },
    /// An observer wants all living rooms.
    Living { reply: Answer<Vec<RoomHandle>> },
    /// How many rooms live.
    Count { reply: Answer<usize> },
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(RoomsCommand {
    enter = Self::Enter { .. },
    leave = Self::Leave { .. },
    opened = Self::Opened { .. },
    may_close = Self::MayClose { .. },
    restart = Self::Restart { .. },
    store_up = Self::StoreUp,
    lobby_up = Self::LobbyUp,
    find = Self::Find { .. },
    living = Self::Living { .. },
    count = Self::Count { .. },
    suffer = Self::Suffer(_),
});
