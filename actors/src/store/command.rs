use crate::fault::Fault;
use greenroom_storage::Intent;

use super::archive::Archive;

/// A read, to be carried out off the runtime's threads.
pub(crate) type Job = Box<dyn FnOnce(&dyn Archive) + Send>;

/// What the store actor is asked.
pub(crate) enum StoreCommand {
    /// A room opens, appends, or records a follower; carried out in order.
    Submit(Intent),
    /// Anybody reads. The job answers its caller itself.
    Read(Job),
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}
