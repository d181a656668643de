//! What is told when a batch is durable, and in which order.

use std::sync::Arc;
use std::vec::Drain;

use greenroom_protocol::{Event, Message, UserId};

use crate::documents::ChangeRefused;
use crate::fingerprint::ById;
use crate::layers::EventAt;
use crate::ledger::{Decision, Enacted, Made, Plan};
use crate::record::Lsn;
use crate::rooms::LiveRoom;
use crate::shared::Shared;
use crate::{
    Append, Cursor, EnactRefused, Head, Intent, LogEvent, MakeRefused, OpenRefused, Opened, Outcome, Refused, Reply,
    Room, RoomBatch, RoomKey, Settled,
};

/// What is to be told.
#[derive(Default)]
pub(super) struct Effects {
    /// For each room, in the order of submission.
    pub(super) in_order: Vec<Effect>,
    /// Whose messages are no more; told before anybody is answered.
    pub(super) erased: Vec<UserId>,
    /// After all of it.
    pub(super) made: Vec<Answer<Result<Arc<Room>, MakeRefused>>>,
    pub(super) enacted: Vec<Answer<Result<(), EnactRefused>>>,
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
    for (live, _) in &plan.created {
        shared.rooms.add(Arc::clone(live));
    }
    // Before any of it can be read: whoever is out must not read what comes behind that.
    for (room, alteration) in &plan.altered {
        if let Some(live) = shared.rooms.by_key(*room) {
            live.alter(alteration);
        }
    }
    shared.erased.write().extend(plan.erased.iter().copied());
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
            (Intent::Make(make), Decision::Make(made)) => {
                let made = made.map(|Made { room, events }| {
                    events.into_iter().for_each(|(lsn, event)| gathering.happened(room.key, lsn, event));
                    room
                });
                gathering.effects.made.push((make.reply, made));
            }
            (Intent::Enact(enact), Decision::Enact(enacted)) => {
                let enacted = enacted.map(|Enacted(event)| match event {
                    Some((lsn, event)) => gathering.happened(enact.room, lsn, event),
                    None => gathering.batch(enact.room).1.deleted = true,
                });
                gathering.effects.enacted.push((enact.reply, enacted));
            }
            (Intent::Follow(follow), Decision::Follow(followed)) => {
                gathering.effects.followed.push((follow.reply, followed));
            }
            (Intent::Unfollow(unfollow), Decision::Unfollow(unfollowed)) => {
                gathering.effects.followed.push((unfollow.reply, unfollowed));
            }
            (Intent::Change(change), Decision::Change(changed)) => {
                gathering.effects.changed.push((change.reply, changed));
            }
            (Intent::Trim(trim), Decision::Trim(trimmed)) => {
                if trimmed {
                    let (room, batch) = gathering.batch(trim.room);
                    batch.trimmed = room.live.as_ref().map(|live| live.room());
                }
            }
            (Intent::Seal, Decision::Seal) => {}
            (
                Intent::Append(_)
                | Intent::Open(_)
                | Intent::Make(_)
                | Intent::Enact(_)
                | Intent::Follow(_)
                | Intent::Unfollow(_)
                | Intent::Change(_)
                | Intent::Trim(_)
                | Intent::Seal,
                _,
            ) => {
                unreachable!("each decision is on the intent of its place")
            }
        }
    }
    let Gathering { mut effects, rooms, .. } = gathering;
    effects.erased = plan.erased.iter().map(|(user, _)| *user).collect();
    if records > 0 {
        shared.layers.add(records, |layer| {
            for room in &rooms {
                let tail = layer.rooms.entry(room.key).or_default();
                for happened in &room.happened {
                    let Head { seq, ordinal } = happened.head;
                    tail.push(seq.0, EventAt { lsn: happened.lsn, ordinal });
                    if let Some(user) = happened.said_by {
                        tail.move_cursor(user, Cursor { delivered: seq, read: seq, read_ordinal: ordinal });
                    }
                }
            }
            for &(room, user, cursor) in &plan.cursors {
                layer.rooms.entry(room).or_default().move_cursor(user, cursor);
            }
            layer.created.extend(plan.created.iter().map(|(live, by)| (live.room(), Some(*by))));
            layer.altered.extend(plan.altered);
            layer.people.extend(plan.people.into_iter().map(|(user, name, guest)| (user, (name, guest))));
            for &(user, room, on) in &plan.follows {
                layer.follow(user, room, on);
            }
            layer.documents.extend(plan.documents);
            layer.erased.extend(plan.erased.iter().copied());
            layer.count(last, records);
        });
    }
    for room in rooms {
        if let (Some(live), Some(last)) = (room.live, room.happened.last()) {
            live.advance(last.head);
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
    rooms: Vec<InRoom>,
}

/// What happened in a room.
struct InRoom {
    key: RoomKey,
    live: Option<Arc<LiveRoom>>,
    happened: Vec<Happened>,
}

struct Happened {
    lsn: Lsn,
    /// Its own place.
    head: Head,
    /// Who said it, and so is there with their cursors; nobody where it is no message.
    said_by: Option<UserId>,
}

impl Gathering<'_> {
    fn append(&mut self, append: Append, outcome: Outcome, ordinal: u64, lsn: Lsn) {
        let (room, batch) = self.batch(append.room);
        let Append { incarnation, ticket, user, id, body, reply_to, .. } = append;
        if let (Outcome::Stored { seq, at }, Some(live)) = (&outcome, &room.live) {
            let (seq, at) = (*seq, *at);
            room.happened.push(Happened { lsn, head: Head { seq, ordinal }, said_by: Some(user.id) });
            let message = Message { room: live.id.clone(), seq, id, user, body, at, reply_to };
            batch.events.push(LogEvent { event: Event::Message(message), ordinal });
        }
        batch.settled.push(Settled { incarnation, ticket, outcome });
    }

    /// An event that is no message.
    fn happened(&mut self, key: RoomKey, lsn: Lsn, event: LogEvent) {
        let (room, batch) = self.batch(key);
        let head = Head { seq: event.event.seq(), ordinal: event.ordinal };
        room.happened.push(Happened { lsn, head, said_by: None });
        batch.events.push(event);
    }

    /// Where what happens next in a room is told.
    fn batch(&mut self, key: RoomKey) -> (&mut InRoom, &mut RoomBatch) {
        let (batch, room) = *self.open.entry(key).or_insert_with(|| {
            let batch = RoomBatch { room: key, events: Vec::new(), settled: Vec::new(), trimmed: None, deleted: false };
            self.effects.in_order.push(Effect::Committed(batch));
            let live = self.shared.rooms.by_key(key);
            self.rooms.push(InRoom { key, live, happened: Vec::new() });
            (self.effects.in_order.len() - 1, self.rooms.len() - 1)
        });
        let Effect::Committed(batch) = &mut self.effects.in_order[batch] else {
            unreachable!("an entry of `open` is the place of a batch")
        };
        (&mut self.rooms[room], batch)
    }
}
