use greenroom_protocol::{RoomId, Seq};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::task::yield_now;

use super::command::RelayCommand;
use super::state::Slice;
use crate::address::{Address, Birth};
use crate::at_work;
use crate::books::Tally;
use crate::call;
use crate::census::ActorName;
use crate::ledger::Deliveries;

/// Sessions that are told something before others have a turn: as many as a writer writes to in one of its own.
const TURN: usize = 32;

pub(crate) struct RelayActor;

pub(crate) struct RelayArguments {
    pub(crate) room: RoomId,
    /// Which of the room's relays it is.
    pub(crate) number: u64,
    /// Where the log ended for the room when it started this relay.
    pub(crate) head: Seq,
    /// Where its room's account finds what it has counted.
    pub(crate) tally: Tally,
}

/// The shell around a slice of a room.
pub(crate) struct RelayShell {
    myself: Address<RelayCommand>,
    name: ActorName,
    slice: Slice,
    /// Where the log ends, as far as the room has told this relay.
    head: Seq,
    tally: Tally,
}

impl Actor for RelayActor {
    type Msg = RelayCommand;
    type State = RelayShell;
    type Arguments = Birth<RelayArguments>;

    async fn pre_start(
        &self,
        myself: ActorRef<RelayCommand>,
        birth: Self::Arguments,
    ) -> Result<RelayShell, ActorProcessingErr> {
        let (myself, arguments) = birth.of(myself);
        Ok(RelayShell::new(myself, arguments))
    }

    /// What is for everybody is offered in turns: what was offered is then written while it is in the processor's caches,
    /// and nobody else waits for a thread. Where more waits already, there is no time for that, and what waits shares
    /// the system calls.
    async fn handle(
        &self,
        _: ActorRef<RelayCommand>,
        mut command: RelayCommand,
        shell: &mut RelayShell,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = shell.myself.vitals().begin(&command);
        if let RelayCommand::Suffer(fault) = command {
            fault.suffer().await;
        }
        let mut from = 0;
        while shell.take_turn(&mut command, &mut from) {
            if shell.myself.vitals().waiting() <= 1 {
                yield_now().await;
            }
        }
        shell.handle(command);
        shell.myself.vitals().done(&in_hand);
        Ok(())
    }
}

impl RelayShell {
    pub(crate) fn new(myself: Address<RelayCommand>, arguments: RelayArguments) -> Self {
        let RelayArguments { room, number, head, tally } = arguments;
        let name = ActorName::Relay(room.clone(), number);
        Self { myself, name, slice: Slice::new(room), head, tally }
    }

    /// Tells the next of its sessions what is for all of them, and says whether others are left.
    pub(crate) fn take_turn(&mut self, command: &mut RelayCommand, from: &mut usize) -> bool {
        let everybody = self.slice.everybody();
        if *from >= everybody.end {
            return false;
        }
        let _at_work = at_work::begin(|| self.name.clone());
        let turn = *from..(*from + TURN).min(everybody.end);
        *from = turn.end;
        match command {
            RelayCommand::Announce { batch: Some(batch), settlements } => self.slice.announce(turn, batch, settlements),
            RelayCommand::Pass { key, frame, except } => self.slice.pass(turn, key, frame, except),
            RelayCommand::PassPresence { presence, frame } => self.slice.pass_presence(turn, presence, frame),
            RelayCommand::Announce { batch: None, .. }
            | RelayCommand::Add { .. }
            | RelayCommand::Remove { .. }
            | RelayCommand::CatchUp { .. }
            | RelayCommand::Trimmed { .. }
            | RelayCommand::Audit { .. }
            | RelayCommand::Close
            | RelayCommand::Suffer(_) => return false,
        }
        self.tally.keep(self.slice.deliveries());
        *from < everybody.end
    }

    /// Handles a command, of which everybody was told what is for all; what it has counted by then outlives it.
    pub(crate) fn handle(&mut self, command: RelayCommand) {
        let _at_work = at_work::begin(|| self.name.clone());
        self.take(command);
        self.tally.keep(self.slice.deliveries());
    }

    fn take(&mut self, command: RelayCommand) {
        match command {
            RelayCommand::Add { session, arrival } => self.slice.add(session, arrival),
            RelayCommand::Remove { session } => self.slice.remove(session),
            RelayCommand::CatchUp { session, page, events } => self.slice.catch_up(session, &page, events),
            RelayCommand::Announce { batch, mut settlements } => {
                self.head = batch.map_or(self.head, |batch| batch.last());
                self.slice.settle(&mut settlements);
                debug_assert!(settlements.is_empty(), "they are for sessions that were added before, and not removed");
            }
            RelayCommand::Pass { .. } | RelayCommand::PassPresence { .. } | RelayCommand::Suffer(_) => {}
            RelayCommand::Trimmed { gone } => {
                self.slice.close_behind(gone);
                self.head = self.head.max(gone);
            }
            RelayCommand::Audit { reply } => call::answer(reply, self.audit()),
            RelayCommand::Close => self.myself.stop(),
        }
    }

    /// What became of what its sessions were owed, looked up this moment.
    pub(crate) fn audit(&self) -> Deliveries {
        self.slice.audit(self.head)
    }
}
