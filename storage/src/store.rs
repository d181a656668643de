//! The store as its callers see it.

use std::sync::Arc;
use std::thread::JoinHandle;

use greenroom_protocol::{Name, RoomId, Seq, Timestamp, User, UserId};
use parking_lot::Mutex;

use crate::cursors::Moved;
use crate::data_dir::DataDir;
use crate::guest_tokens::GuestTokens;
use crate::shared::Shared;
use crate::start::{Ready, Tuning, make_ready};
use crate::writer::Writer;
use crate::{
    Account, Admins, Announce, Cursor, Head, Health, Intent, Options, Page, PageFrom, ReadError, Room, RoomInList,
    RoomKey, Shelf, SignIn, Standings, StartError, Timings, TokenHash, Unreadable,
};

/// Rooms, people and their messages, kept on one disk. Cloning it is cheap; the last one that is
/// dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    guest_tokens: GuestTokens,
    standings: Standings,
    threads: Mutex<Option<Threads>>,
    /// The writer, when its thread has ended.
    ended: Mutex<Option<Writer>>,
    dir: DataDir,
}

struct Threads {
    writer: JoinHandle<Option<Writer>>,
    applier: JoinHandle<()>,
    sweeper: JoinHandle<()>,
}

impl Store {
    /// Opens or makes the data directory, recovers what is in it, and starts the store's three threads.
    /// `announce` hears what the log commits.
    ///
    /// # Errors
    /// Where the directory can't be used, is in use, or no longer holds what was acknowledged.
    pub fn start(options: Options, announce: Arc<dyn Announce>) -> Result<Self, StartError> {
        Self::start_tuned(&options, Tuning::default(), announce)
    }

    /// Starts it with what a test sets otherwise.
    pub(crate) fn start_tuned(
        options: &Options,
        tuning: Tuning,
        announce: Arc<dyn Announce>,
    ) -> Result<Self, StartError> {
        let Ready { shared, writer, applier, sweeper, guest_tokens, standings, dir } =
            make_ready(options, tuning, announce)?;
        let named = |name: &str| std::thread::Builder::new().name(name.into());
        let failed = |cause| StartError::Disk { what: "starting a thread".into(), cause };
        let applier = named("greenroom-index").spawn(move || applier.run()).map_err(failed)?;
        let writer = named("greenroom-journal").spawn(move || writer.run()).map_err(failed)?;
        let sweeper = named("greenroom-sweep").spawn(move || sweeper.run()).map_err(failed)?;
        let threads = Mutex::new(Some(Threads { writer, applier, sweeper }));
        Ok(Self { inner: Arc::new(Inner { shared, guest_tokens, standings, threads, ended: Mutex::new(None), dir }) })
    }

    /// Whether no cursor is on its way to the journal.
    #[cfg(test)]
    pub(crate) fn cursors_are_journaled(&self) -> bool {
        self.inner.shared.cursors.is_still()
    }

    /// Makes the index fail, as damage would that a reader comes upon.
    #[cfg(test)]
    pub(crate) fn break_index(&self) {
        let broken = self.inner.shared.index.ask(|_| Err::<(), _>(crate::index::IndexError("broken by a test".into())));
        assert_eq!(broken, Err(ReadError::Rebuilding));
    }

    /// Where stories of crashes are kept.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        Shelf::of(&self.inner.dir.path)
    }

    /// Hands an intent to the writer; never waits. Intents are carried out in the order of their
    /// submission. After [`Store::close`] they are answered with [`crate::Refused::Closing`].
    pub fn submit(&self, intent: Intent) {
        self.inner.shared.queue.submit(intent);
        self.inner.answer_late();
    }

    /// Up to `limit` events of a room, and up to `max_bytes` of bodies, but at least one event where there is one.
    ///
    /// # Errors
    /// Where there is no such room, or it can't be read now.
    pub fn page(&self, room: RoomKey, from: PageFrom, limit: usize, max_bytes: usize) -> Result<Page, ReadError> {
        let live = self.inner.shared.rooms.by_key(room).ok_or(ReadError::NoRoom)?;
        self.inner.shared.page_of(&live, from, limit, max_bytes)
    }

    /// A room by its id on the wire. Asks memory only.
    #[must_use]
    pub fn room(&self, room: &RoomId) -> Option<(Arc<Room>, Head)> {
        let live = self.inner.shared.rooms.by_id(room)?;
        (!live.is_deleted()).then(|| (live.room(), live.head()))
    }

    /// All rooms. Asks memory only.
    #[must_use]
    pub fn rooms(&self) -> Vec<(Arc<Room>, Head)> {
        let all = self.inner.shared.rooms.all();
        all.into_iter().filter(|live| !live.is_deleted()).map(|live| (live.room(), live.head())).collect()
    }

    /// The rooms in a person's list.
    ///
    /// # Errors
    /// Where they can't be read now.
    pub fn rooms_of(&self, user: UserId) -> Result<Vec<RoomInList>, ReadError> {
        self.inner.shared.rooms_of(user)
    }

    /// One room as a person's list shows it; none where it is not in their list.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn room_in_list(&self, user: UserId, room: RoomKey) -> Result<Option<RoomInList>, ReadError> {
        self.inner.shared.room_in_list(user, room)
    }

    /// Up to `limit` people's cursors in a room, those who moved last first.
    ///
    /// # Errors
    /// Where they can't be read now.
    pub fn cursors(&self, room: RoomKey, limit: usize) -> Result<Vec<(User, Cursor)>, ReadError> {
        self.inner.shared.cursors_in(room, limit)
    }

    /// How far a person has got in a room; zero where they were never seen there.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn cursor(&self, room: RoomKey, user: UserId) -> Result<Cursor, ReadError> {
        self.inner.shared.cursor(room, user)
    }

    /// Moves a person's cursors forward, at most to the head, and says where they are then. At once
    /// in memory; journaled soon, and not waited for.
    ///
    /// # Errors
    /// Where there is no such room, or it can't be read now.
    pub fn move_cursor(
        &self,
        room: RoomKey,
        user: &User,
        guest: bool,
        delivered: Seq,
        read: Seq,
    ) -> Result<Cursor, ReadError> {
        let live = self.inner.shared.rooms.by_key(room).ok_or(ReadError::NoRoom)?;
        let cursor = Cursor { delivered, read, read_ordinal: 0 };
        self.inner.shared.move_cursor(&live, Moved { user: user.clone(), guest, cursor })
    }

    /// A person who has written, followed or read here, and whether they are a guest.
    ///
    /// # Errors
    /// Where they can't be read now.
    pub fn person(&self, user: UserId) -> Result<Option<(User, bool)>, ReadError> {
        let found = self.inner.shared.person(user)?;
        Ok(found.map(|(name, guest)| (User { id: user, name }, guest)))
    }

    /// When somebody was last connected, where that was noted.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn last_seen(&self, user: UserId) -> Result<Option<Timestamp>, ReadError> {
        self.inner.shared.last_seen(user)
    }

    /// A person's account, where they have one.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn account(&self, id: UserId) -> Result<Option<Account>, ReadError> {
        self.inner.shared.account(id)
    }

    /// The account with this e-mail.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn account_by_email(&self, email: &str) -> Result<Option<Account>, ReadError> {
        self.inner.shared.account_by_email(email)
    }

    /// The account with this name, or with one that looks like it.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn account_by_name(&self, name: &Name) -> Result<Option<Account>, ReadError> {
        self.inner.shared.account_by_name(name)
    }

    /// Up to `limit` accounts in the order of their names' skeletons, of which `begin` is the beginning, behind `after`.
    ///
    /// # Errors
    /// Where they can't be read now.
    pub fn accounts(&self, begin: &str, after: Option<&Name>, limit: usize) -> Result<Vec<Account>, ReadError> {
        self.inner.shared.accounts(begin, after, limit)
    }

    /// Those who administer the server, and have access.
    ///
    /// # Errors
    /// Where they can't be read now.
    pub fn admins(&self) -> Result<Admins, ReadError> {
        self.inner.shared.admins()
    }

    /// Who is signed in with the token of this hash.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn sign_in(&self, token: &TokenHash) -> Result<Option<SignIn>, ReadError> {
        self.inner.shared.sign_in(token)
    }

    /// Where a person is signed in: at most [`SIGN_INS_MOST`](crate::SIGN_INS_MOST).
    ///
    /// # Errors
    /// Where it can't be read now.
    pub fn sign_ins_of(&self, user: UserId) -> Result<Vec<TokenHash>, ReadError> {
        self.inner.shared.sign_ins_of(user)
    }

    /// Looks up who may do what.
    #[must_use]
    pub fn standings(&self) -> Standings {
        self.inner.standings.clone()
    }

    /// Issues and verifies the tokens of guests.
    #[must_use]
    pub fn guest_tokens(&self) -> GuestTokens {
        self.inner.guest_tokens.clone()
    }

    /// How the store is.
    #[must_use]
    pub fn health(&self) -> Health {
        let shared = &self.inner.shared;
        Health {
            committed: shared.progress.committed(),
            applied: shared.progress.applied(),
            disk_full: shared.progress.disk_full(),
            rebuilding: shared.index.is_empty(),
            damaged: shared.segments.damaged(),
        }
    }

    /// How long the disk takes, and how many share a sync.
    #[must_use]
    pub fn timings(&self) -> Timings {
        self.inner.shared.timings.clone()
    }

    /// Stored events that were met since the start and could not be read.
    #[must_use]
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.inner.shared.unreadable.list()
    }

    /// Carries out what was submitted, syncs it, lets the index take it over, and ends the threads.
    /// The second time it does nothing.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        // Held to the end: a second closer returns when the first is done.
        let mut threads = self.threads.lock();
        let Some(Threads { writer, applier, sweeper }) = threads.take() else { return };
        self.shared.queue.close();
        self.shared.broom.end();
        let here = std::thread::current().id();
        if [writer.thread(), applier.thread(), sweeper.thread()].map(std::thread::Thread::id).contains(&here) {
            // The last handle was dropped by a callback. The threads end by themselves; none waits for itself.
            self.shared.bell.end();
            return;
        }
        if sweeper.join().is_err() {
            tracing::error!("the sweeping thread panicked");
        }
        match writer.join() {
            Ok(writer) => *self.ended.lock() = writer,
            Err(_) => {
                tracing::error!("the journal's thread panicked");
                self.shared.queue.die();
                self.shared.progress.set_stuck();
            }
        }
        self.shared.bell.end();
        if applier.join().is_err() {
            tracing::error!("the index's thread panicked");
        }
        drop(threads);
        self.answer_late();
    }

    /// When the writer's thread has ended, whoever submits something has it answered.
    fn answer_late(&self) {
        while let Some(mut ended) = self.ended.try_lock() {
            let Some(writer) = ended.as_mut() else { return };
            if writer.carry_out_late().is_err() {
                ended.take();
                return;
            }
            drop(ended);
            // Something may have come between the last look and the unlocking.
            if !self.shared.queue.has_late() {
                return;
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}
