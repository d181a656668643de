//! What is no more: for whoever reads, at once; on the disk, soon after.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use greenroom_protocol::{Event, RoomKind, Seq, Timestamp, User};
use tempfile::TempDir;

use super::damage::{find, overwrite};
use super::restart::everything;
use super::segments::{files, segments};
use super::support::{House, again, alice, bob, person, repeated, room_id, says, small, stored, swept};
use super::transfers::{lines_of, read};
use crate::documents::Change;
use crate::start::Tuning;
use crate::sweeping::Pace;
use crate::{Act, Append, Durability, Intent, Outcome, PageFrom, Room, Store, check};

const HOUR: Duration = Duration::from_secs(3_600);

/// Said at this moment, where all else is said long ago.
fn says_now(room: &Room, user: &User, body: &str) -> Append {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    Append {
        at: Timestamp::from_millis(millis.try_into().expect("before the year 300 million")),
        ..says(room, user, body)
    }
}

fn keeps_for(house: &House, room: &Room, retention: Option<Duration>) {
    let (title, topic) = (room.title.clone(), room.topic.clone());
    house.enact(room, &alice(), Act::Edit { title, topic, retention }).expect("Alice may");
}

fn erase(house: &House, user: &User) {
    let (told, told_here) = std::sync::mpsc::channel();
    let reply = Box::new(move |changed| told.send(changed).expect("a test waits for its answer"));
    let change = Change { expect: Vec::new(), put: Vec::new(), erase: Some(user.id), reply };
    house.store.submit(Intent::Change(change));
    told_here.recv().expect("an answer").expect("there is nothing against it");
}

/// Whether the journal has these words anywhere.
fn is_on_disk(dir: &Path, words: &str) -> bool {
    segments(dir).iter().any(|segment| {
        let bytes = std::fs::read(segment).expect("a segment");
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

fn first_seq(store: &Store, room: &Room) -> Seq {
    store.page(room.key, PageFrom::Newest, 1, usize::MAX).expect("it can be read").first_seq()
}

fn is_sound(dir: &Path) {
    let report = check(dir).unwrap();
    assert!(report.sound && report.findings.is_empty(), "{report:?}");
}

/// A house where 60 old things were said in a room that now keeps them for an hour, and 5 new ones; and one old thing
/// each in another room, by two.
struct Aged {
    house: House,
    green: Arc<Room>,
    blue: Arc<Room>,
    old: Append,
}

fn aged() -> Aged {
    let house = House::tuned(swept());
    let (green, blue) = (house.room("green"), house.room("blue"));
    house.follow(&green, &person("Carol")).unwrap();
    let old = says(&green, &alice(), "once upon a time");
    stored(&house.say(old.clone()));
    house.chatter(&green, &alice(), 59);
    for user in [alice(), bob()] {
        stored(&house.say(says(&blue, &user, &format!("blue for ever, says {}", user.name))));
    }
    keeps_for(&house, &green, Some(HOUR));
    for n in 0..5 {
        stored(&house.say(says_now(&green, &bob(), &format!("news {n}"))));
    }
    Aged { house, green, blue, old }
}

#[test]
fn what_is_older_than_its_room_keeps_it_is_no_more_and_the_rest_stays() {
    let Aged { house, green, blue, old } = aged();
    house.wait_until("the old is no more", |store| first_seq(store, &green) == Seq(62));
    let reads = |house: &House| {
        let page = |from| house.store.page(green.key, from, 100, usize::MAX).unwrap();
        let (newest, before, after) =
            (page(PageFrom::Newest), page(PageFrom::Before(Seq(64))), page(PageFrom::After(Seq(3))));
        assert_eq!((newest.events.len(), newest.more, newest.events[0].event.seq()), (5, false, Seq(62)));
        assert_eq!((before.events.len(), before.more), (2, false));
        assert_eq!((after.events.len(), after.more, after.first_seq()), (5, false, Seq(62)));
        assert!(page(PageFrom::Before(Seq(62))).events.is_empty() && !page(PageFrom::Before(Seq(9))).more);
        let list = house.store.rooms_of(person("Carol").id).unwrap();
        let [row] = &list[..] else { panic!("{list:?}") };
        assert_eq!(row.room.messages_behind(row.cursor.read_ordinal, row.head), 5, "what is no more is not unread");
        assert_eq!((row.room.retention, row.last.as_ref().map(|last| last.seq)), (Some(HOUR), Some(Seq(66))));
        assert_eq!(first_seq(&house.store, &blue), Seq(1));
    };
    reads(&house);
    assert_eq!(house.ear.trimmed().last().map(|room| room.first_seq()), Some(Seq(62)));
    house.wait_until("it has left the disk", |_| !is_on_disk(house.dir.path(), "of 59, by Alice"));
    assert!(!is_on_disk(house.dir.path(), "once upon a time") && is_on_disk(house.dir.path(), "blue for ever"));
    reads(&house);
    assert_eq!(repeated(&house.say(again(&old))), Seq(1), "it is known still");
    let otherwise = Append { body: says(&green, &alice(), "never").body, ..again(&old) };
    assert_eq!(house.say(otherwise), Outcome::Conflict);
    house.settle();
    let (dir, tuning, durability) = house.close();
    is_sound(dir.path());
    for without_index in [false, true] {
        if without_index {
            std::fs::remove_dir_all(dir.path().join("index")).unwrap();
        }
        let house = House::open(Arc::clone(&dir), tuning.clone(), durability).unwrap();
        house.room("green");
        reads(&house);
        assert_eq!(repeated(&house.say(again(&old))), Seq(1));
        house.close();
    }
}

#[test]
fn a_room_that_keeps_its_events_for_ever_again_loses_no_more() {
    let house = House::tuned(swept());
    let green = house.room("green");
    house.chatter(&green, &alice(), 8);
    keeps_for(&house, &green, Some(HOUR));
    house.wait_until("the old is no more", |store| first_seq(store, &green) == Seq(10));
    assert!(house.store.rooms_of(alice().id).unwrap().is_empty());
    assert!(house.store.page(green.key, PageFrom::Newest, 9, 9).unwrap().events.is_empty());
    keeps_for(&house, &green, None);
    house.chatter(&green, &alice(), 8);
    let blue = house.room("blue");
    house.chatter(&blue, &alice(), 8);
    keeps_for(&house, &blue, Some(HOUR));
    house.wait_until("the next room is trimmed", |store| first_seq(store, &blue) == Seq(10));
    assert_eq!(first_seq(&house.store, &green), Seq(10));
    assert_eq!(house.store.page(green.key, PageFrom::Newest, 99, usize::MAX).unwrap().events.len(), 9);
}

/// Which events of a room are shown as erased, and which as messages.
fn shown(store: &Store, room: &Room) -> (Vec<u64>, Vec<u64>) {
    let page = store.page(room.key, PageFrom::Newest, 1_000, usize::MAX).unwrap();
    let seqs = |erased: bool| {
        let of = page.events.iter().filter(|event| matches!(event.event, Event::Erased { .. }) == erased);
        of.map(|event| event.event.seq().0).collect()
    };
    assert!(page.events.iter().enumerate().all(|(n, event)| event.ordinal == n as u64 + 1), "all keep their places");
    (seqs(true), seqs(false))
}

/// Alice and Bob have said 40 things each, in turn.
fn talked(house: &House) -> Arc<Room> {
    let green = house.room("green");
    for n in 0..40 {
        for user in [alice(), bob()] {
            stored(&house.say(says(
                &green,
                &user,
                &format!("{n} of many, by {}{}", user.name, " and so on".repeat(15)),
            )));
        }
    }
    green
}

#[test]
fn what_somebody_has_said_is_erased_at_once_and_leaves_the_disk() {
    let house = House::tuned(swept());
    let green = talked(&house);
    let first = says(&green, &alice(), "my secret");
    assert_eq!(stored(&house.say(first.clone())), Seq(81));
    erase(&house, &alice());
    let (erased, left) = shown(&house.store, &green);
    assert_eq!((erased.len(), left.len(), erased[0], left[0]), (41, 40, 1, 2));
    assert_eq!(house.ear.erased(), [alice().id]);
    assert_eq!(house.store.rooms_of(bob().id).unwrap().len(), 0);
    house.wait_until("it has left the disk", |_| !is_on_disk(house.dir.path(), "by Alice"));
    house.wait_until("the newest has, too", |_| !is_on_disk(house.dir.path(), "my secret"));
    assert!(is_on_disk(house.dir.path(), "0 of many, by Bob") && is_on_disk(house.dir.path(), "39 of many, by Bob"));
    assert_eq!(shown(&house.store, &green), (erased.clone(), left.clone()));
    assert_eq!(repeated(&house.say(again(&first))), Seq(81), "it is not said a second time");
    // Whoever stays says what they like.
    assert_eq!(stored(&house.say(says(&green, &alice(), "I am back"))), Seq(82));
    house.settle();
    let (dir, tuning, durability) = house.close();
    is_sound(dir.path());
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let house = House::open(dir, tuning, durability).unwrap();
    assert_eq!(shown(&house.store, &green), (erased, [left, vec![82]].concat()));
}

#[test]
fn before_it_leaves_the_disk_it_is_no_more_either_after_a_kill() {
    let house = House::new();
    let green = talked(&house);
    erase(&house, &alice());
    let before = shown(&house.store, &green);
    assert!(is_on_disk(house.dir.path(), "by Alice") && before.0.len() == 40);
    let killed = house.after_kill();
    assert_eq!(shown(&killed.store, &green), before);
}

#[test]
fn an_export_has_no_word_of_what_is_no_more_and_an_import_keeps_the_places() {
    // Not swept: all of it is still on the disk.
    for tuning in [Tuning { sweep: Pace { old: HOUR, round: HOUR, ..swept().sweep }, ..small() }, swept()] {
        let house = House::tuned(tuning);
        let green = talked(&house);
        let blue = house.room("blue");
        house.chatter(&blue, &alice(), 9);
        keeps_for(&house, &blue, Some(HOUR));
        stored(&house.say(says_now(&blue, &bob(), "blue is new")));
        house.wait_until("the old is no more", |store| first_seq(store, &blue) == Seq(11));
        erase(&house, &bob());
        stored(&house.say(says_now(&blue, &bob(), "blue is newer")));
        let seen = |store: &Store| {
            let page = store.page(blue.key, PageFrom::Newest, 100, usize::MAX).unwrap();
            (shown(store, &green), page.events.len(), page.first_seq(), store.room(&blue.id).unwrap().0.retention)
        };
        let before = seen(&house.store);
        assert_eq!((before.0.0.len(), before.1, before.3), (40, 2, Some(HOUR)));
        house.settle();
        let dir = house.close().0;
        let (lines, exported) = lines_of(dir.path(), None, false).unwrap();
        assert!(!lines.contains("by Bob") && !lines.contains("of 9, by Alice") && !lines.contains("blue is new\""));
        assert!(lines.contains("0 of many, by Alice") && lines.contains("blue is newer"));
        assert_eq!((exported.messages, exported.lost), (41, 0));
        let house = House::open(read(&lines).unwrap().0, swept(), Durability::Fsync).unwrap();
        house.wait_until("it is as it was", |store| seen(store) == before);
        house.settle();
        is_sound(house.close().0.path());
    }
}

#[test]
fn a_deleted_room_leaves_the_disk() {
    let house = House::tuned(swept());
    let cellar = house.make(room_id("cellar"), RoomKind::Private, &alice(), &[]).unwrap();
    house.room("cellar");
    house.chatter(&cellar, &alice(), 60);
    let green = house.room("green");
    house.chatter(&green, &bob(), 60);
    house.enact(&cellar, &alice(), Act::Delete).unwrap();
    house.wait_until("it has left the disk", |_| !is_on_disk(house.dir.path(), "by Alice"));
    assert!(is_on_disk(house.dir.path(), "0 of 60, by Bob") && is_on_disk(house.dir.path(), "59 of 60, by Bob"));
    is_sound(house.close().0.path());
}

/// The same directory before and after it was swept, with nobody in it.
fn before_and_after() -> (Arc<TempDir>, Arc<TempDir>, String) {
    let house = House::new();
    talked(&house);
    erase(&house, &alice());
    let before = house.close().0;
    let image = House::open(Arc::clone(&before), small(), Durability::Fsync).unwrap();
    let after = image.killed();
    image.close();
    let house = House::open(Arc::clone(&after), swept(), Durability::Fsync).unwrap();
    house.wait_until("it has left the disk", |_| !is_on_disk(house.dir.path(), "by Alice"));
    house.settle();
    let all = everything(&house.store);
    house.close();
    (before, after, all)
}

#[test]
fn a_power_cut_at_any_step_of_a_rewriting_costs_nothing() {
    let (before, after, all) = before_and_after();
    let (old, new) = (segments(before.path()), segments(after.path()));
    assert!(old.len() > 4 && files(before.path(), "idx").len() >= old.len() - 1);
    let whole = std::fs::read(&new[1]).unwrap();
    assert_ne!(whole, std::fs::read(&old[1]).unwrap(), "it was rewritten");
    for step in 0..4 {
        let image = tempfile::tempdir().unwrap();
        super::support::copy(before.path(), image.path());
        let log = segments(image.path()).remove(1);
        if step > 0 {
            std::fs::remove_file(log.with_extension("idx")).unwrap();
        }
        match step {
            2 => std::fs::write(log.with_extension("new"), &whole[..whole.len() / 2]).unwrap(),
            3 => std::fs::write(&log, &whole).unwrap(),
            _ => {}
        }
        let house = House::open(Arc::new(image), swept(), Durability::Fsync).unwrap();
        assert_eq!(everything(&house.store), all, "after step {step}");
        house.wait_until("it has left the disk", |_| !is_on_disk(house.dir.path(), "by Alice"));
        assert_eq!(everything(&house.store), all, "after step {step}, swept");
        assert_eq!(house.store.health().damaged, 0);
    }
}

#[test]
fn a_damaged_segment_is_left_as_it_is_and_the_others_are_swept() {
    let house = House::new();
    let green = talked(&house);
    erase(&house, &alice());
    let dir = house.close().0;
    let damaged = segments(dir.path()).remove(1);
    let by_alice = find(&damaged, "by Alice");
    overwrite(&damaged, by_alice, b"X");
    let was = std::fs::read(&damaged).unwrap();
    let house = House::open(dir, swept(), Durability::Fsync).unwrap();
    let others = || segments(house.dir.path()).into_iter().filter(|segment| *segment != damaged);
    let has = |segment: &Path| std::fs::read(segment).unwrap().windows(8).any(|window| window == b"by Alice");
    house.wait_until("the others are swept", |_| !others().any(|segment| has(&segment)));
    assert_eq!(std::fs::read(&damaged).unwrap(), was);
    let (erased, left) = shown(&house.store, &green);
    assert_eq!((erased.len(), left.len()), (39, 41), "all but the damaged one, which is shown as that");
}

#[test]
fn whoever_reads_while_it_is_swept_sees_all_that_is_left() {
    let house = House::tuned(swept());
    let green = talked(&house);
    let said = house.say(says(&green, &bob(), "the end"));
    stored(&said);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut seen = 0;
            while is_on_disk(house.dir.path(), "by Alice") {
                let page = house.store.page(green.key, PageFrom::Newest, 1_000, usize::MAX).unwrap();
                let bobs = page.events.iter().filter_map(|event| event.event.message());
                assert_eq!(bobs.filter(|message| message.user == bob()).count(), 41);
                seen += 1;
            }
            seen
        });
        erase(&house, &alice());
        assert!(reading.join().unwrap() > 0, "somebody has read");
    });
    assert_eq!(house.store.health().damaged, 0);
}
