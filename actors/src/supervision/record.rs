//! The record of one child's failures.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Escalation, Exit, Policy, Restart, Verdict};

/// When one child was started again, as far back as its budget looks. Times are given by the
/// caller, as time since any fixed point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    restarts: VecDeque<Duration>,
    total: u64,
}

impl Record {
    /// Decides what a child's end at `now` means; `spread` is a random number in 0..1.
    pub fn judge(&mut self, policy: &Policy, exit: &Exit, now: Duration, spread: f64) -> Verdict {
        match (policy.restart, exit) {
            (Restart::Temporary, _) | (Restart::Transient, Exit::Normal) => return Verdict::Forget,
            (Restart::Permanent, _) | (Restart::Transient, Exit::Failed(_)) => {}
        }
        while self.restarts.front().is_some_and(|at| now.saturating_sub(*at) >= policy.budget.within) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= policy.budget.restarts {
            return match policy.escalation {
                Escalation::Fail => Verdict::Escalate,
                Escalation::Quarantine(time) => {
                    self.restarts.clear();
                    Verdict::Quarantine(time)
                }
            };
        }
        self.restarts.push_back(now);
        self.total += 1;
        Verdict::Restart(policy.backoff.wait(self.restarts.len(), spread))
    }

    /// How many restarts were in the window when it was last judged.
    #[must_use]
    pub fn in_window(&self) -> usize {
        self.restarts.len()
    }

    /// How many are in the window at `now`.
    #[must_use]
    pub fn within(&self, policy: &Policy, now: Duration) -> usize {
        self.restarts.iter().filter(|at| now.saturating_sub(**at) < policy.budget.within).count()
    }

    /// How often the child was started again in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }
}
