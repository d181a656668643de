//! Which command a room has in hand, noted where no crash of the room reaches it.
//!
//! A room that fails is asked here what it was doing. The second failure over the same command shows
//! that the command is poison: it is set aside, and refused from then on, instead of failing the room
//! again with each replay.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;

use super::tape::Tape;
use crate::dead_letters::PoisonCommand;

/// Failures over the same command after which it is set aside.
const POISON: u32 = 2;

/// The casebook of one room, kept by its supervisor over all its lives.
#[derive(Debug, Default)]
pub(crate) struct Casebook {
    cases: Mutex<Cases>,
    /// What its incarnation was told, in the laboratory only.
    tape: Mutex<Option<Box<Tape>>>,
}

#[derive(Debug, Default)]
struct Cases {
    in_hand: Option<PoisonCommand>,
    charges: HashMap<PoisonCommand, u32>,
    set_aside: HashSet<PoisonCommand>,
}

impl Casebook {
    /// Notes what the room begins with; says whether it may. What was set aside may not.
    pub(crate) fn begin(&self, case: PoisonCommand) -> bool {
        let mut cases = self.cases.lock();
        let may = !cases.set_aside.contains(&case);
        cases.in_hand = may.then_some(case);
        may
    }

    /// Records from now on what the room is told.
    pub(crate) fn record(&self, tape: Tape) {
        *self.tape.lock() = Some(Box::new(tape));
    }

    /// Lets somebody at the tape, if there is one.
    pub(crate) fn with_tape(&self, write: impl FnOnce(&mut Tape)) {
        if let Some(tape) = self.tape.lock().as_mut() {
            write(tape);
        }
    }

    /// The room has failed: what it was told until then.
    pub(crate) fn take_tape(&self) -> Option<Box<Tape>> {
        self.tape.lock().take()
    }

    /// The room is done with what it had in hand.
    pub(crate) fn done(&self) {
        self.cases.lock().in_hand = None;
    }

    /// The room has failed: charges what it had in hand. Returns the command if it is set aside by that.
    pub(crate) fn failed(&self) -> Option<PoisonCommand> {
        let mut cases = self.cases.lock();
        let case = cases.in_hand.take()?;
        let charges = cases.charges.entry(case.clone()).or_default();
        *charges += 1;
        if *charges < POISON {
            return None;
        }
        cases.charges.remove(&case);
        cases.set_aside.insert(case.clone());
        Some(case)
    }
}

#[cfg(test)]
mod tests {
    use greenroom_protocol::{MessageId, SessionId, UserId};

    use super::*;

    #[test]
    fn a_command_that_fails_the_room_twice_is_set_aside_and_no_other() {
        let book = Casebook::default();
        let poison = PoisonCommand::Send { user: UserId::new(), id: MessageId::new() };
        let good = PoisonCommand::Join { session: SessionId::new(), join: 1 };
        assert!(book.begin(poison.clone()));
        assert_eq!(book.failed(), None, "once may be chance");
        assert!(book.begin(good.clone()));
        book.done();
        assert_eq!(book.failed(), None, "nothing was in hand");
        assert!(book.begin(poison.clone()));
        assert_eq!(book.failed(), Some(poison.clone()));
        assert!(!book.begin(poison));
        assert!(book.begin(good));
    }
}
