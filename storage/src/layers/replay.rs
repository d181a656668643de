//! Makes a layer from records of the journal: at the start, and when the index is rebuilt.

use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::{Name, Seq, UserId};
use uuid::Uuid;

use super::{EventAt, Layer};
use crate::documents::Key;
use crate::fingerprint::ById;
use crate::record::{Lsn, Record, RoomEdited, RoomKept};
use crate::rooms::{Alteration, LiveRoom, Rooms, head, room_key};
use crate::{Cursor, Head, Room, RoomKey};

/// Records that are being read again.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// Where each room's log ends, as far as it was read.
    heads: ById<RoomKey, Head>,
    layer: Layer,
    /// Whether memory learns from it, too. Where it knows more already, it must not be taken back.
    teaches: bool,
}

impl Replay {
    /// Begins where the rooms' logs end at `heads`, and tells the rooms in memory what has become of them.
    pub(crate) fn new(heads: impl IntoIterator<Item = (RoomKey, Head)>) -> Self {
        Self { heads: heads.into_iter().collect(), layer: Layer::default(), teaches: true }
    }

    /// Adds the next record; rooms that are new to `rooms` are added there.
    pub(crate) fn take(&mut self, lsn: Lsn, record: Record<'_>, rooms: &Rooms) {
        match record {
            Record::RoomCreated(made) => match rooms.room_of(&made) {
                Some(room) => {
                    let room = Arc::new(room);
                    self.heads.entry(room.key).or_default();
                    let by = user_id(made.by);
                    rooms.add(Arc::new(LiveRoom::made(Arc::clone(&room), by)));
                    self.layer.created.push((room, Some(by)));
                }
                None => tracing::error!(lsn, "a room's record has an impossible id"),
            },
            Record::Person(person) => match Name::guest(&person.name) {
                Ok(name) => {
                    self.layer.people.insert(user_id(person.user), (name, person.guest));
                }
                Err(_) => tracing::error!(lsn, "a person's record has an impossible name"),
            },
            Record::Message(message) => {
                let room = room_key(message.room);
                let event = EventAt { lsn, ordinal: message.ordinal };
                self.event(room, message.seq, event, rooms);
                let at = Seq(message.seq);
                let cursor = Cursor { delivered: at, read: at, read_ordinal: message.ordinal };
                self.layer.rooms.entry(room).or_default().move_cursor(user_id(message.user), cursor);
            }
            Record::Follow(follow) => self.layer.follow(user_id(follow.user), room_key(follow.room), true),
            Record::Unfollow(follow) => self.layer.follow(user_id(follow.user), room_key(follow.room), false),
            Record::Member(member) => {
                let room = room_key(member.room);
                self.event(room, member.seq, EventAt { lsn, ordinal: member.ordinal }, rooms);
                let (user, role, seq) = (user_id(member.user), member.rank.map(Into::into), Seq(member.seq));
                self.alter(room, Alteration::Role { user, role, seq }, rooms);
            }
            Record::RoomEdited(edited) => self.edited(lsn, edited, None, rooms),
            Record::RoomKept(RoomKept { edited, seconds }) => {
                self.edited(lsn, edited, Some(Duration::from_secs(seconds)), rooms);
            }
            Record::Trimmed(trimmed) => {
                let (key, gone) = (room_key(trimmed.room), head(trimmed.seq, trimmed.ordinal));
                if self.heads.get(&key).is_none_or(|at| at.seq < gone.seq) {
                    // What came before it is lost with a damaged part of the journal.
                    self.event(key, trimmed.seq, EventAt { lsn: 0, ordinal: trimmed.ordinal }, rooms);
                }
                let room = Room { gone, ..(*rooms.by_key_or_nameless(key).room()).clone() };
                self.alter(key, Alteration::Trimmed { room: Arc::new(room) }, rooms);
            }
            Record::Stub(stub) => {
                self.event(room_key(stub.room), stub.seq, EventAt { lsn, ordinal: stub.ordinal }, rooms);
            }
            Record::Erased(erased) => {
                self.layer.erased.insert(user_id(erased.user), lsn);
            }
            Record::RoomDeleted(deleted) => self.alter(room_key(deleted.room), Alteration::Deleted, rooms),
            Record::Cursors(moved) => {
                let cursor =
                    Cursor { delivered: Seq(moved.delivered), read: Seq(moved.read), read_ordinal: moved.read_ordinal };
                self.layer.rooms.entry(room_key(moved.room)).or_default().move_cursor(user_id(moved.user), cursor);
            }
            Record::Document(put) => {
                self.layer.documents.insert(Key::from_bytes(put.key), put.value.map(<[u8]>::to_vec));
            }
            Record::Skipped(skipped) => {
                let event = EventAt { lsn: 0, ordinal: skipped.ordinal };
                self.event(room_key(skipped.room), skipped.seq, event, rooms);
            }
        }
        self.layer.count(lsn, 1);
    }

    fn edited(&mut self, lsn: Lsn, edited: RoomEdited<'_>, retention: Option<Duration>, rooms: &Rooms) {
        let key = room_key(edited.room);
        self.event(key, edited.seq, EventAt { lsn, ordinal: edited.ordinal }, rooms);
        let (title, topic) = (edited.title.into_owned(), edited.topic.into_owned());
        let room = Room { title, topic, retention, ..(*rooms.by_key_or_nameless(key).room()).clone() };
        self.alter(key, Alteration::Edited { room: Arc::new(room), seq: Seq(edited.seq) }, rooms);
    }

    fn alter(&mut self, room: RoomKey, alteration: Alteration, rooms: &Rooms) {
        if self.teaches {
            rooms.by_key_or_nameless(room).alter(&alteration);
        }
        self.layer.altered.push((room, alteration));
    }

    /// Adds an event, and before it those that are missing.
    fn event(&mut self, room: RoomKey, seq: u64, event: EventAt, rooms: &Rooms) {
        let at = self.heads.entry(room).or_insert_with(|| {
            self.layer.created.push((rooms.by_key_or_nameless(room).room(), None));
            Head::default()
        });
        let layer = self.layer.rooms.entry(room).or_default();
        // What the index has already may come again; then from there on all of it does.
        let mut next = match layer.events.len() as u64 {
            0 => seq.min(at.seq.0 + 1),
            count => layer.first + count,
        };
        if seq < next {
            tracing::error!(lsn = event.lsn, "a record of the journal has a place that is taken");
            return;
        }
        let mut ordinal = layer.events.last().map_or(at.ordinal, |event| event.ordinal);
        while next < seq {
            ordinal = (ordinal + 1).min(event.ordinal.saturating_sub(1)).max(ordinal);
            layer.push(next, EventAt { lsn: 0, ordinal });
            next += 1;
        }
        layer.push(seq, event);
        if seq > at.seq.0 {
            *at = head(seq, event.ordinal);
        }
    }

    /// Where the rooms' logs end.
    pub(crate) fn heads(&self) -> &ById<RoomKey, Head> {
        &self.heads
    }

    /// The records that were taken since the last time.
    pub(crate) fn layer(&mut self) -> Layer {
        std::mem::take(&mut self.layer)
    }

    pub(crate) fn len(&self) -> usize {
        self.layer.records
    }
}

fn user_id(id: [u8; 16]) -> UserId {
    UserId(Uuid::from_bytes(id))
}
