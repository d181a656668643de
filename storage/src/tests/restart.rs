//! What is still there when the store starts again.

use std::sync::Arc;

use super::support::{House, again, alice, bob, repeated, room_id, says, small, stored};
use crate::{Durability, Outcome, PageFrom, StartError, Store};
use greenroom_protocol::Seq;

/// A house in which a bit of everything has happened.
pub(super) fn lived_in() -> House {
    let house = House::new();
    for room in ["green", "attic", "cellar"] {
        let room = house.room(room);
        house.follow(&room, &alice()).unwrap();
        house.chatter(&room, &alice(), 70);
        house.chatter(&room, &bob(), 5);
        house.store.move_cursor(room.key, &alice(), true, Seq(72), Seq(71)).unwrap();
    }
    house
}

/// All that can be read, to be compared.
pub(super) fn everything(store: &Store) -> String {
    let mut rooms = store.rooms();
    rooms.sort_by_key(|(room, _)| room.id.clone());
    let mut text = String::new();
    for (room, head) in rooms {
        let page = store.page(room.key, PageFrom::Newest, usize::MAX, usize::MAX).unwrap();
        let messages = page.events.iter().filter_map(|event| event.event.message());
        let bodies: Vec<&str> = messages.map(|message| message.body.as_str()).collect();
        let mut cursors = store.cursors(room.key, 100).unwrap();
        cursors.sort_by_key(|(user, _)| user.id);
        let row = store.room_in_list(alice().id, room.key).unwrap();
        text += &format!("{room:?} {head:?} {:?} {bodies:?} {cursors:?} {row:?}\n", page.events);
    }
    text += &format!("{:?} {:?}", store.person(alice().id).unwrap(), store.person(bob().id).unwrap());
    text
}

#[test]
fn a_restart_keeps_everything() {
    let house = lived_in();
    let before = everything(&house.store);
    assert!(before.contains("69 of 70, by Alice"), "there is something to be kept");
    let house = house.restart();
    assert_eq!(everything(&house.store), before);
    let house = house.restart();
    assert_eq!(everything(&house.store), before);
}

#[test]
fn a_kill_keeps_everything_that_was_acknowledged() {
    let house = lived_in();
    house.wait_until("cursors are journaled", crate::Store::cursors_are_journaled);
    let before = everything(&house.store);
    assert_eq!(everything(&house.after_kill().store), before);
    house.settle();
    assert_eq!(everything(&house.after_kill().store), before);
}

#[test]
fn a_kill_during_recovery_changes_nothing() {
    let house = lived_in();
    house.settle();
    let before = everything(&house.store);
    let image = house.killed();
    let newest = super::segments::segments(image.path()).pop().unwrap();
    std::fs::write(newest.with_extension("log.new"), b"half a copy").unwrap();
    let house = House::open(image, small(), Durability::Fsync).unwrap();
    assert_eq!(everything(&house.store), before);
    assert_eq!(everything(&house.after_kill().store), before);
}

#[test]
fn a_repeat_is_known_after_a_restart() {
    let house = House::new();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    house.chatter(&green, &bob(), 200);
    let house = house.restart();
    house.room("green");
    assert!(super::segments::segments(house.dir.path()).len() > 3, "the message is in a sealed segment");
    assert_eq!(repeated(&house.say(again(&first))), Seq(1));
    assert_eq!(stored(&house.say(says(&green, &alice(), "next"))), Seq(202));
}

#[test]
fn a_second_start_on_one_directory_is_refused() {
    let house = House::new();
    let second = House::open(Arc::clone(&house.dir), small(), Durability::Fsync);
    assert!(matches!(second.err(), Some(StartError::Locked(_))));
    house.room("green");
}

#[test]
fn a_store_that_is_dropped_is_closed() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 3);
    let House { dir, store, .. } = house;
    drop(store);
    let house = House::open(dir, small(), Durability::Fsync).unwrap();
    assert_eq!(house.store.room(&room_id("green")).unwrap().1.seq, Seq(3));
    assert_eq!(house.store.health().applied, house.store.health().committed);
}

#[test]
fn relaxed_durability_keeps_everything_over_a_kill_and_over_the_end() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let house = House::open(dir, small(), Durability::Relaxed).unwrap();
    let green = house.room("green");
    house.chatter(&green, &alice(), 100);
    let before = everything(&house.store);
    assert_eq!(everything(&house.after_kill().store), before);
    house.settle();
    assert_eq!(everything(&house.after_kill().store), before);
    assert_eq!(everything(&house.restart().store), before);
}

#[test]
fn a_floor_above_the_journal_is_refused_and_says_what_to_do() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 20);
    let old = house.killed();
    house.chatter(&green, &alice(), 20);
    let (dir, tuning, durability) = house.close();
    std::fs::copy(dir.path().join("floor"), old.path().join("floor")).unwrap();
    let Err(StartError::Lost(text)) = House::open(Arc::clone(&old), tuning.clone(), durability) else {
        panic!("what was lost was not missed")
    };
    assert!(text.contains("green: 20 of 40 events") && text.contains("floor"), "{text}");
    std::fs::remove_file(old.path().join("floor")).unwrap();
    let house = House::open(old, tuning, durability).unwrap();
    assert_eq!(stored(&house.say(says(&green, &alice(), "we go on"))), Seq(21));
    assert!(matches!(house.submit_open("green", 1, false).wait(), Ok(opened) if opened.head.seq == Seq(21)));
}

#[test]
fn a_deleted_journal_is_missed() {
    let house = lived_in();
    let (dir, tuning, durability) = house.close();
    std::fs::remove_dir_all(dir.path().join("journal")).unwrap();
    assert!(matches!(House::open(dir, tuning, durability).err(), Some(StartError::Lost(_))));
}

#[test]
fn guests_are_known_after_a_restart() {
    let house = House::new();
    let token = house.store.guest_tokens().issue(&alice());
    let house = house.restart();
    assert_eq!(house.store.guest_tokens().verify(&token), Some(alice()));
    assert_eq!(House::new().store.guest_tokens().verify(&token), None);
}

#[test]
fn a_conflict_is_one_after_a_restart_too() {
    let house = House::new();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    let house = house.restart();
    let mut other = again(&first);
    other.body = greenroom_protocol::Body::parse("goodbye").unwrap();
    assert_eq!(house.say(other), Outcome::Conflict);
}
