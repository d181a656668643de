//! What the load generator writes into a message, by which it knows it again: who sent it, and their how many'th.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// Digits of the sender and of the number, hexadecimal.
const SENDER: usize = 6;
const NUMBER: usize = 8;

/// The shortest body that has room for a stamp.
pub(crate) const SHORTEST: usize = SENDER + NUMBER + 1;

/// Words as people use them, so that a body compresses about as a person's would.
const WORDS: &[&str] = &[
    "the", "and", "you", "that", "was", "for", "are", "with", "have", "this", "from", "one", "had", "but", "what",
    "all", "were", "when", "there", "can", "your", "said", "each", "which", "will", "about", "how", "then", "them",
    "would", "like", "these", "some", "time", "see", "make", "more", "could", "people", "than", "first", "been", "who",
    "now", "find", "long", "down", "day", "get", "come", "made", "may", "part", "meeting", "tomorrow", "deploy",
    "review", "coffee", "thanks", "green", "room", "stage", "light", "curtain",
];

/// Which message a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) sender: u32,
    pub(crate) number: u32,
}

impl Stamp {
    /// A body of so many bytes with this stamp.
    pub(crate) fn body(self, bytes: usize, rng: &mut StdRng) -> String {
        let mut body = format!("{:06x}{:08x}", self.sender, self.number);
        while body.len() < bytes {
            body.push(' ');
            body.push_str(WORDS.choose(rng).copied().unwrap_or_default());
        }
        body.truncate(bytes.max(SHORTEST));
        // Greenroom keeps a body byte for byte; others trim it.
        if body.ends_with(' ') {
            body.pop();
            body.push('.');
        }
        body
    }

    /// The stamp at the beginning of a body.
    pub(crate) fn of(body: &[u8]) -> Option<Self> {
        let sender = hex(body.get(..SENDER)?)?;
        let number = hex(body.get(SENDER..SENDER + NUMBER)?)?;
        Some(Self { sender, number })
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| Some(number << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_stamp_is_found_again_in_bodies_of_any_length() {
        let mut rng = StdRng::seed_from_u64(1);
        for bytes in [SHORTEST, 16, 128, 8_000] {
            let stamp = Stamp { sender: 0xAB_CDEF, number: 0x1234_5678 };
            let body = stamp.body(bytes, &mut rng);
            assert_eq!((body.len(), Stamp::of(body.as_bytes())), (bytes, Some(stamp)));
        }
        assert_eq!(Stamp::of(b"hello, this is no stamp"), None);
        assert_eq!(Stamp::of(b"0000"), None);
    }
}
