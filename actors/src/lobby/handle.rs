use std::sync::Arc;

use greenroom_protocol::{RoomId, RoomRow, SessionId, Status, TypingChanged, User, UserId};
use greenroom_storage::{Cursor, RoomKey};

use super::command::{LobbyCommand, PublicRoom, RoomNews};
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::outbox::Outbox;
use crate::slot::Slot;
use crate::store::ReadFailed;

/// Asks the lobby, whichever incarnation lives. What is told while none lives is made up for: a fresh
/// one asks the store, the living sessions and the rooms.
#[derive(Clone, Default)]
pub(crate) struct LobbyHandle {
    slot: Slot<LobbyCommand>,
}

/// Why a list could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListFailed {
    /// The lobby did not answer.
    #[error("the lobby did not answer")]
    NoAnswer(#[from] CallError),
    /// It could not read the list.
    #[error("the list can't be read")]
    NotRead(#[from] ReadFailed),
}

impl LobbyHandle {
    pub(crate) fn fill(&self, lobby: Address<LobbyCommand>) {
        self.slot.fill(lobby.clone());
        lobby.tell(LobbyCommand::Begin);
    }

    /// A session has begun: returns its person's list, and tells of changes from then on.
    pub(crate) async fn enter(
        &self,
        session: SessionId,
        user: User,
        outbox: Arc<Outbox>,
        fresh: bool,
    ) -> Result<Vec<RoomRow>, ListFailed> {
        let question = |reply| LobbyCommand::Enter { session, user, outbox, fresh, reply: Some(reply) };
        Ok(call::ask(self.slot.current(), question).await??)
    }

    pub(crate) fn leave(&self, session: SessionId, user: UserId) {
        self.tell(LobbyCommand::Leave { session, user });
    }

    pub(crate) fn status(&self, user: UserId, status: Status) {
        self.tell(LobbyCommand::Status { user, status });
    }

    pub(crate) fn news(&self, news: RoomNews) {
        self.tell(LobbyCommand::News(Box::new(news)));
    }

    pub(crate) fn cursor_moved(&self, user: UserId, room: RoomId, cursor: Cursor) {
        self.tell(LobbyCommand::CursorMoved { user, room, cursor });
    }

    pub(crate) fn typing(&self, typing: TypingChanged) {
        self.tell(LobbyCommand::Typing(typing));
    }

    pub(crate) fn listed(&self, user: UserId, room: RoomId, key: RoomKey) {
        self.tell(LobbyCommand::Listed { user, room, key });
    }

    pub(crate) fn changed(&self, room: RoomId) {
        self.tell(LobbyCommand::Changed { room });
    }

    pub(crate) fn erased(&self, user: UserId) {
        self.tell(LobbyCommand::Erased { user });
    }

    pub(crate) fn gone(&self, room: RoomId) {
        self.tell(LobbyCommand::Gone { room });
    }

    pub(crate) async fn list(&self, user: Option<UserId>) -> Result<Vec<PublicRoom>, CallError> {
        call::ask(self.slot.current(), |reply| LobbyCommand::List { user, reply }).await
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.tell(LobbyCommand::Suffer(fault));
    }

    fn tell(&self, command: LobbyCommand) {
        if let Some(lobby) = self.slot.current() {
            lobby.tell(command);
        }
    }
}
