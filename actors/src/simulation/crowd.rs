//! What clients do, and what must be true of them in the end.

use std::collections::HashSet;
use std::sync::Arc;

use greenroom_protocol::{Body, MemberChange, MessageId, Name, RoomId, Send, Seq, SessionId, Timestamp, User, UserId};
use greenroom_storage::{Act, Enact, Head, Intent, Trim};
use uuid::Uuid;

use super::client::{Bell, Client, Link, View};
use super::log::PRIVATE;
use super::world::{SessionLife, World};
use crate::directory::{LivingSession, Person};
use crate::ledger::SessionLedger;
use crate::outbox::{Outbox, Queue, Wire};
use crate::room::out_with;
use crate::session::{SessionArguments, SessionCommand, SessionConfig, SessionHandle, SessionShell};
use crate::shard::Opening;

const ROOMS: [&str; 2] = ["green", PRIVATE];

pub(super) fn person(n: usize) -> Person {
    let id = UserId(Uuid::from_u128(n as u128 + 1));
    Person { user: User { id, name: Name::guest(&format!("guest{n}")).unwrap() }, guest: true }
}

impl Wire for Bell {
    fn ready(&self, _queue: &mut Queue) {
        self.ring();
    }
}

impl View {
    /// Whether its room is to be joined.
    fn is_away(&self) -> bool {
        self.wants && !self.joined && !self.waits
    }
}

impl Client {
    /// Whether there is something left to be done that only the client can do.
    pub(super) fn has_to_act(&self) -> bool {
        let Some(link) = &self.link else { return true };
        let away = self.views.iter().any(|(room, view)| view.is_away() && !self.is_joining(room));
        let sends = self.unanswered.len();
        let asked = link.asked.values().filter(|asked| matches!(asked, super::client::Asked::Send(..))).count();
        link.over.is_none() && (sends > asked || away)
    }
}

impl World {
    pub(super) fn act(&mut self, n: usize) {
        if self.clients[n].link.is_none() {
            return self.connect(n);
        }
        let room = RoomId::parse(ROOMS[self.dice.below(ROOMS.len())]).unwrap();
        let here = self.clients[n].views.get(&room).is_some_and(|view| view.wants);
        match self.dice.below(16) {
            _ if self.calm => self.put_right(n),
            0 => self.clients[n].join(&room),
            _ if !here => self.clients[n].join(&room),
            1 => self.clients[n].leave(&room),
            2..8 if self.restless => self.clients[n].leave(&room),
            2 => self.clients[n].types(&room),
            3 => self.clients[n].looks_back(&room),
            _ => self.say(n, room),
        }
    }

    /// Back into the rooms that it wants to be in, and what it has to say once more.
    fn put_right(&mut self, n: usize) {
        let client = &mut self.clients[n];
        let away = client.views.iter().filter(|(room, view)| view.is_away() && !client.is_joining(room));
        let away: Vec<RoomId> = away.map(|(room, _)| room.clone()).collect();
        away.iter().for_each(|room| client.join(room));
        client.repeat();
    }

    pub(super) fn say(&mut self, n: usize, room: RoomId) {
        self.messages += 1;
        let id = MessageId(Uuid::from_u128(self.messages));
        let length = if self.wordy { 7_500 } else { 3 };
        let body = Body::parse(&"x".repeat(length)).unwrap();
        self.tell("says", &(n, &room, self.messages));
        self.clients[n].say(Send { room, id, body, reply_to: None });
    }

    fn connect(&mut self, n: usize) {
        self.messages += 1;
        let id = SessionId(Uuid::from_u128(self.messages));
        let person = self.clients[n].person.clone();
        let bell = Arc::new(Bell::default());
        let outbox = Outbox::new(bell.clone());
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
        let mailbox = self.new_mailbox();
        let arguments = SessionArguments { id, directory: Arc::clone(&self.directory), opening };
        let mut shell = SessionShell::new(mailbox.address(), arguments);
        let handle = SessionHandle::new(id, mailbox.address());
        let living =
            LivingSession { handle: handle.clone(), person, outbox: Arc::clone(&outbox), shard: 0, sign_in: None };
        self.directory.session_lives(id, living);
        shell.take(SessionCommand::Listed(Some(Vec::new())));
        self.sessions.insert(id, SessionLife { mailbox, shell });
        self.tell("connects", &(n, id));
        self.clients[n].take_up(Link::new(handle, outbox, bell));
    }

    /// Somebody is put out of the room where that may happen, or brought back.
    pub(super) fn somebody_comes_or_goes(&mut self) {
        let person = self.clients[self.dice.below(self.clients.len())].person.clone();
        let change = if self.dice.one_in(2) { MemberChange::Removed } else { MemberChange::Added };
        self.enact(person, change);
    }

    pub(super) fn everybody_is_back(&mut self) {
        let everybody: Vec<Person> = self.clients.iter().map(|client| client.person.clone()).collect();
        everybody.into_iter().for_each(|person| self.enact(person, MemberChange::Added));
    }

    /// Some of the oldest events of a room are no more.
    pub(super) fn something_is_forgotten(&mut self) {
        let Some(book) = self.log.rooms.values().nth(self.dice.below(2)) else { return };
        let Some(seq) = book.events.len().checked_sub(self.dice.below(4)) else { return };
        let Some(event) = seq.checked_sub(1).map(|at| &book.events[at]) else { return };
        let (room, gone) = (book.room.key, Head { seq: event.event.seq(), ordinal: event.ordinal });
        self.log.queue.push_back(Intent::Trim(Trim { room, gone }));
    }

    fn enact(&mut self, person: Person, change: MemberChange) {
        let Some(book) = self.log.rooms.values().find(|book| book.room.id.as_str() == PRIVATE) else { return };
        let Person { user, guest } = person;
        let act = Act::Member { user: user.clone(), guest, change, role: None };
        let (room, known, at) = (book.room.key, Seq::ZERO, Timestamp::from_millis(0));
        let reply = Box::new(|_enacted| ());
        self.log.queue.push_back(Intent::Enact(Enact { room, act, by: user, guest, known, at, reply }));
    }

    pub(super) fn is_at_rest(&self) -> bool {
        let all_seen = |client: &Client| {
            let wanted = client.views.iter().filter(|(_, view)| view.wants);
            wanted.clone().all(|(room, view)| view.joined && view.last == Some(self.log.rooms[room].head().seq))
        };
        let answered = |client: &Client| {
            client.unanswered.is_empty() && client.link.as_ref().is_some_and(|link| link.asked.is_empty())
        };
        self.clients.iter().all(|client| answered(client) && all_seen(client))
    }

    /// Whoever is out by now was handed nothing from there on, at whatever moment that became durable.
    pub(super) fn check_doors(&self) {
        for book in self.log.rooms.values() {
            for client in self.clients.iter().filter(|client| book.out.contains(&client.person.user.id)) {
                let theirs = book.events.iter().rev().find(|event| out_with(event) == Some(client.person.user.id));
                let out = theirs.expect("their end is in the log").event.seq();
                let handed = client.link.as_ref().and_then(|link| link.outbox.cursor(&book.room.id));
                assert!(handed.is_none_or(|handed| handed < out), "out from {out} on, handed up to {handed:?}");
            }
        }
    }

    /// The accounts of everybody, when all has come to rest.
    pub(super) fn check(&self) {
        for (n, client) in self.clients.iter().enumerate() {
            let link = client.link.as_ref().expect("everybody is connected again");
            assert!(client.unanswered.is_empty(), "client {n}: every send is answered but {:?}", client.unanswered);
            assert!(link.asked.is_empty(), "client {n}: everything is answered but {:?}", link.asked);
            assert!(link.is_answered(), "client {n}: every permit has come back");
            for (room, view) in client.views.iter().filter(|(_, view)| view.wants) {
                let head = self.log.rooms[room].head().seq;
                assert_eq!((view.joined, view.last), (true, Some(head)), "client {n} has seen all of {room}");
            }
            self.said_in_order(client);
            for (said, code) in &client.refused {
                let stored = self.log.rooms.get(&said.send.room).is_some_and(|book| {
                    book.messages()
                        .any(|message| (message.user.id, message.id) == (client.person.user.id, said.send.id))
                });
                // What was said over an earlier link may be stored, whatever becomes of its repetition.
                assert!(!stored || said.links > 1, "client {n}: refused with {code:?}, and stored: {said:?}");
            }
        }
        for life in self.living.values() {
            let ledger = life.shell.look().ledger;
            assert!(ledger.balances() && ledger.posts.undecided == 0, "{ledger:?}");
        }
        for relay in self.relays.values() {
            assert!(relay.shell.audit().balances(), "{:?}", relay.shell.audit());
        }
        for (session, living) in self.directory.sessions() {
            assert!(living.outbox.ledger().balances(), "{session}: {:?}", living.outbox.ledger());
        }
        let books = self.directory.books.balance(SessionLedger::default);
        assert!(books.holds(), "what was left open by each life is named: {books:?}");
        for book in self.log.rooms.values() {
            let ids: HashSet<_> = book.messages().map(|message| (message.user.id, message.id)).collect();
            assert_eq!(ids.len(), book.messages().count(), "each message is there once");
        }
    }

    /// What one says in a room is stored in the order in which it was said. Where the disk was full at times, or
    /// people were out for a while, that need not be: a refusal that was lost, with a room or a link, lets the send be repeated later.
    fn said_in_order(&self, client: &Client) {
        for (room, book) in &self.log.rooms {
            let acked = client.acked.iter().filter(|(said, _)| said.send.room == *room);
            let mut acked: Vec<_> = acked.map(|(said, seq)| (*seq, said.send.id)).collect();
            acked.sort_unstable();
            for (seq, id) in &acked {
                let stored = book.messages().find(|message| message.seq == *seq);
                assert_eq!(stored.map(|message| message.id), Some(*id), "an ack is kept");
            }
            assert!(self.refuses || self.selective || acked.iter().is_sorted_by_key(|(_, id)| id.0), "{acked:?}");
        }
    }
}
