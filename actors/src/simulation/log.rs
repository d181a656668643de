//! A model of the store: what the ledger of `greenroom-storage` decides, without a disk. That the real one
//! decides so is tested there.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use greenroom_protocol::{
    Epoch, Event, MemberChange, MemberChanged, Message, Role, RoomId, RoomKind, Seq, Timestamp, User, UserId,
};
use greenroom_storage::{
    Act, Announce, Append, Cursor, Enact, Head, Health, Intent, LogEvent, Open, OpenRefused, Opened, Outcome, Page,
    PageFrom, Place, ReadError, Refused, Reply, Room, RoomBatch, RoomInList, RoomKey, Settled, Sight, Ticket, Trim,
};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::doorkeeper::Doorkeeper;
use crate::store::Archive;

#[derive(Default)]
pub(super) struct Log {
    pub(super) rooms: BTreeMap<RoomId, Book>,
    /// What the writer has taken over, and would carry out whatever becomes of the store's actor.
    pub(super) queue: VecDeque<Intent>,
    /// Whether the disk is full.
    pub(super) full: bool,
    /// Who may be where, as it is durable.
    pub(super) doors: Arc<Doors>,
    follows: HashSet<(UserId, RoomKey)>,
    cursors: RefCell<HashMap<(RoomKey, UserId), (User, Cursor)>>,
}

/// A room's log.
pub(super) struct Book {
    pub(super) room: Arc<Room>,
    pub(super) events: Vec<LogEvent>,
    incarnation: greenroom_storage::Incarnation,
    /// The newest append of that incarnation that was decided.
    decided: Ticket,
    /// Who was put out. Everybody else may be here.
    pub(super) out: HashSet<UserId>,
}

/// The room that people are put out of, and brought back into.
pub(super) const PRIVATE: &str = "attic";

/// Who may be where.
#[derive(Default)]
pub(super) struct Doors(Mutex<BTreeMap<RoomId, Door>>);

struct Door {
    room: Arc<Room>,
    head: Head,
    out: HashSet<UserId>,
}

impl Doorkeeper for Doors {
    fn look(&self, room: &RoomId, user: Option<UserId>) -> Sight {
        match self.0.lock().get(room) {
            None => Sight::Nothing,
            Some(door) if user.is_some_and(|user| door.out.contains(&user)) => Sight::Hidden,
            Some(door) => {
                let (room, head) = (Arc::clone(&door.room), door.head);
                Sight::Open(Place { room, head, role: None, changed: Seq::ZERO })
            }
        }
    }

    fn admits(&self, room: RoomKey, user: UserId) -> bool {
        let doors = self.0.lock();
        doors.values().any(|door| door.room.key == room && !door.out.contains(&user))
    }

    fn room(&self, room: &RoomId) -> Option<(Arc<Room>, Head)> {
        self.0.lock().get(room).map(|door| (Arc::clone(&door.room), door.head))
    }

    fn members(&self, _room: RoomKey) -> (Vec<(UserId, Role)>, Seq) {
        (Vec::new(), Seq::ZERO)
    }

    fn direct_room(&self, _a: UserId, _b: UserId) -> RoomId {
        unreachable!("nobody asks for a direct room here")
    }
}

fn batch(room: RoomKey) -> RoomBatch {
    RoomBatch { room, events: Vec::new(), settled: Vec::new(), trimmed: None, deleted: false }
}

/// What is told of a batch, in order.
enum Effect {
    Committed(RoomBatch),
    Opened(Reply<Result<Opened, OpenRefused>>, Result<Opened, OpenRefused>),
}

impl Log {
    /// Carries out so many intents as one batch.
    pub(super) fn commit(&mut self, count: usize, announce: &dyn Announce) {
        let (mut effects, mut open, mut followed) = (Vec::new(), HashMap::new(), Vec::new());
        let count = count.min(self.queue.len());
        for intent in self.queue.drain(..count).collect::<Vec<_>>() {
            match intent {
                Intent::Append(append) => {
                    let at = *open.entry(append.room).or_insert_with(|| {
                        effects.push(Effect::Committed(batch(append.room)));
                        effects.len() - 1
                    });
                    let Effect::Committed(batch) = &mut effects[at] else { unreachable!() };
                    self.append(append, batch);
                }
                Intent::Open(asked) => {
                    let opened = self.open(&asked);
                    if let Ok(opened) = &opened {
                        open.remove(&opened.room.key);
                    }
                    effects.push(Effect::Opened(asked.reply, opened));
                }
                Intent::Follow(follow) => {
                    let new = self.follows.insert((follow.user.id, follow.room));
                    followed.push((follow.reply, new));
                }
                Intent::Enact(enact) => {
                    let at = *open.entry(enact.room).or_insert_with(|| {
                        effects.push(Effect::Committed(batch(enact.room)));
                        effects.len() - 1
                    });
                    let Effect::Committed(batch) = &mut effects[at] else { unreachable!() };
                    self.enact(enact, batch);
                }
                Intent::Trim(trim) => {
                    let at = *open.entry(trim.room).or_insert_with(|| {
                        effects.push(Effect::Committed(batch(trim.room)));
                        effects.len() - 1
                    });
                    let Effect::Committed(batch) = &mut effects[at] else { unreachable!() };
                    self.trim(trim, batch);
                }
                Intent::Make(_) | Intent::Unfollow(_) | Intent::Change(_) | Intent::Seal => {
                    unreachable!("nobody here has an account, or makes rooms but by joining")
                }
            }
        }
        self.open_doors();
        for effect in effects {
            match effect {
                Effect::Committed(batch) => announce.committed(batch),
                Effect::Opened(reply, opened) => reply(opened),
            }
        }
        followed.into_iter().for_each(|(reply, new)| reply(Ok(new)));
    }

    fn append(&mut self, append: Append, batch: &mut RoomBatch) {
        let full = self.full;
        let book = self.rooms.values_mut().find(|book| book.room.key == append.room).expect("rooms are opened first");
        let outcome = book.decide(&append, full);
        let Append { incarnation, ticket, user, id, body, reply_to, .. } = append;
        if let Outcome::Stored { seq, at } = outcome {
            let message = Message { room: book.room.id.clone(), seq, id, user, body, at, reply_to };
            let event = LogEvent { event: Event::Message(message), ordinal: book.head().ordinal + 1 };
            book.events.push(event.clone());
            batch.events.push(event);
        }
        batch.settled.push(Settled { incarnation, ticket, outcome });
    }

    fn open(&mut self, asked: &Open) -> Result<Opened, OpenRefused> {
        let number = self.rooms.len() as u128 + 1;
        if let Some(book) = self.rooms.get_mut(&asked.room) {
            if asked.incarnation > book.incarnation {
                (book.incarnation, book.decided) = (asked.incarnation, Ticket(0));
            }
            return Ok(Opened { room: Arc::clone(&book.room), head: book.head(), created: false });
        }
        let new = asked.create.as_ref().ok_or(OpenRefused::NotFound)?;
        if self.full {
            return Err(OpenRefused::Refused(Refused::DiskFull));
        }
        let (key, epoch) = (RoomKey(Uuid::from_u128(number)), Epoch(Uuid::from_u128(number)));
        let kind = if asked.room.as_str() == PRIVATE { RoomKind::Private } else { RoomKind::Group };
        let room = Arc::new(Room::new(key, asked.room.clone(), kind, new.title.clone(), epoch));
        let (events, incarnation, out) = (Vec::new(), asked.incarnation, HashSet::new());
        let book = Book { room: Arc::clone(&room), events, incarnation, decided: Ticket(0), out };
        self.rooms.insert(asked.room.clone(), book);
        Ok(Opened { room, head: Head::default(), created: true })
    }

    fn trim(&mut self, trim: Trim, batch: &mut RoomBatch) {
        let book = self.rooms.values_mut().find(|book| book.room.key == trim.room).expect("there is such a room");
        if trim.gone.seq > book.room.gone.seq {
            book.room = Arc::new(Room { gone: trim.gone, ..(*book.room).clone() });
            batch.trimmed = Some(Arc::clone(&book.room));
        }
    }

    /// Somebody comes or goes.
    fn enact(&mut self, enact: Enact, batch: &mut RoomBatch) {
        let Act::Member { user, change, .. } = enact.act else { unreachable!("nothing else happens here") };
        let book = self.rooms.values_mut().find(|book| book.room.key == enact.room).expect("there is such a room");
        let is_news = match change {
            MemberChange::Removed => book.out.insert(user.id),
            MemberChange::Added | MemberChange::Joined | MemberChange::Left | MemberChange::Role => {
                book.out.remove(&user.id)
            }
        };
        if is_news {
            let head = book.head();
            let (room, seq, by, at) = (book.room.id.clone(), head.seq.next(), enact.by, enact.at);
            let member = MemberChanged { room, seq, user, change, role: None, by, at };
            let event = LogEvent { event: Event::Member(member), ordinal: head.ordinal };
            book.events.push(event.clone());
            batch.events.push(event);
        }
    }

    /// What is durable now says who may be where, before it is announced.
    fn open_doors(&self) {
        let doors = self.rooms.values().map(|book| {
            let door = Door { room: Arc::clone(&book.room), head: book.head(), out: book.out.clone() };
            (book.room.id.clone(), door)
        });
        *self.doors.0.lock() = doors.collect();
    }

    fn book(&self, key: RoomKey) -> Result<&Book, ReadError> {
        self.rooms.values().find(|book| book.room.key == key).ok_or(ReadError::NoRoom)
    }
}

impl Book {
    pub(super) fn head(&self) -> Head {
        Head { seq: Seq(self.events.len() as u64), ordinal: self.messages().count() as u64 }
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.events.iter().filter_map(|event| event.event.message())
    }

    fn decide(&mut self, append: &Append, full: bool) -> Outcome {
        if append.incarnation < self.incarnation {
            return Outcome::Superseded;
        }
        if append.ticket <= self.decided {
            return Outcome::Decided;
        }
        self.decided = append.ticket;
        let key = (append.user.id, append.id);
        match self.messages().find(|first| (first.user.id, first.id) == key) {
            Some(first) if first.body == append.body && first.reply_to == append.reply_to => {
                Outcome::Repeated { seq: first.seq, at: first.at }
            }
            Some(_) => Outcome::Conflict,
            None if append.probe => Outcome::Absent,
            None if self.out.contains(&append.user.id) => Outcome::Forbidden,
            None if full => Outcome::Refused(Refused::DiskFull),
            // A time of its own for each seed would only make its frames differ.
            None => Outcome::Stored { seq: self.head().seq.next(), at: Timestamp::from_millis(0) },
        }
    }
}

impl Archive for Log {
    fn page(&self, room: RoomKey, from: PageFrom, limit: usize, max_bytes: usize) -> Result<Page, ReadError> {
        let Book { events, room, .. } = self.book(room)?;
        let gone = usize::try_from(room.gone.seq.0).unwrap_or(usize::MAX);
        let place = |seq: Seq| usize::try_from(seq.0).unwrap_or(usize::MAX).clamp(gone, events.len());
        let mut bytes = 0;
        let mut fits = |event: &&LogEvent| {
            let first = bytes == 0;
            bytes += 1 + event.event.message().map_or(0, |message| message.body.as_str().len());
            first || bytes <= max_bytes
        };
        let range = match from {
            PageFrom::After(seq) => {
                let count = events[place(seq)..].iter().take(limit).take_while(&mut fits).count();
                place(seq)..place(seq) + count
            }
            PageFrom::Newest | PageFrom::Before(_) => {
                let end =
                    if let PageFrom::Before(seq) = from { place(Seq(seq.0.saturating_sub(1))) } else { events.len() };
                let count = events[gone..end].iter().rev().take(limit).take_while(&mut fits).count();
                end - count..end
            }
        };
        let more = if matches!(from, PageFrom::After(_)) { range.end < events.len() } else { range.start > gone };
        Ok(Page { events: events[range].to_vec(), more, gone: room.gone })
    }

    fn rooms(&self) -> Vec<(Arc<Room>, Head)> {
        self.rooms.values().map(|book| (Arc::clone(&book.room), book.head())).collect()
    }

    fn rooms_of(&self, _user: UserId) -> Result<Vec<RoomInList>, ReadError> {
        Ok(Vec::new())
    }

    fn room_in_list(&self, _user: UserId, _room: RoomKey) -> Result<Option<RoomInList>, ReadError> {
        Ok(None)
    }

    fn cursors(&self, room: RoomKey, limit: usize) -> Result<Vec<(User, Cursor)>, ReadError> {
        let cursors = self.cursors.borrow();
        let here = cursors.iter().filter(|((of, _), _)| *of == room);
        Ok(here.map(|(_, cursor)| cursor.clone()).take(limit).collect())
    }

    fn cursor(&self, room: RoomKey, user: UserId) -> Result<Cursor, ReadError> {
        Ok(self.cursors.borrow().get(&(room, user)).map(|(_, cursor)| *cursor).unwrap_or_default())
    }

    fn move_cursor(&self, room: RoomKey, user: &User, _guest: bool, to: (Seq, Seq)) -> Result<Cursor, ReadError> {
        let head = self.book(room)?.head().seq;
        let (delivered, read) = (to.0.min(head), to.1.min(head));
        let mut cursors = self.cursors.borrow_mut();
        let entry = cursors.entry((room, user.id)).or_insert_with(|| (user.clone(), Cursor::default()));
        entry.1 = entry.1.farthest(Cursor { delivered, read, read_ordinal: read.0 });
        Ok(entry.1)
    }

    fn health(&self) -> Health {
        Health { committed: 0, applied: 0, disk_full: self.full, rebuilding: false, damaged: 0 }
    }
}
