//! Rooms that are asked for by name, and who is a member of them.
//!
//! No actor of its own. Whoever changes a room looks at who is who there, decides by the rules, and hands the
//! change to the store's writer together with the moment of that look. The writer carries it out only if
//! nothing has changed since; else it is decided again. What is durable is announced to the room like
//! any event, whether or not its actor lives, and that alone ends streams and lets people in.

mod failed;
mod rules;
mod wish;

use std::sync::Arc;

use greenroom_protocol::{MemberChange, Role, RoomId, RoomKind, Seq, User, UserId};
use greenroom_storage::{Act, Enact, EnactRefused, MakeRefused, MakeRoom, Place, Room, RoomKey, Sight};

pub use failed::RoomFailed;
pub use wish::{RoomEdit, RoomWish};

use crate::clock;
use crate::directory::{Directory, Person};

/// Tries to change a room that is being changed from elsewhere, too.
const TRIES: u32 = 20;

/// Rooms and their members, as people change them.
#[derive(Clone)]
pub(crate) struct Membership {
    directory: Arc<Directory>,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    #[serde(flatten)]
    pub user: User,
    /// What they may do there.
    pub role: Role,
}

/// A room as whoever decides on a change of it sees it, all of it as of one moment.
struct Seen {
    place: Place,
    members: Vec<(UserId, Role)>,
    changed: Seq,
}

/// What is to become of somebody's wish.
pub(crate) enum Verdict {
    /// It is so already.
    Nothing,
    /// This is to be done.
    Do(Act),
    /// They take a public room off their list, which is nobody else's business.
    Unfollow,
    /// They put a public room on their list.
    Follow,
}

impl Membership {
    pub(crate) fn new(directory: Arc<Directory>) -> Self {
        Self { directory }
    }

    /// A room where somebody may be.
    pub(crate) fn place(&self, room: &RoomId, user: Option<UserId>) -> Result<Place, RoomFailed> {
        match self.directory.look(room, user) {
            Sight::Open(place) => Ok(place),
            Sight::Nothing | Sight::Deleted | Sight::Hidden => Err(RoomFailed::NotFound),
        }
    }

    /// Makes a room, and says its id.
    pub(crate) async fn make(&self, by: &Person, wish: RoomWish) -> Result<RoomId, RoomFailed> {
        let checked = wish.check()?;
        let members = checked.members.into_iter().filter(|member| member.user.id != by.user.id).collect();
        match self.make_room(by, checked.room, checked.kind, (checked.title, checked.topic), members).await? {
            Ok(room) => Ok(room.id.clone()),
            Err(MakeRefused::Taken) => Err(RoomFailed::Taken),
            Err(MakeRefused::Refused(refused)) => Err(refused.into()),
        }
    }

    /// The one direct room of two people, and whether it was made just now.
    pub(crate) async fn direct(&self, by: &Person, with: Person) -> Result<(RoomId, bool), RoomFailed> {
        if by.user.id == with.user.id {
            return Err(RoomFailed::invalid("user", "this is you: a direct room is for two"));
        }
        let room = self.directory.direct_room(by.user.id, with.user.id).ok_or_else(RoomFailed::not_up)?;
        if let Sight::Open(_) = self.directory.look(&room, Some(by.user.id)) {
            return Ok((room, false));
        }
        let title = (String::from("Direct"), String::new());
        match self.make_room(by, room.clone(), RoomKind::Direct, title, vec![with]).await? {
            Ok(_) => Ok((room, true)),
            // The other one was faster.
            Err(MakeRefused::Taken) => Ok((room, false)),
            Err(MakeRefused::Refused(refused)) => Err(refused.into()),
        }
    }

    async fn make_room(
        &self,
        by: &Person,
        room: RoomId,
        kind: RoomKind,
        (title, topic): (String, String),
        members: Vec<Person>,
    ) -> Result<Result<Arc<Room>, MakeRefused>, RoomFailed> {
        let Person { user: maker, guest } = by.clone();
        let listed: Vec<UserId> = members.iter().map(|member| member.user.id).chain([maker.id]).collect();
        let members = members.into_iter().map(|member| (member.user, member.guest)).collect();
        let made = self.directory.store.make_room(|reply| MakeRoom {
            room,
            kind,
            title,
            topic,
            by: maker,
            guest,
            members,
            at: clock::now(),
            reply,
        });
        let made = made.await?;
        if let Ok(room) = &made {
            self.directory.lobby.changed(room.id.clone());
            listed.into_iter().for_each(|user| self.directory.lobby.listed(user, room.id.clone(), room.key));
        }
        Ok(made)
    }

    /// Changes what a room is called, or about.
    pub(crate) async fn edit(&self, by: &Person, room: &RoomId, edit: RoomEdit) -> Result<(), RoomFailed> {
        let edit = edit.check()?;
        let decide = |seen: &Seen| rules::edit(&seen.place, &edit);
        self.enact(by, room, decide).await?;
        self.directory.lobby.changed(room.clone());
        Ok(())
    }

    /// Deletes a room; its owner may, and whoever runs the server.
    pub(crate) async fn delete(&self, by: &Person, room: &RoomId, runs_the_server: bool) -> Result<(), RoomFailed> {
        if runs_the_server {
            let (room, _) = self.directory.room(room).ok_or(RoomFailed::NotFound)?;
            self.carry_out(by, &room, |_| Ok(Act::Delete)).await?;
        } else {
            self.enact(by, room, |seen| rules::delete(&seen.place)).await?;
        }
        self.directory.lobby.gone(room.clone());
        Ok(())
    }

    /// Makes somebody a member, or gives them another role; says whether anything changed.
    pub(crate) async fn put_member(
        &self,
        by: &Person,
        room: &RoomId,
        whom: Person,
        role: Option<Role>,
    ) -> Result<bool, RoomFailed> {
        let id = whom.user.id;
        let decide = |seen: &Seen| rules::put(&seen.place, &seen.members, by.user.id, &whom, role);
        let changed = self.enact(by, room, decide).await?;
        self.tell_lobby(room, id);
        Ok(changed)
    }

    /// Takes somebody out, or oneself.
    pub(crate) async fn remove_member(&self, by: &Person, room: &RoomId, whom: Person) -> Result<(), RoomFailed> {
        let id = whom.user.id;
        let key = self.directory.room(room).map(|(room, _)| room.key);
        let decide = |seen: &Seen| rules::remove(&seen.place, &seen.members, by.user.id, &whom);
        self.enact(by, room, decide).await?;
        self.directory.lobby.changed(room.clone());
        if let Some(key) = key {
            self.directory.lobby.listed(id, room.clone(), key);
        }
        if self.directory.room(room).is_none() {
            self.directory.lobby.gone(room.clone());
        }
        Ok(())
    }

    /// Up to `limit` members of a room behind `after`, the owners first where that is nobody, and how many there are.
    pub(crate) async fn members(
        &self,
        room: RoomKey,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<(Vec<Member>, usize), RoomFailed> {
        let (all, _) = self.directory.members(room);
        let count = all.len();
        let behind = all.into_iter().filter(|(user, _)| after.is_none_or(|after| *user > after));
        let page: Vec<(UserId, Role)> = behind.take(limit).collect();
        let members = self.directory.store.people(page).await?;
        Ok((members.into_iter().map(|(user, role)| Member { user, role }).collect(), count))
    }

    fn tell_lobby(&self, room: &RoomId, user: UserId) {
        if let Some((room, _)) = self.directory.room(room) {
            self.directory.lobby.changed(room.id.clone());
            self.directory.lobby.listed(user, room.id.clone(), room.key);
        }
    }

    /// Decides and carries out, again where something has changed in between; says whether anything was to be done.
    async fn enact(
        &self,
        by: &Person,
        room: &RoomId,
        decide: impl Fn(&Seen) -> Result<Verdict, RoomFailed>,
    ) -> Result<bool, RoomFailed> {
        for _ in 0..TRIES {
            let place = self.place(room, Some(by.user.id))?;
            let (members, changed) = self.directory.members(place.room.key);
            let role = members.iter().find(|(user, _)| *user == by.user.id).map(|(_, role)| *role);
            let seen = Seen { place: Place { role, ..place }, members, changed };
            let key = seen.place.room.key;
            match decide(&seen)? {
                Verdict::Nothing => return Ok(false),
                Verdict::Unfollow => return self.directory.store.unfollow(key, by.user.id).await.map_err(Into::into),
                Verdict::Follow => return self.directory.store.follow(key, by).await.map_err(Into::into),
                Verdict::Do(act) => match self.try_enact(by, key, act, seen.changed).await? {
                    Ok(()) => return Ok(true),
                    Err(EnactRefused::Stale) => {}
                    Err(EnactRefused::NoRoom) => return Err(RoomFailed::NotFound),
                    Err(EnactRefused::Refused(refused)) => return Err(refused.into()),
                },
            }
        }
        Err(RoomFailed::Unavailable("the room is being changed from elsewhere again and again".into()))
    }

    /// Carries out what needs no decision.
    async fn carry_out(
        &self,
        by: &Person,
        room: &Arc<Room>,
        act: impl Fn(&Arc<Room>) -> Result<Act, RoomFailed>,
    ) -> Result<(), RoomFailed> {
        for _ in 0..TRIES {
            let (_, changed) = self.directory.members(room.key);
            match self.try_enact(by, room.key, act(room)?, changed).await? {
                Ok(()) => return Ok(()),
                Err(EnactRefused::Stale) => {}
                Err(EnactRefused::NoRoom) => return Err(RoomFailed::NotFound),
                Err(EnactRefused::Refused(refused)) => return Err(refused.into()),
            }
        }
        Err(RoomFailed::Unavailable("the room is being changed from elsewhere again and again".into()))
    }

    async fn try_enact(
        &self,
        by: &Person,
        room: RoomKey,
        act: Act,
        known: Seq,
    ) -> Result<Result<(), EnactRefused>, RoomFailed> {
        let Person { user, guest } = by.clone();
        let enact = |reply| Enact { room, act, by: user, guest, known, at: clock::now(), reply };
        Ok(self.directory.store.enact(enact).await?)
    }
}

fn member(whom: &Person, change: MemberChange, role: Option<Role>) -> Act {
    let Person { user, guest } = whom.clone();
    Act::Member { user, guest, change, role }
}
