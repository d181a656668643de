//! Copies a journal that somebody may be writing to.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::manifest::File;
use super::{BackupFailed, failed, make_dir};
use crate::StartError;
use crate::checksum::Checksum;
use crate::data_dir::Looked;
use crate::journal::recovery::{firsts, refuse_foreign};
use crate::journal::scan::{Scan, records, scan};
use crate::journal::segment::{SEGMENT_HEADER, path_of};
use crate::logs::Logs;
use crate::record::Lsn;

/// How often all is listed again, where a segment vanishes that was listed: a server gave it up before it was begun.
const LISTINGS: usize = 5;

/// What was copied.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) files: Vec<File>,
    /// What the rooms' logs are in the copy.
    pub(super) logs: Logs,
    pub(super) last_record: Lsn,
    /// What was found damaged first.
    pub(super) damage: Option<String>,
}

/// Copies the journal, up to some record.
pub(super) fn journal(dir: &Looked, target: &Path) -> Result<Copied, BackupFailed> {
    let mut listings = 0;
    loop {
        make_dir(&target.join("journal")).map_err(failed(format!("writing {}", target.display())))?;
        listings += 1;
        match segments(dir, target) {
            Err(BackupFailed::Disk { cause, .. }) if vanished(&cause) && listings < LISTINGS => {
                std::fs::remove_dir_all(target.join("journal")).map_err(failed("beginning the copy again"))?;
            }
            done => return done,
        }
    }
}

fn vanished(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn segments(dir: &Looked, target: &Path) -> Result<Copied, BackupFailed> {
    let journal = dir.journal();
    let reading = || failed(format!("reading {}", journal.display()));
    let firsts = firsts(&journal).map_err(reading())?;
    let at = |cause| StartError::Disk { what: format!("reading {}", journal.display()), cause };
    let mut copied = Copied::default();
    for (n, &first) in firsts.iter().enumerate() {
        let (path, behind) = (path_of(&journal, first), firsts.get(n + 1).copied());
        refuse_foreign(path.clone(), dir.store, at)?;
        let (bytes, found) = match behind {
            Some(behind) => {
                let bytes = std::fs::read(&path).map_err(reading())?;
                let found = scan(&bytes, SEGMENT_HEADER, first, Some(behind), Checksum::new(dir.store));
                (bytes, found)
            }
            None => newest(&path, first, Checksum::new(dir.store)).map_err(reading())?,
        };
        if behind.is_none() && n > 0 && found.frames.is_empty() {
            // It may be given up still; what is in the others is a beginning as well.
            break;
        }
        copied.note(&path, first, &bytes, &found, Checksum::new(dir.store));
        let name = format!("journal/{first:020}.log");
        let file = File::write(target, &name, &bytes);
        copied.files.push(file.map_err(failed(format!("writing {}", target.display())))?);
    }
    Ok(copied)
}

/// The newest segment up to its last whole frame.
fn newest(path: &Path, first: Lsn, checksum: Checksum) -> io::Result<(Vec<u8>, Scan)> {
    let mut file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    let mut half_seen = None;
    loop {
        file.seek(SeekFrom::Start(bytes.len() as u64))?;
        file.read_to_end(&mut bytes)?;
        let found = scan(&bytes, SEGMENT_HEADER, first, None, checksum);
        match found.damaged.first() {
            Some(stretch) if half_seen != Some(stretch.start) => {
                half_seen = Some(stretch.start);
                bytes.truncate(stretch.start);
            }
            Some(_) | None => {
                bytes.truncate(found.end);
                return Ok((bytes, found));
            }
        }
    }
}

impl Copied {
    fn note(&mut self, path: &Path, first: Lsn, bytes: &[u8], found: &Scan, checksum: Checksum) {
        let missing = first > self.last_record + 1;
        if self.damage.is_none() && (missing || found.lost > 0 || !found.damaged.is_empty()) {
            let what = if missing { "the segment before it is missing" } else { "not all of it makes sense" };
            self.damage = Some(format!("{}: {what}", path.display()));
        }
        for &frame in &found.frames {
            for (_, _, record) in records(bytes, frame, checksum) {
                if let Ok(record) = record {
                    self.logs.take(&record);
                }
            }
        }
        self.last_record = found.next - 1;
    }
}
