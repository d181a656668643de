//! How often people may do what they do: token buckets.
//!
//! A person's buckets are shared by all their sessions and calls, and outlive them: whoever is refused gains nothing by
//! coming back. A session holds its person's, so that a command costs no search. The rules are values of
//! [`limits::rates`](greenroom_protocol::limits::rates); where there are no limits, there is no [`Pacing`].

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use greenroom_protocol::limits::rates::Whose;
use greenroom_protocol::limits::{Bucket, Cap, Limits};
use greenroom_protocol::{Command, UserId};
use parking_lot::Mutex;

mod tokens;

use tokens::Tokens;

/// Tried too often; again after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften(pub Duration);

/// The limits of a server, who has made how much use of them, and how often anything was refused.
#[derive(Debug)]
pub struct Pacing {
    rules: Arc<Rules>,
    people: Mutex<HashMap<UserId, Known>>,
}

#[derive(Debug)]
struct Rules {
    limits: Limits,
    refused: [AtomicU64; Bucket::ALL.len()],
    full: [AtomicU64; Cap::ALL.len()],
}

#[derive(Debug)]
struct Known {
    pace: Arc<PersonPace>,
    /// When somebody was last seen to hold it.
    held: Instant,
}

impl Pacing {
    /// Of which nobody has made any use yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let rules = Rules {
            limits,
            refused: [const { AtomicU64::new(0) }; Bucket::ALL.len()],
            full: [const { AtomicU64::new(0) }; Cap::ALL.len()],
        };
        Self { rules: Arc::new(rules), people: Mutex::default() }
    }

    /// What was decided.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.rules.limits
    }

    /// Somebody's buckets, to be held as long as they are needed.
    #[must_use]
    pub fn person(&self, user: UserId) -> Arc<PersonPace> {
        let mut people = self.people.lock();
        let new = || Known { pace: Arc::new(PersonPace::new(&self.rules)), held: tokens::now() };
        Arc::clone(&people.entry(user).or_insert_with(new).pace)
    }

    /// The buckets of a socket, which are its own.
    #[must_use]
    pub fn socket(&self) -> SocketPace {
        let tokens = |bucket| Tokens::new(&self.rules.limits, bucket);
        SocketPace {
            frames: tokens(Bucket::Frames),
            malformed: tokens(Bucket::Malformed),
            rules: Arc::clone(&self.rules),
        }
    }

    /// Forgets those whose buckets nobody holds and which are full again.
    pub fn forget(&self) {
        let now = tokens::now();
        let users = Bucket::ALL.into_iter().filter(|bucket| bucket.terms().whose == Whose::User);
        let until_full = users.map(|bucket| self.rules.limits.rate(bucket).until_full()).max().unwrap_or_default();
        let mut people = self.people.lock();
        people.retain(|_, known| {
            // Nobody else can take one meanwhile: that needs the lock.
            if Arc::strong_count(&known.pace) > 1 {
                known.held = now;
            }
            now.saturating_duration_since(known.held) < until_full
        });
        people.shrink_to_fit();
    }

    /// Counts a refusal for which there is no bucket of ours.
    pub fn refused(&self, bucket: Bucket) {
        self.rules.refused[bucket as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one for whom there was no place.
    pub fn full(&self, cap: Cap) {
        self.rules.full[cap as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often what was refused, by the names of the limits.
    #[must_use]
    pub fn refusals(&self) -> Vec<(&'static str, u64)> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let often = Bucket::ALL.into_iter().zip(&self.rules.refused);
        let many = Cap::ALL.into_iter().zip(&self.rules.full);
        let often = often.map(|(bucket, counter)| (bucket.terms().name, count(counter)));
        often.chain(many.map(|(cap, counter)| (cap.terms().name, count(counter)))).collect()
    }
}

impl Rules {
    fn take(&self, bucket: &Tokens) -> Result<(), TooOften> {
        bucket.take().inspect_err(|_| {
            self.refused[bucket.bucket as usize].fetch_add(1, Ordering::Relaxed);
        })
    }
}

/// The buckets of one person.
#[derive(Debug)]
pub struct PersonPace {
    sends: Tokens,
    joins: Tokens,
    room_creations: Tokens,
    history: Tokens,
    requests: Tokens,
    message_reads: Tokens,
    sockets: AtomicU32,
    rules: Arc<Rules>,
}

impl PersonPace {
    fn new(rules: &Arc<Rules>) -> Self {
        let tokens = |bucket| Tokens::new(&rules.limits, bucket);
        Self {
            sends: tokens(Bucket::Sends),
            joins: tokens(Bucket::Joins),
            room_creations: tokens(Bucket::RoomCreations),
            history: tokens(Bucket::History),
            requests: tokens(Bucket::Requests),
            message_reads: tokens(Bucket::MessageReads),
            sockets: AtomicU32::new(0),
            rules: Arc::clone(rules),
        }
    }

    /// They say something, by whatever way.
    ///
    /// # Errors
    /// Where that is too often, as for all that follow.
    pub fn send(&self) -> Result<(), TooOften> {
        self.rules.take(&self.sends)
    }

    /// They make a room.
    ///
    /// # Errors
    /// Where that is too often.
    pub fn room_creation(&self) -> Result<(), TooOften> {
        self.rules.take(&self.room_creations)
    }

    /// They call something over HTTP.
    ///
    /// # Errors
    /// Where that is too often.
    pub fn request(&self) -> Result<(), TooOften> {
        self.rules.take(&self.requests)
    }

    /// They read messages over HTTP.
    ///
    /// # Errors
    /// Where that is too often.
    pub fn message_read(&self) -> Result<(), TooOften> {
        self.rules.take(&self.message_reads)
    }

    /// Whether they may have one more socket.
    #[must_use]
    pub fn has_place(&self) -> bool {
        self.sockets.load(Ordering::Relaxed) < self.rules.limits.cap(Cap::SocketsOfUser)
    }

    /// A place for one more socket, where they may have one.
    #[must_use]
    pub fn place(self: Arc<Self>) -> Option<SocketPlace> {
        let most = self.rules.limits.cap(Cap::SocketsOfUser);
        let one_more = |sockets| (sockets < most).then(|| sockets + 1);
        let taken = self.sockets.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok();
        taken.then(|| SocketPlace(self))
    }
}

/// A place among a person's sockets; given back when it is dropped.
#[derive(Debug)]
pub struct SocketPlace(Arc<PersonPace>);

impl Drop for SocketPlace {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The buckets that a session takes from: its person's, and its own.
pub(crate) struct SessionPace {
    person: Arc<PersonPace>,
    typing: Tokens,
    cursors: Tokens,
    statuses: Tokens,
    pings: Tokens,
    refusals: Tokens,
}

impl SessionPace {
    pub(crate) fn new(person: Arc<PersonPace>) -> Self {
        let tokens = |bucket| Tokens::new(&person.rules.limits, bucket);
        Self {
            typing: tokens(Bucket::Typing),
            cursors: tokens(Bucket::Cursors),
            statuses: tokens(Bucket::Statuses),
            pings: tokens(Bucket::Pings),
            refusals: tokens(Bucket::Refusals),
            person,
        }
    }

    /// A command has come.
    pub(crate) fn command(&self, command: &Command) -> Result<(), TooOften> {
        let bucket = match command {
            Command::Send(_) => &self.person.sends,
            Command::Join(_) => &self.person.joins,
            Command::History(_) => &self.person.history,
            Command::Typing(_) => &self.typing,
            Command::Delivered(_) | Command::Read(_) => &self.cursors,
            Command::Status(_) => &self.statuses,
            Command::Ping => &self.pings,
            // One leaves only what one has joined, and says hello once: more are refused, and are frames like any other.
            Command::Hello(_) | Command::Leave { .. } => return Ok(()),
        };
        self.person.rules.take(bucket)
    }

    /// A command was refused for coming too often; an error where they don't listen.
    pub(crate) fn refusal(&self) -> Result<(), TooOften> {
        self.person.rules.take(&self.refusals)
    }

    pub(crate) fn person(&self) -> &Arc<PersonPace> {
        &self.person
    }
}

/// The buckets of a socket, for what is no command.
#[derive(Debug)]
pub struct SocketPace {
    frames: Tokens,
    malformed: Tokens,
    rules: Arc<Rules>,
}

impl SocketPace {
    /// A frame of any kind has come.
    ///
    /// # Errors
    /// Where that is too often.
    pub fn frame(&self) -> Result<(), TooOften> {
        self.rules.take(&self.frames)
    }

    /// A text has come that is no command.
    ///
    /// # Errors
    /// Where that is too often.
    pub fn malformed(&self) -> Result<(), TooOften> {
        self.rules.take(&self.malformed)
    }
}

#[cfg(test)]
mod tests;
