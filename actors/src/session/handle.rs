use std::time::Instant;

use greenroom_protocol::{ClientFrame, LeftReason, RoomId, RoomRow};

use super::command::SessionCommand;
use crate::address::Address;
use crate::fault::Fault;
use crate::outbox::Permit;
use crate::room::RoomHandle;

/// One session.
#[derive(Clone, Debug)]
pub struct SessionHandle(Address<SessionCommand>);

impl SessionHandle {
    pub(crate) fn new(session: Address<SessionCommand>) -> Self {
        Self(session)
    }

    /// Hands over a command that was read from the socket.
    pub fn frame(&self, frame: ClientFrame, permit: Permit) {
        self.0.tell(SessionCommand::Frame { frame, permit });
    }

    /// Says that the outbox has something for the session to see to.
    pub fn attend(&self) {
        self.0.tell(SessionCommand::Attend);
    }

    /// The socket is gone.
    pub fn end(&self) {
        self.0.stop();
    }

    pub(crate) fn start(&self) {
        self.0.tell(SessionCommand::Start);
    }

    pub(crate) fn listed(&self, rooms: Option<Vec<RoomRow>>) {
        self.0.tell(SessionCommand::Listed(rooms));
    }

    pub(crate) fn room_up(&self, room: RoomId, handle: RoomHandle) {
        self.0.tell(SessionCommand::RoomUp { room, handle });
    }

    pub(crate) fn joined(&self, room: RoomId, join: u64, handle: RoomHandle) {
        self.0.tell(SessionCommand::Joined { room, join, handle });
    }

    pub(crate) fn join_refused(&self, room: RoomId, join: u64) {
        self.0.tell(SessionCommand::JoinRefused { room, join });
    }

    pub(crate) fn put_out(&self, room: RoomId, reason: LeftReason) {
        self.0.tell(SessionCommand::PutOut { room, reason });
    }

    pub(crate) fn room_down(&self, room: RoomId, until: Instant) {
        self.0.tell(SessionCommand::RoomDown { room, until });
    }

    pub(crate) fn rooms_up(&self) {
        self.0.tell(SessionCommand::RoomsUp);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.0.tell(SessionCommand::Suffer(fault));
    }
}
