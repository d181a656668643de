//! A room's state as it can be written down, and be made again of what was written.

use std::time::Instant;

use greenroom_protocol::{SessionId, User};
use greenroom_storage::{Cursor, Head, Incarnation, LogEvent, Room, Ticket};
use serde::{Deserialize, Serialize};

use super::cursors::Cursors;
use super::{RoomState, Seat, Undecided};
use crate::directory::Person;

/// A room's state at some moment. Who types, and which windows are open, is not in it: both pass within seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    room: Room,
    incarnation: Incarnation,
    head: Head,
    newest: Vec<LogEvent>,
    cursors: Vec<(User, Cursor)>,
    all_cursors: bool,
    seats: Vec<(SessionId, Seat)>,
    put_out: Vec<(SessionId, Person)>,
    undecided: Vec<(Ticket, Undecided)>,
    next_ticket: u64,
}

impl Standing {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// How many sessions sit there.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Where its log ends.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }
}

impl RoomState {
    /// The state as it can be written down.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let (cursors, all_cursors) = self.cursors.standing();
        Standing {
            room: (*self.room).clone(),
            incarnation: self.incarnation,
            head: self.head,
            newest: self.recent.standing(),
            cursors,
            all_cursors,
            seats: self.seats.iter().map(|(session, seat)| (*session, seat.clone())).collect(),
            put_out: self.put_out.iter().map(|(session, person)| (*session, person.clone())).collect(),
            undecided: self.undecided.iter().map(|(ticket, undecided)| (*ticket, undecided.clone())).collect(),
            next_ticket: self.next_ticket,
        }
    }

    /// The state that was written down.
    #[must_use]
    pub fn stood(standing: Standing, now: Instant) -> Self {
        let Standing { room, incarnation, head, newest, cursors, all_cursors, seats, put_out, undecided, next_ticket } =
            standing;
        let mut state = Self::new(room.into(), incarnation, head, newest, Vec::new(), now);
        state.cursors = Cursors::stood(cursors, all_cursors);
        for (session, seat) in seats {
            state.keep_seat(session, seat.person.clone());
            state.seats.insert(session, seat);
        }
        state.put_out = put_out.into_iter().collect();
        state.undecided = undecided.into_iter().collect();
        state.next_ticket = next_ticket;
        state
    }
}
