//! Verifies a data directory that nobody uses, and changes nothing in it.
//!
//! The journal is read as a start reads it, each frame and each record, and the rooms' events are counted.
//! What is made from the journal is then compared with it: the catalogues with their segments; the floor
//! with the rooms' heads; the index, in a copy, with one that is made from nothing. What the next start
//! puts right by itself is told apart from damage.

mod index;
mod journal;
mod report;
pub use report::{CheckReport, Finding, Grade, IndexCounts, JournalCounts, LostEvents, Part};

use std::path::Path;

use crate::StartError;
use crate::data_dir::Looked;
use crate::floor::Floor;
use crate::journal::recovery::look;
use crate::logs::Logs;

/// Verifies a data directory, or a backup. Another index is made in the system's directory for temporary files.
///
/// # Errors
/// Where it can't be read, is in use, or is none of this program's.
pub fn check(dir: &Path) -> Result<CheckReport, StartError> {
    let dir = Looked::open(dir)?;
    let mut report = CheckReport::new(dir.store);
    let (segments, next) = look(&dir.journal(), dir.store)?;
    report.journal.last_record = next - 1;
    let mut logs = Logs::default();
    journal::read(&dir, &segments, &mut logs, &mut report);
    report.journal.rooms = logs.rooms();
    floor(&dir, &logs, &mut report).map_err(failed("reading the floor"))?;
    index::compare(&dir, &segments, next - 1, &mut report).map_err(failed("copying the index"))?;
    secret(&dir, &mut report).map_err(failed("reading the secret"))?;
    Ok(report)
}

fn failed(what: &str) -> impl FnOnce(std::io::Error) -> StartError {
    let what = what.into();
    move |cause| StartError::Disk { what, cause }
}

fn floor(dir: &Looked, logs: &Logs, report: &mut CheckReport) -> std::io::Result<()> {
    if !dir.floor().exists() {
        let what = "there is none, so a journal that was cut off would look whole; the next start writes it";
        report.find(Part::Floor, Grade::Mends, what.into());
        return Ok(());
    }
    let bad = Floor::bad_entries(&dir.floor(), dir.store)?;
    if bad > 0 {
        let what = format!("{bad} entries can't be read and count for nothing; the next start writes it anew");
        report.find(Part::Floor, Grade::Mends, what);
    }
    let floor = Floor::read(&dir.floor(), dir.store)?;
    report.floor_rooms = floor.len();
    for (&room, at_least) in &floor {
        let head = logs.head(room);
        if head.seq < at_least.seq {
            report.lose(LostEvents { room: logs.name(room), first: head.seq.next().0, last: at_least.seq.0 });
            let what = format!(
                "{}: the journal ends at event {}, and reached {}; if no damage explains it, the next start refuses",
                logs.name(room),
                head.seq,
                at_least.seq
            );
            report.find(Part::Floor, Grade::Damage, what);
        }
    }
    Ok(())
}

fn secret(dir: &Looked, report: &mut CheckReport) -> std::io::Result<()> {
    let what = match std::fs::read(dir.secret()) {
        Ok(secret) if secret.len() == 32 => return Ok(()),
        Ok(_) => ("it is damaged, and the next start refuses; delete it, and guests get new identities", Grade::Damage),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            ("there is none; the next start makes one, and guests get new identities", Grade::Mends)
        }
        Err(error) => return Err(error),
    };
    report.find(Part::Secret, what.1, what.0.into());
    Ok(())
}
