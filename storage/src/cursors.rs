//! Cursors that have moved and are not in the journal yet.
//!
//! They move at once, in memory. The writer journals them about once a second, the newest of each; a
//! power cut costs that second, which means only that somebody sees as unread what they have read.

use greenroom_protocol::{User, UserId};
use parking_lot::Mutex;

use crate::fingerprint::ById;
use crate::{Cursor, RoomKey};

/// A person's cursors, moved.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    pub(crate) user: User,
    pub(crate) guest: bool,
    pub(crate) cursor: Cursor,
}

type InRooms = ById<RoomKey, ById<UserId, Moved>>;

/// Cursors on their way to the journal.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    stages: Mutex<Stages>,
}

#[derive(Debug, Default)]
struct Stages {
    moved: InRooms,
    /// Those that the writer is journaling.
    leaving: InRooms,
}

impl Cursors {
    /// Moves a person's cursors forward.
    pub(crate) fn advance(&self, room: RoomKey, moved: Moved) {
        add(&mut self.stages.lock().moved, room, moved);
    }

    /// A person's cursors, where they have moved.
    pub(crate) fn of(&self, room: RoomKey, user: UserId) -> Cursor {
        let stages = self.stages.lock();
        let find = |rooms: &InRooms| rooms.get(&room).and_then(|room| room.get(&user)).map(|moved| moved.cursor);
        let (moved, leaving) = (find(&stages.moved), find(&stages.leaving));
        moved.unwrap_or_default().farthest(leaving.unwrap_or_default())
    }

    /// Those who have moved in a room.
    pub(crate) fn in_room(&self, room: RoomKey) -> Vec<(User, Cursor)> {
        let stages = self.stages.lock();
        let rooms = [&stages.moved, &stages.leaving];
        let all = rooms.into_iter().filter_map(|rooms| rooms.get(&room)).flat_map(|room| room.values());
        all.map(|moved| (moved.user.clone(), moved.cursor)).collect()
    }

    /// Up to `limit` of them, to be journaled.
    pub(crate) fn leave(&self, limit: usize) -> Vec<(RoomKey, Moved)> {
        let mut stages = self.stages.lock();
        let mut taken = Vec::new();
        while taken.len() < limit {
            let Some(&room) = stages.moved.keys().next() else { break };
            let people = stages.moved.remove(&room).unwrap_or_default();
            let mut people = people.into_values();
            taken.extend(people.by_ref().take(limit - taken.len()).map(|moved| (room, moved)));
            let rest: ById<UserId, Moved> = people.map(|moved| (moved.user.id, moved)).collect();
            if !rest.is_empty() {
                stages.moved.insert(room, rest);
            }
        }
        for (room, moved) in &taken {
            add(&mut stages.leaving, *room, moved.clone());
        }
        taken
    }

    /// They are in the journal, and can be read from it.
    pub(crate) fn left(&self) {
        self.stages.lock().leaving.clear();
    }

    /// They could not be journaled; they wait for the next time.
    pub(crate) fn stay(&self) {
        let mut stages = self.stages.lock();
        let leaving = std::mem::take(&mut stages.leaving);
        for (room, people) in leaving {
            for moved in people.into_values() {
                add(&mut stages.moved, room, moved);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn is_still(&self) -> bool {
        let stages = self.stages.lock();
        stages.moved.is_empty() && stages.leaving.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.stages.lock().moved.is_empty()
    }
}

fn add(rooms: &mut InRooms, room: RoomKey, moved: Moved) {
    let people = rooms.entry(room).or_default();
    let cursor = people.get(&moved.user.id).map(|there| there.cursor).unwrap_or_default().farthest(moved.cursor);
    people.insert(moved.user.id, Moved { cursor, ..moved });
}
