//! Saying something: once, twice, and otherwise than before.

use super::support::{Heard, House, again, alice, bob, repeated, says, small, stored};
use crate::{Outcome, PageFrom, Refused};
use greenroom_protocol::{Body, Seq};

#[test]
fn messages_get_places_without_a_gap_and_are_announced_in_order() {
    let house = House::new();
    let (green, attic) = (house.room("green"), house.room("attic"));
    let tickets: Vec<_> = (0..100)
        .map(|n| house.submit(says(if n % 3 == 0 { &attic } else { &green }, &alice(), &format!("number {n}"))))
        .collect();
    for ticket in tickets {
        stored(&house.ear.outcome(ticket).unwrap());
    }
    for room in [&green, &attic] {
        let seqs = house.ear.heard().into_iter().filter_map(|heard| match heard {
            Heard::Event(key, event) if key == room.key => Some((event.event.seq().0, event.ordinal)),
            Heard::Event(..) | Heard::Settled(..) | Heard::Opened(_) => None,
        });
        let head = house.store.room(&room.id).unwrap().1;
        assert!(seqs.eq((1..=head.seq.0).map(|seq| (seq, seq))));
    }
}

#[test]
fn a_repeated_message_has_its_first_place_and_time() {
    let house = House::new();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    let Outcome::Stored { seq, at } = house.say(first.clone()) else { panic!("not stored") };
    assert_eq!(house.say(again(&first)), Outcome::Repeated { seq, at });
    assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(1));
}

#[test]
fn repeats_within_one_batch_share_one_place() {
    let house = House::new();
    let green = house.room("green");
    for _ in 0..50 {
        let first = says(&green, &alice(), "hello");
        let (second, mut other) = (again(&first), again(&first));
        other.body = Body::parse("something else").unwrap();
        let tickets = [first, second, other].map(|append| house.submit(append));
        let [first, second, other] = tickets.map(|ticket| house.ear.outcome(ticket).unwrap());
        assert_eq!(repeated(&second), stored(&first));
        assert_eq!(other, Outcome::Conflict);
    }
    assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(50));
}

#[test]
fn another_text_or_another_answer_under_the_same_id_is_a_conflict() {
    let house = House::new();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    let mut other = again(&first);
    other.body = Body::parse("goodbye").unwrap();
    assert_eq!(house.say(other), Outcome::Conflict);
    let mut other = again(&first);
    other.reply_to = Some(Seq(1));
    assert_eq!(house.say(other), Outcome::Conflict);
}

#[test]
fn the_same_id_is_another_message_for_another_person_or_in_another_room() {
    let house = House::new();
    let (green, attic) = (house.room("green"), house.room("attic"));
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    let mut by_bob = again(&first);
    by_bob.user = bob();
    assert_eq!(stored(&house.say(by_bob)), Seq(2));
    let mut upstairs = again(&first);
    upstairs.room = attic.key;
    assert_eq!(stored(&house.say(upstairs)), Seq(1));
}

#[test]
fn what_was_announced_can_be_read_at_once() {
    let house = House::new();
    let green = house.room("green");
    for n in 1..=20 {
        let seq = stored(&house.say(says(&green, &alice(), &format!("number {n}"))));
        let page = house.store.page(green.key, PageFrom::Newest, 1, usize::MAX).unwrap();
        assert_eq!(page.events[0].event.seq(), seq);
        assert_eq!(page.events[0].event.message().unwrap().user, alice());
    }
}

#[test]
fn after_the_end_new_things_are_refused_and_old_ones_still_told_apart() {
    let house = House::new();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    house.store.close();
    assert_eq!(repeated(&house.say(again(&first))), Seq(1));
    assert_eq!(house.say(says(&green, &alice(), "too late")), Outcome::Refused(Refused::Closing));
    assert_eq!(house.follow(&green, &bob()), Err(Refused::Closing));
    assert!(house.submit_open("green", 2, false).wait().is_ok());
    assert!(house.submit_open("attic", 2, true).wait().is_err());
    house.store.close();
}

#[test]
fn all_that_was_submitted_before_the_end_is_carried_out() {
    let house = House::new();
    let green = house.room("green");
    let tickets: Vec<_> = (0..500).map(|n| house.submit(says(&green, &alice(), &format!("number {n}")))).collect();
    house.store.close();
    for (ticket, seq) in tickets.into_iter().zip(1..) {
        assert_eq!(stored(&house.ear.outcome(ticket).unwrap()), Seq(seq));
    }
}

#[test]
fn a_tail_that_grows_too_long_slows_appends_but_loses_none() {
    let house = House::tuned(crate::start::Tuning { lag_most: 10, ..small() });
    let green = house.room("green");
    for _ in 0..10 {
        house.chatter(&green, &alice(), 30);
    }
    assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(300));
}
