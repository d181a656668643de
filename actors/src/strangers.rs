//! Guests of whom nothing is stored, and who are not connected: they have a token, and may be spoken to.
//!
//! A guest costs the store nothing before they write, so nobody knows of them but by what they show. Those who
//! have shown themselves lately are remembered here, so that somebody else can begin a direct room with them.

use std::num::NonZeroUsize;

use greenroom_protocol::limits::STRANGERS;
use greenroom_protocol::{User, UserId};
use lru::LruCache;
use parking_lot::Mutex;

use crate::directory::Person;

/// The guests who have shown themselves lately.
#[derive(Debug)]
pub(crate) struct Strangers(Mutex<LruCache<UserId, User>>);

impl Default for Strangers {
    fn default() -> Self {
        Self::remembering(STRANGERS)
    }
}

impl Strangers {
    fn remembering(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }

    /// A guest shows themselves; whoever has not done so for longest is forgotten.
    pub(crate) fn meet(&self, user: &User) {
        self.0.lock().put(user.id, user.clone());
    }

    /// A guest who has shown themselves lately.
    pub(crate) fn find(&self, id: UserId) -> Option<Person> {
        let user = self.0.lock().peek(&id).cloned()?;
        Some(Person { user, guest: true })
    }
}

#[cfg(test)]
mod tests {
    use greenroom_protocol::Name;

    use super::*;

    #[test]
    fn whoever_has_shown_themselves_lately_is_known() {
        let guest = |name| User { id: UserId::new(), name: Name::guest(name).unwrap() };
        let strangers = Strangers::remembering(NonZeroUsize::new(2).unwrap());
        let [ana, bob, eve] = ["ana", "bob", "eve"].map(guest);
        strangers.meet(&ana);
        strangers.meet(&bob);
        strangers.meet(&ana);
        strangers.meet(&eve);
        let known = [&ana, &bob, &eve].map(|guest| strangers.find(guest.id).is_some());
        assert_eq!(known, [true, false, true]);
    }
}
