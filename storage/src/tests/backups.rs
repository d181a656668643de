//! Copies of a store, and what is made of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::checking::contents;
use super::damage::{find, overwrite};
use super::restart::{everything, lived_in};
use super::segments::segments;
use super::support::{House, again, alice, at, bob, repeated, says, small, stored};
use crate::{BackupAsked, BackupFailed, Durability, Manifest, PageFrom, RestoreFailed, Store, backup, check, restore};
use greenroom_protocol::Seq;

fn copy(data: &Path, target: &Path) -> Result<Manifest, BackupFailed> {
    ask(data, target, false)
}

fn ask(data: &Path, target: &Path, damaged_too: bool) -> Result<Manifest, BackupFailed> {
    let (data, target) = (data.into(), target.into());
    backup(&BackupAsked { data, target, version: "test".into(), at: at(0), damaged_too })
}

/// The store that is made of a backup.
fn brought_back(backup: &Path) -> House {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    restore(backup, dir.path()).unwrap();
    House::open(dir, small(), Durability::Fsync).unwrap()
}

/// All that can be read, but for the epochs.
fn all_but_epochs(store: &Store) -> String {
    let mut text = everything(store);
    for (room, _) in store.rooms() {
        text = text.replace(&format!("{:?}", room.epoch), "an epoch");
    }
    text
}

#[test]
fn a_store_comes_back_from_its_backup_in_another_life() {
    let house = lived_in();
    house.settle();
    let said = says(&house.room("green"), &bob(), "the last word");
    stored(&house.say(said.clone()));
    let before = all_but_epochs(&house.store);
    let token = house.store.guest_tokens().issue(&alice());
    let epochs = |store: &Store| store.rooms().iter().map(|(room, _)| room.epoch).collect::<Vec<_>>();
    let first_life = epochs(&house.store);
    let backups = tempfile::tempdir().unwrap();
    let target = backups.path().join("monday");
    let made = copy(house.dir.path(), &target).unwrap();
    assert!(made.files.len() > 5 && made.damage.is_none(), "{made:?}");
    assert!(check(&target).unwrap().sound);

    let back = brought_back(&target);
    assert_eq!(all_but_epochs(&back.store), before);
    assert!(epochs(&back.store).iter().all(|epoch| !first_life.contains(epoch)), "each room's epoch is another");
    assert_eq!(back.store.guest_tokens().verify(&token).map(|user| user.id), Some(alice().id));
    back.room("green");
    assert_eq!(repeated(&back.say(again(&said))), Seq(76), "what was sent before is known");
    let new = back.room("new").epoch;
    back.settle();
    let (then, now) = (everything(&back.store), back.restart());
    assert_eq!(everything(&now.store), then, "this life goes on with its epochs");
    assert_eq!(now.room("new").epoch, new);
    let (dir, ..) = now.close();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    assert!(check(dir.path()).unwrap().sound);
    let now = House::open(dir, small(), Durability::Fsync).unwrap();
    assert_eq!(everything(&now.store), then, "an index that is made again has the same epochs");

    let third = tempfile::tempdir().unwrap();
    let target = third.path().join("tuesday");
    let second_life = epochs(&now.store);
    copy(now.dir.path(), &target).unwrap();
    let back = brought_back(&target);
    assert!(epochs(&back.store).iter().all(|epoch| !second_life.contains(epoch)));
}

#[test]
fn backups_that_are_made_while_people_talk_are_beginnings_of_the_log() {
    let mut tuning = small();
    tuning.space.segment = 16 * 1024;
    for durability in [Durability::Fsync, Durability::Relaxed] {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let house = House::open(dir, tuning.clone(), durability).unwrap();
        let green = house.room("green");
        let backups = tempfile::tempdir().unwrap();
        let enough = AtomicBool::new(false);
        let mut made: Vec<(PathBuf, u64)> = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    house.chatter(&green, &alice(), 64);
                }
            });
            for n in 0..25 {
                let acknowledged = house.store.room(&green.id).unwrap().1.seq.0;
                let target = backups.path().join(n.to_string());
                copy(house.dir.path(), &target).unwrap();
                made.push((target, acknowledged));
            }
            enough.store(true, Ordering::Relaxed);
        });
        let page = |store: &Store| store.page(green.key, PageFrom::After(Seq(0)), usize::MAX, usize::MAX).unwrap();
        let whole = page(&house.store).events;
        assert!(made.last().unwrap().1 > made[0].1, "they talked meanwhile");
        for (target, acknowledged) in made.into_iter().step_by(4) {
            let report = check(&target).unwrap();
            assert!(report.sound && report.lost.is_empty(), "{report:?}");
            let copied = page(&brought_back(&target).store).events;
            assert!(copied.len() as u64 >= acknowledged, "{} of {acknowledged}", copied.len());
            assert_eq!(copied, whole[..copied.len()]);
        }
    }
}

#[test]
fn a_backup_that_was_changed_anywhere_is_refused_and_the_file_is_named() {
    let house = lived_in();
    let backups = tempfile::tempdir().unwrap();
    let target = backups.path().join("monday");
    copy(house.dir.path(), &target).unwrap();
    let data = backups.path().join("data");
    for (path, whole) in contents(&target) {
        for place in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let refused = restore(&target, &data).unwrap_err().to_string();
            assert!(refused.contains(path.to_str().unwrap()) && refused.contains("changed"), "{refused}");
        }
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(restore(&target, &data).unwrap_err().to_string().contains("changed"));
        std::fs::remove_file(&path).unwrap();
        let refused = restore(&target, &data).unwrap_err().to_string();
        assert!(refused.contains(path.file_name().unwrap().to_str().unwrap()), "{refused}");
        std::fs::write(&path, &whole).unwrap();
    }
    let surplus = target.join("journal/00000000000000999999.log");
    std::fs::write(&surplus, b"more").unwrap();
    assert!(matches!(restore(&target, &data), Err(RestoreFailed::Surplus(path)) if path == surplus));
    std::fs::remove_file(&surplus).unwrap();
    assert_eq!(std::fs::read_dir(backups.path()).unwrap().count(), 1, "nothing is left of what was refused");
    restore(&target, &data).unwrap();
}

#[test]
fn nothing_is_overwritten() {
    let house = lived_in();
    let backups = tempfile::tempdir().unwrap();
    let target = backups.path().join("monday");
    copy(house.dir.path(), &target).unwrap();
    let before = contents(&target);
    assert!(matches!(copy(house.dir.path(), &target), Err(BackupFailed::Exists(path)) if path == target));
    assert!(contents(&target) == before);
    assert!(matches!(restore(&target, house.dir.path()), Err(RestoreFailed::NotEmpty(_))));
    assert!(matches!(restore(backups.path(), &backups.path().join("data")), Err(RestoreFailed::NoBackup(_))));
}

#[test]
fn a_damaged_journal_is_copied_only_where_that_is_asked_for() {
    let dir = {
        let house = lived_in();
        house.settle();
        house.close().0
    };
    let oldest = segments(dir.path()).remove(0);
    overwrite(&oldest, find(&oldest, "7 of 70, by Alice"), b"X");
    let backups = tempfile::tempdir().unwrap();
    let target = backups.path().join("monday");
    let refused = copy(dir.path(), &target).unwrap_err().to_string();
    assert!(refused.contains("00000000000000000001.log") && refused.contains("--damaged-too"), "{refused}");
    assert_eq!(std::fs::read_dir(backups.path()).unwrap().count(), 0, "nothing is left of it");
    assert!(ask(dir.path(), &target, true).unwrap().damage.is_some());
    let back = brought_back(&target);
    assert_eq!(back.store.health().damaged, 1);
}

#[test]
fn a_journal_that_was_cut_off_is_no_backup() {
    let dir = {
        let house = lived_in();
        house.settle();
        house.close().0
    };
    let newest = segments(dir.path()).pop().unwrap();
    let cut = find(&newest, "0 of 5, by Bob");
    std::fs::OpenOptions::new().write(true).open(&newest).unwrap().set_len(cut).unwrap();
    let backups = tempfile::tempdir().unwrap();
    let refused = copy(dir.path(), &backups.path().join("monday")).unwrap_err().to_string();
    assert!(refused.contains("cellar has"), "{refused}");
}
