//! Accounts, and where people are signed in.
//!
//! | table | key | value |
//! |---|---|---|
//! | 1 | person | the account |
//! | 2 | e-mail, folded | person |
//! | 3 | the name's skeleton | person |
//! | 4 | hash of a token | whose, from when, until when |
//! | 5 | person ‖ hash of a token | – |
//! | 6 | the name's looks | person |
//! | 7 | – | those who may administer |
//! | 8 | person | when they were last connected |

use std::collections::BTreeSet;

use greenroom_protocol::{Name, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::documents::{Change, ChangeRefused, Key};
use crate::shared::Shared;
use crate::{ReadError, Reply};

mod value;

use value::{decode_account, decode_admins, decode_sign_in, encode_account, encode_admins, encode_sign_in, nonsense};

const ACCOUNTS: u8 = 1;
const EMAILS: u8 = 2;
const NAMES: u8 = 3;
const SIGN_INS: u8 = 4;
const SIGN_INS_OF: u8 = 5;
const LOOKS: u8 = 6;
const ADMINS: u8 = 7;
const SEEN: u8 = 8;

/// The most places where one person may be signed in.
pub const SIGN_INS_MOST: usize = 100;

/// A person with a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Who: the same as while they were a guest.
    pub id: UserId,
    /// The name that is theirs alone.
    pub name: Name,
    /// Where they can be reached; theirs alone, whatever the case of its letters.
    pub email: String,
    /// The name that they want to be shown by, where it is another.
    pub display_name: String,
    /// What they are about.
    pub status_text: String,
    /// The hue of their picture, in degrees.
    pub hue: u16,
    /// The hash of their password, in PHC's form.
    pub password: String,
    /// Since when.
    pub created: Timestamp,
    /// Whether they administer the server, while they have access.
    pub admin: bool,
    /// Whether they may come in.
    pub access: Access,
}

/// Whether somebody may come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// They may.
    #[default]
    Open,
    /// Not until an admin says otherwise.
    Disabled,
    /// Never again. What is left of the account is its id and its name, so that nobody else is ever taken for them.
    Deleted,
}

/// Those who administer the server, and have access. One document, so that of two who each want to be rid of the other
/// one stays.
pub type Admins = BTreeSet<UserId>;

/// A hash of a token. The token itself is stored nowhere.
pub type TokenHash = [u8; 32];

/// A place where somebody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Who.
    pub user: UserId,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// What of an account is another's already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The e-mail.
    Email,
    /// The name, or one that looks like it.
    Name,
    /// The person has an account.
    Person,
}

impl Taken {
    /// What of it made a change fail; nothing where it was something else.
    #[must_use]
    pub fn of(refused: &ChangeRefused) -> Option<Self> {
        let ChangeRefused::Changed(key) = refused else { return None };
        match key.as_bytes().first() {
            Some(&EMAILS) => Some(Self::Email),
            Some(&(NAMES | LOOKS)) => Some(Self::Name),
            Some(&ACCOUNTS) => Some(Self::Person),
            _ => None,
        }
    }
}

impl Account {
    /// As others see them.
    #[must_use]
    pub fn user(&self) -> User {
        User { id: self.id, name: self.name.clone() }
    }

    /// Whether they may administer the server now.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.admin && self.access == Access::Open
    }

    /// What is left of them once they are deleted.
    #[must_use]
    pub fn remains(&self) -> Self {
        Self {
            id: self.id,
            name: self.name.clone(),
            email: String::new(),
            display_name: String::new(),
            status_text: String::new(),
            hue: 0,
            password: String::new(),
            created: self.created,
            admin: false,
            access: Access::Deleted,
        }
    }

    /// What nobody else may have.
    fn own_keys(&self) -> Vec<Key> {
        let email = (self.access != Access::Deleted).then(|| email_key(&self.email));
        email.into_iter().chain([name_key(&self.name), looks_key(&self.name)]).collect()
    }

    fn put(&self) -> (Key, Option<Vec<u8>>) {
        (account_key(self.id), Some(encode_account(self)))
    }
}

impl Change {
    /// Makes an account, and signs its person in. Refused where the e-mail, the name or the person has one.
    #[must_use]
    pub fn register(
        account: &Account,
        token: TokenHash,
        sign_in: SignIn,
        reply: Reply<Result<(), ChangeRefused>>,
    ) -> Self {
        let mut change = Self::create(account, reply);
        change.put.extend(sign_in_puts(token, sign_in));
        change
    }

    /// Makes an account whose person comes in later. Refused like [`Change::register`], and where the admins are no
    /// longer these.
    #[must_use]
    pub fn appoint(account: &Account, admins: &Admins, reply: Reply<Result<(), ChangeRefused>>) -> Self {
        let mut change = Self::create(account, reply);
        change.administer(account, admins);
        change
    }

    fn create(account: &Account, reply: Reply<Result<(), ChangeRefused>>) -> Self {
        let (account_key, value) = account.put();
        let owner = Some(account.id.0.as_bytes().to_vec());
        let mut expect = vec![(account_key.clone(), None)];
        let mut put = vec![(account_key, value)];
        for key in account.own_keys() {
            expect.push((key.clone(), None));
            put.push((key, owner.clone()));
        }
        Self { expect, put, erase: None, reply }
    }

    /// What somebody has said until then is no more with it.
    #[must_use]
    pub fn and_erase(self, user: UserId) -> Self {
        Self { erase: Some(user), ..self }
    }

    /// What somebody has said until then is no more. Refused where the admins are no longer these.
    #[must_use]
    pub fn erase(user: UserId, admins: &Admins, reply: Reply<Result<(), ChangeRefused>>) -> Self {
        let expect = vec![(admins_key(), encode_admins(admins))];
        Self { expect, put: Vec::new(), erase: Some(user), reply }
    }

    /// The list of admins with or without this person, where it is still the one that was seen.
    fn administer(&mut self, account: &Account, seen: &Admins) {
        let mut admins = seen.clone();
        if account.administers() {
            admins.insert(account.id);
        } else {
            admins.remove(&account.id);
        }
        self.expect.push((admins_key(), encode_admins(seen)));
        if admins != *seen {
            self.put.push((admins_key(), encode_admins(&admins)));
        }
    }

    /// Changes an account, and signs its person out of these places. Refused where it is no longer `before`, or the
    /// new name or e-mail is another's.
    #[must_use]
    pub fn account(
        before: &Account,
        after: &Account,
        out: &[TokenHash],
        reply: Reply<Result<(), ChangeRefused>>,
    ) -> Self {
        let owner = Some(after.id.0.as_bytes().to_vec());
        let (mut expect, mut put) = (vec![before.put()], vec![after.put()]);
        let (old, new) = (before.own_keys(), after.own_keys());
        put.extend(old.iter().filter(|key| !new.contains(key)).map(|key| (key.clone(), None)));
        for key in new.into_iter().filter(|key| !old.contains(key)) {
            expect.push((key.clone(), None));
            put.push((key, owner.clone()));
        }
        put.extend(sign_out_puts(after.id, out));
        Self { expect, put, erase: None, reply }
    }

    /// The same by an admin's hand, who may change what somebody may do. Refused also where the admins are no longer
    /// these.
    #[must_use]
    pub fn administered(
        before: &Account,
        after: &Account,
        out: &[TokenHash],
        admins: &Admins,
        reply: Reply<Result<(), ChangeRefused>>,
    ) -> Self {
        let mut change = Self::account(before, after, out, reply);
        change.administer(after, admins);
        change
    }

    /// Signs somebody in. Refused where the account is no longer the one whose password was looked at.
    #[must_use]
    pub fn sign_in(
        account: &Account,
        token: TokenHash,
        sign_in: SignIn,
        reply: Reply<Result<(), ChangeRefused>>,
    ) -> Self {
        Self { expect: vec![account.put()], put: sign_in_puts(token, sign_in).into(), erase: None, reply }
    }

    /// Notes when somebody was last connected.
    #[must_use]
    pub fn seen(user: UserId, at: Timestamp, reply: Reply<Result<(), ChangeRefused>>) -> Self {
        Self { expect: Vec::new(), put: vec![seen_put(user, at)], erase: None, reply }
    }

    /// Signs somebody out of these places.
    #[must_use]
    pub fn sign_out(user: UserId, tokens: &[TokenHash], reply: Reply<Result<(), ChangeRefused>>) -> Self {
        Self { expect: Vec::new(), put: sign_out_puts(user, tokens).collect(), erase: None, reply }
    }
}

impl Shared {
    pub(crate) fn account(&self, id: UserId) -> Result<Option<Account>, ReadError> {
        let found = self.document(&account_key(id))?;
        found.map(|value| decode_account(id, &value)).transpose()
    }

    pub(crate) fn admins(&self) -> Result<Admins, ReadError> {
        match self.document(&admins_key())? {
            Some(value) => decode_admins(&value),
            None => Ok(Admins::new()),
        }
    }

    pub(crate) fn account_by_email(&self, email: &str) -> Result<Option<Account>, ReadError> {
        self.account_behind(&email_key(email))
    }

    pub(crate) fn account_by_name(&self, name: &Name) -> Result<Option<Account>, ReadError> {
        match self.account_behind(&name_key(name))? {
            Some(account) => Ok(Some(account)),
            None => self.account_behind(&looks_key(name)),
        }
    }

    fn account_behind(&self, key: &Key) -> Result<Option<Account>, ReadError> {
        match self.document(key)? {
            Some(owner) => self.account(owner_of(&owner)?),
            None => Ok(None),
        }
    }

    /// Up to `limit` accounts whose names look as if they began like this, and are behind `after`, in order. Those that
    /// are deleted are passed over.
    pub(crate) fn accounts(&self, begin: &str, after: Option<&Name>, limit: usize) -> Result<Vec<Account>, ReadError> {
        let begin = Key::new(NAMES, &[begin.as_bytes()]);
        let mut after = after.map(name_key);
        let mut accounts = Vec::new();
        while accounts.len() < limit {
            let names = self.documents(&begin, after.as_ref(), limit - accounts.len())?;
            let Some((last, _)) = names.last() else { break };
            after = Some(last.clone());
            for (_, owner) in names {
                let account = self.account(owner_of(&owner)?)?;
                accounts.extend(account.filter(|account| account.access != Access::Deleted));
            }
        }
        Ok(accounts)
    }

    pub(crate) fn last_seen(&self, user: UserId) -> Result<Option<Timestamp>, ReadError> {
        let millis = |value: Vec<u8>| value.try_into().map(i64::from_be_bytes).map_err(|_| nonsense());
        Ok(self.document(&seen_key(user))?.map(millis).transpose()?.map(Timestamp::from_millis))
    }

    pub(crate) fn sign_in(&self, token: &TokenHash) -> Result<Option<SignIn>, ReadError> {
        let found = self.document(&sign_in_key(token))?;
        found.map(|value| decode_sign_in(&value)).transpose()
    }

    pub(crate) fn sign_ins_of(&self, user: UserId) -> Result<Vec<TokenHash>, ReadError> {
        let begin = Key::new(SIGN_INS_OF, &[user.0.as_bytes()]);
        let found = self.documents(&begin, None, SIGN_INS_MOST)?;
        found.into_iter().map(|(key, _)| key.as_bytes()[17..].try_into().map_err(|_| nonsense())).collect()
    }
}

/// What a document keeps.
#[derive(Debug)]
pub(crate) enum Kept {
    Account(Account),
    SignIn(TokenHash, SignIn),
    /// When somebody was last connected.
    Seen(UserId, Timestamp),
    /// Nothing that does not follow from the others.
    Derived,
}

/// What this document keeps.
pub(crate) fn kept(key: &Key, value: &[u8]) -> Result<Kept, ReadError> {
    let (&table, rest) = key.as_bytes().split_first().ok_or_else(nonsense)?;
    match table {
        ACCOUNTS => {
            let account = decode_account(owner_of(rest)?, value)?;
            Ok(Kept::Account(account))
        }
        SIGN_INS => {
            let token = rest.try_into().map_err(|_| nonsense())?;
            Ok(Kept::SignIn(token, decode_sign_in(value)?))
        }
        SEEN => {
            let millis = i64::from_be_bytes(value.try_into().map_err(|_| nonsense())?);
            Ok(Kept::Seen(owner_of(rest)?, Timestamp::from_millis(millis)))
        }
        ADMINS => decode_admins(value).map(|_| Kept::Derived),
        EMAILS | NAMES | SIGN_INS_OF | LOOKS => Ok(Kept::Derived),
        _ => Err(nonsense()),
    }
}

/// The document that says who administers.
pub(crate) fn admins_put(admins: &Admins) -> (Key, Option<Vec<u8>>) {
    (admins_key(), encode_admins(admins))
}

/// All documents of an account, but those of its sign-ins.
pub(crate) fn documents_of(account: &Account) -> Vec<(Key, Option<Vec<u8>>)> {
    let owner = Some(account.id.0.as_bytes().to_vec());
    let own = account.own_keys().into_iter().map(|key| (key, owner.clone()));
    std::iter::once(account.put()).chain(own).collect()
}

fn account_key(id: UserId) -> Key {
    Key::new(ACCOUNTS, &[id.0.as_bytes()])
}

fn email_key(email: &str) -> Key {
    Key::new(EMAILS, &[email.to_lowercase().as_bytes()])
}

fn name_key(name: &Name) -> Key {
    Key::new(NAMES, &[name.skeleton().as_bytes()])
}

fn looks_key(name: &Name) -> Key {
    Key::new(LOOKS, &[name.looks().as_bytes()])
}

fn admins_key() -> Key {
    Key::new(ADMINS, &[])
}

fn seen_key(user: UserId) -> Key {
    Key::new(SEEN, &[user.0.as_bytes()])
}

fn sign_in_key(token: &TokenHash) -> Key {
    Key::new(SIGN_INS, &[token])
}

fn sign_in_of_key(user: UserId, token: &TokenHash) -> Key {
    Key::new(SIGN_INS_OF, &[user.0.as_bytes(), token])
}

/// The document that says when somebody was last connected.
pub(crate) fn seen_put(user: UserId, at: Timestamp) -> (Key, Option<Vec<u8>>) {
    (seen_key(user), Some(at.as_millis().to_be_bytes().to_vec()))
}

/// The documents of a sign-in.
pub(crate) fn sign_in_puts(token: TokenHash, sign_in: SignIn) -> [(Key, Option<Vec<u8>>); 2] {
    let value = Some(encode_sign_in(sign_in));
    [(sign_in_key(&token), value), (sign_in_of_key(sign_in.user, &token), Some(Vec::new()))]
}

fn sign_out_puts(user: UserId, tokens: &[TokenHash]) -> impl Iterator<Item = (Key, Option<Vec<u8>>)> {
    tokens.iter().flat_map(move |token| [(sign_in_key(token), None), (sign_in_of_key(user, token), None)])
}

fn owner_of(value: &[u8]) -> Result<UserId, ReadError> {
    Uuid::from_slice(value).map(UserId).map_err(|_| nonsense())
}

impl std::fmt::Debug for Account {
    /// Without what nobody else should see.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({}, {})", self.id, self.name)
    }
}
