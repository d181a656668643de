//! What changes a room or its members.
//!
//! Whoever decides on such a change looks at who is who first, and says as of which event that was. The writer
//! refuses it where something has changed since: so of two who decide at the same time, one looks again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::{MemberChange, Role, RoomId, RoomKind, Seq, Timestamp, User};

use super::{Refused, Reply, Room, RoomKey};

/// Makes a room whose log begins with that.
pub struct MakeRoom {
    /// Its id on the wire; it must never have been another's.
    pub room: RoomId,
    /// Who may be in it.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// Who makes it, and is its owner.
    pub by: User,
    /// Whether they are a guest.
    pub guest: bool,
    /// Who is brought in at once, and whether they are guests.
    pub members: Vec<(User, bool)>,
    /// When.
    pub at: Timestamp,
    /// The answer, once durable.
    pub reply: Reply<Result<Arc<Room>, MakeRefused>>,
}

/// Why a room was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeRefused {
    /// There is a room of that id, or there was one.
    #[error("there is such a room")]
    Taken,
    /// Nothing can be stored now.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Changes a room or its members: announced like a message, before it is answered.
pub struct Enact {
    /// Which room.
    pub room: RoomKey,
    /// What is to be.
    pub act: Act,
    /// Who does it.
    pub by: User,
    /// Whether they are a guest.
    pub guest: bool,
    /// The newest such change that was known when it was decided.
    pub known: Seq,
    /// When.
    pub at: Timestamp,
    /// The answer, once durable and announced.
    pub reply: Reply<Result<(), EnactRefused>>,
}

/// A change of a room or its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Somebody comes, goes, or has another role.
    Member {
        /// Who.
        user: User,
        /// Whether they are a guest.
        guest: bool,
        /// What happens to them.
        change: MemberChange,
        /// What they may do from now on; nothing where they are out.
        role: Option<Role>,
    },
    /// The room is called, and about, something else.
    Edit {
        /// What it is called.
        title: String,
        /// What it is about.
        topic: String,
        /// For how long it keeps its events; for ever where nothing is said.
        retention: Option<Duration>,
    },
    /// The room is no more.
    Delete,
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnactRefused {
    /// Something has changed since it was decided.
    #[error("the room has changed meanwhile")]
    Stale,
    /// The room is no more.
    #[error("there is no such room")]
    NoRoom,
    /// Nothing can be stored now.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl fmt::Debug for MakeRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MakeRoom({}, {:?})", self.room, self.kind)
    }
}

impl fmt::Debug for Enact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Enact({:?}, {:?})", self.room, self.act)
    }
}
