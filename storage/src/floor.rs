//! How far each room was at least, kept apart from the journal.
//!
//! A journal that was cut off or put back from an old copy looks whole. This file tells: it has, for
//! each room, an event that was durable once. It is written after the journal was synced, so that it is
//! never ahead of it.
//!
//! `magic · store's id`, then entries of 36 bytes: room, seq, ordinal, CRC32C. The newest entry of a
//! room counts. Bad entries are passed over: a floor that is too low promises less, but nothing wrong.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::checksum::{Checksum, u32_at, u64_at};
use crate::disk::write_whole;
use crate::fingerprint::ById;
use crate::rooms::head;
use crate::{Head, RoomKey};

const HEADER: usize = 24;
const ENTRY: usize = 36;
const MAGIC: [u8; 8] = *b"GRFLOOR1";

/// Written anew when it has grown to so many bytes, and to four times what its rooms need.
const COMPACT_BYTES: usize = 1024 * 1024;

/// The file, and what it says.
#[derive(Debug)]
pub(crate) struct Floor {
    path: PathBuf,
    store: Uuid,
    checksum: Checksum,
    heads: ById<RoomKey, Head>,
    file: File,
    bytes: usize,
}

impl Floor {
    /// What the file says; it is not written yet.
    pub(crate) fn read(path: &Path, store: Uuid) -> io::Result<ById<RoomKey, Head>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(parse(&bytes, store)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(ById::default()),
            Err(error) => Err(error),
        }
    }

    /// How many of its entries can't be read.
    pub(crate) fn bad_entries(path: &Path, store: Uuid) -> io::Result<usize> {
        let (bytes, checksum) = (std::fs::read(path)?, Checksum::new(store));
        let entries = bytes.get(HEADER..).unwrap_or_default().chunks(ENTRY);
        Ok(entries.filter(|entry| !is_whole(entry, checksum)).count())
    }

    /// Writes the file anew.
    pub(crate) fn begin(path: PathBuf, store: Uuid, heads: ById<RoomKey, Head>) -> io::Result<Self> {
        let checksum = Checksum::new(store);
        let bytes = write(&path, store, checksum, &heads)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self { path, store, checksum, heads, file, bytes })
    }

    /// Notes that these events are durable.
    pub(crate) fn raise(&mut self, raised: impl Iterator<Item = (RoomKey, Head)>) -> io::Result<()> {
        let mut entries = Vec::new();
        for (room, head) in raised {
            self.heads.insert(room, head);
            entry(&mut entries, room, head, self.checksum);
        }
        if entries.is_empty() {
            return Ok(());
        }
        let appended = self.append(&entries);
        if appended.is_err() {
            // Half an entry may be there: the next time begins a file anew.
            self.bytes = usize::MAX;
        }
        appended
    }
}

impl Floor {
    fn append(&mut self, entries: &[u8]) -> io::Result<()> {
        if self.bytes.saturating_add(entries.len()) > COMPACT_BYTES.max(4 * ENTRY * self.heads.len()) {
            self.bytes = write(&self.path, self.store, self.checksum, &self.heads)?;
            self.file = OpenOptions::new().append(true).open(&self.path)?;
            return Ok(());
        }
        self.file.write_all(entries)?;
        self.file.sync_data()?;
        self.bytes += entries.len();
        Ok(())
    }
}

fn write(path: &Path, store: Uuid, checksum: Checksum, heads: &ById<RoomKey, Head>) -> io::Result<usize> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(store.as_bytes());
    for (&room, &head) in heads {
        entry(&mut bytes, room, head, checksum);
    }
    write_whole(path, &bytes)?;
    Ok(bytes.len())
}

fn entry(out: &mut Vec<u8>, room: RoomKey, head: Head, checksum: Checksum) {
    let start = out.len();
    out.extend_from_slice(room.0.as_bytes());
    out.extend_from_slice(&head.seq.0.to_le_bytes());
    out.extend_from_slice(&head.ordinal.to_le_bytes());
    let crc = checksum.of(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

fn is_whole(entry: &[u8], checksum: Checksum) -> bool {
    entry.len() == ENTRY && u32_at(entry, 32) == Some(checksum.of(&entry[..32]))
}

fn parse(bytes: &[u8], store: Uuid) -> ById<RoomKey, Head> {
    let checksum = Checksum::new(store);
    let entries = bytes.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY);
    let mut heads: ById<RoomKey, Head> = ById::default();
    for entry in entries.filter(|entry| is_whole(entry, checksum)) {
        let (Ok(room), Some(seq), Some(ordinal)) =
            (Uuid::from_slice(&entry[..16]), u64_at(entry, 16), u64_at(entry, 24))
        else {
            continue;
        };
        let found = heads.entry(RoomKey(room)).or_default();
        if seq > found.seq.0 {
            *found = head(seq, ordinal);
        }
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: Uuid = Uuid::from_u128(7);

    fn room(n: u128) -> RoomKey {
        RoomKey(Uuid::from_u128(n))
    }

    #[test]
    fn the_newest_entry_of_a_room_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("floor");
        assert!(Floor::read(&path, STORE).unwrap().is_empty());
        let mut floor = Floor::begin(path.clone(), STORE, [(room(1), head(3, 3))].into_iter().collect()).unwrap();
        floor.raise([(room(2), head(1, 1)), (room(1), head(9, 8))].into_iter()).unwrap();
        let read = Floor::read(&path, STORE).unwrap();
        assert_eq!((read[&room(1)], read[&room(2)]), (head(9, 8), head(1, 1)));
    }

    #[test]
    fn a_torn_or_damaged_entry_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("floor");
        let mut floor = Floor::begin(path.clone(), STORE, ById::default()).unwrap();
        floor.raise([(room(1), head(1, 1)), (room(2), head(2, 2)), (room(3), head(3, 3))].into_iter()).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[HEADER + ENTRY + 20] ^= 1;
        bytes.truncate(bytes.len() - 1);
        std::fs::write(&path, bytes).unwrap();
        let read = Floor::read(&path, STORE).unwrap();
        assert_eq!((read.len(), read[&room(1)]), (1, head(1, 1)));
        assert!(Floor::read(&path, Uuid::from_u128(8)).unwrap().is_empty(), "another store's floor");
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("floor");
        let mut floor = Floor::begin(path.clone(), STORE, ById::default()).unwrap();
        for round in 1..=20_u64 {
            floor.raise((0..2_000).map(|n| (room(n), head(round, round)))).unwrap();
        }
        let bytes = std::fs::metadata(&path).unwrap().len() as usize;
        assert!(bytes <= COMPACT_BYTES, "{bytes}");
        let read = Floor::read(&path, STORE).unwrap();
        assert!((0..2_000).all(|n| read[&room(n)] == head(20, 20)));
    }
}
