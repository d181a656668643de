use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use greenroom_storage::Store;
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, Message, SpawnErr, SupervisionEvent};
use tokio::time::Instant;

use super::command::EngineCommand;
use super::part::Part;
use super::watchdog::{WATCH, Watchdog};
use crate::accounts::close_expired;
use crate::address::{self, Address, Birth};
use crate::audit::{AUDIT, audit};
use crate::census::ActorName;
use crate::directory::Directory;
use crate::lobby::LobbyActor;
use crate::observatory::Decision;
use crate::presence::PresenceActor;
use crate::rooms::RoomsActor;
use crate::sessions::{self, SessionsActor};
use crate::store::StoreActor;
use crate::supervision::{self, Exit, Record, Verdict};

pub(crate) struct EngineActor;

pub(crate) struct EngineArguments {
    pub(crate) directory: Arc<Directory>,
    pub(crate) store: Store,
}

pub(crate) struct EngineShell {
    directory: Arc<Directory>,
    store: Store,
    myself: Address<EngineCommand>,
    living: HashMap<ActorId, (Part, ActorCell)>,
    records: HashMap<Part, Record>,
    watchdog: Watchdog,
    started: Instant,
}

/// Time between two looks for sign-ins that have expired: an open socket outlives its sign-in by this at most.
const EXPIRE: Duration = Duration::from_secs(10);

/// How long a part may take to finish what it has in hand when the engine stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Actor for EngineActor {
    type Msg = EngineCommand;
    type State = EngineShell;
    type Arguments = Birth<EngineArguments>;

    async fn pre_start(
        &self,
        myself: ActorRef<EngineCommand>,
        birth: Self::Arguments,
    ) -> Result<EngineShell, ActorProcessingErr> {
        let (myself, EngineArguments { directory, store }) = birth.of(myself);
        directory.census.born(ActorName::Engine, None, myself.cell(), Arc::clone(myself.vitals()));
        let (living, records, watchdog) = (HashMap::new(), HashMap::new(), Watchdog::default());
        let mut shell = EngineShell { directory, store, myself, living, records, watchdog, started: Instant::now() };
        for part in Part::IN_ORDER {
            shell.start(part).await?;
        }
        shell.watch();
        shell.audit();
        shell.expire();
        Ok(shell)
    }

    async fn handle(
        &self,
        _: ActorRef<EngineCommand>,
        command: EngineCommand,
        shell: &mut EngineShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.myself.vitals().begin(&command);
        match command {
            EngineCommand::Restart(part) => shell.restart(part).await?,
            EngineCommand::Watch => shell.watch(),
            EngineCommand::Audit => shell.audit(),
            EngineCommand::Expire => shell.expire(),
            EngineCommand::Suffer(fault) => fault.suffer().await,
        }
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }

    /// ractor's own handler would stop the engine on any part's end.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<EngineCommand>,
        event: SupervisionEvent,
        shell: &mut EngineShell,
    ) -> Result<(), ActorProcessingErr> {
        match address::end_of(event) {
            Some((child, exit)) => shell.ended(child, exit).await,
            None => Ok(()),
        }
    }

    /// ractor would kill the parts where they stand; they are given time to finish, the last one first.
    async fn post_stop(&self, _: ActorRef<EngineCommand>, shell: &mut EngineShell) -> Result<(), ActorProcessingErr> {
        for part in Part::IN_ORDER.into_iter().rev() {
            let Some((_, cell)) = shell.living.values().find(|(living, _)| *living == part) else { continue };
            // One that doesn't finish in time is killed with the engine.
            let _late = cell.drain_and_wait(Some(LAST_WORDS)).await;
        }
        Ok(())
    }
}

impl EngineShell {
    async fn start(&mut self, part: Part) -> Result<(), SpawnErr> {
        let (directory, me) = (Arc::clone(&self.directory), self.myself.clone());
        let below = Arc::clone(&directory);
        match part {
            Part::Store => directory.store.fill(self.enter(part, me.start(StoreActor, self.store.clone()).await?)),
            Part::Presence => directory.presence.fill(self.enter(part, me.start(PresenceActor, below).await?)),
            Part::Lobby => directory.lobby.fill(self.enter(part, me.start(LobbyActor, below).await?)),
            Part::Rooms => directory.rooms.fill(self.enter(part, me.start(RoomsActor, below).await?)),
            Part::Sessions => directory.sessions.fill(self.enter(part, me.start(SessionsActor, below).await?)),
        }
        Ok(())
    }

    /// Enters a newborn part in the books.
    fn enter<M: Message>(&mut self, part: Part, actor: Address<M>) -> Address<M> {
        self.living.insert(actor.id(), (part, actor.cell()));
        let (name, parent) = (part.actor_name(), Some(ActorName::Engine));
        self.directory.census.born(name, parent, actor.cell(), Arc::clone(actor.vitals()));
        actor
    }

    async fn ended(&mut self, child: ActorId, exit: Exit) -> Result<(), ActorProcessingErr> {
        let Some((part, _)) = self.living.remove(&child) else { return Ok(()) };
        let record = self.records.entry(part).or_default();
        let verdict = record.judge(&supervision::PART, &exit, self.started.elapsed(), rand::random());
        let decision = Decision { policy: &supervision::PART, verdict, in_window: record.in_window() };
        self.directory.crashed(&part.actor_name(), &exit, decision, None);
        self.bury(part);
        tracing::warn!(part = %part.actor_name(), reason = exit.reason(), ?verdict, "a part of the engine has ended");
        self.directory.census.failed(&part.actor_name(), exit.reason());
        match verdict {
            Verdict::Restart(wait) if wait.is_zero() => self.restart(part).await,
            Verdict::Restart(wait) => {
                self.myself.tell_after(wait, move || EngineCommand::Restart(part));
                Ok(())
            }
            Verdict::Forget | Verdict::Quarantine(_) => Ok(()),
            Verdict::Escalate => {
                let reason = format!("{} failed too often: {}", part.actor_name(), exit.reason());
                self.directory.census.given_up(&part.actor_name(), exit.reason());
                self.directory.fail(reason.clone());
                Err(reason.into())
            }
        }
    }

    /// Ends who hangs; supervisors see that as a failure. Comes back by itself.
    fn watch(&mut self) {
        for hung in self.watchdog.look(self.directory.census.busy()) {
            tracing::error!(actor = %hung.name, "no progress though there is something to do: it is ended");
            hung.cell.kill();
        }
        self.myself.tell_after(WATCH, || EngineCommand::Watch);
    }

    /// Audits everybody in the background. Comes back by itself.
    fn audit(&self) {
        let (directory, myself) = (Arc::clone(&self.directory), self.myself.clone());
        tokio::spawn(async move {
            audit(&directory).await;
            myself.tell_after(AUDIT, || EngineCommand::Audit);
        });
    }

    /// Closes, in the background, the sockets whose sign-in has expired. Comes back by itself.
    fn expire(&self) {
        let (directory, myself) = (Arc::clone(&self.directory), self.myself.clone());
        tokio::spawn(async move {
            close_expired(&directory).await;
            myself.tell_after(EXPIRE, || EngineCommand::Expire);
        });
    }

    /// What a dead part's subtree leaves behind.
    fn bury(&self, part: Part) {
        match part {
            Part::Store | Part::Presence | Part::Lobby => {}
            Part::Rooms => {
                self.directory.rooms_died();
                self.directory.census.all_gone(|name| matches!(name, ActorName::Room(_) | ActorName::Relay(..)));
            }
            Part::Sessions => {
                sessions::bury(&self.directory, |_| true);
                self.directory.census.all_gone(|name| matches!(name, ActorName::Shard(_) | ActorName::Session(_)));
            }
        }
    }

    async fn restart(&mut self, part: Part) -> Result<(), ActorProcessingErr> {
        self.start(part).await?;
        tracing::info!(part = %part.actor_name(), "a part of the engine is up again");
        match part {
            Part::Store => self.directory.rooms.store_up(),
            Part::Lobby => {
                self.directory.rooms.lobby_up();
                self.directory.presence.lobby_up();
            }
            Part::Rooms => self.directory.sessions().iter().for_each(|(_, living)| living.handle.rooms_up()),
            Part::Presence | Part::Sessions => {}
        }
        Ok(())
    }
}
