//! Some of those who sit in a room, and what they are owed: the fast lane from the log's announcement into their outboxes.
//!
//! A room sees to its first thousand itself; each relay has such a slice of the others.

use std::ops::Range;
use std::sync::Arc;

use greenroom_protocol::{CloseCode, EncodedFrame, Presence, RoomId, Seq, SessionId};
use greenroom_storage::fault_point;

use super::command::Arrival;
use crate::by_id::{ById, ListById};
use crate::ledger::Deliveries;
use crate::outbox::{Batch, Offered, Outbox, PassingKey, PastPage, Settlement, Subscription};

/// What became of sends, by whose they are.
pub(crate) type Settlements = ById<SessionId, Vec<Settlement>>;

/// Some of those who sit in a room.
pub(crate) struct Slice {
    room: RoomId,
    subscribers: ListById<SessionId, Subscriber>,
    /// What came and went; what is pending is looked up.
    counts: Deliveries,
}

struct Subscriber {
    outbox: Arc<Outbox>,
    subscription: Subscription,
    /// Events that it is owed and was not given yet.
    outstanding: i64,
}

impl Slice {
    pub(crate) fn new(room: RoomId) -> Self {
        Self { room, subscribers: ListById::default(), counts: Deliveries::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.subscribers.len()
    }

    /// From now on it is owed what comes, and the events that it misses up to now.
    pub(crate) fn add(&mut self, session: SessionId, arrival: Arrival) {
        let Arrival { outbox, subscription, misses, missed } = arrival;
        self.counts.owed += misses;
        let mut subscriber = Subscriber { outbox, subscription, outstanding: misses.cast_signed() };
        if let Some(missed) = missed {
            let offered = subscriber.outbox.offer(&self.room, subscription, &missed, &[]);
            subscriber.outstanding -= offered.taken.cast_signed();
            self.counts.handed_over += offered.taken;
        }
        if let Some(before) = self.subscribers.insert(session, subscriber) {
            self.give_up(&before);
        }
    }

    pub(crate) fn remove(&mut self, session: SessionId) {
        if let Some(gone) = self.subscribers.swap_remove(&session) {
            self.give_up(&gone);
        }
    }

    /// What it was not given will not come from here.
    fn give_up(&mut self, gone: &Subscriber) {
        let closed = gone.outbox.closed().is_some();
        let reason = if closed { &mut self.counts.dropped.closed } else { &mut self.counts.dropped.left };
        *reason = reason.wrapping_add_signed(gone.outstanding);
    }

    pub(crate) fn outbox(&self, session: SessionId) -> Option<&Arc<Outbox>> {
        self.subscribers.get(&session).map(|subscriber| &subscriber.outbox)
    }

    /// What became of what was owed. What is pending is what is left: cheap, and no proof.
    pub(crate) fn deliveries(&self) -> Deliveries {
        Deliveries { pending: u64::try_from(self.counts.outstanding()).unwrap_or(0), ..self.counts }
    }

    /// The same, with what is pending looked up in each outbox: this balances only where nothing was lost
    /// or doubled.
    pub(crate) fn audit(&self, head: Seq) -> Deliveries {
        let mut audited = self.counts;
        for Subscriber { outbox, subscription, outstanding } in self.subscribers.values() {
            match outbox.pending(&self.room, *subscription, head) {
                Some(pending) => audited.pending += pending,
                None => audited.dropped.closed = audited.dropped.closed.wrapping_add_signed(*outstanding),
            }
        }
        audited
    }

    /// All of them.
    pub(crate) fn everybody(&self) -> Range<usize> {
        0..self.subscribers.len()
    }

    /// Offers a batch to the outbox of each in a part of the slice, and settles sends in the same offer as the sender's
    /// own copy.
    pub(crate) fn announce(&mut self, to: Range<usize>, batch: &Arc<Batch>, settlements: &mut Settlements) {
        let events = batch.len();
        for (session, subscriber) in self.subscribers.get_range_mut(to).into_iter().flatten() {
            fault_point::pass("room.fan_out");
            let settled = settlements.remove(session).unwrap_or_default();
            let offered = subscriber.outbox.offer(&self.room, subscriber.subscription, batch, &settled);
            let Offered { taken, had } = offered;
            let owed = events - had;
            subscriber.outstanding += owed.cast_signed() - taken.cast_signed();
            self.counts.owed += owed;
            self.counts.handed_over += taken;
        }
    }

    /// Settles sends with which nothing new comes. Those of others who do not sit here are left.
    pub(crate) fn settle(&self, settlements: &mut Settlements) {
        settlements.retain(|session, settled| {
            let here = self.subscribers.get(session);
            here.inspect(|subscriber| subscriber.outbox.settle(&self.room, settled)).is_none()
        });
    }

    /// Hands over a page of what a session has missed, which has so many events.
    pub(crate) fn catch_up(&mut self, session: SessionId, page: &PastPage, events: u64) {
        let Some(subscriber) = self.subscribers.get_mut(&session) else { return };
        if subscriber.outbox.catch_up(&self.room, subscriber.subscription, page) {
            subscriber.outstanding -= events.cast_signed();
            self.counts.handed_over += events;
        }
    }

    /// Closes the sockets of those who were not brought up to this event: they can't be any more.
    pub(crate) fn close_behind(&self, seq: Seq) {
        for Subscriber { outbox, .. } in self.subscribers.values() {
            if outbox.cursor(&self.room).is_some_and(|cursor| cursor < seq) {
                outbox.close(CloseCode::TooSlow);
            }
        }
    }

    /// Offers a passing frame to a part of the slice, but not to those of `except`.
    pub(crate) fn pass(&self, to: Range<usize>, key: &PassingKey, frame: &EncodedFrame, except: &[SessionId]) {
        for (session, subscriber) in self.subscribers.get_range(to).into_iter().flatten() {
            if !except.contains(session) {
                subscriber.outbox.pass(key.clone(), frame.clone());
            }
        }
    }

    pub(crate) fn pass_presence(&self, to: Range<usize>, presence: &Arc<Presence>, frame: &EncodedFrame) {
        for (_, subscriber) in self.subscribers.get_range(to).into_iter().flatten() {
            subscriber.outbox.pass_presence(presence, frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::*;
    use crate::outbox::{Queue, Wire};

    struct NoWire;

    impl Wire for NoWire {
        fn ready(&self, _: &mut Queue) {}
    }

    fn green() -> RoomId {
        RoomId::parse("green").unwrap()
    }

    fn batch(seqs: RangeInclusive<u64>) -> Arc<Batch> {
        Batch::new(Seq(*seqs.start()), seqs.map(|seq| EncodedFrame::new(&seq)).collect())
    }

    fn arrival(outbox: &Arc<Outbox>, subscription: Subscription, misses: u64) -> Arrival {
        Arrival { outbox: Arc::clone(outbox), subscription, misses, missed: None }
    }

    fn page(after: u64, last: u64, more: bool) -> PastPage {
        PastPage { after: Seq(after), last: Seq(last), more, events: EncodedFrame::new(&"page") }
    }

    fn announce(slice: &mut Slice, seqs: RangeInclusive<u64>) {
        slice.announce(slice.everybody(), &batch(seqs), &mut Settlements::default());
    }

    /// A room at seq 3 with one who is up to date and one who is two pages behind.
    fn two() -> (Slice, [Arc<Outbox>; 2], [SessionId; 2]) {
        let mut slice = Slice::new(green());
        let outboxes = [Outbox::new(Arc::new(NoWire)), Outbox::new(Arc::new(NoWire))];
        let sessions = [SessionId::new(), SessionId::new()];
        for (outbox, (session, cursor)) in outboxes.iter().zip(sessions.iter().zip([3, 0])) {
            let joined = EncodedFrame::new(&"joined");
            let subscription = outbox.open(&green(), 1, Seq(cursor), joined, cursor < 3);
            slice.add(*session, arrival(outbox, subscription, 3 - cursor));
        }
        (slice, outboxes, sessions)
    }

    #[test]
    fn what_is_owed_is_handed_over_or_pending_or_given_up() {
        let (mut slice, [fast, slow], [_, behind]) = two();
        assert_eq!(slice.audit(Seq(3)), Deliveries { owed: 3, pending: 3, ..Deliveries::default() });
        announce(&mut slice, 4..=5);
        let audited = slice.audit(Seq(5));
        assert_eq!((audited.owed, audited.handed_over, audited.pending), (7, 2, 5));
        slice.catch_up(behind, &page(0, 2, true), 2);
        let audited = slice.audit(Seq(5));
        assert_eq!((audited.handed_over, audited.pending), (4, 3));
        assert!(audited.balances() && audited == slice.deliveries(), "{audited:?}");
        slow.close(CloseCode::TooSlow);
        announce(&mut slice, 6..=6);
        let audited = slice.audit(Seq(6));
        assert_eq!((audited.dropped.closed, audited.pending), (4, 0));
        assert!(audited.balances(), "{audited:?}");
        slice.remove(behind);
        assert_eq!(slice.audit(Seq(6)), slice.deliveries());
        assert_eq!(fast.cursor(&green()), Some(Seq(6)));
    }

    #[test]
    fn whoever_was_told_more_by_joining_is_not_owed_it_again() {
        let (mut slice, _, _) = two();
        let ahead = Outbox::new(Arc::new(NoWire));
        let subscription = ahead.open(&green(), 1, Seq(4), EncodedFrame::new(&"joined"), false);
        slice.add(SessionId::new(), arrival(&ahead, subscription, 0));
        announce(&mut slice, 4..=5);
        assert!(slice.audit(Seq(5)).balances(), "{:?}", slice.audit(Seq(5)));
    }

    #[test]
    fn an_event_that_somebody_was_not_offered_shows() {
        let (mut slice, ..) = two();
        slice.counts.owed += 1;
        assert!(!slice.audit(Seq(3)).balances());
        let (mut slice, [fast, _], _) = two();
        let forgotten = slice.subscribers.swap_remove_index(0).unwrap();
        announce(&mut slice, 4..=4);
        slice.subscribers.insert(forgotten.0, forgotten.1);
        slice.counts.owed += 1;
        assert!(!slice.audit(Seq(4)).balances(), "the room owes it, and no outbox has it: {:?}", fast.cursor(&green()));
    }

    #[test]
    fn an_event_that_was_handed_over_behind_the_ledger_s_back_shows() {
        let (mut slice, [_, slow], ..) = two();
        let subscription = slice.subscribers[1].subscription;
        assert!(slow.catch_up(&green(), subscription, &page(0, 2, true)));
        assert!(!slice.audit(Seq(3)).balances());
        slice.counts.handed_over += 2;
        assert!(slice.audit(Seq(3)).balances());
    }

    #[test]
    fn somebody_who_comes_anew_is_counted_anew_though_their_slice_does_not_know_it_yet() {
        let (mut slice, [_, slow], [_, behind]) = two();
        // As their room does it, while this slice still has something older to hand on.
        let again = slow.open(&green(), 2, Seq(3), EncodedFrame::new(&"joined"), true);
        announce(&mut slice, 4..=4);
        assert_eq!(slow.cursor(&green()), Some(Seq(3)), "nothing is taken of what was owed to their earlier stay");
        assert!(slice.audit(Seq(4)).balances(), "{:?}", slice.audit(Seq(4)));
        slice.add(behind, arrival(&slow, again, 1));
        slice.catch_up(behind, &page(3, 4, false), 1);
        let audited = slice.audit(Seq(4));
        assert_eq!((audited.dropped.left, audited.pending), (4, 0));
        assert!(audited.balances(), "{audited:?}");
    }
}
