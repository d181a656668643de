//! What a room is, and what its log consists of.

use std::time::Duration;

use greenroom_protocol::{Epoch, Event, RoomId, RoomKind, Seq, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A room's own id. Its name on the wire may pass away; this never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomKey(pub Uuid);

/// What a room is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its own id.
    pub key: RoomKey,
    /// Its id on the wire.
    pub id: RoomId,
    /// Who may be in it.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// This life of its log.
    pub epoch: Epoch,
    /// For how long it keeps its events; for ever where nothing is said.
    pub retention: Option<Duration>,
    /// Its newest event that is no more; zero where all are there.
    pub gone: Head,
}

impl Room {
    /// A room that is about nothing yet, and keeps its events for ever.
    #[must_use]
    pub fn new(key: RoomKey, id: RoomId, kind: RoomKind, title: String, epoch: Epoch) -> Self {
        Self { key, id, kind, title, topic: String::new(), epoch, retention: None, gone: Head::default() }
    }

    /// The oldest event that still exists, or the next one.
    #[must_use]
    pub fn first_seq(&self) -> Seq {
        self.gone.seq.next()
    }

    /// How many messages there are behind the first so many, of those that still exist.
    #[must_use]
    pub fn messages_behind(&self, ordinal: u64, head: Head) -> u64 {
        head.ordinal.saturating_sub(ordinal.max(self.gone.ordinal))
    }
}

/// Where a room's log ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The newest event; zero where there is none.
    pub seq: Seq,
    /// How many messages there were up to it, removed ones included.
    pub ordinal: u64,
}

/// A room to be made where there is none of that id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoom {
    /// Who may be in it.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// Who makes it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// An event of a room's log with its ordinal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEvent {
    /// What happened.
    pub event: Event,
    /// How many messages there were up to and with it.
    pub ordinal: u64,
}
