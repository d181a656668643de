use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::{
    Availability, EncodedFrame, People, PersonStatus, RoomId, RoomRow, RoomsChanged, ServerFrame, SessionId, Status,
    TypingChanged, User, UserId,
};
use greenroom_storage::{RoomInList, RoomKey, Sight};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::command::{LobbyCommand, PublicRoom, RoomNews};
use super::state::{Acquaintance, LobbyState, Notice};
use crate::address::{Address, Birth};
use crate::call::{self, Answer};
use crate::census::ActorName;
use crate::clock;
use crate::directory::Directory;
use crate::outbox::{Outbox, PassingKey};
use crate::store::ReadFailed;

pub(crate) struct LobbyActor;

pub(crate) struct LobbyShell {
    directory: Arc<Directory>,
    myself: Address<LobbyCommand>,
    state: LobbyState,
    outboxes: HashMap<SessionId, Arc<Outbox>>,
    /// Sessions that wait for their person's list to be read.
    waiting: HashMap<UserId, Vec<ListAnswer>>,
    /// Rows that are being read, each with the number of the newest look.
    looking: HashMap<(UserId, RoomId), u64>,
    looks: u64,
}

/// Time between two tries to read what nobody asks for again.
const READ_AGAIN: Duration = Duration::from_millis(500);

type ListAnswer = Answer<Result<Vec<RoomRow>, ReadFailed>>;

impl Actor for LobbyActor {
    type Msg = LobbyCommand;
    type State = LobbyShell;
    type Arguments = Birth<Arc<Directory>>;

    async fn pre_start(
        &self,
        myself: ActorRef<LobbyCommand>,
        birth: Self::Arguments,
    ) -> Result<LobbyShell, ActorProcessingErr> {
        let (myself, directory) = birth.of(myself);
        let state = LobbyState::default();
        let (outboxes, waiting, looking) = (HashMap::new(), HashMap::new(), HashMap::new());
        Ok(LobbyShell { directory, myself, state, outboxes, waiting, looking, looks: 0 })
    }

    async fn handle(
        &self,
        _: ActorRef<LobbyCommand>,
        command: LobbyCommand,
        shell: &mut LobbyShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.myself.vitals().begin(&command);
        match command {
            LobbyCommand::Begin => shell.begin(),
            // One that has ended meanwhile has left before it came.
            LobbyCommand::Enter { session, user, outbox, fresh, reply }
                if shell.directory.session(session).is_some() =>
            {
                shell.enter(session, user, outbox, fresh, reply);
            }
            LobbyCommand::Enter { .. } => {}
            LobbyCommand::ListRead { user, list } => shell.list_read(user, list),
            LobbyCommand::Leave { session, user } => shell.leave(session, user),
            LobbyCommand::Status { user, status } => shell.status(user, status),
            LobbyCommand::News(news) => shell.news(*news),
            LobbyCommand::CursorMoved { user, room, cursor } => {
                shell.state.cursor_moved(user, &room, cursor).iter().for_each(|notice| shell.tell_read(notice));
            }
            LobbyCommand::Typing(typing) => shell.typing(typing),
            LobbyCommand::Listed { user, room, key } => shell.listed(user, room, key),
            LobbyCommand::RowRead { user, room, asked, row } => shell.row_read(user, room, asked, row),
            LobbyCommand::Changed { room } => shell.changed(&room),
            LobbyCommand::Gone { room } => shell.gone(room),
            LobbyCommand::Erased { user } => shell.state.erased(user, clock::now()),
            LobbyCommand::ReadRooms => shell.read_rooms(),
            LobbyCommand::RoomsRead(rooms) => shell.state.know_rooms(rooms),
            LobbyCommand::List { user, reply } => shell.list(user, reply),
            LobbyCommand::ListFor { user, list, reply } => {
                shell.list_for(user, list, reply);
            }
            LobbyCommand::Suffer(fault) => fault.suffer().await,
        }
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }
}

impl LobbyShell {
    /// Rebuilds itself from the store and the living sessions.
    fn begin(&mut self) {
        self.read_rooms();
        let sessions = self.directory.sessions();
        let (count, took) = (sessions.len(), self.myself.vitals().age());
        let text = format!("{count} living sessions found; the rooms are read from the store");
        self.directory.observatory.restored(&ActorName::Lobby, text, count as u64, took);
        for (session, living) in sessions {
            self.enter(session, living.person.user, living.outbox, false, None);
        }
    }

    fn read_rooms(&self) {
        let (store, myself) = (self.directory.store.clone(), self.myself.clone());
        tokio::spawn(async move {
            match store.rooms().await {
                Ok(rooms) => myself.tell(LobbyCommand::RoomsRead(rooms)),
                Err(error) => {
                    tracing::warn!(%error, "the directory of rooms can't be read yet");
                    myself.tell_after(READ_AGAIN, || LobbyCommand::ReadRooms);
                }
            }
        });
    }

    fn enter(&mut self, session: SessionId, user: User, outbox: Arc<Outbox>, fresh: bool, reply: Option<ListAnswer>) {
        self.outboxes.insert(session, outbox);
        let list_is_wanted = self.state.enter(session, &user);
        let user = user.id;
        if !list_is_wanted {
            if let Some(reply) = reply {
                call::answer(reply, Ok(self.state.list(user, self.sight(Some(user)))));
                self.tell_people_around(user, [session]);
            }
            return;
        }
        let already_asked = self.waiting.contains_key(&user);
        self.waiting.entry(user).or_default().extend(reply);
        if fresh && !already_asked {
            self.list_read(user, Ok(Vec::new()));
        } else if !already_asked {
            let (store, myself) = (self.directory.store.clone(), self.myself.clone());
            tokio::spawn(async move {
                let list = store.rooms_of(user).await;
                myself.tell(LobbyCommand::ListRead { user, list });
            });
        }
    }

    fn list_read(&mut self, user: UserId, list: Result<Vec<RoomInList>, ReadFailed>) {
        let list = list.map(|list| {
            self.state.know_list(user, list);
            self.state.list(user, self.sight(Some(user)))
        });
        for reply in self.waiting.remove(&user).into_iter().flatten() {
            call::answer(reply, list.clone());
        }
        if list.is_ok() {
            self.tell_people_around(user, self.state.sessions(user).collect::<Vec<_>>());
            self.tell_of(user);
        }
    }

    /// Tells a person's sessions how reachable those are whom they know.
    fn tell_people_around(&self, user: UserId, sessions: impl IntoIterator<Item = SessionId>) {
        let around = self.state.people_around(user);
        let outboxes: Vec<_> = sessions.into_iter().filter_map(|session| self.outboxes.get(&session)).collect();
        for person in around {
            let (key, frame) = of_person(person);
            outboxes.iter().for_each(|outbox| outbox.pass(key.clone(), frame.clone()));
        }
    }

    /// Tells those who know somebody how reachable they are now.
    fn tell_of(&self, user: UserId) {
        if let Some(person) = self.state.status(user) {
            self.tell_acquaintances(person, self.state.acquaintances(user));
        }
    }

    fn tell_acquaintances(&self, person: PersonStatus, told: Vec<Acquaintance>) {
        let (key, frame) = of_person(person);
        for Acquaintance { user, shares } in told {
            if self.directory.admits(shares, user) {
                self.outboxes_of(user).for_each(|outbox| outbox.pass(key.clone(), frame.clone()));
            }
        }
    }

    fn status(&mut self, user: UserId, status: Status) {
        if self.state.set_status(user, status) {
            self.tell_of(user);
        }
    }

    fn list(&self, user: Option<UserId>, reply: Answer<Vec<PublicRoom>>) {
        let Some(user) = user.filter(|user| !self.state.knows_list(*user)) else {
            return call::answer(reply, self.state.directory(user, self.sight(user)));
        };
        let (store, myself) = (self.directory.store.clone(), self.myself.clone());
        tokio::spawn(async move {
            match store.rooms_of(user).await {
                Ok(list) => myself.tell(LobbyCommand::ListFor { user, list, reply }),
                // Without an answer the caller knows that there is none.
                Err(error) => tracing::warn!(%error, "a person's list can't be read"),
            }
        });
    }

    fn list_for(&mut self, user: UserId, list: Vec<RoomInList>, reply: Answer<Vec<PublicRoom>>) {
        let directory = Arc::clone(&self.directory);
        let shown = self.state.directory_for(list, |room| directory.look(room, Some(user)));
        call::answer(reply, shown);
    }

    fn leave(&mut self, session: SessionId, user: UserId) {
        self.outboxes.remove(&session);
        let Some((user, told)) = self.state.leave(session, user) else { return };
        if !told.is_empty() {
            let at = clock::now();
            self.directory.store.note_seen(user.id, at);
            let gone = PersonStatus { user, status: Availability::Offline, last_seen: Some(at) };
            self.tell_acquaintances(gone, told);
        }
    }

    fn news(&mut self, news: RoomNews) {
        let (outboxes, room) = (&self.outboxes, news.room.id.clone());
        let is_elsewhere = |session| outboxes.get(&session).is_some_and(|outbox| !outbox.has_open(&room));
        for notice in self.state.news(news, is_elsewhere) {
            self.pass(&notice, |outbox| !outbox.has_open(&room));
        }
    }

    /// Whoever has the room open hears it from the room; whoever is out by now, not at all.
    fn typing(&self, typing: TypingChanged) {
        let key = PassingKey::TypingElsewhere(typing.room.clone(), typing.user.id);
        let frame = EncodedFrame::new(&ServerFrame::Typing(typing.clone()));
        for (follower, room) in self.state.acquainted_in(&typing.room) {
            if follower == typing.user.id || !self.directory.admits(room, follower) {
                continue;
            }
            for outbox in self.outboxes_of(follower).filter(|outbox| !outbox.has_open(&typing.room)) {
                outbox.pass(key.clone(), frame.clone());
            }
        }
    }

    /// What was read on one device is no longer unread on the others.
    fn tell_read(&self, notice: &Notice) {
        self.pass(notice, |_| true);
    }

    /// Whoever is out by now hears nothing; whoever is in may hear what was known here while they were.
    fn pass(&self, notice: &Notice, to: impl Fn(&Outbox) -> bool) {
        if !self.directory.admits(notice.key, notice.user) {
            return;
        }
        let frame = EncodedFrame::new(&ServerFrame::Unread(notice.count.clone()));
        for outbox in self.outboxes_of(notice.user).filter(|outbox| to(outbox)) {
            outbox.pass(PassingKey::Unread(notice.count.room.clone()), frame.clone());
        }
    }

    /// What somebody sees of rooms, as of this moment.
    fn sight(&self, user: Option<UserId>) -> impl Fn(&RoomId) -> Sight {
        move |room| self.directory.look(room, user)
    }

    /// Looks again at what somebody's list has of a room. Only the newest look counts.
    fn listed(&mut self, user: UserId, room: RoomId, key: RoomKey) {
        if !self.state.knows_list(user) && !self.waiting.contains_key(&user) {
            return;
        }
        self.looks += 1;
        let asked = self.looks;
        self.looking.insert((user, room.clone()), asked);
        let (store, myself) = (self.directory.store.clone(), self.myself.clone());
        tokio::spawn(async move {
            match store.room_in_list(user, key).await {
                Ok(row) => myself.tell(LobbyCommand::RowRead { user, room, asked, row: row.map(Box::new) }),
                Err(error) => {
                    tracing::warn!(%room, %error, "a row of a person's list can't be read yet");
                    myself.tell_after(READ_AGAIN, move || LobbyCommand::Listed { user, room, key });
                }
            }
        });
    }

    fn row_read(&mut self, user: UserId, room: RoomId, asked: u64, row: Option<Box<RoomInList>>) {
        let both = (user, room);
        if self.looking.get(&both) != Some(&asked) {
            return;
        }
        self.looking.remove(&both);
        let (_, room) = both;
        if let Some(row) = row {
            self.state.know_row(user, *row);
        } else if !self.state.forget_row(user, &room) {
            return;
        }
        self.tell_row(user, room);
    }

    fn changed(&mut self, room: &RoomId) {
        let Some((room, head)) = self.directory.room(room) else { return };
        for user in self.state.changed(&room, head) {
            self.tell_row(user, room.id.clone());
        }
    }

    fn gone(&mut self, room: RoomId) {
        for user in self.state.forget_room(&room) {
            self.tell_row(user, room.clone());
        }
    }

    /// Tells all devices of a person what their list has of a room now.
    fn tell_row(&self, user: UserId, room: RoomId) {
        let changed = match self.state.row_of(user, &room, self.directory.look(&room, Some(user))) {
            Some(row) => RoomsChanged { rooms: vec![row], gone: Vec::new() },
            None => RoomsChanged { rooms: Vec::new(), gone: vec![room] },
        };
        let frame = EncodedFrame::new(&ServerFrame::Rooms(changed));
        self.outboxes_of(user).for_each(|outbox| outbox.reply(frame.clone()));
    }

    fn outboxes_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Outbox>> {
        self.state.sessions(user).filter_map(|session| self.outboxes.get(&session))
    }
}

/// The frame that says how reachable somebody is, and what it replaces.
fn of_person(person: PersonStatus) -> (PassingKey, EncodedFrame) {
    let key = PassingKey::Person(person.user.id);
    (key, EncodedFrame::new(&ServerFrame::People(People { users: vec![person] })))
}
