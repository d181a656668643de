//! Bits that rot, and files that vanish.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::restart::{everything, lived_in};
use super::segments::segments;
use super::support::{House, alice, says, stored};
use crate::data_dir::DataDir;
use crate::index::Index;
use crate::start::Tuning;
use crate::{PageFrom, RoomKey, StartError, Store};
use greenroom_protocol::{Event, Seq};

pub(super) fn overwrite(path: &Path, place: u64, bytes: &[u8]) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, place).unwrap();
}

/// Where these words are in a file.
pub(super) fn find(path: &Path, words: &str) -> u64 {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(words.len()).position(|window| window == words.as_bytes()).unwrap() as u64
}

#[test]
fn a_deleted_index_is_made_again_to_the_same() {
    let house = lived_in();
    let (dir, tuning, durability) = house.restart().close();
    let house = House::open(dir, tuning, durability).unwrap();
    let before = everything(&house.store);
    let (dir, tuning, durability) = house.close();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(everything(&house.store), before);
    house.settle();
    assert_eq!(everything(&house.restart().store), before);
}

#[test]
fn an_index_with_damaged_files_is_made_again() {
    let house = lived_in().restart();
    let before = everything(&house.store);
    let (dir, tuning, durability) = house.close();
    let db = dir.path().join("index/db");
    let whole = std::fs::read(&db).unwrap();
    assert!(whole.len() > 10_000);
    for (from, to) in [(0, 512), (0, whole.len()), (whole.len() / 3, whole.len() / 3 + 2_000), (700, 1_500)] {
        let mut damaged = whole.clone();
        damaged[from..to].fill(0x5a);
        std::fs::write(&db, damaged).unwrap();
        let house = House::open(std::sync::Arc::clone(&dir), tuning.clone(), durability).unwrap();
        house.wait_until("it can be read", |store| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| everything(store))).is_ok()
        });
        assert_eq!(everything(&house.store), before, "damaged from {from} to {to}");
        house.close();
    }
}

/// As a crash leaves it that came while a layer was being taken over, and with it a disk that lost the journal's end.
#[test]
fn an_index_that_reaches_beyond_the_journal_is_made_again() {
    let house = House::tuned(Tuning::default());
    let green = house.room("green");
    house.chatter(&green, &alice(), 100);
    let (dir, tuning, durability) = house.close();
    let journal = segments(dir.path()).remove(0);
    let cut = find(&journal, "60 of 100");
    std::fs::OpenOptions::new().write(true).open(&journal).unwrap().set_len(cut).unwrap();
    std::fs::remove_file(dir.path().join("floor")).unwrap();
    let store = DataDir::open(dir.path()).unwrap().store;
    let index = Index::open(&dir.path().join("index"), store).unwrap();
    assert!(index.reached().unwrap() > 60, "it knows what is lost");
    index.set_applied(10).unwrap();
    index.sync().unwrap();
    drop(index);

    let house = House::open(dir, tuning, durability).unwrap();
    let page = house.store.page(green.key, PageFrom::After(Seq(0)), 200, 1 << 20).unwrap();
    let left = page.events.len() as u64;
    assert!(left > 0 && left < 100, "{left}");
    assert!(page.events.iter().all(|event| event.event.message().is_some()), "none is unreadable");
    assert_eq!(stored(&house.say(says(&green, &alice(), "on"))), Seq(left + 1));
    assert!(!house.store.health().rebuilding);
}

#[test]
fn an_index_of_a_journal_that_was_put_back_is_made_again() {
    let house = lived_in();
    house.settle();
    let old = house.killed();
    let before = everything(&House::open(old, house.tuning.clone(), house.durability).unwrap().store);
    let old = house.killed();
    house.chatter(&house.room("green"), &alice(), 30);
    house.settle();
    let (dir, tuning, durability) = house.close();
    std::fs::remove_dir_all(dir.path().join("journal")).unwrap();
    super::support::copy(&old.path().join("journal"), &dir.path().join("journal"));
    std::fs::remove_file(dir.path().join("floor")).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(everything(&house.store), before);
}

#[test]
fn a_damaged_record_in_a_sealed_segment_keeps_its_place() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 200);
    house.settle();
    let oldest = segments(house.dir.path()).remove(0);
    let place = find(&oldest, "7 of 200, by Alice");
    overwrite(&oldest, place, b"X");
    let page = house.store.page(green.key, PageFrom::After(Seq(0)), 20, usize::MAX).unwrap();
    assert_eq!(page.events[7].event, Event::Unreadable { room: green.id.clone(), seq: Seq(8) });
    assert_eq!(page.events.iter().filter(|event| event.event.message().is_some()).count(), 19);
    house.store.page(green.key, PageFrom::After(Seq(0)), 20, usize::MAX).unwrap();
    assert_eq!(house.store.health().damaged, 1, "counted once");
    let listed = house.store.unreadable();
    assert_eq!(listed.len(), 1, "listed once: {listed:?}");
    assert_eq!((&listed[0].room, listed[0].seq), (&green.id, Seq(8)));
}

#[test]
fn damage_in_the_newest_segment_is_told_and_what_follows_survives() {
    let mut tuning = super::support::small();
    tuning.space.segment = 1 << 20;
    let house = House::tuned(tuning);
    let green = house.room("green");
    for n in 1..=20 {
        stored(&house.say(says(&green, &alice(), &format!("number {n}."))));
    }
    house.settle();
    for index_too in [false, true] {
        let image = house.killed();
        let newest = segments(image.path()).pop().unwrap();
        overwrite(&newest, find(&newest, "number 7."), b"X");
        if index_too {
            std::fs::remove_dir_all(image.path().join("index")).unwrap();
        }
        let damaged = House::open(image, house.tuning.clone(), house.durability).unwrap();
        assert_eq!(damaged.store.health().damaged, 1);
        let page = damaged.store.page(green.key, PageFrom::Newest, 100, usize::MAX).unwrap();
        assert_eq!(page.events.len(), 20);
        for (event, seq) in page.events.iter().zip(1..) {
            assert_eq!(event.event.seq(), Seq(seq));
            assert_eq!(event.event.message().is_none(), seq == 7, "{event:?}");
            assert_eq!(event.ordinal, seq);
        }
        assert_eq!(stored(&damaged.say(says(&green, &alice(), "next"))), Seq(21));
        assert_eq!(super::segments::files(damaged.dir.path(), "damaged-1").len(), 1);
        let damaged = damaged.restart();
        assert_eq!(damaged.store.room(&green.id).unwrap().1.seq, Seq(21));
    }
}

#[test]
fn a_rooms_last_events_that_are_damaged_keep_their_places_by_the_floor() {
    let mut tuning = super::support::small();
    tuning.space.segment = 1 << 20;
    let house = House::tuned(tuning);
    let (green, attic) = (house.room("green"), house.room("attic"));
    for n in 1..=5 {
        stored(&house.say(says(&green, &alice(), &format!("number {n}."))));
    }
    stored(&house.say(says(&attic, &alice(), "elsewhere")));
    house.settle();
    let (dir, tuning, durability) = house.close();
    let newest = segments(dir.path()).pop().unwrap();
    overwrite(&newest, find(&newest, "number 5."), b"X");
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(5), "the lost event's place is not given again");
    let page = house.store.page(green.key, PageFrom::Newest, 1, usize::MAX).unwrap();
    assert_eq!(page.events[0].event, Event::Unreadable { room: green.id.clone(), seq: Seq(5) });
    assert_eq!(stored(&house.say(says(&green, &alice(), "next"))), Seq(6));
    let (dir, tuning, durability) = house.close();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(6));
}

#[test]
fn a_room_whose_making_was_lost_keeps_its_messages() {
    let mut tuning = super::support::small();
    tuning.space.segment = 1 << 20;
    let house = House::tuned(tuning);
    let green = house.room("green");
    house.chatter(&green, &alice(), 5);
    let (dir, tuning, durability) = house.close();
    let newest = segments(dir.path()).pop().unwrap();
    overwrite(&newest, find(&newest, "green"), b"X");
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    let page = house.store.page(green.key, PageFrom::Newest, 10, usize::MAX).unwrap();
    assert_eq!(page.events.iter().filter(|event| event.event.message().is_some()).count(), 5);
    assert!(house.store.rooms()[0].0.id.as_str().starts_with("lost-"));
}

#[test]
fn an_index_that_breaks_while_it_is_in_use_is_made_again_while_messages_go_on() {
    let house = lived_in();
    house.settle();
    let before = everything(&house.store);
    house.store.break_index();
    let green = house.store.room(&super::support::room_id("green")).unwrap().0;
    assert_eq!(stored(&house.say(says(&green, &alice(), "meanwhile"))), Seq(76));
    house.wait_until("the index is made again", |store| !store.health().rebuilding);
    house.settle();
    let after = everything(&house.store);
    assert!(after.contains("meanwhile") && after.len() > before.len());
    assert_eq!(everything(&house.restart().store), after);
}

#[test]
fn a_torn_end_is_cut_at_every_byte_and_no_acknowledged_message_is_lost() {
    let mut tuning = super::support::small();
    tuning.space.segment = 1 << 20;
    let house = House::tuned(tuning);
    let green = house.room("green");
    house.chatter(&green, &alice(), 3);
    let before = house.killed();
    let kept = segments(before.path()).pop().unwrap();
    let end = find_end(&kept);
    stored(&house.say(says(&green, &alice(), "the last, which is torn")));
    let after = house.killed();
    let newest = segments(after.path()).pop().unwrap();
    let whole = std::fs::read(&newest).unwrap();
    let last = find_end(&newest);
    std::fs::remove_file(after.path().join("floor")).unwrap();
    for cut in (end..last).step_by(7) {
        std::fs::write(&newest, &whole[..cut]).unwrap();
        let image = std::sync::Arc::new(tempfile::tempdir().unwrap());
        super::support::copy(after.path(), image.path());
        std::fs::remove_dir_all(image.path().join("index")).unwrap();
        let house = House::open(image, house.tuning.clone(), house.durability).unwrap();
        assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(3), "cut at {cut}");
        assert_eq!(house.store.health().damaged, 0);
    }
}

/// Where the zeros begin that a segment ends with.
fn find_end(path: &Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1
}

#[test]
fn a_whole_segment_that_is_gone_leaves_the_places_of_its_messages() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 300);
    let (dir, tuning, durability) = house.close();
    let second = segments(dir.path()).remove(1);
    std::fs::remove_file(&second).unwrap();
    std::fs::remove_file(second.with_extension("idx")).unwrap();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let house = House::open(dir, tuning, durability);
    let house = match house {
        Ok(house) => house,
        Err(StartError::Lost(text)) => panic!("{text}"),
        Err(error) => panic!("{error}"),
    };
    let page = house.store.page(green.key, PageFrom::Newest, 1_000, usize::MAX).unwrap();
    assert_eq!(page.events.len(), 300);
    let lost = page.events.iter().filter(|event| event.event.message().is_none()).count();
    assert!(lost > 5 && house.store.health().damaged >= lost as u64, "{lost} {:?}", house.store.health());
}

#[test]
fn of_a_damaged_batch_only_the_damaged_message_is_lost() {
    let mut tuning = super::support::small();
    tuning.space.segment = 1 << 20;
    let house = House::tuned(tuning);
    let green = house.room("green");
    let tickets: Vec<_> = (1..=200).map(|n| house.submit(says(&green, &alice(), &format!("number {n}.")))).collect();
    for ticket in tickets {
        stored(&house.ear.outcome(ticket).unwrap());
    }
    stored(&house.say(says(&green, &alice(), "behind it")));
    let image = house.killed();
    let newest = segments(image.path()).pop().unwrap();
    overwrite(&newest, find(&newest, "number 150."), b"X");
    std::fs::remove_dir_all(image.path().join("index")).unwrap();
    let mut damaged = House::open(image, house.tuning.clone(), house.durability).unwrap();
    for _ in 0..3 {
        let page = damaged.store.page(green.key, PageFrom::Newest, 1_000, usize::MAX).unwrap();
        let lost: Vec<Seq> =
            page.events.iter().filter(|event| event.event.message().is_none()).map(|event| event.event.seq()).collect();
        assert_eq!((page.events.len(), lost), (201, vec![Seq(150)]));
        assert_eq!(super::segments::files(damaged.dir.path(), "damaged-1").len(), 1);
        assert_eq!(super::segments::files(damaged.dir.path(), "damaged-2").len(), 0, "it is cured once");
        damaged = damaged.restart();
    }
}

/// What can be read of each room: every place, and what is there where it can be read.
fn places(store: &Store, what: &str) -> BTreeMap<RoomKey, Vec<(Seq, Option<String>)>> {
    let rooms = store.rooms().into_iter().map(|(room, _)| {
        let page = store.page(room.key, PageFrom::Newest, usize::MAX, usize::MAX);
        let page = page.unwrap_or_else(|error| panic!("{what}: {}: {error:?}", room.id));
        let events = page.events.iter().map(|event| {
            let body = event.event.message().map(|message| message.body.as_str().to_owned());
            (event.event.seq(), body)
        });
        (room.key, events.collect())
    });
    rooms.collect()
}

#[test]
fn a_flipped_bit_anywhere_is_seen_and_no_log_is_ever_silently_shorter() {
    const FLIPS: usize = 200;
    let house = lived_in();
    house.settle();
    let before = places(&house.store, "nothing is damaged");
    assert_eq!(before.values().map(Vec::len).collect::<Vec<_>>(), [75, 75, 75]);
    let files: Vec<PathBuf> = [segments(house.dir.path()), super::segments::files(house.dir.path(), "idx")].concat();
    let (dir, tuning, durability) = house.close();
    let files: Vec<PathBuf> =
        files.into_iter().filter(|path| path.exists()).chain([dir.path().join("floor")]).collect();
    let all: usize = files.iter().map(|file| find_end(file)).sum();
    let mut hurt = 0;
    for flip in 0..FLIPS {
        let image = Arc::new(tempfile::tempdir().unwrap());
        super::support::copy(dir.path(), image.path());
        // Every other time the index is there and remembers.
        if flip % 2 == 0 {
            std::fs::remove_dir_all(image.path().join("index")).unwrap();
        }
        let (file, place) = place_of(&files, all * flip / FLIPS);
        let file = image.path().join(file.strip_prefix(dir.path()).unwrap());
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[place] ^= 1 << (flip % 8);
        std::fs::write(&file, bytes).unwrap();
        let what = format!("bit {} of byte {place} of {}", flip % 8, file.display());

        let house = House::open(image, tuning.clone(), durability).unwrap_or_else(|error| panic!("{what}: {error}"));
        house.settle();
        let after = places(&house.store, &what);
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{what}");
        let mut lost = 0;
        for (was, is) in before.values().flatten().zip(after.values().flatten()) {
            assert_eq!(was.0, is.0, "{what}: each event keeps its place");
            assert!(is.1.is_none() || is.1 == was.1, "{what}: {is:?} was {was:?}");
            lost += usize::from(is.1.is_none());
        }
        assert_eq!(after.values().flatten().count(), 225, "{what}: no log is shorter");
        // What is damaged may be a cursor, too.
        assert!(lost == 0 || house.store.health().damaged > 0, "{what}: {lost} are lost, and nobody says so");
        hurt += usize::from(lost > 0);
    }
    assert!(hurt > FLIPS / 6, "messages were hit: {hurt}");
}

/// Which file a byte of all of them is in, and where.
fn place_of(files: &[PathBuf], mut byte: usize) -> (&Path, usize) {
    for file in files {
        let end = find_end(file);
        if byte < end {
            return (file, byte);
        }
        byte -= end;
    }
    unreachable!("all of them have so many bytes")
}

#[test]
fn a_directory_that_says_it_is_another_store_is_refused_and_not_touched() {
    let house = lived_in();
    house.settle();
    let (dir, tuning, durability) = house.close();
    let format = dir.path().join("format");
    let whole = std::fs::read_to_string(&format).unwrap();
    let digit = whole.rfind(|digit: char| digit.is_ascii_hexdigit()).unwrap();
    let other = if whole.as_bytes()[digit] == b'0' { "1" } else { "0" };
    let mut flipped = whole.clone();
    flipped.replace_range(digit..=digit, other);
    std::fs::write(&format, &flipped).unwrap();
    let journal = |dir: &Path| segments(dir).iter().map(|segment| std::fs::read(segment).unwrap()).collect::<Vec<_>>();
    let before = journal(dir.path());
    let opened = House::open(Arc::clone(&dir), tuning.clone(), durability);
    let Err(error @ StartError::Foreign { .. }) = opened else {
        panic!("{:?}", opened.map(|house| house.store.health()))
    };
    assert!(error.to_string().contains("format"), "{error}");
    assert!(journal(dir.path()) == before, "the journal is as it was");
    std::fs::write(&format, &whole).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(places(&house.store, "mended").values().flatten().count(), 225);
}

#[test]
fn a_flipped_bit_in_the_index_costs_nothing() {
    const FLIPS: usize = 60;
    let house = lived_in();
    house.settle();
    let house = house.restart();
    house.settle();
    let before = places(&house.store, "nothing is damaged");
    let (dir, tuning, durability) = house.close();
    let index = dir.path().join("index");
    let files: Vec<PathBuf> = std::fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().path()).collect();
    let files: Vec<PathBuf> = files.into_iter().filter(|path| path.is_file() && holds_something(path)).collect();
    let all: usize = files.iter().map(|file| find_end(file)).sum();
    assert!(all > 1_000, "there is an index: {all} bytes in {files:?}");
    for flip in 0..FLIPS {
        let image = Arc::new(tempfile::tempdir().unwrap());
        super::support::copy(dir.path(), image.path());
        let (file, place) = place_of(&files, all * flip / FLIPS);
        let file = image.path().join(file.strip_prefix(dir.path()).unwrap());
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[place] ^= 1 << (flip % 8);
        std::fs::write(&file, bytes).unwrap();
        let what = format!("bit {} of byte {place} of {}", flip % 8, file.display());
        let house = House::open(image, tuning.clone(), durability).unwrap_or_else(|error| panic!("{what}: {error}"));
        house.wait_until(&what, |store| {
            let read = std::panic::AssertUnwindSafe(|| places(store, &what));
            std::panic::catch_unwind(read).is_ok()
        });
        assert!(places(&house.store, &what) == before, "{what}");
        assert_eq!(house.store.health().damaged, 0, "{what}");
    }
}

fn holds_something(path: &Path) -> bool {
    std::fs::read(path).unwrap().iter().any(|&byte| byte != 0)
}
