use std::sync::Arc;

use greenroom_protocol::{Epoch, Name, RoomId, Seq, User};
use greenroom_storage::{Head, Room, RoomKey};
use uuid::Uuid;

use super::*;

const ROLES: [Option<Role>; 4] = [None, Some(Role::Member), Some(Role::Moderator), Some(Role::Owner)];

fn person() -> Person {
    Person { user: User { id: UserId::new(), name: Name::guest("ana").unwrap() }, guest: true }
}

fn place(kind: RoomKind, role: Option<Role>) -> Place {
    let id = RoomId::parse("attic").unwrap();
    let (key, epoch) = (RoomKey(Uuid::now_v7()), Epoch::new());
    let room = Arc::new(Room::new(key, id, kind, "Attic".into(), epoch));
    Place { room, head: Head::default(), role, changed: Seq::ZERO }
}

fn is_done(verdict: Result<Verdict, RoomFailed>) -> bool {
    matches!(verdict, Ok(Verdict::Do(_)))
}

/// For each role of whoever acts, none first, whether something is done.
fn table(act: impl Fn(Option<Role>) -> Result<Verdict, RoomFailed>) -> [bool; 4] {
    ROLES.map(|role| is_done(act(role)))
}

#[test]
fn a_private_room_is_changed_by_those_who_may_and_nobody_else() {
    let (me, other) = (person(), person());
    let private = |role| place(RoomKind::Private, role);
    let with = |theirs: Option<Role>| -> Vec<(UserId, Role)> {
        theirs.map(|role| (other.user.id, role)).into_iter().chain([(UserId::new(), Role::Owner)]).collect()
    };
    let put = |theirs, role| table(|mine| super::put(&private(mine), &with(theirs), me.user.id, &other, role));
    let remove = |theirs| table(|mine| super::remove(&private(mine), &with(theirs), me.user.id, &other));
    let nobody = [false; 4];
    let owners = [false, false, false, true];
    let both = [false, false, true, true];
    assert_eq!(put(None, None), both, "adding");
    assert_eq!(put(None, Some(Role::Member)), both, "adding");
    assert_eq!(put(None, Some(Role::Moderator)), owners, "adding with a role");
    assert_eq!(put(Some(Role::Member), Some(Role::Owner)), owners, "giving a role");
    assert_eq!(put(Some(Role::Owner), Some(Role::Member)), owners, "taking a role");
    assert_eq!(put(Some(Role::Moderator), None), nobody, "who is a member is one");
    assert_eq!(remove(Some(Role::Member)), both);
    assert_eq!(remove(Some(Role::Moderator)), owners);
    assert_eq!(remove(Some(Role::Owner)), owners);
    assert_eq!(remove(None), nobody);
    assert_eq!(table(|mine| delete(&private(mine))), owners);
    let title = RoomEdit { title: Some("The attic".into()), ..RoomEdit::default() };
    assert_eq!(table(|mine| edit(&private(mine), &title)), both);
    assert!(matches!(edit(&private(Some(Role::Owner)), &RoomEdit::default()), Ok(Verdict::Nothing)));
}

#[test]
fn nobody_is_put_out_of_a_public_room_and_everybody_may_forget_it() {
    let (me, other) = (person(), person());
    let public = |role| place(RoomKind::Group, role);
    assert_eq!(table(|mine| remove(&public(mine), &[(other.user.id, Role::Member)], me.user.id, &other)), [false; 4]);
    assert!(matches!(remove(&public(None), &[], me.user.id, &me), Ok(Verdict::Unfollow)));
    assert!(matches!(put(&public(None), &[], me.user.id, &me, None), Ok(Verdict::Follow)));
    let role = Some(Role::Moderator);
    assert_eq!(table(|mine| put(&public(mine), &[], me.user.id, &other, role)), [false, false, false, true]);
    assert_eq!(table(|mine| delete(&public(mine))), [false, false, false, true]);
}

#[test]
fn a_direct_room_stays_as_it_is() {
    let (me, other) = (person(), person());
    let direct = place(RoomKind::Direct, Some(Role::Member));
    let both = [(me.user.id, Role::Member), (other.user.id, Role::Member)];
    assert_eq!(remove(&direct, &both, me.user.id, &me).err(), Some(DIRECT));
    assert_eq!(put(&direct, &both, me.user.id, &person(), None).err(), Some(DIRECT));
    assert_eq!(delete(&direct).err(), Some(DIRECT));
    assert_eq!(edit(&direct, &RoomEdit::default()).err(), Some(DIRECT));
}

#[test]
fn the_last_owner_stays_while_anybody_does() {
    let (me, other) = (person(), person());
    let mine = place(RoomKind::Private, Some(Role::Owner));
    let two = [(me.user.id, Role::Owner), (other.user.id, Role::Member)];
    assert_eq!(remove(&mine, &two, me.user.id, &me).err(), Some(LAST_OWNER));
    assert_eq!(put(&mine, &two, me.user.id, &me, Some(Role::Member)).err(), Some(LAST_OWNER));
    let alone = [(me.user.id, Role::Owner)];
    assert!(matches!(remove(&mine, &alone, me.user.id, &me), Ok(Verdict::Do(Act::Delete))), "nobody else is there");
    let shared = [(me.user.id, Role::Owner), (other.user.id, Role::Owner)];
    assert!(is_done(remove(&mine, &shared, me.user.id, &me)));
}
