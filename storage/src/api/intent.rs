//! What is asked of the writer.

use std::fmt;
use std::sync::Arc;

use greenroom_protocol::{Body, MessageId, RoomId, Seq, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};

use super::{Enact, Head, MakeRoom, NewRoom, Room, RoomKey};
use crate::documents::Change;

/// What is asked of the writer. It carries intents out in the order in which they were submitted.
pub enum Intent {
    /// Opens a room for a new incarnation of its actor.
    Open(Open),
    /// Adds a message to a room's log; settled through [`crate::Announce::committed`].
    Append(Append),
    /// Makes a room that somebody has asked for.
    Make(MakeRoom),
    /// Changes a room or its members.
    Enact(Enact),
    /// Puts a public room into a person's list. Repeating it changes nothing.
    Follow(Follow),
    /// Takes a public room off a person's list. Repeating it changes nothing.
    Unfollow(Unfollow),
    /// Changes documents.
    Change(Change),
    /// Notes that events of a room are no more.
    Trim(Trim),
    /// Begins another segment of the journal, so that the newest can be swept.
    Seal,
}

/// Called once with the answer, from a thread of the store: it must not block.
pub type Reply<T> = Box<dyn FnOnce(T) + Send>;

/// Opens a room. Its answer comes after everything submitted for that room before it was announced,
/// and before anything submitted for that room after it is: the head in it is exact, and the next
/// event announced is the one behind it.
pub struct Open {
    /// Which room.
    pub room: RoomId,
    /// Who asks. Appends of earlier incarnations are refused from now on.
    pub incarnation: Incarnation,
    /// The room to make where there is none.
    pub create: Option<NewRoom>,
    /// The answer, once durable.
    pub reply: Reply<Result<Opened, OpenRefused>>,
}

/// A room, opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What it is.
    pub room: Arc<Room>,
    /// Where its log ends.
    pub head: Head,
    /// Whether it was made just now.
    pub created: bool,
}

/// Why a room was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefused {
    /// There is none, and none was to be made.
    #[error("there is no such room")]
    NotFound,
    /// There was one, and its id is never given out again.
    #[error("the room was deleted")]
    Deleted,
    /// The disk takes nothing more.
    #[error("nothing can be stored now: {0}")]
    Refused(Refused),
}

/// A message to be added to a room's log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Append {
    /// Which room.
    pub room: RoomKey,
    /// Which life of the room's actor asks.
    pub incarnation: Incarnation,
    /// Its number for this append.
    pub ticket: Ticket,
    /// Who says it.
    pub user: User,
    /// Whether they are a guest.
    pub guest: bool,
    /// The idempotency key.
    pub id: MessageId,
    /// What they say.
    pub body: Body,
    /// What it answers.
    pub reply_to: Option<Seq>,
    /// When it was taken.
    pub at: Timestamp,
    /// Whether only a repeat is answered: nothing new is stored.
    pub probe: bool,
}

/// Puts a room into a person's list.
pub struct Follow {
    /// Which room.
    pub room: RoomKey,
    /// Who follows it.
    pub user: User,
    /// Whether they are a guest.
    pub guest: bool,
    /// When.
    pub at: Timestamp,
    /// Called once it is durable, with whether it is new.
    pub reply: Reply<Result<bool, Refused>>,
}

/// Takes a room off a person's list.
pub struct Unfollow {
    /// Which room.
    pub room: RoomKey,
    /// Who follows it no longer.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// Called once it is durable, with whether it was there.
    pub reply: Reply<Result<bool, Refused>>,
}

/// Notes that events of a room are no more; announced to it, and answered to nobody.
#[derive(Clone, Copy, Debug)]
pub struct Trim {
    /// Which room.
    pub room: RoomKey,
    /// The newest of them.
    pub gone: Head,
}

/// Which life of a room's actor asks. A later one has a higher number; appends of an earlier one are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation(pub u64);

/// A room actor's own number of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// Why nothing can be stored now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refused {
    /// The disk is full, or nearly.
    #[error("the disk is full")]
    DiskFull,
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => write!(f, "Open({}, {:?})", open.room, open.incarnation),
            Self::Append(append) => append.fmt(f),
            Self::Make(make) => make.fmt(f),
            Self::Enact(enact) => enact.fmt(f),
            Self::Follow(follow) => write!(f, "Follow({:?}, {})", follow.room, follow.user.id),
            Self::Unfollow(unfollow) => unfollow.fmt(f),
            Self::Change(change) => change.fmt(f),
            Self::Trim(trim) => trim.fmt(f),
            Self::Seal => write!(f, "Seal"),
        }
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({}, {:?})", self.room, self.incarnation)
    }
}

impl fmt::Debug for Unfollow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unfollow({:?}, {})", self.room, self.user)
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Follow({:?}, {})", self.room, self.user.id)
    }
}
