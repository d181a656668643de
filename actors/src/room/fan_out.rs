//! The fast lane: from the log's announcement into every outbox, past all mailboxes.

use std::sync::Arc;

use greenroom_protocol::{
    CloseCode, EncodedFrame, Event, Events, Presence, RoomId, Seq, ServerFrame, SessionId, User, encode_events,
};
use greenroom_storage::{LogEvent, fault_point};

use crate::by_id::{ById, ListById};
use crate::directory::Directory;
use crate::ledger::Deliveries;
use crate::outbox::{Batch, Offered, Outbox, PassingKey, Settlement};

/// Those who sit in a room and what they are owed.
pub(super) struct FanOut {
    room: RoomId,
    subscribers: ListById<SessionId, Subscriber>,
    /// What came and went; what is pending is looked up.
    counts: Deliveries,
}

struct Subscriber {
    outbox: Arc<Outbox>,
    /// Events that it is owed and was not given yet.
    outstanding: i64,
}

impl FanOut {
    pub(super) fn new(room: RoomId) -> Self {
        Self { room, subscribers: ListById::default(), counts: Deliveries::default() }
    }

    /// From now on it is owed what comes, and the events that it misses up to now.
    pub(super) fn add(&mut self, session: SessionId, outbox: Arc<Outbox>, misses: u64) {
        self.counts.owed += misses;
        let subscriber = Subscriber { outbox, outstanding: misses.cast_signed() };
        if let Some(before) = self.subscribers.insert(session, subscriber) {
            self.give_up(&before);
        }
    }

    pub(super) fn remove(&mut self, session: SessionId) {
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

    pub(super) fn outbox(&self, session: SessionId) -> Option<&Arc<Outbox>> {
        self.subscribers.get(&session).map(|subscriber| &subscriber.outbox)
    }

    /// What became of what was owed. What is pending is what is left: cheap, and no proof.
    pub(super) fn deliveries(&self) -> Deliveries {
        Deliveries { pending: u64::try_from(self.counts.outstanding()).unwrap_or(0), ..self.counts }
    }

    /// The same, with what is pending looked up in each outbox: this balances only where nothing was lost
    /// or doubled.
    pub(super) fn audit(&self, head: Seq) -> Deliveries {
        let mut audited = self.counts;
        for Subscriber { outbox, outstanding } in self.subscribers.values() {
            match outbox.pending(&self.room, head) {
                Some(pending) => audited.pending += pending,
                None => audited.dropped.closed = audited.dropped.closed.wrapping_add_signed(*outstanding),
            }
        }
        audited
    }

    /// Encodes events once, offers them to each outbox, and settles sends in the same offer as the
    /// sender's own copy.
    pub(super) fn announce(
        &mut self,
        events: &[LogEvent],
        settlements: Vec<(SessionId, Settlement)>,
        directory: &Directory,
    ) {
        let mut by_session: ById<SessionId, Vec<Settlement>> = ById::default();
        for (session, settlement) in settlements {
            by_session.entry(session).or_default().push(settlement);
        }
        if let Some(batch) = encode(events) {
            for (session, subscriber) in &mut self.subscribers {
                fault_point::pass("room.fan_out");
                let settlements = by_session.remove(session).unwrap_or_default();
                let Offered { taken, had } = subscriber.outbox.offer(&self.room, &batch, &settlements);
                let owed = events.len() as u64 - had;
                subscriber.outstanding += owed.cast_signed() - taken.cast_signed();
                self.counts.owed += owed;
                self.counts.handed_over += taken;
            }
        }
        for (session, settlements) in by_session {
            // Somebody who has left meanwhile is still owed an answer.
            let elsewhere = || directory.session(session).map(|living| living.outbox);
            if let Some(outbox) = self.outbox(session).cloned().or_else(elsewhere) {
                outbox.settle(&self.room, &settlements);
            }
        }
    }

    /// Offers what a session has missed; where that is not all in memory, the outbox asks for pages.
    pub(super) fn bring_up(&mut self, session: SessionId, missed: &[LogEvent]) {
        if let (Some(subscriber), Some(batch)) = (self.subscribers.get_mut(&session), encode(missed)) {
            let offered = subscriber.outbox.offer(&self.room, &batch, &[]);
            subscriber.outstanding -= offered.taken.cast_signed();
            self.counts.handed_over += offered.taken;
        }
    }

    /// Hands over the page of what a session has missed that follows on `after`.
    pub(super) fn catch_up(&mut self, session: SessionId, after: Seq, page: Vec<Event>, more: bool) {
        let Some(subscriber) = self.subscribers.get_mut(&session) else { return };
        let (last, events) = (page.last().map_or(after, Event::seq), page.len() as u64);
        let frame = ServerFrame::Events(Events { room: self.room.clone(), events: page, more });
        if subscriber.outbox.catch_up(&self.room, after, last, EncodedFrame::of_room(&frame), more) {
            subscriber.outstanding -= events.cast_signed();
            self.counts.handed_over += events;
        }
    }

    /// Closes the socket of somebody who can't be brought up any more.
    pub(super) fn close(&self, session: SessionId, code: CloseCode) {
        if let Some(subscriber) = self.subscribers.get(&session) {
            subscriber.outbox.close(code);
        }
    }

    /// The same, if they were not brought up to this event.
    pub(super) fn close_behind(&self, session: SessionId, seq: Seq) {
        let cursor = self.outbox(session).and_then(|outbox| outbox.cursor(&self.room));
        if cursor.is_some_and(|cursor| cursor < seq) {
            self.close(session, CloseCode::TooSlow);
        }
    }

    /// Offers a passing frame to all but the sessions of `except`.
    pub(super) fn pass(&self, key: &PassingKey, frame: &ServerFrame, except: impl Fn(SessionId) -> bool) {
        let frame = EncodedFrame::new(frame);
        for (session, subscriber) in &self.subscribers {
            if !except(*session) {
                subscriber.outbox.pass(key.clone(), frame.clone());
            }
        }
    }

    pub(super) fn pass_presence(&self, presence: Presence) {
        let frame = EncodedFrame::of_room(&ServerFrame::Presence(presence.clone()));
        let presence = Arc::new(presence);
        for subscriber in self.subscribers.values() {
            subscriber.outbox.pass_presence(&presence, &frame);
        }
    }
}

/// Whose typing a frame is about: a newer one replaces the older.
pub(super) fn typing_key(room: &RoomId, user: &User) -> PassingKey {
    PassingKey::Typing(room.clone(), user.id)
}

fn encode(events: &[LogEvent]) -> Option<Arc<Batch>> {
    let first = events.first()?.event.seq();
    Some(Batch::new(first, encode_events(events.iter().map(|event| &event.event))))
}

#[cfg(test)]
mod tests {
    use greenroom_protocol::{Body, Message, MessageId, Name, Timestamp, UserId};

    use super::*;
    use crate::outbox::{Queue, Wire};

    struct NoWire;

    impl Wire for NoWire {
        fn ready(&self, _: &mut Queue) {}
    }

    fn green() -> RoomId {
        RoomId::parse("green").unwrap()
    }

    fn events(seqs: std::ops::RangeInclusive<u64>) -> Vec<LogEvent> {
        let user = User { id: UserId::new(), name: Name::guest("ana").unwrap() };
        let message = |seq| Message {
            room: green(),
            seq: Seq(seq),
            id: MessageId::new(),
            user: user.clone(),
            at: Timestamp::from_millis(0),
            body: Body::parse("hello").unwrap(),
            reply_to: None,
        };
        seqs.map(|seq| LogEvent { event: Event::Message(message(seq)), ordinal: seq }).collect()
    }

    /// A room at seq 3 with one who is up to date and one who is two pages behind.
    fn two() -> (FanOut, [Arc<Outbox>; 2], [SessionId; 2], Arc<Directory>) {
        let mut fan_out = FanOut::new(green());
        let outboxes = [Outbox::new(Arc::new(NoWire)), Outbox::new(Arc::new(NoWire))];
        let sessions = [SessionId::new(), SessionId::new()];
        for (outbox, (session, cursor)) in outboxes.iter().zip(sessions.iter().zip([3, 0])) {
            outbox.open(&green(), 1, Seq(cursor), EncodedFrame::new(&"joined"), cursor < 3);
            fan_out.add(*session, Arc::clone(outbox), 3 - cursor);
        }
        (fan_out, outboxes, sessions, Directory::new())
    }

    fn page(seqs: std::ops::RangeInclusive<u64>) -> Vec<Event> {
        events(seqs).into_iter().map(|event| event.event).collect()
    }

    #[test]
    fn what_is_owed_is_handed_over_or_pending_or_given_up() {
        let (mut fan_out, [fast, slow], [_, behind], directory) = two();
        assert_eq!(fan_out.audit(Seq(3)), Deliveries { owed: 3, pending: 3, ..Deliveries::default() });
        fan_out.announce(&events(4..=5), Vec::new(), &directory);
        let audited = fan_out.audit(Seq(5));
        assert_eq!((audited.owed, audited.handed_over, audited.pending), (7, 2, 5));
        fan_out.catch_up(behind, Seq(0), page(1..=2), true);
        let audited = fan_out.audit(Seq(5));
        assert_eq!((audited.handed_over, audited.pending), (4, 3));
        assert!(audited.balances() && audited == fan_out.deliveries(), "{audited:?}");
        slow.close(CloseCode::TooSlow);
        fan_out.announce(&events(6..=6), Vec::new(), &directory);
        let audited = fan_out.audit(Seq(6));
        assert_eq!((audited.dropped.closed, audited.pending), (4, 0));
        assert!(audited.balances(), "{audited:?}");
        fan_out.remove(behind);
        assert_eq!(fan_out.audit(Seq(6)), fan_out.deliveries());
        assert_eq!(fast.cursor(&green()), Some(Seq(6)));
    }

    #[test]
    fn whoever_was_told_more_by_joining_is_not_owed_it_again() {
        let (mut fan_out, _, _, directory) = two();
        let ahead = Outbox::new(Arc::new(NoWire));
        ahead.open(&green(), 1, Seq(4), EncodedFrame::new(&"joined"), false);
        fan_out.add(SessionId::new(), ahead, 0);
        fan_out.announce(&events(4..=5), Vec::new(), &directory);
        assert!(fan_out.audit(Seq(5)).balances(), "{:?}", fan_out.audit(Seq(5)));
    }

    #[test]
    fn an_event_that_somebody_was_not_offered_shows() {
        let (mut fan_out, ..) = two();
        fan_out.counts.owed += 1;
        assert!(!fan_out.audit(Seq(3)).balances());
        let (mut fan_out, [fast, _], _, directory) = two();
        let forgotten = fan_out.subscribers.swap_remove_index(0).unwrap();
        fan_out.announce(&events(4..=4), Vec::new(), &directory);
        fan_out.subscribers.insert(forgotten.0, forgotten.1);
        fan_out.counts.owed += 1;
        assert!(
            !fan_out.audit(Seq(4)).balances(),
            "the room owes it, and no outbox has it: {:?}",
            fast.cursor(&green())
        );
    }

    #[test]
    fn an_event_that_was_handed_over_behind_the_ledger_s_back_shows() {
        let (mut fan_out, [_, slow], ..) = two();
        assert!(slow.catch_up(&green(), Seq(0), Seq(2), EncodedFrame::new(&"page"), true));
        assert!(!fan_out.audit(Seq(3)).balances());
        fan_out.counts.handed_over += 2;
        assert!(fan_out.audit(Seq(3)).balances());
    }
}
