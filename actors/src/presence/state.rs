//! Who is online: pure, without an actor.

use std::collections::HashMap;

use greenroom_protocol::{SessionId, Status, User, UserId};

/// Who is online.
#[derive(Debug, Default)]
pub(crate) struct PresenceState {
    people: HashMap<UserId, Online>,
    sessions: HashMap<SessionId, UserId>,
}

#[derive(Debug)]
struct Online {
    /// A set; mostly one, so that a list is the smallest form of it.
    sessions: Vec<SessionId>,
    status: Status,
}

impl PresenceState {
    /// A session has begun; doing it twice changes nothing.
    pub(crate) fn track(&mut self, session: SessionId, user: &User) {
        self.sessions.insert(session, user.id);
        let online = self.people.entry(user.id);
        let online = online.or_insert_with(|| Online { sessions: Vec::with_capacity(1), status: Status::Online });
        if !online.sessions.contains(&session) {
            online.sessions.push(session);
        }
    }

    /// A session has ended; doing it twice changes nothing.
    pub(crate) fn untrack(&mut self, session: SessionId) {
        let Some(user) = self.sessions.remove(&session) else { return };
        let Some(online) = self.people.get_mut(&user) else { return };
        online.sessions.retain(|of| *of != session);
        if online.sessions.is_empty() {
            self.people.remove(&user);
        }
    }

    /// A session says how reachable its person is; says who that is.
    pub(crate) fn set_status(&mut self, session: SessionId, status: Status) -> Option<UserId> {
        let user = *self.sessions.get(&session)?;
        self.people.get_mut(&user)?.status = status;
        Some(user)
    }

    /// Those who are not as reachable as everybody who has just come.
    pub(crate) fn told(&self) -> impl Iterator<Item = (UserId, Status)> {
        let people = self.people.iter().map(|(user, online)| (*user, online.status));
        people.filter(|(_, status)| *status != Status::default())
    }

    /// How reachable these people are; those who are not online are not in it.
    pub(crate) fn statuses(&self, users: &[UserId]) -> HashMap<UserId, Status> {
        users.iter().filter_map(|user| Some((*user, self.people.get(user)?.status))).collect()
    }

    /// People and sessions that are online.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.people.len(), self.sessions.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_protocol::Name;

    #[test]
    fn a_person_is_online_while_any_session_of_theirs_is() {
        let ana = User { id: UserId::new(), name: Name::guest("ana").unwrap() };
        let (phone, laptop) = (SessionId::new(), SessionId::new());
        let mut presence = PresenceState::default();
        presence.track(phone, &ana);
        presence.track(laptop, &ana);
        presence.track(laptop, &ana);
        assert_eq!(presence.count(), (1, 2));
        presence.set_status(phone, Status::Dnd);
        assert_eq!(presence.statuses(&[ana.id, UserId::new()]), [(ana.id, Status::Dnd)].into_iter().collect());
        presence.untrack(phone);
        presence.untrack(phone);
        assert_eq!(presence.count(), (1, 1));
        presence.untrack(laptop);
        assert_eq!(presence.count(), (0, 0));
    }
}
