//! What a client makes of what it is told.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use greenroom_protocol::{ErrorFrame, Event, Joined, Left, MessageId, Ref, RoomId, Send, ServerFrame, Welcome};
use rand::RngExt as _;

use super::{Client, Held};
use crate::drill::history::{Fact, Said, Way};
use crate::drill::socket::Socket;

/// Before a join that was refused is tried again.
const REJOIN: Duration = Duration::from_millis(100);

impl Client {
    pub(super) fn hear(&mut self, frame: ServerFrame, socket: &Socket) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcomed(*welcome, socket),
            ServerFrame::Joined(joined) => self.entered(*joined, socket),
            ServerFrame::Events(events) => {
                events.events.iter().for_each(|event| self.given(&events.room, event, Way::Events))
            }
            ServerFrame::Ack(ack) => {
                self.fact(Fact::Acked { room: ack.room, id: ack.id, seq: ack.seq.0 });
                self.answered(ack.id);
                self.recruit.doing.acked.fetch_add(1, Ordering::Relaxed);
            }
            ServerFrame::Error(error) => self.refused(error),
            ServerFrame::Message(message) => {
                let room = message.room.clone();
                self.given(&room, &Event::Message(message), Way::Live);
                self.read(&room, socket);
            }
            ServerFrame::Member(member) => self.given(&member.room.clone(), &Event::Member(member), Way::Live),
            ServerFrame::Room(changed) => self.given(&changed.room.clone(), &Event::Room(changed), Way::Live),
            ServerFrame::Erased { room, seq } => {
                self.given(&room.clone(), &Event::Erased { room, seq }, Way::Live);
            }
            ServerFrame::Unreadable { room, seq } => {
                self.given(&room.clone(), &Event::Unreadable { room, seq }, Way::Live);
            }
            ServerFrame::Left(left) => self.left(left),
            ServerFrame::Forgotten(_)
            | ServerFrame::Typing(_)
            | ServerFrame::Receipt(_)
            | ServerFrame::Presence(_)
            | ServerFrame::Unread(_)
            | ServerFrame::Rooms(_)
            | ServerFrame::People(_)
            | ServerFrame::History(_)
            | ServerFrame::Pong { .. } => {}
        }
    }

    fn welcomed(&mut self, welcome: Welcome, socket: &Socket) {
        if self.trace.user.is_some_and(|user| user != welcome.user.id) {
            self.trace.oddities.push(format!("became somebody else: {:?}", welcome.user));
        }
        self.trace.user = Some(welcome.user.id);
        self.fact(Fact::Welcomed { session: welcome.session });
        self.token = welcome.token.or(self.token.take());
        self.join(socket);
    }

    fn entered(&mut self, joined: Joined, socket: &Socket) {
        let Some(held) = self.rooms.get_mut(&joined.room) else {
            self.trace.oddities.push(format!("joined {} without having asked", joined.room));
            return;
        };
        let fresh = joined.reset || held.last.is_none();
        let last = if fresh { joined.last_seq.0 } else { held.last.map_or(0, |(seq, _)| seq) };
        held.last = Some((if joined.events.is_empty() { last } else { 0 }, joined.epoch));
        (held.asked, held.entered) = (None, true);
        let read_seq = joined.read_seq.0;
        held.read = held.read.max(read_seq);
        let (last_seq, events) = (joined.last_seq.0, joined.events.len());
        self.fact(Fact::Entered { room: joined.room.clone(), fresh, last_seq, events, read_seq });
        for event in &joined.events {
            self.given(&joined.room, event, Way::Joined);
        }
        let mine = self.unanswered.iter_mut().filter(|unanswered| unanswered.send.room == joined.room);
        let again: Vec<Send> = mine
            .map(|unanswered| {
                unanswered.since = Instant::now();
                unanswered.send.clone()
            })
            .collect();
        again.into_iter().for_each(|send| self.say(send, socket));
        self.next_send = self.next_send.max(Instant::now());
        self.show();
    }

    /// Comes back after a short while; who is put out without having asked says so.
    fn left(&mut self, left: Left) {
        let asked = self.rooms.get_mut(&left.room).is_some_and(|held| held.asked.take().is_some());
        if left.reason.is_some() || !asked {
            self.trace.oddities.push(format!("put out of a room: {left:?}"));
        }
        self.fact(Fact::Left { room: left.room });
        let pause = self.recruit.orders.borrow().stay.unwrap_or_default().mul_f64(self.rng.random_range(0.0..2.0));
        self.rejoin_at = Some(Instant::now() + pause);
    }

    fn given(&mut self, room: &RoomId, event: &Event, way: Way) {
        let seq = event.seq().0;
        self.fact(Fact::Delivered { room: room.clone(), seq, said: Said::of(event), way });
        if let Some(Held { last: Some((last, _)), .. }) = self.rooms.get_mut(room) {
            *last = (*last).max(seq);
        }
        self.show();
    }

    fn refused(&mut self, error: ErrorFrame) {
        let code = error.code.name();
        let Some(Ref::Text(reference)) = error.reference else {
            self.trace.oddities.push(format!("an error to nothing: {code}: {}", error.message));
            return;
        };
        if let Ok(id) = reference.parse::<MessageId>() {
            let room = self.unanswered.iter().find(|unanswered| unanswered.send.id == id).map(|u| u.send.room.clone());
            if let Some(room) = room {
                self.fact(Fact::Refused { room, id, code: format!("{code}: {}", error.message) });
                self.answered(id);
                self.recruit.doing.refused.fetch_add(1, Ordering::Relaxed);
            }
        } else if let Some(held) =
            reference.strip_prefix("join ").and_then(|room| self.rooms.get_mut(&RoomId::parse(room).ok()?))
        {
            held.asked = None;
            let wait = error.retry_after_ms.map_or(REJOIN, Duration::from_millis);
            self.rejoin_at = Some(Instant::now() + wait.max(REJOIN));
        }
    }
}
