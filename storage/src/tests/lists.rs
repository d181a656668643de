//! People, their lists, and how far they have read.

use super::support::{House, alice, bob, person, says, stored};
use crate::{Cursor, ReadError, RoomKey};
use greenroom_protocol::{Name, Seq};

#[test]
fn a_room_comes_into_a_list_once() {
    let house = House::new();
    let (green, attic) = (house.room("green"), house.room("attic"));
    assert_eq!(house.follow(&green, &alice()), Ok(true));
    assert_eq!(house.follow(&green, &alice()), Ok(false));
    house.settle();
    assert_eq!(house.follow(&green, &alice()), Ok(false), "also when only the index knows");
    assert_eq!(house.follow(&attic, &alice()), Ok(true));
    let list = house.store.rooms_of(alice().id).unwrap();
    assert_eq!(list.len(), 2);
    assert!(house.store.rooms_of(bob().id).unwrap().is_empty());
    assert!(house.store.room_in_list(bob().id, green.key).unwrap().is_none());
}

#[test]
fn a_list_shows_the_last_message_and_what_is_unread() {
    let house = House::new();
    let green = house.room("green");
    house.follow(&green, &bob()).unwrap();
    assert!(house.store.room_in_list(bob().id, green.key).unwrap().unwrap().last.is_none());
    house.chatter(&green, &alice(), 9);
    stored(&house.say(says(&green, &alice(), "the last word")));
    house.store.move_cursor(green.key, &bob(), true, Seq(8), Seq(4)).unwrap();
    for _ in ["from memory", "from the index"] {
        let row = house.store.room_in_list(bob().id, green.key).unwrap().unwrap();
        assert_eq!(row.head.ordinal - row.cursor.read_ordinal, 6);
        let last = row.last.unwrap();
        assert_eq!((last.seq, last.body.as_str(), last.user), (Seq(10), "the last word", alice()));
        house.settle();
    }
}

#[test]
fn sending_moves_ones_own_cursor() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 3);
    stored(&house.say(says(&green, &bob(), "I have read you")));
    let expected = Cursor { delivered: Seq(4), read: Seq(4), read_ordinal: 4 };
    for _ in ["from memory", "from the index"] {
        assert_eq!(house.store.cursor(green.key, bob().id).unwrap(), expected);
        assert_eq!(house.store.cursor(green.key, alice().id).unwrap().read, Seq(3));
        house.settle();
    }
}

#[test]
fn a_cursor_moves_forward_only_and_at_most_to_the_head() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 5);
    let moved = |delivered, read| house.store.move_cursor(green.key, &bob(), true, Seq(delivered), Seq(read)).unwrap();
    assert_eq!(moved(3, 2), Cursor { delivered: Seq(3), read: Seq(2), read_ordinal: 2 });
    assert_eq!(moved(1, 1), Cursor { delivered: Seq(3), read: Seq(2), read_ordinal: 2 });
    assert_eq!(moved(0, 4), Cursor { delivered: Seq(4), read: Seq(4), read_ordinal: 4 }, "what is read has arrived");
    assert_eq!(moved(99, 99), Cursor { delivered: Seq(5), read: Seq(5), read_ordinal: 5 });
    let missing = house.store.move_cursor(RoomKey(uuid::Uuid::nil()), &bob(), true, Seq(1), Seq(1));
    assert_eq!(missing.unwrap_err(), ReadError::NoRoom);
}

#[test]
fn the_cursors_of_a_room_are_found_wherever_they_are() {
    let house = House::new();
    let (green, attic) = (house.room("green"), house.room("attic"));
    stored(&house.say(says(&green, &alice(), "first")));
    house.settle();
    stored(&house.say(says(&green, &person("Carol"), "second")));
    house.store.move_cursor(green.key, &bob(), true, Seq(1), Seq(1)).unwrap();
    house.store.move_cursor(green.key, &alice(), true, Seq(2), Seq(2)).unwrap();
    stored(&house.say(says(&attic, &person("Dave"), "elsewhere")));
    let mut found = house.store.cursors(green.key, 10).unwrap();
    found.sort_by_key(|(user, _)| user.name.clone());
    let found: Vec<_> = found.iter().map(|(user, cursor)| (user.name.as_str(), cursor.read.0)).collect();
    assert_eq!(found, [("Alice", 2), ("Bob", 1), ("Carol", 2)]);
    assert_eq!(house.store.cursors(green.key, 2).unwrap().len(), 2);
}

#[test]
fn cursors_survive_the_end_and_so_does_who_moved_them() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 5);
    house.store.move_cursor(green.key, &bob(), true, Seq(4), Seq(3)).unwrap();
    let house = house.restart();
    let kept = Cursor { delivered: Seq(4), read: Seq(3), read_ordinal: 3 };
    assert_eq!(house.store.cursor(green.key, bob().id).unwrap(), kept);
    assert_eq!(house.store.person(bob().id).unwrap(), Some((bob(), true)));
}

#[test]
fn a_moved_cursor_is_journaled_without_being_asked_for() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 5);
    let before = house.store.health().committed;
    house.store.move_cursor(green.key, &bob(), true, Seq(4), Seq(3)).unwrap();
    house.wait_until("the cursor is journaled", |store| store.health().committed > before);
    let killed = house.after_kill();
    assert_eq!(killed.store.cursor(green.key, bob().id).unwrap().read, Seq(3));
}

#[test]
fn a_person_is_known_once_they_write_and_by_their_newest_name() {
    let house = House::new();
    let green = house.room("green");
    assert_eq!(house.store.person(alice().id).unwrap(), None);
    stored(&house.say(says(&green, &alice(), "hello")));
    assert_eq!(house.store.person(alice().id).unwrap(), Some((alice(), true)));
    let mut renamed = alice();
    renamed.name = Name::guest("Alicia").unwrap();
    stored(&house.say(says(&green, &renamed, "it's still me")));
    let house = house.restart();
    assert_eq!(house.store.person(alice().id).unwrap(), Some((renamed.clone(), true)));
    let page = house.store.page(green.key, crate::PageFrom::Newest, 10, usize::MAX).unwrap();
    assert!(page.events.iter().all(|event| event.event.message().unwrap().user == renamed));
}
