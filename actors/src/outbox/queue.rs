//! The frames of an outbox, in two classes.

use std::fmt;
use std::sync::Arc;

use greenroom_protocol::limits::OUTBOX_PASSING;
use greenroom_protocol::{EncodedFrame, Presence, RoomId, Seq, User, UserId};
use indexmap::IndexMap;

use super::in_order::InOrder;
use crate::ledger::Frames;

/// Live events of one room, encoded once for everyone in it.
#[derive(Debug)]
pub struct Batch {
    first: Seq,
    frames: Vec<EncodedFrame>,
}

impl Batch {
    /// Events `first`, `first + 1`, …; at least one.
    #[must_use]
    pub fn new(first: Seq, frames: Vec<EncodedFrame>) -> Arc<Self> {
        Arc::new(Self { first, frames })
    }

    /// The first event.
    #[must_use]
    pub fn first(&self) -> Seq {
        self.first
    }

    /// The last event; just before the first where there is none.
    #[must_use]
    pub fn last(&self) -> Seq {
        Seq(self.first.0 + self.frames.len() as u64 - 1)
    }

    /// How many events.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is at least one")]
    pub fn len(&self) -> u64 {
        self.frames.len() as u64
    }

    fn from(&self, seq: Seq) -> usize {
        usize::try_from(seq.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX).min(self.frames.len())
    }
}

/// Which passing frame replaces which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PassingKey {
    /// Whether one person types in a room.
    Typing(RoomId, UserId),
    /// The same, told to somebody who has not joined the room.
    TypingElsewhere(RoomId, UserId),
    /// Whether one person's messages in a room are no more.
    Forgotten(RoomId, UserId),
    /// One person's cursors in a room.
    Receipt(RoomId, UserId),
    /// Who came to a room and who went.
    Presence(RoomId),
    /// The unread count of a room.
    Unread(RoomId),
    /// One person's status.
    Person(UserId),
}

/// What is to be written to one socket.
#[derive(Default)]
pub struct Queue {
    durable: InOrder<Item>,
    passing: IndexMap<PassingKey, Passing>,
    bytes: usize,
    frames: usize,
    /// What came and went; what waits is looked up.
    counts: Frames,
}

enum Item {
    One(EncodedFrame),
    /// A shared batch from one of its frames on.
    Many(Arc<Batch>, usize),
}

impl Item {
    fn frame(&self) -> &EncodedFrame {
        match self {
            Self::One(frame) => frame,
            Self::Many(batch, index) => &batch.frames[*index],
        }
    }

    /// Goes on to its next frame, if it has one.
    fn advance(&mut self) -> bool {
        match self {
            Self::One(_) => false,
            Self::Many(batch, index) => {
                *index += 1;
                *index < batch.frames.len()
            }
        }
    }
}

enum Passing {
    Frame(EncodedFrame),
    /// Differences can't replace each other, so they are kept to be merged.
    Presence(Arc<Presence>, EncodedFrame),
}

/// What a queued frame costs beside its bytes.
const OVERHEAD: usize = 48;

fn cost(frame: &EncodedFrame) -> usize {
    frame.len() + OVERHEAD
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({} frames, {} bytes)", self.len(), self.bytes)
    }
}

impl Queue {
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.durable.is_empty() && self.passing.is_empty()
    }

    /// Frames that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames + self.passing.len()
    }

    /// Bytes of durable frames that wait; the passing ones are bounded by their number.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Hands out frames until they have about `bytes`, durable ones first; says how many they were.
    pub(super) fn hand_out(&mut self, bytes: usize, mut each: impl FnMut(&EncodedFrame)) -> u64 {
        let (before, mut size) = (self.len(), 0);
        while size < bytes {
            let Some(item) = self.durable.first_mut() else { break };
            let frame = item.frame();
            each(frame);
            size += frame.len();
            self.bytes -= cost(frame);
            self.frames -= 1;
            if !item.advance() {
                self.durable.drop_first();
            }
        }
        if self.durable.is_empty() && size < bytes {
            for (_, passing) in self.passing.drain(..) {
                match &passing {
                    Passing::Frame(frame) | Passing::Presence(_, frame) => each(frame),
                }
            }
        }
        let handed_out = (before - self.len()) as u64;
        self.counts.written += handed_out;
        self.shrink();
        handed_out
    }

    /// An idle connection keeps no buffers.
    fn shrink(&mut self) {
        if self.passing.is_empty() && self.passing.capacity() > 0 {
            self.passing = IndexMap::new();
        }
    }

    pub(super) fn push(&mut self, frame: EncodedFrame) {
        self.bytes += cost(&frame);
        self.frames += 1;
        self.counts.queued += 1;
        self.durable.push_back(Item::One(frame));
    }

    /// Says how many events that were.
    pub(super) fn push_batch(&mut self, batch: &Arc<Batch>, from: Seq) -> u64 {
        let index = batch.from(from);
        let frames = &batch.frames[index..];
        let events = frames.len() as u64;
        if events == 0 {
            return 0;
        }
        self.bytes += frames.iter().map(cost).sum::<usize>();
        self.frames += frames.len();
        self.counts.queued += events;
        self.durable.push_back(Item::Many(Arc::clone(batch), index));
        events
    }

    pub(super) fn pass(&mut self, key: PassingKey, frame: EncodedFrame) {
        let older = self.passing.shift_remove(&key);
        self.put_passing(key, Passing::Frame(frame), older.is_some());
    }

    pub(super) fn pass_presence(&mut self, presence: &Arc<Presence>, frame: &EncodedFrame) {
        let key = PassingKey::Presence(presence.room.clone());
        let older = self.passing.shift_remove(&key);
        let replaces = older.is_some();
        let entry = match older {
            Some(Passing::Presence(waiting, _)) => {
                let merged = merge(&waiting, presence);
                let frame = EncodedFrame::new(&greenroom_protocol::ServerFrame::Presence(merged.clone()));
                Passing::Presence(Arc::new(merged), frame)
            }
            Some(Passing::Frame(_)) | None => Passing::Presence(Arc::clone(presence), frame.clone()),
        };
        self.put_passing(key, entry, replaces);
    }

    /// Puts a passing frame in as the newest; where there are too many, the oldest goes.
    fn put_passing(&mut self, key: PassingKey, passing: Passing, replaces: bool) {
        self.counts.queued += 1;
        self.counts.superseded += u64::from(replaces);
        self.passing.insert(key, passing);
        if self.passing.len() > OUTBOX_PASSING {
            self.passing.shift_remove_index(0);
            self.counts.superseded += 1;
        }
    }

    pub(super) fn forget(&mut self, room: &RoomId) {
        let before = self.passing.len();
        self.passing.retain(|key, _| match key {
            PassingKey::Typing(of, _)
            | PassingKey::TypingElsewhere(of, _)
            | PassingKey::Forgotten(of, _)
            | PassingKey::Receipt(of, _)
            | PassingKey::Presence(of) => of != room,
            PassingKey::Unread(_) | PassingKey::Person(_) => true,
        });
        self.counts.superseded += (before - self.passing.len()) as u64;
    }

    /// The socket is closed: nothing of this will be written.
    pub(super) fn clear(&mut self) {
        let mut counts = self.counts;
        counts.closed += self.len() as u64;
        *self = Self { counts, ..Self::default() };
    }

    /// What became of its frames.
    pub(super) fn ledger(&self) -> Frames {
        Frames { waiting: self.len() as u64, ..self.counts }
    }
}

/// Two differences as one: who came and went again is in neither list.
fn merge(older: &Presence, newer: &Presence) -> Presence {
    let after = |old: &[User], undone: &[User], new: &[User]| -> Vec<User> {
        let kept = old.iter().filter(|user| !undone.contains(user) && !new.contains(user));
        kept.chain(new).cloned().collect()
    };
    let without = |list: Vec<User>, undone: &[User]| -> Vec<User> {
        list.into_iter().filter(|user| !undone.contains(user)).collect()
    };
    Presence {
        room: newer.room.clone(),
        online_count: newer.online_count,
        joined: without(after(&older.joined, &newer.left, &newer.joined), &older.left),
        left: without(after(&older.left, &newer.joined, &newer.left), &older.joined),
    }
}
