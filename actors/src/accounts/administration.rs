//! What admins do to accounts, carried out: decided by the pure rules, and by the writer only while what was seen is
//! still so.

use greenroom_protocol::UserId;
use greenroom_storage::{Access, Account, Change, ChangeRefused, Taken};

use super::acts::{self, Act, ActRefused, Administrator};
use super::{AccountFailed, Accounts, Registration, TRIES, contended, person, rules};
use crate::clock;
use crate::directory::Person;
use crate::engine::Panicked;
use crate::membership::RoomFailed;
use crate::store::{ChangeFailed, ReadFailed};
use crate::trail;

/// Why an admin was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdministrationFailed {
    /// There is no such account, or it is deleted.
    #[error("nobody of this id, name or e-mail has an account")]
    Nobody,
    /// It breaks a rule of administration.
    #[error(transparent)]
    Refused(#[from] ActRefused),
    /// Something else about accounts.
    #[error(transparent)]
    Account(#[from] AccountFailed),
    /// Something about a room.
    #[error(transparent)]
    Room(#[from] RoomFailed),
}

impl From<Panicked> for AdministrationFailed {
    fn from(panicked: Panicked) -> Self {
        Self::Account(panicked.into())
    }
}

impl From<ReadFailed> for AdministrationFailed {
    fn from(failed: ReadFailed) -> Self {
        Self::Account(failed.into())
    }
}

/// Writes into the audit trail what an admin has done, or was refused, and to whom or what.
pub(crate) fn note<T>(by: Administrator, deed: &str, to: &str, done: &Result<T, AdministrationFailed>) {
    let (user, from, request) = match by {
        Administrator::Operator => (None, None, None),
        Administrator::Admin { user, from, request } => (Some(user), from, request),
    };
    let (outcome, about) = match done {
        Ok(_) => (trail::Outcome::Done, format!("{deed} {to}")),
        Err(refused) => (trail::Outcome::Refused, format!("{deed} {to}: {refused}")),
    };
    trail::Entry { act: trail::Act::Administer, outcome, user, from, request, about: &about }.record();
}

fn named(account: &Account) -> String {
    format!("{} {}", account.name, account.id)
}

impl Accounts {
    /// Makes somebody's account for them, who then signs in by themselves.
    pub(crate) async fn appoint(
        &self,
        by: Administrator,
        registration: Registration,
        admin: bool,
    ) -> Result<Account, AdministrationFailed> {
        let made = self.make(by, registration, admin).await;
        let whom = made.as_ref().map_or_else(|_| "somebody".into(), named);
        note(by, if admin { "create an admin" } else { "create" }, &whom, &made);
        made
    }

    async fn make(
        &self,
        by: Administrator,
        registration: Registration,
        admin: bool,
    ) -> Result<Account, AdministrationFailed> {
        let fields = registration.check().map_err(AccountFailed::Invalid)?;
        let password = self.passwords.hash(registration.password).await?;
        let id = UserId::new();
        let account = Account { admin, ..rules::fresh(id, fields, password, clock::now()) };
        let _turn = self.acts.lock().await;
        for _ in 0..TRIES {
            let admins = self.directory.store.admins().await?;
            acts::permitted(by, &admins)?;
            acts::space_for(&account, &admins)?;
            match self.directory.store.change(|reply| Change::appoint(&account, &admins, reply)).await {
                Ok(()) => return Ok(account),
                Err(failed) if seen_has_changed(&failed) && taken(&failed).is_none() => {}
                Err(failed) => return Err(AccountFailed::from(failed).into()),
            }
        }
        Err(contended().into())
    }

    /// Does something to somebody's account. What has ended with it is over before this is answered. Done again it
    /// changes nothing, and ends what may have been left.
    pub(crate) async fn administer(
        &self,
        by: Administrator,
        user: &str,
        act: Act,
    ) -> Result<Account, AdministrationFailed> {
        let found = self.find_for_admin(user).await?.ok_or(AdministrationFailed::Nobody)?;
        let done = self.act(by, found.id, act).await;
        note(by, &act.to_string(), &named(&found), &done);
        done
    }

    async fn act(&self, by: Administrator, id: UserId, act: Act) -> Result<Account, AdministrationFailed> {
        let _turn = self.acts.lock().await;
        for _ in 0..TRIES {
            let admins = self.directory.store.admins().await?;
            let before = self.directory.store.account(id).await?.filter(|account| account.access != Access::Deleted);
            let before = before.ok_or(AdministrationFailed::Nobody)?;
            let after = acts::decide(by, act, &before, &admins)?;
            let out = if act.ends(&after) { self.directory.store.sign_ins_of(id).await? } else { Vec::new() };
            let change = |reply| {
                let change = Change::administered(&before, &after, &out, &admins, reply);
                if act == (Act::Delete { erase: true }) { change.and_erase(id) } else { change }
            };
            match self.directory.store.change(change).await {
                Ok(()) => {
                    if act.ends(&after) {
                        self.end_everywhere(id).await?;
                    }
                    return Ok(after);
                }
                Err(failed) if seen_has_changed(&failed) => {}
                Err(failed) => return Err(AccountFailed::from(failed).into()),
            }
        }
        Err(contended().into())
    }

    /// What somebody has said until now is no more: of whoever has an account, had one, or is a guest.
    pub(crate) async fn erase(&self, by: Administrator, user: &str) -> Result<(), AdministrationFailed> {
        let found = match self.find_for_admin(user).await? {
            Some(account) => Some((account.id, named(&account))),
            None => self.heard_of(user).await?,
        };
        let (id, name) = found.ok_or(AdministrationFailed::Nobody)?;
        let done = self.erase_all_of(by, id).await;
        note(by, "erase all that was said by", &name, &done);
        done
    }

    async fn erase_all_of(&self, by: Administrator, id: UserId) -> Result<(), AdministrationFailed> {
        let _turn = self.acts.lock().await;
        for _ in 0..TRIES {
            let admins = self.directory.store.admins().await?;
            acts::permitted(by, &admins)?;
            match self.directory.store.change(|reply| Change::erase(id, &admins, reply)).await {
                Ok(()) => return Ok(()),
                Err(failed) if seen_has_changed(&failed) => {}
                Err(failed) => return Err(AccountFailed::from(failed).into()),
            }
        }
        Err(contended().into())
    }

    /// Somebody of this id who has written here, as a guest or before their account ended.
    async fn heard_of(&self, user: &str) -> Result<Option<(UserId, String)>, ReadFailed> {
        let Ok(id) = uuid::Uuid::try_parse(user).map(UserId) else { return Ok(None) };
        let known = self.directory.store.person(id).await?;
        Ok(known.map(|person| (id, format!("{} {id}", person.user.name))))
    }

    /// Closes all sockets of somebody, and ends what came in in the last moment.
    async fn end_everywhere(&self, user: UserId) -> Result<(), AccountFailed> {
        loop {
            self.close_where(|living| living.person.user.id == user);
            let tokens = self.directory.store.sign_ins_of(user).await?;
            if tokens.is_empty() {
                return Ok(());
            }
            self.sign_out(user, tokens).await?;
        }
    }

    /// By whom the log of a room says that an admin did something to it.
    pub(crate) async fn person_of(&self, by: Administrator) -> Result<Person, AdministrationFailed> {
        acts::permitted(by, &self.directory.store.admins().await?)?;
        match by {
            Administrator::Operator => Ok(acts::operator()),
            Administrator::Admin { user, .. } => {
                let account = self.directory.store.account(user).await?.ok_or(ActRefused::NotAdmin)?;
                Ok(person(&account))
            }
        }
    }

    pub(crate) async fn administers(&self, by: Administrator) -> Result<bool, ReadFailed> {
        Ok(acts::permitted(by, &self.directory.store.admins().await?).is_ok())
    }

    /// The account of an id, a name or an e-mail.
    pub(crate) async fn find_for_admin(&self, user: &str) -> Result<Option<Account>, ReadFailed> {
        if user.contains('@') {
            self.directory.store.account_by_email(user.to_owned()).await
        } else {
            self.find(user).await
        }
    }
}

fn seen_has_changed(failed: &ChangeFailed) -> bool {
    matches!(failed, ChangeFailed::Refused(ChangeRefused::Changed(_)))
}

fn taken(failed: &ChangeFailed) -> Option<Taken> {
    match failed {
        ChangeFailed::Refused(refused) => Taken::of(refused),
        ChangeFailed::NoAnswer(_) => None,
    }
}
