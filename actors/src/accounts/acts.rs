//! What an admin may do to somebody's account: pure.

use std::fmt;
use std::net::IpAddr;

use greenroom_protocol::limits::ADMINS;
use greenroom_protocol::{Name, User, UserId};
use greenroom_storage::{Access, Account, Admins};
use uuid::Uuid;

use crate::directory::Person;

/// Who administers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Administrator {
    /// Whoever may read the data directory, at the command line.
    Operator,
    /// An admin with an account.
    Admin {
        /// Who.
        user: UserId,
        /// Where they are.
        from: Option<IpAddr>,
        /// The request by which they act.
        request: Option<Uuid>,
    },
}

/// What is done to somebody's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// What they may do changes.
    Change(AccessChange),
    /// Every place where they are signed in ends.
    SignOut,
    /// Their account ends, and what it says of them.
    Delete {
        /// Whether all that they have said is no more with it.
        erase: bool,
    },
}

/// What of somebody's rights changes; nothing stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessChange {
    /// Whether they administer the server.
    pub admin: Option<bool>,
    /// Whether they can't come in.
    pub disabled: Option<bool>,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActRefused {
    /// Whoever asks is no admin, or no longer.
    #[error("only admins may do this")]
    NotAdmin,
    /// Nobody would be left who can.
    #[error("this is the last admin; make another one first")]
    LastAdmin,
    /// There are as many as there may be.
    #[error("there are {ADMINS} admins, as many as there may be; demote one first")]
    TooManyAdmins,
}

impl Act {
    /// Whether the person's sign-ins and sockets end with it.
    pub(super) fn ends(self, after: &Account) -> bool {
        self == Self::SignOut || after.access != Access::Open
    }

    /// The account as it is to be.
    fn apply(self, before: &Account) -> Account {
        match self {
            Self::SignOut => before.clone(),
            Self::Delete { erase: _ } => before.remains(),
            Self::Change(AccessChange { admin, disabled }) => {
                let access = match disabled {
                    Some(true) => Access::Disabled,
                    Some(false) => Access::Open,
                    None => before.access,
                };
                Account { admin: admin.unwrap_or(before.admin), access, ..before.clone() }
            }
        }
    }
}

/// What becomes of an account, where these are the admins.
pub(super) fn decide(by: Administrator, act: Act, before: &Account, admins: &Admins) -> Result<Account, ActRefused> {
    permitted(by, admins)?;
    let after = act.apply(before);
    if before.administers() && !after.administers() && admins.iter().all(|admin| *admin == before.id) {
        return Err(ActRefused::LastAdmin);
    }
    space_for(&after, admins)?;
    Ok(after)
}

/// Whether somebody may administer, where these are the admins.
pub(super) fn permitted(by: Administrator, admins: &Admins) -> Result<(), ActRefused> {
    match by {
        Administrator::Admin { user, .. } if !admins.contains(&user) => Err(ActRefused::NotAdmin),
        Administrator::Admin { .. } | Administrator::Operator => Ok(()),
    }
}

/// The operator as a room's log names them: nobody who could ever come in.
pub(super) fn operator() -> Person {
    let name = Name::guest("operator").expect("this is a name");
    Person { user: User { id: UserId(Uuid::nil()), name }, guest: true }
}

/// Whether an account has a place among the admins, where it is one.
pub(super) fn space_for(account: &Account, admins: &Admins) -> Result<(), ActRefused> {
    let one_more = account.administers() && !admins.contains(&account.id);
    if one_more && admins.len() >= ADMINS { Err(ActRefused::TooManyAdmins) } else { Ok(()) }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignOut => f.write_str("sign-out"),
            Self::Delete { erase: false } => f.write_str("delete"),
            Self::Delete { erase: true } => f.write_str("delete and erase"),
            Self::Change(AccessChange { admin, disabled }) => {
                let rank = admin.map(|admin| if admin { "promote" } else { "demote" });
                let access = disabled.map(|disabled| if disabled { "disable" } else { "enable" });
                let words: Vec<&str> = rank.into_iter().chain(access).collect();
                f.write_str(&words.join(" and "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_protocol::Timestamp;

    const DELETE: Act = Act::Delete { erase: false };

    fn account(admin: bool, access: Access) -> Account {
        Account {
            id: UserId::new(),
            name: Name::account("ana").unwrap(),
            email: "ana@example.org".into(),
            display_name: "Ana M.".into(),
            status_text: "at lunch".into(),
            hue: 5,
            password: "$argon2id$".into(),
            created: Timestamp::from_millis(5),
            admin,
            access,
        }
    }

    fn change(admin: Option<bool>, disabled: Option<bool>) -> Act {
        Act::Change(AccessChange { admin, disabled })
    }

    fn admin(user: UserId) -> Administrator {
        Administrator::Admin { user, from: None, request: None }
    }

    const OPERATOR: Administrator = Administrator::Operator;

    #[test]
    fn the_last_admin_stays_and_the_last_but_one_may_go() {
        let (ana, other) = (account(true, Access::Open), UserId::new());
        let (alone, two) = (Admins::from([ana.id]), Admins::from([ana.id, other]));
        let myself = admin(ana.id);
        for act in [change(Some(false), None), change(None, Some(true)), change(Some(true), Some(true)), DELETE] {
            for by in [OPERATOR, myself] {
                assert_eq!(decide(by, act, &ana, &alone), Err(ActRefused::LastAdmin), "{act}");
                assert!(decide(by, act, &ana, &two).is_ok(), "{act}");
            }
        }
        assert_eq!(decide(OPERATOR, Act::SignOut, &ana, &alone), Ok(ana.clone()));
        let disabled = Account { access: Access::Disabled, ..ana };
        assert!(decide(OPERATOR, DELETE, &disabled, &Admins::from([other])).is_ok(), "she is none any more");
    }

    #[test]
    fn whoever_was_demoted_a_moment_ago_does_nothing_more() {
        let (ana, bob) = (account(false, Access::Open), UserId::new());
        let by = admin(bob);
        for act in [change(None, Some(true)), DELETE, Act::SignOut] {
            assert_eq!(decide(by, act, &ana, &Admins::from([ana.id])), Err(ActRefused::NotAdmin));
            assert!(decide(by, act, &ana, &Admins::from([bob])).is_ok());
        }
    }

    #[test]
    fn whoever_is_enabled_again_is_what_they_were() {
        let ana = account(true, Access::Open);
        let two = Admins::from([ana.id, UserId::new()]);
        let disabled = decide(OPERATOR, change(None, Some(true)), &ana, &two).unwrap();
        assert!(!disabled.administers() && change(None, Some(true)).ends(&disabled));
        let again = decide(OPERATOR, change(None, Some(false)), &disabled, &Admins::from([UserId::new()])).unwrap();
        assert_eq!(again, ana);
        assert!(!change(None, Some(false)).ends(&again));
    }

    #[test]
    fn of_somebody_who_is_deleted_nothing_is_left_to_tell() {
        let ana = account(false, Access::Open);
        let gone = decide(OPERATOR, DELETE, &ana, &Admins::new()).unwrap();
        assert_eq!((gone.id, &gone.name, gone.access), (ana.id, &ana.name, Access::Deleted));
        let told = [&gone.email, &gone.display_name, &gone.status_text, &gone.password];
        assert!(told.iter().all(|text| text.is_empty()), "{told:?}");
    }

    #[test]
    fn there_is_an_end_to_the_list_of_admins() {
        let full: Admins = (0..ADMINS).map(|_| UserId::new()).collect();
        let ana = account(false, Access::Open);
        let promote = change(Some(true), None);
        assert_eq!(decide(OPERATOR, promote, &ana, &full), Err(ActRefused::TooManyAdmins));
        let disabled = Account { access: Access::Disabled, ..ana };
        assert!(decide(OPERATOR, promote, &disabled, &full).is_ok(), "she takes no place until she is enabled");
    }

    #[test]
    fn an_act_is_told_in_words() {
        let told = [change(Some(true), None), change(Some(false), Some(true)), Act::SignOut, DELETE];
        assert_eq!(told.map(|act| act.to_string()), ["promote", "demote and disable", "sign-out", "delete"]);
    }
}
