//! Which rooms live: pure but for the handles that it passes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::RoomId;
use greenroom_storage::{Incarnation, RoomKey};

use crate::room::Casebook;
use crate::supervision::Record;

/// Which rooms live. `H` is the handle of a room, `E` what enters it.
pub(super) struct RoomsState<H, E> {
    children: HashMap<RoomId, Child<H, E>>,
}

pub(super) struct Child<H, E> {
    pub(super) incarnation: Incarnation,
    pub(super) key: Option<RoomKey>,
    pub(super) record: Record,
    /// What its incarnations have in hand, over all its lives.
    pub(super) casebook: Arc<Casebook>,
    life: Life<H>,
    /// How many were let in to this incarnation.
    entered: u64,
    /// Those who wait for the next one.
    waiting: Vec<E>,
}

enum Life<H> {
    Alive(H),
    /// Nobody needs it, and it was told to end.
    Closing(H),
    /// It failed, and comes back.
    Restarting,
    /// It failed, and nobody wants to be there. What it has failed over, and how often, is kept for a while: whoever posts
    /// there without sitting there would else start it anew each time.
    Resting,
    /// It failed too often.
    Quarantined {
        until: Instant,
    },
}

/// What is to be done with somebody who enters.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way<E> {
    /// They wait, or were let in.
    Settled,
    /// The room is to be started, then they are let in.
    Start(E),
    /// The room is quarantined for this while.
    Refused(E, Duration),
}

impl<H, E> Default for RoomsState<H, E> {
    fn default() -> Self {
        Self { children: HashMap::new() }
    }
}

impl<H: Clone, E> RoomsState<H, E> {
    /// Lets somebody in: counted, so that the room is not closed while they are on the way.
    pub(super) fn enter(&mut self, room: &RoomId, enter: E, now: Instant, pass: impl FnOnce(&H, E)) -> Way<E> {
        let Some(child) = self.children.get_mut(room) else { return Way::Start(enter) };
        match &child.life {
            Life::Alive(handle) => {
                child.entered += 1;
                pass(handle, enter);
                Way::Settled
            }
            Life::Closing(_) | Life::Restarting => {
                child.waiting.push(enter);
                Way::Settled
            }
            Life::Quarantined { until } if *until > now => Way::Refused(enter, until.duration_since(now)),
            Life::Quarantined { .. } | Life::Resting => Way::Start(enter),
        }
    }

    /// An incarnation was started; gives back those who have waited for it. Each is to enter again.
    pub(super) fn started(
        &mut self,
        room: &RoomId,
        incarnation: Incarnation,
        handle: H,
        casebook: Arc<Casebook>,
    ) -> Vec<E> {
        let child = self.children.entry(room.clone());
        let child = child.or_insert_with(|| Child {
            incarnation,
            key: None,
            record: Record::default(),
            casebook,
            life: Life::Restarting,
            entered: 0,
            waiting: Vec::new(),
        });
        child.incarnation = incarnation;
        child.life = Life::Alive(handle);
        child.entered = 0;
        std::mem::take(&mut child.waiting)
    }

    /// Whether a room may end: it is this incarnation that asks, and nobody is on the way to it.
    pub(super) fn may_close(&mut self, room: &RoomId, incarnation: Incarnation, entered: u64) -> Option<H> {
        let child = self.children.get_mut(room)?;
        let Life::Alive(handle) = &child.life else { return None };
        if child.incarnation != incarnation || child.entered != entered {
            return None;
        }
        let handle = handle.clone();
        child.life = Life::Closing(handle.clone());
        Some(handle)
    }

    /// The casebook of a room, kept over its lives.
    pub(super) fn casebook(&self, room: &RoomId) -> Arc<Casebook> {
        self.children.get(room).map(|child| Arc::clone(&child.casebook)).unwrap_or_default()
    }

    pub(super) fn child(&mut self, room: &RoomId) -> Option<&mut Child<H, E>> {
        self.children.get_mut(room)
    }

    /// The living incarnation, or the closing one.
    pub(super) fn handle(&self, room: &RoomId) -> Option<&H> {
        match &self.children.get(room)?.life {
            Life::Alive(handle) | Life::Closing(handle) => Some(handle),
            Life::Restarting | Life::Resting | Life::Quarantined { .. } => None,
        }
    }

    pub(super) fn handles(&self) -> impl Iterator<Item = &H> {
        self.children.keys().filter_map(|room| self.handle(room))
    }

    pub(super) fn len(&self) -> usize {
        self.handles().count()
    }

    /// The incarnation has ended, and the room is to come back.
    pub(super) fn restarting(&mut self, room: &RoomId) {
        if let Some(child) = self.children.get_mut(room) {
            child.life = Life::Restarting;
        }
    }

    /// The room has failed too often; gives back those who have waited.
    pub(super) fn quarantine(&mut self, room: &RoomId, until: Instant) -> Vec<E> {
        let Some(child) = self.children.get_mut(room) else { return Vec::new() };
        child.life = Life::Quarantined { until };
        std::mem::take(&mut child.waiting)
    }

    /// The room has failed, and nobody wants to be there; gives back those who have waited.
    pub(super) fn rest(&mut self, room: &RoomId) -> Vec<E> {
        let Some(child) = self.children.get_mut(room) else { return Vec::new() };
        child.life = Life::Resting;
        std::mem::take(&mut child.waiting)
    }

    /// Nothing that the room has done counts any more, unless it has lived again since this incarnation.
    pub(super) fn rested(&mut self, room: &RoomId, incarnation: Incarnation) {
        let still = |child: &Child<H, E>| matches!(child.life, Life::Resting) && child.incarnation == incarnation;
        if self.children.get(room).is_some_and(still) {
            self.children.remove(room);
        }
    }

    /// The room has ended for good; gives back those who have waited.
    pub(super) fn forget(&mut self, room: &RoomId) -> Vec<E> {
        self.children.remove(room).map(|child| child.waiting).unwrap_or_default()
    }

    pub(super) fn is_restarting(&self, room: &RoomId) -> bool {
        self.children.get(room).is_some_and(|child| matches!(child.life, Life::Restarting | Life::Quarantined { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rooms = RoomsState<&'static str, u32>;

    fn green() -> RoomId {
        RoomId::parse("green").unwrap()
    }

    #[test]
    fn a_room_is_not_closed_while_somebody_is_on_the_way_to_it() {
        let (mut rooms, now) = (Rooms::default(), Instant::now());
        assert_eq!(rooms.enter(&green(), 1, now, |_, _| ()), Way::Start(1));
        assert!(rooms.started(&green(), Incarnation(7), "seven", Arc::default()).is_empty());
        assert_eq!(rooms.enter(&green(), 1, now, |_, _| ()), Way::Settled);
        assert_eq!(rooms.may_close(&green(), Incarnation(7), 0), None, "one is on the way");
        assert_eq!(rooms.may_close(&green(), Incarnation(6), 1), None, "an earlier life has no say");
        assert_eq!(rooms.may_close(&green(), Incarnation(7), 1), Some("seven"));
    }

    #[test]
    fn whoever_enters_while_a_room_closes_is_let_into_the_next() {
        let (mut rooms, now) = (Rooms::default(), Instant::now());
        rooms.started(&green(), Incarnation(1), "one", Arc::default());
        assert!(rooms.may_close(&green(), Incarnation(1), 0).is_some());
        assert_eq!(rooms.enter(&green(), 5, now, |_, _| panic!("it is closing")), Way::Settled);
        assert_eq!(rooms.forget(&green()), [5]);
    }

    #[test]
    fn what_a_room_has_failed_over_is_known_when_the_next_one_comes() {
        let (mut rooms, now, casebook) = (Rooms::default(), Instant::now(), Arc::<Casebook>::default());
        rooms.started(&green(), Incarnation(1), "one", Arc::clone(&casebook));
        assert!(rooms.rest(&green()).is_empty());
        assert_eq!((rooms.handle(&green()), rooms.len()), (None, 0));
        assert_eq!(rooms.enter(&green(), 5, now, |_, _| panic!("it is dead")), Way::Start(5));
        assert!(Arc::ptr_eq(&rooms.casebook(&green()), &casebook));
        rooms.started(&green(), Incarnation(2), "two", Arc::clone(&casebook));
        rooms.rested(&green(), Incarnation(1));
        assert_eq!(rooms.handle(&green()), Some(&"two"), "it lives again");
        rooms.rest(&green());
        rooms.rested(&green(), Incarnation(2));
        assert!(rooms.child(&green()).is_none());
    }

    #[test]
    fn a_quarantined_room_refuses_until_its_time_is_over() {
        let (mut rooms, now) = (Rooms::default(), Instant::now());
        rooms.started(&green(), Incarnation(1), "one", Arc::default());
        let until = now + Duration::from_secs(60);
        assert!(rooms.quarantine(&green(), until).is_empty());
        assert_eq!(rooms.enter(&green(), 5, now, |_, _| ()), Way::Refused(5, Duration::from_secs(60)));
        assert_eq!(rooms.enter(&green(), 5, until, |_, _| ()), Way::Start(5));
    }
}
