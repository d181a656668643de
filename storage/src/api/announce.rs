//! What the writer tells.

use std::sync::Arc;

use greenroom_protocol::{Seq, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Incarnation, LogEvent, Refused, Room, RoomKey, Ticket};

/// Hears what the log announces, from the writer's thread: it must not block.
///
/// For each room, announcements and the answers to [`crate::Open`] come in the order of submission. An open
/// therefore divides what one batch of the journal holds for its room: first `committed` with what was
/// submitted before it, then its answer, then `committed` with what was submitted after it. Answers to
/// all else come when all of their batch is announced. Between rooms there is no order.
pub trait Announce: Send + Sync + 'static {
    /// What it says is durable, and can be read. Called in the order of the room's log.
    fn committed(&self, batch: RoomBatch);
    /// What somebody has said until now is no more, and can't be read any longer.
    fn erased(&self, user: UserId);
    /// The journal can't go on; nothing will be acknowledged any more. The process should end.
    fn failed(&self, fatal: Fatal);
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
    /// The room, where events of it are no more from now on.
    pub trimmed: Option<Arc<Room>>,
    /// Whether the room is no more, behind all of this.
    pub deleted: bool,
}

/// What became of one append.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settled {
    /// Which life of the room's actor asked.
    pub incarnation: Incarnation,
    /// Its number for the append.
    pub ticket: Ticket,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// It was a probe, and nothing of the kind is stored.
    Absent,
    /// A later incarnation has opened the room. Nothing was stored.
    Superseded,
    /// The very same append was decided before, which was told then: a room submits again what a dying store may
    /// have taken over. Decided anew, it could be stored after it was refused.
    Decided,
    /// Whoever says it is not a member, or the room is no more. Nothing was stored, and nothing will be.
    Forbidden,
    /// Nothing was stored, and nothing will be.
    Refused(Refused),
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
