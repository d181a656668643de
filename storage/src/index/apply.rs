//! Takes a layer over into the index. Doing it twice changes nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::blocks::{BLOCK, block_of, decode, encode};
use super::{Index, IndexError};
use crate::layers::{EventAt, Layer, RoomLayer};
use crate::record::{Id, Kind, Rank};
use crate::rooms::{Alteration, role_of_maker};
use crate::{Cursor, Room, RoomKey};
use greenroom_protocol::{Role, Seq, UserId};

/// What `rooms` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RoomValue {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) topic: String,
    pub(super) epoch: Id,
    pub(super) retention: Option<Duration>,
    /// The newest event that is no more, and the messages up to it.
    pub(super) gone: (u64, u64),
    pub(super) deleted: bool,
}

impl From<&Room> for RoomValue {
    fn from(room: &Room) -> Self {
        Self {
            id: room.id.as_str().into(),
            kind: room.kind.into(),
            title: room.title.clone(),
            topic: room.topic.clone(),
            epoch: *room.epoch.0.as_bytes(),
            retention: room.retention,
            gone: (room.gone.seq.0, room.gone.ordinal),
            deleted: false,
        }
    }
}

/// What `people` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PersonValue {
    pub(super) name: String,
    pub(super) guest: bool,
}

impl Index {
    /// Takes a layer over. It is on disk only after [`Index::sync`].
    pub(crate) fn apply(&self, layer: &Layer) -> Result<(), IndexError> {
        // First, so that whatever of this reaches the disk, it is known how far it may go.
        self.set_number("reached", self.reached()?.max(layer.last))?;
        for (room, by) in &layer.created {
            self.apply_room(room)?;
            if let Some(by) = by {
                self.apply_role(room.key, *by, Some(role_of_maker(room.kind)))?;
            }
        }
        for (room, alteration) in &layer.altered {
            match alteration {
                Alteration::Role { user, role, .. } => self.apply_role(*room, *user, *role)?,
                Alteration::Edited { room, .. } | Alteration::Trimmed { room } => self.apply_room(room)?,
                Alteration::Deleted => self.apply_deleted(*room)?,
            }
        }
        for (user, (name, guest)) in &layer.people {
            let value = bytes(&PersonValue { name: name.as_str().into(), guest: *guest });
            self.ask(|trees| trees.people.insert(user.0.as_bytes(), value))?;
        }
        for (user, lsn) in &layer.erased {
            self.ask(|trees| trees.erased.insert(user.0.as_bytes(), &lsn.to_be_bytes()))?;
        }
        for (user, rooms) in &layer.follows {
            for (room, on) in rooms {
                let key = follow_key(*user, *room);
                self.ask(|trees| if *on { trees.follows.insert(key, &[]) } else { trees.follows.remove(key) })?;
            }
        }
        for (key, value) in &layer.documents {
            self.ask(|trees| match value {
                Some(value) => trees.documents.insert(key.as_bytes(), value.as_slice()),
                None => trees.documents.remove(key.as_bytes()),
            })?;
        }
        for (room, layer) in &layer.rooms {
            self.apply_events(*room, layer)?;
            for (user, cursor) in &layer.cursors {
                self.apply_cursor(*room, *user, *cursor)?;
            }
        }
        Ok(())
    }

    fn apply_room(&self, room: &Room) -> Result<(), IndexError> {
        let value = bytes(&RoomValue::from(room));
        self.ask(|trees| trees.rooms.insert(room.key.0.as_bytes(), value)).map(|_| ())
    }

    fn apply_role(&self, room: RoomKey, user: UserId, role: Option<Role>) -> Result<(), IndexError> {
        let key = member_key(room, user);
        self.ask(|trees| match role {
            Some(role) => trees.members.insert(key, bytes(&Rank::from(role))),
            None => trees.members.remove(key),
        })
        .map(|_| ())
    }

    fn apply_deleted(&self, room: RoomKey) -> Result<(), IndexError> {
        let Some(mut value) = self.room_value(room)? else { return Ok(()) };
        value.deleted = true;
        self.ask(|trees| trees.rooms.insert(room.0.as_bytes(), bytes(&value))).map(|_| ())
    }

    fn apply_events(&self, room: RoomKey, layer: &RoomLayer) -> Result<(), IndexError> {
        let mut events = layer.events.as_slice();
        let mut seq = layer.first;
        while !events.is_empty() {
            let (block, place) = block_of(seq);
            let count = events.len().min(BLOCK as usize - place);
            let mut all = if place == 0 { Vec::new() } else { self.block(room, block)?.unwrap_or_default() };
            // Where the index has less than it should, the rest counts as lost until it is rebuilt.
            all.resize(place, EventAt { lsn: 0, ordinal: 0 });
            all.extend_from_slice(&events[..count]);
            self.ask(|trees| trees.blocks.insert(block_key(room, block), encode(&all)))?;
            events = &events[count..];
            seq += count as u64;
        }
        let Some(last) = layer.events.last() else { return Ok(()) };
        let head = [(seq - 1).to_be_bytes(), last.ordinal.to_be_bytes()].concat();
        self.ask(|trees| trees.heads.insert(room.0.as_bytes(), head)).map(|_| ())
    }

    fn apply_cursor(&self, room: RoomKey, user: UserId, moved: Cursor) -> Result<(), IndexError> {
        let key = cursor_key(room, user);
        let farthest =
            self.ask(|trees| trees.cursors.get(key))?.and_then(|value| cursor_of(&value)).unwrap_or_default();
        let farthest = farthest.farthest(moved);
        let numbers = [farthest.delivered.0, farthest.read.0, farthest.read_ordinal];
        let value = numbers.map(u64::to_be_bytes).concat();
        self.ask(|trees| trees.cursors.insert(key, value)).map(|_| ())
    }

    /// Where the events of a block are.
    pub(super) fn block(&self, room: RoomKey, block: u64) -> Result<Option<Vec<EventAt>>, IndexError> {
        let value = self.ask(|trees| trees.blocks.get(block_key(room, block)))?;
        let read = |value: sled::IVec| decode(&value).ok_or_else(|| IndexError("a block makes no sense".into()));
        value.map(read).transpose()
    }
}

pub(super) fn block_key(room: RoomKey, block: u64) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(room.0.as_bytes());
    key[16..].copy_from_slice(&block.to_be_bytes());
    key
}

pub(super) fn cursor_key(room: RoomKey, user: UserId) -> [u8; 32] {
    pair(*room.0.as_bytes(), *user.0.as_bytes())
}

pub(super) fn member_key(room: RoomKey, user: UserId) -> [u8; 32] {
    pair(*room.0.as_bytes(), *user.0.as_bytes())
}

pub(super) fn follow_key(user: UserId, room: RoomKey) -> [u8; 32] {
    pair(*user.0.as_bytes(), *room.0.as_bytes())
}

fn pair(first: Id, second: Id) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    key
}

pub(super) fn cursor_of(value: &[u8]) -> Option<Cursor> {
    let number = |at: usize| Some(u64::from_be_bytes(value.get(at..at + 8)?.try_into().ok()?));
    Some(Cursor { delivered: Seq(number(0)?), read: Seq(number(8)?), read_ordinal: number(16)? })
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("a vector takes any value")
}
