//! What is read by key: memory first, then the index.
//!
//! Always in the order in which things move, so that nothing is missed: cursors on their way to the
//! journal, the current layer, the applying one, the index.

mod page;

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;

use greenroom_protocol::{LastMessage, Name, RoomKind, Seq, User, UserId};

use crate::cursors::Moved;
use crate::documents::{Document, Key, Puts};
use crate::fingerprint::ById;
use crate::layers::EventAt;
use crate::rooms::LiveRoom;
use crate::shared::Shared;
use crate::{Cursor, Head, ReadError, RoomInList, RoomKey};

/// Events that are looked through at a time for the newest message of a room: one block of the index.
const LAST_AMONG: u64 = 64;

impl Shared {
    pub(crate) fn person(&self, user: UserId) -> Result<Option<(Name, bool)>, ReadError> {
        match self.layers.find(|layer| layer.people.get(&user).cloned()) {
            Some(found) => Ok(Some(found)),
            None => self.index.ask(|index| index.person(user)),
        }
    }

    pub(crate) fn follows(&self, user: UserId, room: RoomKey) -> Result<bool, ReadError> {
        match self.layers.find(|layer| layer.follows.get(&user)?.get(&room).copied()) {
            Some(on) => Ok(on),
            None => self.index.ask(|index| index.follows(user, room)),
        }
    }

    pub(crate) fn document(&self, key: &Key) -> Result<Option<Vec<u8>>, ReadError> {
        match self.layers.find(|layer| layer.documents.get(key).cloned()) {
            Some(found) => Ok(found),
            None => self.index.ask(|index| index.document(key)),
        }
    }

    /// Up to `limit` documents whose keys begin with `begin` and are behind `after`, in order.
    pub(crate) fn documents(&self, begin: &Key, after: Option<&Key>, limit: usize) -> Result<Vec<Document>, ReadError> {
        let mut newer = Puts::new();
        self.layers.each(|layer| {
            let behind =
                layer.documents.range((after.map_or(Bound::Included(begin), Bound::Excluded), Bound::Unbounded));
            for (key, value) in behind.take_while(|(key, _)| key.as_bytes().starts_with(begin.as_bytes())) {
                newer.entry(key.clone()).or_insert_with(|| value.clone());
            }
        });
        // Those that memory knows as removed must not make the page shorter than asked for.
        let removed = newer.values().filter(|value| value.is_none()).count();
        let older = self.index.ask(|index| index.documents(begin, after, limit.saturating_add(removed)))?;
        let mut all: Puts = older.into_iter().map(|(key, value)| (key, Some(value))).collect();
        all.append(&mut newer);
        Ok(all.into_iter().filter_map(|(key, value)| Some((key, value?))).take(limit).collect())
    }

    pub(crate) fn cursor(&self, room: RoomKey, user: UserId) -> Result<Cursor, ReadError> {
        // What is no more is unread to nobody.
        let gone = self.rooms.by_key(room).map(|live| live.room().gone).unwrap_or_default();
        let passed = Cursor { delivered: gone.seq, read: gone.seq, read_ordinal: gone.ordinal };
        let mut cursor = self.cursors.of(room, user).farthest(passed);
        self.layers.each(|layer| {
            let found = layer.rooms.get(&room).and_then(|room| room.cursors.get(&user)).copied();
            cursor = cursor.farthest(found.unwrap_or_default());
        });
        Ok(cursor.farthest(self.index.ask(|index| index.cursor(room, user))?))
    }

    /// Those who moved last come first.
    pub(crate) fn cursors_in(&self, room: RoomKey, limit: usize) -> Result<Vec<(User, Cursor)>, ReadError> {
        let moved: ById<UserId, User> =
            self.cursors.in_room(room).into_iter().map(|(user, _)| (user.id, user)).collect();
        let mut people: Vec<UserId> = moved.keys().copied().collect();
        self.layers.each(|layer| {
            people.extend(layer.rooms.get(&room).into_iter().flat_map(|room| room.cursors.keys()));
        });
        people.extend(self.index.ask(|index| index.cursors(room, limit))?);
        let mut seen = HashSet::new();
        people.retain(|user| seen.insert(*user));
        people.truncate(limit);
        let all = people.into_iter().map(|id| {
            // Who has only moved a cursor is not in the journal yet.
            let user = moved.get(&id).cloned().map_or_else(|| self.user(id), Ok)?;
            Ok((user, self.cursor(room, id)?))
        });
        all.collect()
    }

    pub(crate) fn move_cursor(&self, live: &LiveRoom, moved: Moved) -> Result<Cursor, ReadError> {
        let (room, user, head) = (live.key, moved.user.id, live.head());
        let now = self.cursor(room, user)?;
        let read = moved.cursor.read.min(head.seq).max(now.read);
        // What was looked at has arrived.
        let delivered = moved.cursor.delivered.min(head.seq).max(now.delivered).max(read);
        let read_ordinal = if read == now.read {
            now.read_ordinal
        } else if read == head.seq {
            head.ordinal
        } else {
            let at = self.events(room, read.0, read.0)?;
            at.first().map_or(now.read_ordinal, |event| event.ordinal)
        };
        let cursor = Cursor { delivered, read, read_ordinal };
        if cursor != now {
            self.cursors.advance(room, Moved { cursor, ..moved });
        }
        Ok(cursor)
    }

    pub(crate) fn rooms_of(&self, user: UserId) -> Result<Vec<RoomInList>, ReadError> {
        let mut newer: BTreeMap<RoomKey, bool> = BTreeMap::new();
        self.layers.each(|layer| {
            for (room, on) in layer.follows.get(&user).into_iter().flatten() {
                newer.entry(*room).or_insert(*on);
            }
        });
        for room in self.index.ask(|index| index.followed_by(user))? {
            newer.entry(room).or_insert(true);
        }
        let listed = newer.into_iter().filter_map(|(room, on)| on.then_some(room));
        let rooms = listed.filter_map(|room| self.rooms.by_key(room));
        rooms.filter_map(|live| self.in_list(user, &live).transpose()).collect()
    }

    pub(crate) fn room_in_list(&self, user: UserId, room: RoomKey) -> Result<Option<RoomInList>, ReadError> {
        let live = self.rooms.by_key(room).ok_or(ReadError::NoRoom)?;
        if self.follows(user, room)? { self.in_list(user, &live) } else { Ok(None) }
    }

    /// A room as a person's list shows it; nothing where they may not see it.
    fn in_list(&self, user: UserId, live: &LiveRoom) -> Result<Option<RoomInList>, ReadError> {
        let Some((role, other)) = live.crew(|crew| {
            let other = || crew.roles.keys().find(|other| **other != user).copied();
            let with = if live.kind == RoomKind::Direct { other() } else { None };
            crew.admits(live.kind, user).then(|| (crew.roles.get(&user).copied(), with))
        }) else {
            return Ok(None);
        };
        let head = live.head();
        let last = self.last_message(live, head)?;
        let cursor = self.cursor(live.key, user)?;
        let with = other.map(|other| Ok((self.user(other)?, self.last_seen(other)?))).transpose()?;
        Ok(Some(RoomInList { room: live.room(), head, cursor, last, role, with }))
    }

    /// The newest message: the first event up to which there are as many messages as up to the head.
    fn last_message(&self, live: &LiveRoom, head: Head) -> Result<Option<LastMessage>, ReadError> {
        let gone = live.room().gone;
        if head.ordinal == gone.ordinal {
            return Ok(None);
        }
        let mut end = head.seq.0;
        while end > gone.seq.0 {
            let first = end.saturating_sub(LAST_AMONG).max(gone.seq.0) + 1;
            let places = self.events(live.key, first, end)?;
            let behind = places.iter().rev().take_while(|event| event.ordinal == head.ordinal).count() as u64;
            end -= behind;
            if behind < places.len() as u64 {
                break;
            }
        }
        // Where it can't be read any more, there is none to be shown.
        let page = self.page_of(live, crate::PageFrom::After(Seq(end)), 1, usize::MAX)?;
        Ok(page.events.first().and_then(|event| event.event.message()).map(LastMessage::from))
    }

    /// A person as the newest record names them; one without a name where that record was lost.
    pub(crate) fn user(&self, id: UserId) -> Result<User, ReadError> {
        let name = match self.person(id)? {
            Some((name, _)) => name,
            None => Name::guest("unknown").map_err(|error| ReadError::Disk(error.to_string()))?,
        };
        Ok(User { id, name })
    }

    /// Where the events `first` to `last` of a room are; all of them are durable.
    pub(crate) fn events(&self, room: RoomKey, first: u64, last: u64) -> Result<Vec<EventAt>, ReadError> {
        if first > last {
            return Ok(Vec::new());
        }
        let mut newer = Vec::new();
        let mut from = last + 1;
        self.layers.each(|layer| {
            let Some(layer) = layer.rooms.get(&room) else { return };
            let mut older: Vec<EventAt> = (first..from).rev().map_while(|seq| layer.event(seq)).collect();
            from -= older.len() as u64;
            newer.append(&mut older);
        });
        newer.reverse();
        if from == first {
            return Ok(newer);
        }
        let mut events = self.index.ask(|index| {
            let mut found = index.events(room, first, from - 1)?;
            let wanted = usize::try_from(from - first).unwrap_or(usize::MAX);
            if found.len() < wanted && !index.is_new() {
                return Err(crate::index::IndexError("events are missing in the index".into()));
            }
            // To make it again would bring nothing more: they are not in the journal either.
            let ordinal = found.last().map_or(0, |event| event.ordinal);
            found.resize(wanted, EventAt { lsn: 0, ordinal });
            Ok(found)
        })?;
        events.append(&mut newer);
        Ok(events)
    }
}
