use std::collections::HashMap;

use greenroom_protocol::{SessionId, Status, User, UserId};

use super::command::PresenceCommand;
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::slot::Slot;

/// Tells the presence registry, whichever incarnation lives. What is told while none lives is made
/// up for: a fresh one reads the living sessions.
#[derive(Clone, Default)]
pub(crate) struct PresenceHandle {
    slot: Slot<PresenceCommand>,
}

impl PresenceHandle {
    pub(crate) fn fill(&self, presence: Address<PresenceCommand>) {
        self.slot.fill(presence);
    }

    pub(crate) fn track(&self, session: SessionId, user: User) {
        self.tell(PresenceCommand::Track { session, user });
    }

    pub(crate) fn untrack(&self, session: SessionId) {
        self.tell(PresenceCommand::Untrack { session });
    }

    pub(crate) fn set_status(&self, session: SessionId, status: Status) {
        self.tell(PresenceCommand::SetStatus { session, status });
    }

    pub(crate) fn lobby_up(&self) {
        self.tell(PresenceCommand::LobbyUp);
    }

    /// How reachable these people are; those who are not online are not in it.
    pub(crate) async fn statuses(&self, users: Vec<UserId>) -> Result<HashMap<UserId, Status>, CallError> {
        call::ask(self.slot.current(), |reply| PresenceCommand::Statuses { users, reply }).await
    }

    /// People and sessions that are online.
    pub(crate) async fn count(&self) -> Result<(usize, usize), CallError> {
        call::ask(self.slot.current(), |reply| PresenceCommand::Count { reply }).await
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.tell(PresenceCommand::Suffer(fault));
    }

    fn tell(&self, command: PresenceCommand) {
        if let Some(presence) = self.slot.current() {
            presence.tell(command);
        }
    }
}
