//! What is told when a batch is durable, and in which order.

use std::vec::Drain;

use greenroom_protocol::{Event, Message};

use crate::documents::ChangeRefused;
use crate::fingerprint::ById;
use crate::layers::EventAt;
use crate::ledger::{Decision, Plan};
use crate::record::Lsn;
use crate::rooms::LiveRoom;
use crate::shared::Shared;
use crate::{
    Append, Cursor, Head, Intent, LogEvent, OpenRefused, Opened, Outcome, Refused, Reply, RoomBatch, RoomKey, Settled,
};

/// What is to be told.
#[derive(Default)]
pub(super) struct Effects {
    /// For each room, in the order of submission.
    pub(super) in_order: Vec<Effect>,
    /// After all of it.
    pub(super) followed: Vec<Answer<Result<bool, Refused>>>,
    pub(super) changed: Vec<Answer<Result<(), ChangeRefused>>>,
}

pub(super) enum Effect {
    Committed(RoomBatch),
    Opened(Answer<Result<Opened, OpenRefused>>),
}

/// An answer, and who waits for it.
pub(super) type Answer<T> = (Reply<T>, T);

/// Makes a durable batch readable, and says what is to be told of it.
pub(super) fn effects(intents: Drain<'_, Intent>, plan: Plan, shared: &Shared, last: Lsn, records: usize) -> Effects {
    for live in &plan.created {
        shared.rooms.add(std::sync::Arc::clone(live));
    }
    let mut gathering = Gathering { shared, effects: Effects::default(), open: ById::default(), rooms: Vec::new() };
    for (intent, decision) in intents.zip(plan.decisions) {
        match (intent, decision) {
            (Intent::Append(append), Decision::Append { outcome, ordinal, lsn }) => {
                gathering.append(append, outcome, ordinal, lsn);
            }
            (Intent::Open(open), Decision::Open(opened)) => {
                // What comes behind it for this room is told after it.
                if let Ok(opened) = &opened {
                    gathering.open.remove(&opened.room.key);
                }
                gathering.effects.in_order.push(Effect::Opened((open.reply, opened)));
            }
            (Intent::Follow(follow), Decision::Follow(followed)) => {
                gathering.effects.followed.push((follow.reply, followed));
            }
            (Intent::Change(change), Decision::Change(changed)) => {
                gathering.effects.changed.push((change.reply, changed));
            }
            (Intent::Append(_) | Intent::Open(_) | Intent::Follow(_) | Intent::Change(_), _) => {
                unreachable!("each decision is on the intent of its place")
            }
        }
    }
    let Gathering { effects, rooms, .. } = gathering;
    if records > 0 {
        shared.layers.add(records, |layer| {
            for room in &rooms {
                let tail = layer.rooms.entry(room.key).or_default();
                for said in &room.said {
                    tail.push(said.cursor.read.0, EventAt { lsn: said.lsn, ordinal: said.cursor.read_ordinal });
                    tail.move_cursor(said.user, said.cursor);
                }
            }
            for &(room, user, cursor) in &plan.cursors {
                layer.rooms.entry(room).or_default().move_cursor(user, cursor);
            }
            layer.created.extend(plan.created.iter().map(|live| std::sync::Arc::clone(&live.room)));
            layer.people.extend(plan.people.into_iter().map(|(user, name, guest)| (user, (name, guest))));
            for &(user, room) in &plan.follows {
                layer.follow(user, room);
            }
            layer.documents.extend(plan.documents);
            layer.count(last, records);
        });
    }
    for room in rooms {
        if let (Some(live), Some(last)) = (room.live, room.said.last()) {
            live.advance(Head { seq: last.cursor.read, ordinal: last.cursor.read_ordinal });
        }
    }
    effects
}

/// A batch, being sorted by rooms.
struct Gathering<'s> {
    shared: &'s Shared,
    effects: Effects,
    /// For each room, its newest `Committed` in `effects`, and its place in `rooms`.
    open: ById<RoomKey, (usize, usize)>,
    rooms: Vec<RoomSaid>,
}

/// What was said in a room.
struct RoomSaid {
    key: RoomKey,
    live: Option<std::sync::Arc<LiveRoom>>,
    said: Vec<Said>,
}

struct Said {
    lsn: Lsn,
    user: greenroom_protocol::UserId,
    /// Where its sender is with it, and so its own place.
    cursor: Cursor,
}

impl Gathering<'_> {
    fn append(&mut self, append: Append, outcome: Outcome, ordinal: u64, lsn: Lsn) {
        let (batch, room) = *self.open.entry(append.room).or_insert_with(|| {
            let batch = RoomBatch { room: append.room, events: Vec::new(), settled: Vec::new() };
            self.effects.in_order.push(Effect::Committed(batch));
            let live = self.shared.rooms.by_key(append.room);
            self.rooms.push(RoomSaid { key: append.room, live, said: Vec::new() });
            (self.effects.in_order.len() - 1, self.rooms.len() - 1)
        });
        let Effect::Committed(batch) = &mut self.effects.in_order[batch] else {
            unreachable!("an entry of `open` is the place of a batch")
        };
        let room = &mut self.rooms[room];
        let Append { incarnation, ticket, user, id, body, reply_to, .. } = append;
        if let (Outcome::Stored { seq, at }, Some(live)) = (&outcome, &room.live) {
            let (seq, at) = (*seq, *at);
            room.said.push(Said {
                lsn,
                user: user.id,
                cursor: Cursor { delivered: seq, read: seq, read_ordinal: ordinal },
            });
            let message = Message { room: live.room.id.clone(), seq, id, user, body, at, reply_to };
            batch.events.push(LogEvent { event: Event::Message(message), ordinal });
        }
        batch.settled.push(Settled { incarnation, ticket, outcome });
    }
}
