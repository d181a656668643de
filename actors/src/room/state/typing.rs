//! Who types in a room: soft state that ends by itself.

use std::collections::HashMap;
use std::time::Instant;

use greenroom_protocol::limits::TYPING;
use greenroom_protocol::{User, UserId};

#[derive(Debug, Default)]
pub(super) struct Typists(HashMap<UserId, (User, Instant)>);

impl Typists {
    /// Somebody types. That is told each time, so that those who came meanwhile hear of it too.
    pub(super) fn start(&mut self, user: &User, now: Instant) -> bool {
        self.0.insert(user.id, (user.clone(), now + TYPING));
        true
    }

    /// Says whether they were typing.
    pub(super) fn stop(&mut self, user: UserId) -> bool {
        self.0.remove(&user).is_some()
    }

    /// Those who have been silent for [`TYPING`].
    pub(super) fn expire(&mut self, now: Instant) -> Vec<User> {
        let over = self.0.extract_if(|_, (_, end)| *end <= now);
        over.map(|(_, (user, _))| user).collect()
    }

    pub(super) fn first_end(&self) -> Option<Instant> {
        self.0.values().map(|(_, end)| *end).min()
    }
}
