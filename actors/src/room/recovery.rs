//! What a room that comes back after a crash tells the observatory.

use greenroom_protocol::SessionId;
use greenroom_storage::Ticket;

use super::actor::RoomShell;
use super::command::JoinRequest;
use super::opening::Opening;
use super::returning::{Passed, Returning};
use super::state::RoomState;
use crate::census::ActorName;
use crate::observatory::What;

impl RoomShell {
    /// The room is open. Where somebody wants to know when all is as before, it is followed up.
    pub(super) fn comes_back(&self, state: &RoomState, opening: &Opening) -> Option<Box<Returning>> {
        let observatory = &self.directory.observatory;
        if !observatory.follows(&self.id) {
            return None;
        }
        let seated = self.directory.roster(&self.id).into_iter().map(|(session, _)| session);
        let (events, took) = (state.recent_count(), self.myself.vitals().age());
        let waiting = opening.waiting.len();
        let text =
            format!("{events} events read in {:.1} ms; {waiting} commands waited for it", took.as_secs_f64() * 1e3);
        observatory.restored(&ActorName::Room(self.id.clone()), text, events as u64, took);
        Some(Box::new(Returning::new(seated)))
    }

    /// Somebody who was here is back, and says again what was unanswered.
    pub(super) fn is_back(&mut self, join: &JoinRequest) {
        let id = self.id.clone();
        if let Some(returning) = &mut self.open_room().returning {
            returning.back(join.session, join.outbox.unanswered(&id).len());
        }
    }

    pub(super) fn says_again(&mut self, session: SessionId, ticket: Option<Ticket>) {
        if let Some(returning) = &mut self.open_room().returning {
            returning.says(session, ticket);
        }
    }

    /// Tells what has come to pass with the command that was handled just now.
    pub(super) fn tell_recovery(&mut self) {
        let Some(open) = self.opened_room() else { return };
        let Some(returning) = &mut open.returning else { return };
        let mut passed = Vec::new();
        let undecided = open.state.first_undecided();
        while let Some(next) = returning.passed(undecided) {
            passed.push(next);
            if matches!(next, Passed::Over { .. }) {
                open.returning = None;
                break;
            }
        }
        for passed in passed {
            self.tell_passed(passed);
        }
    }

    fn tell_passed(&self, passed: Passed) {
        let observatory = &self.directory.observatory;
        match passed {
            Passed::First => {
                let text = "the first command of somebody is handled".to_owned();
                observatory.in_room(&self.id, What::FirstHandled, text, &[]);
            }
            Passed::AllBack { sessions } => {
                let text = if sessions == 1 {
                    "the session that sat there is back".to_owned()
                } else {
                    format!("all {sessions} sessions are back")
                };
                observatory.in_room(&self.id, What::CameBack, text, &[("sessions", sessions.into())]);
            }
            Passed::Over { replayed } => {
                let text = match replayed {
                    0 => "nothing was unanswered, so nothing is said again".to_owned(),
                    1 => "1 command said again, and settled".to_owned(),
                    _ => format!("{replayed} commands said again, and all settled"),
                };
                observatory.in_room(&self.id, What::Replayed, text, &[("commands", replayed.into())]);
                observatory.caught_up(&self.id, replayed);
            }
        }
    }
}
