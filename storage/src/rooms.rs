//! All rooms and where their logs end, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::{Role, RoomId, RoomKind, Seq, UserId};
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::fingerprint::ById;
use crate::life::Life;
use crate::record::{Id, RoomCreated};
use crate::{Head, Room, RoomKey};

/// A room and what is durable of it.
#[derive(Debug)]
pub(crate) struct LiveRoom {
    pub(crate) key: RoomKey,
    pub(crate) id: RoomId,
    pub(crate) kind: RoomKind,
    room: RwLock<Arc<Room>>,
    crew: RwLock<Crew>,
    head: Mutex<Head>,
}

/// Who may do what in a room.
#[derive(Debug, Default)]
pub(crate) struct Crew {
    /// In a public room only those who may do more than everybody.
    pub(crate) roles: ById<UserId, Role>,
    /// The newest change of this or of the room since the start.
    pub(crate) changed: Seq,
    /// Whether the room is no more.
    pub(crate) deleted: bool,
}

/// A change of a room or its members.
#[derive(Debug, Clone)]
pub(crate) enum Alteration {
    /// What somebody may do; nothing where they are out.
    Role { user: UserId, role: Option<Role>, seq: Seq },
    /// The room is called, or about, something else.
    Edited { room: Arc<Room>, seq: Seq },
    /// Events of the room are no more.
    Trimmed { room: Arc<Room> },
    /// The room is no more.
    Deleted,
}

impl LiveRoom {
    pub(crate) fn new(room: Arc<Room>, head: Head, crew: Crew) -> Self {
        let (key, id, kind) = (room.key, room.id.clone(), room.kind);
        Self { key, id, kind, room: RwLock::new(room), crew: RwLock::new(crew), head: Mutex::new(head) }
    }

    /// A room that was made just now.
    pub(crate) fn made(room: Arc<Room>, by: UserId) -> Self {
        let roles = [(by, role_of_maker(room.kind))].into_iter().collect();
        Self::new(room, Head::default(), Crew { roles, ..Crew::default() })
    }

    pub(crate) fn room(&self) -> Arc<Room> {
        Arc::clone(&self.room.read())
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

    /// Looks at who may do what, all of it as of one moment.
    pub(crate) fn crew<T>(&self, look: impl FnOnce(&Crew) -> T) -> T {
        look(&self.crew.read())
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.crew.read().deleted
    }

    pub(crate) fn alter(&self, alteration: &Alteration) {
        let mut crew = self.crew.write();
        match alteration {
            Alteration::Role { user, role, seq } => {
                crew.changed = *seq;
                match role {
                    Some(role) => crew.roles.insert(*user, *role),
                    None => crew.roles.remove(user),
                };
            }
            Alteration::Edited { room, seq } => {
                crew.changed = *seq;
                *self.room.write() = Arc::clone(room);
            }
            Alteration::Trimmed { room } => *self.room.write() = Arc::clone(room),
            Alteration::Deleted => crew.deleted = true,
        }
    }
}

impl Crew {
    /// Whether this person may read and write in a room of this kind.
    pub(crate) fn admits(&self, kind: RoomKind, user: UserId) -> bool {
        !self.deleted && (kind == RoomKind::Group || self.roles.contains_key(&user))
    }
}

/// What whoever makes a room may do there.
pub(crate) fn role_of_maker(kind: RoomKind) -> Role {
    match kind {
        RoomKind::Group | RoomKind::Private => Role::Owner,
        RoomKind::Direct => Role::Member,
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
        let (key, id) = (room_key(record.key), RoomId::parse(&record.id).ok()?);
        let epoch = self.life.epoch(Uuid::from_bytes(record.epoch));
        Some(Room::new(key, id, record.kind.into(), record.title.clone().into_owned(), epoch))
    }

    /// Adds a room; one that is there already stays as it is.
    pub(crate) fn add(&self, live: Arc<LiveRoom>) {
        let mut maps = self.maps.write();
        maps.by_id.entry(live.id.clone()).or_insert_with(|| Arc::clone(&live));
        maps.by_key.entry(live.key).or_insert(live);
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
        let room = Arc::new(nameless(key, self.life));
        let live = Arc::new(LiveRoom::new(room, Head::default(), Crew::default()));
        tracing::error!(room = %live.id, "the record that made a room is lost; the room gets a name of its own");
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

/// A room whose making is lost. Nobody knows any more who may read it: so only its members may, where those are known.
pub(crate) fn nameless(key: RoomKey, life: Life) -> Room {
    let id = RoomId::parse(&format!("lost-{}", key.0)).expect("a UUID is written in a slug's characters");
    Room::new(key, id, RoomKind::Private, format!("lost {}", key.0), life.epoch(key.0))
}
