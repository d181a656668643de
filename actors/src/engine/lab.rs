use std::sync::Arc;

use greenroom_protocol::{RoomId, SessionId};
use greenroom_storage::fault_point::{self, Armed, NotArmed};
use tokio::sync::broadcast;

use super::command::EngineCommand;
use crate::address::Address;
use crate::audit::audit;
use crate::books::Balance;
use crate::census::{ActorName, LifeEvent, TreeNode};
use crate::directory::Directory;
use crate::fault::Fault;
use crate::room::RoomSnapshot;
use crate::session::SessionSnapshot;

/// The fault laboratory: looks at actors, and hurts them on purpose.
#[derive(Clone)]
pub struct Lab {
    directory: Arc<Directory>,
    engine: Address<EngineCommand>,
}

impl Lab {
    pub(crate) fn new(directory: Arc<Directory>, engine: Address<EngineCommand>) -> Self {
        Self { directory, engine }
    }

    /// The live supervision tree.
    #[must_use]
    pub fn tree(&self) -> Option<TreeNode> {
        self.directory.census.tree()
    }

    /// What happens to actors from now on.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<LifeEvent> {
        self.directory.census.news()
    }

    /// Inflicts a fault on an actor, so many times; says whether one of that name lives.
    pub async fn inflict(&self, name: &ActorName, fault: Fault, times: u32) -> bool {
        if self.directory.census.cell(name).is_none() {
            return false;
        }
        if let Some((what, text)) = fault.told(times) {
            self.directory.observatory.hurts(name, what, format!("the laboratory {text} {name}"));
        }
        for _ in 0..times {
            if !self.inflict_once(name, fault).await {
                return false;
            }
        }
        true
    }

    async fn inflict_once(&self, name: &ActorName, fault: Fault) -> bool {
        match name {
            ActorName::Engine => self.engine.tell(EngineCommand::Suffer(fault)),
            ActorName::Store => self.directory.store.suffer(fault),
            ActorName::Presence => self.directory.presence.suffer(fault),
            ActorName::Lobby => self.directory.lobby.suffer(fault),
            ActorName::Rooms => self.directory.rooms.suffer(fault),
            ActorName::Sessions => self.directory.sessions.suffer(fault),
            ActorName::Shard(number) => match self.directory.sessions.shard(*number) {
                Some(shard) => shard.suffer(fault),
                None => return false,
            },
            ActorName::Room(room) => match self.directory.rooms.find(room.clone()).await {
                Ok(Some(room)) => room.suffer(fault),
                Ok(None) | Err(_) => return false,
            },
            ActorName::Relay(room, number) => match self.directory.rooms.find(room.clone()).await {
                Ok(Some(room)) => room.relay_suffers(*number, fault),
                Ok(None) | Err(_) => return false,
            },
            ActorName::Session(session) => match self.directory.session(*session) {
                Some(living) => living.handle.suffer(fault),
                None => return false,
            },
        }
        true
    }

    /// Lets an actor panic over the next command that it takes in hand; says whether one of that name lives.
    #[must_use]
    pub fn panic_next(&self, name: &ActorName) -> bool {
        let Some(vitals) = self.directory.census.cell(name).and_then(|_| self.directory.census.vitals(name)) else {
            return false;
        };
        let text = format!("the laboratory lets {name} panic over its next command");
        self.directory.observatory.hurts(name, "panic_next", text);
        vitals.doom();
        true
    }

    /// Ends an actor where it stands; says whether one of that name lives.
    #[must_use]
    pub fn kill(&self, name: &ActorName) -> bool {
        let Some(cell) = self.directory.census.cell(name) else { return false };
        self.directory.observatory.hurts(name, "kill", format!("the laboratory kills {name}"));
        cell.kill();
        true
    }

    /// Sends an actor a message whose handler panics; says whether there is one of that name.
    pub async fn crash(&self, name: &str) -> bool {
        match name.parse() {
            Ok(name) => self.inflict(&name, Fault::Panic, 1).await,
            Err(_) => false,
        }
    }

    /// Rooms record all that they are told from now on, so that their crashes can be replayed.
    pub fn record(&self) {
        self.directory.observatory.record();
    }

    /// Arms a fault point. It strikes in the whole process.
    ///
    /// # Errors
    /// Where there is none of that name, or it could never strike.
    pub fn arm(&self, armed: Armed) -> Result<(), NotArmed> {
        fault_point::arm(armed)
    }

    /// Audits everybody's ledger this moment.
    pub async fn audit(&self) -> Balance {
        audit(&self.directory).await
    }

    /// A living session, as an observer sees it.
    #[must_use]
    pub fn session(&self, session: SessionId) -> Option<SessionSnapshot> {
        let living = self.directory.session(session)?;
        let (_, waiting_bytes) = living.outbox.waiting();
        let rooms = self.directory.seats_of(session);
        Some(SessionSnapshot {
            session,
            user: living.person.user,
            rooms,
            waiting_bytes,
            ledger: living.outbox.ledger(),
        })
    }

    /// A living room, as an observer sees it.
    pub async fn room(&self, room: &RoomId) -> Option<RoomSnapshot> {
        self.directory.rooms.look(room.clone()).await.ok().flatten()
    }
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lab")
    }
}
