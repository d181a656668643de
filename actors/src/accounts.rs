//! Accounts: who has a password, where they are signed in, and what they say of themselves.
//!
//! No actor of its own: what is decided is decided by the store's writer, which alone knows what is
//! taken, and the rest is reading. Passwords are hashed in a small pool, off the runtime's threads.

mod acts;
mod administration;
mod passwords;
mod rules;

use std::sync::Arc;

use greenroom_protocol::{CloseCode, Name, Timestamp, User, UserId};
use greenroom_storage::{Access, Account, Change, SignIn, SignInToken, Taken, TokenHash};

pub use acts::{AccessChange, Act, ActRefused, Administrator};
pub use administration::AdministrationFailed;
pub(crate) use administration::note;
pub(crate) use rules::line;
pub use rules::{FieldError, ProfileChange, Registration, hue_of};

use crate::clock;
use crate::directory::{Directory, LivingSession, Person};
use crate::store::{ChangeFailed, ReadFailed};
use passwords::Passwords;

/// How long a sign-in lasts.
const SIGNED_IN_FOR_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Tries to change an account that is being changed from elsewhere, too.
const TRIES: u32 = 5;

/// People of a list at a time.
pub const PEOPLE_PAGE: usize = 100;

/// The accounts of an engine.
#[derive(Clone)]
pub(crate) struct Accounts {
    directory: Arc<Directory>,
    passwords: Arc<Passwords>,
    /// Admins act one after the other, so that none tries in vain again and again.
    acts: Arc<tokio::sync::Mutex<()>>,
}

/// Somebody who was signed in just now.
#[derive(Clone)]
pub struct SignedIn {
    /// Their account.
    pub account: Account,
    /// What they show from now on.
    pub token: String,
    /// Until when it is good.
    pub until: Timestamp,
}

impl std::fmt::Debug for SignedIn {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignedIn({:?}, {})", self.account, self.until)
    }
}

/// Why something about an account was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountFailed {
    /// Some fields break a rule.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// It is another's already.
    #[error("this is taken")]
    Taken(Taken),
    /// E-mail and password are not those of an account.
    #[error("the e-mail or the password is wrong")]
    WrongPassword,
    /// So many passwords are being looked at that this one has no place.
    #[error("too many people sign in just now; try again")]
    Busy,
    /// Nothing can be stored, or read, now.
    #[error("accounts can't be reached now: {0}")]
    Unavailable(String),
}

impl From<ReadFailed> for AccountFailed {
    fn from(failed: ReadFailed) -> Self {
        Self::Unavailable(failed.to_string())
    }
}

impl From<ChangeFailed> for AccountFailed {
    fn from(failed: ChangeFailed) -> Self {
        match &failed {
            ChangeFailed::Refused(refused) => match Taken::of(refused) {
                Some(taken) => Self::Taken(taken),
                None => Self::Unavailable(failed.to_string()),
            },
            ChangeFailed::NoAnswer(_) => Self::Unavailable(failed.to_string()),
        }
    }
}

impl Accounts {
    pub(crate) fn new(directory: Arc<Directory>) -> Self {
        Self { directory, passwords: Arc::new(Passwords::new()), acts: Arc::default() }
    }

    /// Makes an account, and signs its person in. A guest keeps who they are, but what they were a guest by ends: their
    /// sockets show the old name, and whoever else holds the old token is not to go on as somebody with an account.
    pub(crate) async fn register(
        &self,
        registration: Registration,
        guest: Option<UserId>,
    ) -> Result<SignedIn, AccountFailed> {
        let fields = registration.check().map_err(AccountFailed::Invalid)?;
        let password = self.passwords.hash(registration.password).await?;
        let id = guest.unwrap_or_else(UserId::new);
        let account = rules::fresh(id, fields, password, clock::now());
        let (token, sign_in) = fresh_sign_in(id)?;
        let register = |reply| Change::register(&account, token.hash, sign_in, reply);
        self.directory.store.change(register).await?;
        if guest.is_some() {
            self.close_where(|living| living.sign_in.is_none() && living.person.user.id == id);
        }
        Ok(SignedIn { account, token: token.text, until: sign_in.until })
    }

    /// Signs somebody in. It takes the same time whether or not there is such an account.
    pub(crate) async fn sign_in(&self, email: &str, password: String) -> Result<SignedIn, AccountFailed> {
        for _ in 0..TRIES {
            let account = self.known_by_password(email, password.clone()).await?;
            self.make_space(account.id).await?;
            let (token, sign_in) = fresh_sign_in(account.id)?;
            match self.directory.store.change(|reply| Change::sign_in(&account, token.hash, sign_in, reply)).await {
                Err(failed) if changed_meanwhile(&failed) => {}
                Err(failed) => return Err(failed.into()),
                Ok(()) => return Ok(SignedIn { account, token: token.text, until: sign_in.until }),
            }
        }
        Err(contended())
    }

    async fn known_by_password(&self, email: &str, password: String) -> Result<Account, AccountFailed> {
        let account = self.directory.store.account_by_email(email.trim().to_owned()).await?;
        let hash = account.as_ref().map(|account| account.password.clone());
        let right = self.passwords.verify(hash, password).await?;
        account.filter(|account| right && account.access == Access::Open).ok_or(AccountFailed::WrongPassword)
    }

    /// Where somebody is signed in at the most places, the earliest one ends.
    async fn make_space(&self, user: UserId) -> Result<(), AccountFailed> {
        let tokens = self.directory.store.sign_ins_of(user).await?;
        if tokens.len() < greenroom_storage::SIGN_INS_MOST {
            return Ok(());
        }
        let mut earliest: Option<(Timestamp, TokenHash)> = None;
        for token in tokens {
            let from = self.directory.store.sign_in(token).await?.map_or(Timestamp::from_millis(0), |at| at.from);
            if earliest.is_none_or(|(before, _)| from < before) {
                earliest = Some((from, token));
            }
        }
        match earliest {
            Some((_, token)) => self.sign_out(user, vec![token]).await,
            None => Ok(()),
        }
    }

    /// Ends sign-ins, and closes their sockets.
    pub(crate) async fn sign_out(&self, user: UserId, tokens: Vec<TokenHash>) -> Result<(), AccountFailed> {
        self.directory.store.change(|reply| Change::sign_out(user, &tokens, reply)).await?;
        self.close(&tokens);
        Ok(())
    }

    fn close(&self, tokens: &[TokenHash]) {
        self.close_where(|living| living.sign_in.is_some_and(|sign_in| tokens.contains(&sign_in)));
    }

    fn close_where(&self, ended: impl Fn(&LivingSession) -> bool) {
        for (_, living) in self.directory.sessions() {
            if ended(&living) {
                living.outbox.close(CloseCode::Unauthenticated);
            }
        }
    }

    /// Where somebody is signed in besides here: the first hundred places.
    async fn elsewhere(&self, user: UserId, here: TokenHash) -> Result<Vec<TokenHash>, AccountFailed> {
        let mut tokens = self.directory.store.sign_ins_of(user).await?;
        tokens.retain(|token| *token != here);
        Ok(tokens)
    }

    /// Who is signed in with this token.
    pub(crate) async fn signed_in(&self, token: TokenHash) -> Result<Option<Account>, ReadFailed> {
        let Some(sign_in) = self.directory.store.sign_in(token).await? else { return Ok(None) };
        if sign_in.until <= clock::now() {
            return Ok(None);
        }
        Ok(self.directory.store.account(sign_in.user).await?.filter(|account| account.access == Access::Open))
    }

    /// Changes what somebody says of themselves. A new password or e-mail needs the old password; a new password
    /// ends all other sign-ins.
    pub(crate) async fn change(
        &self,
        user: UserId,
        change: ProfileChange,
        here: TokenHash,
    ) -> Result<Account, AccountFailed> {
        let gone = || AccountFailed::Unavailable("the account is gone".into());
        // The password that was looked at, and what it becomes: one that was changed meanwhile is looked at again.
        let mut renewed: Option<(String, String)> = None;
        for _ in 0..TRIES {
            let before = self.directory.store.account(user).await?.filter(|account| account.access == Access::Open);
            let before = before.ok_or_else(gone)?;
            let mut after = change.apply(&before).map_err(AccountFailed::Invalid)?;
            let looked_at = renewed.as_ref().is_some_and(|(of, _)| *of == before.password);
            if !looked_at && (change.password.is_some() || change.email.is_some()) {
                renewed = Some((before.password.clone(), self.renewed(&before, &change).await?));
            }
            if let Some((_, password)) = &renewed {
                after.password.clone_from(password);
            }
            let out = if change.password.is_some() { self.elsewhere(user, here).await? } else { Vec::new() };
            match self.directory.store.change(|reply| Change::account(&before, &after, &out, reply)).await {
                Err(failed) if changed_meanwhile(&failed) => {}
                Err(failed) => return Err(failed.into()),
                Ok(()) => {
                    self.close(&out);
                    if after.name != before.name {
                        self.come_back(user);
                    }
                    if change.password.is_some() {
                        self.sign_out_elsewhere(user, here).await?;
                    }
                    return Ok(after);
                }
            }
        }
        Err(contended())
    }

    /// What somebody's sockets say in their name is said in the new one: they come back by it.
    fn come_back(&self, user: UserId) {
        let theirs = |living: &LivingSession| living.person.user.id == user;
        for (_, living) in self.directory.sessions().into_iter().filter(|(_, living)| theirs(living)) {
            living.outbox.close(CloseCode::Restarting);
        }
    }

    /// Ends also what came in with the old password in the last moment.
    async fn sign_out_elsewhere(&self, user: UserId, here: TokenHash) -> Result<(), AccountFailed> {
        loop {
            let out = self.elsewhere(user, here).await?;
            if out.is_empty() {
                return Ok(());
            }
            self.sign_out(user, out).await?;
        }
    }

    /// The hash of the new password, or the one until now, where the old password was right.
    async fn renewed(&self, before: &Account, change: &ProfileChange) -> Result<String, AccountFailed> {
        let current = change.current_password.clone().unwrap_or_default();
        if !self.passwords.verify(Some(before.password.clone()), current).await? {
            return Err(AccountFailed::WrongPassword);
        }
        match change.password.clone() {
            Some(password) => self.passwords.hash(password).await,
            None => Ok(before.password.clone()),
        }
    }

    /// Whether somebody has an account, or had one until it was deleted.
    pub(crate) async fn has_account(&self, user: UserId) -> Result<bool, ReadFailed> {
        Ok(self.directory.store.account(user).await?.is_some())
    }

    /// Whether a name is an account's, or looks like one's; also where that is deleted.
    pub(crate) async fn owner_of(&self, name: &Name) -> Result<Option<UserId>, ReadFailed> {
        let account = self.directory.store.account_by_name(name.clone()).await?;
        Ok(account.map(|account| account.id))
    }

    /// A page of the accounts whose names begin like this, behind `after`, and whether there are more.
    pub(crate) async fn list(&self, begin: &str, after: Option<Name>) -> Result<(Vec<Account>, bool), ReadFailed> {
        // What nobody can be called, nobody's name begins with.
        let skeleton = match Name::guest(begin) {
            Ok(begin) => begin.skeleton(),
            Err(_) if begin.is_empty() => String::new(),
            Err(_) => return Ok((Vec::new(), false)),
        };
        let mut accounts = self.directory.store.accounts(skeleton, after, PEOPLE_PAGE + 1).await?;
        let more = accounts.len() > PEOPLE_PAGE;
        accounts.truncate(PEOPLE_PAGE);
        Ok((accounts, more))
    }

    /// The account of an id or a name.
    pub(crate) async fn find(&self, user: &str) -> Result<Option<Account>, ReadFailed> {
        // Without its hyphens an id could be somebody's name.
        if user.len() == uuid::fmt::Hyphenated::LENGTH
            && let Ok(id) = uuid::Uuid::try_parse(user)
        {
            let found = self.directory.store.account(UserId(id)).await?;
            return Ok(found.filter(|account| account.access != Access::Deleted));
        }
        let Ok(name) = Name::guest(user) else { return Ok(None) };
        let found = self.directory.store.account_by_name(name.clone()).await?;
        // One that only looks like it is another.
        let called = |account: &Account| account.name.as_str().to_lowercase() == name.as_str().to_lowercase();
        Ok(found.filter(|account| called(account) && account.access != Access::Deleted))
    }
}

/// Closes the sockets whose sign-in has expired.
pub(crate) async fn close_expired(directory: &Directory) {
    let signed_in = directory.sessions().into_iter().filter_map(|(_, living)| Some((living.sign_in?, living.outbox)));
    let (tokens, outboxes): (Vec<TokenHash>, Vec<_>) = signed_in.unzip();
    if tokens.is_empty() {
        return;
    }
    match directory.store.sign_ins(tokens).await {
        Ok(sign_ins) => {
            let is_over = |sign_in: Option<SignIn>| sign_in.is_none_or(|sign_in| sign_in.until <= clock::now());
            for (outbox, _) in outboxes.iter().zip(sign_ins).filter(|(_, sign_in)| is_over(*sign_in)) {
                outbox.close(CloseCode::Unauthenticated);
            }
        }
        Err(error) => tracing::warn!(%error, "whether sign-ins have expired can't be known now"),
    }
}

/// The person that an account is.
pub(crate) fn person(account: &Account) -> Person {
    Person { user: User { id: account.id, name: account.name.clone() }, guest: false }
}

fn changed_meanwhile(failed: &ChangeFailed) -> bool {
    matches!(failed, ChangeFailed::Refused(refused) if Taken::of(refused) == Some(Taken::Person))
}

fn contended() -> AccountFailed {
    AccountFailed::Unavailable("the account is being changed from elsewhere again and again".into())
}

fn fresh_sign_in(user: UserId) -> Result<(SignInToken, SignIn), AccountFailed> {
    let token = SignInToken::new().map_err(|error| AccountFailed::Unavailable(error.to_string()))?;
    let from = clock::now();
    let until = Timestamp::from_millis(from.as_millis() + SIGNED_IN_FOR_MS);
    Ok((token, SignIn { user, from, until }))
}
