//! A store in a directory of its own, and somebody who listens to it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use greenroom_protocol::{Body, MessageId, Name, RoomId, RoomKind, Seq, Timestamp, User, UserId};
use parking_lot::{Condvar, Mutex};
use tempfile::TempDir;
use uuid::Uuid;

use crate::disk::faulty::FaultyDisk;
use crate::start::Tuning;
use crate::sweeping::Pace;
use crate::{
    Act, Announce, Append, Durability, Enact, EnactRefused, Fatal, Follow, Incarnation, Intent, LogEvent, MakeRefused,
    MakeRoom, NewRoom, Open, OpenRefused, Opened, Options, Outcome, Refused, Room, RoomBatch, RoomKey, StartError,
    Store, Ticket, Unfollow,
};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was heard, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    Event(RoomKey, LogEvent),
    Settled(Ticket, Outcome),
    /// Noted by a test's reply.
    Opened(Opened2),
}

/// What of an [`Opened`] can be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened2(pub(super) RoomKey, pub(super) Seq);

/// Listens to a store.
#[derive(Debug, Default)]
pub(super) struct Ear {
    heard: Mutex<Vec<Heard>>,
    outcomes: Mutex<HashMap<Ticket, Outcome>>,
    fatal: Mutex<Option<Fatal>>,
    erased: Mutex<Vec<UserId>>,
    trimmed: Mutex<Vec<Arc<Room>>>,
    news: Condvar,
}

impl Announce for Ear {
    fn committed(&self, batch: RoomBatch) {
        let mut heard = self.heard.lock();
        heard.extend(batch.events.into_iter().map(|event| Heard::Event(batch.room, event)));
        let mut outcomes = self.outcomes.lock();
        for settled in batch.settled {
            heard.push(Heard::Settled(settled.ticket, settled.outcome.clone()));
            let before = outcomes.insert(settled.ticket, settled.outcome);
            assert!(before.is_none(), "an append is settled once");
        }
        self.trimmed.lock().extend(batch.trimmed);
        self.news.notify_all();
    }

    fn erased(&self, user: UserId) {
        self.erased.lock().push(user);
    }

    fn failed(&self, fatal: Fatal) {
        *self.fatal.lock() = Some(fatal);
        let _order = self.outcomes.lock();
        self.news.notify_all();
    }
}

impl Ear {
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().clone()
    }

    pub(super) fn note(&self, heard: Heard) {
        self.heard.lock().push(heard);
    }

    /// The outcome of an append; none where the journal failed before.
    pub(super) fn outcome(&self, ticket: Ticket) -> Option<Outcome> {
        let until = Instant::now() + PATIENCE;
        let mut outcomes = self.outcomes.lock();
        loop {
            if let Some(outcome) = outcomes.get(&ticket) {
                return Some(outcome.clone());
            }
            if self.fatal.lock().is_some() {
                return None;
            }
            let late = self.news.wait_until(&mut outcomes, until).timed_out();
            assert!(!late, "no word of {ticket:?}");
        }
    }

    pub(super) fn erased(&self) -> Vec<UserId> {
        self.erased.lock().clone()
    }

    /// Rooms that were trimmed, as they were told.
    pub(super) fn trimmed(&self) -> Vec<Arc<Room>> {
        self.trimmed.lock().clone()
    }

    pub(super) fn fatal(&self) -> Option<Fatal> {
        self.fatal.lock().clone()
    }
}

/// A store, its directory, and its listener.
pub(super) struct House {
    pub(super) dir: Arc<TempDir>,
    pub(super) tuning: Tuning,
    pub(super) durability: Durability,
    pub(super) store: Store,
    pub(super) ear: Arc<Ear>,
}

static TICKETS: AtomicU64 = AtomicU64::new(1);

impl House {
    pub(super) fn new() -> Self {
        Self::tuned(small())
    }

    pub(super) fn tuned(tuning: Tuning) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a directory for a test"));
        Self::open(dir, tuning, Durability::Fsync).expect("a new directory opens")
    }

    /// A house on a disk that can be made to fail.
    pub(super) fn on_faulty_disk() -> (Self, FaultyDisk) {
        let disk = FaultyDisk::default();
        let house = Self::tuned(Tuning { disk: Arc::new(disk.clone()), ..small() });
        (house, disk)
    }

    pub(super) fn open(dir: Arc<TempDir>, tuning: Tuning, durability: Durability) -> Result<Self, StartError> {
        let ear = Arc::new(Ear::default());
        let options = Options { dir: dir.path().into(), durability, retention: None };
        let announce: Arc<dyn Announce> = ear.clone();
        let store = Store::start_tuned(&options, tuning.clone(), announce)?;
        Ok(Self { dir, tuning, durability, store, ear })
    }

    /// Closes the store and opens it again.
    pub(super) fn restart(self) -> Self {
        self.try_restart().expect("what was closed in order opens again")
    }

    pub(super) fn try_restart(self) -> Result<Self, StartError> {
        let (dir, tuning, durability) = self.close();
        Self::open(dir, tuning, durability)
    }

    pub(super) fn close(self) -> (Arc<TempDir>, Tuning, Durability) {
        self.store.close();
        let Self { dir, tuning, durability, store, .. } = self;
        drop(store);
        (dir, tuning, durability)
    }

    /// What the disk has now, as after `kill -9`, in another directory. Nothing may be under way.
    pub(super) fn killed(&self) -> Arc<TempDir> {
        let image = Arc::new(tempfile::tempdir().expect("a directory for a test"));
        copy(self.dir.path(), image.path());
        image
    }

    /// Opens what `kill -9` would have left.
    pub(super) fn after_kill(&self) -> Self {
        Self::open(self.killed(), self.tuning.clone(), self.durability).expect("what was killed opens again")
    }

    /// The same, on a disk that works.
    pub(super) fn after_kill_without_faults(&self) -> Self {
        let tuning = Tuning { disk: small().disk, ..self.tuning.clone() };
        Self::open(self.killed(), tuning, self.durability).expect("what was killed opens again")
    }

    pub(super) fn submit_open(&self, room: &str, life: u64, create: bool) -> Opening {
        let (told, told_here) = channel();
        let by = UserId(Uuid::from_u128(1));
        let new = NewRoom { kind: RoomKind::Group, title: room.to_uppercase(), by, at: at(0) };
        let ear = Arc::clone(&self.ear);
        self.store.submit(Intent::Open(Open {
            room: room_id(room),
            incarnation: Incarnation(life),
            create: create.then_some(new),
            reply: Box::new(move |opened| {
                if let Ok(opened) = &opened {
                    ear.note(Heard::Opened(Opened2(opened.room.key, opened.head.seq)));
                }
                told.send(opened).expect("a test waits for its answer");
            }),
        }));
        Opening(told_here)
    }

    /// A room, made where there is none.
    pub(super) fn room(&self, room: &str) -> Arc<Room> {
        self.submit_open(room, 1, true).wait().expect("a room opens").room
    }

    pub(super) fn submit(&self, append: Append) -> Ticket {
        let ticket = append.ticket;
        self.store.submit(Intent::Append(append));
        ticket
    }

    /// Says something and waits for what becomes of it.
    pub(super) fn say(&self, append: Append) -> Outcome {
        let ticket = self.submit(append);
        self.ear.outcome(ticket).expect("the journal works")
    }

    /// Says so many things, some at once.
    pub(super) fn chatter(&self, room: &Room, user: &User, count: u64) {
        let said: Vec<Append> =
            (0..count).map(|n| says(room, user, &format!("{n} of {count}, by {}", user.name))).collect();
        for some in said.chunks(8) {
            let tickets: Vec<Ticket> = some.iter().map(|append| self.submit(append.clone())).collect();
            for ticket in tickets {
                assert!(matches!(self.ear.outcome(ticket), Some(Outcome::Stored { .. })));
            }
        }
    }

    pub(super) fn follow(&self, room: &Room, user: &User) -> Result<bool, Refused> {
        let (told, told_here) = channel();
        self.store.submit(Intent::Follow(Follow {
            room: room.key,
            user: user.clone(),
            guest: true,
            at: at(0),
            reply: Box::new(move |followed| told.send(followed).expect("a test waits for its answer")),
        }));
        told_here.recv_timeout(PATIENCE).expect("an answer")
    }

    /// Makes a room that somebody asks for.
    pub(super) fn make(
        &self,
        room: RoomId,
        kind: RoomKind,
        by: &User,
        members: &[User],
    ) -> Result<Arc<Room>, MakeRefused> {
        let (told, told_here) = channel();
        let members = members.iter().map(|user| (user.clone(), true)).collect();
        let (title, topic, by) = (room.as_str().to_uppercase(), "what it is about".to_owned(), by.clone());
        let reply = Box::new(move |made| told.send(made).expect("a test waits for its answer"));
        let make = MakeRoom { room, kind, title, topic, by, guest: true, members, at: at(0), reply };
        self.store.submit(Intent::Make(make));
        told_here.recv_timeout(PATIENCE).expect("an answer")
    }

    /// Changes a room or its members, as of what is known now.
    pub(super) fn enact(&self, room: &Room, by: &User, act: Act) -> Result<(), EnactRefused> {
        self.enact_knowing(room, by, act, self.store.standings().members(room.key).1)
    }

    pub(super) fn enact_knowing(&self, room: &Room, by: &User, act: Act, known: Seq) -> Result<(), EnactRefused> {
        let (told, told_here) = channel();
        let reply = Box::new(move |enacted| told.send(enacted).expect("a test waits for its answer"));
        let (room, by) = (room.key, by.clone());
        self.store.submit(Intent::Enact(Enact { room, act, by, guest: true, known, at: at(0), reply }));
        told_here.recv_timeout(PATIENCE).expect("an answer")
    }

    pub(super) fn unfollow(&self, room: &Room, user: &User) -> Result<bool, Refused> {
        let (told, told_here) = channel();
        let reply = Box::new(move |unfollowed| told.send(unfollowed).expect("a test waits for its answer"));
        self.store.submit(Intent::Unfollow(Unfollow { room: room.key, user: user.id, at: at(0), reply }));
        told_here.recv_timeout(PATIENCE).expect("an answer")
    }

    /// Waits until a condition holds, asking again each time the store may have moved.
    pub(super) fn wait_until(&self, what: &str, holds: impl Fn(&Store) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(&self.store) {
            assert!(Instant::now() < until, "{what}: {:?}", self.store.health());
            std::thread::yield_now();
        }
    }

    /// Waits until the journal and the index have all.
    pub(super) fn settle(&self) {
        self.wait_until("the index takes over", |store| {
            let health = store.health();
            store.cursors_are_journaled() && health.applied == health.committed && !health.rebuilding
        });
    }
}

/// An open that was submitted.
pub(super) struct Opening(std::sync::mpsc::Receiver<Result<Opened, OpenRefused>>);

impl Opening {
    pub(super) fn wait(self) -> Result<Opened, OpenRefused> {
        self.0.recv_timeout(PATIENCE).expect("an answer")
    }
}

/// Segments of a few messages, so that there are many.
pub(super) fn small() -> Tuning {
    let mut tuning = Tuning::default();
    tuning.space.segment = 4 * 1024;
    tuning.space.step = 4 * 1024;
    tuning.space.believed_full = Duration::ZERO;
    tuning.cursors_every = Duration::from_millis(10);
    tuning.apply_every = Duration::from_millis(5);
    tuning
}

/// The same, swept all the time.
pub(super) fn swept() -> Tuning {
    let pace = Pace { every: Duration::from_millis(5), round: Duration::ZERO, old: Duration::ZERO };
    Tuning { sweep: pace, ..small() }
}

pub(super) fn room_id(room: &str) -> RoomId {
    RoomId::parse(room).expect("a slug")
}

pub(super) fn person(name: &str) -> User {
    let id = Uuid::from_u128(u128::from_le_bytes(*blake3::hash(name.as_bytes()).as_bytes().first_chunk().expect("32")));
    User { id: UserId(id), name: Name::guest(name).expect("a name") }
}

pub(super) fn alice() -> User {
    person("Alice")
}

pub(super) fn bob() -> User {
    person("Bob")
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + millis)
}

/// Something new that somebody says in the first life of a room.
pub(super) fn says(room: &Room, user: &User, body: &str) -> Append {
    let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
    Append {
        room: room.key,
        incarnation: Incarnation(1),
        ticket: Ticket(ticket),
        user: user.clone(),
        guest: true,
        id: MessageId::new(),
        body: Body::parse(body).expect("a body"),
        reply_to: None,
        at: at(ticket as i64),
        probe: false,
    }
}

/// The same, said again.
pub(super) fn again(first: &Append) -> Append {
    let ticket = Ticket(TICKETS.fetch_add(1, Ordering::Relaxed));
    Append { ticket, at: at(ticket.0 as i64), ..first.clone() }
}

pub(super) fn stored(outcome: &Outcome) -> Seq {
    match outcome {
        Outcome::Stored { seq, .. } => *seq,
        other @ (Outcome::Repeated { .. }
        | Outcome::Conflict
        | Outcome::Absent
        | Outcome::Forbidden
        | Outcome::Superseded
        | Outcome::Decided
        | Outcome::Refused(_)) => {
            panic!("not stored: {other:?}")
        }
    }
}

pub(super) fn repeated(outcome: &Outcome) -> Seq {
    match outcome {
        Outcome::Repeated { seq, .. } => *seq,
        other @ (Outcome::Stored { .. }
        | Outcome::Conflict
        | Outcome::Absent
        | Outcome::Forbidden
        | Outcome::Superseded
        | Outcome::Decided
        | Outcome::Refused(_)) => {
            panic!("not repeated: {other:?}")
        }
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
