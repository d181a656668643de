//! Who is in a room.

use greenroom_protocol::{SessionId, User, UserId};

use crate::by_id::ListById;

/// The people in a room, each with the set of their sessions there, and what changed since it was last told.
#[derive(Debug, Default)]
pub(super) struct OnlineList {
    people: ListById<UserId, Here>,
    joined: ListById<UserId, User>,
    left: ListById<UserId, User>,
}

#[derive(Debug)]
struct Here {
    user: User,
    /// A set; few, mostly one, so that a list is the smallest form of it.
    sessions: Vec<SessionId>,
}

impl OnlineList {
    pub(super) fn len(&self) -> usize {
        self.people.len()
    }

    pub(super) fn users(&self, most: usize) -> Vec<User> {
        self.people.values().take(most).map(|here| here.user.clone()).collect()
    }

    pub(super) fn sessions_of(&self, user: UserId) -> &[SessionId] {
        self.people.get(&user).map(|here| here.sessions.as_slice()).unwrap_or_default()
    }

    /// A session that was here all along: no news.
    pub(super) fn keep(&mut self, session: SessionId, user: &User) {
        self.put(session, user);
    }

    /// Says whether that is news.
    pub(super) fn come(&mut self, session: SessionId, user: &User) -> bool {
        let first = !self.people.contains_key(&user.id);
        self.put(session, user);
        if first && self.left.shift_remove(&user.id).is_none() {
            self.joined.insert(user.id, user.clone());
        }
        first
    }

    /// Says whether that is news.
    pub(super) fn go(&mut self, session: SessionId, user: &User) -> bool {
        let Some(here) = self.people.get_mut(&user.id) else { return false };
        here.sessions.retain(|of| *of != session);
        let last = here.sessions.is_empty();
        if last {
            self.people.swap_remove(&user.id);
            if self.joined.shift_remove(&user.id).is_none() {
                self.left.insert(user.id, user.clone());
            }
        }
        last
    }

    /// Who came and who went since the last time.
    pub(super) fn changes(&mut self) -> Option<(Vec<User>, Vec<User>)> {
        if self.joined.is_empty() && self.left.is_empty() {
            return None;
        }
        let joined = std::mem::take(&mut self.joined).into_values().collect();
        let left = std::mem::take(&mut self.left).into_values().collect();
        Some((joined, left))
    }

    fn put(&mut self, session: SessionId, user: &User) {
        let here = self.people.entry(user.id);
        let here = here.or_insert_with(|| Here { user: user.clone(), sessions: Vec::with_capacity(1) });
        if !here.sessions.contains(&session) {
            here.sessions.push(session);
        }
    }
}
