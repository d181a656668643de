//! The rooms' logs as the journal's records tell them, one after another: whether each event is the next.

use greenroom_protocol::Seq;
use uuid::Uuid;

use crate::fingerprint::ById;
use crate::record::{Id, Record};
use crate::rooms::room_key;
use crate::{Head, RoomKey};

/// The logs, as far as they were read.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    rooms: ById<RoomKey, Log>,
}

#[derive(Debug, Default)]
struct Log {
    /// The room's id on the wire, where the record of its making was read.
    id: Option<String>,
    head: Head,
}

/// What a record is to the log of its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// No event.
    Aside,
    /// The next event.
    Next,
    /// An event behind some that are missing, from `first` to `last`.
    Behind { first: Seq, last: Seq },
    /// An event whose place is taken.
    Taken,
    /// The next event, with a count of messages that can't be.
    Miscounted,
}

/// An event's place, and the messages up to and with it.
struct Place {
    room: Id,
    seq: u64,
    ordinal: u64,
    /// Whether it is a message, which counts.
    message: bool,
}

impl Logs {
    /// Takes the next record of the journal.
    pub(crate) fn take(&mut self, record: &Record<'_>) -> Step {
        let place = match record {
            Record::RoomCreated(made) => {
                self.rooms.entry(room_key(made.key)).or_default().id = Some(made.id.clone().into_owned());
                return Step::Aside;
            }
            Record::Message(said) => Place { room: said.room, seq: said.seq, ordinal: said.ordinal, message: true },
            Record::Member(member) => {
                Place { room: member.room, seq: member.seq, ordinal: member.ordinal, message: false }
            }
            Record::RoomEdited(edited) => {
                Place { room: edited.room, seq: edited.seq, ordinal: edited.ordinal, message: false }
            }
            Record::RoomKept(kept) => {
                let edited = &kept.edited;
                Place { room: edited.room, seq: edited.seq, ordinal: edited.ordinal, message: false }
            }
            Record::Stub(stub) => Place { room: stub.room, seq: stub.seq, ordinal: stub.ordinal, message: true },
            Record::Skipped(skipped) => return self.skip(room_key(skipped.room), skipped.seq, skipped.ordinal),
            Record::Trimmed(trimmed) => {
                let head = &mut self.rooms.entry(room_key(trimmed.room)).or_default().head;
                if head.seq.0 < trimmed.seq {
                    *head = Head { seq: Seq(trimmed.seq), ordinal: trimmed.ordinal };
                }
                return Step::Aside;
            }
            Record::Person(_)
            | Record::Follow(_)
            | Record::Unfollow(_)
            | Record::Cursors(_)
            | Record::Document(_)
            | Record::Erased(_)
            | Record::RoomDeleted(_) => return Step::Aside,
        };
        self.event(&place)
    }

    fn event(&mut self, place: &Place) -> Step {
        let head = &mut self.rooms.entry(room_key(place.room)).or_default().head;
        let Head { seq: last, ordinal } = *head;
        if place.seq <= last.0 {
            return Step::Taken;
        }
        *head = Head { seq: Seq(place.seq), ordinal: place.ordinal };
        if place.seq > last.0 + 1 {
            return Step::Behind { first: last.next(), last: Seq(place.seq - 1) };
        }
        if place.ordinal == ordinal + u64::from(place.message) { Step::Next } else { Step::Miscounted }
    }

    fn skip(&mut self, room: RoomKey, seq: u64, ordinal: u64) -> Step {
        let head = &mut self.rooms.entry(room).or_default().head;
        let first = head.seq.next();
        if seq < first.0 {
            return Step::Taken;
        }
        *head = Head { seq: Seq(seq), ordinal };
        Step::Behind { first, last: Seq(seq) }
    }

    /// Rooms whose making was read.
    pub(crate) fn rooms(&self) -> usize {
        self.rooms.values().filter(|log| log.id.is_some()).count()
    }

    pub(crate) fn head(&self, room: RoomKey) -> Head {
        self.rooms.get(&room).map(|log| log.head).unwrap_or_default()
    }

    /// The room's id, or its key where that is lost.
    pub(crate) fn name(&self, room: RoomKey) -> String {
        let known = self.rooms.get(&room).and_then(|log| log.id.clone());
        known.unwrap_or_else(|| room.0.to_string())
    }
}

/// The room that a record's events are of.
pub(crate) fn room_of_event(record: &Record<'_>) -> Option<RoomKey> {
    let room = match record {
        Record::Message(said) => said.room,
        Record::Member(member) => member.room,
        Record::RoomEdited(edited) => edited.room,
        Record::RoomKept(kept) => kept.edited.room,
        Record::Stub(stub) => stub.room,
        Record::Skipped(skipped) => skipped.room,
        Record::RoomCreated(_)
        | Record::Person(_)
        | Record::Follow(_)
        | Record::Unfollow(_)
        | Record::Cursors(_)
        | Record::Document(_)
        | Record::Trimmed(_)
        | Record::Erased(_)
        | Record::RoomDeleted(_) => return None,
    };
    Some(RoomKey(Uuid::from_bytes(room)))
}
