//! How far people have got in a room.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use greenroom_protocol::limits::ONLINE_USERS;
use greenroom_protocol::{Receipt, Seq, User, UserId};
use greenroom_storage::{AsItIs, Cursor, Head};

use crate::by_id::{ById, ListById};
use crate::directory::Person;

/// Cursors as far as they are in memory, and which of them are to be stored and told.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    known: ListById<UserId, (User, Cursor)>,
    /// Whether nobody but the known has a cursor.
    complete: bool,
    moved: ById<UserId, Person>,
    /// People who said something since the last time.
    said: HashSet<UserId, BuildHasherDefault<AsItIs>>,
}

impl Cursors {
    /// Starts from what the store has, at most [`ONLINE_USERS`] of them.
    pub(super) fn new(stored: Vec<(User, Cursor)>) -> Self {
        let complete = stored.len() < ONLINE_USERS;
        let known = stored.into_iter().map(|(user, cursor)| (user.id, (user, cursor))).collect();
        Self { known, complete, moved: ById::default(), said: HashSet::default() }
    }

    /// As it stood once.
    pub(super) fn stood(known: Vec<(User, Cursor)>, complete: bool) -> Self {
        Self { complete, ..Self::new(known) }
    }

    /// What is known, and whether nobody else has a cursor.
    pub(super) fn standing(&self) -> (Vec<(User, Cursor)>, bool) {
        (self.known.values().cloned().collect(), self.complete)
    }

    pub(super) fn of(&self, user: UserId) -> Option<Cursor> {
        let known = self.known.get(&user).map(|(_, cursor)| *cursor);
        known.or_else(|| self.complete.then(Cursor::default))
    }

    pub(super) fn know(&mut self, user: &User, cursor: Cursor) {
        let known = self.entry(user);
        if cursor.read >= known.read {
            (known.read, known.read_ordinal) = (cursor.read, cursor.read_ordinal);
        }
        known.delivered = known.delivered.max(cursor.delivered);
    }

    pub(super) fn receipts(&self, most: usize) -> Vec<Receipt> {
        let receipt = |(user, cursor): &(User, Cursor)| Receipt {
            user: user.clone(),
            delivered: cursor.delivered,
            read: cursor.read,
        };
        self.known.values().take(most).map(receipt).collect()
    }

    /// Whoever says something has read all before it. The message itself tells and stores that.
    pub(super) fn said(&mut self, user: &User, head: Head) {
        self.know(user, Cursor { delivered: head.seq, read: head.seq, read_ordinal: head.ordinal });
        self.said.insert(user.id);
    }

    /// Says whether a cursor moved.
    pub(super) fn move_to(&mut self, person: &Person, delivered: Seq, read: Seq) -> bool {
        let cursor = self.entry(&person.user);
        let delivered = delivered.max(read);
        if delivered <= cursor.delivered && read <= cursor.read {
            return false;
        }
        cursor.delivered = cursor.delivered.max(delivered);
        cursor.read = cursor.read.max(read);
        self.moved.insert(person.user.id, person.clone());
        true
    }

    /// Cursors that moved since the last time, with where they are now.
    pub(super) fn moved(&mut self) -> Vec<(Person, Seq, Seq)> {
        let moved = std::mem::take(&mut self.moved);
        let here = |person: Person| {
            let (_, cursor) = self.known.get(&person.user.id)?;
            Some((person, cursor.delivered, cursor.read))
        };
        moved.into_values().filter_map(here).collect()
    }

    /// Cursors that moved by saying something since the last time.
    pub(super) fn said_since(&mut self) -> Vec<(UserId, Cursor)> {
        let said = std::mem::take(&mut self.said);
        said.into_iter().filter_map(|user| Some((user, self.known.get(&user)?.1))).collect()
    }

    /// A move that was not stored is to be told with the next window.
    pub(super) fn again(&mut self, person: Person, delivered: Seq, read: Seq) {
        let cursor = self.entry(&person.user);
        cursor.delivered = cursor.delivered.max(delivered);
        cursor.read = cursor.read.max(read);
        self.moved.insert(person.user.id, person);
    }

    fn entry(&mut self, user: &User) -> &mut Cursor {
        &mut self.known.entry(user.id).or_insert_with(|| (user.clone(), Cursor::default())).1
    }
}
