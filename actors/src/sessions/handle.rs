use ractor::ActorRef;

use super::command::{Opening, SessionsCommand};
use crate::call::{self, CallError};
use crate::session::SessionHandle;
use crate::slot::Slot;

/// Asks the sessions' supervisor, whichever incarnation lives.
#[derive(Clone, Default)]
pub(crate) struct SessionsHandle {
    slot: Slot<SessionsCommand>,
}

impl SessionsHandle {
    pub(crate) fn fill(&self, sessions: ActorRef<SessionsCommand>) {
        self.slot.fill(sessions);
    }

    pub(crate) async fn open(&self, opening: Opening) -> Result<SessionHandle, CallError> {
        call::ask(self.slot.current(), |reply| SessionsCommand::Open { opening, reply }).await
    }

    pub(crate) fn crash(&self) {
        if let Some(sessions) = self.slot.current() {
            call::tell(&sessions, SessionsCommand::Crash);
        }
    }
}
