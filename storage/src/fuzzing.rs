//! What must hold of any bytes that are found in the journal. The target in `fuzz/` looks for bytes of
//! which it does not hold; the test below knows those that were found, and others worth keeping.

use uuid::Uuid;

use crate::checksum::{Checksum, u32_at};
use crate::fingerprint::Fingerprinter;
use crate::journal::frame::{FRAME_HEADER, Frame, MAGIC};
use crate::journal::recovery::sound;
use crate::journal::scan::{FrameAt, Scan, records, scan};
use crate::journal::segment::{SEGMENT_HEADER, contents, header};
use crate::record::{Lsn, RECORD_HEADER, Record, encoded_len};

/// The number of the segment's first record.
const FIRST: Lsn = 5;

/// More cuts than this show nothing new, and take time.
const CUTS: usize = 12;

/// A segment of these bytes is read without a panic, what is read of it is sound, and a shorter one
/// never says more.
///
/// Nobody guesses a checksum. So the input begins with two bytes that say which frames and which records
/// keep theirs, right or wrong; the others get the right one.
///
/// # Panics
/// Where that doesn't hold.
pub fn journal(input: &[u8]) {
    let [keep_frames, keep_records, frames @ ..] = input else { return };
    let (store, checksum) = (Uuid::from_u128(7), Checksum::new(Uuid::from_u128(7)));
    let mut bytes = header(FIRST, store, checksum).to_vec();
    bytes.extend_from_slice(frames);
    mend(&mut bytes[SEGMENT_HEADER..], *keep_frames, *keep_records, checksum);

    let found = scan(&bytes, SEGMENT_HEADER, FIRST, None, checksum);
    in_order(&bytes, &found, checksum);
    bounded(&bytes, &found, checksum);
    for cut in cuts(&bytes, &found) {
        let less = scan(&bytes[..cut], SEGMENT_HEADER, FIRST, None, checksum);
        let prefix = found.frames.starts_with(&less.frames) && found.damaged.starts_with(&less.damaged);
        assert!(prefix || has_nested(&found, &less), "cut at {cut}: {less:?} of {found:?}");
    }
    recovered(&bytes, &found, store, checksum);
    sealed(&bytes, &found, u64::from(*keep_frames), checksum);
}

/// Gives frames and records their right checksums; a bit of the masks keeps every eighth as it is.
fn mend(bytes: &mut [u8], keep_frames: u8, keep_records: u8, checksum: Checksum) {
    let keeps = |mask: u8, number: usize| mask >> (number % 8) & 1 == 1;
    let (mut at, mut frame, mut record) = (0, 0, 0);
    while let Some(place) = bytes[at..].windows(4).position(|four| four == MAGIC).map(|found| at + found) {
        at = place + 1;
        let Some(length) = u32_at(bytes, place + 20).map(|length| length as usize) else { return };
        let Some(whole) = bytes[place..].get_mut(..FRAME_HEADER.saturating_add(length)) else { continue };
        let mut inside = FRAME_HEADER;
        while let Some(length) = encoded_len(&whole[inside..]).filter(|length| inside + length <= whole.len()) {
            if !keeps(keep_records, record) {
                let crc = checksum_of_record(&whole[inside..inside + length], checksum);
                whole[inside + 4..inside + RECORD_HEADER].copy_from_slice(&crc.to_le_bytes());
            }
            record += 1;
            inside += length;
        }
        if !keeps(keep_frames, frame) {
            let crc = checksum.of(&whole[8..]);
            whole[4..8].copy_from_slice(&crc.to_le_bytes());
            at = place + whole.len();
        }
        frame += 1;
    }
}

fn checksum_of_record(record: &[u8], checksum: Checksum) -> u32 {
    checksum.of(&[&record[..4], &record[RECORD_HEADER..]].concat())
}

/// Frames and records come in order, within the bytes, and with right checksums.
fn in_order(bytes: &[u8], found: &Scan, checksum: Checksum) {
    let (mut place, mut next, mut lost) = (SEGMENT_HEADER, FIRST, 0);
    for &frame in &found.frames {
        assert!(frame.place >= place && frame.place + frame.length <= bytes.len(), "{frame:?}");
        assert!(frame.first >= next && frame.count > 0, "{frame:?}");
        assert_eq!(frame.whole, Frame::parse(&bytes[frame.place..], checksum).is_some(), "{frame:?}");
        lost += frame.first - next;
        next = frame.first + u64::from(frame.count);
        place = frame.place + frame.length;
        good_records(bytes, frame, checksum);
    }
    assert_eq!((found.next, found.lost), (next, lost));
    let end = found.frames.iter().rfind(|frame| frame.whole).map_or(SEGMENT_HEADER, |last| last.place + last.length);
    assert_eq!(found.end, end);
    let ranges = found.damaged.iter();
    assert!(ranges.clone().all(|range| range.start < range.end && range.end <= found.end));
    assert!(ranges.clone().zip(ranges.skip(1)).all(|(one, next)| one.end <= next.start));
}

fn good_records(bytes: &[u8], frame: FrameAt, checksum: Checksum) {
    let mut next = frame.first;
    for (lsn, place, record) in records(bytes, frame, checksum) {
        assert_eq!(lsn, next);
        next += 1;
        let Ok(record) = record else { continue };
        let length = encoded_len(&bytes[place..]).expect("a good record has a length");
        assert!(place + length <= frame.place + frame.length);
        let whole = &bytes[place..place + length];
        assert_eq!(u32_at(whole, 4), Some(checksum_of_record(whole, checksum)));
        let mut again = Vec::new();
        record.encode_into(&mut again, checksum);
        assert_eq!(Record::decode(&again, checksum), Ok((record, again.len())));
    }
    assert_eq!(next, frame.first + u64::from(frame.count));
}

/// What memory takes is in proportion to what was read.
fn bounded(bytes: &[u8], found: &Scan, checksum: Checksum) {
    let count: u64 = found.frames.iter().map(|frame| u64::from(frame.count)).sum();
    assert!(count <= (bytes.len() / RECORD_HEADER) as u64, "{count} records in {} bytes", bytes.len());
    let fingerprinter = Fingerprinter::new(Uuid::from_u128(7));
    let (places, keys) = contents(bytes, found, FIRST, checksum, &fingerprinter);
    assert_eq!(places.len() as u64, found.next - FIRST);
    assert!(keys.len() as u64 <= count);
}

/// Whether a good frame lies within another one: whoever put it there, in a message, had to guess a checksum.
fn has_nested(found: &Scan, less: &Scan) -> bool {
    let within = |frame: &FrameAt| (frame.place + 1)..(frame.place + frame.length);
    less.frames.iter().any(|inner| found.frames.iter().any(|outer| within(outer).contains(&inner.place)))
}

/// Places where a power cut may have ended the file.
fn cuts(bytes: &[u8], found: &Scan) -> Vec<usize> {
    let frames = found.frames.iter();
    let within = frames.flat_map(|frame| [frame.place, frame.place + frame.length / 2, frame.place + frame.length]);
    let mut cuts: Vec<usize> = within.take(CUTS).collect();
    cuts.extend([SEGMENT_HEADER + (bytes.len() - SEGMENT_HEADER) / 2, bytes.len() - 1]);
    cuts
}

/// A recovered segment has all that was good, and nothing else: to recover it again changes nothing.
fn recovered(bytes: &[u8], found: &Scan, store: Uuid, checksum: Checksum) {
    let header = header(FIRST, store, checksum);
    let anew = sound(bytes, found, &header, checksum);
    let again = scan(&anew, SEGMENT_HEADER, FIRST, None, checksum);
    assert!(again.frames.iter().all(|frame| frame.whole) && again.damaged.is_empty() && !again.torn, "{again:?}");
    assert_eq!(good(&anew, &again, checksum), good(bytes, found, checksum));
    assert_eq!(sound(&anew, &again, &header, checksum), anew);
}

fn good<'a>(bytes: &'a [u8], found: &Scan, checksum: Checksum) -> Vec<(Lsn, Record<'a>)> {
    let all = found.frames.iter().flat_map(|&frame| records(bytes, frame, checksum));
    all.filter_map(|(lsn, _, record)| Some((lsn, record.ok()?))).collect()
}

/// Of a sealed segment it is known how many records it had: what is not found of them is lost.
fn sealed(bytes: &[u8], open: &Scan, more: u64, checksum: Checksum) {
    let behind = open.next + more;
    let found = scan(bytes, SEGMENT_HEADER, FIRST, Some(behind), checksum);
    assert!(found.frames.starts_with(&open.frames) && !found.torn);
    let count: u64 = found.frames.iter().map(|frame| u64::from(frame.count)).sum();
    assert_eq!((found.next, FIRST + count + found.lost), (behind, behind));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of one that fails is in the output.
    #[test]
    fn no_kept_segment_breaks_the_reader() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/journal");
        let kept: Vec<_> = std::fs::read_dir(dir).unwrap().collect();
        assert!(!kept.is_empty());
        for file in kept {
            let path = file.unwrap().path();
            println!("{}", path.display());
            journal(&std::fs::read(path).unwrap());
        }
    }
}
