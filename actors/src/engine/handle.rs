mod administration;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::limits::Limits;
use greenroom_protocol::{CloseCode, Hello, Name, Ref, Status, User, UserId};
use greenroom_storage::{
    Account, GuestTokens, Options, SignInToken, StartError, Store, Timings, TokenHash, Unreadable,
};
use prometheus::Histogram;
use ractor::Actor;
use serde::Serialize;
use tokio::sync::watch;

use super::actor::{EngineActor, EngineArguments};
use super::command::EngineCommand;
use super::lab::Lab;
use crate::accounts::{AccountFailed, Accounts, ProfileChange, Registration, SignedIn, person};
use crate::address::{Address, Birth, Vitals};
use crate::audit::balance;
use crate::books::Balance;
use crate::call;
use crate::census::LifeChange;
use crate::dead_letters::DeadLetter;
use crate::directory::{Directory, Person};
use crate::lobby::PublicRoom;
use crate::membership::{Membership, RoomFailed};
use crate::observatory::{Narrator, Observer};
use crate::outbox::{ACKNOWLEDGED, Outbox};
use crate::pace::Pacing;
use crate::session::{SessionConfig, SessionHandle};
use crate::shard::Opening;
use crate::store::ReadFailed;

/// A running engine: the door through which the web edge reaches the actors.
#[derive(Clone)]
pub struct Engine {
    pub(super) directory: Arc<Directory>,
    actor: Address<EngineCommand>,
    store: Store,
    tokens: GuestTokens,
    accounts: Accounts,
    pub(super) membership: Membership,
    config: SessionConfig,
    pacing: Option<Arc<Pacing>>,
}

pub use administration::RoomOverview;

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineFailed {
    /// The store does not start; it says what to do.
    #[error(transparent)]
    Store(#[from] StartError),
    /// An actor does not start.
    #[error("the engine's actors don't start: {0}")]
    Actors(String),
}

/// Why a `hello` identifies nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelloFailed {
    /// It says neither who this is nor has a token.
    #[error("hello needs `guest` (a name) or `token`")]
    Nobody,
    /// The token is none of this server's.
    #[error("the token is not valid; say hello with `guest`, or sign in")]
    BadToken,
    /// Somebody with an account is called that.
    #[error("this name, or one that looks like it, belongs to somebody; take another")]
    NameTaken,
    /// Who this is can't be looked up now.
    #[error("accounts can't be read now; try again")]
    Unavailable,
}

impl From<ReadFailed> for HelloFailed {
    fn from(error: ReadFailed) -> Self {
        tracing::warn!(%error, "somebody can't be identified now");
        Self::Unavailable
    }
}

/// Who somebody is, and by what.
#[derive(Clone)]
pub struct Identity {
    /// Who.
    pub person: Person,
    /// What a guest comes back with.
    pub token: Option<String>,
    /// The sign-in that it rests on; a guest has none.
    pub sign_in: Option<TokenHash>,
    /// Whether they administer the server.
    pub admin: bool,
    /// Whether they were made a moment ago: nobody knows of them, and nothing of theirs is stored.
    pub fresh: bool,
}

impl std::fmt::Debug for Identity {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({:?})", self.person)
    }
}

/// What a drain has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Sockets that were told to go.
    pub sockets: usize,
}

/// How the engine is, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: &'static str,
    /// The journal and its index; nothing where the store does not answer.
    #[cfg_attr(feature = "schemas", schema(required))]
    pub store: Option<greenroom_storage::Health>,
    /// Rooms that live now; nothing where their supervisor does not answer.
    #[cfg_attr(feature = "schemas", schema(required))]
    pub rooms: Option<usize>,
    /// Commands that have crashed a room twice, and were set aside.
    pub poison: u64,
    /// People and sessions online; nothing where presence does not answer.
    #[cfg_attr(feature = "schemas", schema(required))]
    pub presence: Option<Online>,
}

/// What was set aside so that the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct SetAside {
    /// Commands that have failed their room twice: the newest thousand.
    pub poison: Vec<DeadLetter>,
    /// Stored events that were met and can't be read: the first thousand, by room and place.
    pub unreadable: Vec<Unreadable>,
}

/// How the engine is and what it has done, in numbers.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// How its parts are.
    pub health: Health,
    /// The conservation ledger of everybody.
    pub balance: Balance,
    /// For each kind of actor: how many live, and how many commands wait for all of them together.
    pub actors: BTreeMap<&'static str, (u64, u64)>,
    /// How often what has happened to actors of each kind.
    pub life: Vec<(&'static str, LifeChange, u64)>,
    /// How often what was refused for coming too often, or being too many; nothing where there are no limits.
    pub refusals: Vec<(&'static str, u64)>,
    /// What takes how long.
    pub timings: Vec<Histogram>,
}

/// People and sessions online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Online {
    /// People.
    pub people: usize,
    /// Their sessions.
    pub sessions: usize,
}

impl Engine {
    /// Opens the data directory and starts the supervision tree.
    ///
    /// # Errors
    /// Where the data directory can't be used, or an actor does not start.
    pub async fn start(options: Options, config: SessionConfig, limits: Option<Limits>) -> Result<Self, EngineFailed> {
        let directory = Directory::new();
        let announce = Arc::clone(&directory);
        let opened = tokio::task::spawn_blocking(move || Store::start(options, announce)).await;
        let store = opened.map_err(|panic| EngineFailed::Actors(panic.to_string()))??;
        let tokens = store.guest_tokens();
        directory.guard(Arc::new(store.standings()));
        let (observatory, shelf) = (Arc::clone(&directory.observatory), store.shelf());
        let recalled = tokio::task::spawn_blocking(move || observatory.recall(shelf)).await;
        recalled.map_err(|panic| EngineFailed::Actors(panic.to_string()))?;
        tokio::spawn(Narrator::new(Arc::clone(&directory)).run());
        let arguments = EngineArguments { directory: Arc::clone(&directory), store: store.clone() };
        let vitals = Vitals::new::<EngineCommand>();
        let (actor, task) = Actor::spawn(None, EngineActor, Birth::new(Arc::clone(&vitals), arguments))
            .await
            .map_err(|error| EngineFailed::Actors(error.to_string()))?;
        let actor = Address::new(actor, vitals);
        let watched = Arc::clone(&directory);
        tokio::spawn(async move {
            // Whatever ends the engine ends the process; an orderly stop has told its own story by then.
            let _ended = task.await;
            watched.fail("the engine has ended".to_owned());
        });
        let (accounts, membership) = (Accounts::new(Arc::clone(&directory)), Membership::new(Arc::clone(&directory)));
        let pacing = limits.map(|limits| Arc::new(Pacing::new(limits)));
        Ok(Self { directory, actor, store, tokens, accounts, membership, config, pacing })
    }

    /// Who a `hello` says this is, with the token that a guest comes back with.
    ///
    /// # Errors
    /// Where it identifies nobody.
    pub async fn identify(&self, hello: &Hello, bearer: Option<&str>) -> Result<Identity, HelloFailed> {
        if let Some(token) = hello.token.as_deref() {
            return self.bearer(token).await;
        }
        if let Some(name) = &hello.guest {
            return self.guest(name.clone()).await;
        }
        match bearer {
            Some(token) => self.bearer(token).await,
            None => Err(HelloFailed::Nobody),
        }
    }

    /// A new guest.
    ///
    /// # Errors
    /// Where the name is somebody's who has an account, or looks like it.
    pub async fn guest(&self, name: Name) -> Result<Identity, HelloFailed> {
        if self.accounts.owner_of(&name).await?.is_some() {
            return Err(HelloFailed::NameTaken);
        }
        let user = User { id: UserId::new(), name };
        let token = self.tokens.issue(&user);
        self.directory.strangers.meet(&user);
        let person = Person { user, guest: true };
        Ok(Identity { person, token: Some(token), sign_in: None, admin: false, fresh: true })
    }

    /// Who a token belongs to. A guest's is good until they have an account.
    ///
    /// # Errors
    /// Where it is none of this server's, or no longer good.
    pub async fn bearer(&self, token: &str) -> Result<Identity, HelloFailed> {
        if let Some(sign_in) = SignInToken::hash_of(token) {
            let account = self.accounts.signed_in(sign_in).await?.ok_or(HelloFailed::BadToken)?;
            let (person, admin) = (person(&account), account.administers());
            return Ok(Identity { person, token: None, sign_in: Some(sign_in), admin, fresh: false });
        }
        let user = self.tokens.verify(token).ok_or(HelloFailed::BadToken)?;
        if self.accounts.has_account(user.id).await? {
            return Err(HelloFailed::BadToken);
        }
        self.directory.strangers.meet(&user);
        let (person, token) = (Person { user, guest: true }, Some(token.to_owned()));
        Ok(Identity { person, token, sign_in: None, admin: false, fresh: false })
    }

    /// Opens a session over a socket's outbox. It greets by itself.
    ///
    /// # Errors
    /// Where the sessions' supervisor does not answer.
    pub async fn open_session(
        &self,
        identity: Identity,
        reference: Option<Ref>,
        outbox: Arc<Outbox>,
    ) -> Result<SessionHandle, call::CallError> {
        let Identity { person, token, sign_in, admin: _, fresh } = identity;
        let user = person.user.id;
        let (config, pace) = (self.config, self.pacing().map(|pacing| pacing.person(user)));
        let opening = Opening { person, token, reference, outbox: Arc::clone(&outbox), sign_in, fresh, config, pace };
        let session = self.directory.sessions.open(opening).await?;
        if fresh {
            return Ok(session);
        }
        // They may have signed out, or registered, while the session was being opened, when it could not be found yet.
        match self.still_good(user, sign_in).await {
            Ok(true) => {}
            Ok(false) => outbox.close(CloseCode::Unauthenticated),
            Err(error) => {
                tracing::warn!(%error, "whether a session may be open can't be known now");
                outbox.close(CloseCode::Restarting);
            }
        }
        Ok(session)
    }

    /// Who may do what how often; nothing where there are no limits.
    #[must_use]
    pub fn pacing(&self) -> Option<&Arc<Pacing>> {
        self.pacing.as_ref()
    }

    async fn still_good(&self, user: UserId, sign_in: Option<TokenHash>) -> Result<bool, ReadFailed> {
        match sign_in {
            Some(sign_in) => Ok(self.accounts.signed_in(sign_in).await?.is_some()),
            None => Ok(!self.accounts.has_account(user).await?),
        }
    }

    // --- accounts ---

    /// Makes an account, and signs its person in. A guest keeps who they are, and what is theirs.
    ///
    /// # Errors
    /// Where something is not valid, is taken, or can't be stored now.
    pub async fn register(
        &self,
        registration: Registration,
        guest: Option<&Person>,
    ) -> Result<SignedIn, AccountFailed> {
        let guest = guest.filter(|person| person.guest).map(|person| person.user.id);
        let accounts = self.accounts.clone();
        to_its_end(async move { accounts.register(registration, guest).await }).await
    }

    /// Signs somebody in. It takes the same time whether or not there is such an account.
    ///
    /// # Errors
    /// Where e-mail and password are not those of an account, or too many sign in.
    pub async fn sign_in(&self, email: &str, password: String) -> Result<SignedIn, AccountFailed> {
        let (accounts, email) = (self.accounts.clone(), email.to_owned());
        to_its_end(async move { accounts.sign_in(&email, password).await }).await
    }

    /// Ends a sign-in, and closes its sockets.
    ///
    /// # Errors
    /// Where that can't be stored now.
    pub async fn sign_out(&self, user: UserId, sign_in: TokenHash) -> Result<(), AccountFailed> {
        let accounts = self.accounts.clone();
        to_its_end(async move { accounts.sign_out(user, vec![sign_in]).await }).await
    }

    /// Somebody's account, by id or by name.
    ///
    /// # Errors
    /// Where accounts can't be read now.
    pub async fn account(&self, user: &str) -> Result<Option<Account>, AccountFailed> {
        Ok(self.accounts.find(user).await?)
    }

    /// Changes what somebody says of themselves.
    ///
    /// # Errors
    /// Where something is not valid, is taken, or can't be stored now; or the old password is wrong where it is needed.
    pub async fn change_account(
        &self,
        user: UserId,
        change: ProfileChange,
        here: TokenHash,
    ) -> Result<Account, AccountFailed> {
        let accounts = self.accounts.clone();
        to_its_end(async move { accounts.change(user, change, here).await }).await
    }

    /// A page of the accounts whose names begin like this, behind `after`, and whether there are more.
    ///
    /// # Errors
    /// Where accounts can't be read now.
    pub async fn accounts(&self, begin: &str, after: Option<Name>) -> Result<(Vec<Account>, bool), AccountFailed> {
        Ok(self.accounts.list(begin, after).await?)
    }

    /// How reachable people are; those who are not online are not in it.
    ///
    /// # Errors
    /// Where presence does not answer.
    pub async fn statuses(&self, users: Vec<UserId>) -> Result<HashMap<UserId, Status>, call::CallError> {
        self.directory.presence.statuses(users).await
    }

    /// The public rooms, and those in a person's list.
    ///
    /// # Errors
    /// Where the lobby does not answer.
    pub async fn rooms(&self, user: Option<UserId>) -> Result<Vec<PublicRoom>, call::CallError> {
        self.directory.lobby.list(user).await
    }

    /// How the engine is.
    pub async fn health(&self) -> Health {
        let store = self.directory.store.health().await.ok();
        let rooms = self.directory.rooms.count().await.ok();
        let presence = self.directory.presence.count().await.ok();
        let presence = presence.map(|(people, sessions)| Online { people, sessions });
        let sound = store.as_ref().is_some_and(|store| !store.disk_full && !store.rebuilding && store.damaged == 0);
        let poison = self.directory.dead_letters.count();
        let status = if sound && rooms.is_some() && presence.is_some() { "ok" } else { "degraded" };
        Health { status, store, rooms, poison, presence }
    }

    /// Commands that were set aside, the newest of them, and stored events that can't be read.
    #[must_use]
    pub fn set_aside(&self) -> SetAside {
        SetAside { poison: self.directory.dead_letters.list(), unreadable: self.store.unreadable() }
    }

    /// How the engine is and what it has done, in numbers.
    pub async fn metrics(&self) -> Metrics {
        let health = self.health().await;
        let census = &self.directory.census;
        let refusals = self.pacing().map(|pacing| pacing.refusals()).unwrap_or_default();
        let (actors, life, balance) = (census.crowd(), census.counts(), balance(&self.directory));
        let Timings { sync, batch } = self.store.timings();
        Metrics { health, balance, actors, life, refusals, timings: vec![ACKNOWLEDGED.clone(), sync, batch] }
    }

    /// Sessions whose sockets are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.directory.session_count()
    }

    /// Hears the reason when the engine can't go on.
    #[must_use]
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.directory.fatal()
    }

    /// Tells every socket to go once what it has sent is answered.
    #[must_use]
    pub fn drain(&self) -> Drained {
        let sessions = self.directory.sessions();
        for (_, living) in &sessions {
            living.outbox.drain(CloseCode::GoingAway);
        }
        Drained { sockets: sessions.len() }
    }

    /// Stops the actors in reverse order, then flushes and closes the store. Returns whether all of it ended in time.
    pub async fn stop(&self, deadline: Duration) -> bool {
        let stopped = self.actor.cell().stop_and_wait(None, Some(deadline)).await.is_ok();
        let store = self.store.clone();
        let closed = tokio::time::timeout(deadline, tokio::task::spawn_blocking(move || store.close())).await;
        stopped && matches!(closed, Ok(Ok(())))
    }

    /// What is seen of the actors from outside.
    #[must_use]
    pub fn observer(&self) -> Observer {
        Observer::new(Arc::clone(&self.directory))
    }

    /// The fault laboratory.
    #[must_use]
    pub fn lab(&self) -> Lab {
        Lab::new(Arc::clone(&self.directory), self.actor.clone())
    }
}

/// What was begun is carried out, also where whoever has asked is gone before it is done: what is stored and which
/// sockets are open belong together.
pub(super) async fn to_its_end<T: Send + 'static, E: From<Panicked> + Send + 'static>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    tokio::spawn(work).await.map_err(|panic| Panicked(panic.to_string()))?
}

/// What was begun has panicked.
pub(crate) struct Panicked(pub(crate) String);

impl From<Panicked> for AccountFailed {
    fn from(Panicked(panic): Panicked) -> Self {
        Self::Unavailable(panic)
    }
}

impl From<Panicked> for RoomFailed {
    fn from(Panicked(panic): Panicked) -> Self {
        Self::Unavailable(panic)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} sessions)", self.sessions())
    }
}
