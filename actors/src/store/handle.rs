use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::{Name, Seq, Timestamp, User, UserId};
use greenroom_storage::{
    Account, Admins, Append, Change, ChangeRefused, Cursor, Enact, EnactRefused, Follow, Head, Health, Intent,
    MakeRefused, MakeRoom, Open, Page, PageFrom, ReadError, Refused, Reply, Room, RoomInList, RoomKey, SignIn, Store,
    TokenHash, Unfollow,
};
use tokio::sync::oneshot;

use super::archive::Archive;
use super::command::StoreCommand;
use crate::address::Address;
use crate::call::{self, CallError};
use crate::clock;
use crate::directory::Person;
use crate::fault::Fault;
use crate::slot::Slot;

/// Asks the store, whichever incarnation lives.
#[derive(Clone, Default)]
pub(crate) struct StoreHandle {
    slot: Slot<StoreCommand>,
}

/// One incarnation of the store. What is submitted over a link arrives in order; when the
/// incarnation dies, so does the link, and nothing sent over it can come after what is sent over the next.
#[derive(Clone)]
pub(crate) struct StoreLink(Address<StoreCommand>);

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadFailed {
    /// The store did not answer.
    #[error("the store did not answer")]
    NoAnswer(#[from] CallError),
    /// The store answered that it can't.
    #[error("the store can't read that")]
    Refused(#[from] ReadError),
}

/// The store died before something was handed over: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store did not answer")]
pub(crate) struct NoAnswer;

/// Why documents were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeFailed {
    /// Nothing was changed.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The store has refused it.
    #[error(transparent)]
    Refused(#[from] ChangeRefused),
}

/// Why a list was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FollowFailed {
    /// Nothing was changed.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// Nothing can be stored now.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// A person's cursors as a room hands them to the store.
#[derive(Clone, Debug)]
pub(crate) struct CursorMoved {
    pub(crate) user: User,
    pub(crate) guest: bool,
    pub(crate) delivered: Seq,
    pub(crate) read: Seq,
}

impl StoreHandle {
    pub(crate) fn fill(&self, store: Address<StoreCommand>) {
        self.slot.fill(store);
    }

    pub(crate) fn link(&self) -> Option<StoreLink> {
        self.slot.current().map(StoreLink)
    }

    pub(crate) async fn page(
        &self,
        room: RoomKey,
        from: PageFrom,
        limit: usize,
        bytes: usize,
    ) -> Result<Page, ReadFailed> {
        self.read(move |store| store.page(room, from, limit, bytes)).await
    }

    /// What whoever joins is to be given: their cursor, and a page of this many events and bytes where one is wanted.
    pub(crate) async fn for_join(
        &self,
        room: RoomKey,
        user: UserId,
        page: Option<(PageFrom, usize, usize)>,
    ) -> Result<(Option<Page>, Cursor), ReadFailed> {
        self.read(move |store| {
            let page = page.map(|(from, limit, bytes)| store.page(room, from, limit, bytes)).transpose()?;
            Ok((page, store.cursor(room, user)?))
        })
        .await
    }

    pub(crate) async fn cursors(&self, room: RoomKey, limit: usize) -> Result<Vec<(User, Cursor)>, ReadFailed> {
        self.read(move |store| store.cursors(room, limit)).await
    }

    /// Moves cursors forward, and returns where they are.
    pub(crate) async fn move_cursors(
        &self,
        room: RoomKey,
        moves: Vec<CursorMoved>,
    ) -> Result<Vec<(User, Cursor)>, ReadFailed> {
        self.read(move |store| {
            moves
                .into_iter()
                .map(|CursorMoved { user, guest, delivered, read }| {
                    store.move_cursor(room, &user, guest, (delivered, read)).map(|cursor| (user, cursor))
                })
                .collect()
        })
        .await
    }

    pub(crate) async fn rooms_of(&self, user: UserId) -> Result<Vec<RoomInList>, ReadFailed> {
        self.read(move |store| store.rooms_of(user)).await
    }

    pub(crate) async fn room_in_list(&self, user: UserId, room: RoomKey) -> Result<Option<RoomInList>, ReadFailed> {
        self.read(move |store| store.room_in_list(user, room)).await
    }

    pub(crate) async fn rooms(&self) -> Result<Vec<(Arc<Room>, Head)>, ReadFailed> {
        self.read(|store| Ok(store.rooms())).await
    }

    pub(crate) async fn account(&self, id: UserId) -> Result<Option<Account>, ReadFailed> {
        self.look_up(move |store| store.account(id)).await
    }

    pub(crate) async fn account_by_email(&self, email: String) -> Result<Option<Account>, ReadFailed> {
        self.look_up(move |store| store.account_by_email(&email)).await
    }

    pub(crate) async fn account_by_name(&self, name: Name) -> Result<Option<Account>, ReadFailed> {
        self.look_up(move |store| store.account_by_name(&name)).await
    }

    pub(crate) async fn accounts(
        &self,
        begin: String,
        after: Option<Name>,
        limit: usize,
    ) -> Result<Vec<Account>, ReadFailed> {
        self.look_up(move |store| store.accounts(&begin, after.as_ref(), limit)).await
    }

    pub(crate) async fn admins(&self) -> Result<Admins, ReadFailed> {
        self.look_up(Store::admins).await
    }

    pub(crate) async fn sign_in(&self, token: TokenHash) -> Result<Option<SignIn>, ReadFailed> {
        self.look_up(move |store| store.sign_in(&token)).await
    }

    /// Who is signed in with each of these tokens.
    pub(crate) async fn sign_ins(&self, tokens: Vec<TokenHash>) -> Result<Vec<Option<SignIn>>, ReadFailed> {
        self.look_up(move |store| tokens.iter().map(|token| store.sign_in(token)).collect()).await
    }

    pub(crate) async fn sign_ins_of(&self, user: UserId) -> Result<Vec<TokenHash>, ReadFailed> {
        self.look_up(move |store| store.sign_ins_of(user)).await
    }

    /// Changes documents, and waits until that is durable, or refused.
    pub(crate) async fn change(
        &self,
        make: impl FnOnce(Reply<Result<(), ChangeRefused>>) -> Change,
    ) -> Result<(), ChangeFailed> {
        Ok(self.submit(|reply| Intent::Change(make(reply))).await??)
    }

    /// Notes when somebody was last connected. Nobody waits for it: where it fails, an earlier time is told.
    pub(crate) fn note_seen(&self, user: UserId, at: Timestamp) {
        if let Some(store) = self.slot.current() {
            let noted = Box::new(move |noted: Result<(), ChangeRefused>| {
                if let Err(error) = noted {
                    tracing::debug!(%user, %error, "when somebody was last connected is not noted");
                }
            });
            store.tell(StoreCommand::Submit(Intent::Change(Change::seen(user, at, noted))));
        }
    }

    /// Makes a room, and waits until that is durable, or refused.
    pub(crate) async fn make_room(
        &self,
        make: impl FnOnce(Reply<Result<Arc<Room>, MakeRefused>>) -> MakeRoom,
    ) -> Result<Result<Arc<Room>, MakeRefused>, NoAnswer> {
        self.submit(|reply| Intent::Make(make(reply))).await
    }

    /// Changes a room or its members, and waits until that is durable, or refused.
    pub(crate) async fn enact(
        &self,
        make: impl FnOnce(Reply<Result<(), EnactRefused>>) -> Enact,
    ) -> Result<Result<(), EnactRefused>, NoAnswer> {
        self.submit(|reply| Intent::Enact(make(reply))).await
    }

    /// Puts a room into somebody's list; says whether that is new.
    pub(crate) async fn follow(&self, room: RoomKey, person: &Person) -> Result<bool, FollowFailed> {
        let Person { user, guest } = person.clone();
        Ok(self.submit(|reply| Intent::Follow(Follow { room, user, guest, at: clock::now(), reply })).await??)
    }

    /// Takes a room off somebody's list; says whether it was there.
    pub(crate) async fn unfollow(&self, room: RoomKey, user: UserId) -> Result<bool, FollowFailed> {
        Ok(self.submit(|reply| Intent::Unfollow(Unfollow { room, user, at: clock::now(), reply })).await??)
    }

    /// Hands an intent to the writer, and waits for its answer.
    async fn submit<T: Send + 'static>(&self, make: impl FnOnce(Reply<T>) -> Intent) -> Result<T, NoAnswer> {
        let store = self.slot.current().ok_or(NoAnswer)?;
        let (answer, answered) = oneshot::channel();
        let intent = make(Box::new(move |outcome| call::answer(answer, outcome)));
        store.tell(StoreCommand::Submit(intent));
        answered.await.map_err(|_dropped| NoAnswer)
    }

    /// People by name, with whatever is known of them.
    pub(crate) async fn people<T: Send + 'static>(
        &self,
        people: Vec<(UserId, T)>,
    ) -> Result<Vec<(User, T)>, ReadFailed> {
        self.look_up(move |store| {
            let known = people.into_iter().filter_map(|(id, known)| match store.person(id) {
                Ok(Some((user, _))) => Some(Ok((user, known))),
                Ok(None) => None,
                Err(error) => Some(Err(error)),
            });
            known.collect()
        })
        .await
    }

    /// When people were last connected; those of whom nobody knows are not in it.
    pub(crate) async fn last_seen(&self, users: Vec<UserId>) -> Result<HashMap<UserId, Timestamp>, ReadFailed> {
        self.look_up(move |store| {
            let seen = users.into_iter().map(|user| Ok(store.last_seen(user)?.map(|at| (user, at))));
            seen.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// A person who has ever written, read or been a member here.
    pub(crate) async fn person(&self, id: UserId) -> Result<Option<Person>, ReadFailed> {
        let found = self.look_up(move |store| store.person(id)).await?;
        Ok(found.map(|(user, guest)| Person { user, guest }))
    }

    pub(crate) async fn health(&self) -> Result<Health, ReadFailed> {
        self.read(|store| Ok(store.health())).await
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        if let Some(store) = self.slot.current() {
            store.tell(StoreCommand::Suffer(fault));
        }
    }

    async fn look_up<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Store) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadFailed> {
        let question = |answer| StoreCommand::LookUp(Box::new(move |store| call::answer(answer, look(store))));
        Ok(call::ask(self.slot.current(), question).await??)
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Archive) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadFailed> {
        let question = |answer| StoreCommand::Read(Box::new(move |store| call::answer(answer, read(store))));
        Ok(call::ask(self.slot.current(), question).await??)
    }
}

impl StoreLink {
    pub(crate) fn open(&self, open: Open) {
        self.0.tell(StoreCommand::Submit(Intent::Open(open)));
    }

    pub(crate) fn append(&self, append: Append) {
        self.0.tell(StoreCommand::Submit(Intent::Append(append)));
    }

    pub(crate) fn follow(&self, follow: Follow) {
        self.0.tell(StoreCommand::Submit(Intent::Follow(follow)));
    }
}
