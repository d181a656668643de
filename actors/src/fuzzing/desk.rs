//! One session with its socket, two rooms, and their supervisor.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use greenroom_protocol::{
    Body, ClientFrame, Command, CursorMove, EncodedFrame, Event, History, Join, MessageId, Name, Ref, RoomId, Send,
    Seq, ServerFrame, SessionId, Typing, TypingChanged, User, UserId,
};
use uuid::Uuid;

use super::open_doors::OpenDoors;
use super::room::Room;
use crate::address::held::Mailbox;
use crate::directory::{Directory, Person};
use crate::outbox::{Outbox, PassingKey, Queue, Wire};
use crate::room::Enter;
use crate::rooms::RoomsCommand;
use crate::session::{SessionArguments, SessionCommand, SessionConfig, SessionHandle, SessionShell};
use crate::shard::Opening;

pub(super) struct Desk {
    directory: Arc<Directory>,
    outbox: Arc<Outbox>,
    rooms: [Room; 2],
    supervisor: Arc<Mailbox<RoomsCommand>>,
    mailbox: Arc<Mailbox<SessionCommand>>,
    shell: SessionShell,
    handle: SessionHandle,
    person: Person,
    /// What was asked and is not answered.
    asked: HashMap<i64, &'static str>,
    /// For each room, the last event that the client has seen, while it is in it.
    seen: HashMap<RoomId, Seq>,
    next: i64,
    /// Whether the outbox was closed: then nothing more is promised.
    over: bool,
}

struct Nobody;

impl Wire for Nobody {
    fn ready(&self, _queue: &mut Queue) {}
}

impl Desk {
    pub(super) fn new() -> Self {
        let directory = Directory::new();
        directory.guard(Arc::new(OpenDoors));
        let (supervisor, mailbox) = (Mailbox::new(None), Mailbox::new(None));
        directory.rooms.fill(supervisor.address());
        let user = User { id: UserId(Uuid::from_u128(1)), name: Name::guest("ana").expect("that is a name") };
        let person = Person { user, guest: true };
        let outbox = Outbox::new(Arc::new(Nobody));
        let config = SessionConfig { room_creation: true };
        let opening = Opening {
            person: person.clone(),
            token: None,
            reference: None,
            outbox: Arc::clone(&outbox),
            sign_in: None,
            fresh: false,
            config,
            pace: None,
        };
        let id = SessionId(Uuid::from_u128(2));
        let arguments = SessionArguments { id, directory: Arc::clone(&directory), opening };
        let mut shell = SessionShell::new(mailbox.address(), arguments);
        shell.take(SessionCommand::Listed(Some(Vec::new())));
        Self {
            shell,
            handle: SessionHandle::new(id, mailbox.address()),
            directory,
            outbox,
            rooms: [Room::new("green"), Room::new("attic")],
            supervisor,
            mailbox,
            person,
            asked: HashMap::new(),
            seen: HashMap::new(),
            next: 1,
            over: false,
        }
    }

    pub(super) fn happens(&mut self, what: u8, how: u8) {
        let (n, how) = (usize::from(how & 1), usize::from(how >> 1));
        match what % 20 {
            0 => self.asks(n, "join", how),
            1 => self.asks(n, "leave", how),
            2 | 3 => self.asks(n, "send", how),
            4 => self.asks(n, "history", how),
            5 => self.asks(n, "typing", how),
            6 => self.asks(n, "read", how),
            7..=9 => self.session_takes(),
            10 | 11 => self.rooms[n].takes(&self.outbox, how % 8 == 7, 1 + how % 4),
            12 | 13 => self.rooms[n].commits(&self.outbox, how % 8, how / 8 % 4, how >= 96),
            14 => self.room_dies(n),
            15 => self.rooms[n].offers_late(&self.outbox, how as u64, how as u64 % 7),
            16 => self.rooms[n].page(&self.outbox, Seq(how as u64 % (self.rooms[n].head().0 + 1)), 1 + how % 4),
            17 => self.supervisor_acts(how),
            18 => self.somebody_types(n),
            _ => self.socket_takes(1 + how * 64),
        }
    }

    fn asks(&mut self, n: usize, what: &'static str, how: usize) {
        let Poll::Ready(permit) = pin!(self.outbox.permit()).poll(&mut Context::from_waker(Waker::noop())) else {
            return;
        };
        let room = self.rooms[n].id.clone();
        let command = match what {
            "join" => {
                let since = self.seen.get(&room).copied().filter(|_| how & 1 == 1);
                Command::Join(Join { room, since, epoch: None, limit: None })
            }
            "leave" => Command::Leave { room },
            // Some of them come twice.
            "send" => Command::Send(Send {
                room,
                id: MessageId(Uuid::from_u128(how as u128 + 1)),
                body: Body::parse("hello").expect("that is a body"),
                reply_to: None,
            }),
            "history" => Command::History(History { room, before: None, after: None, limit: None }),
            "typing" => Command::Typing(Typing { room, on: true }),
            _ => Command::Read(CursorMove { room, seq: Seq(how as u64) }),
        };
        let answered = !matches!(what, "typing" | "read");
        let reference = answered.then(|| {
            self.next += 1;
            self.asked.insert(self.next, what);
            Ref::Number(self.next)
        });
        self.handle.frame(ClientFrame { reference, command }, permit);
    }

    fn session_takes(&mut self) {
        if let Some(command) = self.mailbox.next() {
            self.shell.take(command);
        }
    }

    /// The next incarnation calls whoever wants to be there, as a room does that has opened its log.
    fn room_dies(&mut self, n: usize) {
        let room = &mut self.rooms[n];
        room.dies();
        for (_, seated) in self.directory.roster(&room.id) {
            seated.handle.room_up(room.id.clone(), room.handle());
        }
    }

    /// The rooms' supervisor lets somebody in, puts a room aside for no time, or is itself a fresh one.
    fn supervisor_acts(&mut self, how: usize) {
        match how % 16 {
            0 => self.handle.rooms_up(),
            1 => {
                let until = std::time::Instant::now() + Duration::from_millis(1);
                self.rooms[0].dies();
                self.handle.room_down(self.rooms[0].id.clone(), until);
                self.handle.room_up(self.rooms[0].id.clone(), self.rooms[0].handle());
            }
            _ => self.supervisor_takes(),
        }
    }

    fn supervisor_takes(&mut self) {
        if let Some(RoomsCommand::Enter { room, enter: Enter::Join(join) }) = self.supervisor.next()
            && let Some(entered) = self.rooms.iter().find(|of| of.id == room)
        {
            entered.handle().join(join);
        }
    }

    fn somebody_types(&self, n: usize) {
        let (room, user) = (self.rooms[n].id.clone(), self.person.user.clone());
        let key = PassingKey::Typing(room.clone(), user.id);
        self.outbox.pass(key, EncodedFrame::new(&ServerFrame::Typing(TypingChanged { room, user, on: true })));
    }

    fn socket_takes(&mut self, bytes: usize) {
        let (frames, before) = self.outbox.waiting();
        let mut taken = Vec::new();
        let handed_out = self.outbox.hand_out(bytes, |frame| taken.push(frame.clone()));
        let (left, after) = self.outbox.waiting();
        assert_eq!(handed_out.frames, taken.len() as u64, "what is counted is what is handed out");
        assert_eq!(frames, left + taken.len(), "what waits is what is taken, and what is left");
        assert!(before >= after && (left > 0 || after == 0), "{before} bytes, then {after}");
        let (duties, attention) = (self.outbox.duties(), self.outbox.asks_for_attention());
        assert!(handed_out.calls || !(attention || duties.close.is_some()), "who has something to do is called");
        if attention {
            self.handle.attend();
        }
        self.over |= duties.close.is_some() || self.outbox.closed().is_some();
        taken.iter().for_each(|frame| self.client_reads(frame));
    }

    fn client_reads(&mut self, frame: &EncodedFrame) {
        match serde_json::from_slice(frame.text()).expect("a frame is JSON") {
            ServerFrame::Joined(joined) => {
                self.answered(joined.reference, "join");
                let first = joined.events.first().map_or(joined.last_seq, |first| Seq(first.seq().0 - 1));
                self.seen.insert(joined.room.clone(), first);
                joined.events.into_iter().for_each(|event| self.sees(&joined.room, &event));
            }
            ServerFrame::Events(page) => page.events.iter().for_each(|event| self.sees(&page.room, event)),
            ServerFrame::Message(message) => self.sees(&message.room.clone(), &Event::Message(message)),
            ServerFrame::Ack(ack) => {
                let log = &self.rooms.iter().find(|room| room.id == ack.room).expect("it is one of two").log;
                assert_eq!(log[usize::try_from(ack.seq.0 - 1).unwrap_or(usize::MAX)], ack.id);
                self.answered(ack.reference, "send");
            }
            ServerFrame::Left(left) => {
                self.answered(left.reference, "leave");
                self.seen.remove(&left.room);
            }
            ServerFrame::Error(error) => {
                if let Some(Ref::Number(number)) = error.reference {
                    assert!(self.asked.remove(&number).is_some(), "{number} is answered once: {}", error.message);
                }
            }
            ServerFrame::Typing(typing) => assert!(self.seen.contains_key(&typing.room)),
            ServerFrame::Welcome(_) => {}
            other @ (ServerFrame::Member(_)
            | ServerFrame::Room(_)
            | ServerFrame::Erased { .. }
            | ServerFrame::Forgotten(_)
            | ServerFrame::Unreadable { .. }
            | ServerFrame::Receipt(_)
            | ServerFrame::Presence(_)
            | ServerFrame::Unread(_)
            | ServerFrame::Rooms(_)
            | ServerFrame::People(_)
            | ServerFrame::History(_)
            | ServerFrame::Pong { .. }) => panic!("nobody says {other:?}"),
        }
    }

    fn answered(&mut self, reference: Option<Ref>, what: &str) {
        let Some(Ref::Number(number)) = reference else { panic!("{what} without a mark") };
        assert_eq!(self.asked.remove(&number), Some(what), "{number} is answered once");
    }

    fn sees(&mut self, room: &RoomId, event: &Event) {
        let seen = self.seen.get_mut(room).expect("nothing comes from a room that one is not in");
        assert_eq!(event.seq(), seen.next(), "each event of {room} comes once, and in order");
        *seen = event.seq();
    }

    /// Nothing goes wrong any more; whoever has something to do does it.
    pub(super) fn comes_to_rest(&mut self) {
        for _ in 0..10_000 {
            while !self.mailbox.is_empty() {
                self.session_takes();
            }
            while !self.supervisor.is_empty() {
                self.supervisor_takes();
            }
            for room in &mut self.rooms {
                room.takes(&self.outbox, false, 4);
                room.commits(&self.outbox, 8, 0, false);
            }
            self.socket_takes(usize::MAX);
            let idle = self.rooms.iter().all(Room::is_idle) && self.supervisor.is_empty() && self.mailbox.is_empty();
            if self.over || (idle && self.outbox.waiting().0 == 0) {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    pub(super) fn check(&self) {
        if self.over {
            return;
        }
        assert!(self.asked.is_empty(), "everything is answered but {:?}", self.asked);
        let all = pin!(self.outbox.all_answered()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(all.is_ready(), "every permit has come back");
        for room in &self.rooms {
            let (seen, cursor) = (self.seen.get(&room.id), self.outbox.cursor(&room.id));
            assert_eq!(seen.copied(), cursor, "the client has what was handed over");
            assert!(cursor.is_none_or(|cursor| cursor == room.head()), "and all that there is");
        }
    }
}
