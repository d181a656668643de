//! What stands for a message's idempotency key: 16 bytes of keyed BLAKE3 over room, sender and id.
//!
//! Keyed with the store's id, so that nobody can choose ids that collide or crowd one place of a table.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use greenroom_protocol::{MessageId, Seq, UserId};
use uuid::Uuid;

use crate::RoomKey;

/// As good as unique among all that will ever be sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(pub(crate) u128);

impl Fingerprint {
    /// The half that a filter keeps.
    pub(crate) fn high(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

impl std::hash::Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.high());
    }
}

/// Makes fingerprints.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprinter {
    key: [u8; 32],
}

impl Fingerprinter {
    pub(crate) fn new(store: Uuid) -> Self {
        Self { key: blake3::derive_key("greenroom 2026 message id v1", store.as_bytes()) }
    }

    pub(crate) fn of(&self, room: RoomKey, user: UserId, id: MessageId) -> Fingerprint {
        let mut input = [0; 48];
        input[..16].copy_from_slice(room.0.as_bytes());
        input[16..32].copy_from_slice(user.0.as_bytes());
        input[32..].copy_from_slice(id.0.as_bytes());
        let hash = blake3::keyed_hash(&self.key, &input);
        let mut half = [0; 16];
        half.copy_from_slice(&hash.as_bytes()[..16]);
        Fingerprint(u128::from_be_bytes(half))
    }

    /// What stands for a message's words once they are no more, so that others in their place are told from them.
    pub(crate) fn digest(&self, body: &str, reply_to: Option<Seq>) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&reply_to.unwrap_or(Seq::ZERO).0.to_be_bytes()).update(body.as_bytes());
        let mut eight = [0; 8];
        hasher.finalize_xof().fill(&mut eight);
        u64::from_be_bytes(eight)
    }
}

/// The messages of one segment: the fingerprint, and the record's number less the segment's first.
pub(crate) type IdMap = HashMap<Fingerprint, u32, BuildHasherDefault<AsItIs>>;

/// A map whose keys contain ids that this server made: they are random enough, and nobody chooses them.
pub type ById<K, V> = HashMap<K, V, BuildHasherDefault<AsItIs>>;

/// A hasher for what is random already.
#[derive(Debug, Default, Clone)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // A UUID's version and variant bits are the same in all; the multiplication spreads the others.
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, _length: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_counts_and_so_does_the_store() {
        let maker = Fingerprinter::new(Uuid::from_u128(1));
        let (room, user, id) = (RoomKey(Uuid::from_u128(2)), UserId(Uuid::from_u128(3)), MessageId(Uuid::from_u128(4)));
        let first = maker.of(room, user, id);
        assert_eq!(first, maker.of(room, user, id));
        assert_ne!(first, maker.of(RoomKey(Uuid::from_u128(5)), user, id));
        assert_ne!(first, maker.of(room, UserId(Uuid::from_u128(5)), id));
        assert_ne!(first, maker.of(room, user, MessageId(Uuid::from_u128(5))));
        assert_ne!(first, Fingerprinter::new(Uuid::from_u128(9)).of(room, user, id));
    }
}
