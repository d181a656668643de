//! What is looked up in the index.

use std::ops::Bound;
use std::sync::Arc;

use greenroom_protocol::{Epoch, Name, RoomId, UserId};
use uuid::Uuid;

use super::apply::{PersonValue, RoomValue, cursor_key, cursor_of, follow_key};
use super::blocks::block_of;
use super::{Index, IndexError};
use crate::documents::{Document, Key};
use crate::fingerprint::ById;
use crate::layers::EventAt;
use crate::record::{Lsn, Rank};
use crate::rooms::{Crew, LiveRoom, head};
use crate::{Cursor, Head, Room, RoomKey};

impl Index {
    /// All rooms, where their logs end as far as the index knows, and who may do what there.
    pub(crate) fn rooms(&self) -> Result<Vec<LiveRoom>, IndexError> {
        let all = self.ask(|trees| trees.rooms.iter().collect::<sled::Result<Vec<_>>>())?;
        let mut crews = self.crews()?;
        let mut rooms = Vec::with_capacity(all.len());
        for (key, value) in all {
            let (room, deleted) = room_of(&key, &value).ok_or_else(|| nonsense("a room"))?;
            let crew = Crew { deleted, ..crews.remove(&room.key).unwrap_or_default() };
            let head = self.head(room.key)?;
            rooms.push(LiveRoom::new(Arc::new(room), head, crew));
        }
        Ok(rooms)
    }

    fn crews(&self) -> Result<ById<RoomKey, Crew>, IndexError> {
        let all = self.ask(|trees| trees.members.iter().collect::<sled::Result<Vec<_>>>())?;
        let mut crews: ById<RoomKey, Crew> = ById::default();
        for (key, value) in all {
            let both = key.split_at_checked(16).and_then(|(room, user)| {
                Some((RoomKey(Uuid::from_slice(room).ok()?), UserId(Uuid::from_slice(user).ok()?)))
            });
            let (room, user) = both.ok_or_else(|| nonsense("a member"))?;
            let rank: Rank = postcard::from_bytes(&value).map_err(|_| nonsense("a role"))?;
            crews.entry(room).or_default().roles.insert(user, rank.into());
        }
        Ok(crews)
    }

    pub(super) fn room_value(&self, room: RoomKey) -> Result<Option<RoomValue>, IndexError> {
        let value = self.ask(|trees| trees.rooms.get(room.0.as_bytes()))?;
        value.map(|value| postcard::from_bytes(&value).map_err(|_| nonsense("a room"))).transpose()
    }

    fn head(&self, room: RoomKey) -> Result<Head, IndexError> {
        let Some(value) = self.ask(|trees| trees.heads.get(room.0.as_bytes()))? else { return Ok(Head::default()) };
        let number = |at: usize| Some(u64::from_be_bytes(value.get(at..at + 8)?.try_into().ok()?));
        number(0).zip(number(8)).map(|(seq, ordinal)| head(seq, ordinal)).ok_or_else(|| nonsense("a head"))
    }

    /// Where the events `first` to `last` are. Fewer where the index has fewer.
    pub(crate) fn events(&self, room: RoomKey, first: u64, last: u64) -> Result<Vec<EventAt>, IndexError> {
        let mut events = Vec::new();
        let mut seq = first;
        while seq <= last {
            let (block, place) = block_of(seq);
            let found = self.block(room, block)?.unwrap_or_default();
            let wanted = usize::try_from(last - seq + 1).unwrap_or(usize::MAX);
            let found = found.get(place..).unwrap_or_default();
            let found = &found[..found.len().min(wanted)];
            events.extend_from_slice(found);
            seq += found.len() as u64;
            if found.is_empty() || (seq <= last && block_of(seq).1 != 0) {
                break;
            }
        }
        Ok(events)
    }

    pub(crate) fn person(&self, user: UserId) -> Result<Option<(Name, bool)>, IndexError> {
        let Some(value) = self.ask(|trees| trees.people.get(user.0.as_bytes()))? else { return Ok(None) };
        let person: PersonValue = postcard::from_bytes(&value).map_err(|_| nonsense("a person"))?;
        let name = Name::guest(&person.name).map_err(|_| nonsense("a name"))?;
        Ok(Some((name, person.guest)))
    }

    /// Whose messages are no more, up to which record.
    pub(crate) fn erased(&self) -> Result<ById<UserId, Lsn>, IndexError> {
        let all = self.ask(|trees| trees.erased.iter().collect::<sled::Result<Vec<_>>>())?;
        let entry = |(key, value): (sled::IVec, sled::IVec)| {
            let user = UserId(Uuid::from_slice(&key).ok()?);
            Some((user, u64::from_be_bytes(value.as_ref().try_into().ok()?)))
        };
        all.into_iter().map(entry).collect::<Option<_>>().ok_or_else(|| nonsense("an erasure"))
    }

    pub(crate) fn follows(&self, user: UserId, room: RoomKey) -> Result<bool, IndexError> {
        self.ask(|trees| trees.follows.contains_key(follow_key(user, room)))
    }

    /// The rooms in a person's list.
    pub(crate) fn followed_by(&self, user: UserId) -> Result<Vec<RoomKey>, IndexError> {
        let keys = self.ask(|trees| {
            let found = trees.follows.scan_prefix(user.0.as_bytes()).keys();
            found.collect::<sled::Result<Vec<_>>>()
        })?;
        let room = |key: &sled::IVec| Uuid::from_slice(key.get(16..)?).ok().map(RoomKey);
        Ok(keys.iter().filter_map(room).collect())
    }

    pub(crate) fn document(&self, key: &Key) -> Result<Option<Vec<u8>>, IndexError> {
        let value = self.ask(|trees| trees.documents.get(key.as_bytes()))?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Up to `limit` documents whose keys begin with this one and are behind `after`, in order.
    pub(crate) fn documents(
        &self,
        begin: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Document>, IndexError> {
        let from = after.map_or(Bound::Included(begin.as_bytes()), |after| Bound::Excluded(after.as_bytes()));
        let found = self.ask(|trees| {
            let behind = trees.documents.range::<&[u8], _>((from, Bound::Unbounded));
            let here = |entry: &sled::Result<(sled::IVec, sled::IVec)>| {
                entry.as_ref().map_or(true, |(key, _)| key.starts_with(begin.as_bytes()))
            };
            behind.take_while(here).take(limit).collect::<sled::Result<Vec<_>>>()
        })?;
        Ok(found.into_iter().map(|(key, value)| (Key::from_bytes(&key), value.to_vec())).collect())
    }

    pub(crate) fn cursor(&self, room: RoomKey, user: UserId) -> Result<Cursor, IndexError> {
        let value = self.ask(|trees| trees.cursors.get(cursor_key(room, user)))?;
        Ok(value.and_then(|value| cursor_of(&value)).unwrap_or_default())
    }

    /// Up to `limit` people who have cursors in a room.
    pub(crate) fn cursors(&self, room: RoomKey, limit: usize) -> Result<Vec<UserId>, IndexError> {
        let keys = self.ask(|trees| {
            let all = trees.cursors.scan_prefix(room.0.as_bytes()).keys();
            all.take(limit).collect::<sled::Result<Vec<_>>>()
        })?;
        let user = |key: &sled::IVec| Uuid::from_slice(key.get(16..)?).ok().map(UserId);
        Ok(keys.iter().filter_map(user).collect())
    }
}

fn room_of(key: &[u8], value: &[u8]) -> Option<(Room, bool)> {
    let value: RoomValue = postcard::from_bytes(value).ok()?;
    let room = Room {
        key: RoomKey(Uuid::from_slice(key).ok()?),
        id: RoomId::parse(&value.id).ok()?,
        kind: value.kind.into(),
        title: value.title,
        topic: value.topic,
        epoch: Epoch(Uuid::from_bytes(value.epoch)),
        retention: value.retention,
        gone: head(value.gone.0, value.gone.1),
    };
    Some((room, value.deleted))
}

fn nonsense(what: &str) -> IndexError {
    IndexError(format!("{what} in the index makes no sense"))
}
