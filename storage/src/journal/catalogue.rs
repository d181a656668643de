//! What is looked up in a sealed segment, in a file beside it: `<first record's number>.idx`.
//!
//! It says where each record is, and which idempotency keys the segment holds: a table of their
//! fingerprints, sorted, and a filter over it that stays in memory, so that a new key costs no read.
//! It can be made again from the segment at any time, and is when anything in it is wrong.
//!
//! The file consists of checked pages (see `pages.rs`): one with the header, then the places (`u32` each; 0 is
//! a lost record), the table (fingerprint `u128`, record `u32`), and the filter's words (`u16`).

use std::fs::File;
use std::io;
use std::path::Path;

use xorf::{BinaryFuse16, DmaSerializable as _, Filter as _};

use super::pages::{PageWriter, Pages};
use crate::checksum::{Checksum, u32_at, u64_at};
use crate::disk::write_whole;
use crate::fingerprint::Fingerprint;
use crate::record::Lsn;

const MAGIC: [u8; 8] = *b"GRCATLG1";
const PLACE: usize = 4;
const KEY: usize = 20;
const WORD: usize = 2;

/// A sealed segment's catalogue.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pages: Pages,
    /// Records of the segment, lost ones included.
    records: u32,
    keys: u32,
    filter: Option<BinaryFuse16>,
    places_from: u32,
    keys_from: u32,
}

impl Catalogue {
    /// Writes the catalogue of a segment, whole or not at all, and opens it.
    pub(crate) fn write(
        path: &Path,
        first: Lsn,
        places: &[u32],
        mut keys: Vec<(Fingerprint, u32)>,
        checksum: Checksum,
    ) -> io::Result<Self> {
        keys.sort_unstable();
        let mut highs: Vec<u64> = keys.iter().map(|(key, _)| key.high()).collect();
        highs.dedup();
        let filter =
            if highs.is_empty() { None } else { Some(BinaryFuse16::try_from(&highs).map_err(io::Error::other)?) };
        let words = filter.as_ref().map_or(&[][..], |filter| &filter.fingerprints);

        let mut out = PageWriter::new(checksum);
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&first.to_le_bytes());
        for count in [places.len(), keys.len(), words.len()] {
            header.extend_from_slice(&u32::try_from(count).map_err(io::Error::other)?.to_le_bytes());
        }
        let mut descriptor = [0; BinaryFuse16::DESCRIPTOR_LEN];
        if let Some(filter) = &filter {
            filter.dma_copy_descriptor_to(&mut descriptor);
        }
        header.extend_from_slice(&descriptor);
        out.section([header.as_slice()]);
        out.section(places.iter().map(|place| place.to_le_bytes()));
        out.section(keys.iter().map(|(key, record)| {
            let mut entry = [0; KEY];
            entry[..16].copy_from_slice(&key.0.to_le_bytes());
            entry[16..].copy_from_slice(&record.to_le_bytes());
            entry
        }));
        out.section(words.iter().map(|word| word.to_le_bytes()));
        write_whole(path, &out.finish())?;
        Self::open(path, first, checksum)
    }

    /// Opens a catalogue; an error where it is missing, damaged, or another segment's.
    pub(crate) fn open(path: &Path, first: Lsn, checksum: Checksum) -> io::Result<Self> {
        let pages = Pages::new(File::open(path)?, checksum);
        let header = pages.read(0)?;
        let number = |at| u32_at(&*header, at).unwrap_or_default();
        if header[..8] != MAGIC || u64_at(&*header, 8) != Some(first) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let (records, keys, words) = (number(16), number(20), number(24));
        let places_from = 1;
        let keys_from = places_from + Pages::count(records, PLACE);
        let words_from = keys_from + Pages::count(keys, KEY);
        let filter = if words == 0 {
            None
        } else {
            let mut fingerprints = Vec::with_capacity(words as usize);
            pages.each(words_from, words, WORD, |word| fingerprints.push(u16::from_le_bytes([word[0], word[1]])))?;
            // The descriptor's type has no name outside its crate, so that one is made to be changed.
            let mut filter = BinaryFuse16::try_from(&[0][..]).map_err(io::Error::other)?;
            filter.descriptor.seed = u64_at(&*header, 28).unwrap_or_default();
            filter.descriptor.segment_length = number(36);
            filter.descriptor.segment_length_mask = number(40);
            filter.descriptor.segment_count_length = number(44);
            filter.fingerprints = fingerprints.into();
            Some(filter)
        };
        Ok(Self { pages, records, keys, filter, places_from, keys_from })
    }

    /// How many records the segment has, lost ones included.
    pub(crate) fn records(&self) -> u32 {
        self.records
    }

    /// Where a record is in the segment; 0 where it is lost.
    pub(crate) fn place(&self, record: u32) -> io::Result<u32> {
        if record >= self.records {
            return Ok(0);
        }
        let entry = self.pages.entry::<PLACE>(self.places_from, record)?;
        Ok(u32::from_le_bytes(entry))
    }

    /// Whether this key can be among its own, as far as memory knows. It is wrong once in 65,536 times.
    pub(crate) fn may_have(&self, key: Fingerprint) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.contains(&key.high()))
    }

    /// Whether it has all of these: the places but for those of lost records, and the keys, which are sorted.
    pub(crate) fn has(&self, places: &[u32], keys: &[(Fingerprint, u32)]) -> io::Result<bool> {
        let (mut at, mut as_it_is) = (0, true);
        self.pages.each(self.places_from, self.records, PLACE, |place| {
            let known = places.get(at).copied().unwrap_or(0);
            as_it_is &= known == 0 || u32_at(place, 0) == Some(known);
            at += 1;
        })?;
        let mut wanted = keys.iter().peekable();
        self.pages.each(self.keys_from, self.keys, KEY, |entry| {
            let (key, record) = key_of(entry);
            wanted.next_if(|&&wanted| wanted == (key, record));
        })?;
        let filtered = keys.iter().all(|&(key, _)| self.may_have(key));
        Ok(as_it_is && at >= places.len() && wanted.next().is_none() && filtered)
    }

    /// The record with this key.
    pub(crate) fn find(&self, key: Fingerprint) -> io::Result<Option<u32>> {
        if !self.may_have(key) {
            return Ok(None);
        }
        // Fingerprints are spread evenly, so that the key is about as far into the table as into all numbers.
        let last = Pages::count(self.keys, KEY) - 1;
        let per_page = Pages::per_page(KEY);
        let guess = ((u128::from(key.high()) * u128::from(self.keys)) >> 64) as u32 / per_page;
        let mut page = guess.min(last);
        let (mut low, mut high) = (0, last);
        loop {
            let bytes = self.pages.read(self.keys_from + page)?;
            let count = per_page.min(self.keys - page * per_page) as usize;
            let entry = |at: usize| key_of(&bytes[at * KEY..(at + 1) * KEY]);
            if key < entry(0).0 && page > low {
                high = page - 1;
                page = high;
            } else if key > entry(count - 1).0 && page < high {
                low = page + 1;
                page = low;
            } else {
                return Ok((0..count).map(entry).find(|(found, _)| *found == key).map(|(_, record)| record));
            }
        }
    }
}

/// A key and its record, as they lie in the table.
fn key_of(entry: &[u8]) -> (Fingerprint, u32) {
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&entry[..16]);
    (Fingerprint(u128::from_le_bytes(fingerprint)), u32_at(entry, 16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::checksum;

    fn keys(count: u32) -> Vec<(Fingerprint, u32)> {
        (0..count).map(|n| (key(n), n)).collect()
    }

    fn key(n: u32) -> Fingerprint {
        let hash = blake3::hash(&n.to_le_bytes());
        Fingerprint(u128::from_le_bytes(hash.as_bytes()[..16].try_into().unwrap()))
    }

    #[test]
    fn every_record_and_every_key_is_found_again_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        for count in [0, 1, 2, 203, 204, 205, 5_000] {
            let path = dir.path().join(format!("{count}.idx"));
            let places: Vec<u32> = (0..count).map(|n| 40 + n * 7).collect();
            Catalogue::write(&path, 9, &places, keys(count), checksum()).unwrap();
            let read = Catalogue::open(&path, 9, checksum()).unwrap();
            assert_eq!(read.records(), count);
            for n in 0..count {
                assert_eq!(read.place(n).unwrap(), places[n as usize]);
                assert_eq!(read.find(key(n)).unwrap(), Some(n), "{n} of {count}");
            }
            assert_eq!(read.place(count).unwrap(), 0);
            for n in count..count + 500 {
                assert_eq!(read.find(key(n)).unwrap(), None);
            }
        }
    }

    #[test]
    fn keys_whose_filtered_half_is_the_same_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.idx");
        let twins = vec![(Fingerprint(1 << 64), 0), (Fingerprint((1 << 64) + 1), 1), (Fingerprint((1 << 64) + 1), 1)];
        let read = Catalogue::write(&path, 1, &[40, 80], twins, checksum()).unwrap();
        assert_eq!(read.find(Fingerprint(1 << 64)).unwrap(), Some(0));
        assert_eq!(read.find(Fingerprint((1 << 64) + 1)).unwrap(), Some(1));
        assert_eq!(read.find(Fingerprint((1 << 64) + 2)).unwrap(), None);
    }

    #[test]
    fn damage_and_another_segments_catalogue_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.idx");
        Catalogue::write(&path, 1, &[40; 300], keys(300), checksum()).unwrap();
        assert!(Catalogue::open(&path, 2, checksum()).is_err());
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            let seen = match Catalogue::open(&path, 1, checksum()) {
                Err(_) => true,
                Ok(read) => (0..300).any(|n| read.place(n).is_err() || read.find(key(n)).is_err()),
            };
            assert!(seen, "byte {at}");
        }
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(Catalogue::open(&path, 1, checksum()).is_err());
    }
}
