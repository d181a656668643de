//! Stores as lines, and stores made of lines.

use std::path::Path;
use std::sync::Arc;

use super::accounts::{account, register, submit};
use super::damage::{find, overwrite};
use super::restart::{everything, lived_in};
use super::segments::segments;
use super::support::{House, again, alice, at, bob, repeated, room_id, says, small, stored};
use crate::{
    Act, Change, Durability, ExportAsked, ExportFailed, Exported, ImportFailed, Imported, Sight, check, export, import,
};
use greenroom_protocol::{MemberChange, Role, RoomId, RoomKind, Seq, User};

pub(super) fn lines_of(data: &Path, room: Option<RoomId>, secrets: bool) -> Result<(String, Exported), ExportFailed> {
    let mut out = Vec::new();
    let exported =
        export(&ExportAsked { data: data.into(), room, secrets, version: "test".into(), at: at(0) }, &mut out)?;
    Ok((String::from_utf8(out).unwrap(), exported))
}

pub(super) fn read(lines: &str) -> Result<(Arc<tempfile::TempDir>, Imported), ImportFailed> {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let imported = import(dir.path(), &mut lines.as_bytes())?;
    Ok((dir, imported))
}

/// All that can be read, but for the epochs.
fn all_but_epochs(house: &House) -> String {
    let mut text = everything(&house.store);
    for (room, _) in house.store.rooms() {
        text = text.replace(&format!("{:?}", room.epoch), "an epoch");
    }
    text
}

/// A line of this type.
fn line_of<'a>(lines: &'a str, kind: &str) -> &'a str {
    let begin = format!("{{\"type\":\"{kind}\"");
    lines.lines().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("no {kind} in {lines}"))
}

#[test]
fn a_store_is_the_same_after_it_was_written_as_lines_and_read_again() {
    let house = lived_in();
    let green = house.room("green");
    let said = says(&green, &bob(), "“line\nbreaks”, \u{1f600} and \\ stay\u{2028}byte for byte ");
    stored(&house.say(said.clone()));
    house.settle();
    let before = all_but_epochs(&house);
    let epoch = green.epoch;
    let dir = house.close().0;
    let (lines, exported) = lines_of(dir.path(), None, false).unwrap();
    assert_eq!((exported.messages, exported.lost), (226, 0));
    assert_eq!(exported.lines as usize, lines.lines().count());

    let (dir, imported) = read(&lines).unwrap();
    assert_eq!(imported, Imported { users: 2, rooms: 3, messages: 226 });
    let house = House::open(dir, small(), Durability::Fsync).unwrap();
    assert_eq!(all_but_epochs(&house), before);
    assert_ne!(house.room("green").epoch, epoch, "it is another life");
    assert_eq!(repeated(&house.say(again(&said))), Seq(76), "what was sent before is known");
    stored(&house.say(says(&green, &alice(), "on we go")));
    house.settle();
    let dir = house.close().0;
    let report = check(dir.path()).unwrap();
    assert!(report.sound && report.findings.is_empty(), "{report:?}");
    let (second, _) = lines_of(dir.path(), None, false).unwrap();
    let third = read(&second).unwrap().0;
    let third = lines_of(third.path(), None, false).unwrap().0;
    let same = |lines: &str| lines.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(same(&second), same(&third), "the lines of an import are those that it was made of");
}

#[test]
fn only_one_room_and_its_people_where_that_is_asked_for() {
    let house = lived_in();
    let carol = super::support::person("Carol");
    stored(&house.say(says(&house.room("attic"), &carol, "only here")));
    house.settle();
    let dir = house.close().0;
    let (lines, exported) = lines_of(dir.path(), Some(room_id("green")), false).unwrap();
    assert_eq!(exported.messages, 75);
    assert!(!lines.contains("attic") && !lines.contains("Carol"), "{lines}");
    assert_eq!(read(&lines).unwrap().1, Imported { users: 2, rooms: 1, messages: 75 });
    assert!(matches!(lines_of(dir.path(), Some(room_id("nowhere")), false), Err(ExportFailed::NoRoom(..))));
}

#[test]
fn accounts_come_along_and_their_passwords_only_where_that_is_asked_for() {
    let house = House::new();
    let ana = account("Ana", "ana@example.org");
    register(&house, &ana, 7).unwrap();
    stored(&house.say(says(&house.room("green"), &ana.user(), "hello")));
    submit(&house, |reply| Change::seen(ana.id, at(9), reply)).recv().unwrap().unwrap();
    let token = house.store.guest_tokens().issue(&bob());
    house.settle();
    let dir = house.close().0;
    for secrets in [false, true] {
        let (lines, _) = lines_of(dir.path(), None, secrets).unwrap();
        assert_eq!(lines.contains(&ana.password), secrets);
        let house = House::open(read(&lines).unwrap().0, small(), Durability::Fsync).unwrap();
        let found = house.store.account_by_email("ANA@example.org").unwrap().expect("she has an account");
        assert_eq!(found.password == ana.password, secrets);
        assert_eq!((found.id, found.name, found.created), (ana.id, ana.name.clone(), ana.created));
        assert_eq!(house.store.account_by_name(&ana.name).unwrap().map(|found| found.id), Some(ana.id));
        assert_eq!(house.store.sign_in(&[7; 32]).unwrap().is_some(), secrets);
        assert_eq!(house.store.sign_ins_of(ana.id).unwrap().len(), usize::from(secrets));
        assert_eq!(house.store.last_seen(ana.id).unwrap(), Some(at(9)));
        assert_eq!(house.store.guest_tokens().verify(&token).is_some(), secrets);
    }
}

/// Rooms of each kind, with members who come and go.
fn with_members() -> House {
    let house = House::new();
    let (alice, bob, carol) = (alice(), bob(), super::support::person("Carol"));
    let add = |user: &User, role| Act::Member {
        user: user.clone(),
        guest: true,
        change: MemberChange::Added,
        role: Some(role),
    };
    let attic = house.make(room_id("attic"), RoomKind::Private, &alice, std::slice::from_ref(&bob)).unwrap();
    house.room("attic");
    house.chatter(&attic, &bob, 5);
    house.enact(&attic, &alice, add(&carol, Role::Moderator)).unwrap();
    let out = Act::Member { user: bob.clone(), guest: true, change: MemberChange::Removed, role: None };
    house.enact(&attic, &alice, out).unwrap();
    house.enact(&attic, &carol, Act::Edit { title: "Loft".into(), topic: "dust".into(), retention: None }).unwrap();
    house.chatter(&attic, &carol, 5);
    let direct = house.store.standings().direct_room(alice.id, bob.id);
    let direct = house.make(direct, RoomKind::Direct, &alice, std::slice::from_ref(&bob)).unwrap();
    house.submit_open(direct.id.as_str(), 1, false).wait().unwrap();
    stored(&house.say(says(&direct, &bob, "between us")));
    let cellar = house.make(room_id("cellar"), RoomKind::Private, &alice, &[]).unwrap();
    house.enact(&cellar, &alice, Act::Delete).unwrap();
    let green = house.room("green");
    house.follow(&green, &carol).unwrap();
    house.unfollow(&green, &carol).unwrap();
    house
}

#[test]
fn members_come_along_and_two_people_find_their_direct_room_again() {
    let house = with_members();
    house.settle();
    let (alice, bob, carol) = (alice(), bob(), super::support::person("Carol"));
    let seen = |house: &House| {
        let standings = house.store.standings();
        let of = |id: &str| standings.room(&room_id(id)).map(|(room, head)| (standings.members(room.key), head));
        let direct = standings.direct_room(bob.id, alice.id);
        let deleted = matches!(standings.look(&room_id("cellar"), Some(alice.id)), Sight::Deleted);
        let lists = [&alice, &bob, &carol].map(|user| house.store.rooms_of(user.id).unwrap().len());
        let titles = standings.room(&room_id("attic")).map(|(room, _)| (room.title.clone(), room.topic.clone()));
        (of("attic"), of(direct.as_str()), deleted, lists, titles)
    };
    let before = seen(&house);
    assert!(before.1.is_some() && before.2, "the rooms are as they should be: {before:?}");
    let dir = house.close().0;
    let report = check(dir.path()).unwrap();
    assert!(report.sound && report.findings.is_empty(), "{report:?}");
    for secrets in [false, true] {
        let (lines, _) = lines_of(dir.path(), None, secrets).unwrap();
        let house = House::open(read(&lines).unwrap().0, small(), Durability::Fsync).unwrap();
        assert_eq!(seen(&house), before);
        house.settle();
        let dir = house.close().0;
        let report = check(dir.path()).unwrap();
        assert!(report.sound && report.findings.is_empty(), "{report:?}");
    }
    let (lines, _) = lines_of(dir.path(), Some(room_id("attic")), false).unwrap();
    assert_eq!(read(&lines).unwrap().1, Imported { users: 3, rooms: 1, messages: 10 });
}

#[test]
fn lost_events_keep_their_places() {
    let house = lived_in();
    house.settle();
    let dir = house.close().0;
    let oldest = segments(dir.path()).remove(0);
    overwrite(&oldest, find(&oldest, "7 of 70, by Alice"), b"X");
    let (lines, exported) = lines_of(dir.path(), None, false).unwrap();
    assert_eq!((exported.messages, exported.lost), (224, 1));
    assert!(line_of(&lines, "lost").contains(r#""room":"green","seq":8,"messages":8"#), "{}", line_of(&lines, "lost"));
    let house = House::open(read(&lines).unwrap().0, small(), Durability::Fsync).unwrap();
    let page = house.store.page(house.room("green").key, crate::PageFrom::After(Seq(6)), 3, usize::MAX).unwrap();
    assert!(page.events[0].event.message().is_some() && page.events[1].event.message().is_none());
    assert_eq!((page.events[2].event.seq(), page.events[2].ordinal), (Seq(9), 9));
}

#[test]
fn who_and_what_has_lost_its_name_comes_along_under_another() {
    let dir = {
        let house = lived_in();
        house.settle();
        house.close().0
    };
    let oldest = segments(dir.path()).remove(0);
    for words in ["Alice", "GREEN"] {
        overwrite(&oldest, find(&oldest, words), b"X");
    }
    let (lines, exported) = lines_of(dir.path(), None, false).unwrap();
    assert_eq!((exported.messages, exported.lost), (225, 2));
    assert!(lines.contains(r#""name":"unknown""#) && lines.contains(r#""id":"lost-"#), "{lines}");
    assert_eq!(read(&lines).unwrap().1, Imported { users: 2, rooms: 3, messages: 225 });
}

#[test]
fn a_line_that_breaks_a_rule_is_named_and_nothing_is_left() {
    let house = lived_in();
    house.settle();
    let dir = house.close().0;
    let (lines, _) = lines_of(dir.path(), None, false).unwrap();
    let (user, room, message, end) =
        (line_of(&lines, "user"), line_of(&lines, "room"), line_of(&lines, "message"), line_of(&lines, "end"));
    let message_with = |from: &str, to: &str| {
        assert!(message.contains(from), "{from} in {message}");
        lines.replacen(message, &message.replacen(from, to, 1), 1)
    };
    let cases = [
        (lines.replacen("\"version\":1", "\"version\":2", 1), "line 1: it has version 2"),
        (lines.lines().skip(1).collect::<Vec<_>>().join("\n"), "line 1: the header"),
        (lines.replacen(user, &format!("{user}\n{user}"), 1), "line 3"),
        (lines.replacen(&format!("{user}\n"), "", 1), "there was no user"),
        (lines.replacen(room, &format!("{room}\n{room}"), 1), "was there before"),
        (lines.replacen(message, &format!("{message}\n{message}"), 1), "comes after event 1, not 1"),
        (lines.replacen(&format!("{message}\n"), "", 1), "comes after event 0, not 2"),
        (message_with("\"body\":\"", "\"body\":\"\\u0000"), "NUL"),
        (message_with("\"seq\":1", "\"seq\":1,\"colour\":3"), "unknown field `colour`"),
        (message_with("\"seq\":1", "\"seq\":1,\"reply_to\":9"), "answers one before it"),
        (message_with("\"room\":\"green\"", "\"room\":\"blue\""), "no room blue"),
        (lines.replacen(end, "", 1), "EOF while parsing a value (column 0)"),
        (lines.lines().take(50).map(|line| format!("{line}\n")).collect(), "the end is missing: after line 50"),
        (lines.clone() + "{}\n", "something follows the end"),
        (lines[..lines.len() / 2].to_owned(), "line"),
    ];
    for (broken, told) in cases {
        let parent = tempfile::tempdir().unwrap();
        let refused = import(&parent.path().join("data"), &mut broken.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains(told) && refused.contains("nothing was imported"), "{told}: {refused}");
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0, "nothing is left");
    }
    assert!(matches!(import(dir.path(), &mut lines.as_bytes()), Err(ImportFailed::NotEmpty(_))));
}
