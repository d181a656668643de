use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::command::SessionsCommand;
use crate::address::Address;
use crate::call::CallError;
use crate::fault::Fault;
use crate::session::SessionHandle;
use crate::shard::{Opening, ShardHandle};
use crate::slot::Slot;

/// Shards of the sessions: as many as make the death of one a small thing for the rest.
pub(crate) const SHARDS: usize = 8;

/// Opens sessions in one shard after the other, whichever incarnations live.
#[derive(Clone)]
pub(crate) struct SessionsHandle {
    slot: Slot<SessionsCommand>,
    shards: [ShardHandle; SHARDS],
    next: Arc<AtomicUsize>,
}

impl Default for SessionsHandle {
    fn default() -> Self {
        Self { slot: Slot::default(), shards: array::from_fn(|_| ShardHandle::default()), next: Arc::default() }
    }
}

impl SessionsHandle {
    pub(crate) fn fill(&self, sessions: Address<SessionsCommand>) {
        self.slot.fill(sessions);
    }

    pub(crate) fn shard(&self, number: usize) -> Option<&ShardHandle> {
        self.shards.get(number)
    }

    /// Opens a session in the next shard; where that is being restarted, in the one after it.
    pub(crate) async fn open(&self, opening: Opening) -> Result<SessionHandle, CallError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut opened = Err(CallError::Gone);
        for shard in self.shards.iter().cycle().skip(first % SHARDS).take(SHARDS) {
            opened = shard.open(opening.clone()).await;
            if !matches!(opened, Err(CallError::Gone)) {
                break;
            }
        }
        opened
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        if let Some(sessions) = self.slot.current() {
            sessions.tell(SessionsCommand::Suffer(fault));
        }
    }
}
