use greenroom_protocol::{RoomId, SessionId};
use greenroom_storage::{Incarnation, RoomKey};

use super::command::RoomsCommand;
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::room::{Enter, RoomHandle, RoomSnapshot};
use crate::slot::Slot;

/// Asks the rooms' supervisor, whichever incarnation lives. What is lost with a dead one is made up
/// for: every session enters again through the next.
#[derive(Clone, Default)]
pub(crate) struct RoomsHandle {
    slot: Slot<RoomsCommand>,
}

impl RoomsHandle {
    pub(crate) fn fill(&self, rooms: Address<RoomsCommand>) {
        self.slot.fill(rooms);
    }

    pub(crate) fn enter(&self, room: RoomId, enter: Enter) {
        self.tell(RoomsCommand::Enter { room, enter });
    }

    pub(crate) fn leave(&self, room: RoomId, session: SessionId) {
        self.tell(RoomsCommand::Leave { room, session });
    }

    pub(crate) fn opened(&self, room: RoomId, incarnation: Incarnation, key: RoomKey) {
        self.tell(RoomsCommand::Opened { room, incarnation, key });
    }

    pub(crate) fn may_close(&self, room: RoomId, incarnation: Incarnation, entered: u64) {
        self.tell(RoomsCommand::MayClose { room, incarnation, entered });
    }

    pub(crate) fn store_up(&self) {
        self.tell(RoomsCommand::StoreUp);
    }

    pub(crate) fn lobby_up(&self) {
        self.tell(RoomsCommand::LobbyUp);
    }

    pub(crate) async fn living(&self) -> Result<Vec<RoomHandle>, CallError> {
        call::ask(self.slot.current(), |reply| RoomsCommand::Living { reply }).await
    }

    pub(crate) async fn count(&self) -> Result<usize, CallError> {
        call::ask(self.slot.current(), |reply| RoomsCommand::Count { reply }).await
    }

    /// A living room, as an observer sees it.
    pub(crate) async fn look(&self, room: RoomId) -> Result<Option<RoomSnapshot>, CallError> {
        match self.find(room).await? {
            Some(room) => room.look().await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.tell(RoomsCommand::Suffer(fault));
    }

    pub(crate) async fn find(&self, room: RoomId) -> Result<Option<RoomHandle>, CallError> {
        call::ask(self.slot.current(), |reply| RoomsCommand::Find { room, reply }).await
    }

    fn tell(&self, command: RoomsCommand) {
        if let Some(rooms) = self.slot.current() {
            rooms.tell(command);
        }
    }
}
