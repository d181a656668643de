use super::command::{Opening, ShardCommand};
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::session::SessionHandle;
use crate::slot::Slot;

/// Asks one shard, whichever incarnation lives.
#[derive(Clone, Default)]
pub(crate) struct ShardHandle {
    slot: Slot<ShardCommand>,
}

impl ShardHandle {
    pub(crate) fn fill(&self, shard: Address<ShardCommand>) {
        self.slot.fill(shard);
    }

    pub(crate) async fn open(&self, opening: Opening) -> Result<SessionHandle, CallError> {
        call::ask(self.slot.current(), |reply| ShardCommand::Open { opening, reply }).await
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        if let Some(shard) = self.slot.current() {
            shard.tell(ShardCommand::Suffer(fault));
        }
    }
}
