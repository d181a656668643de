use std::collections::HashMap;

use greenroom_protocol::{SessionId, Status, User, UserId};

use crate::call::Answer;
use crate::fault::Fault;
use crate::observatory::kinds;

/// What the presence registry is asked.
pub(crate) enum PresenceCommand {
    /// A session has begun.
    Track { session: SessionId, user: User },
    /// The sessions' supervisor saw a session end.
    Untrack { session: SessionId },
    /// A session says how reachable its person is.
    SetStatus { session: SessionId, status: Status },
    /// A fresh lobby is up: it is to be told how reachable people are.
    LobbyUp,
    /// How reachable these people are.
    Statuses { users: Vec<UserId>, reply: Answer<HashMap<UserId, Status>> },
    /// How many people and sessions are online.
    Count { reply: Answer<(usize, usize)> },
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(PresenceCommand {
    track = Self::Track { .. },
    untrack = Self::Untrack { .. },
    set_status = Self::SetStatus { .. },
    lobby_up = Self::LobbyUp,
    statuses = Self::Statuses { .. },
    count = Self::Count { .. },
    suffer = Self::Suffer(_),
});
