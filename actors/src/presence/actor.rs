use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::command::PresenceCommand;
use super::state::PresenceState;
use crate::address::{Address, Birth};
use crate::call;
use crate::census::ActorName;
use crate::directory::Directory;

pub(crate) struct PresenceActor;

pub(crate) struct PresenceShell {
    directory: Arc<Directory>,
    myself: Address<PresenceCommand>,
    state: PresenceState,
}

impl Actor for PresenceActor {
    type Msg = PresenceCommand;
    type State = PresenceShell;
    type Arguments = Birth<Arc<Directory>>;

    async fn pre_start(
        &self,
        myself: ActorRef<PresenceCommand>,
        birth: Self::Arguments,
    ) -> Result<PresenceShell, ActorProcessingErr> {
        let (myself, directory) = birth.of(myself);
        let mut state = PresenceState::default();
        let sessions = directory.sessions();
        for (session, living) in &sessions {
            state.track(*session, &living.person.user);
        }
        let text = format!("{} living sessions found", sessions.len());
        directory.observatory.restored(&ActorName::Presence, text, sessions.len() as u64, myself.vitals().age());
        Ok(PresenceShell { directory, myself, state })
    }

    async fn handle(
        &self,
        _: ActorRef<PresenceCommand>,
        command: PresenceCommand,
        shell: &mut PresenceShell,
    ) -> Result<(), ActorProcessingErr> {
        let PresenceShell { directory, myself, state } = shell;
        let in_hand = myself.vitals().begin(&command);
        match command {
            PresenceCommand::Track { session, user } => state.track(session, &user),
            PresenceCommand::Untrack { session } => state.untrack(session),
            PresenceCommand::SetStatus { session, status } => {
                if let Some(user) = state.set_status(session, status) {
                    directory.lobby.status(user, status);
                }
            }
            PresenceCommand::LobbyUp => state.told().for_each(|(user, status)| directory.lobby.status(user, status)),
            PresenceCommand::Statuses { users, reply } => call::answer(reply, state.statuses(&users)),
            PresenceCommand::Count { reply } => call::answer(reply, state.count()),
            PresenceCommand::Suffer(fault) => fault.suffer().await,
        }
        myself.vitals().done(&in_hand);
        Ok(())
    }
}
