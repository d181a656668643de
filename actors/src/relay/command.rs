use std::sync::Arc;

use greenroom_protocol::{EncodedFrame, Presence, Seq, SessionId};

use super::state::Settlements;
use crate::call::Answer;
use crate::fault::Fault;
use crate::ledger::Deliveries;
use crate::observatory::kinds;
use crate::outbox::{Batch, Outbox, PassingKey, PastPage, Subscription};

kinds!(RelayCommand {
    add = Self::Add { .. },
    remove = Self::Remove { .. },
    catch_up = Self::CatchUp { .. },
    announce = Self::Announce { .. },
    pass = Self::Pass { .. },
    pass_presence = Self::PassPresence { .. },
    trimmed = Self::Trimmed { .. },
    audit = Self::Audit { .. },
    close = Self::Close,
    suffer = Self::Suffer(_),
});

/// How a session comes, or comes back.
pub(crate) struct Arrival {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) subscription: Subscription,
    /// How many events it misses up to now.
    pub(crate) misses: u64,
    /// As many of them as are in memory, offered at once; the outbox asks for pages of the others.
    pub(crate) missed: Option<Arc<Batch>>,
}

/// What a room tells one of its relays: all that concerns the relay's sessions, in the room's order.
pub(crate) enum RelayCommand {
    /// From now on a session is owed what comes, and the events that it misses up to now.
    Add { session: SessionId, arrival: Arrival },
    /// A session is no longer owed anything.
    Remove { session: SessionId },
    /// A page of what a session has missed, and how many events it has.
    CatchUp { session: SessionId, page: PastPage, events: u64 },
    /// Something new for everybody, and answers to some.
    Announce { batch: Option<Arc<Batch>>, settlements: Settlements },
    /// Something that passes, for all but a few.
    Pass { key: PassingKey, frame: EncodedFrame, except: Arc<[SessionId]> },
    /// Who came and who went.
    PassPresence { presence: Arc<Presence>, frame: EncodedFrame },
    /// Events up to this one are no more.
    Trimmed { gone: Seq },
    /// An observer audits the room.
    Audit { reply: Answer<Deliveries> },
    /// Nobody is left here.
    Close,
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}
