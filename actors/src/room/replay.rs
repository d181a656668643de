//! A room's rules, told again what a room was told: no actor, no clock, no store.

use std::time::{Duration, Instant};

use greenroom_protocol::Timestamp;
use greenroom_storage::PageFrom;

use super::leaving::out_with;
use super::state::{Post, RoomState, Standpoint};
use super::tape::{Input, Taped, TapedStep};

/// A room's state that is told again what it was told.
#[derive(Debug)]
pub struct Replay {
    state: RoomState,
    began: Instant,
}

impl Replay {
    /// The state as it was before the first step.
    #[must_use]
    pub fn of(taped: &Taped) -> Self {
        let began = Instant::now();
        Self { state: RoomState::stood(taped.standing.clone(), began), began }
    }

    /// Tells it one thing. Where the rules have a defect, it panics as the room did.
    pub fn step(&mut self, step: &TapedStep) {
        let now = self.began + Duration::from_secs_f64(step.ms.max(0.0) / 1e3);
        self.take(&step.input, now, step.at);
    }

    /// The state as it is now.
    #[must_use]
    pub fn state(&self) -> &RoomState {
        &self.state
    }

    fn take(&mut self, input: &Input, now: Instant, at: Timestamp) {
        let state = &mut self.state;
        match input.clone() {
            Input::Join { session, person, join, since, epoch, limit, cursor, sat } => {
                let plan = state.plan_join(&Standpoint { since, epoch, limit });
                if let Some(cursor) = cursor {
                    state.know_cursor(&person.user, cursor);
                }
                let events = plan.events.unwrap_or_default();
                let _looked_up = (state.has_more(plan.from, &events), state.cursor(person.user.id), state.receipts());
                if sat != Some(false) {
                    state.sit(session, person, join, now);
                }
                let _missed = (since.and_then(|since| state.missed(since)), state.online());
            }
            Input::History { before, after, limit } => {
                let from = match (before, after) {
                    (Some(before), _) => PageFrom::Before(before),
                    (None, Some(after)) => PageFrom::After(after),
                    (None, None) => PageFrom::Newest,
                };
                let _more = state.page(from, limit).map(|events| state.has_more(from, &events));
            }
            Input::Leave { session } => drop(state.stand_up(session, now)),
            Input::Post { session, number, id, body, reply_to } => {
                let _taken = state.post(session, Post { number, id, body, reply_to }, at, false);
            }
            Input::VisitorPost { person, id, body, reply_to } => {
                let _taken = state.visitor_post(person, (id, body, reply_to), at, false);
            }
            Input::Typing { session, on } => drop(state.typing(session, on, now)),
            Input::MoveCursor { session, delivered, read } => state.move_cursor(session, delivered, read, now),
            Input::CursorsMoved { moved } => {
                moved.iter().for_each(|(user, cursor)| state.know_cursor(user, *cursor));
                let _told = state.tells_receipts();
            }
            Input::CursorsKept { moves } => state.retry_moves(moves, now),
            Input::Committed { events, settled, gone, deleted } => {
                let out: Vec<_> = events.iter().filter_map(out_with).collect();
                let _announced = state.announced(events, settled, now);
                let out: Vec<_> = out.into_iter().flat_map(|user| state.sessions_of(user)).collect();
                for session in out {
                    self.put_out(session, now);
                }
                if let Some(gone) = gone {
                    self.state.trimmed(gone, now);
                }
                if deleted {
                    self.state.sessions().into_iter().for_each(|session| self.put_out(session, now));
                }
            }
            Input::Erased { user } => state.erased(user),
            Input::HoleRead { events } => drop(state.announced(events, Vec::new(), now)),
            Input::LobbyUp => state.tell_lobby(now),
            Input::Tick => {
                let _silent = state.fallen_silent(now);
                let _gathered = state.gathered(now);
                if state.is_idle(now) {
                    state.stay(now);
                }
            }
            Input::Nothing => {}
            Input::Laboratory { over, .. } => {
                if let Some(over) = over {
                    self.take(&over, now, at);
                }
            }
        }
    }

    fn put_out(&mut self, session: greenroom_protocol::SessionId, now: Instant) {
        if let Some(person) = self.state.person(session).cloned() {
            self.state.put_out(session, person, now);
        }
    }
}
