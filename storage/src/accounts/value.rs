//! Accounts and sign-ins as the disk has them.

use greenroom_protocol::{Name, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Access, Account, Admins, SignIn};
use crate::ReadError;
use crate::documents::fits;
use crate::record::Id;

/// An account as the disk has it, but for what sets some apart: that is in one more byte, which others don't have. So
/// those that were written before there was any are still what they are.
#[derive(Serialize, Deserialize)]
struct AccountValue {
    name: String,
    email: String,
    display_name: String,
    status_text: String,
    hue: u16,
    password: String,
    created: i64,
}

const ADMIN: u8 = 1;
const DISABLED: u8 = 2;
const DELETED: u8 = 4;

pub(super) fn encode_account(account: &Account) -> Vec<u8> {
    let access = match account.access {
        Access::Open => 0,
        Access::Disabled => DISABLED,
        Access::Deleted => DELETED,
    };
    let apart = access | if account.admin { ADMIN } else { 0 };
    let mut value = encode(&AccountValue::from(account));
    value.extend((apart != 0).then_some(apart));
    value
}

pub(super) fn decode_account(id: UserId, value: &[u8]) -> Result<Account, ReadError> {
    let (stored, rest) = postcard::take_from_bytes::<AccountValue>(value).map_err(|_| nonsense())?;
    let apart = match rest {
        [] => 0,
        [apart] => *apart,
        _ => return Err(nonsense()),
    };
    let access = match apart & !ADMIN {
        0 => Access::Open,
        DISABLED => Access::Disabled,
        DELETED => Access::Deleted,
        _ => return Err(nonsense()),
    };
    stored.account(id, apart & ADMIN != 0, access).ok_or_else(nonsense)
}

/// Nobody is no document: that is what there was before there were admins.
pub(super) fn encode_admins(admins: &Admins) -> Option<Vec<u8>> {
    let ids: Vec<Id> = admins.iter().map(|id| *id.0.as_bytes()).collect();
    (!ids.is_empty()).then(|| encode(&ids))
}

#[derive(Serialize, Deserialize)]
struct SignInValue {
    user: Id,
    from: i64,
    until: i64,
}

impl From<&Account> for AccountValue {
    fn from(account: &Account) -> Self {
        let Account { name, email, display_name, status_text, hue, password, created, .. } = account.clone();
        Self {
            name: name.as_str().to_owned(),
            email,
            display_name,
            status_text,
            hue,
            password,
            created: created.as_millis(),
        }
    }
}

impl AccountValue {
    fn account(self, id: UserId, admin: bool, access: Access) -> Option<Account> {
        let Self { name, email, display_name, status_text, hue, password, created } = self;
        let (name, created) = (Name::account(&name).ok()?, Timestamp::from_millis(created));
        Some(Account { id, name, email, display_name, status_text, hue, password, created, admin, access })
    }
}

impl From<SignIn> for SignInValue {
    fn from(SignIn { user, from, until }: SignIn) -> Self {
        Self { user: *user.0.as_bytes(), from: from.as_millis(), until: until.as_millis() }
    }
}

impl From<SignInValue> for SignIn {
    fn from(SignInValue { user, from, until }: SignInValue) -> Self {
        let at = Timestamp::from_millis;
        Self { user: UserId(Uuid::from_bytes(user)), from: at(from), until: at(until) }
    }
}

pub(super) fn decode_admins(value: &[u8]) -> Result<Admins, ReadError> {
    Ok(decode::<Vec<Id>>(value)?.into_iter().map(|id| UserId(Uuid::from_bytes(id))).collect())
}

pub(super) fn encode_sign_in(sign_in: SignIn) -> Vec<u8> {
    encode(&SignInValue::from(sign_in))
}

pub(super) fn decode_sign_in(value: &[u8]) -> Result<SignIn, ReadError> {
    Ok(decode::<SignInValue>(value)?.into())
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    let bytes = postcard::to_allocvec(value).expect("a vector takes any value");
    debug_assert!(fits(&bytes), "the texts of an account are bounded");
    bytes
}

fn decode<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Result<T, ReadError> {
    postcard::from_bytes(value).map_err(|_| nonsense())
}

pub(super) fn nonsense() -> ReadError {
    ReadError::Disk("a stored account makes no sense".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written of Ana before there were admins: her name, e-mail, display name, status text, hue, password and date.
    const BEFORE_ADMINS: &[u8] = b"\x03Ana\x0bana@b.examp\x02AA\x00\xc8\x01\x04$arg\x0a";

    fn ana() -> Account {
        Account {
            id: UserId(Uuid::nil()),
            name: Name::account("Ana").unwrap(),
            email: "ana@b.examp".into(),
            display_name: "AA".into(),
            status_text: String::new(),
            hue: 200,
            password: "$arg".into(),
            created: Timestamp::from_millis(5),
            admin: false,
            access: Access::Open,
        }
    }

    #[test]
    fn an_account_from_before_there_were_admins_is_read_and_is_still_the_same_bytes() {
        assert_eq!(decode_account(ana().id, BEFORE_ADMINS), Ok(ana()));
        // A change expects the very bytes that are stored.
        assert_eq!(encode_account(&ana()), BEFORE_ADMINS);
    }

    #[test]
    fn what_sets_somebody_apart_is_kept_and_what_makes_no_sense_is_refused() {
        for access in [Access::Open, Access::Disabled] {
            for admin in [false, true] {
                let account = Account { admin, access, ..ana() };
                assert_eq!(decode_account(account.id, &encode_account(&account)), Ok(account));
            }
        }
        let remains = Account { admin: true, ..ana() }.remains();
        assert_eq!(decode_account(remains.id, &encode_account(&remains)), Ok(remains));
        for nonsense in [&[8][..], &[DISABLED | DELETED], &[ADMIN, 0]] {
            assert!(decode_account(ana().id, &[BEFORE_ADMINS, nonsense].concat()).is_err(), "{nonsense:?}");
        }
    }
}
