//! The index against one that is made from the journal alone.

use std::io;
use std::path::Path;

use super::report::{CheckReport, Grade, Part};
use crate::data_dir::Looked;
use crate::index::{Index, IndexError};
use crate::journal::Segments;
use crate::record::Lsn;
use crate::rooms::Rooms;
use crate::start::{CaughtUp, try_catch_up};

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
    let behind = |index: &Index| newest.saturating_sub(index.applied().unwrap_or(0));
    let compared = caught_up(&copy, dir, segments, newest).and_then(|index| {
        report.index.behind = behind(&index);
        index.compare(&caught_up(&scratch.path().join("again"), dir, segments, newest)?)
    });
    match compared {
        Ok((entries, differences)) => {
            report.index.entries = entries;
            for difference in differences {
                let what = format!("{difference} is not as the journal says; delete index/, and it is made again");
                report.find(Part::Index, Grade::Damage, what);
            }
        }
        Err(error) => {
            let what = format!("it can't be used ({error}); the next start makes it again");
            report.find(Part::Index, Grade::Mends, what);
        }
    }
    Ok(())
}

/// The index as the next start has it: with all that the journal has beyond it.
fn caught_up(index: &Path, dir: &Looked, segments: &Segments, newest: Lsn) -> Result<Index, IndexError> {
    let rooms = Rooms::of_life(dir.life);
    let CaughtUp { index, mut replay, .. } = try_catch_up(index, dir.index_owner(), segments, newest, &rooms)?;
    index.apply(&replay.layer())?;
    Ok(index)
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
