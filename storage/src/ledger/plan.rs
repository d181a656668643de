//! A batch as it was decided.

use std::sync::Arc;

use greenroom_protocol::{Name, UserId};

use crate::documents::{ChangeRefused, Puts};
use crate::fingerprint::Fingerprint;
use crate::record::Lsn;
use crate::rooms::LiveRoom;
use crate::{Cursor, Head, OpenRefused, Opened, Outcome, Refused, RoomKey};

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
    Follow(Result<bool, Refused>),
    Change(Result<(), ChangeRefused>),
}

/// Decisions on a batch of intents, and what becomes true with them.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// One for each intent.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) created: Vec<Arc<LiveRoom>>,
    pub(crate) people: Vec<(UserId, Name, bool)>,
    pub(crate) follows: Vec<(UserId, RoomKey)>,
    pub(crate) cursors: Vec<(RoomKey, UserId, Cursor)>,
    pub(crate) documents: Puts,
    /// To be forgotten when the plan is undone.
    pub(super) keys: Vec<Fingerprint>,
    /// To be put back when the plan is undone.
    pub(super) heads_before: Vec<(RoomKey, Head)>,
}
