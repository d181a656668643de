use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::command::PresenceCommand;
use super::state::PresenceState;
use crate::call;
use crate::directory::Directory;

pub(crate) struct PresenceActor;

impl Actor for PresenceActor {
    type Msg = PresenceCommand;
    type State = PresenceState;
    type Arguments = Arc<Directory>;

    async fn pre_start(
        &self,
        _: ActorRef<PresenceCommand>,
        directory: Arc<Directory>,
    ) -> Result<PresenceState, ActorProcessingErr> {
        let mut presence = PresenceState::default();
        for (session, living) in directory.sessions() {
            presence.track(session, &living.person.user);
        }
        Ok(presence)
    }

    async fn handle(
        &self,
        _: ActorRef<PresenceCommand>,
        command: PresenceCommand,
        presence: &mut PresenceState,
    ) -> Result<(), ActorProcessingErr> {
        match command {
            PresenceCommand::Track { session, user } => presence.track(session, &user),
            PresenceCommand::Untrack { session } => presence.untrack(session),
            PresenceCommand::SetStatus { session, status } => presence.set_status(session, status),
            PresenceCommand::Count { reply } => call::answer(reply, presence.count()),
            PresenceCommand::Crash => panic!("crashed by the fault laboratory"),
        }
        Ok(())
    }
}
