//! What a room decides: pure, without an actor, a clock or a channel.
//!
//! Commands go in as method calls with the time as an argument; what is to be done comes out as a
//! value. The shell in `actor.rs` does it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::limits::{ONLINE_USERS, PAGE_EVENTS, RESUME_EVENTS, ROOM_IDLE};
use greenroom_protocol::{
    Body, Epoch, ErrorCode, Event, LastMessage, MessageId, Receipt, Seq, SessionId, Timestamp, User, UserId,
};
use greenroom_storage::{Append, Cursor, Head, Incarnation, LogEvent, Outcome, PageFrom, Room, Settled, Ticket};
use serde::{Deserialize, Serialize};

use crate::by_id::{ById, ListById};
use crate::directory::Person;
use crate::ledger::Posts;
use crate::outbox::{Refusal, SendNumber, Settlement};

mod cursors;
mod news;
mod online;
mod passing;
mod recent;
mod standing;
mod typing;
mod window;

use cursors::Cursors;
use news::News;
use online::OnlineList;
use recent::Recent;
pub use standing::Standing;
use typing::Typists;
use window::Window;

/// A room's state.
#[derive(Debug)]
pub struct RoomState {
    /// What the room is.
    room: Arc<Room>,
    /// Which life of its actor this is.
    incarnation: Incarnation,
    /// Where the announced log ends.
    head: Head,
    /// The newest events, up to the head.
    recent: Recent,
    /// The newest message.
    last: Option<LastMessage>,
    /// Who sits here, by session.
    seats: ListById<SessionId, Seat>,
    /// Sessions that were put out and wait for answers: what they said before is looked up, nothing else.
    put_out: ById<SessionId, Person>,
    /// Who is here, by person, and what changed since it was last told.
    online: OnlineList,
    /// Who types.
    typists: Typists,
    /// How far people have got.
    cursors: Cursors,
    /// Appends whose outcome is not known yet, in their order.
    undecided: BTreeMap<Ticket, Undecided>,
    /// The number of the next append.
    next_ticket: u64,
    /// When the window that gathers changes ends, if one is open.
    gather_at: Option<Instant>,
    /// The same for who came and who went.
    presence: Window,
    /// Since when nobody needs the room.
    idle_since: Option<Instant>,
    /// What the lobby is to hear.
    news: News,
    /// What became of posts; how many are undecided is looked up.
    posts: Posts,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Seat {
    person: Person,
    /// The number of the session's `join` that brought it here; zero for one that has not come back yet.
    join: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Undecided {
    asker: Asker,
    append: Append,
}

/// Who waits for the outcome of an append.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Asker {
    Session(SessionId, SendNumber),
    Visitor,
}

/// What became of a post that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Its place in the log.
    pub seq: Seq,
    /// When it was taken.
    pub at: Timestamp,
    /// Whether it had been stored before.
    pub repeated: bool,
}

/// What somebody says in a room.
#[derive(Debug, Clone)]
pub struct Post {
    /// The socket's number of the send.
    pub number: SendNumber,
    /// The idempotency key.
    pub id: MessageId,
    /// What.
    pub body: Body,
    /// What it answers.
    pub reply_to: Option<Seq>,
}

/// Where a joining client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standpoint {
    /// The last event that it holds.
    pub since: Option<Seq>,
    /// The life of the log that it belongs to.
    pub epoch: Option<Epoch>,
    /// How many of the newest events it wants, where it holds none.
    pub limit: usize,
}

/// Which events a joining client is given.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinPlan {
    /// Whether it should forget what it holds.
    pub reset: bool,
    /// Where the events begin.
    pub from: PageFrom,
    /// How many at most.
    pub limit: usize,
    /// The events, where the room has them in memory.
    pub events: Option<Vec<LogEvent>>,
}

/// What the log's announcement brings about.
#[derive(Debug, Default)]
pub struct Announcement {
    /// Events to fan out, in order.
    pub events: Vec<LogEvent>,
    /// Sends to settle.
    pub settlements: Vec<(SessionId, Settlement)>,
    /// Visitors to answer.
    pub answers: Vec<(Ticket, Result<Posted, Refusal>)>,
    /// People whose message came, and who so no longer type.
    pub silent: Vec<User>,
    /// Events before these are missing: read the page after this one.
    pub hole_after: Option<Seq>,
}

impl RoomState {
    /// A room as the log left it, with the people who were in it when its earlier life ended.
    #[must_use]
    pub fn new(
        room: Arc<Room>,
        incarnation: Incarnation,
        head: Head,
        newest: Vec<LogEvent>,
        cursors: Vec<(User, Cursor)>,
        now: Instant,
    ) -> Self {
        let recent = Recent::new(newest);
        Self {
            room,
            incarnation,
            head,
            last: recent.last_message(),
            recent,
            seats: ListById::default(),
            put_out: ById::default(),
            online: OnlineList::default(),
            typists: Typists::default(),
            cursors: Cursors::new(cursors),
            undecided: BTreeMap::new(),
            next_ticket: 1,
            gather_at: Some(now),
            presence: Window::default(),
            idle_since: Some(now),
            news: News::at(now),
            posts: Posts::default(),
        }
    }

    /// What the room is.
    #[must_use]
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// How many of the newest events are in memory.
    #[must_use]
    pub fn recent_count(&self) -> usize {
        self.recent.len()
    }

    /// Where the announced log ends.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The newest message.
    #[must_use]
    pub fn last_message(&self) -> Option<&LastMessage> {
        self.last.as_ref()
    }

    /// How many people are here.
    #[must_use]
    pub fn online_count(&self) -> usize {
        self.online.len()
    }

    /// What became of the posts, to be balanced.
    #[must_use]
    pub fn posts(&self) -> Posts {
        Posts { undecided: self.undecided.len() as u64, ..self.posts }
    }

    // --- coming and going ---

    /// Keeps the seat of a session that sat here in an earlier life and has not come back yet, so that
    /// nobody is shown as gone meanwhile.
    pub fn keep_seat(&mut self, session: SessionId, person: Person) {
        self.online.keep(session, &person.user);
        self.seats.entry(session).or_insert(Seat { person, join: 0 });
        self.idle_since = None;
    }

    /// Gives a session its seat; says whether this `join` is new.
    pub fn sit(&mut self, session: SessionId, person: Person, join: u64, now: Instant) -> bool {
        if self.seats.get(&session).is_some_and(|seat| seat.join >= join) {
            return false;
        }
        if self.online.come(session, &person.user) {
            self.gather_presence(now);
        }
        self.seats.insert(session, Seat { person, join });
        self.idle_since = None;
        true
    }

    /// The sessions of a person that sit here.
    #[must_use]
    pub fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.online.sessions_of(user).to_vec()
    }

    /// Everybody who sits here.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionId> {
        self.seats.keys().copied().collect()
    }

    /// Takes a session's seat away for good; what it has said is still answered. Says whose typing that ends.
    pub fn put_out(&mut self, session: SessionId, person: Person, now: Instant) -> Option<User> {
        let silent = self.stand_up(session, now);
        self.put_out.insert(session, person);
        silent
    }

    /// Whether a session was put out, and has not left since.
    #[must_use]
    pub fn is_put_out(&self, session: SessionId) -> bool {
        self.put_out.contains_key(&session)
    }

    /// Takes a session's seat away; says whose typing that ends.
    pub fn stand_up(&mut self, session: SessionId, now: Instant) -> Option<User> {
        self.put_out.remove(&session);
        let seat = self.seats.swap_remove(&session)?;
        if self.seats.is_empty() {
            self.idle_since = Some(now);
        }
        let user = seat.person.user;
        if !self.online.go(session, &user) {
            return None;
        }
        self.gather_presence(now);
        self.typists.stop(user.id).then_some(user)
    }

    /// Who sits at a session's seat.
    #[must_use]
    pub fn person(&self, session: SessionId) -> Option<&Person> {
        self.seats.get(&session).map(|seat| &seat.person)
    }

    /// Which events a joining client is given.
    #[must_use]
    pub fn plan_join(&self, at: &Standpoint) -> JoinPlan {
        let resumable = at.since.filter(|since| {
            let same_log = at.epoch.is_none_or(|epoch| epoch == self.room.epoch);
            let there = *since >= self.room.gone.seq && *since <= self.head.seq;
            same_log && there && self.head.seq.0 - since.0 <= RESUME_EVENTS
        });
        let (from, limit) = match resumable {
            Some(since) => (PageFrom::After(since), PAGE_EVENTS),
            None => (PageFrom::Newest, at.limit),
        };
        let reset = at.since.is_some() && resumable.is_none();
        JoinPlan { reset, from, limit, events: self.page(from, limit) }
    }

    /// A page from memory, where the room has it.
    #[must_use]
    pub fn page(&self, from: PageFrom, limit: usize) -> Option<Vec<LogEvent>> {
        self.recent.page(from, limit, self.head, self.room.gone.seq)
    }

    /// Whether there is more beyond a page, in the direction asked for.
    #[must_use]
    pub fn has_more(&self, from: PageFrom, page: &[LogEvent]) -> bool {
        match from {
            PageFrom::After(_) => page.last().is_some_and(|last| last.event.seq() < self.head.seq),
            PageFrom::Before(_) | PageFrom::Newest => {
                page.first().is_some_and(|first| first.event.seq() > self.room.first_seq())
            }
        }
    }

    /// All the newest events in memory after `cursor`; nothing where something before them is missing.
    #[must_use]
    pub fn missed(&self, cursor: Seq) -> Option<Vec<LogEvent>> {
        self.recent.after(cursor, self.head)
    }

    /// Some of the people who are here.
    #[must_use]
    pub fn online(&self) -> Vec<User> {
        self.online.users(ONLINE_USERS)
    }

    /// How far people have got, as far as it is told: what nobody would keep up to date is not told at all.
    #[must_use]
    pub fn receipts(&self) -> Vec<Receipt> {
        if self.tells_receipts() { self.cursors.receipts(ONLINE_USERS) } else { Vec::new() }
    }

    /// A person's cursors; nothing where only the store knows.
    #[must_use]
    pub fn cursor(&self, user: UserId) -> Option<Cursor> {
        self.cursors.of(user)
    }

    /// Takes cursors that the store has answered with.
    pub fn know_cursor(&mut self, user: &User, cursor: Cursor) {
        self.cursors.know(user, cursor);
    }

    // --- saying ---

    /// Takes a post, or says why not. What is returned is to be appended; where it is a `probe`, the store
    /// only tells whether it has it.
    ///
    /// # Errors
    /// Where the session has no seat here, or the post answers what does not exist.
    pub fn post(&mut self, session: SessionId, post: Post, at: Timestamp, probe: bool) -> Result<Append, Refusal> {
        let Some(person) = self.person(session).or_else(|| self.put_out.get(&session)).cloned() else {
            self.posts.accepted += 1;
            self.posts.refused.not_joined += 1;
            return Err(self.not_joined());
        };
        let asker = Asker::Session(session, post.number);
        self.take_post(asker, person, (post.id, post.body, post.reply_to), at, probe)
    }

    /// Takes a post of somebody who does not sit here, or says why not; whether they may is for the store to say.
    ///
    /// # Errors
    /// Where the post answers what does not exist.
    pub fn visitor_post(
        &mut self,
        person: Person,
        said: (MessageId, Body, Option<Seq>),
        at: Timestamp,
        probe: bool,
    ) -> Result<Append, Refusal> {
        self.take_post(Asker::Visitor, person, said, at, probe)
    }

    fn take_post(
        &mut self,
        asker: Asker,
        person: Person,
        (id, body, reply_to): (MessageId, Body, Option<Seq>),
        at: Timestamp,
        probe: bool,
    ) -> Result<Append, Refusal> {
        self.posts.accepted += 1;
        if reply_to.is_some_and(|seq| seq == Seq::ZERO || seq > self.head.seq) {
            self.posts.refused.invalid += 1;
            return Err(Refusal::new(ErrorCode::Invalid, "reply_to names no event of this room"));
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let Person { user, guest } = person;
        let (room, incarnation) = (self.room.key, self.incarnation);
        let append = Append { room, incarnation, ticket, user, guest, id, body, reply_to, at, probe };
        self.undecided.insert(ticket, Undecided { asker, append: append.clone() });
        Ok(append)
    }

    /// What is to be appended again to a fresh store, in order. What the old one did store is dropped as a repeat.
    #[must_use]
    pub fn undecided(&self) -> Vec<Append> {
        self.undecided.values().map(|undecided| undecided.append.clone()).collect()
    }

    /// The first append whose outcome is not known.
    #[must_use]
    pub fn first_undecided(&self) -> Option<Ticket> {
        self.undecided.keys().next().copied()
    }

    /// Takes what the log announces.
    pub fn announced(&mut self, events: Vec<LogEvent>, settled: Vec<Settled>, now: Instant) -> Announcement {
        let mut announcement = Announcement::default();
        for event in events {
            let seq = event.event.seq();
            if seq <= self.head.seq {
                continue;
            }
            if seq > self.head.seq.next() {
                announcement.hole_after = Some(self.head.seq);
                break;
            }
            self.take(&event, &mut announcement);
            announcement.events.push(event);
        }
        if !announcement.events.is_empty() {
            self.news.come(self.online.len(), now);
        }
        settled.into_iter().for_each(|settled| self.settle(settled, &mut announcement));
        if self.is_unneeded() {
            self.idle_since.get_or_insert(now);
        }
        announcement
    }

    /// Events up to this one are no more.
    pub fn trimmed(&mut self, gone: Head, now: Instant) {
        if gone.seq <= self.room.gone.seq {
            return;
        }
        self.room = Arc::new(Room { gone, ..(*self.room).clone() });
        self.recent.trim(gone.seq);
        if gone.seq > self.head.seq {
            self.head = gone;
        }
        self.last = self.last.take().filter(|last| last.seq > gone.seq);
        self.tell_lobby(now);
    }

    /// What somebody has said until now is no more.
    pub fn erased(&mut self, user: UserId) {
        self.recent.erase(user);
        self.last = self.last.take().filter(|last| last.user.id != user);
    }

    fn take(&mut self, event: &LogEvent, announcement: &mut Announcement) {
        self.head = Head { seq: event.event.seq(), ordinal: event.ordinal };
        self.recent.push(event.clone());
        if let Event::Room(changed) = &event.event {
            let (title, topic) = (changed.title.clone(), changed.topic.clone());
            let retention = changed.retention_s.map(Duration::from_secs);
            self.room = Arc::new(Room { title, topic, retention, ..(*self.room).clone() });
        }
        if let Some(message) = event.event.message() {
            self.last = Some(LastMessage::from(message));
            self.cursors.said(&message.user, self.head);
            if self.typists.stop(message.user.id) {
                announcement.silent.push(message.user.clone());
            }
        }
    }

    fn settle(&mut self, settled: Settled, announcement: &mut Announcement) {
        if settled.incarnation != self.incarnation || matches!(settled.outcome, Outcome::Superseded | Outcome::Decided)
        {
            // An earlier life asked; its sessions have replayed, and are answered by that. Or the outcome was told.
            return;
        }
        let Some(Undecided { asker, .. }) = self.undecided.remove(&settled.ticket) else { return };
        let Some(result) = self.enter(settled.outcome) else { return };
        match asker {
            Asker::Session(session, number) => {
                let result = result.map(|Posted { seq, at, .. }| (seq, at));
                announcement.settlements.push((session, Settlement { number, result }));
            }
            Asker::Visitor => announcement.answers.push((settled.ticket, result)),
        }
    }

    /// Enters an outcome in the books, and says what it is to whoever waits for it.
    fn enter(&mut self, outcome: Outcome) -> Option<Result<Posted, Refusal>> {
        Some(match outcome {
            Outcome::Stored { seq, at } => {
                self.posts.stored += 1;
                Ok(Posted { seq, at, repeated: false })
            }
            Outcome::Repeated { seq, at } => {
                self.posts.repeated += 1;
                Ok(Posted { seq, at, repeated: true })
            }
            Outcome::Absent => {
                self.posts.refused.poison += 1;
                Err(Refusal::new(ErrorCode::Internal, "this message crashed the room, and was set aside"))
            }
            Outcome::Conflict => {
                self.posts.refused.conflict += 1;
                Err(Refusal::new(ErrorCode::Conflict, "this id was used for another message"))
            }
            Outcome::Forbidden => {
                self.posts.refused.not_joined += 1;
                Err(self.not_joined())
            }
            Outcome::Refused(reason) => {
                self.posts.refused.unavailable += 1;
                Err(Refusal::retry(ErrorCode::Unavailable, format!("not stored: {reason}"), 5_000))
            }
            Outcome::Superseded | Outcome::Decided => return None,
        })
    }

    fn not_joined(&self) -> Refusal {
        Refusal::new(ErrorCode::NotJoined, format!("join {} first", self.room.id))
    }

    /// Whether nobody sits here or waits for answers, and nothing is undecided.
    #[must_use]
    pub fn is_unneeded(&self) -> bool {
        self.seats.is_empty() && self.put_out.is_empty() && self.undecided.is_empty()
    }

    /// Whether nobody has needed the room for [`ROOM_IDLE`].
    #[must_use]
    pub fn is_idle(&self, now: Instant) -> bool {
        self.is_unneeded() && self.idle_since.is_some_and(|since| now.duration_since(since) >= ROOM_IDLE)
    }

    /// Somebody asks for the room after all.
    pub fn stay(&mut self, now: Instant) {
        self.idle_since = self.idle_since.map(|_| now);
    }

    /// When the room next has something to do by itself.
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        let idle = self.idle_since.filter(|_| self.is_unneeded()).map(|since| since + ROOM_IDLE);
        [self.gather_at, self.news.due(), self.presence.ends(), self.typists.first_end(), idle]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests;
