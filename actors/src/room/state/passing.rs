//! What passes: who types, how far people have got, who came and went, gathered for a moment before it is told.

use std::time::Instant;

use greenroom_protocol::limits::{GATHER, LARGE_ROOM};
use greenroom_protocol::{Presence, Seq, SessionId, User, UserId};
use greenroom_storage::Cursor;

use super::RoomState;
use crate::directory::Person;

/// What a window has gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Who came and who went.
    pub presence: Option<Presence>,
    /// Cursors to store, and then to tell.
    pub moves: Vec<(Person, Seq, Seq)>,
    /// Whether the lobby should hear of the room.
    pub changed: bool,
    /// Cursors of those who said something.
    pub said: Vec<(UserId, Cursor)>,
}

impl RoomState {
    /// Somebody types, or no longer does; says who, where others should hear of it.
    pub fn typing(&mut self, session: SessionId, on: bool, now: Instant) -> Option<User> {
        let user = &self.seats.get(&session)?.person.user;
        let news = if on { self.typists.start(user, now) } else { self.typists.stop(user.id) };
        news.then(|| user.clone())
    }

    /// Moves a person's cursors forward, to be stored and told when the window ends.
    pub fn move_cursor(&mut self, session: SessionId, delivered: Seq, read: Seq, now: Instant) {
        let Some(seat) = self.seats.get(&session) else { return };
        let head = self.head.seq;
        if self.cursors.move_to(&seat.person, delivered.min(head), read.min(head)) {
            self.gather(now);
        }
    }

    /// Ends the window, if it is over: what it gathered is to be told.
    pub fn gathered(&mut self, now: Instant) -> Option<Gathered> {
        let is_over = |at: &mut Instant| *at <= now;
        let (tells, has_news) = (self.presence.end(now), self.news.is_due(now));
        if self.gather_at.take_if(is_over).is_none() && !tells && !has_news {
            return None;
        }
        let changes = if tells { self.online.changes() } else { None };
        let presence = changes.map(|(joined, left)| {
            let large = self.online.len() > LARGE_ROOM;
            let told = |users| if large { Vec::new() } else { users };
            let online_count = self.online.len();
            Presence { room: self.room.id.clone(), online_count, joined: told(joined), left: told(left) }
        });
        let changed = has_news || presence.is_some();
        if changed {
            self.news.told(now);
        }
        let said = if changed { self.cursors.said_since() } else { Vec::new() };
        Some(Gathered { presence, moves: self.cursors.moved(), changed, said })
    }

    /// Cursors could not be stored: try again with the next window.
    pub fn retry_moves(&mut self, moves: Vec<(Person, Seq, Seq)>, now: Instant) {
        for (person, delivered, read) in moves {
            self.cursors.again(person, delivered, read);
        }
        self.gather(now);
    }

    /// The lobby has lost what it knew.
    pub fn tell_lobby(&mut self, now: Instant) {
        self.news.begin_again(now);
    }

    /// Whether a message from here is worth a receipt to each.
    #[must_use]
    pub fn tells_receipts(&self) -> bool {
        self.online.len() <= LARGE_ROOM
    }

    /// People whose typing has ended by itself.
    pub fn fallen_silent(&mut self, now: Instant) -> Vec<User> {
        self.typists.expire(now)
    }

    pub(super) fn gather(&mut self, now: Instant) {
        self.gather_at.get_or_insert(now + GATHER);
    }

    pub(super) fn gather_presence(&mut self, now: Instant) {
        self.presence.open(self.online.len(), now);
    }
}
