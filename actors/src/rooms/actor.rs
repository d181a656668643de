use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::{ErrorCode, RoomId};
use greenroom_storage::{Incarnation, RoomKey};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::command::RoomsCommand;
use super::state::{RoomsState, Way};
use crate::address::{self, Address, Birth};
use crate::call;
use crate::census::ActorName;
use crate::directory::Directory;
use crate::observatory::Decision;
use crate::outbox::Refusal;
use crate::room::{Crowding, Enter, RoomActor, RoomArguments, RoomHandle};
use crate::supervision::{self, Exit, Verdict};

pub(crate) struct RoomsActor;

pub(crate) struct RoomsShell {
    directory: Arc<Directory>,
    myself: Address<RoomsCommand>,
    state: RoomsState<RoomHandle, Enter>,
    /// Which room a child is: an actor's end names only its number.
    rooms: HashMap<ActorId, RoomId>,
    started: Instant,
    /// A random number in 0..1, so that rooms that failed together don't return together.
    spread: fn() -> f64,
    /// How big rooms are divided.
    crowding: Crowding,
}

impl Actor for RoomsActor {
    type Msg = RoomsCommand;
    type State = RoomsShell;
    type Arguments = Birth<Arc<Directory>>;

    async fn pre_start(
        &self,
        myself: ActorRef<RoomsCommand>,
        birth: Self::Arguments,
    ) -> Result<RoomsShell, ActorProcessingErr> {
        let (myself, directory) = birth.of(myself);
        Ok(RoomsShell::new(myself, directory, rand::random, Crowding::here()))
    }

    async fn handle(
        &self,
        _: ActorRef<RoomsCommand>,
        command: RoomsCommand,
        shell: &mut RoomsShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.myself.vitals().begin(&command);
        shell.take(command).await;
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }

    /// ractor's own handler would stop this supervisor on any child's end.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<RoomsCommand>,
        event: SupervisionEvent,
        shell: &mut RoomsShell,
    ) -> Result<(), ActorProcessingErr> {
        match address::end_of(event) {
            Some((child, exit)) => shell.ended(child, exit).await,
            None => Ok(()),
        }
    }
}

impl RoomsShell {
    pub(crate) fn new(
        myself: Address<RoomsCommand>,
        directory: Arc<Directory>,
        spread: fn() -> f64,
        crowding: Crowding,
    ) -> Self {
        let (state, rooms, started) = (RoomsState::default(), HashMap::new(), now());
        Self { directory, myself, state, rooms, started, spread, crowding }
    }

    pub(crate) async fn take(&mut self, command: RoomsCommand) {
        match command {
            RoomsCommand::Enter { room, enter } => self.enter(room, enter).await,
            RoomsCommand::Leave { room, session } => self.with_room(&room, |handle| handle.leave(session)),
            RoomsCommand::Opened { room, incarnation, key } => self.opened(&room, incarnation, key),
            RoomsCommand::MayClose { room, incarnation, entered } => self.may_close(&room, incarnation, entered),
            RoomsCommand::Restart { room } => self.restart(&room).await,
            RoomsCommand::Rested { room, incarnation } => self.state.rested(&room, incarnation),
            RoomsCommand::StoreUp => self.state.handles().for_each(RoomHandle::store_up),
            RoomsCommand::LobbyUp => self.state.handles().for_each(RoomHandle::lobby_up),
            RoomsCommand::Find { room, reply } => call::answer(reply, self.state.handle(&room).cloned()),
            RoomsCommand::Living { reply } => call::answer(reply, self.state.handles().cloned().collect()),
            RoomsCommand::Count { reply } => call::answer(reply, self.state.len()),
            RoomsCommand::Suffer(fault) => fault.suffer().await,
        }
    }

    async fn enter(&mut self, room: RoomId, enter: Enter) {
        match self.state.enter(&room, enter, now(), RoomHandle::enter) {
            Way::Settled => {}
            Way::Start(enter) => {
                self.start(&room).await;
                self.let_in(&room, enter);
            }
            Way::Refused(enter, wait) => refuse(&room, enter, wait),
        }
    }

    /// Lets somebody into a room that was started just now.
    fn let_in(&mut self, room: &RoomId, enter: Enter) {
        match self.state.enter(room, enter, now(), RoomHandle::enter) {
            Way::Settled => {}
            Way::Start(enter) => refuse(room, enter, Duration::from_secs(1)),
            Way::Refused(enter, wait) => refuse(room, enter, wait),
        }
    }

    async fn start(&mut self, room: &RoomId) {
        let incarnation = self.directory.next_incarnation();
        let casebook = self.state.casebook(room);
        let arguments = RoomArguments {
            directory: Arc::clone(&self.directory),
            room: room.clone(),
            incarnation,
            casebook: Arc::clone(&casebook),
            crowding: self.crowding,
        };
        match self.myself.start(RoomActor, arguments).await {
            Ok(actor) => {
                self.rooms.insert(actor.id(), room.clone());
                let (name, parent) = (ActorName::Room(room.clone()), Some(ActorName::Rooms));
                self.directory.census.born(name, parent, actor.cell(), Arc::clone(actor.vitals()));
                let waiting = self.state.started(room, incarnation, RoomHandle::new(actor), casebook);
                waiting.into_iter().for_each(|enter| self.let_in(room, enter));
            }
            Err(error) => tracing::error!(%room, %error, "the room can't be started"),
        }
    }

    /// The room's actor has ended: whether it comes back is a matter of policy.
    pub(crate) async fn ended(&mut self, child: ActorId, exit: Exit) -> Result<(), ActorProcessingErr> {
        let Some(room) = self.rooms.remove(&child) else { return Ok(()) };
        let since_start = now().duration_since(self.started);
        let Some(entry) = self.state.child(&room) else { return Ok(()) };
        let verdict = entry.record.judge(&supervision::ROOM, &exit, since_start, (self.spread)());
        if let Exit::Failed(reason) = &exit {
            tracing::warn!(%room, reason, ?verdict, "room failed");
            let decision = Decision { policy: &supervision::ROOM, verdict, in_window: entry.record.in_window() };
            let tape = entry.casebook.take_tape();
            self.directory.crashed(&ActorName::Room(room.clone()), &exit, decision, tape);
            if let Some(case) = entry.casebook.failed() {
                tracing::error!(%room, ?case, "a command has failed the room twice, and is set aside");
                self.directory.observatory.set_aside(&room, &case, reason);
                self.directory.dead_letters.put(room.clone(), case, reason);
            }
        }
        let (census, name) = (&self.directory.census, ActorName::Room(room.clone()));
        match verdict {
            Verdict::Forget => {
                census.gone(&name, None);
                self.forget(&room).await;
            }
            Verdict::Restart(wait) => {
                census.failed(&name, exit.reason());
                self.state.restarting(&room);
                if wait.is_zero() {
                    self.restart(&room).await;
                } else {
                    let room = room.clone();
                    self.myself.tell_after(wait, || RoomsCommand::Restart { room });
                }
            }
            Verdict::Quarantine(time) => {
                tracing::error!(%room, seconds = time.as_secs(), "room is quarantined");
                census.given_up(&name, exit.reason());
                let until = now() + time;
                for (_, seated) in self.directory.roster(&room) {
                    seated.handle.room_down(room.clone(), until);
                }
                let waiting = self.state.quarantine(&room, until);
                waiting.into_iter().for_each(|enter| refuse(&room, enter, time));
                self.myself.tell_after(time, || RoomsCommand::Restart { room });
            }
            Verdict::Escalate => return Err(format!("room {room} keeps failing").into()),
        }
        Ok(())
    }

    /// Starts a room again, if it has not been meanwhile and somebody wants to be in it.
    async fn restart(&mut self, room: &RoomId) {
        if !self.state.is_restarting(room) {
            return;
        }
        if self.directory.roster(room).is_empty() {
            self.directory.census.gone(&ActorName::Room(room.clone()), None);
            self.rest(room).await;
        } else {
            self.start(room).await;
        }
    }

    /// Nobody wants the room back, but its failures count on for as long as the budget says.
    async fn rest(&mut self, room: &RoomId) {
        self.is_dead(room);
        let Some(incarnation) = self.state.child(room).map(|child| child.incarnation) else { return };
        for enter in self.state.rest(room) {
            self.enter(room.clone(), enter).await;
        }
        let room = room.clone();
        self.myself.tell_after(supervision::ROOM.budget.within, move || RoomsCommand::Rested { room, incarnation });
    }

    fn is_dead(&mut self, room: &RoomId) {
        if let Some(child) = self.state.child(room)
            && let Some(key) = child.key
        {
            self.directory.room_died(key, child.incarnation);
        }
    }

    /// The room is over, unless somebody has come meanwhile.
    async fn forget(&mut self, room: &RoomId) {
        self.is_dead(room);
        for enter in self.state.forget(room) {
            self.enter(room.clone(), enter).await;
        }
    }

    fn opened(&mut self, room: &RoomId, incarnation: Incarnation, key: RoomKey) {
        if let Some(child) = self.state.child(room).filter(|child| child.incarnation == incarnation) {
            child.key = Some(key);
        }
    }

    fn may_close(&mut self, room: &RoomId, incarnation: Incarnation, entered: u64) {
        if let Some(handle) = self.state.may_close(room, incarnation, entered) {
            handle.close();
        }
    }

    fn with_room(&self, room: &RoomId, tell: impl FnOnce(&RoomHandle)) {
        if let Some(handle) = self.state.handle(room) {
            tell(handle);
        }
    }
}

fn refuse(room: &RoomId, enter: Enter, wait: Duration) {
    let after = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let message = format!("the room {room} keeps failing and is put aside for a while");
    let refusal = Refusal::retry(ErrorCode::Unavailable, message, after);
    match enter {
        Enter::Join(entry) => entry.request.refuse(room, refusal),
        Enter::History(request) => request.refuse(refusal),
        Enter::Post(post) => call::answer(post.reply, Err(refusal)),
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
