use greenroom_protocol::{Seq, SessionId};
use greenroom_storage::RoomBatch;
use ractor::ActorRef;

use super::command::{Enter, HistoryRequest, Inside, JoinRequest, RoomCommand, RoomSnapshot};
use super::state::Post;
use crate::call::{self, CallError};

/// One incarnation of a room. What is told over a handle arrives in order, or not at all once that
/// incarnation is dead: nothing can overtake on the way to its successor.
#[derive(Clone)]
pub(crate) struct RoomHandle(ActorRef<RoomCommand>);

impl PartialEq for RoomHandle {
    fn eq(&self, other: &Self) -> bool {
        self.0.get_id() == other.0.get_id()
    }
}

impl RoomHandle {
    pub(crate) fn new(room: ActorRef<RoomCommand>) -> Self {
        Self(room)
    }

    pub(crate) fn enter(&self, enter: Enter) {
        call::tell(&self.0, RoomCommand::Entered(enter));
    }

    pub(crate) fn join(&self, join: Box<JoinRequest>) {
        call::tell(&self.0, Inside::Join(join).into());
    }

    pub(crate) fn history(&self, request: Box<HistoryRequest>) {
        call::tell(&self.0, Inside::History(request).into());
    }

    pub(crate) fn leave(&self, session: SessionId) {
        call::tell(&self.0, Inside::Leave { session }.into());
    }

    pub(crate) fn post(&self, session: SessionId, post: Post) {
        call::tell(&self.0, Inside::Post { session, post }.into());
    }

    pub(crate) fn typing(&self, session: SessionId, on: bool) {
        call::tell(&self.0, Inside::Typing { session, on }.into());
    }

    pub(crate) fn move_cursor(&self, session: SessionId, delivered: Seq, read: Seq) {
        call::tell(&self.0, Inside::MoveCursor { session, delivered, read }.into());
    }

    pub(crate) fn pull(&self, session: SessionId) {
        call::tell(&self.0, Inside::Pull { session }.into());
    }

    pub(crate) fn committed(&self, batch: RoomBatch) {
        call::tell(&self.0, Inside::Committed(batch).into());
    }

    pub(crate) fn store_up(&self) {
        call::tell(&self.0, RoomCommand::StoreUp);
    }

    pub(crate) fn lobby_up(&self) {
        call::tell(&self.0, Inside::LobbyUp.into());
    }

    pub(crate) fn close(&self) {
        call::tell(&self.0, RoomCommand::Close);
    }

    pub(crate) fn crash(&self) {
        call::tell(&self.0, RoomCommand::Crash);
    }

    pub(crate) async fn look(&self) -> Result<RoomSnapshot, CallError> {
        call::ask(Some(self.0.clone()), |reply| RoomCommand::Look { reply }).await
    }
}
