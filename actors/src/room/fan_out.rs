//! The fast lane: from the log's announcement into every outbox, past all mailboxes.

use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::{EncodedFrame, Event, Presence, RoomId, ServerFrame, SessionId, User, encode_all};
use greenroom_storage::{LogEvent, fault_point};
use indexmap::IndexMap;

use crate::directory::Directory;
use crate::outbox::{Batch, Outbox, PassingKey, Settlement};

/// The outboxes of those who sit in a room.
pub(super) struct FanOut {
    room: RoomId,
    outboxes: IndexMap<SessionId, Arc<Outbox>>,
}

impl FanOut {
    pub(super) fn new(room: RoomId) -> Self {
        Self { room, outboxes: IndexMap::new() }
    }

    pub(super) fn add(&mut self, session: SessionId, outbox: Arc<Outbox>) {
        self.outboxes.insert(session, outbox);
    }

    pub(super) fn remove(&mut self, session: SessionId) {
        self.outboxes.swap_remove(&session);
    }

    pub(super) fn outbox(&self, session: SessionId) -> Option<&Arc<Outbox>> {
        self.outboxes.get(&session)
    }

    /// Encodes events once, offers them to each outbox, and settles sends in the same offer as the
    /// sender's own copy.
    pub(super) fn announce(
        &self,
        events: &[LogEvent],
        settlements: Vec<(SessionId, Settlement)>,
        directory: &Directory,
    ) {
        let mut by_session: HashMap<SessionId, Vec<Settlement>> = HashMap::new();
        for (session, settlement) in settlements {
            by_session.entry(session).or_default().push(settlement);
        }
        if let Some(batch) = encode(events) {
            for (session, outbox) in &self.outboxes {
                fault_point::pass("room.fan_out");
                let settlements = by_session.remove(session).unwrap_or_default();
                outbox.offer(&self.room, &batch, &settlements);
            }
        }
        for (session, settlements) in by_session {
            // Somebody who has left meanwhile is still owed an answer.
            let elsewhere = || directory.session(session).map(|living| living.outbox);
            if let Some(outbox) = self.outboxes.get(&session).cloned().or_else(elsewhere) {
                outbox.settle(&self.room, &settlements);
            }
        }
    }

    /// Offers what a session has missed; where that is not all in memory, the outbox asks for pages.
    pub(super) fn bring_up(&self, session: SessionId, missed: &[LogEvent]) {
        if let (Some(outbox), Some(batch)) = (self.outboxes.get(&session), encode(missed)) {
            outbox.offer(&self.room, &batch, &[]);
        }
    }

    /// Offers a passing frame to all but the sessions of `except`.
    pub(super) fn pass(&self, key: &PassingKey, frame: &ServerFrame, except: impl Fn(SessionId) -> bool) {
        let frame = EncodedFrame::new(frame);
        for (session, outbox) in &self.outboxes {
            if !except(*session) {
                outbox.pass(key.clone(), frame.clone());
            }
        }
    }

    pub(super) fn pass_presence(&self, presence: Presence) {
        let frame = EncodedFrame::new(&ServerFrame::Presence(presence.clone()));
        let presence = Arc::new(presence);
        for outbox in self.outboxes.values() {
            outbox.pass_presence(&presence, &frame);
        }
    }
}

/// Whose typing a frame is about: a newer one replaces the older.
pub(super) fn typing_key(room: &RoomId, user: &User) -> PassingKey {
    PassingKey::Typing(room.clone(), user.id)
}

fn encode(events: &[LogEvent]) -> Option<Arc<Batch>> {
    let first = events.first()?.event.seq();
    let frames: Vec<&Event> = events.iter().map(|event| &event.event).collect();
    Some(Batch::new(first, encode_all(&frames)))
}
