//! Leaving a room, and being put out of it.
//!
//! The log says who is put out, and that is a barrier: what stands before it in the log is handed to everybody,
//! then the stream of whoever is out is ended under the lock of their outbox, and only then is the rest handed on.

use std::sync::Arc;

use greenroom_protocol::{
    EncodedFrame, ErrorCode, Event, Left, LeftReason, MemberChange, Role, RoomId, ServerFrame, SessionId, UserId,
};
use greenroom_storage::{LogEvent, Sight};

use super::actor::{RoomShell, now};
use super::command::JoinRequest;
use crate::directory::{LivingSession, Person};
use crate::outbox::{Outbox, Refusal};
use crate::session::SessionHandle;

impl RoomShell {
    pub(super) fn leave(&mut self, session: SessionId) {
        let open = self.open_room();
        if let Some(returning) = &mut open.returning {
            returning.gone(session);
        }
        open.fan_out.remove(session);
        if let Some(user) = open.state.stand_up(session, now()) {
            self.tell_typing(&user, false);
        }
    }

    /// Whether somebody may be here, as of this moment.
    pub(super) fn admits(&mut self, person: &Person) -> bool {
        let key = self.open_room().state.room().key;
        self.directory.admits(key, person.user.id)
    }

    pub(super) fn role(&self, person: &Person) -> Option<Role> {
        match self.directory.look(&self.id, Some(person.user.id)) {
            Sight::Open(place) => place.role,
            Sight::Nothing | Sight::Deleted | Sight::Hidden => None,
        }
    }

    /// All sessions of a person are out.
    pub(super) fn put_out_person(&mut self, user: UserId) {
        for session in self.open_room().state.sessions_of(user) {
            self.put_out(session, LeftReason::Removed);
        }
    }

    /// The room is no more.
    pub(super) fn put_everybody_out(&mut self) {
        for session in self.open_room().state.sessions() {
            self.put_out(session, LeftReason::Deleted);
        }
    }

    fn put_out(&mut self, session: SessionId, reason: LeftReason) {
        let id = self.id.clone();
        if let Some(LivingSession { handle, person, outbox, .. }) = self.directory.session(session) {
            say_out(&handle, &outbox, &id, reason);
            let open = self.open_room();
            open.fan_out.remove(session);
            if let Some(user) = open.state.put_out(session, person, now()) {
                self.tell_typing(&user, false);
            }
        } else {
            self.leave(session);
        }
    }

    /// A session comes back that is out by now: it is told so, and what it said before is answered.
    pub(super) fn put_out_and_answer(&mut self, join: &JoinRequest) {
        if !self.directory.is_seated(&self.id, join.session) {
            return;
        }
        let open = self.open_room();
        open.fan_out.remove(join.session);
        open.state.put_out(join.session, join.person.clone(), now());
        say_out(&join.handle, &join.outbox, &self.id, LeftReason::Removed);
        self.welcome(join);
    }
}

/// The session is told first: whatever its client says once it knows comes behind that.
pub(super) fn say_out(session: &SessionHandle, outbox: &Arc<Outbox>, room: &RoomId, reason: LeftReason) {
    session.put_out(room.clone(), reason);
    outbox.put_out(room, || left(room, reason));
}

/// The last word of a room's stream.
pub(crate) fn left(room: &RoomId, reason: LeftReason) -> EncodedFrame {
    EncodedFrame::new(&ServerFrame::Left(Left { reference: None, room: room.clone(), reason: Some(reason) }))
}

/// What is said of a room that is not there, and of one that one may not know of.
pub(crate) fn no_such_room(room: &RoomId) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("there is no room {room}"))
}

/// Who is out with this event.
pub(crate) fn out_with(event: &LogEvent) -> Option<UserId> {
    let Event::Member(member) = &event.event else { return None };
    match member.change {
        MemberChange::Left | MemberChange::Removed => Some(member.user.id),
        MemberChange::Joined | MemberChange::Added | MemberChange::Role => None,
    }
}
