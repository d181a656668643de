use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::{CloseCode, SessionId};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::command::{Opening, ShardCommand};
use crate::address::{self, Address, Birth};
use crate::call::{self, Answer};
use crate::census::ActorName;
use crate::directory::{Directory, LivingSession};
use crate::observatory::Decision;
use crate::session::{SessionActor, SessionArguments, SessionHandle};
use crate::supervision::{self, Exit, Restart, Verdict};

pub(crate) struct ShardActor;

pub(crate) struct ShardArguments {
    pub(crate) directory: Arc<Directory>,
    pub(crate) number: usize,
}

pub(crate) struct ShardShell {
    directory: Arc<Directory>,
    number: usize,
    myself: Address<ShardCommand>,
    /// Which session a child is: an actor's end names only its number.
    sessions: HashMap<ActorId, SessionId>,
}

impl Actor for ShardActor {
    type Msg = ShardCommand;
    type State = ShardShell;
    type Arguments = Birth<ShardArguments>;

    async fn pre_start(
        &self,
        myself: ActorRef<ShardCommand>,
        birth: Self::Arguments,
    ) -> Result<ShardShell, ActorProcessingErr> {
        let (myself, ShardArguments { directory, number }) = birth.of(myself);
        Ok(ShardShell { directory, number, myself, sessions: HashMap::new() })
    }

    async fn handle(
        &self,
        _: ActorRef<ShardCommand>,
        command: ShardCommand,
        shell: &mut ShardShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.myself.vitals().begin(&command);
        match command {
            ShardCommand::Open { opening, reply } => shell.open(opening, reply).await,
            ShardCommand::Suffer(fault) => fault.suffer().await,
        }
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }

    /// A session is temporary: its client's reconnect is its restart. ractor's own handler would stop
    /// this supervisor on any child's end.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<ShardCommand>,
        event: SupervisionEvent,
        shell: &mut ShardShell,
    ) -> Result<(), ActorProcessingErr> {
        if let Some((child, exit)) = address::end_of(event) {
            shell.ended(child, &exit);
        }
        Ok(())
    }
}

impl ShardShell {
    async fn open(&mut self, opening: Opening, reply: Answer<SessionHandle>) {
        let id = SessionId::new();
        let (person, outbox) = (opening.person.clone(), Arc::clone(&opening.outbox));
        let sign_in = opening.sign_in;
        let arguments = SessionArguments { id, directory: Arc::clone(&self.directory), opening };
        match self.myself.start(SessionActor, arguments).await {
            Ok(actor) => {
                self.sessions.insert(actor.id(), id);
                let (name, parent) = (ActorName::Session(id), ActorName::Shard(self.number));
                self.directory.census.born(name, Some(parent), actor.cell(), Arc::clone(actor.vitals()));
                let handle = SessionHandle::new(id, actor);
                let living = LivingSession { handle: handle.clone(), person, outbox, shard: self.number, sign_in };
                self.directory.session_lives(id, living);
                handle.start();
                call::answer(reply, handle);
            }
            Err(error) => tracing::error!(%error, "the session can't be started"),
        }
    }

    /// [`supervision::SESSION`] says that a session is never started again, so there is no record of failures to keep.
    fn ended(&mut self, child: ActorId, exit: &Exit) {
        const { assert!(matches!(supervision::SESSION.restart, Restart::Temporary)) };
        let Some(session) = self.sessions.remove(&child) else { return };
        let code = match exit {
            Exit::Normal => CloseCode::Normal,
            Exit::Failed(reason) => {
                tracing::warn!(%session, reason, "session failed");
                CloseCode::SessionCrashed
            }
        };
        let name = ActorName::Session(session);
        let cause = matches!(exit, Exit::Failed(_)).then(|| exit.reason());
        if cause.is_some() {
            let decision = Decision { policy: &supervision::SESSION, verdict: Verdict::Forget, in_window: 0 };
            self.directory.crashed(&name, exit, decision, None);
        }
        self.directory.census.gone(&name, cause);
        clean_up(&self.directory, session, code);
    }
}

/// Sees to what a dead session leaves behind: its socket, its seats, its name in the lists.
pub(crate) fn clean_up(directory: &Directory, session: SessionId, code: CloseCode) {
    let ended = directory.books.session_ends(|| {
        let living = directory.session_died(session)?;
        living.outbox.close(code);
        let ledger = living.outbox.ledger();
        Some((living, ledger))
    });
    let Some(living) = ended else { return };
    for room in directory.unseat_everywhere(session) {
        directory.rooms.leave(room, session);
    }
    directory.presence.untrack(session);
    directory.lobby.leave(session, living.person.user.id);
}
