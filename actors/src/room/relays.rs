//! The relays of a big room, as the room knows them: which there are, and which session is where.

use std::collections::BTreeMap;
use std::sync::Arc;

use greenroom_protocol::limits::RELAY_SESSIONS;
use greenroom_protocol::{RoomId, Seq, SessionId};
use ractor::ActorId;

use super::command::RoomCommand;
use crate::address::{Address, Vitals};
use crate::books::{Tallies, Tally};
use crate::by_id::ById;
use crate::census::ActorName;
use crate::directory::Directory;
use crate::fault::Fault;
use crate::outbox::{Batch, Outbox};
use crate::relay::{RelayActor, RelayArguments, RelayCommand, RelayHandle, Settlements};
use crate::supervision::Exit;

/// The relays of one incarnation of a room; they end with it.
pub(super) struct Relays {
    nursery: Nursery,
    room: RoomId,
    /// By their numbers, which are not given again in this life of the room.
    all: BTreeMap<u64, Relay>,
    /// Those that nobody is at any more, until they have ended.
    closing: Vec<Relay>,
    places: ById<SessionId, Place>,
    started: u64,
}

/// What a room starts relays with.
pub(super) struct Nursery {
    pub(super) directory: Arc<Directory>,
    pub(super) myself: Address<RoomCommand>,
    /// Where the room's account finds what they count.
    pub(super) tallies: Tallies,
    pub(super) crowding: Crowding,
}

/// How a room is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowding {
    /// Sessions that a room sees to itself; each relay sees to so many before there is another.
    pub(crate) slice: usize,
    /// Relays that a room has at most. Beyond so many, each sees to more.
    pub(crate) relays: usize,
}

impl Crowding {
    /// As this computer can bear it: a relay for each processor.
    pub(crate) fn here() -> Self {
        let relays = std::thread::available_parallelism().map_or(1, usize::from);
        Self { slice: RELAY_SESSIONS, relays }
    }
}

struct Relay {
    id: ActorId,
    handle: RelayHandle,
    /// How many sessions it sees to.
    sessions: usize,
    tally: Tally,
    entry: CensusEntry,
}

/// A relay's name among the living, for as long as its room has it.
struct CensusEntry {
    directory: Arc<Directory>,
    name: ActorName,
    vitals: Arc<Vitals>,
}

/// Where a session is.
struct Place {
    relay: u64,
    outbox: Arc<Outbox>,
}

impl Relays {
    pub(super) fn new(room: RoomId, nursery: Nursery) -> Self {
        let (all, closing, places) = (BTreeMap::new(), Vec::new(), ById::default());
        Self { nursery, room, all, closing, places, started: 0 }
    }

    /// Sessions that one slice of the room has.
    pub(super) fn slice(&self) -> usize {
        self.nursery.crowding.slice
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Finds a session its place, or keeps the one that it has; nothing where no relay can be started. `head` is where
    /// the log ends for the room.
    pub(super) fn place(&mut self, session: SessionId, outbox: &Arc<Outbox>, head: Seq) -> Option<&RelayHandle> {
        let number = match self.places.get(&session) {
            Some(place) => place.relay,
            None => {
                let Crowding { slice, relays } = self.nursery.crowding;
                let emptiest = self.all.iter().min_by_key(|(_, relay)| relay.sessions);
                let takes_more = |relay: &Relay| relay.sessions < slice || self.all.len() >= relays;
                let roomy = emptiest.filter(|(_, relay)| takes_more(relay)).map(|(number, _)| *number);
                let number = roomy.or_else(|| self.start(head))?;
                self.places.insert(session, Place { relay: number, outbox: Arc::clone(outbox) });
                self.all.get_mut(&number)?.sessions += 1;
                number
            }
        };
        self.all.get(&number).map(|relay| &relay.handle)
    }

    fn start(&mut self, head: Seq) -> Option<u64> {
        let Nursery { directory, myself, tallies, .. } = &self.nursery;
        let (number, tally) = (self.started + 1, tallies.open());
        let arguments = RelayArguments { room: self.room.clone(), number, head, tally: tally.clone() };
        let relay = match myself.start_at_once(RelayActor, arguments) {
            Ok(relay) => relay,
            Err(error) => {
                tracing::error!(room = %self.room, %error, "a relay can't be started");
                tallies.close(&tally);
                return None;
            }
        };
        self.started = number;
        let name = ActorName::Relay(self.room.clone(), number);
        let (parent, vitals) = (ActorName::Room(self.room.clone()), Arc::clone(relay.vitals()));
        directory.census.born(name.clone(), Some(parent), relay.cell(), Arc::clone(&vitals));
        let entry = CensusEntry { directory: Arc::clone(directory), name, vitals };
        let (id, handle) = (relay.id(), RelayHandle::new(relay));
        self.all.insert(number, Relay { id, handle, sessions: 0, tally, entry });
        Some(number)
    }

    /// Takes a session's place away; a relay where nobody is left ends.
    pub(super) fn remove(&mut self, session: SessionId) {
        let Some(Place { relay: number, .. }) = self.places.remove(&session) else { return };
        let Some(relay) = self.all.get_mut(&number) else { return };
        relay.handle.tell(RelayCommand::Remove { session });
        relay.sessions -= 1;
        if relay.sessions == 0 {
            relay.handle.close();
            self.closing.extend(self.all.remove(&number));
        }
    }

    pub(super) fn outbox(&self, session: SessionId) -> Option<&Arc<Outbox>> {
        self.places.get(&session).map(|place| &place.outbox)
    }

    /// Tells the relay of a session something, if it has one.
    pub(super) fn tell(&self, session: SessionId, command: RelayCommand) {
        if let Some(relay) = self.places.get(&session).and_then(|place| self.all.get(&place.relay)) {
            relay.handle.tell(command);
        }
    }

    pub(super) fn tell_all(&self, command: impl Fn() -> RelayCommand) {
        self.all.values().for_each(|relay| relay.handle.tell(command()));
    }

    /// Tells all of them what is new, and each the settlements of its own sessions; those of others are left.
    pub(super) fn announce(&self, batch: Option<&Arc<Batch>>, settlements: &mut Settlements) {
        let mut theirs: BTreeMap<u64, Settlements> = BTreeMap::new();
        for (session, settled) in settlements.extract_if(|session, _| self.places.contains_key(session)) {
            theirs.entry(self.places[&session].relay).or_default().insert(session, settled);
        }
        for (number, relay) in &self.all {
            let settlements = theirs.remove(number).unwrap_or_default();
            if batch.is_some() || !settlements.is_empty() {
                relay.handle.tell(RelayCommand::Announce { batch: batch.cloned(), settlements });
            }
        }
    }

    /// A relay has ended. One that has failed fails its room: this says why.
    pub(super) fn ended(&mut self, child: ActorId, exit: &Exit) -> Result<(), String> {
        let closing = self.closing.iter().position(|relay| relay.id == child);
        let closed = closing.map(|at| self.closing.swap_remove(at));
        let living = || self.all.values().find(|relay| relay.id == child);
        let Some(relay) = closed.as_ref().or_else(living) else { return Ok(()) };
        let name = &relay.entry.name;
        match (exit, closing) {
            (Exit::Normal, Some(_)) => {
                self.nursery.directory.census.gone(name, None);
                self.nursery.tallies.close(&relay.tally);
                Ok(())
            }
            (Exit::Normal, None) | (Exit::Failed(_), _) => {
                self.nursery.directory.census.gone(name, Some(exit.reason()));
                Err(format!("{name} has failed: {}", exit.reason()))
            }
        }
    }

    pub(super) fn suffer(&self, number: u64, fault: Fault) {
        if let Some(relay) = self.all.get(&number) {
            relay.handle.suffer(fault);
        }
    }

    pub(super) fn handles(&self) -> Vec<RelayHandle> {
        self.all.values().map(|relay| relay.handle.clone()).collect()
    }
}

impl Drop for CensusEntry {
    fn drop(&mut self) {
        self.directory.census.forget_this(&self.name, &self.vitals);
    }
}
