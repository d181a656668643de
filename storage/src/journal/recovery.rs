//! Makes the journal ready at the start.
//!
//! After `kill -9`, or after a sync that failed, the newest segment may hold what can be read and yet
//! is not on the disk. So nothing in it is trusted: what is sound in it is copied into a new file,
//! which is synced and put in its place before anything is served.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::scan::{FrameAt, Scan, records, scan};
use super::segment::{SEGMENT_HEADER, Segment, contents, header, path_of, store_of};
use super::tail::{Beginning, begin_segment};
use super::{FrameBuilder, Segments};
use crate::StartError;
use crate::checksum::Checksum;
use crate::disk::{Disk, Tail, is_full, sync_dir};
use crate::fingerprint::{Fingerprinter, IdMap};
use crate::record::{Lsn, encoded_len};

/// What was found.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) segments: Arc<Segments>,
    pub(crate) beginning: Beginning,
    /// The keys of the newest segment's messages.
    pub(crate) ids: IdMap,
    /// Records that are missing where others follow.
    pub(crate) lost: u64,
    pub(crate) frame: FrameBuilder,
}

/// Recovers the journal in `dir`, or begins one.
pub(crate) fn recover(dir: &Path, store: Uuid, disk: &dyn Disk) -> Result<Recovered, StartError> {
    let at = |cause| StartError::Disk { what: format!("recovering the journal in {}", dir.display()), cause };
    let checksum = Checksum::new(store);
    let fingerprinter = Fingerprinter::new(store);
    let mut firsts = firsts(dir).map_err(at)?;
    for &first in &firsts {
        refuse_foreign(path_of(dir, first), store, at)?;
    }
    sweep(dir).map_err(at)?;
    drop_unborn(dir, &mut firsts, checksum).map_err(at)?;
    let newest = firsts.pop();
    let mut sealed = Vec::with_capacity(firsts.len());
    let behind = firsts.iter().copied().skip(1).chain(newest);
    for (&first, behind) in firsts.iter().zip(behind) {
        let segment = Segment::open_sealed(dir, first, behind, checksum, &fingerprinter).map_err(at)?;
        sealed.push(Arc::new(segment));
    }
    let mut lost = missing_between(&sealed, newest);
    let segments = Segments::new(sealed, checksum, fingerprinter);
    let (beginning, ids) = match newest {
        Some(first) => {
            let (beginning, ids, lost_in_it) = ready(dir, first, store, disk, &segments).map_err(at)?;
            lost += lost_in_it;
            (beginning, ids)
        }
        None => {
            let (segment, file) = begin_segment(disk, dir, 1, store, &segments).map_err(at)?;
            (Beginning { segment, file, end: SEGMENT_HEADER as u64, next: 1 }, IdMap::default())
        }
    };
    segments.push(Arc::clone(&beginning.segment));
    segments.note_damage(lost);
    Ok(Recovered { segments: Arc::new(segments), beginning, ids, lost, frame: FrameBuilder::new(checksum) })
}

/// The journal in `dir` as it is: nothing is made, written or removed. Says which number would be next.
pub(crate) fn look(dir: &Path, store: Uuid) -> Result<(Segments, Lsn), StartError> {
    let at = |cause| StartError::Disk { what: format!("reading the journal in {}", dir.display()), cause };
    let (checksum, fingerprinter) = (Checksum::new(store), Fingerprinter::new(store));
    // A store without a journal has lost it, which its floor tells.
    let mut firsts = if dir.exists() { firsts(dir).map_err(at)? } else { Vec::new() };
    for &first in &firsts {
        refuse_foreign(path_of(dir, first), store, at)?;
    }
    if unborn(dir, &firsts, checksum).map_err(at)? {
        firsts.pop();
    }
    let Some(&newest) = firsts.last() else { return Ok((Segments::new(Vec::new(), checksum, fingerprinter), 1)) };
    let bytes = std::fs::read(path_of(dir, newest)).map_err(at)?;
    let found = scan(&bytes, SEGMENT_HEADER, newest, None, checksum);
    let (places, _) = contents(&bytes, &found, newest, checksum, &fingerprinter);
    let sealed = firsts[..firsts.len() - 1].iter().map(|&first| Segment::open(dir, first, Vec::new(), checksum));
    let newest = Segment::open(dir, newest, places, checksum);
    let all: io::Result<Vec<_>> = sealed.chain([newest]).map(|segment| segment.map(Arc::new)).collect();
    Ok((Segments::new(all.map_err(at)?, checksum, fingerprinter), found.next))
}

/// A journal of another store is not touched: all of it would seem damaged, and its newest segment be written anew
/// without what is in it.
pub(crate) fn refuse_foreign(
    segment: PathBuf,
    known: Uuid,
    at: impl FnOnce(io::Error) -> StartError,
) -> Result<(), StartError> {
    match store_of(&segment).map_err(at)? {
        Some(found) if found != known => Err(StartError::Foreign { segment, found, known }),
        Some(_) | None => Ok(()),
    }
}

/// Removes what an interrupted start or sealing has left.
fn sweep(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The segments' first records, in order.
pub(crate) fn firsts(dir: &Path) -> io::Result<Vec<Lsn>> {
    let mut firsts = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let number: Option<Lsn> =
            name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|name| name.parse().ok());
        firsts.extend(number);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// A newest segment that holds nothing is dropped: it may have been given up before it was ready, and
/// then the one before it is the newest.
fn drop_unborn(dir: &Path, firsts: &mut Vec<Lsn>, checksum: Checksum) -> io::Result<()> {
    if unborn(dir, firsts, checksum)?
        && let Some(newest) = firsts.pop()
    {
        std::fs::remove_file(path_of(dir, newest))?;
        sync_dir(dir)?;
    }
    Ok(())
}

fn unborn(dir: &Path, firsts: &[Lsn], checksum: Checksum) -> io::Result<bool> {
    let &[.., _, newest] = firsts else { return Ok(false) };
    let bytes = std::fs::read(path_of(dir, newest))?;
    Ok(scan(&bytes, SEGMENT_HEADER, newest, None, checksum).frames.is_empty())
}

/// Records that should be in the sealed segments and are in none.
fn missing_between(sealed: &[Arc<Segment>], newest: Option<Lsn>) -> u64 {
    let mut next = 1;
    let mut missing = 0;
    for segment in sealed {
        missing += segment.first.saturating_sub(next);
        next = segment.first + segment.records();
    }
    missing += newest.unwrap_or(next).saturating_sub(next);
    if missing > 0 {
        tracing::error!(missing, "records are missing between the journal's segments");
    }
    missing
}

/// Makes the newest segment ready to be trusted, and to be written to.
fn ready(
    dir: &Path,
    first: Lsn,
    store: Uuid,
    disk: &dyn Disk,
    segments: &Segments,
) -> io::Result<(Beginning, IdMap, u64)> {
    let checksum = segments.checksum;
    let path = path_of(dir, first);
    let bytes = std::fs::read(&path)?;
    let found = scan(&bytes, SEGMENT_HEADER, first, None, checksum);
    tell(&path, &found);
    if !found.damaged.is_empty() {
        keep_evidence(&path)?;
    }
    let sound = sound(&bytes, &found, &header(first, store, checksum), checksum);
    match put_in_place(disk, &path, &sound) {
        Err(error) if is_full(&error) && found.damaged.is_empty() => write_over(disk, &path, &sound)?,
        done => done?,
    }
    let found = scan(&sound, SEGMENT_HEADER, first, None, checksum);
    let (places, keys) = contents(&sound, &found, first, checksum, &segments.fingerprinter);
    let segment = Arc::new(Segment::open(dir, first, places, checksum)?);
    let beginning = Beginning { segment, file: disk.open(&path)?, end: sound.len() as u64, next: found.next };
    Ok((beginning, keys.into_iter().collect(), found.lost))
}

/// The segment anew, behind its header: all that was found and is sound.
pub(crate) fn sound(bytes: &[u8], found: &Scan, header: &[u8], checksum: Checksum) -> Vec<u8> {
    let mut sound = header.to_vec();
    for &frame in &found.frames {
        if frame.whole {
            sound.extend_from_slice(&bytes[frame.place..frame.place + frame.length]);
        } else {
            salvage(&mut sound, bytes, frame, checksum);
        }
    }
    sound
}

/// Puts the sound records of a damaged frame into frames of their own.
fn salvage(out: &mut Vec<u8>, bytes: &[u8], frame: FrameAt, checksum: Checksum) {
    let mut run = FrameBuilder::new(checksum);
    for (lsn, place, record) in records(bytes, frame, checksum) {
        if record.is_err() {
            continue;
        }
        if run.is_empty() || run.next() != lsn {
            if !run.is_empty() {
                out.extend_from_slice(run.finish());
            }
            run.begin(lsn);
        }
        let length = encoded_len(&bytes[place..]).unwrap_or(0);
        run.push_encoded(&bytes[place..place + length]);
    }
    if !run.is_empty() {
        out.extend_from_slice(run.finish());
    }
}

/// A new file with these bytes, synced, takes the place of the old one.
fn put_in_place(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("log.new");
    let written = disk.open(&new).and_then(|mut file| {
        write_all(&mut *file, bytes)?;
        file.sync()
    });
    if written.is_err() && new.exists() {
        std::fs::remove_file(&new)?;
    }
    written?;
    std::fs::rename(&new, path)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Where there is no space for a copy: the same bytes are written over themselves, which needs none.
/// That too makes the kernel write them anew, and the sync tells whether it could.
fn write_over(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.open(path)?;
    write_all(&mut *file, bytes)?;
    file.cut(bytes.len() as u64)?;
    file.sync()
}

fn write_all(file: &mut dyn Tail, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write_at(&bytes[written..], written as u64) {
            Ok(0) => return Err(io::ErrorKind::StorageFull.into()),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn tell(path: &Path, found: &Scan) {
    let segment = path.display();
    for range in &found.damaged {
        tracing::error!(%segment, from = range.start, to = range.end, "a part of the journal is damaged");
    }
    if found.lost > 0 {
        tracing::error!(%segment, records = found.lost, "records were lost with damaged parts of the journal");
    }
    if found.torn {
        tracing::warn!(%segment, at = found.end, "the last write was not finished; nobody was told that it was");
    }
}

/// A damaged segment stays beside its copy, for whoever wants to look into it.
/// It is linked, not copied, and so takes no time.
fn keep_evidence(path: &Path) -> io::Result<()> {
    let mut number = 1;
    loop {
        match std::fs::hard_link(path, path.with_extension(format!("damaged-{number}"))) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            done => return done,
        }
    }
}
