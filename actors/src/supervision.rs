//! Restart policy as data.
//!
//! [`Policy`] says what a child's end means, [`Budget`] how many restarts are bearable, and
//! [`Backoff`] how long to wait before each. [`Record`] applies the three to one child. All of it is
//! pure: the supervisors ask it for a [`Verdict`] and carry that out. The vocabulary is that of
//! Erlang/OTP's supervisors.

use std::time::Duration;

mod budget;
mod record;

pub use budget::Budget;
pub use record::Record;

/// When a child is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Always: its end is never wanted.
    Permanent,
    /// After a failure only: it may end by itself.
    Transient,
    /// Never: somebody else brings its work back.
    Temporary,
}

/// What happens when the budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escalation {
    /// The supervisor fails too, and its own supervisor decides.
    Fail,
    /// This child alone is put aside for a while, with a clear error for those who ask for it.
    Quarantine(Duration),
}

/// How long to wait before a restart: the base, doubled with each failure in the window, up to the
/// longest, and spread by a random half so that children that failed together don't return together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Wait before the second restart in a window; the first comes at once.
    pub base: Duration,
    /// No wait is longer.
    pub longest: Duration,
}

/// What a child's end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// When it is started again.
    pub restart: Restart,
    /// How many restarts are bearable.
    pub budget: Budget,
    /// How long to wait before each.
    pub backoff: Backoff,
    /// What happens when the budget is spent.
    pub escalation: Escalation,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself or because it was told to.
    Normal,
    /// By a panic or an error.
    Failed(String),
}

impl Exit {
    /// The reason, for observers.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Normal => "it has ended",
            Self::Failed(reason) => reason,
        }
    }
}

/// What the supervisor does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it is gone.
    Forget,
    /// Start it again after this while.
    Restart(Duration),
    /// Put it aside for this while.
    Quarantine(Duration),
    /// Fail, so that the supervisor above decides.
    Escalate,
}

/// The parts of the engine. What is stored is safe in the journal whatever they do, so they may be
/// started again often; a part that keeps failing says that this process is beyond repair.
pub const PART: Policy = Policy {
    restart: Restart::Permanent,
    budget: Budget { restarts: 10, within: Duration::from_secs(60) },
    backoff: Backoff { base: Duration::from_millis(20), longest: Duration::from_secs(2) },
    escalation: Escalation::Fail,
};

/// A room: ends when idle, and a room that keeps failing must not cost the others their budget.
pub const ROOM: Policy = Policy {
    restart: Restart::Transient,
    budget: Budget { restarts: 5, within: Duration::from_secs(60) },
    backoff: Backoff { base: Duration::from_millis(20), longest: Duration::from_secs(2) },
    escalation: Escalation::Quarantine(Duration::from_secs(60)),
};

/// A session: the client's reconnect is its restart, so nothing is counted.
pub const SESSION: Policy = Policy {
    restart: Restart::Temporary,
    budget: Budget { restarts: 0, within: Duration::ZERO },
    backoff: Backoff { base: Duration::ZERO, longest: Duration::ZERO },
    escalation: Escalation::Fail,
};

impl Backoff {
    /// The wait before the `nth` restart in a window (from 1), `spread` being a random number in 0..1.
    #[must_use]
    pub fn wait(&self, nth: usize, spread: f64) -> Duration {
        let Some(doublings) = nth.checked_sub(2) else { return Duration::ZERO };
        let doublings = u32::try_from(doublings).unwrap_or(u32::MAX).min(30);
        let wait = self.base.saturating_mul(1 << doublings).min(self.longest);
        wait.mul_f64(0.5 + spread.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests;
