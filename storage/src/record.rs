//! What lies in the journal, and how it is written.
//!
//! A record is `length u32 · CRC32C u32 · version u8 · kind u8 · fields`; kind and fields are postcard's
//! encoding of [`Record`]. The length counts what follows the CRC, and the CRC covers the length as
//! well, so that one record can be read and checked by itself. Kinds are only ever added, at the end.

use std::borrow::Cow;

use greenroom_protocol::{MemberChange, Role, RoomKind};
use serde::{Deserialize, Serialize};

use crate::checksum::{Checksum, u32_at};

/// A record's number in the journal: 1, 2, 3 … Zero stands before the first.
pub(crate) type Lsn = u64;

/// Bytes before the version.
pub(crate) const RECORD_HEADER: usize = 8;

/// No record is shorter: a version and a kind follow.
pub(crate) const RECORD_BYTES_MIN: usize = RECORD_HEADER + 2;

/// More than any record has; a longer length is damage.
pub(crate) const RECORD_BYTES_MAX: usize = 64 * 1024;

const VERSION: u8 = 1;
const KINDS: u8 = 15;

/// The 16 bytes of a UUID.
pub(crate) type Id = [u8; 16];

/// A fact. Its fields are never changed; what changes gets a new kind or a new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Record<'a> {
    /// A room was made.
    #[serde(borrow)]
    RoomCreated(RoomCreated<'a>),
    /// A person's name became known. The newest counts.
    #[serde(borrow)]
    Person(Person<'a>),
    /// Somebody said something.
    #[serde(borrow)]
    Message(MessageRecord<'a>),
    /// Somebody put a room into their list.
    Follow(Followed),
    /// Somebody's cursors in a room. The farthest count.
    Cursors(CursorsMoved),
    /// Events of a room, up to this one, were lost with a damaged part of the journal.
    Skipped(Skipped),
    /// A document was put, or removed. The newest counts.
    #[serde(borrow)]
    Document(DocumentPut<'a>),
    /// A room's members changed.
    Member(MemberRecord),
    /// A room was made by somebody who asked for it, or changed.
    RoomEdited(RoomEdited<'a>),
    /// A room is no more. Its id on the wire is never given out again.
    RoomDeleted(RoomDeleted),
    /// Somebody took a room off their list.
    Unfollow(Followed),
    /// A room's events, up to this one, are no more: they were older than it keeps them.
    Trimmed(Trimmed),
    /// A room changed that keeps its events for a time only.
    RoomKept(RoomKept<'a>),
    /// What somebody has said until now is no more.
    Erased(Erased),
    /// A message was here, and its text was removed.
    Stub(Stub),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomCreated<'a> {
    pub(crate) key: Id,
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    pub(crate) kind: Kind,
    #[serde(borrow)]
    pub(crate) title: Cow<'a, str>,
    pub(crate) epoch: Id,
    pub(crate) by: Id,
    pub(crate) at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person<'a> {
    pub(crate) user: Id,
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    pub(crate) guest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRecord<'a> {
    pub(crate) room: Id,
    pub(crate) seq: u64,
    /// Messages in the room up to and with this one.
    pub(crate) ordinal: u64,
    pub(crate) user: Id,
    pub(crate) id: Id,
    pub(crate) at: i64,
    pub(crate) reply_to: Option<u64>,
    pub(crate) body: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Followed {
    pub(crate) room: Id,
    pub(crate) user: Id,
    pub(crate) at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CursorsMoved {
    pub(crate) room: Id,
    pub(crate) user: Id,
    pub(crate) delivered: u64,
    pub(crate) read: u64,
    pub(crate) read_ordinal: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Skipped {
    pub(crate) room: Id,
    pub(crate) seq: u64,
    pub(crate) ordinal: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DocumentPut<'a> {
    pub(crate) key: &'a [u8],
    /// Nothing where it is removed.
    pub(crate) value: Option<&'a [u8]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRecord {
    pub(crate) room: Id,
    pub(crate) seq: u64,
    /// Messages in the room up to this event.
    pub(crate) ordinal: u64,
    pub(crate) user: Id,
    pub(crate) change: ChangeKind,
    /// What they may do from now on; nothing where they are out.
    pub(crate) rank: Option<Rank>,
    pub(crate) by: Id,
    pub(crate) at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomEdited<'a> {
    pub(crate) room: Id,
    pub(crate) seq: u64,
    /// Messages in the room up to this event.
    pub(crate) ordinal: u64,
    /// Whether it was made with this.
    pub(crate) created: bool,
    pub(crate) title: Cow<'a, str>,
    pub(crate) topic: Cow<'a, str>,
    pub(crate) by: Id,
    pub(crate) at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trimmed {
    pub(crate) room: Id,
    pub(crate) seq: u64,
    /// Messages in the room up to it.
    pub(crate) ordinal: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomKept<'a> {
    pub(crate) edited: RoomEdited<'a>,
    /// For how many seconds it keeps its events.
    pub(crate) seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Erased {
    pub(crate) user: Id,
}

/// What is left of a message: enough to keep its place, and to know it when it is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stub {
    pub(crate) room: Id,
    pub(crate) seq: u64,
    /// Messages in the room up to and with it.
    pub(crate) ordinal: u64,
    pub(crate) at: i64,
    /// Its fingerprint: a keyed hash of the room, the sender and the sender's id of it. Nothing where it is another
    /// store's, and so unknown here.
    pub(crate) key: Option<u128>,
    /// A keyed hash of what it said; nothing where even that is too much.
    pub(crate) digest: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomDeleted {
    pub(crate) room: Id,
    pub(crate) by: Id,
    pub(crate) at: i64,
}

/// What happened to a member, as the disk has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeKind {
    Joined,
    Left,
    Added,
    Removed,
    Role,
}

/// A member's role, as the disk has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rank {
    Owner,
    Moderator,
    Member,
}

impl From<MemberChange> for ChangeKind {
    fn from(change: MemberChange) -> Self {
        match change {
            MemberChange::Joined => Self::Joined,
            MemberChange::Left => Self::Left,
            MemberChange::Added => Self::Added,
            MemberChange::Removed => Self::Removed,
            MemberChange::Role => Self::Role,
        }
    }
}

impl From<ChangeKind> for MemberChange {
    fn from(change: ChangeKind) -> Self {
        match change {
            ChangeKind::Joined => Self::Joined,
            ChangeKind::Left => Self::Left,
            ChangeKind::Added => Self::Added,
            ChangeKind::Removed => Self::Removed,
            ChangeKind::Role => Self::Role,
        }
    }
}

impl From<Role> for Rank {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Moderator => Self::Moderator,
            Role::Member => Self::Member,
        }
    }
}

impl From<Rank> for Role {
    fn from(rank: Rank) -> Self {
        match rank {
            Rank::Owner => Self::Owner,
            Rank::Moderator => Self::Moderator,
            Rank::Member => Self::Member,
        }
    }
}

/// A room's kind as the disk has it, which the wire's words don't touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Group,
    Private,
    Direct,
}

impl From<RoomKind> for Kind {
    fn from(kind: RoomKind) -> Self {
        match kind {
            RoomKind::Group => Self::Group,
            RoomKind::Private => Self::Private,
            RoomKind::Direct => Self::Direct,
        }
    }
}

impl From<Kind> for RoomKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Group => Self::Group,
            Kind::Private => Self::Private,
            Kind::Direct => Self::Direct,
        }
    }
}

/// Why bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("a record ends too early")]
    Short,
    #[error("a record's checksum is wrong")]
    Checksum,
    #[error("a record has version {version}, kind {kind}; this greenroom knows version 1, kinds 0 to {}", KINDS - 1)]
    Unknown { version: u8, kind: u8 },
    #[error("a record's fields make no sense")]
    Fields,
}

impl<'a> Record<'a> {
    /// Appends the record to `out`.
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>, checksum: Checksum) {
        let start = out.len();
        out.extend_from_slice(&[0; RECORD_HEADER]);
        out.push(VERSION);
        *out = postcard::to_extend(self, std::mem::take(out)).expect("a vector takes any record");
        let length = u32::try_from(out.len() - start - RECORD_HEADER).expect("a record's fields are bounded");
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        let crc = crc_of(&out[start..], checksum);
        out[start + 4..start + RECORD_HEADER].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads the record at the start of `bytes`, and says how many bytes it takes.
    pub(crate) fn decode(bytes: &'a [u8], checksum: Checksum) -> Result<(Self, usize), RecordError> {
        let length = encoded_len(bytes).ok_or(RecordError::Short)?;
        let whole = bytes.get(..length).ok_or(RecordError::Short)?;
        if u32_at(whole, 4) != Some(crc_of(whole, checksum)) {
            return Err(RecordError::Checksum);
        }
        let (version, kind) = (whole[RECORD_HEADER], whole[RECORD_HEADER + 1]);
        if version != VERSION || kind >= KINDS {
            return Err(RecordError::Unknown { version, kind });
        }
        match postcard::take_from_bytes(&whole[RECORD_HEADER + 1..]) {
            Ok((record, [])) => Ok((record, length)),
            Ok(_) | Err(_) => Err(RecordError::Fields),
        }
    }
}

/// The bytes that the record at the start of `bytes` takes, by its own word.
pub(crate) fn encoded_len(bytes: &[u8]) -> Option<usize> {
    let length = u32_at(bytes, 0)? as usize;
    let length = RECORD_HEADER.checked_add(length)?;
    (RECORD_BYTES_MIN..=RECORD_HEADER + RECORD_BYTES_MAX).contains(&length).then_some(length)
}

fn crc_of(record: &[u8], checksum: Checksum) -> u32 {
    let of_length = checksum.of(&record[..4]);
    crc32c::crc32c_append(of_length, &record[RECORD_HEADER..])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    pub(crate) fn checksum() -> Checksum {
        Checksum::new(Uuid::from_u128(7))
    }

    pub(crate) fn message(seq: u64, body: &str) -> Record<'_> {
        Record::Message(MessageRecord {
            room: [1; 16],
            seq,
            ordinal: seq,
            user: [2; 16],
            id: (u128::from(seq) << 64).to_be_bytes(),
            at: 1_790_000_000_000,
            reply_to: None,
            body,
        })
    }

    fn any_record() -> impl Strategy<Value = (u8, [u8; 16], u64, String, i64)> {
        (0..KINDS, any::<[u8; 16]>(), any::<u64>(), any::<String>(), any::<i64>())
    }

    fn made(kind: u8, id: Id, number: u64, text: &str, at: i64) -> Record<'_> {
        let (room, user, seq) = (id, id, number);
        match kind {
            0 => Record::RoomCreated(RoomCreated {
                key: id,
                id: text.into(),
                kind: Kind::Direct,
                title: text.into(),
                epoch: id,
                by: id,
                at,
            }),
            1 => Record::Person(Person { user, name: text.into(), guest: number.is_multiple_of(2) }),
            2 => {
                let reply_to = number.is_multiple_of(3).then_some(number);
                Record::Message(MessageRecord { room, seq, ordinal: number, user, id, at, reply_to, body: text })
            }
            3 => Record::Follow(Followed { room, user, at }),
            4 => Record::Cursors(CursorsMoved { room, user, delivered: seq, read: seq, read_ordinal: seq }),
            5 => Record::Skipped(Skipped { room, seq, ordinal: number }),
            6 => {
                let value = number.is_multiple_of(2).then_some(text.as_bytes());
                Record::Document(DocumentPut { key: text.as_bytes(), value })
            }
            7 => {
                let (change, rank) =
                    [(ChangeKind::Added, Some(Rank::Moderator)), (ChangeKind::Left, None)][(number % 2) as usize];
                Record::Member(MemberRecord { room, seq, ordinal: number, user, change, rank, by: id, at })
            }
            8 => {
                let (title, topic) = (text.into(), text.into());
                let created = number.is_multiple_of(2);
                Record::RoomEdited(RoomEdited { room, seq, ordinal: number, created, title, topic, by: id, at })
            }
            9 => Record::RoomDeleted(RoomDeleted { room, by: id, at }),
            10 => Record::Unfollow(Followed { room, user, at }),
            11 => Record::Trimmed(Trimmed { room, seq, ordinal: number }),
            12 => {
                let (title, topic) = (text.into(), text.into());
                let edited = RoomEdited { room, seq, ordinal: number, created: false, title, topic, by: id, at };
                Record::RoomKept(RoomKept { edited, seconds: number })
            }
            13 => Record::Erased(Erased { user }),
            _ => {
                let (key, digest) = (Some(u128::from_be_bytes(id)), number.is_multiple_of(2).then_some(number));
                Record::Stub(Stub { room, seq, ordinal: number, at, key, digest })
            }
        }
    }

    proptest! {
        #[test]
        fn a_record_survives_a_round_trip((kind, id, number, text, at) in any_record()) {
            let record = made(kind, id, number, &text, at);
            let mut bytes = vec![9; 3];
            record.encode_into(&mut bytes, checksum());
            bytes.extend_from_slice(b"what follows");
            let (read, length) = Record::decode(&bytes[3..], checksum()).unwrap();
            prop_assert_eq!(read, record);
            prop_assert_eq!(length + 3 + 12, bytes.len());
        }

        #[test]
        fn a_flipped_bit_is_seen((kind, id, number, text, at) in any_record(), place in any::<prop::sample::Index>()) {
            let mut bytes = Vec::new();
            made(kind, id, number, &text, at).encode_into(&mut bytes, checksum());
            let bit = place.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Record::decode(&bytes, checksum()).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _refused = Record::decode(&bytes, checksum());
        }
    }

    #[test]
    fn a_record_of_a_later_version_is_an_error_that_says_so() {
        let mut bytes = Vec::new();
        message(1, "hello").encode_into(&mut bytes, checksum());
        for (version, kind) in [(2, 2), (1, KINDS)] {
            bytes[RECORD_HEADER] = version;
            bytes[RECORD_HEADER + 1] = kind;
            let crc = crc_of(&bytes, checksum());
            bytes[4..8].copy_from_slice(&crc.to_le_bytes());
            assert_eq!(Record::decode(&bytes, checksum()), Err(RecordError::Unknown { version, kind }));
        }
    }

    #[test]
    fn a_record_of_another_store_is_refused() {
        let mut bytes = Vec::new();
        message(1, "hello").encode_into(&mut bytes, Checksum::new(Uuid::from_u128(8)));
        assert_eq!(Record::decode(&bytes, checksum()), Err(RecordError::Checksum));
    }
}
