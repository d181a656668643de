//! Reads a segment's frames, and tells a torn end from damage.
//!
//! A frame is written only after the one before it was synced (but with relaxed durability, where the
//! last moments may be lost in any shape). So a bad frame with nothing good behind it is the one that
//! was being written, and was never acknowledged: *torn*. A bad one with a good one behind it was
//! whole once: *damage*. Of a damaged frame those records are kept whose own checksums are right.

use std::ops::{Range, RangeInclusive};

use greenroom_protocol::limits::SEGMENT_BYTES;

use super::frame::{FRAME_HEADER, Frame, MAGIC};
use crate::checksum::{Checksum, u32_at, u64_at};
use crate::record::{Lsn, RECORD_BYTES_MIN, Record, RecordError, encoded_len};

/// More records than any segment holds, lost ones included: memory keeps a place for each of them. A frame
/// that claims a number farther on is none of this journal's.
const RECORDS_MAX: u64 = 4 * SEGMENT_BYTES / RECORD_BYTES_MIN as u64;

/// What a segment holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// The frames that are whole or have records that are, in order.
    pub(crate) frames: Vec<FrameAt>,
    /// Stretches that no longer make sense, each with a good frame behind it.
    pub(crate) damaged: Vec<Range<usize>>,
    /// Records that are missing between the frames.
    pub(crate) lost: u64,
    /// Where the last good frame ends.
    pub(crate) end: usize,
    /// Whether something unfinished follows.
    pub(crate) torn: bool,
    /// The number behind the last good frame's.
    pub(crate) next: Lsn,
}

/// Where a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameAt {
    pub(crate) place: usize,
    pub(crate) length: usize,
    pub(crate) first: Lsn,
    pub(crate) count: u32,
    /// Whether its checksum is right. If not, some of its records are damaged.
    pub(crate) whole: bool,
}

/// Finds the frames in `bytes` from `start` on, the first of which should have the number `first`.
/// Of a sealed segment it is known which number comes `behind` it, so that its end can't be torn.
pub(crate) fn scan(bytes: &[u8], start: usize, first: Lsn, behind: Option<Lsn>, checksum: Checksum) -> Scan {
    let mut found = Scan { end: start, next: first, ..Scan::default() };
    let mut at = start;
    while let Some((place, frame)) = next_frame(bytes, at, found.next..=first.saturating_add(RECORDS_MAX), checksum) {
        if place > at {
            found.salvage(bytes, at..place, frame.first, checksum);
        }
        let length = frame.len();
        found.add(FrameAt { place, length, first: frame.first, count: frame.count, whole: true });
        at = place + length;
        found.end = at;
    }
    match behind {
        Some(behind) if behind > found.next => {
            found.salvage(bytes, at.min(bytes.len())..bytes.len(), behind, checksum);
            found.lost += behind.saturating_sub(found.next);
            found.next = behind;
        }
        Some(_) => {}
        None => found.torn = bytes.get(at..).is_some_and(|rest| rest.iter().any(|&byte| byte != 0)),
    }
    found
}

impl Scan {
    fn add(&mut self, frame: FrameAt) {
        self.lost += frame.first - self.next;
        self.next = frame.first + u64::from(frame.count);
        self.frames.push(frame);
    }

    /// Looks for records in a damaged stretch, all of which have numbers below `behind`. Only frames
    /// whose headers make sense are looked into: the headers give the records their numbers.
    fn salvage(&mut self, bytes: &[u8], stretch: Range<usize>, behind: Lsn, checksum: Checksum) {
        self.damaged.push(stretch.clone());
        let mut at = stretch.start;
        while let Some((frame, length)) = damaged_frame(bytes, at..stretch.end, self.next, behind, checksum) {
            if frame.count > 0 {
                self.add(frame);
            }
            at += length;
        }
    }
}

/// The damaged frame at the start of a stretch, with as many records as can be numbered, and its length.
fn damaged_frame(
    bytes: &[u8],
    stretch: Range<usize>,
    next: Lsn,
    behind: Lsn,
    checksum: Checksum,
) -> Option<(FrameAt, usize)> {
    let place = stretch.start;
    let rest = &bytes[stretch];
    let (first, count, length) = (u64_at(rest, 8)?, u32_at(rest, 16)?, u32_at(rest, 20)? as usize);
    let length = FRAME_HEADER.checked_add(length).filter(|&length| length <= rest.len())?;
    let sound = rest[..4] == MAGIC && first == next && count > 0 && u64::from(count) <= behind - first;
    if !sound {
        return None;
    }
    let whole_of_it = FrameAt { place, length, first, count, whole: false };
    let ends = |(held, end): (u32, usize), length: usize| (held + 1, end + length);
    let (held, end) = lengths(&rest[FRAME_HEADER..length], count).fold((0, FRAME_HEADER), ends);
    if end == length && held > 0 {
        // Where fewer records fill it than it claims, its count is wrong.
        return Some((FrameAt { count: held, ..whole_of_it }, length));
    }
    // A record's length is wrong: behind it, nobody knows which number a record has.
    let before = records(bytes, whole_of_it, checksum).take_while(|(.., record)| record.is_ok()).count();
    Some((FrameAt { count: u32::try_from(before).ok()?, ..whole_of_it }, length))
}

/// How long the records are, by their own word.
fn lengths(mut records: &[u8], count: u32) -> impl Iterator<Item = usize> {
    (0..count).map_while(move |_| {
        let length = encoded_len(records)?;
        records = records.get(length..)?;
        Some(length)
    })
}

/// The next whole frame at or behind `at` whose number is among those that may come next.
fn next_frame(bytes: &[u8], mut at: usize, may: RangeInclusive<Lsn>, checksum: Checksum) -> Option<(usize, Frame<'_>)> {
    loop {
        let rest = bytes.get(at..)?;
        match Frame::parse(rest, checksum) {
            Some(frame) if may.contains(&frame.first) => return Some((at, frame)),
            Some(_) | None => at += 1 + rest.get(1..)?.iter().position(|&byte| byte == MAGIC[0])?,
        }
    }
}

/// A record of a frame, its number and its place in the segment.
pub(crate) type RecordAt<'a> = (Lsn, usize, Result<Record<'a>, RecordError>);

/// The records of the frame that [`scan`] found at `frame`.
pub(crate) fn records(bytes: &[u8], frame: FrameAt, checksum: Checksum) -> impl Iterator<Item = RecordAt<'_>> {
    let mut at = frame.place + FRAME_HEADER;
    let end = frame.place + frame.length;
    let mut lsn = frame.first;
    std::iter::from_fn(move || {
        if lsn == frame.first + u64::from(frame.count) {
            return None;
        }
        let rest = bytes.get(at..end).unwrap_or_default();
        let record = Record::decode(rest, checksum);
        let read = (lsn, at, record.map(|(record, _)| record));
        // The lengths are right, even of a record that is not understood: else the frame was not found.
        at += encoded_len(rest).unwrap_or(rest.len());
        lsn += 1;
        Some(read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::frame::FrameBuilder;
    use crate::record::tests::{checksum, message};
    use proptest::prelude::*;

    const START: usize = 40;

    /// A segment of frames with these many records each, and where each frame begins and ends.
    fn segment(counts: &[usize]) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut bytes = vec![1; START];
        let mut places = Vec::new();
        let mut frame = FrameBuilder::new(checksum());
        let mut next = 1;
        for &count in counts {
            frame.begin(next);
            for _ in 0..count {
                next = frame.push(&message(next, "What is this about? A frame of words.")) + 1;
            }
            let start = bytes.len();
            bytes.extend_from_slice(frame.finish());
            places.push(start..bytes.len());
        }
        (bytes, places)
    }

    #[test]
    fn cut_at_every_byte_exactly_the_whole_frames_are_kept() {
        let (mut bytes, places) = segment(&[1, 3, 2, 1, 4]);
        let whole = bytes.len();
        for preallocated in [false, true] {
            for cut in START..=whole {
                let mut cut_off = bytes[..cut].to_vec();
                if preallocated {
                    cut_off.resize(whole + 4_096, 0);
                }
                let found = scan(&cut_off, START, 1, None, checksum());
                let kept = places.iter().filter(|place| place.end <= cut).count();
                assert_eq!(found.frames.len(), kept, "cut at {cut}");
                assert_eq!(found.damaged, [], "cut at {cut}");
                let end = places[..kept].last().map_or(START, |place| place.end);
                assert_eq!((found.end, found.torn), (end, cut > end), "cut at {cut}");
            }
        }
        bytes.truncate(START - 1);
        assert_eq!(scan(&bytes, START, 1, None, checksum()).frames, []);
    }

    #[test]
    fn every_flipped_bit_in_the_middle_is_damage_and_what_follows_survives() {
        let (bytes, places) = segment(&[2, 2, 2]);
        for bit in places[1].start * 8..places[1].end * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let found = scan(&flipped, START, 1, None, checksum());
            assert_eq!(found.damaged, [places[1].clone()], "bit {bit}");
            assert_eq!((found.next, found.torn), (7, false), "bit {bit}");
            let read = found.frames.iter().flat_map(|&frame| records(&flipped, frame, checksum()));
            let read: Vec<Lsn> = read.filter(|(.., record)| record.is_ok()).map(|(lsn, ..)| lsn).collect();
            let record = (bit / 8 - places[1].start).checked_sub(FRAME_HEADER);
            match record {
                // The frame's own checksum, and the header that numbers its records.
                None if (4..8).contains(&(bit / 8 - places[1].start)) => assert_eq!(read, [1, 2, 3, 4, 5, 6]),
                // Where its length is wrong, those of its records that are within it are still numbered.
                None => assert!(read == [1, 2, 5, 6] || read == [1, 2, 3, 5, 6], "bit {bit}: {read:?}"),
                Some(at) if at >= (places[1].len() - FRAME_HEADER) / 2 => {
                    assert_eq!(read, [1, 2, 3, 5, 6], "bit {bit}")
                }
                // With its length the numbers of those behind it are lost.
                Some(0..4) => assert_eq!(read, [1, 2, 5, 6], "bit {bit}"),
                Some(_) => assert_eq!(read, [1, 2, 4, 5, 6], "bit {bit}"),
            }
        }
    }

    #[test]
    fn a_damaged_count_does_not_cost_the_records_of_the_next_damaged_frame() {
        let (mut bytes, places) = segment(&[1, 2, 2, 1]);
        bytes[places[1].start + 16] = 3;
        bytes[places[2].start + 4] ^= 1;
        let found = scan(&bytes, START, 1, None, checksum());
        let read = found.frames.iter().flat_map(|&frame| records(&bytes, frame, checksum()));
        let good: Vec<Lsn> = read.filter(|(.., record)| record.is_ok()).map(|(lsn, ..)| lsn).collect();
        assert_eq!((good, found.lost), (vec![1, 2, 3, 4, 5, 6], 0));
    }

    #[test]
    fn the_end_of_a_sealed_segment_is_never_torn() {
        let (bytes, places) = segment(&[2, 2]);
        for bit in places[1].start * 8..places[1].end * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let found = scan(&flipped, START, 1, Some(5), checksum());
            assert_eq!((found.damaged.len(), found.next, found.torn), (1, 5, false), "bit {bit}");
        }
        for cut in START..bytes.len() {
            let found = scan(&bytes[..cut], START, 1, Some(5), checksum());
            let kept: u64 = found.frames.iter().map(|frame| u64::from(frame.count)).sum();
            assert_eq!((found.next, kept + found.lost), (5, 4), "cut at {cut}");
        }
        assert_eq!(scan(&bytes, START, 1, Some(5), checksum()).damaged, []);
    }

    #[test]
    fn records_are_walked_in_order() {
        let (bytes, _) = segment(&[2, 3]);
        let found = scan(&bytes, START, 1, None, checksum());
        let read: Vec<_> = found.frames.iter().flat_map(|&frame| records(&bytes, frame, checksum())).collect();
        assert_eq!(read.iter().map(|(lsn, ..)| *lsn).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(read.iter().all(|(.., record)| record.is_ok()));
    }

    #[test]
    fn an_older_frame_behind_a_newer_one_is_not_taken() {
        let (bytes, places) = segment(&[1, 1]);
        let mut twice = bytes.clone();
        twice.extend_from_slice(&bytes[places[0].clone()]);
        let found = scan(&twice, START, 1, None, checksum());
        assert_eq!((found.frames.len(), found.torn), (2, true));
    }

    #[test]
    fn a_frame_that_claims_more_than_a_segment_can_hold_is_none() {
        let (bytes, places) = segment(&[2, 1]);
        let (far, many) = ((2 + RECORDS_MAX).to_le_bytes(), 1_000_u32.to_le_bytes());
        for (place, claim) in [(8, &far[..]), (8, &[0xff; 8]), (16, &many), (16, &[0xff; 4])] {
            let mut claims = bytes.clone();
            let last = &mut claims[places[1].clone()];
            last[place..place + claim.len()].copy_from_slice(claim);
            let crc = checksum().of(&last[8..]);
            last[4..8].copy_from_slice(&crc.to_le_bytes());
            let found = scan(&claims, START, 1, None, checksum());
            assert_eq!((found.frames.len(), found.next, found.torn), (1, 3, true), "{claim:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), start in 0_usize..700) {
            let _found = scan(&bytes, start, 1, None, checksum());
        }

        #[test]
        fn whatever_is_overwritten_only_touched_frames_are_lost(
            counts in prop::collection::vec(1_usize..4, 1..8),
            at in any::<prop::sample::Index>(),
            junk in prop::collection::vec(any::<u8>(), 1..200),
        ) {
            let (mut bytes, places) = segment(&counts);
            let from = START + at.index(bytes.len() - START);
            let to = (from + junk.len()).min(bytes.len());
            bytes[from..to].copy_from_slice(&junk[..to - from]);
            let found = scan(&bytes, START, 1, None, checksum());
            let untouched = |place: &&Range<usize>| place.end <= from || place.start >= to;
            for place in places.iter().filter(untouched) {
                prop_assert!(found.frames.iter().any(|frame| frame.place == place.start));
            }
        }
    }
}
