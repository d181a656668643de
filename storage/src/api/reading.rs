//! What is read.

use std::sync::Arc;

use greenroom_protocol::{LastMessage, Role, Seq, Timestamp, User};
use serde::{Deserialize, Serialize};

use super::{Head, LogEvent, Room};

/// Some events of a room, oldest first, without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The events.
    pub events: Vec<LogEvent>,
    /// Whether there is more in the direction asked for.
    pub more: bool,
    /// The newest event that is no more; zero where all are there.
    pub gone: Head,
}

impl Page {
    /// The oldest event that still exists, or the next one.
    #[must_use]
    pub fn first_seq(&self) -> Seq {
        self.gone.seq.next()
    }
}

/// Which events a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFrom {
    /// The newest.
    Newest,
    /// The newest of those before this one.
    Before(Seq),
    /// The oldest of those after this one.
    After(Seq),
}

/// A person's cursors in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// All events up to this one have arrived.
    pub delivered: Seq,
    /// All events up to this one were looked at.
    pub read: Seq,
    /// How many messages there were up to `read`: unread is the head's ordinal less this.
    pub read_ordinal: u64,
}

impl Cursor {
    /// The farther of the two, each for itself.
    #[must_use]
    pub fn farthest(self, other: Self) -> Self {
        Self {
            delivered: self.delivered.max(other.delivered),
            read: self.read.max(other.read),
            read_ordinal: self.read_ordinal.max(other.read_ordinal),
        }
    }
}

/// One room of a person's list.
#[derive(Clone, Debug)]
pub struct RoomInList {
    /// What it is.
    pub room: Arc<Room>,
    /// Where its log ends.
    pub head: Head,
    /// How far this person has got.
    pub cursor: Cursor,
    /// The newest message.
    pub last: Option<LastMessage>,
    /// What they may do there, beyond what everybody may.
    pub role: Option<Role>,
    /// The other person of a direct room, and when they were last connected.
    pub with: Option<(User, Option<Timestamp>)>,
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such room.
    #[error("there is no such room")]
    NoRoom,
    /// The index is being rebuilt from the journal.
    #[error("the index is being rebuilt, ask again later")]
    Rebuilding,
    /// The disk failed.
    #[error("the disk can't be read: {0}")]
    Disk(String),
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schemas", schema(as = StoreHealth))]
pub struct Health {
    /// Number of the newest record that is durable.
    pub committed: u64,
    /// Number of the newest record that the index has taken over.
    pub applied: u64,
    /// Whether sends are refused because the disk is full.
    pub disk_full: bool,
    /// Whether the index is being rebuilt.
    pub rebuilding: bool,
    /// Records that were found damaged since the start.
    pub damaged: u64,
}
