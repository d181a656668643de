//! Everybody who sits in a room: its own slice of them, and those that its relays see to.

use std::sync::Arc;

use greenroom_protocol::{
    CloseCode, EncodedFrame, Event, Events, Presence, RoomId, Seq, ServerFrame, SessionId, User, encode_events,
};
use greenroom_storage::LogEvent;
use ractor::ActorId;

use super::relays::{Nursery, Relays};
use crate::directory::Directory;
use crate::fault::Fault;
use crate::ledger::Deliveries;
use crate::outbox::{Batch, Outbox, PassingKey, PastPage, Settlement};
use crate::relay::{Arrival, RelayCommand, RelayHandle, Settlements, Slice};
use crate::supervision::Exit;

/// Everybody who sits in a room. What concerns a relay's sessions goes through its mailbox, so that they are offered all
/// of it in the same order; the frames are encoded once for everybody.
pub(super) struct FanOut {
    room: RoomId,
    own: Slice,
    relays: Relays,
}

impl FanOut {
    pub(super) fn new(room: RoomId, nursery: Nursery) -> Self {
        let (own, relays) = (Slice::new(room.clone()), Relays::new(room.clone(), nursery));
        Self { room, own, relays }
    }

    /// From now on it is owed what comes, and the events that it misses up to now, where the log ends at `head`.
    pub(super) fn add(&mut self, session: SessionId, arrival: Arrival, head: Seq) {
        let elsewhere = self.relays.outbox(session).is_some();
        let here = self.own.outbox(session).is_some() || (!elsewhere && self.own.len() < self.relays.slice());
        match (!here).then(|| self.relays.place(session, &arrival.outbox, head)).flatten() {
            Some(relay) => relay.tell(RelayCommand::Add { session, arrival }),
            None => self.own.add(session, arrival),
        }
    }

    pub(super) fn remove(&mut self, session: SessionId) {
        self.own.remove(session);
        self.relays.remove(session);
    }

    pub(super) fn outbox(&self, session: SessionId) -> Option<&Arc<Outbox>> {
        self.own.outbox(session).or_else(|| self.relays.outbox(session))
    }

    /// What became of what the room's own slice was owed. What is pending is what is left: cheap, and no proof.
    pub(super) fn deliveries(&self) -> Deliveries {
        self.own.deliveries()
    }

    /// The same, with what is pending looked up.
    pub(super) fn audit(&self, head: Seq) -> Deliveries {
        self.own.audit(head)
    }

    /// Those who know the rest of it.
    pub(super) fn relays(&self) -> Vec<RelayHandle> {
        self.relays.handles()
    }

    /// Encodes events once, has them offered to each outbox, and sends settled in the same offer as the sender's own copy.
    pub(super) fn announce(
        &mut self,
        events: &[LogEvent],
        settlements: Vec<(SessionId, Settlement)>,
        directory: &Directory,
    ) {
        let mut by_session = Settlements::default();
        for (session, settlement) in settlements {
            by_session.entry(session).or_default().push(settlement);
        }
        let batch = encode(events);
        if !self.relays.is_empty() {
            self.relays.announce(batch.as_ref(), &mut by_session);
        }
        if let Some(batch) = &batch {
            self.own.announce(self.own.everybody(), batch, &mut by_session);
        }
        self.own.settle(&mut by_session);
        for (session, settlements) in by_session {
            // Somebody who has left meanwhile is still owed an answer.
            if let Some(living) = directory.session(session) {
                living.outbox.settle(&self.room, &settlements);
            }
        }
    }

    /// Hands over the page of what a session has missed that follows on `after`.
    pub(super) fn catch_up(&mut self, session: SessionId, after: Seq, page: Vec<Event>, more: bool) {
        let (last, events) = (page.last().map_or(after, Event::seq), page.len() as u64);
        let frame = ServerFrame::Events(Events { room: self.room.clone(), events: page, more });
        let page = PastPage { after, last, more, events: EncodedFrame::of_room(&frame) };
        if self.own.outbox(session).is_some() {
            self.own.catch_up(session, &page, events);
        } else {
            self.relays.tell(session, RelayCommand::CatchUp { session, page, events });
        }
    }

    /// Closes the socket of somebody who can't be brought up any more.
    pub(super) fn close(&self, session: SessionId, code: CloseCode) {
        if let Some(outbox) = self.outbox(session) {
            outbox.close(code);
        }
    }

    /// Closes the sockets of those who were not brought up to this event, since it is no more.
    pub(super) fn close_behind(&self, gone: Seq) {
        self.own.close_behind(gone);
        self.relays.tell_all(|| RelayCommand::Trimmed { gone });
    }

    /// Offers a passing frame to all but the sessions of `except`.
    pub(super) fn pass(&self, key: &PassingKey, frame: &ServerFrame, except: &[SessionId]) {
        let frame = EncodedFrame::new(frame);
        self.own.pass(self.own.everybody(), key, &frame, except);
        if !self.relays.is_empty() {
            let except: Arc<[SessionId]> = except.into();
            let pass = || RelayCommand::Pass { key: key.clone(), frame: frame.clone(), except: Arc::clone(&except) };
            self.relays.tell_all(pass);
        }
    }

    pub(super) fn pass_presence(&self, presence: Presence) {
        let frame = EncodedFrame::of_room(&ServerFrame::Presence(presence.clone()));
        let presence = Arc::new(presence);
        self.own.pass_presence(self.own.everybody(), &presence, &frame);
        let pass = || RelayCommand::PassPresence { presence: Arc::clone(&presence), frame: frame.clone() };
        self.relays.tell_all(pass);
    }

    /// A relay has ended. One that has failed fails its room: this says why.
    pub(super) fn relay_ended(&mut self, child: ActorId, exit: &Exit) -> Result<(), String> {
        self.relays.ended(child, exit)
    }

    pub(super) fn relay_suffers(&self, number: u64, fault: Fault) {
        self.relays.suffer(number, fault);
    }
}

/// Whose typing a frame is about: a newer one replaces the older.
pub(super) fn typing_key(room: &RoomId, user: &User) -> PassingKey {
    PassingKey::Typing(room.clone(), user.id)
}

pub(super) fn encode(events: &[LogEvent]) -> Option<Arc<Batch>> {
    let first = events.first()?.event.seq();
    Some(Batch::new(first, encode_events(events.iter().map(|event| &event.event))))
}
