//! Takes the text of messages out of a sealed segment.
//!
//! A stub takes each one's place: all records keep their numbers, and a message that is sent again is still known.
//! The new file is put in the place of the old one whole or not at all, and the catalogue is out of the way
//! before that, since it would point into the wrong places; whoever reads the old file meanwhile reads it to its end.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use greenroom_protocol::{Seq, UserId};
use uuid::Uuid;

use super::scan::{records, scan};
use super::segment::{SEGMENT_HEADER, Segment, key_of};
use super::{FrameBuilder, Segments};
use crate::RoomKey;
use crate::disk::write_whole;
use crate::fingerprint::{ById, Fingerprinter};
use crate::record::{Lsn, MessageRecord, Record, Stub, encoded_len};
use crate::rooms::room_key;

/// Which messages are no more.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// Those of a room, up to this event.
    pub(crate) rooms: ById<RoomKey, Seq>,
    /// Those of a person, before this record.
    pub(crate) people: ById<UserId, Lsn>,
}

/// The texts that a segment holds, as far as it matters when they are removed.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// The oldest of each room.
    rooms: HashMap<RoomKey, Seq>,
    /// The oldest of each person.
    people: HashMap<UserId, Lsn>,
}

/// Why a segment is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRewritten {
    #[error("some of it is damaged, and what can't be read can't be judged")]
    Damaged,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Gone {
    pub(crate) fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.people.is_empty()
    }

    fn is_trimmed(&self, said: &MessageRecord<'_>) -> bool {
        self.rooms.get(&room_key(said.room)).is_some_and(|gone| said.seq <= gone.0)
    }

    fn is_erased(&self, lsn: Lsn, said: &MessageRecord<'_>) -> bool {
        self.people.get(&UserId(Uuid::from_bytes(said.user))).is_some_and(|&until| lsn < until)
    }
}

impl Texts {
    /// The texts of a segment, whose next one begins with the record `behind`, if there is one.
    pub(crate) fn of(segment: &Segment, behind: Option<Lsn>, segments: &Segments) -> Result<Self, NotRewritten> {
        let mut texts = Self::default();
        each_record(segment, behind, segments, |lsn, record, _| {
            if let Record::Message(said) = record {
                texts.rooms.entry(room_key(said.room)).or_insert(Seq(said.seq));
                texts.people.entry(UserId(Uuid::from_bytes(said.user))).or_insert(lsn);
            }
        })?;
        Ok(texts)
    }

    /// Whether some are older than their rooms keep them, or of rooms that are no more.
    pub(crate) fn has_old(&self, gone: &Gone) -> bool {
        gone.rooms.iter().any(|(room, gone)| self.rooms.get(room).is_some_and(|oldest| oldest <= gone))
    }

    /// Whether some are to be erased with all that their authors have said.
    pub(crate) fn has_erased(&self, gone: &Gone) -> bool {
        gone.people.iter().any(|(user, until)| self.people.get(user).is_some_and(|oldest| oldest < until))
    }
}

/// Rewrites a sealed segment without what is gone, and has it read from now on.
pub(crate) fn rewrite(segments: &Segments, segment: &Segment, behind: Lsn, gone: &Gone) -> Result<(), NotRewritten> {
    let mut new = vec![0; SEGMENT_HEADER];
    segment.read_at(&mut new, 0)?;
    let mut frame = FrameBuilder::new(segments.checksum);
    let mut frame_ends = 0;
    each_record(segment, Some(behind), segments, |lsn, record, At { frame: at, encoded }| {
        if at.0 == lsn {
            frame.begin(lsn);
            frame_ends = at.1;
        }
        match stub_of(lsn, record, gone, &segments.fingerprinter) {
            Some(stub) => _ = frame.push(&Record::Stub(stub)),
            None => frame.push_encoded(encoded),
        }
        if frame.next() == frame_ends {
            new.extend_from_slice(frame.finish());
        }
    })?;
    segment.give_up_catalogue()?;
    write_whole(segment.path(), &new)?;
    segments.replace(Arc::new(segment.reopened(behind, &segments.fingerprinter)?));
    Ok(())
}

/// What is left of a message that is no more.
fn stub_of(lsn: Lsn, record: &Record<'_>, gone: &Gone, fingerprinter: &Fingerprinter) -> Option<Stub> {
    let Record::Message(said) = record else { return None };
    let erased = gone.is_erased(lsn, said);
    if !erased && !gone.is_trimmed(said) {
        return None;
    }
    // Of whom nothing is to be left, not even what could be guessed at is.
    let digest = (!erased).then(|| fingerprinter.digest(said.body, said.reply_to.map(Seq)));
    let key = Some(key_of(said, fingerprinter).0);
    let MessageRecord { room, seq, ordinal, at, .. } = *said;
    Some(Stub { room, seq, ordinal, at, key, digest })
}

/// Where a record is.
struct At<'a> {
    /// Its frame's first record, and the one behind its last.
    frame: (Lsn, Lsn),
    /// The record as it is written.
    encoded: &'a [u8],
}

fn each_record(
    segment: &Segment,
    behind: Option<Lsn>,
    segments: &Segments,
    mut take: impl FnMut(Lsn, &Record<'_>, At<'_>),
) -> Result<(), NotRewritten> {
    let bytes = segment.bytes()?;
    let found = scan(&bytes, SEGMENT_HEADER, segment.first, behind, segments.checksum);
    let whole = found.frames.iter().all(|frame| frame.whole);
    let sound =
        whole && found.lost == 0 && found.damaged.is_empty() && behind.is_none_or(|behind| behind == found.next);
    if !sound {
        return Err(NotRewritten::Damaged);
    }
    for &at in &found.frames {
        let frame = (at.first, at.first + u64::from(at.count));
        for (lsn, place, record) in records(&bytes, at, segments.checksum) {
            let record = record.map_err(|_| NotRewritten::Damaged)?;
            let length = encoded_len(&bytes[place..]).ok_or(NotRewritten::Damaged)?;
            take(lsn, &record, At { frame, encoded: &bytes[place..place + length] });
        }
    }
    Ok(())
}
