use super::command::{Opening, SessionsCommand};
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::session::SessionHandle;
use crate::slot::Slot;

/// Asks the sessions' supervisor, whichever incarnation lives.
#[derive(Clone, Default)]
pub(crate) struct SessionsHandle {
    slot: Slot<SessionsCommand>,
}

impl SessionsHandle {
    pub(crate) fn fill(&self, sessions: Address<SessionsCommand>) {
        self.slot.fill(sessions);
    }

    pub(crate) async fn open(&self, opening: Opening) -> Result<SessionHandle, CallError> {
        call::ask(self.slot.current(), |reply| SessionsCommand::Open { opening, reply }).await
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        if let Some(sessions) = self.slot.current() {
            sessions.tell(SessionsCommand::Suffer(fault));
        }
    }
}
