//! What a check finds in a directory that nobody uses, and that it touches nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::damage::{find, overwrite};
use super::restart::{everything, lived_in};
use super::segments::{files, segments};
use super::support::{House, alice, says, small, stored};
use crate::data_dir::DataDir;
use crate::index::Index;
use crate::{CheckReport, Grade, LostEvents, Part, StartError, check};

/// A directory in which a bit of everything has happened, closed in order.
fn closed() -> std::sync::Arc<tempfile::TempDir> {
    let house = lived_in();
    house.settle();
    house.close().0
}

fn found(report: &CheckReport, part: Part, grade: Grade) -> Vec<&str> {
    let these = report.findings.iter().filter(|finding| finding.part == part && finding.grade == grade);
    these.map(|finding| finding.what.as_str()).collect()
}

/// Every file below a directory, with what is in it.
pub(super) fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.append(&mut contents(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn what_was_closed_in_order_is_sound_and_nothing_is_touched() {
    let dir = closed();
    let before = contents(dir.path());
    let report = check(dir.path()).unwrap();
    assert!(report.sound && report.findings.is_empty() && report.lost.is_empty(), "{report:?}");
    let counts = &report.journal;
    assert_eq!((counts.messages, counts.rooms), (225, 3));
    assert!(counts.segments > 3 && counts.last_record >= counts.records, "{counts:?}");
    assert_eq!((report.catalogues, report.floor_rooms), (counts.segments - 1, 3));
    assert!(report.index.entries > 10 && report.index.behind == 0, "{report:?}");
    assert!(contents(dir.path()) == before, "every file is as it was");
}

#[test]
fn what_kill_nine_leaves_is_sound() {
    let house = lived_in();
    house.wait_until("cursors are journaled", crate::Store::cursors_are_journaled);
    let report = check(house.killed().path()).unwrap();
    assert!(report.sound && report.lost.is_empty(), "{report:?}");
    house.settle();
    let report = check(house.killed().path()).unwrap();
    assert!(report.sound && report.lost.is_empty(), "{report:?}");
}

#[test]
fn a_directory_in_use_and_one_of_somebody_else_are_refused() {
    let house = House::new();
    assert!(matches!(check(house.dir.path()), Err(StartError::Locked(_))));
    let other = tempfile::tempdir().unwrap();
    assert!(matches!(check(other.path()), Err(StartError::NoStore(_))));
    assert!(matches!(check(&other.path().join("nowhere")), Err(StartError::Directory { .. })));
    assert_eq!(contents(other.path()), BTreeMap::new(), "nothing was made");
}

#[test]
fn a_flipped_bit_is_found_and_the_message_that_is_lost_is_named() {
    let dir = closed();
    let oldest = segments(dir.path()).remove(0);
    overwrite(&oldest, find(&oldest, "7 of 70, by Alice"), b"X");
    let report = check(dir.path()).unwrap();
    assert!(!report.sound);
    assert_eq!(report.lost, [LostEvents { room: "green".into(), first: 8, last: 8 }]);
    let told = found(&report, Part::Journal, Grade::Damage).join("\n");
    assert!(told.contains("00000000000000000001.log") && told.contains("checksum is wrong"), "{told}");
    assert_eq!(found(&report, Part::Index, Grade::Damage), Vec::<&str>::new(), "the index may know where it was");
}

#[test]
fn a_journal_that_was_cut_off_is_told_by_the_floor() {
    let house = House::tuned(crate::start::Tuning::default());
    let green = house.room("green");
    house.chatter(&green, &alice(), 100);
    house.settle();
    let dir = house.close().0;
    let journal = segments(dir.path()).remove(0);
    let cut = find(&journal, "97 of 100");
    std::fs::OpenOptions::new().write(true).open(&journal).unwrap().set_len(cut).unwrap();
    let report = check(dir.path()).unwrap();
    assert!(!report.sound);
    assert_eq!((report.lost[0].room.as_str(), report.lost[0].last), ("green", 100));
    assert_eq!(report.lost_events, 101 - report.lost[0].first);
    assert_eq!(found(&report, Part::Floor, Grade::Damage).len(), 1);
    assert_eq!(found(&report, Part::Journal, Grade::Mends).len(), 1, "its last write seems unfinished");
    assert_eq!(found(&report, Part::Index, Grade::Mends).len(), 1, "it knows more than the journal");
}

#[test]
fn a_torn_end_and_what_is_made_again_are_told_as_what_the_next_start_does() {
    let dir = closed();
    let newest = segments(dir.path()).pop().unwrap();
    let end = std::fs::metadata(&newest).unwrap().len();
    overwrite(&newest, end, b"\xf5\xc1\xff\x47half a frame");
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let catalogues = files(dir.path(), "idx");
    std::fs::remove_file(&catalogues[0]).unwrap();
    overwrite(&catalogues[1], 5_000, b"XXXX");
    std::fs::remove_file(dir.path().join("floor")).unwrap();
    std::fs::remove_file(dir.path().join("secret")).unwrap();
    let report = check(dir.path()).unwrap();
    assert!(report.sound, "{report:?}");
    for (part, count) in
        [(Part::Journal, 1), (Part::Index, 1), (Part::Catalogues, 2), (Part::Floor, 1), (Part::Secret, 1)]
    {
        assert_eq!(found(&report, part, Grade::Mends).len(), count, "{part:?} in {report:?}");
    }
    let house = House::open(dir, small(), crate::Durability::Fsync).unwrap();
    house.settle();
    everything(&house.store);
    let report = check(house.close().0.path()).unwrap();
    assert!(report.sound && report.findings.is_empty(), "the start did what was told: {report:?}");
}

#[test]
fn an_index_that_says_something_else_than_the_journal_is_found() {
    let dir = closed();
    let store = DataDir::open(dir.path()).unwrap().store;
    let index = Index::open(&dir.path().join("index"), store).unwrap();
    index.misplace_an_event();
    drop(index);
    let report = check(dir.path()).unwrap();
    assert!(!report.sound);
    let told = found(&report, Part::Index, Grade::Damage);
    assert!(told.len() == 1 && told[0].contains("where the events 1 to 64 of"), "{told:?}");
}

#[test]
fn a_missing_segment_is_found() {
    let dir = closed();
    std::fs::remove_file(&segments(dir.path())[1]).unwrap();
    let report = check(dir.path()).unwrap();
    assert!(!report.sound && report.lost_events > 0, "{report:?}");
    let told = found(&report, Part::Journal, Grade::Damage);
    assert!(told.iter().any(|what| what.contains("records are lost")), "{told:?}");
}

#[test]
fn a_journal_that_is_gone_is_damage() {
    let dir = closed();
    std::fs::remove_dir_all(dir.path().join("journal")).unwrap();
    let report = check(dir.path()).unwrap();
    assert!(!report.sound && report.lost_events == 225, "{report:?}");
}

#[test]
fn what_was_lost_and_noted_by_a_start_is_told_still() {
    let house = House::new();
    let green = house.room("green");
    for n in 1..=30 {
        stored(&house.say(says(&green, &alice(), &format!("number {n}."))));
    }
    house.settle();
    let image = house.killed();
    let newest = segments(image.path()).pop().unwrap();
    overwrite(&newest, find(&newest, "number 28."), b"X");
    let house = House::open(image, small(), crate::Durability::Fsync).unwrap();
    house.settle();
    let report = check(house.close().0.path()).unwrap();
    assert_eq!(report.lost, [LostEvents { room: "green".into(), first: 28, last: 28 }]);
    assert!(!report.sound);
}

#[test]
fn no_flipped_bit_of_the_journal_goes_unnoticed() {
    let dir = closed();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let all = segments(dir.path());
    let (sealed, newest) = (&all[1], all.last().unwrap());
    for (path, last) in [(sealed, false), (newest, true)] {
        let whole = std::fs::read(path).unwrap();
        let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
        for place in (0..=end).step_by(61) {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 8);
            std::fs::write(path, &flipped).unwrap();
            let seen = match check(dir.path()) {
                Ok(report) => !report.sound || (last && !found(&report, Part::Journal, Grade::Mends).is_empty()),
                Err(refused) => matches!(refused, StartError::Foreign { .. }),
            };
            assert!(seen, "byte {place} of {}", path.display());
        }
        std::fs::write(path, &whole).unwrap();
    }
    assert!(check(dir.path()).unwrap().sound);
}
