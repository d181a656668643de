//! Who may read and write where, as of this moment: from memory, without waiting for anything.
//!
//! What is seen here is durable. It changes before an event that changes it can be read, and that before
//! the event is announced; so whoever is let in here may see all that can be read by then.

use std::fmt;
use std::sync::Arc;

use greenroom_protocol::{Role, RoomId, Seq, UserId};

use crate::rooms::LiveRoom;
use crate::shared::Shared;
use crate::{Head, Room, RoomKey};

/// Looks up who may do what.
#[derive(Clone)]
pub struct Standings {
    shared: Arc<Shared>,
    key: [u8; 32],
}

/// What somebody sees of a room.
#[derive(Clone, Debug)]
pub enum Sight {
    /// There is none of that id, and there never was.
    Nothing,
    /// There was one.
    Deleted,
    /// There is one that they may not know of.
    Hidden,
    /// There is one where they may read and write.
    Open(Place),
}

/// A room as one person sees it.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it is.
    pub room: Arc<Room>,
    /// Where its log ends.
    pub head: Head,
    /// What they may do there, beyond what everybody may.
    pub role: Option<Role>,
    /// The newest change of the room or its members.
    pub changed: Seq,
}

/// The id of the direct room of two people in the store with this secret.
pub(crate) fn direct_room(secret: &[u8; 32], a: UserId, b: UserId) -> RoomId {
    id_of_direct(&direct_key(secret), a, b)
}

fn direct_key(secret: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key("greenroom 2026 direct room v1", secret)
}

fn id_of_direct(key: &[u8; 32], a: UserId, b: UserId) -> RoomId {
    let mut both = [a.0, b.0];
    both.sort_unstable();
    let mut hasher = blake3::Hasher::new_keyed(key);
    both.iter().for_each(|user| {
        hasher.update(user.as_bytes());
    });
    let hash = hasher.finalize().to_hex();
    RoomId::parse(&format!("d-{}", &hash[..32])).expect("hexadecimal digits are a slug's characters")
}

impl Standings {
    pub(crate) fn new(shared: Arc<Shared>, secret: &[u8; 32]) -> Self {
        Self { shared, key: direct_key(secret) }
    }

    /// What this person sees of a room.
    #[must_use]
    pub fn look(&self, room: &RoomId, user: Option<UserId>) -> Sight {
        let Some(live) = self.shared.rooms.by_id(room) else { return Sight::Nothing };
        match place(&live, user) {
            Some(place) => Sight::Open(place),
            None if live.is_deleted() => Sight::Deleted,
            None => Sight::Hidden,
        }
    }

    /// A room and where its log ends, whoever may see it.
    #[must_use]
    pub fn room(&self, room: &RoomId) -> Option<(Arc<Room>, Head)> {
        let live = self.shared.rooms.by_id(room)?;
        (!live.is_deleted()).then(|| (live.room(), live.head()))
    }

    /// Whether this person may read and write in a room.
    #[must_use]
    pub fn admits(&self, room: RoomKey, user: UserId) -> bool {
        self.shared.rooms.by_key(room).is_some_and(|live| live.crew(|crew| crew.admits(live.kind, user)))
    }

    /// Who is a member of a room, and as what; of a public one, those who may do more than everybody. With the newest
    /// change of it.
    #[must_use]
    pub fn members(&self, room: RoomKey) -> (Vec<(UserId, Role)>, Seq) {
        let Some(live) = self.shared.rooms.by_key(room) else { return (Vec::new(), Seq::ZERO) };
        let (mut members, changed): (Vec<(UserId, Role)>, Seq) =
            live.crew(|crew| (crew.roles.iter().map(|(user, role)| (*user, *role)).collect(), crew.changed));
        members.sort_unstable_by_key(|(user, _)| *user);
        (members, changed)
    }

    /// The id of the one direct room of two people. Without the store's secret nobody can tell it beforehand, and so
    /// nobody can take it.
    #[must_use]
    pub fn direct_room(&self, a: UserId, b: UserId) -> RoomId {
        id_of_direct(&self.key, a, b)
    }
}

fn place(live: &LiveRoom, user: Option<UserId>) -> Option<Place> {
    // Before the log's end is looked at: whoever is out by then must not hear how far it has got since.
    let (role, changed) = live.crew(|crew| {
        let may = user.map_or(live.kind == greenroom_protocol::RoomKind::Group && !crew.deleted, |user| {
            crew.admits(live.kind, user)
        });
        may.then(|| (user.and_then(|user| crew.roles.get(&user).copied()), crew.changed))
    })?;
    Some(Place { room: live.room(), head: live.head(), role, changed })
}

impl fmt::Debug for Standings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Standings")
    }
}
