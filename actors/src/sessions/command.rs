use crate::fault::Fault;

/// What the supervisor of the shards is asked.
pub(crate) enum SessionsCommand {
    /// The wait before a shard's restart is over.
    Restart(usize),
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}
