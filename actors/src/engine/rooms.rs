//! The engine's door for what is asked about rooms by name, as over HTTP.

use std::collections::HashMap;
use std::time::Duration;

use greenroom_protocol::limits::{MEMBERS_PAGE, PAGE_BYTES, READ};
use greenroom_protocol::{Body, ErrorCode, Event, MessageId, Role, RoomId, RoomRow, Seq, Timestamp, UserId};
use greenroom_storage::{Access, PageFrom, RoomInList};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use super::handle::{Engine, to_its_end};
use crate::directory::Person;
use crate::lobby::PublicRoom;
use crate::membership::{Member, RoomEdit, RoomFailed, RoomWish};
use crate::outbox::Refusal;
use crate::room::{Enter, Posted, VisitorPost};

/// Time between two tries to say something in a room that restarts.
const SAY_AGAIN: Duration = Duration::from_millis(50);

/// A room as one of its people sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct RoomView {
    /// As in their list.
    #[serde(flatten)]
    pub room: PublicRoom,
    /// Its members, in a public room those who may do more than everybody: the first of them.
    pub members: Vec<Member>,
    /// How many there are.
    pub member_count: usize,
}

/// A page of a room's log.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct LogPage {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Whether there is more in the direction asked for.
    pub more: bool,
    /// Events before this one are gone.
    pub first_seq: Seq,
}

/// A page of a room's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct MembersPage {
    /// In the order of their ids.
    pub members: Vec<Member>,
    /// How many there are in all.
    pub member_count: usize,
    /// Whether there are more behind these.
    pub more: bool,
}

/// What somebody says over HTTP.
#[derive(Clone, Debug)]
pub struct Saying {
    /// The idempotency key.
    pub id: MessageId,
    /// What.
    pub body: Body,
    /// What it answers.
    pub reply_to: Option<Seq>,
}

impl Engine {
    /// Somebody by id, or by the name of their account: whoever has an account, has written or read here, or has shown
    /// themselves lately.
    ///
    /// # Errors
    /// Where that can't be read now.
    pub async fn person(&self, user: &str) -> Result<Option<Person>, RoomFailed> {
        let account = self.account(user).await.map_err(|failed| RoomFailed::Unavailable(failed.to_string()))?;
        if let Some(account) = account {
            return Ok(Some(Person { user: account.user(), guest: false }));
        }
        let Ok(id) = user.parse::<uuid::Uuid>().map(UserId) else { return Ok(None) };
        if let Some(known) = self.directory.store.person(id).await? {
            return Ok(Some(known));
        }
        Ok(self.directory.strangers.find(id))
    }

    /// Whether somebody may know of a room.
    ///
    /// # Errors
    /// Where they may not.
    pub fn may_see(&self, user: UserId, room: &RoomId) -> Result<(), RoomFailed> {
        self.membership.place(room, Some(user)).map(|_place| ())
    }

    /// Nobody is brought anywhere whose account was deleted; they can still be put out.
    async fn is_there(&self, person: &Person, field: &'static str) -> Result<(), RoomFailed> {
        let account = self.directory.store.account(person.user.id).await?;
        if account.is_some_and(|account| account.access == Access::Deleted) {
            return Err(RoomFailed::invalid(field, format!("{} is gone", person.user.name)));
        }
        Ok(())
    }

    /// When people were last connected; those of whom nobody knows are not in it.
    ///
    /// # Errors
    /// Where that can't be read now.
    pub async fn last_seen(&self, users: Vec<UserId>) -> Result<HashMap<UserId, Timestamp>, RoomFailed> {
        Ok(self.directory.store.last_seen(users).await?)
    }

    /// Somebody's direct rooms, by the other person.
    ///
    /// # Errors
    /// Where they can't be read now.
    pub async fn direct_rooms(&self, user: UserId) -> Result<HashMap<UserId, RoomRow>, RoomFailed> {
        let shown = self.rooms(Some(user)).await.map_err(|_| RoomFailed::Unavailable("the lobby restarts".into()))?;
        Ok(shown.into_iter().filter_map(|shown| Some((shown.row.with.as_ref()?.id, shown.row))).collect())
    }

    /// Makes a room.
    ///
    /// # Errors
    /// Where something is not valid, the id is taken, or nothing can be stored now.
    pub async fn make_room(&self, by: &Person, wish: RoomWish) -> Result<RoomView, RoomFailed> {
        for member in &wish.members {
            self.is_there(member, "members").await?;
        }
        let (membership, maker) = (self.membership.clone(), by.clone());
        let room = to_its_end(async move { membership.make(&maker, wish).await }).await?;
        self.room(by.user.id, &room).await
    }

    /// The one direct room of two people, and whether it was made just now.
    ///
    /// # Errors
    /// Where they are one and the same, or nothing can be stored now.
    pub async fn direct_room(&self, by: &Person, with: Person) -> Result<(RoomView, bool), RoomFailed> {
        self.is_there(&with, "user").await?;
        let (membership, maker) = (self.membership.clone(), by.clone());
        let (room, new) = to_its_end(async move { membership.direct(&maker, with).await }).await?;
        Ok((self.room(by.user.id, &room).await?, new))
    }

    /// A room as one of its people sees it.
    ///
    /// # Errors
    /// Where they may not know of it, or it can't be read now.
    pub async fn room(&self, user: UserId, room: &RoomId) -> Result<RoomView, RoomFailed> {
        let place = self.membership.place(room, Some(user))?;
        let unreachable = |_| RoomFailed::Unavailable("the lobby restarts".into());
        let shown = self.rooms(Some(user)).await.map_err(unreachable)?;
        let mut shown = shown.into_iter().find(|shown| shown.row.room == *room).ok_or(RoomFailed::NotFound)?;
        if let Some(listed) = self.directory.store.room_in_list(user, place.room.key).await? {
            // The lobby may not have heard yet that it is in their list.
            shown.row = row(listed);
        }
        let (members, member_count) = self.membership.members(place.room.key, None, MEMBERS_PAGE).await?;
        // They may have been put out while it was being read.
        self.membership.place(room, Some(user))?;
        Ok(RoomView { room: shown, members, member_count })
    }

    /// A page of a room's members behind `after`.
    ///
    /// # Errors
    /// Where they may not know of it, or it can't be read now.
    pub async fn members(&self, user: UserId, room: &RoomId, after: Option<UserId>) -> Result<MembersPage, RoomFailed> {
        let key = self.membership.place(room, Some(user))?.room.key;
        let (mut members, member_count) = self.membership.members(key, after, MEMBERS_PAGE + 1).await?;
        let more = members.len() > MEMBERS_PAGE;
        members.truncate(MEMBERS_PAGE);
        // They may have been put out while it was being read.
        self.membership.place(room, Some(user))?;
        Ok(MembersPage { members, member_count, more })
    }

    /// Changes what a room is called, or about.
    ///
    /// # Errors
    /// Where they may not, something is not valid, or nothing can be stored now.
    pub async fn edit_room(&self, by: &Person, room: &RoomId, edit: RoomEdit) -> Result<RoomView, RoomFailed> {
        let (membership, by_whom, id) = (self.membership.clone(), by.clone(), room.clone());
        to_its_end(async move { membership.edit(&by_whom, &id, edit).await }).await?;
        self.room(by.user.id, room).await
    }

    /// Deletes a room; whoever runs the server may delete every room.
    ///
    /// # Errors
    /// Where they may not, or nothing can be stored now.
    pub async fn delete_room(&self, by: &Person, room: &RoomId, runs_the_server: bool) -> Result<(), RoomFailed> {
        let (membership, by, room) = (self.membership.clone(), by.clone(), room.clone());
        to_its_end(async move { membership.delete(&by, &room, runs_the_server).await }).await
    }

    /// Makes somebody a member, or gives them another role; says whether anything changed.
    ///
    /// # Errors
    /// Where they may not, or nothing can be stored now.
    pub async fn put_member(
        &self,
        by: &Person,
        room: &RoomId,
        whom: Person,
        role: Option<Role>,
    ) -> Result<bool, RoomFailed> {
        self.is_there(&whom, "user").await?;
        let (membership, by, room) = (self.membership.clone(), by.clone(), room.clone());
        to_its_end(async move { membership.put_member(&by, &room, whom, role).await }).await
    }

    /// Takes somebody out of a room, or oneself.
    ///
    /// # Errors
    /// Where they may not, or nothing can be stored now.
    pub async fn remove_member(&self, by: &Person, room: &RoomId, whom: Person) -> Result<(), RoomFailed> {
        let (membership, by, room) = (self.membership.clone(), by.clone(), room.clone());
        to_its_end(async move { membership.remove_member(&by, &room, whom).await }).await
    }

    /// A page of a room's log.
    ///
    /// # Errors
    /// Where they may not know of the room, or it can't be read now.
    pub async fn page(&self, user: UserId, room: &RoomId, from: PageFrom, limit: usize) -> Result<LogPage, RoomFailed> {
        let key = self.membership.place(room, Some(user))?.room.key;
        let page = self.directory.store.page(key, from, limit, PAGE_BYTES).await?;
        // Whoever is in at this moment may see all that can be read by now.
        self.membership.place(room, Some(user))?;
        let (more, first_seq) = (page.more, page.first_seq());
        let events = page.events.into_iter().map(|event| event.event).collect();
        Ok(LogPage { events, more, first_seq })
    }

    /// Says something in a room, without sitting there.
    ///
    /// # Errors
    /// Where it is refused; where the refusal says `unavailable`, it may have been stored all the same, and the same
    /// id tells.
    pub async fn say(&self, person: &Person, room: &RoomId, saying: Saying) -> Result<Posted, Refusal> {
        let unknown = || Refusal::retry(ErrorCode::Unavailable, "not known yet; ask again with the same id", 1_000);
        let nowhere = |_| crate::room::no_such_room(room);
        let deadline = Instant::now() + READ;
        while Instant::now() < deadline {
            self.membership.place(room, Some(person.user.id)).map_err(nowhere)?;
            let (reply, answered) = oneshot::channel();
            let Saying { id, body, reply_to } = saying.clone();
            let post = VisitorPost { person: person.clone(), id, body, reply_to, reply };
            self.directory.rooms.enter(room.clone(), Enter::Post(Box::new(post)));
            match timeout_at(deadline, answered).await {
                Ok(Ok(outcome)) => return outcome.map_err(|refusal| hidden(refusal, room)),
                // The room has died over it, or on the way.
                Ok(Err(_dropped)) => sleep(SAY_AGAIN).await,
                Err(_elapsed) => break,
            }
        }
        Err(unknown())
    }
}

/// A room as a list that was read just now shows it.
fn row(listed: RoomInList) -> RoomRow {
    let RoomInList { room, head, cursor, last, role, with } = listed;
    RoomRow {
        room: room.id.clone(),
        kind: room.kind,
        title: room.title.clone(),
        topic: room.topic.clone(),
        role,
        retention_s: room.retention.map(|time| time.as_secs()),
        last_seq: head.seq,
        read_seq: cursor.read,
        unread: room.messages_behind(cursor.read_ordinal, head),
        last,
        with: with.map(|(user, _)| user),
    }
}

/// Whoever is out by now hears what a stranger hears.
fn hidden(refusal: Refusal, room: &RoomId) -> Refusal {
    if refusal.code == ErrorCode::NotJoined { crate::room::no_such_room(room) } else { refusal }
}
