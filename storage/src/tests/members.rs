//! Who may be where, and that nobody is there who may not.

use greenroom_protocol::{Event, MemberChange, Role, RoomChange, RoomKind, Seq, User};

use super::support::{House, alice, bob, person, room_id, says, stored};
use crate::{Act, EnactRefused, MakeRefused, OpenRefused, Outcome, Page, PageFrom, Room, Sight};

fn adds(user: &User, role: Role) -> Act {
    Act::Member { user: user.clone(), guest: true, change: MemberChange::Added, role: Some(role) }
}

fn removes(user: &User) -> Act {
    Act::Member { user: user.clone(), guest: true, change: MemberChange::Removed, role: None }
}

fn attic(house: &House) -> std::sync::Arc<Room> {
    house.make(room_id("attic"), RoomKind::Private, &alice(), &[bob()]).expect("a new room")
}

fn all(house: &House, room: &Room) -> Page {
    house.store.page(room.key, PageFrom::Newest, 100, usize::MAX).expect("a page")
}

fn sees(house: &House, user: &User) -> &'static str {
    match house.store.standings().look(&room_id("attic"), Some(user.id)) {
        Sight::Nothing => "nothing",
        Sight::Deleted => "deleted",
        Sight::Hidden => "hidden",
        Sight::Open(place) => match place.role {
            Some(Role::Owner) => "owner",
            Some(Role::Moderator) => "moderator",
            Some(Role::Member) => "member",
            None => "guest",
        },
    }
}

#[test]
fn a_private_room_begins_with_who_made_it_and_whom_they_brought() {
    let house = House::new();
    let attic = attic(&house);
    for _ in ["from memory", "from the index", "after a restart"] {
        let page = all(&house, &attic);
        let Event::Room(made) = &page.events[0].event else { panic!("{page:?}") };
        assert_eq!(
            (made.seq, made.change, &made.by, made.title.as_str()),
            (Seq(1), RoomChange::Created, &alice(), "ATTIC")
        );
        let Event::Member(came) = &page.events[1].event else { panic!("{page:?}") };
        assert_eq!((came.seq, came.change, &came.user, &came.by), (Seq(2), MemberChange::Added, &bob(), &alice()));
        assert_eq!(
            (sees(&house, &alice()), sees(&house, &bob()), sees(&house, &person("Eve"))),
            ("owner", "member", "hidden")
        );
        let row = house.store.room_in_list(bob().id, attic.key).unwrap().expect("it is in Bob's list");
        assert_eq!((row.head.seq, row.head.ordinal, row.last), (Seq(2), 0, None));
        house.settle();
    }
    let house = house.restart();
    assert_eq!(sees(&house, &bob()), "member");
    assert_eq!(all(&house, &attic).events.len(), 2);
}

#[test]
fn whoever_is_not_a_member_says_nothing_there() {
    let house = House::new();
    let attic = attic(&house);
    house.submit_open("attic", 1, false).wait().expect("it is there");
    let first = says(&attic, &bob(), "I am in");
    assert_eq!(stored(&house.say(first.clone())), Seq(3));
    assert_eq!(house.say(says(&attic, &person("Eve"), "let me in")), Outcome::Forbidden);
    house.enact(&attic, &alice(), removes(&bob())).expect("Alice may");
    assert_eq!(house.say(says(&attic, &bob(), "am I out?")), Outcome::Forbidden);
    let again = house.say(super::support::again(&first));
    assert!(matches!(again, Outcome::Repeated { seq: Seq(3), .. }), "what was stored stays stored: {again:?}");
    assert_eq!(sees(&house, &bob()), "hidden");
    assert!(house.store.rooms_of(bob().id).unwrap().is_empty());
}

#[test]
fn what_was_decided_as_of_an_earlier_moment_is_decided_again() {
    let house = House::new();
    let attic = attic(&house);
    let (_, known) = house.store.standings().members(attic.key);
    assert_eq!(house.enact_knowing(&attic, &alice(), adds(&person("Carol"), Role::Moderator), known), Ok(()));
    let late = house.enact_knowing(&attic, &bob(), adds(&person("Dave"), Role::Member), known);
    assert_eq!(late, Err(EnactRefused::Stale));
    assert_eq!(sees(&house, &person("Dave")), "hidden");
    assert_eq!(sees(&house, &person("Carol")), "moderator");
}

#[test]
fn a_deleted_room_is_gone_and_its_name_with_it() {
    let mut house = House::new();
    let attic = attic(&house);
    let before = house.make(room_id("attic"), RoomKind::Private, &bob(), &[]);
    assert_eq!(before.unwrap_err(), MakeRefused::Taken);
    house.enact(&attic, &alice(), Act::Delete).expect("Alice may");
    for _ in ["at once", "after a restart", "from the index"] {
        assert_eq!(house.submit_open("attic", 2, true).wait().unwrap_err(), OpenRefused::Deleted);
        assert_eq!(house.make(room_id("attic"), RoomKind::Private, &bob(), &[]).unwrap_err(), MakeRefused::Taken);
        assert_eq!(house.enact(&attic, &alice(), adds(&bob(), Role::Owner)), Err(EnactRefused::NoRoom));
        assert_eq!((sees(&house, &alice()), sees(&house, &bob())), ("deleted", "deleted"));
        assert!(house.store.rooms_of(alice().id).unwrap().is_empty());
        assert!(house.store.rooms().is_empty());
        house.settle();
        house = house.restart();
    }
}

#[test]
fn a_change_of_a_room_is_seen_by_all_who_read_it() {
    let mut house = House::new();
    let attic = attic(&house);
    house
        .enact(&attic, &alice(), Act::Edit { title: "The attic".into(), topic: String::new(), retention: None })
        .expect("Alice may");
    for _ in ["at once", "after a restart", "from the index"] {
        let Sight::Open(place) = house.store.standings().look(&attic.id, Some(bob().id)) else { panic!("Bob is in") };
        assert_eq!((place.room.title.as_str(), place.room.topic.as_str()), ("The attic", ""));
        let page = all(&house, &attic);
        let Event::Room(changed) = &page.events[2].event else { panic!("{page:?}") };
        assert_eq!((changed.change, changed.title.as_str()), (RoomChange::Changed, "The attic"));
        house.settle();
        house = house.restart();
    }
}

#[test]
fn an_index_that_is_made_again_while_people_come_and_go_lets_nobody_in() {
    let house = House::new();
    let attic = attic(&house);
    house.chatter(&house.room("green"), &alice(), 400);
    house.enact(&attic, &alice(), removes(&bob())).expect("Alice may");
    house.enact(&attic, &alice(), adds(&person("Carol"), Role::Member)).expect("Alice may");
    house.settle();
    house.store.break_index();
    house.wait_until("the index is made again", |store| {
        // All the time while old records are read again.
        assert_eq!((sees(&house, &bob()), sees(&house, &person("Carol"))), ("hidden", "member"));
        !store.health().rebuilding
    });
    house.settle();
    let house = house.restart();
    assert_eq!((sees(&house, &bob()), sees(&house, &person("Carol"))), ("hidden", "member"));
    assert!(house.store.rooms_of(bob().id).unwrap().is_empty());
    assert_eq!(house.store.rooms_of(person("Carol").id).unwrap().len(), 1);
}

#[test]
fn two_people_have_one_direct_room_whoever_begins() {
    let house = House::new();
    let standings = house.store.standings();
    let id = standings.direct_room(alice().id, bob().id);
    assert_eq!(id, standings.direct_room(bob().id, alice().id));
    assert_ne!(id, standings.direct_room(alice().id, person("Carol").id));
    let room = house.make(id.clone(), RoomKind::Direct, &alice(), &[bob()]).expect("a new room");
    assert_eq!(house.make(id, RoomKind::Direct, &bob(), &[alice()]).unwrap_err(), MakeRefused::Taken);
    let with =
        |user: &User| house.store.room_in_list(user.id, room.key).unwrap().expect("listed").with.map(|(user, _)| user);
    assert_eq!((with(&alice()), with(&bob())), (Some(bob()), Some(alice())));
    let roles: Vec<Role> = standings.members(room.key).0.into_iter().map(|(_, role)| role).collect();
    assert_eq!(roles, [Role::Member, Role::Member]);
}

#[test]
fn whoever_takes_a_public_room_off_their_list_may_follow_it_again() {
    let house = House::new();
    let green = house.room("green");
    assert_eq!(house.follow(&green, &bob()), Ok(true));
    assert_eq!(house.unfollow(&green, &bob()), Ok(true));
    assert_eq!(house.unfollow(&green, &bob()), Ok(false));
    for _ in ["from memory", "from the index"] {
        assert!(house.store.rooms_of(bob().id).unwrap().is_empty());
        house.settle();
    }
    assert_eq!(house.follow(&green, &bob()), Ok(true));
    assert_eq!(house.store.rooms_of(bob().id).unwrap().len(), 1);
}

#[test]
fn the_last_message_is_found_behind_any_number_of_comings_and_goings() {
    let house = House::new();
    let attic = attic(&house);
    house.submit_open("attic", 1, false).wait().expect("it is there");
    stored(&house.say(says(&attic, &alice(), "the last word")));
    for n in 0..70 {
        house.enact(&attic, &alice(), adds(&person(&format!("p{n}")), Role::Member)).expect("Alice may");
    }
    for _ in ["from memory", "from the index"] {
        let row = house.store.room_in_list(bob().id, attic.key).unwrap().expect("listed");
        assert_eq!((row.last.map(|last| last.body), row.head.ordinal), (Some("the last word".into()), 1));
        house.settle();
    }
}
