//! A batch as it was decided.

use std::sync::Arc;

use greenroom_protocol::{Name, UserId};

use crate::documents::{ChangeRefused, Puts};
use crate::fingerprint::Fingerprint;
use crate::record::Lsn;
use crate::rooms::{Alteration, LiveRoom};
use crate::{
    Cursor, EnactRefused, Head, LogEvent, MakeRefused, OpenRefused, Opened, Outcome, Refused, Room, RoomKey, Ticket,
};

/// Whether new things are taken. What was stored before is answered in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Take,
    Refuse(Refused),
}

/// What was decided on one intent.
#[derive(Debug)]
pub(crate) enum Decision {
    /// `ordinal` and `lsn` are there where it is stored.
    Append {
        outcome: Outcome,
        ordinal: u64,
        lsn: Lsn,
    },
    Open(Result<Opened, OpenRefused>),
    Make(Result<Made, MakeRefused>),
    Enact(Result<Enacted, EnactRefused>),
    Follow(Result<bool, Refused>),
    Unfollow(Result<bool, Refused>),
    Change(Result<(), ChangeRefused>),
    /// Whether anything is no more with it.
    Trim(bool),
    Seal,
}

/// A room that is made, and the events that its log begins with.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) room: Arc<Room>,
    pub(crate) events: Vec<(Lsn, LogEvent)>,
}

/// A change of a room or its members, as its log has it; nothing where the room is no more.
#[derive(Debug)]
pub(crate) struct Enacted(pub(crate) Option<(Lsn, LogEvent)>);

/// Decisions on a batch of intents, and what becomes true with them.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// One for each intent.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) created: Vec<(Arc<LiveRoom>, UserId)>,
    pub(crate) people: Vec<(UserId, Name, bool)>,
    /// Whether a room came into a list, or out of it.
    pub(crate) follows: Vec<(UserId, RoomKey, bool)>,
    /// What changes of rooms and their members, in order.
    pub(crate) altered: Vec<(RoomKey, Alteration)>,
    pub(crate) cursors: Vec<(RoomKey, UserId, Cursor)>,
    pub(crate) documents: Puts,
    /// Whose messages are no more, up to which record.
    pub(crate) erased: Vec<(UserId, Lsn)>,
    /// To be forgotten when the plan is undone.
    pub(super) keys: Vec<Fingerprint>,
    /// To be put back when the plan is undone.
    pub(super) heads_before: Vec<(RoomKey, Head)>,
    pub(super) decided_before: Vec<(RoomKey, Ticket)>,
}
