//! The books: the ledgers of all rooms and sessions since the start, the dead ones included.
//!
//! An actor may end at any moment, by a panic too; nothing that it would do at its end can be relied on,
//! but what it owns is dropped. So each room owns an [`Account`], and the account's own end enters it here.

use std::collections::HashMap;
use std::sync::Arc;

use greenroom_storage::Incarnation;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::ledger::{Deliveries, RoomLedger, SessionLedger};

/// The ledgers of everybody.
#[derive(Debug, Default)]
pub(crate) struct Books(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    living_rooms: HashMap<Incarnation, RoomLedger>,
    ended_rooms: RoomLedger,
    ended_sessions: SessionLedger,
    audits: u64,
    imbalances: u64,
}

/// What the books say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// All rooms, the ended ones included.
    pub rooms: RoomLedger,
    /// All sessions, the ended ones included.
    pub sessions: SessionLedger,
    /// How often everybody was audited.
    pub audits: u64,
    /// How often an audited ledger did not balance; anything but zero is a defect.
    pub imbalances: u64,
}

impl Balance {
    /// Whether all of it is accounted for, and always was.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.imbalances == 0 && self.rooms.balances() && self.sessions.balances()
    }
}

impl Books {
    /// A session goes from the living to the ended; `end` takes it from the living and gives its last account.
    pub(crate) fn session_ends<T>(&self, end: impl FnOnce() -> Option<(T, SessionLedger)>) -> Option<T> {
        let mut entries = self.0.lock();
        let (ended, ledger) = end()?;
        entries.ended_sessions += ledger.ended();
        Some(ended)
    }

    /// An audit has found so many ledgers that do not balance.
    pub(crate) fn audited(&self, imbalances: u64) {
        let mut entries = self.0.lock();
        entries.audits += 1;
        entries.imbalances += imbalances;
    }

    /// Ledgers that were found not to balance.
    pub(crate) fn imbalances(&self) -> u64 {
        self.0.lock().imbalances
    }

    /// All accounts as they were last entered. `living` adds up the living sessions, none of which ends meanwhile.
    pub(crate) fn balance(&self, living: impl FnOnce() -> SessionLedger) -> Balance {
        let entries = self.0.lock();
        let mut rooms = entries.ended_rooms;
        entries.living_rooms.values().for_each(|living| rooms += *living);
        let Entries { ended_sessions: mut sessions, audits, imbalances, .. } = *entries;
        sessions += living();
        Balance { rooms, sessions, audits, imbalances }
    }
}

/// What one relay has counted, as of the last command that it handled to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Mutex<Deliveries>>);

impl Tally {
    pub(crate) fn keep(&self, deliveries: Deliveries) {
        *self.0.lock() = deliveries;
    }

    fn get(&self) -> Deliveries {
        *self.0.lock()
    }
}

/// The tallies of all relays of one incarnation of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies(Arc<Mutex<TallyList>>);

#[derive(Debug, Default)]
struct TallyList {
    living: Vec<Tally>,
    ended: Deliveries,
}

impl Tallies {
    /// That of one more relay.
    pub(crate) fn open(&self) -> Tally {
        let tally = Tally::default();
        self.0.lock().living.push(tally.clone());
        tally
    }

    /// A relay has ended.
    pub(crate) fn close(&self, tally: &Tally) {
        let mut list = self.0.lock();
        list.living.retain(|living| !Arc::ptr_eq(&living.0, &tally.0));
        list.ended += tally.get();
    }

    /// Those of the relays that have ended.
    pub(crate) fn ended(&self) -> Deliveries {
        self.0.lock().ended
    }

    fn sum(&self) -> Deliveries {
        let list = self.0.lock();
        let mut sum = list.ended;
        list.living.iter().for_each(|tally| sum += tally.get());
        sum
    }
}

/// The account of one incarnation of a room; it closes with it, however that ends.
pub(crate) struct Account {
    books: Arc<Books>,
    incarnation: Incarnation,
    /// The room's own part, as of the last command that was handled to its end.
    kept: RoomLedger,
    /// Its relays' part.
    tallies: Tallies,
}

impl Account {
    pub(crate) fn open(books: Arc<Books>, incarnation: Incarnation, tallies: Tallies) -> Self {
        Self { books, incarnation, kept: RoomLedger::default(), tallies }
    }

    /// Notes how things stand after a command.
    pub(crate) fn keep(&mut self, ledger: RoomLedger) {
        self.kept = ledger;
    }

    /// Enters what was noted in the books.
    pub(crate) fn enter(&self) {
        self.books.0.lock().living_rooms.insert(self.incarnation, self.noted());
    }

    /// What those relays have counted that have ended by now.
    pub(crate) fn ended_relays(&self) -> Deliveries {
        self.tallies.ended()
    }

    fn noted(&self) -> RoomLedger {
        let mut noted = self.kept;
        noted.deliveries += self.tallies.sum();
        noted
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let mut entries = self.books.0.lock();
        entries.living_rooms.remove(&self.incarnation);
        entries.ended_rooms += self.noted().ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Posts;

    #[test]
    fn a_room_that_panics_stays_in_the_books() {
        let books = Arc::new(Books::default());
        let tallies = Tallies::default();
        let mut account = Account::open(Arc::clone(&books), Incarnation(1), tallies.clone());
        let posts = Posts { accepted: 3, stored: 2, undecided: 1, ..Posts::default() };
        account.keep(RoomLedger { posts, ..RoomLedger::default() });
        let (relay, ended) = (tallies.open(), tallies.open());
        relay.keep(Deliveries { owed: 5, handed_over: 3, pending: 2, ..Deliveries::default() });
        ended.keep(Deliveries { owed: 1, handed_over: 1, ..Deliveries::default() });
        tallies.close(&ended);
        account.enter();
        relay.keep(Deliveries { owed: 5, handed_over: 4, pending: 1, ..Deliveries::default() });
        assert_eq!(books.balance(SessionLedger::default).rooms.posts.undecided, 1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _open = account;
            panic!("the room fails");
        }));
        assert!(panicked.is_err());
        let balance = books.balance(SessionLedger::default);
        assert_eq!((balance.rooms.posts.orphaned, balance.rooms.posts.stored), (1, 2));
        let deliveries = balance.rooms.deliveries;
        assert_eq!((deliveries.handed_over, deliveries.dropped.ended), (5, 1), "what its relays did by then is in it");
        assert!(balance.holds());
    }
}
