use greenroom_protocol::{ClientFrame, RoomId};
use ractor::ActorRef;

use super::command::SessionCommand;
use crate::call;
use crate::outbox::Permit;
use crate::room::RoomHandle;

/// One session.
#[derive(Clone, Debug)]
pub struct SessionHandle(ActorRef<SessionCommand>);

impl SessionHandle {
    pub(crate) fn new(session: ActorRef<SessionCommand>) -> Self {
        Self(session)
    }

    /// Hands over a command that was read from the socket.
    pub fn frame(&self, frame: ClientFrame, permit: Permit) {
        call::tell(&self.0, SessionCommand::Frame { frame, permit });
    }

    /// Says that the outbox has something for the session to see to.
    pub fn attend(&self) {
        call::tell(&self.0, SessionCommand::Attend);
    }

    /// The socket is gone.
    pub fn end(&self) {
        self.0.stop(None);
    }

    pub(crate) fn start(&self) {
        call::tell(&self.0, SessionCommand::Start);
    }

    pub(crate) fn room_up(&self, room: RoomId, handle: RoomHandle) {
        call::tell(&self.0, SessionCommand::RoomUp { room, handle });
    }

    pub(crate) fn joined(&self, room: RoomId, join: u64, handle: RoomHandle) {
        call::tell(&self.0, SessionCommand::Joined { room, join, handle });
    }

    pub(crate) fn join_refused(&self, room: RoomId, join: u64) {
        call::tell(&self.0, SessionCommand::JoinRefused { room, join });
    }

    pub(crate) fn rooms_up(&self) {
        call::tell(&self.0, SessionCommand::RoomsUp);
    }

    pub(crate) fn crash(&self) {
        call::tell(&self.0, SessionCommand::Crash);
    }
}
