use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::CloseCode;
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SpawnErr, SupervisionEvent};
use tokio::time::Instant;

use super::command::SessionsCommand;
use super::handle::SHARDS;
use crate::address::{self, Address, Birth};
use crate::census::ActorName;
use crate::directory::Directory;
use crate::observatory::Decision;
use crate::shard::{ShardActor, ShardArguments, clean_up};
use crate::supervision::{self, Exit, Record, Verdict};

pub(crate) struct SessionsActor;

pub(crate) struct SessionsShell {
    directory: Arc<Directory>,
    myself: Address<SessionsCommand>,
    /// Which shard a child is: an actor's end names only its number.
    shards: HashMap<ActorId, usize>,
    records: [Record; SHARDS],
    started: Instant,
}

impl Actor for SessionsActor {
    type Msg = SessionsCommand;
    type State = SessionsShell;
    type Arguments = Birth<Arc<Directory>>;

    async fn pre_start(
        &self,
        myself: ActorRef<SessionsCommand>,
        birth: Self::Arguments,
    ) -> Result<SessionsShell, ActorProcessingErr> {
        let (myself, directory) = birth.of(myself);
        let (shards, records, started) = (HashMap::new(), Default::default(), Instant::now());
        let mut shell = SessionsShell { directory, myself, shards, records, started };
        for number in 0..SHARDS {
            shell.start(number).await?;
        }
        Ok(shell)
    }

    async fn handle(
        &self,
        _: ActorRef<SessionsCommand>,
        command: SessionsCommand,
        shell: &mut SessionsShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.myself.vitals().begin(&command);
        match command {
            SessionsCommand::Restart(number) => shell.start(number).await?,
            SessionsCommand::Suffer(fault) => fault.suffer().await,
        }
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }

    /// ractor's own handler would stop this supervisor on any child's end.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<SessionsCommand>,
        event: SupervisionEvent,
        shell: &mut SessionsShell,
    ) -> Result<(), ActorProcessingErr> {
        match address::end_of(event) {
            Some((child, exit)) => shell.ended(child, &exit).await,
            None => Ok(()),
        }
    }
}

impl SessionsShell {
    async fn start(&mut self, number: usize) -> Result<(), SpawnErr> {
        let arguments = ShardArguments { directory: Arc::clone(&self.directory), number };
        let shard = self.myself.start(ShardActor, arguments).await?;
        self.shards.insert(shard.id(), number);
        let (name, parent) = (ActorName::Shard(number), Some(ActorName::Sessions));
        self.directory.census.born(name, parent, shard.cell(), Arc::clone(shard.vitals()));
        if let Some(handle) = self.directory.sessions.shard(number) {
            handle.fill(shard);
        }
        Ok(())
    }

    async fn ended(&mut self, child: ActorId, exit: &Exit) -> Result<(), ActorProcessingErr> {
        let Some(number) = self.shards.remove(&child) else { return Ok(()) };
        let name = ActorName::Shard(number);
        let record = &mut self.records[number];
        let verdict = record.judge(&supervision::PART, exit, self.started.elapsed(), rand::random());
        let decision = Decision { policy: &supervision::PART, verdict, in_window: record.in_window() };
        self.directory.crashed(&name, exit, decision, None);
        bury(&self.directory, |shard| shard == number);
        tracing::warn!(%name, reason = exit.reason(), ?verdict, "a shard of the sessions has ended");
        match verdict {
            Verdict::Restart(wait) => {
                self.directory.census.failed(&name, exit.reason());
                if wait.is_zero() {
                    self.start(number).await?;
                } else {
                    self.myself.tell_after(wait, move || SessionsCommand::Restart(number));
                }
                Ok(())
            }
            Verdict::Forget | Verdict::Quarantine(_) => Ok(()),
            Verdict::Escalate => {
                self.directory.census.given_up(&name, exit.reason());
                Err(format!("{name} failed too often: {}", exit.reason()).into())
            }
        }
    }
}

/// Sees to what the sessions of dead shards leave behind: their clients are to come back.
pub(crate) fn bury(directory: &Directory, dead: impl Fn(usize) -> bool) {
    for (session, living) in directory.sessions() {
        if dead(living.shard) {
            directory.census.forget(&ActorName::Session(session));
            clean_up(directory, session, CloseCode::Restarting);
        }
    }
}
