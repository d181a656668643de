//! A batch of records as it lies in a segment.
//!
//! `magic u32 · CRC32C u32 · first LSN u64 · count u32 · length u32 · records`. The CRC covers all
//! that follows it. The magic is no UTF-8, so that no message's body can look like a frame.

use greenroom_protocol::limits::BATCH_BYTES;

use crate::checksum::{Checksum, u32_at, u64_at};
use crate::record::{Lsn, RECORD_BYTES_MIN, Record};

pub(crate) const FRAME_HEADER: usize = 24;

pub(crate) const MAGIC: [u8; 4] = [0xf5, 0xc1, 0xff, 0x47];

/// No frame is longer: a batch stops gathering at [`BATCH_BYTES`], and what it held then fits twice.
pub(crate) const FRAME_BYTES_MAX: usize = FRAME_HEADER + 2 * BATCH_BYTES;

/// A frame being filled. The buffer is used again for the next one.
#[derive(Debug)]
pub(crate) struct FrameBuilder {
    checksum: Checksum,
    first: Lsn,
    bytes: Vec<u8>,
    /// Where each record begins, from the frame's start.
    places: Vec<u32>,
}

impl FrameBuilder {
    pub(crate) fn new(checksum: Checksum) -> Self {
        Self { checksum, first: 0, bytes: Vec::new(), places: Vec::new() }
    }

    /// Empties it; the next record gets the number `first`.
    pub(crate) fn begin(&mut self, first: Lsn) {
        self.first = first;
        self.bytes.clear();
        self.bytes.resize(FRAME_HEADER, 0);
        self.places.clear();
    }

    /// Adds a record and gives its number.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Lsn {
        let lsn = self.next();
        self.places.push(u32::try_from(self.bytes.len()).expect("a batch is bounded"));
        record.encode_into(&mut self.bytes, self.checksum);
        lsn
    }

    /// Adds a record as it was encoded before.
    pub(crate) fn push_encoded(&mut self, record: &[u8]) {
        self.places.push(u32::try_from(self.bytes.len()).expect("a batch is bounded"));
        self.bytes.extend_from_slice(record);
    }

    /// The number that the next record will get.
    pub(crate) fn next(&self) -> Lsn {
        self.first + self.places.len() as u64
    }

    pub(crate) fn first(&self) -> Lsn {
        self.first
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn places(&self) -> &[u32] {
        &self.places
    }

    /// A record of this frame, read back.
    pub(crate) fn record(&self, lsn: Lsn) -> Option<Record<'_>> {
        let place = *self.places.get(usize::try_from(lsn.checked_sub(self.first)?).ok()?)?;
        Record::decode(&self.bytes[place as usize..], self.checksum).ok().map(|(record, _)| record)
    }

    /// The whole frame.
    pub(crate) fn finish(&mut self) -> &[u8] {
        let count = u32::try_from(self.places.len()).expect("a batch is bounded");
        let length = u32::try_from(self.bytes.len() - FRAME_HEADER).expect("a batch is bounded");
        self.bytes[..4].copy_from_slice(&MAGIC);
        self.bytes[8..16].copy_from_slice(&self.first.to_le_bytes());
        self.bytes[16..20].copy_from_slice(&count.to_le_bytes());
        self.bytes[20..24].copy_from_slice(&length.to_le_bytes());
        let crc = self.checksum.of(&self.bytes[8..]);
        self.bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        &self.bytes
    }
}

/// A frame that was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) first: Lsn,
    pub(crate) count: u32,
    pub(crate) records: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at the start of `bytes`; none where there is no whole one.
    pub(crate) fn parse(bytes: &'a [u8], checksum: Checksum) -> Option<Self> {
        if bytes.get(..4)? != MAGIC {
            return None;
        }
        let length = FRAME_HEADER + u32_at(bytes, 20)? as usize;
        if length > FRAME_BYTES_MAX {
            return None;
        }
        let whole = bytes.get(..length)?;
        if u32_at(whole, 4)? != checksum.of(&whole[8..]) {
            return None;
        }
        let (first, count) = (u64_at(whole, 8)?, u32_at(whole, 16)?);
        // Whoever wrote a sum over such numbers was not this program; but sums are no proof.
        let fits = count as usize <= (length - FRAME_HEADER) / RECORD_BYTES_MIN;
        let sound = first > 0 && count > 0 && fits && first.checked_add(u64::from(count)).is_some();
        sound.then_some(Self { first, count, records: &whole[FRAME_HEADER..] })
    }

    /// Its length with its header.
    pub(crate) fn len(&self) -> usize {
        FRAME_HEADER + self.records.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{checksum, message};
    use proptest::prelude::*;

    #[test]
    fn a_frame_gives_back_its_records() {
        let mut frame = FrameBuilder::new(checksum());
        frame.begin(41);
        assert!(frame.is_empty());
        assert_eq!(frame.push(&message(1, "one")), 41);
        assert_eq!(frame.push(&message(2, "two")), 42);
        assert_eq!(frame.record(42), Some(message(2, "two")));
        assert_eq!((frame.record(40), frame.record(43)), (None, None));
        let second = frame.places()[1] as usize;
        let bytes = frame.finish().to_vec();
        let read = Frame::parse(&bytes, checksum()).unwrap();
        assert_eq!((read.first, read.count, read.len()), (41, 2, bytes.len()));
        assert_eq!(Record::decode(&read.records[second - FRAME_HEADER..], checksum()).unwrap().0, message(2, "two"));
    }

    #[test]
    fn no_text_contains_the_magic() {
        assert!(std::str::from_utf8(&MAGIC[..1]).is_err());
        assert!(!(0..=char::MAX as u32).filter_map(char::from_u32).any(|c| c.to_string().as_bytes()[0] == MAGIC[0]));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), looks_good in any::<bool>()) {
            if looks_good && bytes.len() >= FRAME_HEADER {
                bytes[..4].copy_from_slice(&MAGIC);
                let crc = checksum().of(&bytes[8..]);
                bytes[4..8].copy_from_slice(&crc.to_le_bytes());
            }
            let _refused = Frame::parse(&bytes, checksum());
        }

        #[test]
        fn a_flipped_bit_is_seen(body in "[a-z]{1,200}", place in any::<prop::sample::Index>()) {
            let mut frame = FrameBuilder::new(checksum());
            frame.begin(1);
            frame.push(&message(1, &body));
            let mut bytes = frame.finish().to_vec();
            let bit = place.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Frame::parse(&bytes, checksum()), None);
        }
    }
}
