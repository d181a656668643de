//! Opening a room.

use super::support::{Heard, House, Opened2, alice, bob, room_id, says};
use crate::{OpenRefused, Outcome};
use greenroom_protocol::Seq;

#[test]
fn a_room_is_made_once_and_found_by_its_id() {
    let house = House::new();
    assert!(house.store.room(&room_id("green")).is_none());
    let first = house.submit_open("green", 1, true).wait().unwrap();
    let second = house.submit_open("green", 2, true).wait().unwrap();
    assert!(first.created && !second.created);
    assert_eq!(first.room, second.room);
    let (room, head) = house.store.room(&room_id("green")).unwrap();
    assert_eq!((room, head.seq), (first.room, Seq::ZERO));
    assert_eq!(house.store.rooms().len(), 1);
}

#[test]
fn a_room_that_is_not_to_be_made_is_not_found() {
    let house = House::new();
    assert_eq!(house.submit_open("attic", 1, false).wait().unwrap_err(), OpenRefused::NotFound);
    assert_eq!(house.store.rooms().len(), 0);
}

#[test]
fn an_older_life_of_a_room_is_refused() {
    let house = House::new();
    let green = house.room("green");
    let early = says(&green, &alice(), "from the first life");
    house.submit_open("green", 2, false).wait().unwrap();
    assert_eq!(house.say(early.clone()), Outcome::Superseded);
    let mut late = says(&green, &bob(), "from the second life");
    late.incarnation.0 = 2;
    assert!(matches!(house.say(late), Outcome::Stored { seq: Seq(1), .. }));
    house.submit_open("green", 1, false).wait().unwrap();
    assert_eq!(house.say(super::support::again(&early)), Outcome::Superseded, "an old open does not bring it back");
}

#[test]
fn an_open_stands_between_what_was_submitted_before_and_after_it() {
    let house = House::new();
    let (green, attic) = (house.room("green"), house.room("attic"));
    for round in 0..50 {
        let before = house.ear.heard().len();
        let life = 2 + round;
        let with_life = |mut append: crate::Append, life| {
            append.incarnation.0 = life;
            append
        };
        let one = house.submit(with_life(says(&green, &alice(), "one"), life - 1));
        let other = house.submit(with_life(says(&attic, &alice(), "elsewhere"), 1));
        let opening = house.submit_open("green", life, false);
        let two = house.submit(with_life(says(&green, &alice(), "two"), life));
        let seq = stored_seq(&house, one);
        stored_seq(&house, two);
        stored_seq(&house, other);
        let opened = opening.wait().unwrap();
        assert_eq!(opened.head.seq, seq, "the head is exact");
        let heard = house.ear.heard();
        let green_only = heard[before..].iter().filter(|heard| match heard {
            Heard::Event(room, _) => *room == green.key,
            Heard::Settled(ticket, _) => *ticket != other,
            Heard::Opened(_) => true,
        });
        let order: Vec<String> = green_only
            .map(|heard| match heard {
                Heard::Event(_, event) => format!("event {}", event.event.seq()),
                Heard::Settled(ticket, _) => format!("settled {}", if *ticket == one { "one" } else { "two" }),
                Heard::Opened(Opened2(_, head)) => format!("opened at {head}"),
            })
            .collect();
        let next = seq.next();
        let expected = [
            format!("event {seq}"),
            "settled one".into(),
            format!("opened at {seq}"),
            format!("event {next}"),
            "settled two".into(),
        ];
        assert_eq!(order, expected);
    }
}

fn stored_seq(house: &House, ticket: crate::Ticket) -> Seq {
    super::support::stored(&house.ear.outcome(ticket).unwrap())
}
