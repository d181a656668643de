use greenroom_protocol::{Seq, SessionId, UserId};
use greenroom_storage::RoomBatch;

use super::command::{Enter, Entry, HistoryRequest, Inside, RoomCommand, RoomSnapshot};
use super::state::Post;
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::outbox::Permit;

/// One incarnation of a room. What is told over a handle arrives in order, or not at all once that
/// incarnation is dead: nothing can overtake on the way to its successor.
#[derive(Clone)]
pub(crate) struct RoomHandle(Address<RoomCommand>);

impl PartialEq for RoomHandle {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl RoomHandle {
    pub(crate) fn new(room: Address<RoomCommand>) -> Self {
        Self(room)
    }

    pub(crate) fn enter(&self, enter: Enter) {
        self.0.tell(RoomCommand::Entered(enter));
    }

    pub(crate) fn join(&self, entry: Entry) {
        self.0.tell(Inside::Join(entry));
    }

    pub(crate) fn history(&self, request: Box<HistoryRequest>) {
        self.0.tell(Inside::History(request));
    }

    pub(crate) fn leave(&self, session: SessionId) {
        self.0.tell(Inside::Leave { session });
    }

    pub(crate) fn post(&self, session: SessionId, post: Post) {
        self.0.tell(Inside::Post { session, post });
    }

    pub(crate) fn typing(&self, session: SessionId, on: bool, permit: Permit) {
        self.0.tell(Inside::Typing { session, on, permit });
    }

    pub(crate) fn move_cursor(&self, session: SessionId, delivered: Seq, read: Seq, permit: Permit) {
        self.0.tell(Inside::MoveCursor { session, delivered, read, permit });
    }

    pub(crate) fn pull(&self, session: SessionId) {
        self.0.tell(Inside::Pull { session });
    }

    pub(crate) fn committed(&self, batch: RoomBatch) {
        self.0.tell(Inside::Committed(batch));
    }

    pub(crate) fn erased(&self, user: UserId) {
        self.0.tell(Inside::Erased { user });
    }

    pub(crate) fn store_up(&self) {
        self.0.tell(RoomCommand::StoreUp);
    }

    pub(crate) fn lobby_up(&self) {
        self.0.tell(Inside::LobbyUp);
    }

    pub(crate) fn close(&self) {
        self.0.tell(RoomCommand::Close);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.0.tell(RoomCommand::Suffer(fault));
    }

    pub(crate) fn relay_suffers(&self, number: u64, fault: Fault) {
        self.0.tell(RoomCommand::RelaySuffers(number, fault));
    }

    pub(crate) async fn look(&self) -> Result<RoomSnapshot, CallError> {
        call::ask(Some(self.0.clone()), |reply| RoomCommand::Look { reply }).await
    }
}
