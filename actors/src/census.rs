//! Who is alive, for observers: the live supervision tree and its news.
//!
//! It is written where actors are born and buried, and never asks one: an actor that hangs is seen as well as any other.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use greenroom_protocol::{RoomId, SessionId, Timestamp};
use parking_lot::{Mutex, RwLock};
use ractor::ActorCell;
use serde::Serialize;
use tokio::sync::broadcast;

use crate::address::Vitals;
use crate::clock;
use crate::observatory::Observatory;

/// News that an observer may lag behind; then it misses the oldest, and may look at the tree again.
const NEWS: usize = 1_024;

/// An actor's name for observers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorName {
    /// The root.
    Engine,
    /// The way to the disk.
    Store,
    /// Who is online.
    Presence,
    /// Lists and notices.
    Lobby,
    /// The supervisor of rooms.
    Rooms,
    /// The supervisor of the shards.
    Sessions,
    /// The supervisor of some of the sessions.
    Shard(usize),
    /// One room.
    Room(RoomId),
    /// One of the relays of a big room.
    Relay(RoomId, u64),
    /// One session.
    Session(SessionId),
}

/// One actor in the tree.
#[derive(Clone, Debug, Serialize)]
pub struct TreeNode {
    /// Its name.
    pub name: String,
    /// What kind of actor it is.
    pub kind: &'static str,
    /// `running`, or `restarting` where it is dead and comes back.
    pub status: &'static str,
    /// How often it was started again.
    pub restarts: u64,
    /// Commands that wait, the one in hand included.
    pub mailbox: u64,
    /// Commands that this incarnation has handled.
    pub handled: u64,
    /// Age of this incarnation.
    pub uptime_ms: u64,
    /// Those whom it supervises.
    pub children: Vec<TreeNode>,
}

/// Something that happened to an actor.
#[derive(Clone, Debug, Serialize)]
pub struct LifeEvent {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub actor: String,
    /// What.
    pub event: LifeChange,
    /// Why, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// What may happen to an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeChange {
    /// It was started.
    Start,
    /// It has ended by itself.
    Stop,
    /// It has failed.
    Panic,
    /// It was started again.
    Restart,
    /// Its supervisor has given it up, for a while or for good.
    GiveUp,
}

/// The living, by name.
pub(crate) struct Census {
    observatory: Arc<Observatory>,
    living: RwLock<HashMap<ActorName, Entry>>,
    news: broadcast::Sender<LifeEvent>,
    counts: Mutex<BTreeMap<(&'static str, LifeChange), u64>>,
}

#[derive(Clone)]
struct Entry {
    /// Its supervisor; the root has none.
    parent: Option<ActorName>,
    cell: ActorCell,
    vitals: Arc<Vitals>,
    restarts: u64,
    /// Whether it has failed, and its supervisor means to start it again.
    restarting: bool,
}

/// One of the living, as the observatory sees it.
pub(crate) struct Sight<'a> {
    pub(crate) parent: Option<&'a ActorName>,
    pub(crate) vitals: &'a Arc<Vitals>,
    pub(crate) restarting: bool,
}

/// A living actor, for the watchdog.
pub(crate) struct Watched {
    pub(crate) name: ActorName,
    pub(crate) cell: ActorCell,
    pub(crate) vitals: Arc<Vitals>,
}

impl Census {
    pub(crate) fn new(observatory: Arc<Observatory>) -> Self {
        let (living, news, counts) = (RwLock::default(), broadcast::Sender::new(NEWS), Mutex::default());
        Self { observatory, living, news, counts }
    }

    /// An incarnation lives.
    pub(crate) fn born(&self, name: ActorName, parent: Option<ActorName>, cell: ActorCell, vitals: Arc<Vitals>) {
        let mut living = self.living.write();
        let restarts = living.get(&name).map_or(0, |before| before.restarts + 1);
        let change = if restarts == 0 { LifeChange::Start } else { LifeChange::Restart };
        self.tell(&name, change, None);
        self.observatory.born(&name, restarts > 0, &vitals);
        living.insert(name, Entry { parent, cell, vitals, restarts, restarting: false });
    }

    /// An incarnation has failed, and is to be started again.
    pub(crate) fn failed(&self, name: &ActorName, cause: &str) {
        if let Some(entry) = self.living.write().get_mut(name) {
            entry.restarting = true;
        }
        self.tell(name, LifeChange::Panic, Some(cause));
    }

    /// An actor is gone: by itself, or failed (with the cause) and not to be started again.
    pub(crate) fn gone(&self, name: &ActorName, cause: Option<&str>) {
        self.living.write().remove(name);
        self.observatory.gone(name, cause.is_none());
        self.tell(name, if cause.is_some() { LifeChange::Panic } else { LifeChange::Stop }, cause);
    }

    /// A supervisor has given an actor up.
    pub(crate) fn given_up(&self, name: &ActorName, why: &str) {
        self.living.write().remove(name);
        self.tell(name, LifeChange::GiveUp, Some(why));
    }

    /// An actor has died with its supervisor, of whose end there is news.
    pub(crate) fn forget(&self, name: &ActorName) {
        self.observatory.session_went();
        self.living.write().remove(name);
    }

    /// The same, where the next of that name may be born already.
    pub(crate) fn forget_this(&self, name: &ActorName, vitals: &Arc<Vitals>) {
        let mut living = self.living.write();
        if living.get(name).is_some_and(|entry| Arc::ptr_eq(&entry.vitals, vitals)) {
            living.remove(name);
        }
    }

    /// A supervisor has died, and those below it with it.
    pub(crate) fn all_gone(&self, below: impl Fn(&ActorName) -> bool) {
        self.living.write().retain(|name, _| !below(name));
    }

    /// News from now on.
    pub(crate) fn news(&self) -> broadcast::Receiver<LifeEvent> {
        self.news.subscribe()
    }

    /// All who live and have something to do.
    pub(crate) fn busy(&self) -> Vec<Watched> {
        let living = self.living.read();
        let busy = living.iter().filter(|(_, entry)| !entry.restarting && entry.vitals.waiting() > 0);
        busy.map(|(name, entry)| Watched {
            name: name.clone(),
            cell: entry.cell.clone(),
            vitals: Arc::clone(&entry.vitals),
        })
        .collect()
    }

    /// How a living actor is doing.
    pub(crate) fn vitals(&self, name: &ActorName) -> Option<Arc<Vitals>> {
        self.living.read().get(name).map(|entry| Arc::clone(&entry.vitals))
    }

    /// Who supervises a living actor.
    pub(crate) fn supervisor(&self, name: &ActorName) -> Option<ActorName> {
        self.living.read().get(name)?.parent.clone()
    }

    /// How many live right below an actor.
    pub(crate) fn children(&self, name: &ActorName) -> usize {
        self.living.read().values().filter(|entry| entry.parent.as_ref() == Some(name)).count()
    }

    /// All who live below an actor.
    pub(crate) fn below(&self, name: &ActorName) -> Vec<ActorName> {
        let living = self.living.read();
        let above = |of: &ActorName| living.get(of).and_then(|entry| entry.parent.clone());
        let below = |of: &&ActorName| std::iter::successors(above(of), above).any(|by| by == *name);
        living.keys().filter(below).cloned().collect()
    }

    /// A living actor's supervisor, how it is doing, how often it was started again, and whether it is to be now.
    pub(crate) fn sight(&self, name: &ActorName) -> Option<(Option<ActorName>, Arc<Vitals>, u64, bool)> {
        let living = self.living.read();
        let Entry { parent, vitals, restarts, restarting, .. } = living.get(name)?;
        Some((parent.clone(), Arc::clone(vitals), *restarts, *restarting))
    }

    /// Shows each of the living.
    pub(crate) fn each(&self, mut see: impl FnMut(&ActorName, &Sight<'_>)) {
        for (name, entry) in self.living.read().iter() {
            let Entry { parent, vitals, restarting, .. } = entry;
            see(name, &Sight { parent: parent.as_ref(), vitals, restarting: *restarting });
        }
    }

    pub(crate) fn cell(&self, name: &ActorName) -> Option<ActorCell> {
        self.living.read().get(name).filter(|entry| !entry.restarting).map(|entry| entry.cell.clone())
    }

    /// The live tree.
    pub(crate) fn tree(&self) -> Option<TreeNode> {
        let living = self.living.read();
        let mut by_parent: HashMap<Option<&ActorName>, Vec<&ActorName>> = HashMap::new();
        for (name, entry) in living.iter() {
            by_parent.entry(entry.parent.as_ref()).or_default().push(name);
        }
        let root = by_parent.get(&None)?.first()?;
        Some(branch(root, &living, &by_parent))
    }

    /// How often what has happened to actors of each kind.
    pub(crate) fn counts(&self) -> Vec<(&'static str, LifeChange, u64)> {
        self.counts.lock().iter().map(|((kind, change), count)| (*kind, *change, *count)).collect()
    }

    /// For each kind of actor: how many live, and how many commands wait for all of them together.
    pub(crate) fn crowd(&self) -> BTreeMap<&'static str, (u64, u64)> {
        let mut crowd: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
        for (name, entry) in self.living.read().iter().filter(|(_, entry)| !entry.restarting) {
            let (living, waiting) = crowd.entry(name.kind()).or_default();
            *living += 1;
            *waiting += entry.vitals.waiting();
        }
        crowd
    }

    fn tell(&self, name: &ActorName, event: LifeChange, cause: Option<&str>) {
        *self.counts.lock().entry((name.kind(), event)).or_default() += 1;
        let event = LifeEvent { at: clock::now(), actor: name.to_string(), event, cause: cause.map(str::to_owned) };
        // Mostly nobody observes.
        let _unheard = self.news.send(event);
    }
}

/// An actor and those below it, in the order of their names.
fn branch(
    name: &ActorName,
    living: &HashMap<ActorName, Entry>,
    by_parent: &HashMap<Option<&ActorName>, Vec<&ActorName>>,
) -> TreeNode {
    let mut below = by_parent.get(&Some(name)).cloned().unwrap_or_default();
    below.sort();
    let children = below.into_iter().map(|child| branch(child, living, by_parent)).collect();
    let entry = &living[name];
    TreeNode {
        name: name.to_string(),
        kind: name.kind(),
        status: if entry.restarting { "restarting" } else { "running" },
        restarts: entry.restarts,
        mailbox: entry.vitals.waiting(),
        handled: entry.vitals.handled(),
        uptime_ms: u64::try_from(entry.vitals.age().as_millis()).unwrap_or(u64::MAX),
        children,
    }
}

impl ActorName {
    /// What kind of actor it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Store => "store",
            Self::Presence => "presence",
            Self::Lobby => "lobby",
            Self::Rooms => "rooms",
            Self::Sessions => "sessions",
            Self::Shard(_) => "shard",
            Self::Room(_) => "room",
            Self::Relay(..) => "relay",
            Self::Session(_) => "session",
        }
    }
}

impl LifeChange {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Panic => "panic",
            Self::Restart => "restart",
            Self::GiveUp => "give_up",
        }
    }
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shard(number) => write!(f, "shard:{number}"),
            Self::Room(room) => write!(f, "room:{room}"),
            Self::Relay(room, number) => write!(f, "relay:{room}:{number}"),
            Self::Session(session) => write!(f, "session:{session}"),
            Self::Engine | Self::Store | Self::Presence | Self::Lobby | Self::Rooms | Self::Sessions => {
                f.write_str(self.kind())
            }
        }
    }
}

/// A text names no actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an actor is named engine, store, presence, lobby, rooms, sessions, shard:<n>, room:<id>, relay:<id>:<n> or session:<id>"
)]
pub struct NoActorName;

impl FromStr for ActorName {
    type Err = NoActorName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("shard", number)) => number.parse().map(Self::Shard).map_err(|_| NoActorName),
            Some(("relay", of)) => {
                let (room, number) = of.rsplit_once(':').ok_or(NoActorName)?;
                let (room, number) = (room.parse(), number.parse());
                room.map_err(|_| NoActorName).and_then(|room| Ok(Self::Relay(room, number.map_err(|_| NoActorName)?)))
            }
            Some(("room", id)) => id.parse().map(Self::Room).map_err(|_| NoActorName),
            Some(("session", id)) => id.parse().map(Self::Session).map_err(|_| NoActorName),
            Some(_) => Err(NoActorName),
            None => [Self::Engine, Self::Store, Self::Presence, Self::Lobby, Self::Rooms, Self::Sessions]
                .into_iter()
                .find(|name| name.kind() == text)
                .ok_or(NoActorName),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_found_by_the_name_that_it_is_shown_by() {
        let room = RoomId::parse("green").unwrap();
        let (relay, room) = (ActorName::Relay(room.clone(), 2), ActorName::Room(room));
        let session = ActorName::Session(SessionId::new());
        for name in [ActorName::Engine, ActorName::Store, ActorName::Shard(7), room, relay, session] {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        for bad in ["", "room", "room:", "room:No", "session:7", "door:green", "relay:green", "relay:green:x"] {
            assert_eq!(bad.parse::<ActorName>(), Err(NoActorName), "{bad}");
        }
    }
}
