use crate::fault::Fault;
use crate::observatory::kinds;

/// What the supervisor of the shards is asked.
pub(crate) enum SessionsCommand {
    /// The wait before a shard's restart is over.
    Restart(usize),
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(SessionsCommand {
    restart = Self::Restart(_),
    suffer = Self::Suffer(_),
});
