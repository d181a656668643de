//! What is known after a drill: what each client did and saw, and what the server has stored.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use greenroom_actors::Balance;
use greenroom_protocol::{Event, MessageId, RoomId, SessionId, UserId};

/// When something happened, counted from the start of the drill; one clock for all clients.
pub(crate) type At = Duration;

/// Stands for a body: two that differ are told apart, and a history stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn of(body: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// What one message says, and who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) user: UserId,
    pub(crate) id: MessageId,
    pub(crate) body: Digest,
}

impl Said {
    /// The message of an event, where it is one.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let message = event.message()?;
        Some(Self { user: message.user.id, id: message.id, body: Digest::of(message.body.as_str()) })
    }
}

/// How an event came to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Live,
    Joined,
    Events,
}

/// One thing that a client did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// A new socket: nothing is joined on it.
    Connected,
    /// The socket has a session.
    Welcomed { session: SessionId },
    /// The socket ended, with this close code where there was one.
    Closed(Option<u16>),
    /// A room was joined. `fresh` where it starts anew: no `since` was given, or the answer said `reset`.
    Entered { room: RoomId, fresh: bool, last_seq: u64, events: usize, read_seq: u64 },
    /// A room was left by a `leave`.
    Left { room: RoomId },
    /// The server was told that all up to there was read.
    Read { room: RoomId, seq: u64 },
    /// A send, on its first or a later attempt.
    Invoked { room: RoomId, id: MessageId, body: Digest },
    /// It is stored, says the server.
    Acked { room: RoomId, id: MessageId, seq: u64 },
    /// It is not stored and never will be, says the server.
    Refused { room: RoomId, id: MessageId, code: String },
    /// The socket ended before there was an answer.
    Unanswered { room: RoomId, id: MessageId },
    /// An event arrived.
    Delivered { room: RoomId, seq: u64, said: Option<Said>, way: Way },
}

/// All that one client did and saw, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) client: usize,
    pub(crate) user: Option<UserId>,
    pub(crate) facts: Vec<(At, Fact)>,
    /// Rooms that it listened to until the end: it should have all that is stored there.
    pub(crate) listening: Vec<RoomId>,
    /// What no client should ever see, such as a frame that can't be read.
    pub(crate) oddities: Vec<String>,
}

/// A stored event; without `said` where it is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) seq: u64,
    pub(crate) said: Option<Said>,
}

/// What the server gave back at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    /// Each room's log, read from the first event on.
    pub(crate) rooms: BTreeMap<RoomId, Vec<Kept>>,
    /// The same, read from the newest event back, put in order.
    pub(crate) backwards: BTreeMap<RoomId, Vec<Kept>>,
    /// Why the reader was sent away before it was served.
    pub(crate) refusals: Vec<String>,
}

/// A fault, as it was injected.
#[derive(Clone, Debug)]
pub(crate) struct Injected {
    pub(crate) at: At,
    pub(crate) what: String,
    /// The room that it hits; every room where there is none.
    pub(crate) room: Option<RoomId>,
}

/// Everything that the checker judges by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) traces: Vec<Trace>,
    pub(crate) stored: Stored,
    pub(crate) faults: Vec<Injected>,
    /// The conservation ledger of the server as it was in the end.
    pub(crate) balance: Balance,
}
