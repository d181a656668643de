//! What the writer decides: which appends are new, and what place each gets. Pure, but for the ids it looks up.
//!
//! It knows the rooms' heads as they will be when all that is planned is durable. Since the writer plans a
//! batch only when it knows the fate of the one before, a plan is either carried out whole or undone whole.

mod acts;
mod plan;
#[cfg(test)]
mod tests;
pub(crate) use plan::{Admission, Decision, Enacted, Made, Plan};

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use greenroom_protocol::{Epoch, Name, Role, RoomId, Seq, Timestamp, User, UserId};
use uuid::Uuid;

use crate::cursors::Moved;
use crate::documents::{Change, ChangeRefused, Key};
use crate::fingerprint::{ById, Fingerprint, Fingerprinter, IdMap};
use crate::journal::FrameBuilder;
use crate::life::Life;
use crate::record::{CursorsMoved, DocumentPut, Erased, Followed, Lsn, MessageRecord, Person, Record, RoomCreated};
use crate::rooms::LiveRoom;
use crate::{
    Append, Follow, Head, Incarnation, Intent, NewRoom, Open, OpenRefused, Opened, Outcome, ReadError, Refused, Room,
    RoomKey, Ticket, Unfollow,
};

/// People whose names the writer remembers; then it forgets all and looks them up again.
const PEOPLE: usize = 65_536;

/// What is stored already, beside what the ledger knows by itself.
pub(crate) trait Stored {
    /// The message with this key, if it is in a sealed segment.
    fn sealed(&self, key: Fingerprint) -> Option<Lsn>;
    /// Shows a message, or what is left of it; says whether it could be read.
    fn message(&self, lsn: Lsn, show: &mut dyn FnMut(&Record<'_>)) -> bool;
    /// A person, as far as it can be known now.
    fn person(&self, user: UserId) -> Option<(Name, bool)>;
    /// Whether a room is in a person's list, as far as it can be known now.
    fn follows(&self, user: UserId, room: RoomKey) -> bool;
    /// A document, where that can be known now.
    fn document(&self, key: &Key) -> Result<Option<Vec<u8>>, ReadError>;
}

/// The writer's book.
#[derive(Debug)]
pub(crate) struct Ledger {
    rooms: ById<RoomKey, Place>,
    by_id: HashMap<RoomId, RoomKey>,
    people: ById<UserId, (Name, bool)>,
    fingerprinter: Fingerprinter,
    /// The messages of the newest segment.
    ids: IdMap,
    /// The newest segment's first record.
    base: Lsn,
    /// What the epochs of new rooms are served by.
    life: Life,
}

#[derive(Debug)]
struct Place {
    live: Arc<LiveRoom>,
    head: Head,
    incarnation: Incarnation,
    /// The newest of its appends that was decided. They come in their order, some of them twice.
    decided: Ticket,
}

impl Ledger {
    pub(crate) fn new(
        rooms: impl IntoIterator<Item = Arc<LiveRoom>>,
        fingerprinter: Fingerprinter,
        ids: IdMap,
        base: Lsn,
    ) -> Self {
        let (rooms_here, people, life) = (ById::default(), ById::default(), Life::default());
        let mut ledger = Self { rooms: rooms_here, by_id: HashMap::new(), people, fingerprinter, ids, base, life };
        for live in rooms {
            let head = live.head();
            ledger.place(live, head);
        }
        ledger
    }

    /// The same in this life of the logs.
    pub(crate) fn in_life(self, life: Life) -> Self {
        Self { life, ..self }
    }

    fn place(&mut self, live: Arc<LiveRoom>, head: Head) {
        self.by_id.insert(live.id.clone(), live.key);
        self.rooms.insert(live.key, Place { live, head, incarnation: Incarnation::default(), decided: Ticket(0) });
    }

    /// The newest segment's ids, to be handed over when it is sealed, and the place for the next one's first record.
    pub(crate) fn segment(&mut self) -> (&mut IdMap, &mut Lsn) {
        (&mut self.ids, &mut self.base)
    }

    /// Decides on each intent, in order, and fills the frame with what is to be written.
    pub(crate) fn plan(
        &mut self,
        intents: &[Intent],
        cursors: Vec<(RoomKey, Moved)>,
        admission: Admission,
        stored: &dyn Stored,
        frame: &mut FrameBuilder,
    ) -> Plan {
        let mut planner =
            Planner { ledger: self, plan: Plan::default(), admission, stored, frame, planned: Planned::default() };
        planner.plan.decisions.reserve(intents.len());
        for intent in intents {
            let decision = match intent {
                Intent::Append(append) => planner.append(append),
                Intent::Open(open) => Decision::Open(planner.open(open)),
                Intent::Make(make) => Decision::Make(planner.make_room(make)),
                Intent::Enact(enact) => Decision::Enact(planner.enact(enact)),
                Intent::Follow(follow) => Decision::Follow(planner.follow(follow)),
                Intent::Unfollow(unfollow) => Decision::Unfollow(planner.unfollow(unfollow)),
                Intent::Change(change) => Decision::Change(planner.change(change)),
                Intent::Trim(trim) => Decision::Trim(planner.trim(trim)),
                Intent::Seal => Decision::Seal,
            };
            planner.plan.decisions.push(decision);
        }
        for (room, moved) in cursors {
            planner.cursor(room, &moved);
        }
        planner.plan
    }

    /// Forgets a plan that could not be carried out.
    pub(crate) fn undo(&mut self, plan: &Plan) {
        for key in &plan.keys {
            self.ids.remove(key);
        }
        for &(room, head) in plan.heads_before.iter().rev() {
            if let Some(place) = self.rooms.get_mut(&room) {
                place.head = head;
            }
        }
        for &(room, ticket) in plan.decided_before.iter().rev() {
            if let Some(place) = self.rooms.get_mut(&room) {
                place.decided = ticket;
            }
        }
        for (live, _) in &plan.created {
            self.rooms.remove(&live.key);
            self.by_id.remove(&live.id);
        }
        for (user, ..) in &plan.people {
            self.people.remove(user);
        }
    }
}

/// A plan in the making.
struct Planner<'a> {
    ledger: &'a mut Ledger,
    plan: Plan,
    admission: Admission,
    stored: &'a dyn Stored,
    frame: &'a mut FrameBuilder,
    planned: Planned,
}

/// What this plan has changed so far, and nobody else knows yet.
#[derive(Default)]
struct Planned {
    following: HashMap<(UserId, RoomKey), bool>,
    roles: HashMap<(RoomKey, UserId), Option<Role>>,
    changed: ById<RoomKey, Seq>,
    edited: ById<RoomKey, Arc<Room>>,
    deleted: HashSet<RoomKey>,
}

impl Planner<'_> {
    fn append(&mut self, append: &Append) -> Decision {
        let nothing = |outcome| Decision::Append { outcome, ordinal: 0, lsn: 0 };
        let key = self.ledger.fingerprinter.of(append.room, append.user.id, append.id);
        match self.ledger.rooms.get(&append.room) {
            Some(place) if append.incarnation < place.incarnation => return nothing(Outcome::Superseded),
            Some(place) if append.ticket <= place.decided => return nothing(Outcome::Decided),
            Some(_) => self.decide(append),
            None => return nothing(Outcome::Superseded),
        }
        if let Some(outcome) = self.said_before(key, append) {
            return nothing(outcome);
        }
        if append.probe {
            return nothing(Outcome::Absent);
        }
        if !self.admits(append.room, append.user.id) {
            return nothing(Outcome::Forbidden);
        }
        if let Admission::Refuse(refused) = self.admission {
            return nothing(Outcome::Refused(refused));
        }
        self.introduce(&append.user, append.guest);
        let Some(Head { seq, ordinal }) = self.next_place(append.room, 1) else { return nothing(Outcome::Superseded) };
        let lsn = self.frame.push(&Record::Message(MessageRecord {
            room: *append.room.0.as_bytes(),
            seq: seq.0,
            ordinal,
            user: *append.user.id.0.as_bytes(),
            id: *append.id.0.as_bytes(),
            at: append.at.as_millis(),
            reply_to: append.reply_to.map(|seq| seq.0),
            body: append.body.as_str(),
        }));
        self.plan.keys.push(key);
        self.ledger.ids.insert(key, u32::try_from(lsn - self.ledger.base).expect("a segment is bounded"));
        Decision::Append { outcome: Outcome::Stored { seq, at: append.at }, ordinal, lsn }
    }

    /// Notes that this append is decided now.
    fn decide(&mut self, append: &Append) {
        if let Some(place) = self.ledger.rooms.get_mut(&append.room) {
            self.plan.decided_before.push((append.room, place.decided));
            place.decided = append.ticket;
        }
    }

    /// What became of the first message with this key. None where there is none, or where it can no
    /// longer be read: then it is stored once more, which brings back what was lost.
    fn said_before(&self, key: Fingerprint, append: &Append) -> Option<Outcome> {
        let newest = self.ledger.ids.get(&key).map(|&record| self.ledger.base + u64::from(record));
        let lsn = newest.or_else(|| self.stored.sealed(key))?;
        let mut outcome = None;
        let digest = self.ledger.fingerprinter.digest(append.body.as_str(), append.reply_to);
        let mut compare = |first: &Record<'_>| outcome = repeated(first, append, digest);
        if lsn >= self.frame.first() {
            self.frame.record(lsn).iter().for_each(&mut compare);
        } else if !self.stored.message(lsn, &mut compare) {
            tracing::error!(lsn, "a message that was sent again can't be read; it is stored again");
        }
        outcome
    }

    fn open(&mut self, open: &Open) -> Result<Opened, OpenRefused> {
        if let Some(&key) = self.ledger.by_id.get(&open.room) {
            if self.is_deleted(key) {
                return Err(OpenRefused::Deleted);
            }
            let room = self.room(key).ok_or(OpenRefused::NotFound)?;
            let place = self.ledger.rooms.get_mut(&key).ok_or(OpenRefused::NotFound)?;
            if open.incarnation > place.incarnation {
                place.incarnation = open.incarnation;
                place.decided = Ticket(0);
            }
            return Ok(Opened { room, head: place.head, created: false });
        }
        let new = open.create.as_ref().ok_or(OpenRefused::NotFound)?;
        if let Admission::Refuse(refused) = self.admission {
            return Err(OpenRefused::Refused(refused));
        }
        let room = self.make(&open.room, new);
        if let Some(place) = self.ledger.rooms.get_mut(&room.key) {
            place.incarnation = open.incarnation;
        }
        Ok(Opened { room, head: Head::default(), created: true })
    }

    /// Makes a room, without a word of it in its log.
    fn make(&mut self, id: &RoomId, new: &NewRoom) -> Arc<Room> {
        let written = Epoch::new();
        let (key, epoch) = (RoomKey(Uuid::now_v7()), self.ledger.life.epoch(written.0));
        let room = Arc::new(Room::new(key, id.clone(), new.kind, new.title.clone(), epoch));
        self.frame.push(&Record::RoomCreated(RoomCreated {
            key: *room.key.0.as_bytes(),
            id: room.id.as_str().into(),
            kind: room.kind.into(),
            title: room.title.as_str().into(),
            epoch: *written.0.as_bytes(),
            by: *new.by.0.as_bytes(),
            at: new.at.as_millis(),
        }));
        let live = Arc::new(LiveRoom::made(Arc::clone(&room), new.by));
        self.ledger.place(Arc::clone(&live), Head::default());
        self.plan.created.push((live, new.by));
        room
    }

    fn follow(&mut self, follow: &Follow) -> Result<bool, Refused> {
        if self.follows(follow.user.id, follow.room) {
            return Ok(false);
        }
        if let Admission::Refuse(refused) = self.admission {
            return Err(refused);
        }
        self.introduce(&follow.user, follow.guest);
        self.list(follow.user.id, follow.room, follow.at, true);
        Ok(true)
    }

    fn unfollow(&mut self, unfollow: &Unfollow) -> Result<bool, Refused> {
        if !self.follows(unfollow.user, unfollow.room) {
            return Ok(false);
        }
        if let Admission::Refuse(refused) = self.admission {
            return Err(refused);
        }
        self.list(unfollow.user, unfollow.room, unfollow.at, false);
        Ok(true)
    }

    fn follows(&self, user: UserId, room: RoomKey) -> bool {
        let planned = self.planned.following.get(&(user, room)).copied();
        planned.unwrap_or_else(|| self.stored.follows(user, room))
    }

    /// Puts a room into a person's list, or takes it off.
    fn list(&mut self, user: UserId, room: RoomKey, at: Timestamp, on: bool) {
        let followed = Followed { room: *room.0.as_bytes(), user: *user.0.as_bytes(), at: at.as_millis() };
        self.frame.push(&if on { Record::Follow(followed) } else { Record::Unfollow(followed) });
        self.planned.following.insert((user, room), on);
        self.plan.follows.push((user, room, on));
    }

    /// The place of the next event of a room, with so many messages more.
    fn next_place(&mut self, room: RoomKey, messages: u64) -> Option<Head> {
        let place = self.ledger.rooms.get_mut(&room)?;
        self.plan.heads_before.push((room, place.head));
        place.head = Head { seq: place.head.seq.next(), ordinal: place.head.ordinal + messages };
        Some(place.head)
    }

    fn change(&mut self, change: &Change) -> Result<(), ChangeRefused> {
        for (key, expected) in &change.expect {
            let is = match self.plan.documents.get(key) {
                Some(planned) => planned.clone(),
                None => self.stored.document(key)?,
            };
            if is != *expected {
                return Err(ChangeRefused::Changed(key.clone()));
            }
        }
        if let Admission::Refuse(refused) = self.admission {
            return Err(refused.into());
        }
        for (key, value) in &change.put {
            self.frame.push(&Record::Document(DocumentPut { key: key.as_bytes(), value: value.as_deref() }));
            self.plan.documents.insert(key.clone(), value.clone());
        }
        if let Some(user) = change.erase {
            let lsn = self.frame.push(&Record::Erased(Erased { user: *user.0.as_bytes() }));
            self.plan.erased.push((user, lsn));
        }
        Ok(())
    }

    fn cursor(&mut self, room: RoomKey, moved: &Moved) {
        self.introduce(&moved.user, moved.guest);
        self.frame.push(&Record::Cursors(CursorsMoved {
            room: *room.0.as_bytes(),
            user: *moved.user.id.0.as_bytes(),
            delivered: moved.cursor.delivered.0,
            read: moved.cursor.read.0,
            read_ordinal: moved.cursor.read_ordinal,
        }));
        self.plan.cursors.push((room, moved.user.id, moved.cursor));
    }

    /// Writes who a person is, before the first record that names them, and when their name has changed.
    fn introduce(&mut self, user: &User, guest: bool) {
        let is_this = |(name, was_guest): &(Name, bool)| *name == user.name && *was_guest == guest;
        if self.ledger.people.get(&user.id).is_some_and(is_this) {
            return;
        }
        if self.ledger.people.len() >= PEOPLE {
            self.ledger.people.clear();
        }
        self.ledger.people.insert(user.id, (user.name.clone(), guest));
        if self.stored.person(user.id).is_some_and(|stored| is_this(&stored)) {
            return;
        }
        let name = user.name.as_str().into();
        self.frame.push(&Record::Person(Person { user: *user.id.0.as_bytes(), name, guest }));
        self.plan.people.push((user.id, user.name.clone(), guest));
    }
}

/// What a repeated message is told.
fn repeated(first: &Record<'_>, again: &Append, digest: u64) -> Option<Outcome> {
    let (same, seq, at) = if let Record::Message(first) = first {
        let same = first.body == again.body.as_str() && first.reply_to == again.reply_to.map(|seq| seq.0);
        (same, first.seq, first.at)
    } else if let Record::Stub(stub) = first {
        (stub.digest.is_none_or(|first| first == digest), stub.seq, stub.at)
    } else {
        return None;
    };
    Some(if same { Outcome::Repeated { seq: Seq(seq), at: Timestamp::from_millis(at) } } else { Outcome::Conflict })
}
