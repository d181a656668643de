//! The part of the door that is for admins.

use greenroom_protocol::{Name, RoomId, RoomKind, Seq};
use serde::Serialize;

use super::{Engine, to_its_end};
use crate::accounts::{AccountFailed, Act, AdministrationFailed, Administrator, PEOPLE_PAGE, Registration, note};
use greenroom_storage::Account;

/// A room as admins see it, of whatever kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct RoomOverview {
    /// Its id.
    pub room: RoomId,
    /// Who may enter.
    pub kind: RoomKind,
    /// Its title.
    pub title: String,
    /// The newest event.
    pub last_seq: Seq,
    /// People who are in it now.
    pub online_count: usize,
}

impl Engine {
    /// Makes somebody's account for them, who then signs in by themselves.
    ///
    /// # Errors
    /// Where something is not valid, is taken, or can't be stored now.
    pub async fn appoint(
        &self,
        by: Administrator,
        registration: Registration,
        admin: bool,
    ) -> Result<Account, AdministrationFailed> {
        let accounts = self.accounts.clone();
        to_its_end(async move { accounts.appoint(by, registration, admin).await }).await
    }

    /// Does something to the account of an id, a name or an e-mail. Sign-ins that end with it have ended, and their
    /// sockets were told to go, before this is answered.
    ///
    /// # Errors
    /// Where there is no such account, an admin has to stay, whoever asks is none, or it can't be stored now.
    pub async fn administer(&self, by: Administrator, user: &str, act: Act) -> Result<Account, AdministrationFailed> {
        let (accounts, user) = (self.accounts.clone(), user.to_owned());
        to_its_end(async move { accounts.administer(by, &user, act).await }).await
    }

    /// Whether somebody still administers; not where that can't be known.
    pub async fn administers(&self, by: Administrator) -> bool {
        self.accounts.administers(by).await.unwrap_or(false)
    }

    /// A page of accounts as [`Engine::accounts`] has it; where `query` is an e-mail, the one that has it.
    ///
    /// # Errors
    /// Where accounts can't be read now.
    pub async fn accounts_for_admin(
        &self,
        query: &str,
        after: Option<Name>,
    ) -> Result<(Vec<Account>, bool), AccountFailed> {
        if query.contains('@') {
            return Ok((self.accounts.find_for_admin(query).await?.into_iter().collect(), false));
        }
        self.accounts(query, after).await
    }

    /// What somebody has said until now is no more, for whoever reads from now on.
    ///
    /// # Errors
    /// Where nobody is known by that, whoever asks is no admin, or nothing can be stored now.
    pub async fn erase(&self, by: Administrator, user: &str) -> Result<(), AdministrationFailed> {
        let (accounts, user) = (self.accounts.clone(), user.to_owned());
        to_its_end(async move { accounts.erase(by, &user).await }).await
    }

    /// A page of all rooms whose ids begin like this, behind `after`, and whether there are more.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn rooms_for_admin(
        &self,
        begin: &str,
        after: Option<&RoomId>,
    ) -> Result<(Vec<RoomOverview>, bool), AccountFailed> {
        let mut rooms = self.directory.store.rooms().await?;
        rooms.retain(|(room, _)| room.id.as_str().starts_with(begin) && after.is_none_or(|after| room.id > *after));
        rooms.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let more = rooms.len() > PEOPLE_PAGE;
        let page = rooms.into_iter().take(PEOPLE_PAGE).map(|(room, head)| RoomOverview {
            online_count: self.directory.people_in(&room.id),
            room: room.id.clone(),
            kind: room.kind,
            title: room.title.clone(),
            last_seq: head.seq,
        });
        Ok((page.collect(), more))
    }

    /// Deletes a room of whatever kind.
    ///
    /// # Errors
    /// Where there is none, whoever asks is no admin, or nothing can be stored now.
    pub async fn delete_room_for_admin(&self, by: Administrator, room: &RoomId) -> Result<(), AdministrationFailed> {
        let (accounts, membership, room) = (self.accounts.clone(), self.membership.clone(), room.clone());
        to_its_end(async move {
            let deleted = async {
                let person = accounts.person_of(by).await?;
                Ok(membership.delete(&person, &room, true).await?)
            };
            let deleted = deleted.await;
            note(by, "delete the room", room.as_str(), &deleted);
            deleted
        })
        .await
    }
}
