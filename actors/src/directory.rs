//! What outlives any actor: who is alive, and who wants to be where.
//!
//! A fresh incarnation rebuilds itself from these tables. Each entry is put in and taken out in one
//! step by one side, so that no panic leaves a table half written: sessions and their supervisor
//! write the sessions and rosters, the rooms' supervisor and the rooms write the rooms.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use greenroom_protocol::{Role, RoomId, Seq, SessionId, User, UserId};
use greenroom_storage::{Announce, Fatal, Head, Incarnation, Room, RoomBatch, RoomKey, Sight, TokenHash};
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::books::Books;
use crate::by_id::ById;
use crate::census::Census;
use crate::dead_letters::DeadLetters;
use crate::doorkeeper::Doorkeeper;
use crate::lobby::LobbyHandle;
use crate::observatory::Observatory;
use crate::outbox::Outbox;
use crate::presence::PresenceHandle;
use crate::room::RoomHandle;
use crate::rooms::RoomsHandle;
use crate::session::SessionHandle;
use crate::sessions::SessionsHandle;
use crate::store::StoreHandle;
use crate::strangers::Strangers;

/// Who is alive, and who wants to be where.
pub(crate) struct Directory {
    pub(crate) store: StoreHandle,
    pub(crate) presence: PresenceHandle,
    pub(crate) lobby: LobbyHandle,
    pub(crate) rooms: RoomsHandle,
    pub(crate) sessions: SessionsHandle,
    pub(crate) census: Census,
    pub(crate) observatory: Arc<Observatory>,
    pub(crate) books: Arc<Books>,
    living_rooms: RwLock<ById<RoomKey, (Incarnation, RoomHandle)>>,
    living_sessions: RwLock<ById<SessionId, LivingSession>>,
    rosters: Mutex<Rosters>,
    incarnations: AtomicU64,
    pub(crate) dead_letters: DeadLetters,
    fatal: watch::Sender<Option<String>>,
    doorkeeper: OnceLock<Arc<dyn Doorkeeper>>,
    pub(crate) strangers: Strangers,
}

/// A session whose socket is open.
#[derive(Clone)]
pub(crate) struct LivingSession {
    pub(crate) handle: SessionHandle,
    pub(crate) person: Person,
    pub(crate) outbox: Arc<Outbox>,
    /// The shard that supervises it.
    pub(crate) shard: usize,
    /// The sign-in that it rests on; a guest has none.
    pub(crate) sign_in: Option<TokenHash>,
}

/// Who a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// As others see them.
    pub user: User,
    /// Whether they have no password.
    pub guest: bool,
}

/// Who wants to be where, from both sides.
#[derive(Default)]
struct Rosters {
    by_room: HashMap<RoomId, HashMap<SessionId, Seated>>,
    /// Each session's in order, so that they are left in the same order whenever a run is repeated.
    by_session: HashMap<SessionId, BTreeSet<RoomId>>,
}

impl Rosters {
    fn unseat(&mut self, room: &RoomId, session: SessionId) {
        if let Entry::Occupied(mut roster) = self.by_room.entry(room.clone()) {
            roster.get_mut().remove(&session);
            if roster.get().is_empty() {
                roster.remove();
            }
        }
        if let Entry::Occupied(mut rooms) = self.by_session.entry(session) {
            rooms.get_mut().remove(room);
            if rooms.get().is_empty() {
                rooms.remove();
            }
        }
    }
}

/// A session that wants to be in a room.
#[derive(Clone)]
pub(crate) struct Seated {
    pub(crate) handle: SessionHandle,
    pub(crate) person: Person,
}

impl Directory {
    pub(crate) fn new() -> Arc<Self> {
        let observatory = Arc::<Observatory>::default();
        Arc::new(Self {
            store: StoreHandle::default(),
            presence: PresenceHandle::default(),
            lobby: LobbyHandle::default(),
            rooms: RoomsHandle::default(),
            sessions: SessionsHandle::default(),
            census: Census::new(Arc::clone(&observatory)),
            observatory,
            books: Arc::default(),
            living_rooms: RwLock::default(),
            living_sessions: RwLock::default(),
            rosters: Mutex::default(),
            incarnations: AtomicU64::new(1),
            dead_letters: DeadLetters::default(),
            fatal: watch::Sender::new(None),
            doorkeeper: OnceLock::new(),
            strangers: Strangers::default(),
        })
    }

    /// A number for the next life of a room, higher than all before.
    pub(crate) fn next_incarnation(&self) -> Incarnation {
        Incarnation(self.incarnations.fetch_add(1, Ordering::Relaxed))
    }

    // --- rooms ---

    pub(crate) fn room_lives(&self, key: RoomKey, incarnation: Incarnation, room: RoomHandle) {
        self.living_rooms.write().insert(key, (incarnation, room));
    }

    /// Forgets a room, unless a later incarnation has taken its place.
    pub(crate) fn room_died(&self, key: RoomKey, incarnation: Incarnation) {
        if let Entry::Occupied(living) = self.living_rooms.write().entry(key)
            && living.get().0 == incarnation
        {
            living.remove();
        }
    }

    /// Whether a room's log is open.
    pub(crate) fn is_open(&self, room: &RoomId) -> bool {
        let key = self.room(room).map(|(room, _)| room.key);
        key.is_some_and(|key| self.living_rooms.read().contains_key(&key))
    }

    /// The rooms' supervisor has died, and all rooms with it.
    pub(crate) fn rooms_died(&self) {
        self.living_rooms.write().clear();
    }

    // --- sessions ---

    pub(crate) fn session_lives(&self, id: SessionId, session: LivingSession) {
        self.living_sessions.write().insert(id, session);
    }

    pub(crate) fn session_died(&self, id: SessionId) -> Option<LivingSession> {
        self.living_sessions.write().remove(&id)
    }

    pub(crate) fn session(&self, id: SessionId) -> Option<LivingSession> {
        self.living_sessions.read().get(&id).cloned()
    }

    pub(crate) fn sessions(&self) -> Vec<(SessionId, LivingSession)> {
        self.living_sessions.read().iter().map(|(id, session)| (*id, session.clone())).collect()
    }

    /// Distinct people with a session.
    pub(crate) fn people_count(&self) -> usize {
        let sessions = self.living_sessions.read();
        let people: ById<UserId, ()> = sessions.values().map(|living| (living.person.user.id, ())).collect();
        people.len()
    }

    pub(crate) fn session_count(&self) -> usize {
        self.living_sessions.read().len()
    }

    // --- who may be where ---

    /// From now on it says who may be where; until then nobody may be anywhere.
    pub(crate) fn guard(&self, doorkeeper: Arc<dyn Doorkeeper>) {
        if self.doorkeeper.set(doorkeeper).is_err() {
            tracing::error!("a second doorkeeper is not heard");
        }
    }

    /// What this person sees of a room.
    pub(crate) fn look(&self, room: &RoomId, user: Option<UserId>) -> Sight {
        self.doorkeeper.get().map_or(Sight::Hidden, |doorkeeper| doorkeeper.look(room, user))
    }

    /// A room and where its log ends, whoever may see it.
    pub(crate) fn room(&self, room: &RoomId) -> Option<(Arc<Room>, Head)> {
        self.doorkeeper.get()?.room(room)
    }

    /// The id of the one direct room of two people.
    pub(crate) fn direct_room(&self, a: UserId, b: UserId) -> Option<RoomId> {
        Some(self.doorkeeper.get()?.direct_room(a, b))
    }

    /// Who is a member of a room, and as what, as of which change.
    pub(crate) fn members(&self, room: RoomKey) -> (Vec<(UserId, Role)>, Seq) {
        self.doorkeeper.get().map(|doorkeeper| doorkeeper.members(room)).unwrap_or_default()
    }

    /// Whether this person may read and write in a room.
    pub(crate) fn admits(&self, room: RoomKey, user: UserId) -> bool {
        self.doorkeeper.get().is_some_and(|doorkeeper| doorkeeper.admits(room, user))
    }

    // --- who wants to be where ---

    pub(crate) fn seat(&self, room: &RoomId, session: SessionId, seated: Seated) {
        let mut rosters = self.rosters.lock();
        rosters.by_session.entry(session).or_default().insert(room.clone());
        rosters.by_room.entry(room.clone()).or_default().insert(session, seated);
    }

    pub(crate) fn unseat(&self, room: &RoomId, session: SessionId) {
        self.rosters.lock().unseat(room, session);
    }

    /// Takes a dead session out of every room; says which.
    pub(crate) fn unseat_everywhere(&self, session: SessionId) -> Vec<RoomId> {
        let mut rosters = self.rosters.lock();
        let rooms: Vec<RoomId> = rosters.by_session.get(&session).into_iter().flatten().cloned().collect();
        rooms.iter().for_each(|room| rosters.unseat(room, session));
        rooms
    }

    /// The rooms that a session wants to be in, in the order of their ids.
    pub(crate) fn seats_of(&self, session: SessionId) -> Vec<RoomId> {
        let rosters = self.rosters.lock();
        let mut rooms: Vec<RoomId> = rosters.by_session.get(&session).into_iter().flatten().cloned().collect();
        rooms.sort();
        rooms
    }

    pub(crate) fn is_seated(&self, room: &RoomId, session: SessionId) -> bool {
        self.rosters.lock().by_room.get(room).is_some_and(|roster| roster.contains_key(&session))
    }

    pub(crate) fn roster(&self, room: &RoomId) -> Vec<(SessionId, Seated)> {
        let rosters = self.rosters.lock();
        rosters.by_room.get(room).into_iter().flatten().map(|(id, seated)| (*id, seated.clone())).collect()
    }

    /// How many sessions want to be in a room.
    pub(crate) fn seated_in(&self, room: &RoomId) -> usize {
        self.rosters.lock().by_room.get(room).map_or(0, HashMap::len)
    }

    /// How many people want to be in a room, on however many devices.
    pub(crate) fn people_in(&self, room: &RoomId) -> usize {
        let rosters = self.rosters.lock();
        let people = rosters.by_room.get(room).into_iter().flat_map(|roster| roster.values());
        people.map(|seated| seated.person.user.id).collect::<BTreeSet<_>>().len()
    }

    // --- the end ---

    /// Hears of what can't be recovered from.
    pub(crate) fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.fatal.subscribe()
    }

    pub(crate) fn fail(&self, reason: String) {
        self.fatal.send_if_modified(|fatal| {
            let first = fatal.is_none();
            fatal.get_or_insert(reason);
            first
        });
    }
}

/// The log announces to whichever incarnation of a room lives; one that is still opening will read what it missed.
impl Announce for Directory {
    fn committed(&self, batch: RoomBatch) {
        if let Some(trimmed) = &batch.trimmed {
            self.lobby.changed(trimmed.id.clone());
        }
        let room = self.living_rooms.read().get(&batch.room).cloned();
        if let Some((_, room)) = room {
            room.committed(batch);
        }
    }

    fn erased(&self, user: UserId) {
        let living: Vec<RoomHandle> = self.living_rooms.read().values().map(|(_, room)| room.clone()).collect();
        living.into_iter().for_each(|room| room.erased(user));
        self.lobby.erased(user);
    }

    fn failed(&self, fatal: Fatal) {
        tracing::error!(%fatal, "the journal can't go on");
        self.fail(fatal.to_string());
    }
}
