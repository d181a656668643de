//! Somebody who talks through a link that may end at any time, and believes nothing unchecked.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use greenroom_protocol::{
    ClientFrame, CloseCode, Command, EncodedFrame, Epoch, ErrorCode, Event, History, Join, Left, LeftReason, Message,
    MessageId, Ref, RoomId, Send, Seq, ServerFrame, Typing,
};
use greenroom_storage::LogEvent;

use super::log::Log;
use crate::directory::Person;
use crate::outbox::{Outbox, Permit};
use crate::session::SessionHandle;

pub(super) struct Client {
    pub(super) person: Person,
    pub(super) link: Option<Link>,
    pub(super) views: BTreeMap<RoomId, View>,
    /// Sends without an answer, in the order in which they were first sent.
    pub(super) unanswered: Vec<Said>,
    pub(super) acked: Vec<(Said, Seq)>,
    pub(super) refused: Vec<(Said, ErrorCode)>,
    /// How often it was too slow a reader.
    pub(super) overflows: usize,
}

/// What a client holds of a room.
#[derive(Default)]
pub(super) struct View {
    pub(super) wants: bool,
    pub(super) joined: bool,
    /// Whether it was refused, and tries again after a while.
    pub(super) waits: bool,
    epoch: Option<Epoch>,
    pub(super) last: Option<Seq>,
}

#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) send: Send,
    /// Links over which it was sent.
    pub(super) links: usize,
    /// The newest that was acknowledged to this client there when it was first sent.
    pub(super) after: Seq,
}

/// A connection: the socket's two directions, and what was asked over it.
pub(super) struct Link {
    pub(super) session: SessionHandle,
    pub(super) outbox: Arc<Outbox>,
    pub(super) up: VecDeque<ClientFrame>,
    pub(super) down: VecDeque<EncodedFrame>,
    pub(super) asked: BTreeMap<i64, Asked>,
    pub(super) over: Option<CloseCode>,
    /// Whether the client reads nothing.
    pub(super) stalled: bool,
    /// Rung by the outbox.
    bell: Arc<Bell>,
    next: i64,
}

/// Says that an outbox has something for its socket.
#[derive(Default)]
pub(super) struct Bell(AtomicBool);

impl Bell {
    pub(super) fn ring(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(super) enum Asked {
    Join(RoomId, Option<Seq>),
    Leave(RoomId),
    Send(RoomId, MessageId),
    History,
}

impl Link {
    pub(super) fn new(session: SessionHandle, outbox: Arc<Outbox>, bell: Arc<Bell>) -> Self {
        let (up, down) = (VecDeque::new(), VecDeque::new());
        Self { session, outbox, up, down, asked: BTreeMap::new(), over: None, stalled: false, bell, next: 1 }
    }

    pub(super) fn may_read(&self) -> bool {
        !self.up.is_empty() && self.outbox.duties().reads && permit(&self.outbox).is_some()
    }

    /// As the edge reads a socket: a frame needs a permit.
    pub(super) fn read_one(&mut self) {
        if self.outbox.duties().reads
            && let Some(permit) = permit(&self.outbox)
            && let Some(frame) = self.up.pop_front()
        {
            self.session.frame(frame, permit);
        }
    }

    /// As the edge writes a socket.
    pub(super) fn write_some(&mut self, bytes: usize) {
        let down = &mut self.down;
        let handed_out = self.outbox.hand_out(bytes, |frame| down.push_back(frame.clone()));
        self.bell.0.store(handed_out.frames > 0, Ordering::Relaxed);
        let (duties, attention) = (self.outbox.duties(), self.outbox.asks_for_attention());
        assert!(handed_out.calls || !(attention || duties.close.is_some()), "who has something to do is called");
        if attention {
            self.session.attend();
        }
        if handed_out.frames == 0
            && let Some(code) = duties.close
        {
            self.over = Some(code);
            self.session.end();
        }
    }

    pub(super) fn has_news(&self) -> bool {
        self.bell.0.load(Ordering::Relaxed)
    }

    /// Whether nothing is under way: every permit has come back.
    pub(super) fn is_answered(&self) -> bool {
        pin!(self.outbox.all_answered()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn ask(&mut self, command: Command, asked: Option<Asked>) {
        let reference = asked.map(|asked| {
            self.next += 1;
            self.asked.insert(self.next, asked);
            Ref::Number(self.next)
        });
        self.up.push_back(ClientFrame { reference, command });
    }
}

fn permit(outbox: &Outbox) -> Option<Permit> {
    match pin!(outbox.permit()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(permit) => Some(permit),
        Poll::Pending => None,
    }
}

impl Client {
    pub(super) fn new(person: Person) -> Self {
        let (views, unanswered) = (BTreeMap::new(), Vec::new());
        Self { person, link: None, views, unanswered, acked: Vec::new(), refused: Vec::new(), overflows: 0 }
    }

    /// Takes up a fresh link: enters its rooms again from where it stands, and repeats what is unanswered. A
    /// room where it has something to repeat is one of them, though it was leaving.
    pub(super) fn take_up(&mut self, link: Link) {
        self.link = Some(link);
        for said in &self.unanswered {
            self.views.entry(said.send.room.clone()).or_default().wants = true;
        }
        let wanted: Vec<RoomId> = self.views.iter().filter(|(_, view)| view.wants).map(|(id, _)| id.clone()).collect();
        wanted.iter().for_each(|room| self.join(room));
        self.repeat();
    }

    /// Sends what is unanswered and was not sent over this link.
    pub(super) fn repeat(&mut self) {
        let Some(link) = &mut self.link else { return };
        for said in &mut self.unanswered {
            let asked = |asked: &Asked| matches!(asked, Asked::Send(_, id) if *id == said.send.id);
            if !link.asked.values().any(asked) {
                said.links += 1;
                let asked = Asked::Send(said.send.room.clone(), said.send.id);
                link.ask(Command::Send(said.send.clone()), Some(asked));
            }
        }
    }

    pub(super) fn hang_up(&mut self) {
        if let Some(link) = self.link.take() {
            link.session.end();
        }
        self.views.values_mut().for_each(|view| view.joined = false);
    }

    pub(super) fn join(&mut self, room: &RoomId) {
        let Some(link) = &mut self.link else { return };
        let view = self.views.entry(room.clone()).or_default();
        view.wants = true;
        let (since, epoch) = (view.last, view.epoch);
        let join = Join { room: room.clone(), since, epoch, limit: Some(20) };
        link.ask(Command::Join(join), Some(Asked::Join(room.clone(), since)));
    }

    pub(super) fn is_joining(&self, room: &RoomId) -> bool {
        let asked = self.link.iter().flat_map(|link| link.asked.values());
        asked.into_iter().any(|asked| matches!(asked, Asked::Join(of, _) if of == room))
    }

    pub(super) fn leave(&mut self, room: &RoomId) {
        let Some(link) = &mut self.link else { return };
        self.views.entry(room.clone()).or_default().wants = false;
        link.ask(Command::Leave { room: room.clone() }, Some(Asked::Leave(room.clone())));
    }

    pub(super) fn say(&mut self, send: Send) {
        let Some(link) = &mut self.link else { return };
        let acked = self.acked.iter().filter(|(said, _)| said.send.room == send.room).map(|(_, seq)| *seq);
        let after = acked.max().unwrap_or_default();
        let asked = Asked::Send(send.room.clone(), send.id);
        link.ask(Command::Send(send.clone()), Some(asked));
        self.unanswered.push(Said { send, links: 1, after });
    }

    pub(super) fn types(&mut self, room: &RoomId) {
        let Some(link) = &mut self.link else { return };
        link.ask(Command::Typing(Typing { room: room.clone(), on: true }), None);
    }

    pub(super) fn looks_back(&mut self, room: &RoomId) {
        let Some(link) = &mut self.link else { return };
        let history = History { room: room.clone(), before: None, after: None, limit: Some(5) };
        link.ask(Command::History(history), Some(Asked::History));
    }

    /// Takes the next frame of its link, or sees that it is over.
    pub(super) fn hear(&mut self, log: &Log) {
        let Some(link) = &mut self.link else { return };
        match link.down.pop_front() {
            Some(frame) => self.take(serde_json::from_slice(frame.text()).unwrap(), log),
            None if link.over.is_some() => {
                self.overflows += usize::from(link.over == Some(CloseCode::TooSlow));
                self.hang_up();
            }
            None => {}
        }
    }

    fn take(&mut self, frame: ServerFrame, log: &Log) {
        match frame {
            ServerFrame::Joined(joined) => {
                let Asked::Join(room, since) = self.answered(joined.reference) else { panic!("joined for another") };
                let view = self.views.get_mut(&room).unwrap();
                view.joined = true;
                view.epoch = Some(joined.epoch);
                view.last = match since.filter(|_| !joined.reset) {
                    Some(since) => Some(since),
                    None => joined.events.first().map(|first| Seq(first.seq().0 - 1)),
                };
                joined.events.into_iter().for_each(|event| self.see(&room, event, log));
                self.views.get_mut(&room).unwrap().last.get_or_insert(joined.last_seq);
            }
            ServerFrame::Events(page) => {
                page.events.into_iter().for_each(|event| self.see(&page.room, event, log));
            }
            ServerFrame::Message(message) => {
                let room = message.room.clone();
                self.see(&room, Event::Message(message), log);
            }
            ServerFrame::Ack(ack) => {
                let Asked::Send(room, id) = self.answered(ack.reference) else { panic!("an ack for something else") };
                assert_eq!((&room, id), (&ack.room, ack.id));
                self.acknowledged(room, id, ack.seq, log);
            }
            ServerFrame::Left(Left { room, reason: Some(LeftReason::Removed), .. }) => {
                let view = self.views.get_mut(&room).unwrap();
                assert!(view.joined, "whoever is out is told once");
                view.joined = false;
                view.waits = true;
            }
            ServerFrame::Left(left) => {
                let Asked::Leave(room) = self.answered(left.reference) else { panic!("nobody left") };
                self.views.get_mut(&room).unwrap().joined = false;
            }
            ServerFrame::Error(error) => self.refused(error.reference, error.code),
            ServerFrame::History(page) => {
                let Asked::History = self.answered(page.reference) else { panic!("nobody looked back") };
                page.events.iter().for_each(|event| is_in(event, &log.rooms[&page.room].events));
            }
            ServerFrame::Welcome(_) | ServerFrame::Typing(_) | ServerFrame::Presence(_) | ServerFrame::Receipt(_) => {}
            ServerFrame::Member(member) => {
                let room = member.room.clone();
                self.see(&room, Event::Member(member), log);
            }
            other @ (ServerFrame::Room(_)
            | ServerFrame::Erased { .. }
            | ServerFrame::Forgotten(_)
            | ServerFrame::Unreadable { .. }
            | ServerFrame::Unread(_)
            | ServerFrame::Rooms(_)
            | ServerFrame::People(_)
            | ServerFrame::Pong { .. }) => panic!("nobody asked for {other:?}"),
        }
    }

    /// Each question is answered once.
    fn answered(&mut self, reference: Option<Ref>) -> Asked {
        let Some(Ref::Number(number)) = reference else { panic!("no answer bears {reference:?}") };
        self.link
            .as_mut()
            .and_then(|link| link.asked.remove(&number))
            .unwrap_or_else(|| panic!("{number} is answered twice"))
    }

    /// An event is the next one, is durable, and is what the log has there.
    fn see(&mut self, room: &RoomId, event: Event, log: &Log) {
        let view = self.views.get_mut(room).unwrap();
        assert!(view.joined, "nothing comes from a room that one is not in");
        if let Some(last) = view.last {
            assert_eq!(event.seq(), last.next(), "a gap or a repetition in {room}");
        }
        view.last = Some(event.seq());
        is_in(&event, &log.rooms[room].events);
    }

    fn acknowledged(&mut self, room: RoomId, id: MessageId, seq: Seq, log: &Log) {
        let index = self.unanswered.iter().position(|said| said.send.id == id).expect("an ack comes once");
        let said = self.unanswered.remove(index);
        let stored = log.rooms[&room].messages().find(|message| message.seq == seq).expect("an ack is durable");
        assert_eq!((stored.user.id, stored.id, &stored.body), (self.person.user.id, id, &said.send.body));
        assert!(seq > said.after, "what is said after an ack comes behind it");
        self.acked.push((said, seq));
    }

    fn refused(&mut self, reference: Option<Ref>, code: ErrorCode) {
        if reference.is_none() {
            return;
        }
        match self.answered(reference) {
            Asked::Send(_, id) => {
                let index = self.unanswered.iter().position(|said| said.send.id == id).expect("it was not answered");
                self.refused.push((self.unanswered.remove(index), code));
            }
            Asked::Join(room, _) => self.views.entry(room).or_default().waits = true,
            Asked::Leave(_) | Asked::History => {}
        }
    }
}

fn is_in(event: &Event, log: &[LogEvent]) {
    let id = |event: &Event| event.message().map(|Message { id, .. }| *id);
    let place = usize::try_from(event.seq().0 - 1).unwrap();
    assert_eq!(log.get(place).map(|stored| id(&stored.event)), Some(id(event)), "nothing is shown that is not durable");
}
