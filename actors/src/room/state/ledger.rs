//! What a room has done with what it was given.

use serde::Serialize;

/// The account of a room's posts. It balances: see [`Ledger::balances`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Posts that were handed to the store.
    pub accepted: u64,
    /// New messages that the log has announced for them.
    pub stored: u64,
    /// Posts that were stored before.
    pub repeated: u64,
    /// Posts that the store refused.
    pub rejected: u64,
    /// Posts whose fate is not known yet.
    pub undecided: u64,
    /// Posts that the room itself refused; not among the accepted.
    pub refused: u64,
}

impl Ledger {
    /// Whether every accepted post is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.accepted == self.stored + self.repeated + self.rejected + self.undecided
    }
}
