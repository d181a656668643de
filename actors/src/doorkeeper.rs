//! Who may be where, asked of what is durable, without waiting for anything.
//!
//! This is asked at each door, at the moment when something is handed over: membership that was looked up
//! earlier may have ended. What an actor remembers of who is where is never a reason to let somebody in.

use std::sync::Arc;

use greenroom_protocol::{Role, RoomId, Seq, UserId};
use greenroom_storage::{Head, Room, RoomKey, Sight, Standings};

/// Each means what [`Standings`]' own of that name means.
pub(crate) trait Doorkeeper: Send + Sync {
    fn look(&self, room: &RoomId, user: Option<UserId>) -> Sight;
    fn admits(&self, room: RoomKey, user: UserId) -> bool;
    fn room(&self, room: &RoomId) -> Option<(Arc<Room>, Head)>;
    fn members(&self, room: RoomKey) -> (Vec<(UserId, Role)>, Seq);
    fn direct_room(&self, a: UserId, b: UserId) -> RoomId;
}

impl Doorkeeper for Standings {
    fn look(&self, room: &RoomId, user: Option<UserId>) -> Sight {
        Standings::look(self, room, user)
    }

    fn admits(&self, room: RoomKey, user: UserId) -> bool {
        Standings::admits(self, room, user)
    }

    fn room(&self, room: &RoomId) -> Option<(Arc<Room>, Head)> {
        Standings::room(self, room)
    }

    fn members(&self, room: RoomKey) -> (Vec<(UserId, Role)>, Seq) {
        Standings::members(self, room)
    }

    fn direct_room(&self, a: UserId, b: UserId) -> RoomId {
        Standings::direct_room(self, a, b)
    }
}
