//! Whether two indexes say the same.

use std::cmp::Ordering;
use std::fmt;

use uuid::Uuid;

use super::apply::cursor_of;
use super::blocks::{BLOCK, decode};
use super::{Index, IndexError};
use crate::RoomKey;

/// sled's own tree, and the one that says how far an index is: each index has its own.
const NOT_COMPARED: [&[u8]; 2] = [b"__sled__default", b"meta"];

/// An entry that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    tree: String,
    key: Vec<u8>,
}

impl Index {
    /// Compares all entries with those of an index that was made from the journal alone; counts them, and says which differ.
    pub(crate) fn compare(&self, made: &Self) -> Result<(u64, Vec<Difference>), IndexError> {
        let mut names = self.ask(|trees| Ok(trees.db.tree_names()))?;
        names.extend(made.ask(|trees| Ok(trees.db.tree_names()))?);
        names.sort();
        names.dedup();
        let (mut entries, mut differences) = (0, Vec::new());
        for name in names.iter().filter(|name| !NOT_COMPARED.contains(&name.as_ref())) {
            let tree = String::from_utf8_lossy(name).into_owned();
            let mut both = Both { index: self, tree, entries: 0, differences: Vec::new() };
            self.ask(|ours| {
                made.trees
                    .as_ref()
                    .map_or(Ok(()), |made| both.walk(&ours.db.open_tree(name)?, &made.db.open_tree(name)?))
            })?;
            entries += both.entries;
            differences.append(&mut both.differences);
        }
        Ok((entries, differences))
    }
}

#[cfg(test)]
impl Index {
    /// Says of some event that it is elsewhere, as nothing but a fault of this program would.
    pub(crate) fn misplace_an_event(&self) {
        self.ask(|trees| {
            let (key, value) = trees.blocks.first()?.expect("there is a block");
            let mut events = decode(&value).expect("it makes sense");
            events[0].lsn += 1;
            trees.blocks.insert(key, super::blocks::encode(&events))
        })
        .expect("the index takes it");
    }
}

/// A tree of both.
struct Both<'a> {
    index: &'a Index,
    tree: String,
    entries: u64,
    differences: Vec<Difference>,
}

impl Both<'_> {
    /// Walks through both trees side by side.
    fn walk(&mut self, ours: &sled::Tree, made: &sled::Tree) -> sled::Result<()> {
        let (mut ours, mut made) = (ours.iter(), made.iter());
        let (mut our, mut their) = (ours.next().transpose()?, made.next().transpose()?);
        loop {
            let order = match (&our, &their) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((ours, _)), Some((theirs, _))) => ours.cmp(theirs),
            };
            let same = match (&our, &their) {
                (Some((_, ours)), Some((_, theirs))) if order == Ordering::Equal && self.same(ours, theirs) => true,
                (Some((key, ours)), _) if order != Ordering::Greater => self.is_of_what_is_gone(key, ours),
                _ => false,
            };
            let key = if order == Ordering::Greater { &their } else { &our };
            if let Some((key, _)) = key.as_ref().filter(|_| !same) {
                self.differences.push(Difference { tree: self.tree.clone(), key: key.to_vec() });
            }
            self.entries += u64::from(order != Ordering::Greater);
            if order != Ordering::Greater {
                our = ours.next().transpose()?;
            }
            if order != Ordering::Less {
                their = made.next().transpose()?;
            }
        }
    }

    /// A cursor may come from a message that was removed from the journal since.
    fn is_of_what_is_gone(&self, key: &[u8], ours: &[u8]) -> bool {
        let ids = |key: &[u8]| Some((Uuid::from_slice(key.get(..16)?).ok()?, Uuid::from_slice(key.get(16..)?).ok()?));
        let (Some((room, user)), Some(cursor), true) = (ids(key), cursor_of(ours), self.tree == "cursors") else {
            return false;
        };
        let erased = self.index.ask(|trees| trees.erased.contains_key(user.as_bytes()));
        let room = self.index.room_value(RoomKey(room));
        let passed = room.is_ok_and(|room| room.is_some_and(|room| room.deleted || cursor.read.0 <= room.gone.0));
        passed || erased == Ok(true)
    }

    /// A block may still know where a record was that is lost now.
    fn same(&self, ours: &[u8], made: &[u8]) -> bool {
        if ours == made || self.tree != "blocks" {
            return ours == made;
        }
        let (Some(ours), Some(made)) = (decode(ours), decode(made)) else { return false };
        ours.len() == made.len() && ours.iter().zip(&made).all(|(ours, made)| made.lsn == 0 || ours == made)
    }
}

impl fmt::Display for Difference {
    /// Which entry, without its value: some are secrets, and so are some keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(id) = self.key.get(..16).and_then(|id| Uuid::from_slice(id).ok()) else {
            return write!(f, "an entry of {}", self.tree);
        };
        let number = self.key.get(16..24).and_then(|number| Some(u64::from_be_bytes(number.try_into().ok()?)));
        match (self.tree.as_str(), number) {
            ("documents", _) => write!(f, "an entry of documents"),
            ("blocks", Some(block)) => {
                write!(f, "where the events {} to {} of {id} are", block * BLOCK + 1, (block + 1) * BLOCK)
            }
            (tree, _) => write!(f, "the entry of {id} in {tree}"),
        }
    }
}
