//! Who hangs: something waits in the mailbox, and nothing was handled for a while. Pure but for what it looks at.

use std::collections::HashMap;
use std::time::Duration;

use crate::census::{ActorName, Watched};

/// Time between two looks.
pub(super) const WATCH: Duration = Duration::from_secs(1);

/// After so many looks without progress an actor is ended: five seconds, far beyond any handler's work.
const PATIENCE: u32 = 5;

/// What was seen the last time.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    seen: HashMap<ActorName, Sight>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sight {
    handled: u64,
    /// Looks in a row without progress.
    stuck: u32,
}

impl Watchdog {
    /// Looks at those who have something to do; returns those who have made no progress for too long.
    pub(super) fn look(&mut self, busy: Vec<Watched>) -> Vec<Watched> {
        let before = std::mem::take(&mut self.seen);
        let mut hung = Vec::new();
        for watched in busy {
            let sight = next(before.get(&watched.name).copied(), watched.vitals.handled());
            if sight.stuck >= PATIENCE {
                hung.push(watched);
            } else {
                self.seen.insert(watched.name, sight);
            }
        }
        hung
    }
}

fn next(before: Option<Sight>, handled: u64) -> Sight {
    match before {
        Some(before) if before.handled == handled => Sight { handled, stuck: before.stuck + 1 },
        Some(_) | None => Sight { handled, stuck: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Each look finds how many commands were handled since the last one.
        #[test]
        fn whoever_handles_one_command_in_five_looks_is_never_ended(handled in prop::collection::vec(0_u64..2, 0..60)) {
            let (mut sight, mut total, mut idle) = (None, 0, 0);
            for some in handled {
                total += some;
                idle = if some > 0 || sight.is_none() { 0 } else { idle + 1 };
                let seen = next(sight, total);
                prop_assert_eq!(seen.stuck >= PATIENCE, idle >= PATIENCE);
                sight = Some(seen);
            }
        }
    }

    #[test]
    fn only_who_makes_no_progress_for_five_looks_is_hung() {
        let mut sight = next(None, 7);
        for _ in 0..PATIENCE {
            assert!(sight.stuck < PATIENCE);
            sight = next(Some(sight), 7);
        }
        assert_eq!(sight.stuck, PATIENCE);
        assert_eq!(next(Some(sight), 8).stuck, 0, "it was only slow");
    }
}
