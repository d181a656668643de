//! Who may do what in a room: pure.
//!
//! | | public | private | direct |
//! |---|---|---|---|
//! | read and write | everybody | members | the two |
//! | add members | – | owners, moderators | – |
//! | remove members | – | owners; moderators those who are neither | – |
//! | leave | everybody takes it off their list | members, but not the last owner | – |
//! | give roles | owners | owners | – |
//! | title and topic | owners, moderators | owners, moderators | – |
//! | retention | owners | owners | – |
//! | delete | owners | owners | – |

use greenroom_protocol::limits::MEMBERS;
use greenroom_protocol::{MemberChange, Role, RoomKind, UserId};
use greenroom_storage::{Act, Place};

use super::{RoomEdit, RoomFailed, Verdict, member};
use crate::directory::Person;

type Members = [(UserId, Role)];

const DIRECT: RoomFailed = RoomFailed::Forbidden("a direct room is its two people's, and stays as it is");
const LAST_OWNER: RoomFailed = RoomFailed::Conflict("a room needs an owner; make somebody else one first");

pub(super) fn edit(place: &Place, edit: &RoomEdit) -> Result<Verdict, RoomFailed> {
    match (place.room.kind, place.role) {
        (RoomKind::Direct, _) => return Err(DIRECT),
        (_, Some(Role::Owner | Role::Moderator)) => {}
        (_, Some(Role::Member) | None) => {
            return Err(RoomFailed::Forbidden("only owners and moderators change a room"));
        }
    }
    let title = edit.title.clone().unwrap_or_else(|| place.room.title.clone());
    let topic = edit.topic.clone().unwrap_or_else(|| place.room.topic.clone());
    let retention = edit.retention.unwrap_or(place.room.retention);
    let same = (&title, &topic, retention) == (&place.room.title, &place.room.topic, place.room.retention);
    if retention != place.room.retention && place.role != Some(Role::Owner) {
        return Err(RoomFailed::Forbidden("only owners say for how long a room keeps what is said"));
    }
    Ok(if same { Verdict::Nothing } else { Verdict::Do(Act::Edit { title, topic, retention }) })
}

pub(super) fn delete(place: &Place) -> Result<Verdict, RoomFailed> {
    match (place.room.kind, place.role) {
        (RoomKind::Direct, _) => Err(DIRECT),
        (_, Some(Role::Owner)) => Ok(Verdict::Do(Act::Delete)),
        (_, Some(Role::Moderator | Role::Member) | None) => Err(RoomFailed::Forbidden("only owners delete a room")),
    }
}

/// Somebody is to be a member, with this role where one is named.
pub(super) fn put(
    place: &Place,
    members: &Members,
    by: UserId,
    whom: &Person,
    role: Option<Role>,
) -> Result<Verdict, RoomFailed> {
    let now = role_of(members, whom.user.id);
    match (place.room.kind, now, role) {
        (RoomKind::Direct, Some(_), None | Some(Role::Member)) => Ok(Verdict::Nothing),
        (RoomKind::Direct, ..) => Err(DIRECT),
        (RoomKind::Group, _, None) if whom.user.id == by => Ok(Verdict::Follow),
        (RoomKind::Group, None, None | Some(Role::Member)) => {
            Err(RoomFailed::Conflict("everybody may come into a public room by themselves"))
        }
        (_, Some(now), Some(role)) if now != role => give(place, members, whom, now, role),
        (_, Some(_), _) => Ok(Verdict::Nothing),
        (RoomKind::Group, None, Some(role)) => {
            owner(place)?;
            Ok(Verdict::Do(member(whom, MemberChange::Role, Some(role))))
        }
        (RoomKind::Private, None, role) => add(place, members, whom, role.unwrap_or(Role::Member)),
    }
}

fn add(place: &Place, members: &Members, whom: &Person, role: Role) -> Result<Verdict, RoomFailed> {
    match place.role {
        Some(Role::Owner) => {}
        Some(Role::Moderator) if role == Role::Member => {}
        Some(Role::Moderator) => return Err(RoomFailed::Forbidden("only owners give roles")),
        Some(Role::Member) | None => return Err(RoomFailed::Forbidden("only owners and moderators add members")),
    }
    if members.len() >= MEMBERS {
        return Err(RoomFailed::Conflict("the room has as many members as a room may have"));
    }
    Ok(Verdict::Do(member(whom, MemberChange::Added, Some(role))))
}

fn give(place: &Place, members: &Members, whom: &Person, now: Role, role: Role) -> Result<Verdict, RoomFailed> {
    owner(place)?;
    if now == Role::Owner && owners(members) == 1 {
        return Err(LAST_OWNER);
    }
    Ok(Verdict::Do(member(whom, MemberChange::Role, Some(role))))
}

/// Somebody is to be no member any more.
pub(super) fn remove(place: &Place, members: &Members, by: UserId, whom: &Person) -> Result<Verdict, RoomFailed> {
    let themselves = whom.user.id == by;
    match (place.room.kind, role_of(members, whom.user.id)) {
        (RoomKind::Direct, _) => Err(DIRECT),
        (RoomKind::Group, _) if themselves => Ok(Verdict::Unfollow),
        (RoomKind::Group, _) => Err(RoomFailed::Forbidden("nobody is put out of a public room")),
        (RoomKind::Private, Some(Role::Owner)) if themselves && members.len() == 1 => Ok(Verdict::Do(Act::Delete)),
        (RoomKind::Private, Some(Role::Owner)) if themselves && owners(members) == 1 => Err(LAST_OWNER),
        (RoomKind::Private, Some(_)) if themselves => Ok(Verdict::Do(member(whom, MemberChange::Left, None))),
        (RoomKind::Private, theirs) => match (place.role, theirs) {
            (Some(Role::Member) | None, _) => Err(RoomFailed::Forbidden("only owners and moderators remove members")),
            (Some(Role::Moderator), Some(Role::Owner | Role::Moderator)) => {
                Err(RoomFailed::Forbidden("only owners remove owners and moderators"))
            }
            (Some(Role::Owner | Role::Moderator), None) => Ok(Verdict::Nothing),
            (Some(Role::Owner | Role::Moderator), Some(_)) => {
                Ok(Verdict::Do(member(whom, MemberChange::Removed, None)))
            }
        },
    }
}

fn owner(place: &Place) -> Result<(), RoomFailed> {
    match place.role {
        Some(Role::Owner) => Ok(()),
        Some(Role::Moderator | Role::Member) | None => Err(RoomFailed::Forbidden("only owners give roles")),
    }
}

fn owners(members: &Members) -> usize {
    members.iter().filter(|(_, role)| *role == Role::Owner).count()
}

fn role_of(members: &Members, user: UserId) -> Option<Role> {
    members.iter().find(|(member, _)| *member == user).map(|(_, role)| *role)
}

#[cfg(test)]
mod tests;
