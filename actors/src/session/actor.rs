use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use greenroom_protocol::{
    ClientFrame, CloseCode, Command, CursorMove, EncodedFrame, ErrorCode, History, Join, Left, LeftReason, LimitsFrame,
    Ref, RoomId, RoomRow, Send, Seq, ServerFrame, SessionId, Typing, User, Welcome, limits,
};
use greenroom_storage::{Sight, fault_point};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::command::SessionCommand;
use super::handle::SessionHandle;
use super::state::{Memberships, Route};
use crate::address::{Address, Birth, Vitals};
use crate::at_work;
use crate::census::ActorName;
use crate::clock;
use crate::directory::{Directory, Seated};
use crate::outbox::{Outbox, Permit, Refusal, Unanswered};
use crate::pace::{SessionPace, TooOften};
use crate::room::{
    Creation, Enter, Entry, HistoryRequest, JoinRequest, Post, RoomHandle, Standpoint, left, no_such_room,
};
use crate::shard::Opening;

pub(crate) struct SessionActor;

pub(crate) struct SessionArguments {
    pub(crate) id: SessionId,
    pub(crate) directory: Arc<Directory>,
    pub(crate) opening: Opening,
}

pub(crate) struct SessionShell {
    id: SessionId,
    directory: Arc<Directory>,
    handle: SessionHandle,
    opening: Opening,
    /// How often their commands may come; nothing where there are no limits.
    pace: Option<Box<SessionPace>>,
    memberships: Memberships<RoomHandle, Arc<JoinRequest>, Held>,
    /// What was read before the greeting was out: nothing is answered before it.
    early: Option<Vec<(ClientFrame, Permit)>>,
    vitals: Arc<Vitals>,
}

/// Time between two questions to a lobby that restarts.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// A command for a room, with the right to have it under way.
enum Held {
    Join(Join, Option<Ref>, Permit),
    Leave(Option<Ref>, Permit),
    /// The session is out: it leaves once what it has said is answered.
    Out(LeftReason),
    Typing(Option<Ref>, bool, Permit),
    Cursor {
        reference: Option<Ref>,
        delivered: Seq,
        read: Seq,
        permit: Permit,
    },
    History(Box<HistoryRequest>),
}

impl Actor for SessionActor {
    type Msg = SessionCommand;
    type State = SessionShell;
    type Arguments = Birth<SessionArguments>;

    async fn pre_start(
        &self,
        myself: ActorRef<SessionCommand>,
        birth: Self::Arguments,
    ) -> Result<SessionShell, ActorProcessingErr> {
        let (myself, arguments) = birth.of(myself);
        Ok(SessionShell::new(myself, arguments))
    }

    async fn handle(
        &self,
        _: ActorRef<SessionCommand>,
        command: SessionCommand,
        shell: &mut SessionShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.vitals.begin(&command);
        if let SessionCommand::Suffer(fault) = command {
            // In a box of its own, or every session would keep room for it all its life.
            Box::pin(fault.suffer()).await;
        } else {
            let _at_work = at_work::begin(|| ActorName::Session(shell.id));
            shell.take(command);
        }
        shell.vitals.done(&in_hand);
        Ok(())
    }
}

impl SessionShell {
    pub(crate) fn new(myself: Address<SessionCommand>, arguments: SessionArguments) -> Self {
        let SessionArguments { id, directory, opening } = arguments;
        let pace = opening.pace.clone().map(|person| Box::new(SessionPace::new(person)));
        let vitals = Arc::clone(myself.vitals());
        let handle = SessionHandle::new(id, myself);
        let (memberships, early) = (Memberships::default(), Some(Vec::new()));
        Self { id, directory, handle, opening, pace, memberships, early, vitals }
    }

    /// Handles a command that needs no waiting.
    pub(crate) fn take(&mut self, command: SessionCommand) {
        match command {
            SessionCommand::Suffer(_) => unreachable!("taken before, since it may wait"),
            SessionCommand::Start => self.start(),
            SessionCommand::Listed(rooms) => self.greet(rooms),
            SessionCommand::Frame { frame, permit } => self.frame(frame, permit),
            SessionCommand::Attend => self.attend(),
            SessionCommand::RoomUp { room, handle } => self.room_up(&room, &handle),
            SessionCommand::Joined { room, join, handle } => self.joined(&room, join, handle),
            SessionCommand::JoinRefused { room, join } => self.join_refused(&room, join),
            SessionCommand::PutOut { room, reason } => self.put_out(&room, reason),
            SessionCommand::RoomDown { room, until } => self.room_down(&room, until),
            SessionCommand::RoomsUp => self.rooms_up(),
        }
    }

    /// Asks for what the greeting needs. A lobby or a store that restarts is waited for, but not here.
    fn start(&self) {
        let user = self.opening.person.user.clone();
        self.directory.presence.track(self.id, user.clone());
        let (directory, id, outbox) = (Arc::clone(&self.directory), self.id, Arc::clone(self.outbox()));
        let (myself, fresh) = (self.handle.clone(), self.opening.fresh);
        let asking = async move { myself.listed(rooms_of(&directory, id, user, &outbox, fresh).await) };
        tokio::spawn(asking);
    }

    /// Greets: the first frame that the client gets. Then comes what it has said meanwhile.
    fn greet(&mut self, rooms: Option<Vec<RoomRow>>) {
        let Some(rooms) = rooms else { return self.outbox().close(CloseCode::Restarting) };
        let welcome = Welcome {
            reference: self.opening.reference.take(),
            session: self.id,
            user: self.opening.person.user.clone(),
            guest: self.opening.person.guest,
            token: self.opening.token.take(),
            server_time: clock::now(),
            heartbeat_ms: u64::try_from(limits::HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
            limits: LimitsFrame::default(),
            rooms,
        };
        self.reply(&ServerFrame::Welcome(Box::new(welcome)));
        for (frame, permit) in self.early.take().into_iter().flatten() {
            self.frame(frame, permit);
        }
    }

    fn frame(&mut self, frame: ClientFrame, permit: Permit) {
        if let Some(early) = &mut self.early {
            return early.push((frame, permit));
        }
        let ClientFrame { reference, command } = frame;
        if let Some(Err(TooOften(wait))) = self.pace.as_ref().map(|pace| pace.command(&command)) {
            return self.too_often(reference, wait);
        }
        match command {
            Command::Hello(_) => self.refuse(reference, ErrorCode::Conflict, "this socket has said hello already"),
            Command::Join(join) => self.join(join, reference, permit),
            Command::Leave { room } => self.for_room(&room, Held::Leave(reference, permit)),
            Command::Send(send) => self.send(send, reference, permit),
            Command::Typing(Typing { room, on }) => self.for_room(&room, Held::Typing(reference, on, permit)),
            Command::Delivered(CursorMove { room, seq }) => {
                let delivered = Held::Cursor { reference, delivered: seq, read: Seq::ZERO, permit };
                self.for_room(&room, delivered);
            }
            Command::Read(CursorMove { room, seq }) => {
                self.for_room(&room, Held::Cursor { reference, delivered: seq, read: seq, permit });
            }
            Command::History(history) => self.history(history, reference, permit),
            Command::Status(status) => self.directory.presence.set_status(self.id, status.status),
            Command::Ping => self.reply(&ServerFrame::Pong { reference }),
        }
    }

    /// Says when they may try again. Whoever goes on all the same, as if nothing had been said, is shown the door.
    fn too_often(&self, reference: Option<Ref>, wait: Duration) {
        self.outbox().reply(Refusal::too_often(wait).frame(reference));
        if self.pace.as_ref().is_some_and(|pace| pace.refusal().is_err()) {
            self.outbox().close(CloseCode::Flooding);
        }
    }

    // --- rooms ---

    fn join(&mut self, join: Join, reference: Option<Ref>, permit: Permit) {
        if self.memberships.is_on_the_way(&join.room) {
            let room = join.room.clone();
            return self.for_room(&room, Held::Join(join, reference, permit));
        }
        if let Some(refusal) = self.closed_door(&join.room) {
            return self.outbox().reply(refusal.frame(reference));
        }
        let standpoint = Standpoint { since: join.since, epoch: join.epoch, limit: join.limit() };
        let make = |number| {
            Arc::new(JoinRequest {
                session: self.id,
                handle: self.handle.clone(),
                person: self.opening.person.clone(),
                outbox: Arc::clone(&self.opening.outbox),
                join: number,
                standpoint,
                creation: Creation::new(
                    self.opening.config.room_creation,
                    self.pace.as_ref().map(|pace| pace.person()),
                ),
                reference: reference.clone(),
                answered: AtomicBool::new(false),
            })
        };
        match self.memberships.join(&join.room, make) {
            Some((request, known)) => {
                let seated = Seated { handle: self.handle.clone(), person: self.opening.person.clone() };
                self.directory.seat(&join.room, self.id, seated);
                let entry = Entry::new(request, Some(permit));
                match known {
                    Some(room) => room.join(entry),
                    None => self.directory.rooms.enter(join.room, Enter::Join(entry)),
                }
            }
            None => {
                let message = format!("a socket joins at most {} rooms", limits::JOINED_ROOMS);
                self.refuse(reference, ErrorCode::TooLarge, message);
            }
        }
    }

    /// Why a room is not to be asked for at all: none is woken by those who may not know of it.
    fn closed_door(&self, room: &RoomId) -> Option<Refusal> {
        let open = match self.directory.look(room, Some(self.opening.person.user.id)) {
            Sight::Open(_) => true,
            Sight::Nothing => self.opening.config.room_creation,
            Sight::Deleted | Sight::Hidden => false,
        };
        (!open).then(|| no_such_room(room))
    }

    fn joined(&mut self, room: &RoomId, join: u64, handle: RoomHandle) {
        let Some(welcome) = self.memberships.joined(room, join, handle.clone()) else { return };
        if welcome.fresh {
            for unanswered in self.outbox().unanswered(room) {
                handle.post(self.id, post(unanswered));
            }
        }
        if let Some(request) = welcome.again {
            handle.join(Entry::new(request, None));
        }
        for held in welcome.held {
            self.for_room(room, held);
        }
    }

    fn join_refused(&mut self, room: &RoomId, join: u64) {
        let Some(refused) = self.memberships.refused(room, join) else { return };
        if refused.out {
            self.directory.unseat(room, self.id);
            self.outbox().abandon(room, &not_joined(room));
        }
        if let Some(request) = refused.again {
            self.directory.rooms.enter(room.clone(), Enter::Join(Entry::new(request, None)));
        }
        refused.held.into_iter().for_each(|held| self.for_room(room, held));
    }

    fn room_up(&mut self, room: &RoomId, handle: &RoomHandle) {
        match self.memberships.come_back(room) {
            Some(request) => handle.join(Entry::new(request, None)),
            None => handle.leave(self.id),
        }
    }

    /// Nothing more comes from the room. What was said there before is answered first.
    fn put_out(&mut self, room: &RoomId, reason: LeftReason) {
        if self.memberships.contains(room) {
            self.for_room(room, Held::Out(reason));
        }
    }

    /// What waits for the room is refused, and so is what comes meanwhile. Sends that were handed to it
    /// may be stored: they are answered when it is back.
    fn room_down(&mut self, room: &RoomId, until: Instant) {
        let (held, asked) = self.memberships.put_aside(room, until);
        // One that is answered was let in by the next life; the word of that is on its way.
        if let Some(join) = asked.filter(|join| !join.is_answered()) {
            join.refuse(room, put_aside(room, until));
            self.join_refused(room, join.join);
        }
        held.into_iter().for_each(|held| self.refuse_held(held, &put_aside(room, until)));
    }

    fn rooms_up(&mut self) {
        for (room, request) in self.memberships.come_back_everywhere() {
            self.directory.rooms.enter(room, Enter::Join(Entry::new(request, None)));
        }
    }

    fn attend(&mut self) {
        for (room, leaving) in self.memberships.leaving() {
            self.for_room(&room, leaving);
        }
        for room in self.outbox().rooms_behind() {
            // A room that is being restarted brings this session up to date by itself.
            if let Some(handle) = self.memberships.handle(&room) {
                handle.pull(self.id);
            }
        }
    }

    // --- commands for a room ---

    /// Notes a send as unanswered before anything else: whatever dies from here on, it is replayed or answered.
    fn send(&mut self, send: Send, reference: Option<Ref>, permit: Permit) {
        if !self.memberships.contains(&send.room) {
            self.outbox().reply(not_joined(&send.room).frame(reference));
            return;
        }
        if let Some(until) = self.memberships.down_until(&send.room) {
            self.outbox().reply(put_aside(&send.room, until).frame(reference));
            return;
        }
        fault_point::pass("session.send");
        let room = send.room.clone();
        let unanswered = self.outbox().note_send(send, reference, permit);
        if let Some(handle) = self.memberships.handle(&room) {
            handle.post(self.id, post(unanswered));
        }
    }

    fn history(&mut self, history: History, reference: Option<Ref>, permit: Permit) {
        let room = history.room.clone();
        let user = self.opening.person.user.id;
        let request = HistoryRequest::new(user, Arc::clone(self.outbox()), history, reference, permit);
        if self.memberships.contains(&room) {
            return self.for_room(&room, Held::History(request));
        }
        match self.directory.look(&room, Some(user)) {
            Sight::Open(_) => self.directory.rooms.enter(room, Enter::History(request)),
            Sight::Nothing | Sight::Deleted | Sight::Hidden => request.refuse(no_such_room(&room)),
        }
    }

    fn for_room(&mut self, room: &RoomId, held: Held) {
        match self.memberships.route(room, held) {
            Route::To(handle, held) => self.carry_out(room, &handle, held),
            Route::Held => {}
            Route::Down(Held::Leave(reference, _permit), _) if self.outbox().may_leave(room) => {
                self.leave(room, reference);
            }
            Route::Down(Held::Out(reason), _) if self.outbox().may_leave(room) => self.out(room, reason),
            Route::Down(held, until) => self.refuse_held(held, &put_aside(room, until)),
            Route::NotJoined(Held::Join(join, reference, permit)) => self.join(join, reference, permit),
            Route::NotJoined(held) => self.refuse_held(held, &not_joined(room)),
        }
    }

    fn carry_out(&mut self, room: &RoomId, handle: &RoomHandle, held: Held) {
        match held {
            Held::Join(join, reference, permit) => self.join(join, reference, permit),
            Held::Leave(reference, permit) if !self.outbox().may_leave(room) => {
                self.memberships.leave_later(room, Held::Leave(reference, permit));
            }
            Held::Leave(reference, _permit) => {
                handle.leave(self.id);
                self.leave(room, reference);
            }
            Held::Out(reason) if !self.outbox().may_leave(room) => {
                self.memberships.leave_later(room, Held::Out(reason));
            }
            Held::Out(reason) => {
                handle.leave(self.id);
                self.out(room, reason);
            }
            Held::Typing(_, on, permit) => handle.typing(self.id, on, permit),
            Held::Cursor { delivered, read, permit, .. } => handle.move_cursor(self.id, delivered, read, permit),
            Held::History(request) => handle.history(request),
        }
    }

    fn leave(&mut self, room: &RoomId, reference: Option<Ref>) {
        let waiting = self.memberships.leave(room);
        self.directory.unseat(room, self.id);
        let left = ServerFrame::Left(Left { reference, room: room.clone(), reason: None });
        self.outbox().shut(room, EncodedFrame::new(&left));
        waiting.into_iter().for_each(|held| self.for_room(room, held));
    }

    fn out(&mut self, room: &RoomId, reason: LeftReason) {
        let waiting = self.memberships.leave(room);
        self.directory.unseat(room, self.id);
        self.outbox().put_out(room, || left(room, reason));
        waiting.into_iter().for_each(|held| self.for_room(room, held));
    }

    fn refuse_held(&self, held: Held, refusal: &Refusal) {
        let reference = match held {
            Held::Join(_, reference, _)
            | Held::Leave(reference, _)
            | Held::Typing(reference, _, _)
            | Held::Cursor { reference, .. } => reference,
            Held::History(request) => return request.refuse(refusal.clone()),
            // Nobody has asked.
            Held::Out(_) => return,
        };
        self.outbox().reply(refusal.clone().frame(reference));
    }

    // --- means ---

    fn outbox(&self) -> &Arc<Outbox> {
        &self.opening.outbox
    }

    fn reply(&self, frame: &ServerFrame) {
        self.outbox().reply(EncodedFrame::new(frame));
    }

    fn refuse(&self, reference: Option<Ref>, code: ErrorCode, message: impl Into<String>) {
        self.outbox().reply(Refusal::new(code, message).frame(reference));
    }
}

/// A person's list of rooms; nothing where the lobby does not give it in time.
async fn rooms_of(
    directory: &Directory,
    id: SessionId,
    user: User,
    outbox: &Arc<Outbox>,
    fresh: bool,
) -> Option<Vec<RoomRow>> {
    let tries = limits::READ.as_millis() / ASK_AGAIN.as_millis();
    for _ in 0..tries {
        match directory.lobby.enter(id, user.clone(), Arc::clone(outbox), fresh).await {
            Ok(rooms) => return Some(rooms),
            Err(error) => tracing::debug!(session = %id, %error, "no list of rooms yet"),
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    tracing::warn!(session = %id, user = %user.id, "no list of rooms");
    None
}

fn post(unanswered: Unanswered) -> Post {
    let Unanswered { number, send } = unanswered;
    Post { number, id: send.id, body: send.body, reply_to: send.reply_to }
}

fn not_joined(room: &RoomId) -> Refusal {
    Refusal::new(ErrorCode::NotJoined, format!("join {room} first"))
}

fn put_aside(room: &RoomId, until: Instant) -> Refusal {
    let left = until.saturating_duration_since(tokio::time::Instant::now().into_std());
    let after = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    Refusal::retry(ErrorCode::Unavailable, format!("the room {room} keeps failing and is put aside for a while"), after)
}
