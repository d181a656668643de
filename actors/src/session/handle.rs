use std::time::Instant;

use greenroom_protocol::{ClientFrame, LeftReason, RoomId, RoomRow, SessionId};

use super::command::SessionCommand;
use crate::address::Address;
use crate::fault::Fault;
use crate::outbox::Permit;
use crate::room::RoomHandle;

/// One session.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    session: Address<SessionCommand>,
    id: SessionId,
}

impl SessionHandle {
    pub(crate) fn new(id: SessionId, session: Address<SessionCommand>) -> Self {
        Self { session, id }
    }

    /// Which session it is.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Hands over a command that was read from the socket.
    pub fn frame(&self, frame: ClientFrame, permit: Permit) {
        self.session.tell(SessionCommand::Frame { frame, permit });
    }

    /// Says that the outbox has something for the session to see to.
    pub fn attend(&self) {
        self.session.tell(SessionCommand::Attend);
    }

    /// The socket is gone.
    pub fn end(&self) {
        self.session.stop();
    }

    pub(crate) fn start(&self) {
        self.session.tell(SessionCommand::Start);
    }

    pub(crate) fn listed(&self, rooms: Option<Vec<RoomRow>>) {
        self.session.tell(SessionCommand::Listed(rooms));
    }

    pub(crate) fn room_up(&self, room: RoomId, handle: RoomHandle) {
        self.session.tell(SessionCommand::RoomUp { room, handle });
    }

    pub(crate) fn joined(&self, room: RoomId, join: u64, handle: RoomHandle) {
        self.session.tell(SessionCommand::Joined { room, join, handle });
    }

    pub(crate) fn join_refused(&self, room: RoomId, join: u64) {
        self.session.tell(SessionCommand::JoinRefused { room, join });
    }

    pub(crate) fn put_out(&self, room: RoomId, reason: LeftReason) {
        self.session.tell(SessionCommand::PutOut { room, reason });
    }

    pub(crate) fn room_down(&self, room: RoomId, until: Instant) {
        self.session.tell(SessionCommand::RoomDown { room, until });
    }

    pub(crate) fn rooms_up(&self) {
        self.session.tell(SessionCommand::RoomsUp);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.session.tell(SessionCommand::Suffer(fault));
    }
}
