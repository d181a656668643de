//! The index against one that is made from the journal alone.

use std::io;
use std::path::Path;

use super::report::{CheckReport, Grade, Part};
use crate::applier::replay_into;
use crate::data_dir::Looked;
use crate::index::{Difference, Index, IndexError};
use crate::journal::Segments;
use crate::layers::Replay;
use crate::record::Lsn;
use crate::rooms::Rooms;

/// Compares them. sled writes whenever it is opened, so a copy of it is.
pub(super) fn compare(dir: &Looked, segments: &Segments, newest: Lsn, report: &mut CheckReport) -> io::Result<()> {
    if !dir.index().is_dir() {
        let what = "there is none; the next start makes it from the journal";
        report.find(Part::Index, Grade::Mends, what.into());
        return Ok(());
    }
    let scratch = tempfile::Builder::new().prefix("greenroom-check-").tempdir()?;
    let copy = scratch.path().join("index");
    copy_files(&dir.index(), &copy)?;
    let damaged = |error: IndexError| (Grade::Mends, format!("it is damaged ({error}); the next start makes it again"));
    let found = match caught_up(&copy, dir, segments, newest, report) {
        Ok(Some(index)) => differences(&index, &scratch.path().join("again"), dir, segments, newest, report),
        Ok(None) => return Ok(()),
        Err(error) => Err(error),
    };
    match found {
        Ok(differences) => {
            for difference in differences {
                let what =
                    format!("{difference} is not as the journal says; delete the directory, and it is made again");
                report.find(Part::Index, Grade::Damage, what);
            }
        }
        Err(error) => {
            let (grade, what) = damaged(error);
            report.find(Part::Index, grade, what);
        }
    }
    Ok(())
}

/// The index as the next start has it, with what it lacks; none where that start makes another.
fn caught_up(
    copy: &Path,
    dir: &Looked,
    segments: &Segments,
    newest: Lsn,
    report: &mut CheckReport,
) -> Result<Option<Index>, IndexError> {
    let index = Index::open(copy, dir.store)?;
    let (applied, reached) = (index.applied()?, index.reached()?);
    if reached > newest {
        let what = format!("it knows record {reached}, the journal ends at {newest}; the next start makes it again");
        report.find(Part::Index, Grade::Mends, what);
        return Ok(None);
    }
    report.index.behind = newest - applied;
    replay(&index, applied, newest, segments)?;
    Ok(Some(index))
}

/// Takes over what is behind `applied`, as a start does.
fn replay(index: &Index, applied: Lsn, newest: Lsn, segments: &Segments) -> Result<(), IndexError> {
    let heads = index.rooms()?.into_iter().map(|(room, head)| (room.key, head));
    let (mut replay, rooms) = (Replay::new(heads), Rooms::default());
    replay_into(index, &mut replay, applied, newest, segments, &rooms)?;
    index.apply(&replay.layer())
}

fn differences(
    index: &Index,
    again: &Path,
    dir: &Looked,
    segments: &Segments,
    newest: Lsn,
    report: &mut CheckReport,
) -> Result<Vec<Difference>, IndexError> {
    let again = Index::open(again, dir.store)?;
    replay(&again, 0, newest, segments)?;
    let (entries, differences) = index.compare(&again)?;
    report.index.entries = entries;
    Ok(differences)
}

fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_files(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
