use std::time::Instant;

use greenroom_protocol::{ClientFrame, Command, LeftReason, RoomId, RoomRow, SessionId, User};

use crate::fault::Fault;
use crate::ledger::SessionLedger;
use crate::observatory::kinds;
use crate::outbox::Permit;
use crate::room::RoomHandle;

/// What a session may do, as the server is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Whether joining a group room that does not exist makes it.
    pub room_creation: bool,
}

/// What a session is asked.
pub(crate) enum SessionCommand {
    /// The supervisor has put it on the list of the living: it may greet.
    Start,
    /// The lobby has given the person's list of rooms; nothing where it can't.
    Listed(Option<Vec<RoomRow>>),
    /// The edge has read a command from the socket.
    Frame { frame: ClientFrame, permit: Permit },
    /// The outbox has something to see to: rooms have more for this socket, or one may be left now.
    Attend,
    /// A fresh incarnation of a room calls its people back.
    RoomUp { room: RoomId, handle: RoomHandle },
    /// A room has taken the session in.
    Joined { room: RoomId, join: u64, handle: RoomHandle },
    /// A room could not be entered; the client has been told.
    JoinRefused { room: RoomId, join: u64 },
    /// The session is out of a room: its person may no longer be there, or the room is no more. The client is told.
    PutOut { room: RoomId, reason: LeftReason },
    /// A room keeps failing and is put aside until then.
    RoomDown { room: RoomId, until: Instant },
    /// A fresh supervisor of rooms is up: all rooms are to be entered again.
    RoomsUp,
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

/// A session as an observer sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SessionSnapshot {
    /// Which.
    pub session: SessionId,
    /// Whose.
    pub user: User,
    /// The rooms that it wants to be in.
    pub rooms: Vec<RoomId>,
    /// Bytes of events and replies that wait for its socket.
    pub waiting_bytes: usize,
    /// What became of what its client said, and of what is to be written to it.
    pub ledger: SessionLedger,
}

kinds!(SessionCommand, measured = false {
    start = Self::Start,
    listed = Self::Listed(_),
    frame [said_in(frame)] = Self::Frame { frame, .. },
    attend = Self::Attend,
    room_up = Self::RoomUp { .. },
    joined = Self::Joined { .. },
    join_refused = Self::JoinRefused { .. },
    put_out = Self::PutOut { .. },
    room_down = Self::RoomDown { .. },
    rooms_up = Self::RoomsUp,
    suffer = Self::Suffer(_),
});

/// Bytes that somebody says with it.
fn said_in(frame: &ClientFrame) -> usize {
    if let Command::Send(send) = &frame.command { send.body.as_str().len() } else { 0 }
}
