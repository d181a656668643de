//! Which rooms a session is in, and what waits for them: pure but for the handles that it passes on.

use std::collections::VecDeque;
use std::time::Instant;

use greenroom_protocol::RoomId;
use greenroom_protocol::limits::JOINED_ROOMS;

/// A session's memberships. `H` is the handle of a room, `J` a request to join, `C` a command for a room.
pub(super) struct Memberships<H, J, C> {
    /// Mostly few, so that a list is the smallest form of the map; there may be many sessions.
    rooms: Vec<(RoomId, Membership<H, J, C>)>,
    next_join: u64,
}

struct Membership<H, J, C> {
    /// The number of the last `join`; a repetition for another incarnation keeps it.
    join: u64,
    request: J,
    /// Whether it is still without an answer.
    asked: bool,
    /// The last `join` that a room has answered: what the session falls back to when a later one is refused.
    answered: Option<(u64, J)>,
    /// The incarnation that has taken the session in.
    handle: Option<H>,
    /// Commands that wait for it, in order.
    held: VecDeque<C>,
    /// The command to leave, where it waits for the last answer.
    leaving: Option<C>,
    /// Until when the room is put aside; nothing new is taken for it meanwhile.
    down_until: Option<Instant>,
}

/// What becomes of a command for a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<H, C> {
    /// This incarnation carries it out.
    To(H, C),
    /// It waits until an incarnation has taken the session in.
    Held,
    /// The room is put aside until then.
    Down(C, Instant),
    /// The session is not in that room.
    NotJoined(C),
}

/// What follows when a room has taken the session in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Welcome<J, C> {
    /// Whether this incarnation is new to the session, so that what is unanswered is replayed to it.
    pub(super) fresh: bool,
    /// A later `join`, which was handed to an incarnation that has died since, and is to be handed to this one.
    pub(super) again: Option<J>,
    /// Commands that have waited.
    pub(super) held: VecDeque<C>,
}

/// What follows when a room could not be entered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused<J, C> {
    /// Whether the session is not in the room.
    pub(super) out: bool,
    /// The earlier `join` that holds again, where no living incarnation has it.
    pub(super) again: Option<J>,
    /// Commands that have waited.
    pub(super) held: VecDeque<C>,
}

impl<H, J, C> Default for Memberships<H, J, C> {
    fn default() -> Self {
        Self { rooms: Vec::new(), next_join: 1 }
    }
}

impl<H, J, C> Membership<H, J, C> {
    fn new(join: u64, request: J) -> Self {
        let held = VecDeque::new();
        Self { join, request, asked: true, answered: None, handle: None, held, leaving: None, down_until: None }
    }

    fn is_on_the_way(&self) -> bool {
        self.asked || self.leaving.is_some()
    }
}

impl<H: Clone + PartialEq, J: Clone, C> Memberships<H, J, C> {
    /// Notes a new `join`, whose request `make` gets its number; gives back the incarnation to ask, where
    /// one is known. Nothing where the session is in too many rooms.
    pub(super) fn join(&mut self, room: &RoomId, make: impl FnOnce(u64) -> J) -> Option<(J, Option<H>)> {
        if self.rooms.len() >= JOINED_ROOMS && !self.contains(room) {
            return None;
        }
        let join = self.next_join;
        self.next_join += 1;
        let request = make(join);
        if !self.contains(room) {
            self.rooms.reserve_exact(1);
            self.rooms.push((room.clone(), Membership::new(join, request.clone())));
        }
        let membership = self.find(room)?;
        membership.join = join;
        membership.request = request.clone();
        membership.asked = true;
        Some((request, membership.handle.clone()))
    }

    /// Whether coming or going is under way: then what comes later waits, for a `join` that overtakes another
    /// one or a `leave` that overtakes either would make it void.
    pub(super) fn is_on_the_way(&self, room: &RoomId) -> bool {
        self.rooms.iter().any(|(of, membership)| of == room && membership.is_on_the_way())
    }

    pub(super) fn contains(&self, room: &RoomId) -> bool {
        self.rooms.iter().any(|(of, _)| of == room)
    }

    /// Where a command for a room goes.
    pub(super) fn route(&mut self, room: &RoomId, command: C) -> Route<H, C> {
        match self.find(room) {
            Some(Membership { down_until: Some(until), asked: false, .. }) => Route::Down(command, *until),
            Some(membership) => {
                if let Some(handle) = membership.handle.clone().filter(|_| !membership.is_on_the_way()) {
                    return Route::To(handle, command);
                }
                membership.held.push_back(command);
                Route::Held
            }
            None => Route::NotJoined(command),
        }
    }

    /// The incarnation of a room that the session is in.
    pub(super) fn handle(&self, room: &RoomId) -> Option<&H> {
        self.rooms.iter().find(|(of, _)| of == room)?.1.handle.as_ref()
    }

    /// A room has taken the session in.
    pub(super) fn joined(&mut self, room: &RoomId, join: u64, handle: H) -> Option<Welcome<J, C>> {
        let membership = self.find(room)?;
        let fresh = membership.handle.as_ref() != Some(&handle);
        if join < membership.join && fresh {
            membership.handle = Some(handle);
            let again = Some(membership.request.clone());
            return Some(Welcome { fresh, again, held: VecDeque::new() });
        }
        if join != membership.join {
            return None;
        }
        membership.handle = Some(handle);
        membership.asked = false;
        membership.down_until = None;
        membership.answered = Some((join, membership.request.clone()));
        Some(Welcome { fresh, again: None, held: std::mem::take(&mut membership.held) })
    }

    /// A room could not be entered. Where the session had been in before, it stays in, for what it has
    /// sent may be stored and must be answered.
    pub(super) fn refused(&mut self, room: &RoomId, join: u64) -> Option<Refused<J, C>> {
        let membership = self.find(room).filter(|membership| membership.join == join && membership.asked)?;
        let held = std::mem::take(&mut membership.held);
        let Some((join, request)) = membership.answered.clone() else {
            self.remove(room);
            return Some(Refused { out: true, again: None, held });
        };
        let lost = membership.handle.is_none() && membership.down_until.is_none();
        let again = lost.then(|| request.clone());
        (membership.join, membership.request, membership.asked) = (join, request, false);
        Some(Refused { out: false, again, held })
    }

    /// Keeps the command to leave until the last send is answered.
    pub(super) fn leave_later(&mut self, room: &RoomId, leave: C) {
        if let Some(membership) = self.find(room) {
            membership.leaving = Some(leave);
        }
    }

    /// The commands to leave that have waited, and can be carried out now.
    pub(super) fn leaving(&mut self) -> Vec<(RoomId, C)> {
        let mut may_leave = Vec::new();
        for (room, membership) in &mut self.rooms {
            match membership.leaving.take() {
                Some(leave) if membership.handle.is_some() => may_leave.push((room.clone(), leave)),
                // What came later stays behind it.
                Some(leave) if membership.down_until.is_none() => membership.held.push_front(leave),
                leaving => membership.leaving = leaving,
            }
        }
        may_leave
    }

    /// The session is out; gives back what has waited for the room.
    pub(super) fn leave(&mut self, room: &RoomId) -> Vec<C> {
        let membership = self.remove(room);
        membership.map(|left| left.leaving.into_iter().chain(left.held).collect()).unwrap_or_default()
    }

    /// A fresh incarnation calls: what comes from now on waits until it has taken the session in.
    pub(super) fn come_back(&mut self, room: &RoomId) -> Option<J> {
        let membership = self.find(room)?;
        membership.handle = None;
        membership.down_until = None;
        Some(membership.request.clone())
    }

    /// A room is put aside; gives back what has waited for it, and the `join` that has no answer.
    pub(super) fn put_aside(&mut self, room: &RoomId, until: Instant) -> (VecDeque<C>, Option<J>) {
        let Some(membership) = self.find(room) else { return (VecDeque::new(), None) };
        membership.handle = None;
        membership.down_until = Some(until);
        let asked = membership.asked.then(|| membership.request.clone());
        (std::mem::take(&mut membership.held), asked)
    }

    /// Until when a room is put aside, if it is.
    pub(super) fn down_until(&self, room: &RoomId) -> Option<Instant> {
        self.rooms.iter().find(|(of, _)| of == room)?.1.down_until
    }

    /// All rooms are gone: each is to be entered again.
    pub(super) fn come_back_everywhere(&mut self) -> Vec<(RoomId, J)> {
        let all = self.rooms.iter_mut().map(|(room, membership)| {
            membership.handle = None;
            membership.down_until = None;
            (room.clone(), membership.request.clone())
        });
        all.collect()
    }

    fn find(&mut self, room: &RoomId) -> Option<&mut Membership<H, J, C>> {
        self.rooms.iter_mut().find(|(of, _)| of == room).map(|(_, membership)| membership)
    }

    fn remove(&mut self, room: &RoomId) -> Option<Membership<H, J, C>> {
        let index = self.rooms.iter().position(|(of, _)| of == room)?;
        Some(self.rooms.swap_remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rooms = Memberships<&'static str, u64, &'static str>;

    fn green() -> RoomId {
        RoomId::parse("green").unwrap()
    }

    #[test]
    fn what_is_said_before_the_room_has_answered_waits_in_order() {
        let mut rooms = Rooms::default();
        assert_eq!(rooms.route(&green(), "too early"), Route::NotJoined("too early"));
        assert_eq!(rooms.join(&green(), |join| join), Some((1, None)));
        assert_eq!(rooms.route(&green(), "first"), Route::Held);
        assert_eq!(rooms.route(&green(), "second"), Route::Held);
        let welcome = rooms.joined(&green(), 1, "room").unwrap();
        assert!(welcome.fresh);
        assert_eq!(welcome.held, ["first", "second"]);
        assert_eq!(rooms.route(&green(), "third"), Route::To("room", "third"));
    }

    #[test]
    fn a_dead_room_s_successor_is_entered_with_the_same_join() {
        let mut rooms = Rooms::default();
        assert!(rooms.join(&green(), |join| join).is_some());
        assert!(rooms.joined(&green(), 1, "old").is_some());
        assert_eq!(rooms.come_back(&green()), Some(1));
        assert_eq!(rooms.route(&green(), "meanwhile"), Route::Held);
        let welcome = rooms.joined(&green(), 1, "new").unwrap();
        assert!(welcome.fresh, "what is unanswered is replayed");
        assert_eq!(welcome.held, ["meanwhile"]);
    }

    #[test]
    fn joining_again_replays_nothing() {
        let mut rooms = Rooms::default();
        assert!(rooms.join(&green(), |join| join).is_some());
        assert!(rooms.joined(&green(), 1, "room").is_some());
        assert_eq!(rooms.join(&green(), |join| join), Some((2, Some("room"))));
        assert!(rooms.is_on_the_way(&green()));
        assert_eq!(rooms.route(&green(), "leave"), Route::Held, "or the join would have no answer");
        assert_eq!(rooms.joined(&green(), 1, "room"), None, "that was the first join");
        let welcome = rooms.joined(&green(), 2, "room").unwrap();
        assert_eq!((welcome.fresh, welcome.held), (false, ["leave"].into()));
        assert!(!rooms.is_on_the_way(&green()));
    }

    #[test]
    fn a_join_that_was_handed_to_a_dead_room_is_handed_to_the_one_that_answers_an_earlier_join() {
        let mut rooms = Rooms::default();
        assert!(rooms.join(&green(), |join| join).is_some());
        assert!(rooms.joined(&green(), 1, "dead").is_some());
        assert_eq!(rooms.join(&green(), |join| join), Some((2, Some("dead"))));
        let welcome = rooms.joined(&green(), 1, "living").unwrap();
        assert_eq!((welcome.fresh, welcome.again), (true, Some(2)));
        assert_eq!(rooms.handle(&green()), Some(&"living"));
        assert!(rooms.is_on_the_way(&green()), "the second has no answer yet");
        assert!(!rooms.joined(&green(), 2, "living").unwrap().fresh);
    }

    #[test]
    fn who_is_refused_when_joining_again_is_still_in() {
        let mut rooms = Rooms::default();
        assert!(rooms.join(&green(), |join| join).is_some());
        assert_eq!(rooms.route(&green(), "waits"), Route::Held);
        let first = Refused { out: true, again: None, held: ["waits"].into() };
        assert_eq!(rooms.refused(&green(), 1).unwrap(), first, "the first time nothing binds them");
        assert!(rooms.join(&green(), |join| join).is_some());
        assert!(rooms.joined(&green(), 2, "room").is_some());
        assert!(rooms.join(&green(), |join| join).is_some());
        assert_eq!(rooms.route(&green(), "waits"), Route::Held);
        assert_eq!(rooms.refused(&green(), 3).unwrap(), Refused { out: false, again: None, held: ["waits"].into() });
        assert_eq!(rooms.refused(&green(), 3), None, "once");
        assert_eq!(rooms.route(&green(), "goes on"), Route::To("room", "goes on"));
        assert_eq!(rooms.come_back(&green()), Some(2), "and comes back as before");
        assert!(rooms.join(&green(), |join| join).is_some());
        assert_eq!(rooms.refused(&green(), 4).unwrap().again, Some(2), "by the join that holds");
    }

    #[test]
    fn a_room_that_is_put_aside_takes_nothing_until_it_is_back() {
        let mut rooms = Rooms::default();
        let until = Instant::now();
        assert!(rooms.join(&green(), |join| join).is_some());
        assert_eq!(rooms.put_aside(&green(), until), (VecDeque::new(), Some(1)), "the join is to be answered");
        assert!(rooms.joined(&green(), 1, "room").is_some());
        assert_eq!(rooms.come_back(&green()), Some(1));
        assert_eq!(rooms.route(&green(), "waits"), Route::Held);
        assert_eq!(rooms.put_aside(&green(), until), (["waits"].into(), None));
        assert_eq!(rooms.route(&green(), "meanwhile"), Route::Down("meanwhile", until));
        assert_eq!(rooms.come_back(&green()), Some(1));
        assert_eq!(rooms.route(&green(), "soon"), Route::Held);
    }

    #[test]
    fn one_socket_joins_so_many_rooms_and_no_more() {
        let mut rooms = Rooms::default();
        for n in 0..JOINED_ROOMS {
            assert!(rooms.join(&RoomId::parse(&format!("r{n}")).unwrap(), |join| join).is_some());
        }
        assert_eq!(rooms.join(&green(), |join| join), None);
        assert!(rooms.join(&RoomId::parse("r0").unwrap(), |join| join).is_some(), "again is no more");
    }
}
