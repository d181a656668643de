use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::{LeftReason, RoomId, Seq, SessionId, UserId};
use greenroom_storage::{Head, Incarnation, OpenRefused, Opened, Ticket};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::casebook::Casebook;
use super::command::{Inside, Loaded, RoomCommand, RoomSnapshot};
use super::fan_out::FanOut;
use super::handle::RoomHandle;
use super::leaving;
use super::opening::{self, Opening};
use super::relays::{Crowding, Nursery};
use super::returning::Returning;
use super::state::{Posted, RoomState};
use super::tape::Tape;
use crate::address::{self, Address, Birth};
use crate::at_work;
use crate::books::{Account, Tallies};
use crate::by_id::ById;
use crate::call::{self, Answer};
use crate::census::ActorName;
use crate::directory::{Directory, Person};
use crate::fault::Fault;
use crate::ledger::RoomLedger;
use crate::outbox::Refusal;
use crate::relay::RelayHandle;
use crate::store::{ReadFailed, StoreLink};
use crate::supervision::Exit;

/// How long after a read that failed the next is tried.
pub(super) const READ_AGAIN: Duration = Duration::from_millis(500);

pub(crate) struct RoomActor;

pub(crate) struct RoomArguments {
    pub(crate) directory: Arc<Directory>,
    pub(crate) room: RoomId,
    pub(crate) incarnation: Incarnation,
    pub(crate) casebook: Arc<Casebook>,
    /// How it is divided where it is big.
    pub(crate) crowding: Crowding,
}

/// The shell around a room's state: it has the handles, the clock and the outboxes.
pub(crate) struct RoomShell {
    pub(super) directory: Arc<Directory>,
    pub(super) myself: Address<RoomCommand>,
    pub(super) id: RoomId,
    pub(super) incarnation: Incarnation,
    /// The incarnation of the store that appends go to.
    pub(super) store: Option<StoreLink>,
    phase: Phase,
    /// What it has in hand, noted where its own crash doesn't reach.
    pub(super) casebook: Arc<Casebook>,
    crowding: Crowding,
    /// How many `rooms` has let in; it compares this with its own count before it closes the room.
    entered: u64,
    /// The earliest tick that is on its way.
    pub(super) next_tick: Option<Instant>,
}

enum Phase {
    Opening(Opening),
    /// There is no such room, or it can't be opened: everybody hears so until `rooms` closes this actor. First
    /// come those who were called, for their `join` was lost with an earlier life.
    Refusing(OpenRefused, HashSet<SessionId>),
    Open(Box<OpenRoom>),
}

pub(super) struct OpenRoom {
    pub(super) state: RoomState,
    pub(super) fan_out: FanOut,
    /// People whose following is recorded, or on its way to be.
    pub(super) followers: ById<UserId, Follower>,
    /// Who waits for the outcome of an append without sitting here.
    pub(super) visitors: HashMap<Ticket, Answer<Result<Posted, Refusal>>>,
    /// Whether a page is being read to fill a hole before the last batch.
    pub(super) reading_hole: bool,
    /// What stays of this life's ledger when it ends.
    pub(super) account: Account,
    /// After a crash, until all is as before.
    pub(super) returning: Option<Box<Returning>>,
}

pub(super) enum Follower {
    OnItsWay(Person),
    Recorded,
}

impl Actor for RoomActor {
    type Msg = RoomCommand;
    type State = RoomShell;
    type Arguments = Birth<RoomArguments>;

    async fn pre_start(
        &self,
        myself: ActorRef<RoomCommand>,
        birth: Self::Arguments,
    ) -> Result<RoomShell, ActorProcessingErr> {
        let (myself, arguments) = birth.of(myself);
        Ok(RoomShell::new(myself, arguments))
    }

    async fn handle(
        &self,
        _: ActorRef<RoomCommand>,
        command: RoomCommand,
        shell: &mut RoomShell,
    ) -> Result<(), ActorProcessingErr> {
        shell.record_blow(&command);
        let in_hand = shell.myself.vitals().begin(&command);
        if let RoomCommand::Suffer(fault) = command {
            fault.suffer().await;
            if fault == Fault::Passivate {
                shell.passivate();
            }
        } else {
            shell.handle(command);
        }
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }

    /// ractor's own handler would end this room in order when one of its relays fails.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<RoomCommand>,
        event: SupervisionEvent,
        shell: &mut RoomShell,
    ) -> Result<(), ActorProcessingErr> {
        match address::end_of(event) {
            Some((child, exit)) => shell.relay_ended(child, &exit).map_err(Into::into),
            None => Ok(()),
        }
    }
}

impl RoomShell {
    /// A room that has asked the store to open its log.
    pub(crate) fn new(myself: Address<RoomCommand>, arguments: RoomArguments) -> Self {
        let RoomArguments { directory, room, incarnation, casebook, crowding } = arguments;
        let store = directory.store.link();
        let phase = Phase::Opening(Opening::default());
        let (entered, next_tick) = (0, None);
        let id = room;
        let shell = Self { directory, myself, id, incarnation, store, phase, casebook, crowding, entered, next_tick };
        shell.open(None);
        shell
    }

    /// Handles one command, and sees to it that the next tick comes.
    pub(crate) fn handle(&mut self, command: RoomCommand) {
        let _at_work = at_work::begin(|| ActorName::Room(self.id.clone()));
        self.take(command);
        self.tell_recovery();
        self.keep_account();
        self.schedule();
    }

    fn take(&mut self, command: RoomCommand) {
        match command {
            RoomCommand::Opened(opened) => self.opened(opened),
            RoomCommand::Loaded(loaded) => self.loaded(loaded),
            RoomCommand::LoadAgain => self.load_again(),
            RoomCommand::StoreUp => self.store_up(),
            RoomCommand::Close => self.myself.stop(),
            RoomCommand::Suffer(_) => unreachable!("taken before, since it may wait"),
            RoomCommand::Look { reply } => self.answer_look(reply),
            RoomCommand::RelaySuffers(number, fault) => {
                if let Phase::Open(open) = &self.phase {
                    open.fan_out.relay_suffers(number, fault);
                }
            }
            RoomCommand::Entered(enter) => {
                self.entered += 1;
                self.inside(enter.into());
            }
            RoomCommand::Inside(inside) => self.inside(inside),
        }
    }

    fn inside(&mut self, command: Inside) {
        match &mut self.phase {
            Phase::Opening(opening) => opening.waiting.push(command),
            Phase::Refusing(..) => self.refuse(command),
            Phase::Open(_) => self.carry_out(command),
        }
    }

    fn carry_out(&mut self, command: Inside) {
        let taped = self.record(&command);
        self.carry_out_recorded(command);
        self.record_outcome(taped);
    }

    /// What an open room is asked; one line each.
    fn carry_out_recorded(&mut self, command: Inside) {
        match command {
            Inside::Join(entry) => self.join(entry),
            Inside::JoinRead(entry, plan, read) => self.join_read(entry, *plan, read),
            Inside::History(request) => self.history(request),
            Inside::HistoryRead(request, page) => self.history_read(*request, page),
            Inside::Leave { session } => self.leave(session),
            Inside::VisitorPost(post) => self.visitor_post(*post),
            Inside::Post { session, post } => self.post(session, post),
            Inside::Typing { session, on, permit: _permit } => self.typing(session, on),
            Inside::MoveCursor { session, delivered, read, permit: _permit } => {
                self.move_cursor(session, delivered, read);
            }
            Inside::Pull { session } => self.pull(session),
            Inside::PullRead { session, after, page } => self.pull_read(session, after, page),
            Inside::CursorsMoved(moved) => self.cursors_moved(moved),
            Inside::CursorsKept(moves) => self.open_room().state.retry_moves(moves, now()),
            Inside::Committed(batch) => self.committed(batch),
            Inside::Erased { user } => self.erased(user),
            Inside::HoleRead(page) => self.hole_read(page),
            Inside::Followed { person, new } => self.followed(person, new),
            Inside::LobbyUp => self.open_room().state.tell_lobby(now()),
            Inside::Tick => self.tick(),
        }
    }

    pub(super) fn opening(&mut self) -> Option<&mut Opening> {
        match &mut self.phase {
            Phase::Opening(opening) => Some(opening),
            Phase::Refusing(..) | Phase::Open(_) => None,
        }
    }

    /// Only called where the phase was just seen to be open.
    pub(super) fn open_room(&mut self) -> &mut OpenRoom {
        match &mut self.phase {
            Phase::Open(open) => open,
            Phase::Opening(_) | Phase::Refusing(..) => unreachable!("the room is open"),
        }
    }

    /// Where it is open.
    pub(super) fn opened_room(&mut self) -> Option<&mut OpenRoom> {
        match &mut self.phase {
            Phase::Open(open) => Some(open),
            Phase::Opening(_) | Phase::Refusing(..) => None,
        }
    }

    fn opened(&mut self, opened: Result<Opened, OpenRefused>) {
        let Phase::Opening(opening) = &mut self.phase else { return };
        if opening.opened.is_some() {
            // It was asked twice, since the store died: what came between the two answers is announced.
            return;
        }
        match opened {
            Ok(opened) => {
                self.directory.room_lives(opened.room.key, self.incarnation, RoomHandle::new(self.myself.clone()));
                self.directory.rooms.opened(self.id.clone(), self.incarnation, opened.room.key);
                opening.opened = Some(opened.clone());
                self.load(&opened);
            }
            Err(OpenRefused::NotFound) if opening.maker(&self.id).is_some() => {
                let maker = opening.maker(&self.id);
                self.open(maker);
            }
            Err(refused) => {
                let opening = std::mem::take(opening);
                let called = self.call(&opening).map(|(session, _)| session).collect();
                self.phase = Phase::Refusing(refused, called);
                opening.waiting.into_iter().for_each(|command| self.refuse(command));
                self.ask_to_close();
            }
        }
    }

    fn loaded(&mut self, loaded: Result<Loaded, ReadFailed>) {
        let Phase::Opening(opening) = &mut self.phase else { return };
        let Some(opened) = opening.opened.clone() else { return };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => return self.not_loaded(&error),
        };
        let opening = std::mem::take(opening);
        self.phase = Phase::Open(Box::new(self.ready(&opened, loaded, &opening)));
        tracing::debug!(room = %self.id, incarnation = self.incarnation.0, "room is open");
        opening.waiting.into_iter().for_each(|command| self.inside(command));
    }

    /// The open room. Those who sat in its earlier life keep their seats, and are told to come back.
    fn ready(&self, opened: &Opened, loaded: Loaded, opening: &Opening) -> OpenRoom {
        let newest = loaded.newest.events.last().map(|last| Head { seq: last.event.seq(), ordinal: last.ordinal });
        let head = newest.filter(|newest| newest.seq > opened.head.seq).unwrap_or(opened.head);
        let room = Arc::clone(&opened.room);
        let (gone, events) = (loaded.newest.gone, loaded.newest.events);
        let mut state = RoomState::new(room, self.incarnation, head, events, loaded.cursors, now());
        state.trimmed(gone, now());
        for (session, person) in self.call(opening) {
            // Who is out by now is told so when they come.
            if self.directory.admits(opened.room.key, person.user.id) {
                state.keep_seat(session, person);
            }
        }
        let tallies = Tallies::default();
        let account = Account::open(Arc::clone(&self.directory.books), self.incarnation, tallies.clone());
        let (directory, myself, crowding) = (Arc::clone(&self.directory), self.myself.clone(), self.crowding);
        let fan_out = FanOut::new(self.id.clone(), Nursery { directory, myself, tallies, crowding });
        let (followers, visitors) = (ById::default(), HashMap::new());
        let returning = self.comes_back(&state, opening);
        if self.directory.observatory.records() {
            self.casebook.record(Tape::new(state.standing()));
        }
        OpenRoom { state, fan_out, followers, visitors, reading_hole: false, account, returning }
    }

    fn keep_account(&mut self) {
        if let Phase::Open(open) = &mut self.phase {
            let (posts, deliveries) = (open.state.posts(), open.fan_out.deliveries());
            open.account.keep(RoomLedger { posts, deliveries });
        }
    }

    /// Calls those back who want to be here and are not on their way; says whom.
    fn call(&self, opening: &Opening) -> impl Iterator<Item = (SessionId, Person)> {
        let on_their_way: HashSet<SessionId> = opening.joins().map(|join| join.session).collect();
        let mut roster = self.directory.roster(&self.id);
        roster.retain(|(session, _)| !on_their_way.contains(session));
        roster.into_iter().map(|(session, seated)| {
            seated.handle.room_up(self.id.clone(), RoomHandle::new(self.myself.clone()));
            (session, seated.person)
        })
    }

    fn load_again(&mut self) {
        if let Phase::Opening(Opening { opened: Some(opened), .. }) = &self.phase {
            self.load(opened);
        }
    }

    /// A room that can't be opened says so to all who come, unless one of them may make it.
    fn refuse(&mut self, command: Inside) {
        let Phase::Refusing(refused, called) = &mut self.phase else { return };
        let refusal = opening::refusal(&self.id, refused);
        if let Inside::Leave { session } = command {
            called.remove(&session);
        } else if let Inside::Join(entry) = command {
            called.remove(&entry.request.session);
            if opening::may_be_made(refused, &entry.request.creation) {
                let opening = Opening { waiting: vec![Inside::Join(entry)], ..Opening::default() };
                let maker = opening.maker(&self.id);
                self.phase = Phase::Opening(opening);
                return self.open(maker);
            }
            if entry.request.is_answered() && *refused == OpenRefused::Deleted {
                // Nobody will ever read there again what it may have said.
                leaving::say_out(&entry.request.handle, &entry.request.outbox, &self.id, LeftReason::Deleted);
                entry.request.outbox.abandon(&self.id, &refusal);
            }
            entry.request.refuse(&self.id, entry.request.creation.refusal().unwrap_or(refusal));
        } else if let Inside::History(request) = command {
            request.refuse(refusal);
        } else if let Inside::VisitorPost(post) = command {
            call::answer(post.reply, Err(refusal));
        }
        self.ask_to_close();
    }

    /// The end of an idle room, without the minute before it.
    fn passivate(&self) {
        if let Phase::Open(open) = &self.phase
            && open.state.is_unneeded()
        {
            self.ask_to_close();
        }
    }

    pub(super) fn ask_to_close(&self) {
        if matches!(&self.phase, Phase::Refusing(_, called) if !called.is_empty()) {
            return;
        }
        self.directory.rooms.may_close(self.id.clone(), self.incarnation, self.entered);
    }

    fn store_up(&mut self) {
        self.store = self.directory.store.link();
        match &self.phase {
            Phase::Opening(Opening { opened: None, .. }) => self.open(None),
            Phase::Opening(_) | Phase::Refusing(..) => {}
            Phase::Open(open) => {
                let undecided = open.state.undecided();
                let unrecorded = open.followers.values().filter_map(|follower| match follower {
                    Follower::OnItsWay(person) => Some(person.clone()),
                    Follower::Recorded => None,
                });
                let unrecorded: Vec<Person> = unrecorded.collect();
                let key = open.state.room().key;
                self.directory.observatory.submitted_again(undecided.len() as u64);
                if let Some(store) = &self.store {
                    undecided.into_iter().for_each(|append| store.append(append));
                }
                unrecorded.into_iter().for_each(|person| self.submit_follow(key, person));
            }
        }
    }

    /// Sees to it that a tick comes when the room next has something to do by itself.
    fn schedule(&mut self) {
        let Phase::Open(open) = &self.phase else { return };
        let Some(at) = open.state.wake_at() else { return };
        if self.next_tick.is_none_or(|tick| at < tick) {
            self.next_tick = Some(at);
            self.myself.tell_after(at.saturating_duration_since(now()), || Inside::Tick.into());
        }
    }

    /// A relay has ended. One that has failed fails its room.
    pub(crate) fn relay_ended(&mut self, child: ActorId, exit: &Exit) -> Result<(), String> {
        match &mut self.phase {
            Phase::Open(open) => open.fan_out.relay_ended(child, exit),
            Phase::Opening(_) | Phase::Refusing(..) => Ok(()),
        }
    }

    /// What the room knows itself, and what each of its relays answers. Where one does not, there is no answer.
    fn answer_look(&self, reply: Answer<RoomSnapshot>) {
        let (mut snapshot, relays) = (self.look(), self.relays());
        if relays.is_empty() {
            return call::answer(reply, snapshot);
        }
        tokio::spawn(async move {
            for relay in relays {
                let Ok(deliveries) = relay.audit().await else { return };
                snapshot.ledger.deliveries += deliveries;
            }
            call::answer(reply, snapshot);
        });
    }

    fn relays(&self) -> Vec<RelayHandle> {
        match &self.phase {
            Phase::Open(open) => open.fan_out.relays(),
            Phase::Opening(_) | Phase::Refusing(..) => Vec::new(),
        }
    }

    /// The room as it knows it itself; its living relays know the rest of its ledger.
    pub(crate) fn look(&self) -> RoomSnapshot {
        let (room, incarnation) = (self.id.clone(), self.incarnation.0);
        let Phase::Open(open) = &self.phase else {
            return RoomSnapshot { room, incarnation, last_seq: Seq::ZERO, online: 0, ledger: RoomLedger::default() };
        };
        let last_seq = open.state.head().seq;
        open.account.enter();
        let mut deliveries = open.fan_out.audit(last_seq);
        deliveries += open.account.ended_relays();
        let ledger = RoomLedger { posts: open.state.posts(), deliveries };
        RoomSnapshot { room, incarnation, last_seq, online: open.state.online_count(), ledger }
    }
}

/// The runtime's clock, which tests may pause.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
