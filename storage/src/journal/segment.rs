//! A segment of the journal, as it is read.
//!
//! `<first record's number, 20 digits>.log`: a header, then frames. The newest segment is written to;
//! the others are *sealed*, and change only by being replaced (`rewriting.rs`). While a segment is new, memory
//! knows where its records are and which keys it holds; once it is sealed, its catalogue does.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use uuid::Uuid;

use super::catalogue::Catalogue;
use super::scan::{Scan, records, scan};
use crate::RoomKey;
use crate::checksum::{Checksum, u32_at};
use crate::disk::sync_dir;
use crate::fingerprint::{Fingerprint, Fingerprinter, IdMap};
use crate::record::{Lsn, MessageRecord, Record};

pub(crate) const SEGMENT_HEADER: usize = 40;
const MAGIC: [u8; 8] = *b"GRJOURNL";

/// The header of the segment whose first record has this number.
pub(crate) fn header(first: Lsn, store: Uuid, checksum: Checksum) -> [u8; SEGMENT_HEADER] {
    let mut header = [0; SEGMENT_HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&crate::data_dir::FORMAT.to_le_bytes());
    header[12..28].copy_from_slice(store.as_bytes());
    header[28..36].copy_from_slice(&first.to_le_bytes());
    let crc = checksum.of(&header[..36]);
    header[36..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// Whose segment this is, where its header is sound.
pub(crate) fn store_of(path: &Path) -> io::Result<Option<Uuid>> {
    let mut header = [0; SEGMENT_HEADER];
    match File::open(path)?.read_exact_at(&mut header, 0) {
        Ok(()) => {}
        Err(short) if short.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let store = Uuid::from_slice(&header[12..28]).map_err(io::Error::other)?;
    let sound = header[..8] == MAGIC && u32_at(&header, 36) == Some(Checksum::new(store).of(&header[..36]));
    Ok(sound.then_some(store))
}

/// The file of the segment whose first record has this number.
pub(crate) fn path_of(dir: &Path, first: Lsn) -> PathBuf {
    dir.join(format!("{first:020}.log"))
}

/// A segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) first: Lsn,
    path: PathBuf,
    file: File,
    checksum: Checksum,
    contents: RwLock<Contents>,
    /// Whether its file has been put out of its place by another.
    replaced: AtomicBool,
}

/// Where the records are.
#[derive(Debug)]
enum Contents {
    /// Not catalogued yet. The keys are there once it is sealed; before, the writer has them.
    InMemory { places: Vec<u32>, keys: Option<Arc<IdMap>> },
    /// In its catalogue.
    Catalogued(Arc<Catalogue>),
}

impl Segment {
    /// A segment whose records are at `places`.
    pub(crate) fn open(dir: &Path, first: Lsn, places: Vec<u32>, checksum: Checksum) -> io::Result<Self> {
        let path = path_of(dir, first);
        let file = File::open(&path)?;
        let contents = RwLock::new(Contents::InMemory { places, keys: None });
        Ok(Self { first, path, file, checksum, contents, replaced: false.into() })
    }

    /// A sealed segment with its catalogue, which is made where it is missing or wrong.
    pub(crate) fn open_sealed(
        dir: &Path,
        first: Lsn,
        behind: Lsn,
        checksum: Checksum,
        keys: &Fingerprinter,
    ) -> io::Result<Self> {
        let segment = Self::open(dir, first, Vec::new(), checksum)?;
        match Catalogue::open(&segment.catalogue_path(), first, checksum) {
            Ok(catalogue) => *segment.contents.write() = Contents::Catalogued(Arc::new(catalogue)),
            Err(_) => {
                tracing::warn!(segment = %segment.name(), "its catalogue is missing or damaged; making it again");
                segment.catalogue_again(behind, keys)?;
            }
        }
        Ok(segment)
    }

    /// Whether it is sealed and has its catalogue.
    pub(crate) fn is_catalogued(&self) -> bool {
        matches!(&*self.contents.read(), Contents::Catalogued(_))
    }

    /// Removes the catalogue's file, before what it points into is put elsewhere. Whoever has it open reads on.
    pub(crate) fn give_up_catalogue(&self) -> io::Result<()> {
        self.replaced.store(true, Ordering::Release);
        match std::fs::remove_file(self.catalogue_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        sync_dir(self.path.parent().unwrap_or(Path::new(".")))
    }

    /// What is in its place now, with a new catalogue.
    pub(crate) fn reopened(&self, behind: Lsn, keys: &Fingerprinter) -> io::Result<Self> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let segment = Self::open(dir, self.first, Vec::new(), self.checksum)?;
        segment.catalogue_again(behind, keys)?;
        Ok(segment)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file's name, for whoever looks for it.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().display().to_string()
    }

    pub(crate) fn catalogue_path(&self) -> PathBuf {
        self.path.with_extension("idx")
    }

    /// How many records it has, lost ones included.
    pub(crate) fn records(&self) -> u64 {
        match &*self.contents.read() {
            Contents::InMemory { places, .. } => places.len() as u64,
            Contents::Catalogued(catalogue) => u64::from(catalogue.records()),
        }
    }

    /// Notes where a new frame's records are.
    pub(crate) fn extend(&self, frame: u64, places: &[u32]) {
        let frame = u32::try_from(frame).expect("a segment is bounded");
        if let Contents::InMemory { places: all, .. } = &mut *self.contents.write() {
            all.extend(places.iter().map(|place| frame + place));
        }
    }

    /// Where a record is; 0 where it is lost.
    pub(crate) fn place(&self, record: u32) -> io::Result<u32> {
        let catalogue = match &*self.contents.read() {
            Contents::InMemory { places, .. } => return Ok(places.get(record as usize).copied().unwrap_or(0)),
            Contents::Catalogued(catalogue) => Arc::clone(catalogue),
        };
        catalogue.place(record)
    }

    /// Bytes at `place`, as many as there are, at most what the buffer holds.
    pub(crate) fn read_at(&self, buffer: &mut [u8], place: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], place + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Takes the keys of its messages from the writer, until it is catalogued.
    pub(crate) fn seal(&self, ids: IdMap) {
        if let Contents::InMemory { keys, .. } = &mut *self.contents.write() {
            *keys = Some(Arc::new(ids));
        }
    }

    /// The message with this key. The newest segment's messages are known to the writer instead.
    pub(crate) fn find(&self, key: Fingerprint) -> io::Result<Option<Lsn>> {
        let catalogue = match &*self.contents.read() {
            Contents::InMemory { keys, .. } => {
                return Ok(keys.as_ref().and_then(|keys| keys.get(&key)).map(|&record| self.first + u64::from(record)));
            }
            Contents::Catalogued(catalogue) if !catalogue.may_have(key) => return Ok(None),
            Contents::Catalogued(catalogue) => Arc::clone(catalogue),
        };
        Ok(catalogue.find(key)?.map(|record| self.first + u64::from(record)))
    }

    /// Whether it is sealed but has no catalogue yet.
    pub(crate) fn awaits_catalogue(&self) -> bool {
        matches!(&*self.contents.read(), Contents::InMemory { keys: Some(_), .. })
    }

    /// Writes the catalogue of a segment that was sealed just now; memory then forgets what is in it.
    pub(crate) fn catalogue(&self) -> io::Result<()> {
        let (places, keys) = match &*self.contents.read() {
            Contents::InMemory { places, keys: Some(keys) } => (places.clone(), Arc::clone(keys)),
            Contents::InMemory { keys: None, .. } | Contents::Catalogued(_) => return Ok(()),
        };
        let keys = keys.iter().map(|(&key, &record)| (key, record)).collect();
        self.write_catalogue(&places, keys)
    }

    /// Makes the catalogue from the segment itself; `behind` is the next segment's first record.
    pub(crate) fn catalogue_again(&self, behind: Lsn, fingerprinter: &Fingerprinter) -> io::Result<()> {
        if self.replaced.load(Ordering::Acquire) {
            // It would be the catalogue of what is in its place now.
            return Err(io::ErrorKind::StaleNetworkFileHandle.into());
        }
        let bytes = self.bytes()?;
        let found = scan(&bytes, SEGMENT_HEADER, self.first, Some(behind), self.checksum);
        let (places, keys) = contents(&bytes, &found, self.first, self.checksum, fingerprinter);
        self.write_catalogue(&places, keys)
    }

    fn write_catalogue(&self, places: &[u32], keys: Vec<(Fingerprint, u32)>) -> io::Result<()> {
        let catalogue = Catalogue::write(&self.catalogue_path(), self.first, places, keys, self.checksum)?;
        *self.contents.write() = Contents::Catalogued(Arc::new(catalogue));
        Ok(())
    }

    /// The whole file.
    pub(crate) fn bytes(&self) -> io::Result<Vec<u8>> {
        std::fs::read(&self.path)
    }
}

/// Where the records of a scanned segment are, and the keys of its messages.
pub(crate) fn contents(
    bytes: &[u8],
    found: &Scan,
    first: Lsn,
    checksum: Checksum,
    fingerprinter: &Fingerprinter,
) -> (Vec<u32>, Vec<(Fingerprint, u32)>) {
    let (mut places, mut keys) = (Vec::new(), Vec::new());
    for &frame in &found.frames {
        for (lsn, place, record) in records(bytes, frame, checksum) {
            let number = u32::try_from(lsn - first).unwrap_or(u32::MAX);
            places.resize(number as usize, 0);
            places.push(u32::try_from(place).unwrap_or(0));
            match record {
                Ok(Record::Message(message)) => keys.push((key_of(&message, fingerprinter), number)),
                Ok(Record::Stub(stub)) => keys.extend(stub.key.map(|key| (Fingerprint(key), number))),
                Ok(_) | Err(_) => {}
            }
        }
    }
    (places, keys)
}

pub(crate) fn key_of(message: &MessageRecord<'_>, fingerprinter: &Fingerprinter) -> Fingerprint {
    use greenroom_protocol::{MessageId, UserId};
    let id = Uuid::from_bytes;
    fingerprinter.of(RoomKey(id(message.room)), UserId(id(message.user)), MessageId(id(message.id)))
}
