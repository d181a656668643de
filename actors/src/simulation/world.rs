//! Everybody, and what happens next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::{CloseCode, SessionId};
use ractor::{Actor, ActorCell, ActorId};

use super::client::Client;
use super::crowd;
use super::dice::Dice;
use super::{log::Log, words};
use crate::address::held::{Mailbox, Newborn};
use crate::directory::Directory;
use crate::relay::{RelayArguments, RelayCommand, RelayShell};
use crate::room::{Casebook, Crowding, RoomArguments, RoomCommand, RoomShell};
use crate::rooms::{RoomsCommand, RoomsShell};
use crate::session::{SessionCommand, SessionShell};
use crate::shard::clean_up;
use crate::store::{Job, StoreCommand};
use crate::supervision::Exit;

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) directory: Arc<Directory>,
    /// The store's actor, while it lives.
    pub(super) store: Option<Arc<Mailbox<StoreCommand>>>,
    /// Reads under way.
    pub(super) reads: Vec<Job>,
    pub(super) log: Log,
    /// The rooms' supervisor, while it lives.
    pub(super) rooms: Option<Supervisor>,
    pub(super) living: BTreeMap<u64, RoomLife>,
    pub(super) relays: BTreeMap<u64, RelayLife>,
    /// Relays whose room is dead, and that have not noticed yet.
    pub(super) late: Vec<RelayLife>,
    pub(super) sessions: BTreeMap<SessionId, SessionLife>,
    /// Sessions that have ended, and that their supervisor has not buried yet.
    pub(super) ended: Vec<(SessionId, CloseCode)>,
    pub(super) clients: Vec<Client>,
    /// Whether bodies are long, so that pages and outboxes fill.
    pub(super) wordy: bool,
    /// Whether the disk is full at times, so that sends are refused.
    pub(super) refuses: bool,
    /// Whether everybody comes and goes, so that rooms are idle now and then.
    pub(super) restless: bool,
    /// Whether people are put out of a room, and brought back.
    pub(super) selective: bool,
    /// Whether rooms keep what is said for a while only.
    pub(super) forgetful: bool,
    /// Whether faults have ceased.
    pub(super) calm: bool,
    /// How rooms are divided.
    crowding: Crowding,
    pub(super) messages: u128,
    births: u64,
    stand_in: ActorCell,
    told: bool,
}

pub(super) struct Supervisor {
    pub(super) mailbox: Arc<Mailbox<RoomsCommand>>,
    pub(super) shell: RoomsShell,
    pub(super) ended: VecDeque<(ActorId, Exit)>,
}

pub(super) struct RoomLife {
    pub(super) mailbox: Arc<Mailbox<RoomCommand>>,
    pub(super) shell: RoomShell,
    pub(super) casebook: Arc<Casebook>,
    pub(super) actor: ActorId,
    /// Its relays that have ended, of which it has not heard yet.
    pub(super) ended: VecDeque<(ActorId, Exit)>,
}

pub(super) struct RelayLife {
    pub(super) mailbox: Arc<Mailbox<RelayCommand>>,
    pub(super) shell: RelayShell,
    pub(super) actor: ActorId,
    /// The life of the room that it belongs to.
    pub(super) room: u64,
}

pub(super) struct SessionLife {
    pub(super) mailbox: Arc<Mailbox<SessionCommand>>,
    pub(super) shell: SessionShell,
}

/// What may happen next.
#[derive(Clone, Debug)]
enum Next {
    Store,
    Read,
    Commit,
    Rooms,
    Room(u64),
    Relay(u64),
    Session(SessionId),
    Bury,
    StoreStarts,
    RoomsStart,
    FromSocket(usize),
    ToSocket(usize),
    Hear(usize),
    Act(usize),
}

/// ractor's part in the simulation: to lend its identity.
struct Nobody;

impl Actor for Nobody {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ractor::ActorRef<()>, (): ()) -> Result<(), ractor::ActorProcessingErr> {
        Ok(())
    }
}

impl RelayLife {
    pub(super) fn takes(&mut self, mut command: RelayCommand) {
        let mut from = 0;
        while self.shell.take_turn(&mut command, &mut from) {}
        self.shell.handle(command);
    }
}

impl World {
    pub(super) async fn new(mut dice: Dice, told: bool) -> Self {
        let (nobody, _task) = Actor::spawn(None, Nobody, ()).await.unwrap();
        let clients = (0..2 + dice.below(3)).map(|n| Client::new(crowd::person(n))).collect();
        let (wordy, refuses, restless, selective) = (dice.one_in(6), dice.one_in(3), dice.one_in(2), dice.one_in(2));
        let (forgetful, crowding) = (dice.one_in(2), Crowding { slice: 1 + dice.below(2), relays: 1 + dice.below(2) });
        let mut world = Self {
            dice,
            directory: Directory::new(),
            store: None,
            reads: Vec::new(),
            log: Log::default(),
            rooms: None,
            living: BTreeMap::new(),
            relays: BTreeMap::new(),
            late: Vec::new(),
            sessions: BTreeMap::new(),
            ended: Vec::new(),
            clients,
            wordy,
            refuses,
            restless,
            selective,
            forgetful,
            calm: false,
            crowding,
            messages: 0,
            births: 0,
            stand_in: nobody.get_cell(),
            told,
        };
        world.directory.guard(world.log.doors.clone());
        world.start_store();
        world.start_rooms();
        world
    }

    /// Lets one thing happen, or go wrong.
    pub(super) async fn step(&mut self) {
        if self.selective && self.dice.one_in(12) {
            self.somebody_comes_or_goes();
        } else if self.forgetful && self.dice.one_in(16) {
            self.something_is_forgotten();
        } else if self.dice.one_in(40) {
            self.go_wrong();
        } else if self.dice.one_in(if self.restless { 15 } else { 60 }) {
            let long = self.dice.one_in(if self.restless { 2 } else { 6 });
            self.pass_time(Duration::from_millis(if long { 61_000 } else { 100 })).await;
        } else {
            let next = self.may_happen();
            let next = self.dice.pick(&next).clone();
            self.happen(next).await;
        }
        self.settle_tasks().await;
        self.check_doors();
    }

    /// Lets everything happen that still may, without faults.
    pub(super) async fn come_to_rest(&mut self) {
        self.calm = true;
        self.log.full = false;
        self.late.clear();
        self.everybody_is_back();
        self.clients.iter_mut().filter_map(|client| client.link.as_mut()).for_each(|link| link.stalled = false);
        let mut still = 0;
        for _ in 0..100_000 {
            let next = self.may_happen();
            if next.is_empty() {
                still += 1;
                if self.is_at_rest() || still > 300 {
                    self.calm = false;
                    return;
                }
                self.pass_time(Duration::from_secs(1)).await;
            } else {
                let next = self.dice.pick(&next).clone();
                self.happen(next).await;
            }
            self.settle_tasks().await;
            self.check_doors();
        }
        panic!("it never comes to rest");
    }

    /// Somebody says something while all is quiet, and the room dies when it is stored and not told: then
    /// nothing that comes later shows what is missing.
    pub(super) async fn last_word(&mut self) {
        let n = self.dice.below(self.clients.len());
        let joined = self.clients[n].views.iter().find(|(_, view)| view.joined);
        let Some(room) = joined.map(|(room, _)| room.clone()) else { return };
        let before = self.log.rooms[&room].head();
        self.calm = true;
        self.say(n, room.clone());
        while self.log.rooms[&room].head() == before {
            let next = self.may_happen();
            if next.is_empty() {
                break;
            }
            let next = self.dice.pick(&next).clone();
            self.happen(next).await;
            self.settle_tasks().await;
        }
        let lives: Vec<u64> = self.living.keys().copied().collect();
        lives.into_iter().for_each(|life| self.end_room(life, Exit::Failed("killed by the simulation".to_owned())));
    }

    /// What runs as a task of the runtime is quick: it asks, or hands over an answer.
    async fn settle_tasks(&self) {
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }

    async fn pass_time(&mut self, time: Duration) {
        self.tell("time passes", &time);
        tokio::time::advance(time).await;
        let now = tokio::time::Instant::now().into_std();
        self.living.values().for_each(|life| life.mailbox.ripen(now));
        self.rooms.iter().for_each(|rooms| rooms.mailbox.ripen(now));
        self.clients.iter_mut().flat_map(|client| client.views.values_mut()).for_each(|view| view.waits = false);
    }

    fn may_happen(&self) -> Vec<Next> {
        let mut next = Vec::new();
        next.extend(self.store.iter().filter(|store| !store.is_empty()).map(|_| Next::Store));
        next.extend(self.reads.first().map(|_| Next::Read));
        next.extend(self.log.queue.front().map(|_| Next::Commit));
        let busy = |rooms: &&Supervisor| !rooms.ended.is_empty() || !rooms.mailbox.is_empty();
        next.extend(self.rooms.iter().filter(busy).map(|_| Next::Rooms));
        let busy = |life: &RoomLife| !life.ended.is_empty() || !life.mailbox.is_empty();
        next.extend(self.living.iter().filter(|(_, life)| busy(life)).map(|(n, _)| Next::Room(*n)));
        next.extend(self.relays.iter().filter(|(_, life)| !life.mailbox.is_empty()).map(|(n, _)| Next::Relay(*n)));
        let wakes = |life: &SessionLife| !life.mailbox.is_empty() || life.mailbox.is_stopping();
        next.extend(self.sessions.iter().filter(|(_, life)| wakes(life)).map(|(id, _)| Next::Session(*id)));
        next.extend(self.ended.first().map(|_| Next::Bury));
        next.extend(self.store.is_none().then_some(Next::StoreStarts));
        next.extend(self.rooms.is_none().then_some(Next::RoomsStart));
        for (n, client) in self.clients.iter().enumerate() {
            if let Some(link) = &client.link {
                next.extend(link.may_read().then_some(Next::FromSocket(n)));
                let writes = link.over.is_none() && !link.stalled && link.has_news();
                next.extend(writes.then_some(Next::ToSocket(n)));
                next.extend((!link.down.is_empty() || link.over.is_some()).then_some(Next::Hear(n)));
            }
            next.extend((!self.calm || client.has_to_act()).then_some(Next::Act(n)));
        }
        next
    }

    async fn happen(&mut self, next: Next) {
        self.tell("next", &next);
        match next {
            Next::Store => self.store_takes(),
            Next::Read => {
                let read = self.dice.below(self.reads.len());
                self.reads.swap_remove(read)(&self.log);
            }
            Next::Commit => {
                let count = 1 + self.dice.below(6);
                for intent in self.log.queue.iter().take(count) {
                    self.tell(if self.log.full { "commits, full" } else { "commits" }, intent);
                }
                self.log.commit(count, &*self.directory);
            }
            Next::Rooms => self.rooms_take().await,
            Next::Room(life) => self.room_takes(life),
            Next::Relay(life) => self.relay_takes(life),
            Next::Session(id) => self.session_takes(id),
            Next::Bury => {
                let (session, code) = self.ended.swap_remove(self.dice.below(self.ended.len()));
                clean_up(&self.directory, session, code);
            }
            Next::StoreStarts => {
                self.start_store();
                self.directory.rooms.store_up();
            }
            Next::RoomsStart => {
                self.start_rooms();
                self.directory.sessions().iter().for_each(|(_, living)| living.handle.rooms_up());
            }
            Next::FromSocket(n) => self.clients[n].link.iter_mut().for_each(super::client::Link::read_one),
            Next::ToSocket(n) => {
                let bytes = 1 + self.dice.below(64 * 1024);
                self.clients[n].link.iter_mut().for_each(|link| link.write_some(bytes));
            }
            Next::Hear(n) => {
                let frame = self.clients[n].link.as_ref().and_then(|link| link.down.front());
                self.tell("hears", &frame.map(|frame| String::from_utf8_lossy(frame.text())));
                self.clients[n].hear(&self.log);
            }
            Next::Act(n) => self.act(n),
        }
    }

    fn start_store(&mut self) {
        let mailbox = Mailbox::new(Some(self.stand_in.clone()));
        self.directory.store.fill(mailbox.address());
        self.store = Some(mailbox);
    }

    fn start_rooms(&mut self) {
        let mailbox = Mailbox::new(Some(self.stand_in.clone()));
        let shell = RoomsShell::new(mailbox.address(), Arc::clone(&self.directory), || 0.5, self.crowding);
        self.directory.rooms.fill(mailbox.address());
        self.rooms = Some(Supervisor { mailbox, shell, ended: VecDeque::new() });
    }

    fn store_takes(&mut self) {
        let Some(command) = self.store.as_ref().and_then(|store| store.next()) else { return };
        match command {
            StoreCommand::Submit(intent) => self.log.queue.push_back(intent),
            StoreCommand::Read(job) => self.reads.push(job),
            StoreCommand::LookUp(_) | StoreCommand::Suffer(_) => {}
        }
    }

    async fn rooms_take(&mut self) {
        let Some(rooms) = &mut self.rooms else { return };
        if let Some((room, exit)) = rooms.ended.pop_front() {
            rooms.shell.ended(room, exit).await.expect("no room's end is the end of all");
        } else if let Some(command) = rooms.mailbox.next() {
            rooms.shell.take(command).await;
        }
        for Newborn { mailbox, birth: (address, arguments) } in rooms.mailbox.newborns() {
            let arguments: RoomArguments = arguments;
            let (actor, casebook) = (address.id(), Arc::clone(&arguments.casebook));
            let shell = RoomShell::new(address, arguments);
            self.births += 1;
            self.living.insert(self.births, RoomLife { mailbox, shell, casebook, actor, ended: VecDeque::new() });
        }
    }

    fn room_takes(&mut self, number: u64) {
        let told = self.told;
        let Some(life) = self.living.get_mut(&number) else { return };
        if let Some((relay, exit)) = life.ended.pop_front() {
            if let Err(reason) = life.shell.relay_ended(relay, &exit) {
                return self.end_room(number, Exit::Failed(reason));
            }
        } else if let Some(command) = life.mailbox.next() {
            if told {
                println!("  {}", words::of_room(&command));
            }
            life.shell.handle(command);
        }
        for Newborn { mailbox, birth: (address, arguments) } in life.mailbox.newborns() {
            let arguments: RelayArguments = arguments;
            let (actor, shell) = (address.id(), RelayShell::new(address, arguments));
            self.births += 1;
            self.relays.insert(self.births, RelayLife { mailbox, shell, actor, room: number });
        }
        let ledger = life.shell.look().ledger;
        assert!(ledger.balances(), "{ledger:?}");
        if life.mailbox.is_stopping() {
            self.end_room(number, Exit::Normal);
        }
    }

    fn relay_takes(&mut self, number: u64) {
        let told = self.told;
        let Some(life) = self.relays.get_mut(&number) else { return };
        if let Some(command) = life.mailbox.next() {
            if told {
                println!("  {}", words::of_relay(&command));
            }
            life.takes(command);
        }
        let deliveries = life.shell.audit();
        assert!(deliveries.balances(), "{deliveries:?}");
        if life.mailbox.is_stopping() {
            self.end_relay(number, Exit::Normal);
        }
    }

    /// A relay's actor ends; its room will hear of it.
    pub(super) fn end_relay(&mut self, number: u64, exit: Exit) {
        let Some(life) = self.relays.remove(&number) else { return };
        life.mailbox.die();
        if let Some(room) = self.living.get_mut(&life.room) {
            room.ended.push_back((life.actor, exit));
        }
    }

    /// A room's actor ends, and its relays with it; its supervisor will hear of it.
    pub(super) fn end_room(&mut self, number: u64, exit: Exit) {
        let Some(life) = self.living.remove(&number) else { return };
        life.mailbox.die();
        self.late.extend(self.relays.extract_if(.., |_, relay| relay.room == number).map(|(_, relay)| relay));
        if let Some(rooms) = &mut self.rooms {
            rooms.ended.push_back((life.actor, exit));
        }
    }

    fn session_takes(&mut self, id: SessionId) {
        let told = self.told;
        let Some(life) = self.sessions.get_mut(&id) else { return };
        if life.mailbox.is_stopping() {
            self.end_session(id, CloseCode::Normal);
        } else if let Some(command) = life.mailbox.next() {
            if told {
                println!("  {}", words::of_session(&command));
            }
            life.shell.take(command);
        }
    }

    pub(super) fn end_session(&mut self, id: SessionId, code: CloseCode) {
        let Some(life) = self.sessions.remove(&id) else { return };
        life.mailbox.die();
        self.ended.push((id, code));
    }

    pub(super) fn new_mailbox(&self) -> Arc<Mailbox<SessionCommand>> {
        Mailbox::new(Some(self.stand_in.clone()))
    }

    pub(super) fn tell(&self, what: &str, of: &dyn std::fmt::Debug) {
        if self.told {
            println!("{what}: {of:?}");
        }
    }
}
