//! Many segments, and their catalogues.

use std::path::{Path, PathBuf};

use super::restart::everything;
use super::support::{House, again, alice, repeated, says, stored};
use greenroom_protocol::Seq;

/// The journal's segments, oldest first.
pub(super) fn segments(dir: &Path) -> Vec<PathBuf> {
    files(dir, "log")
}

pub(super) fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir.join("journal")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == extension)).collect();
    files.sort();
    files
}

#[test]
fn every_sealed_segment_gets_a_catalogue_and_repeats_are_found_in_each() {
    let house = House::new();
    let green = house.room("green");
    let said: Vec<_> = (0..300).map(|n| says(&green, &alice(), &format!("number {n}"))).collect();
    for append in &said {
        stored(&house.say(append.clone()));
    }
    let sealed = segments(house.dir.path()).len() - 1;
    assert!(sealed > 3, "there are sealed segments");
    house.wait_until("all are catalogued", |_| files(house.dir.path(), "idx").len() == sealed);
    for (append, seq) in said.iter().zip(1..) {
        assert_eq!(repeated(&house.say(again(append))), Seq(seq));
    }
    let house = house.restart();
    house.room("green");
    for (append, seq) in said.iter().zip(1..) {
        assert_eq!(repeated(&house.say(again(append))), Seq(seq));
    }
}

#[test]
fn a_missing_or_damaged_catalogue_is_made_again_at_the_start() {
    let house = super::restart::lived_in();
    let before = everything(&house.store);
    let (dir, tuning, durability) = house.close();
    let catalogues = files(dir.path(), "idx");
    assert!(catalogues.len() > 3);
    std::fs::remove_file(&catalogues[0]).unwrap();
    let whole = std::fs::read(&catalogues[1]).unwrap();
    std::fs::write(&catalogues[1], b"nonsense").unwrap();
    std::fs::write(&catalogues[2], &whole).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(everything(&house.store), before);
    // The filter, on the last page, is filled up with random words.
    let same = whole.len() - 4_096;
    assert!(std::fs::read(&catalogues[1]).unwrap()[..same] == whole[..same]);
}

#[test]
fn a_catalogue_that_is_damaged_while_it_is_in_use_is_made_again() {
    let house = House::new();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    house.chatter(&green, &alice(), 200);
    let house = house.restart();
    house.room("green");
    let catalogue = files(house.dir.path(), "idx").remove(0);
    let file = std::fs::OpenOptions::new().write(true).open(&catalogue).unwrap();
    // First what says which messages it holds, then what says where they are.
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xff; 64], 2 * 4_096).unwrap();
    assert_eq!(repeated(&house.say(again(&first))), Seq(1));
    let before = everything(&house.store);
    let file = std::fs::OpenOptions::new().write(true).open(&catalogue).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xff; 64], 4_096).unwrap();
    assert_eq!(everything(&house.store), before);
    assert_eq!(house.store.health().damaged, 0, "nothing was lost by it");
}

#[test]
fn a_segment_that_died_before_it_was_born_is_nothing() {
    let house = super::restart::lived_in();
    let before = everything(&house.store);
    let health = house.store.health();
    let (dir, tuning, durability) = house.close();
    let unborn = dir.path().join("journal").join(format!("{:020}.log", 1_000_000));
    std::fs::write(&unborn, b"GRJO").unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert!(!unborn.exists());
    assert_eq!((everything(&house.store), house.store.health().damaged), (before, health.damaged));
}
