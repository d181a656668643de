//! The words in which the store is asked and answers.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use greenroom_protocol::{Body, Epoch, Event, LastMessage, MessageId, RoomId, RoomKind, Seq, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where and how to store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory; made where it is missing.
    pub dir: PathBuf,
    /// When a record counts as stored.
    pub durability: Durability,
}

/// When a record counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once it was synced to the disk: it survives a power cut.
    Fsync,
    /// Once it was written to the operating system, which syncs it soon: it survives `kill -9`.
    Relaxed,
}

/// A room's own id. Its name on the wire may pass away; this never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomKey(pub Uuid);

/// Which life of a room's actor asks. A later one has a higher number; appends of an earlier one are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u64);

/// A room actor's own number of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What a room is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its own id.
    pub key: RoomKey,
    /// Its id on the wire.
    pub id: RoomId,
    /// Who may be in it.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// This life of its log.
    pub epoch: Epoch,
}

/// Where a room's log ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// Called once with the answer, from a thread of the store: it must not block.
pub type Reply<T> = Box<dyn FnOnce(T) + Send>;

/// What is asked of the writer. It carries intents out in the order in which they were submitted.
pub enum Intent {
    /// Opens a room for a new incarnation of its actor.
    Open(Open),
    /// Adds a message to a room's log; settled through [`Announce::committed`].
    Append(Append),
    /// Puts a public room into a person's list. Repeating it changes nothing.
    Follow(Follow),
}

/// Opens a room: answered when all that was submitted before is settled, so that the head is exact.
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
    /// The disk takes nothing more.
    #[error("nothing can be stored now: {0}")]
    Refused(Refused),
}

/// A message to be added to a room's log.
#[derive(Clone, Debug)]
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

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Stored {
        /// Its place.
        seq: Seq,
        /// Its time.
        at: Timestamp,
    },
    /// The same was stored before; nothing new was made.
    Repeated {
        /// The first one's place.
        seq: Seq,
        /// The first one's time.
        at: Timestamp,
    },
    /// The id was used for another message.
    Conflict,
    /// A later incarnation has opened the room. Nothing was stored.
    Superseded,
    /// Nothing was stored, and nothing will be.
    Refused(Refused),
}

/// Why nothing can be stored now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The disk is full, or nearly.
    #[error("the disk is full")]
    DiskFull,
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

/// An event of a room's log with its ordinal.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEvent {
    /// What happened.
    pub event: Event,
    /// How many messages there were up to and with it.
    pub ordinal: u64,
}

/// What a durable batch holds for one room.
#[derive(Debug)]
pub struct RoomBatch {
    /// Which room.
    pub room: RoomKey,
    /// New events, in order and without a gap; may be empty.
    pub events: Vec<LogEvent>,
    /// What became of appends, in the order of their submission.
    pub settled: Vec<Settled>,
}

/// What became of one append.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Which life of the room's actor asked.
    pub incarnation: Incarnation,
    /// Its number for the append.
    pub ticket: Ticket,
    /// What became of it.
    pub outcome: Outcome,
}

/// Hears what the log announces, from the writer's thread: it must not block.
pub trait Announce: Send + Sync + 'static {
    /// A batch is durable. Called in log order, before any reply of the same batch.
    fn committed(&self, batch: RoomBatch);
    /// The journal can't go on; nothing will be acknowledged any more. The process should end.
    fn failed(&self, fatal: Fatal);
}

/// Why the journal can't go on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct Fatal {
    /// What was tried.
    pub what: &'static str,
    /// What the system said.
    pub cause: String,
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

/// Some events of a room, oldest first, without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The events.
    pub events: Vec<LogEvent>,
    /// Whether there is more in the direction asked for.
    pub more: bool,
    /// The oldest event that still exists; 1 unless retention removed some.
    pub first_seq: Seq,
}

/// A person's cursors in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// All events up to this one have arrived.
    pub delivered: Seq,
    /// All events up to this one were looked at.
    pub read: Seq,
    /// How many messages there were up to `read`: unread is the head's ordinal less this.
    pub read_ordinal: u64,
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

/// Why the store does not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The directory can't be made or written.
    #[error("the data directory {dir} can't be used: {cause}; give another with --data, or make it writable")]
    Directory {
        /// Which.
        dir: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another process uses it.
    #[error("the data directory {0} is in use by another greenroom; stop that one, or give another with --data")]
    Locked(PathBuf),
    /// Written by a later version.
    #[error(
        "the data directory {dir} has format {found}, this greenroom knows {known}; start the version that wrote it"
    )]
    Format {
        /// Which.
        dir: PathBuf,
        /// The format that was found.
        found: String,
        /// The format that is known.
        known: u32,
    },
    /// What was acknowledged is no longer there.
    #[error("{0}")]
    Lost(String),
    /// The disk failed.
    #[error("{what}: {cause}")]
    Disk {
        /// What was tried.
        what: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => write!(f, "Open({}, {:?})", open.room, open.incarnation),
            Self::Append(append) => append.fmt(f),
            Self::Follow(follow) => write!(f, "Follow({:?}, {})", follow.room, follow.user.id),
        }
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({}, {:?})", self.room, self.incarnation)
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Follow({:?}, {})", self.room, self.user.id)
    }
}
