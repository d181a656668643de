//! All rooms and where their logs end, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::{RoomId, Seq};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::fingerprint::ById;
use crate::life::Life;
use crate::record::{Id, RoomCreated};
use crate::{Head, Room, RoomKey};

/// A room and what is durable of it.
#[derive(Debug)]
pub(crate) struct LiveRoom {
    pub(crate) room: Arc<Room>,
    head: Mutex<Head>,
}

impl LiveRoom {
    pub(crate) fn new(room: Arc<Room>, head: Head) -> Self {
        Self { room, head: Mutex::new(head) }
    }

    pub(crate) fn head(&self) -> Head {
        *self.head.lock()
    }

    /// Moves the head forward.
    pub(crate) fn advance(&self, to: Head) {
        let mut head = self.head.lock();
        if to.seq > head.seq {
            *head = to;
        }
    }
}

/// All rooms.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    maps: RwLock<Maps>,
    life: Life,
}

#[derive(Debug, Default)]
struct Maps {
    by_key: ById<RoomKey, Arc<LiveRoom>>,
    by_id: HashMap<RoomId, Arc<LiveRoom>>,
}

impl Rooms {
    /// The rooms of this life of the logs.
    pub(crate) fn of_life(life: Life) -> Self {
        Self { life, ..Self::default() }
    }

    /// What a record says of a room; none where its id is no slug.
    pub(crate) fn room_of(&self, record: &RoomCreated<'_>) -> Option<Room> {
        Some(Room {
            key: room_key(record.key),
            id: RoomId::parse(&record.id).ok()?,
            kind: record.kind.into(),
            title: record.title.clone().into_owned(),
            epoch: self.life.epoch(Uuid::from_bytes(record.epoch)),
        })
    }

    /// Adds a room; one that is there already stays as it is.
    pub(crate) fn add(&self, live: Arc<LiveRoom>) {
        let mut maps = self.maps.write();
        maps.by_id.entry(live.room.id.clone()).or_insert_with(|| Arc::clone(&live));
        maps.by_key.entry(live.room.key).or_insert(live);
    }

    pub(crate) fn by_key(&self, key: RoomKey) -> Option<Arc<LiveRoom>> {
        self.maps.read().by_key.get(&key).cloned()
    }

    pub(crate) fn by_id(&self, id: &RoomId) -> Option<Arc<LiveRoom>> {
        self.maps.read().by_id.get(id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<LiveRoom>> {
        self.maps.read().by_key.values().cloned().collect()
    }

    /// The room of this key; one under a name of its own where the record of its making was lost.
    pub(crate) fn by_key_or_nameless(&self, key: RoomKey) -> Arc<LiveRoom> {
        if let Some(live) = self.by_key(key) {
            return live;
        }
        let live = Arc::new(LiveRoom::new(Arc::new(nameless(key, self.life)), Head::default()));
        tracing::error!(room = %live.room.id, "the record that made a room is lost; the room gets a name of its own");
        self.add(Arc::clone(&live));
        live
    }
}

pub(crate) fn room_key(id: Id) -> RoomKey {
    RoomKey(Uuid::from_bytes(id))
}

/// The head at this event.
pub(crate) fn head(seq: u64, ordinal: u64) -> Head {
    Head { seq: Seq(seq), ordinal }
}

/// A room whose making is lost.
pub(crate) fn nameless(key: RoomKey, life: Life) -> Room {
    let id = RoomId::parse(&format!("lost-{}", key.0)).expect("a UUID is written in a slug's characters");
    let title = format!("lost {}", key.0);
    Room { key, id, kind: greenroom_protocol::RoomKind::Group, title, epoch: life.epoch(key.0) }
}
