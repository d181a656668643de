use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::CloseCode;
use greenroom_storage::Store;
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SpawnErr, SupervisionEvent};
use tokio::time::Instant;

use super::command::EngineCommand;
use super::part::Part;
use crate::directory::Directory;
use crate::lobby::LobbyActor;
use crate::presence::PresenceActor;
use crate::rooms::RoomsActor;
use crate::sessions::{SessionsActor, clean_up};
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
    myself: ActorRef<EngineCommand>,
    living: HashMap<ActorId, (Part, ActorCell)>,
    records: HashMap<Part, Record>,
    started: Instant,
}

/// How long a part may take to finish what it has in hand when the engine stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Actor for EngineActor {
    type Msg = EngineCommand;
    type State = EngineShell;
    type Arguments = EngineArguments;

    async fn pre_start(
        &self,
        myself: ActorRef<EngineCommand>,
        arguments: EngineArguments,
    ) -> Result<EngineShell, ActorProcessingErr> {
        let EngineArguments { directory, store } = arguments;
        let (living, records) = (HashMap::new(), HashMap::new());
        let mut shell = EngineShell { directory, store, myself, living, records, started: Instant::now() };
        for part in Part::IN_ORDER {
            shell.start(part).await?;
        }
        Ok(shell)
    }

    async fn handle(
        &self,
        _: ActorRef<EngineCommand>,
        command: EngineCommand,
        shell: &mut EngineShell,
    ) -> Result<(), ActorProcessingErr> {
        match command {
            EngineCommand::Restart(part) => shell.restart(part).await,
            EngineCommand::Crash => panic!("crashed by the fault laboratory"),
        }
    }

    /// ractor's own handler would stop the engine on any part's end.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<EngineCommand>,
        event: SupervisionEvent,
        shell: &mut EngineShell,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(child, _, reason) => {
                let reason = reason.unwrap_or_else(|| "it stopped".into());
                shell.ended(child.get_id(), Exit::Failed(reason)).await
            }
            SupervisionEvent::ActorFailed(child, error) => {
                shell.ended(child.get_id(), Exit::Failed(error.to_string())).await
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => Ok(()),
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
        let (directory, me) = (Arc::clone(&self.directory), self.myself.get_cell());
        let cell = match part {
            Part::Store => {
                let (actor, _task) = Actor::spawn_linked(None, StoreActor, self.store.clone(), me).await?;
                directory.store.fill(actor.clone());
                actor.get_cell()
            }
            Part::Presence => {
                let (actor, _task) = Actor::spawn_linked(None, PresenceActor, Arc::clone(&directory), me).await?;
                directory.presence.fill(actor.clone());
                actor.get_cell()
            }
            Part::Lobby => {
                let (actor, _task) = Actor::spawn_linked(None, LobbyActor, Arc::clone(&directory), me).await?;
                directory.lobby.fill(actor.clone());
                actor.get_cell()
            }
            Part::Rooms => {
                let (actor, _task) = Actor::spawn_linked(None, RoomsActor, Arc::clone(&directory), me).await?;
                directory.rooms.fill(actor.clone());
                actor.get_cell()
            }
            Part::Sessions => {
                let (actor, _task) = Actor::spawn_linked(None, SessionsActor, Arc::clone(&directory), me).await?;
                directory.sessions.fill(actor.clone());
                actor.get_cell()
            }
        };
        self.living.insert(cell.get_id(), (part, cell));
        Ok(())
    }

    async fn ended(&mut self, child: ActorId, exit: Exit) -> Result<(), ActorProcessingErr> {
        let Some((part, _)) = self.living.remove(&child) else { return Ok(()) };
        self.bury(part);
        let record = self.records.entry(part).or_default();
        let verdict = record.judge(&supervision::PART, &exit, self.started.elapsed(), rand::random());
        tracing::warn!(part = part.name(), ?exit, ?verdict, "a part of the engine has ended");
        match verdict {
            Verdict::Restart(wait) if wait.is_zero() => self.restart(part).await,
            Verdict::Restart(wait) => {
                self.myself.send_after(wait, move || EngineCommand::Restart(part));
                Ok(())
            }
            Verdict::Forget | Verdict::Quarantine(_) => Ok(()),
            Verdict::Escalate => {
                let reason = format!("{} failed too often: {exit:?}", part.name());
                self.directory.fail(reason.clone());
                Err(reason.into())
            }
        }
    }

    /// What a dead part's subtree leaves behind.
    fn bury(&self, part: Part) {
        match part {
            Part::Store | Part::Presence | Part::Lobby => {}
            Part::Rooms => self.directory.rooms_died(),
            Part::Sessions => {
                for (session, _) in self.directory.sessions() {
                    clean_up(&self.directory, session, CloseCode::Restarting);
                }
            }
        }
    }

    async fn restart(&mut self, part: Part) -> Result<(), ActorProcessingErr> {
        self.start(part).await?;
        tracing::info!(part = part.name(), "a part of the engine is up again");
        match part {
            Part::Store => self.directory.rooms.store_up(),
            Part::Lobby => self.directory.rooms.lobby_up(),
            Part::Rooms => self.directory.sessions().iter().for_each(|(_, living)| living.handle.rooms_up()),
            Part::Presence | Part::Sessions => {}
        }
        Ok(())
    }
}
