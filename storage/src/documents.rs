//! Documents: what is looked up by a key and changes now and then, such as an account.
//!
//! A change puts and removes several documents at once, or none of them, and only if those that it
//! *expects* are still what its maker has seen: so two who want the same name can't both have it. It is
//! decided by the writer, durable like everything else before it is answered, and indexed by sled.

use std::collections::BTreeMap;

use greenroom_protocol::UserId;

use crate::{ReadError, Refused, Reply};

/// What a document is found by: the first byte says in which table it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

/// The longest key.
const KEY_BYTES: usize = 300;

/// The longest value: sled keeps larger ones in files of their own, which it never syncs.
const VALUE_BYTES: usize = 4_000;

/// Documents as they are to be; nothing where there is to be none.
pub(crate) type Puts = BTreeMap<Key, Option<Vec<u8>>>;

/// A document, with what it is found by.
pub(crate) type Document = (Key, Vec<u8>);

impl Key {
    /// A key of a table.
    pub(crate) fn new(table: u8, parts: &[&[u8]]) -> Self {
        let mut key = vec![table];
        parts.iter().for_each(|part| key.extend_from_slice(part));
        debug_assert!(key.len() <= KEY_BYTES, "keys are bounded where they are made");
        Self(key)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Changes documents, all or none.
pub struct Change {
    /// These must be so; nothing where there must be none.
    pub(crate) expect: Vec<(Key, Option<Vec<u8>>)>,
    /// These will be so.
    pub(crate) put: Vec<(Key, Option<Vec<u8>>)>,
    /// What they have said is no more.
    pub(crate) erase: Option<UserId>,
    /// Called once it is durable, or refused.
    pub(crate) reply: Reply<Result<(), ChangeRefused>>,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// This document is no longer as it was expected.
    #[error("it was changed meanwhile")]
    Changed(Key),
    /// Nothing can be stored now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What is stored can't be known now.
    #[error(transparent)]
    Unknown(#[from] ReadError),
}

impl Change {
    /// At least the bytes that its records take.
    pub(crate) fn bytes(&self) -> usize {
        /// More than a record without its key and value.
        const RECORD: usize = 32;
        let bytes = |(key, value): &(Key, Option<Vec<u8>>)| RECORD + key.0.len() + value.as_ref().map_or(0, Vec::len);
        self.put.iter().map(bytes).sum()
    }
}

/// Whether a value is one that the index takes well.
pub(crate) fn fits(value: &[u8]) -> bool {
    value.len() <= VALUE_BYTES
}

impl std::fmt::Debug for Change {
    /// Without the values: some are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({} documents)", self.put.len())
    }
}
