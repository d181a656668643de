use std::sync::Arc;

use greenroom_protocol::Ref;
use greenroom_storage::TokenHash;

use crate::call::Answer;
use crate::directory::Person;
use crate::fault::Fault;
use crate::observatory::kinds;
use crate::outbox::Outbox;
use crate::pace::PersonPace;
use crate::session::{SessionConfig, SessionHandle};

/// A socket whose person is known.
#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) person: Person,
    /// What a guest comes back with.
    pub(crate) token: Option<String>,
    /// The mark of the `hello`.
    pub(crate) reference: Option<Ref>,
    pub(crate) outbox: Arc<Outbox>,
    /// The sign-in that it rests on; a guest has none.
    pub(crate) sign_in: Option<TokenHash>,
    /// Whether nothing of theirs can be stored yet.
    pub(crate) fresh: bool,
    pub(crate) config: SessionConfig,
    /// Their buckets; nothing where there are no limits.
    pub(crate) pace: Option<Arc<PersonPace>>,
}

/// What a shard is asked.
pub(crate) enum ShardCommand {
    /// The edge opens a session.
    Open { opening: Opening, reply: Answer<SessionHandle> },
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(ShardCommand {
    open = Self::Open { .. },
    suffer = Self::Suffer(_),
});
