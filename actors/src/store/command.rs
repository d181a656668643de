use crate::fault::Fault;
use crate::observatory::kinds;
use greenroom_storage::{Intent, Store};

use super::archive::Archive;

/// A read, to be carried out off the runtime's threads.
pub(crate) type Job = Box<dyn FnOnce(&dyn Archive) + Send>;

/// A look at accounts, which no room and no session knows of; carried out like a read.
pub(crate) type LookUp = Box<dyn FnOnce(&Store) + Send>;

/// What the store actor is asked.
pub(crate) enum StoreCommand {
    /// A room opens, appends, or records a follower; carried out in order.
    Submit(Intent),
    /// Anybody reads. The job answers its caller itself.
    Read(Job),
    /// Somebody is to be identified, or asks who there is.
    LookUp(LookUp),
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(StoreCommand {
    submit [said_in(intent)] = Self::Submit(intent),
    read = Self::Read(_),
    look_up = Self::LookUp(_),
    suffer = Self::Suffer(_),
});

/// Bytes that somebody says with it.
fn said_in(intent: &Intent) -> usize {
    if let Intent::Append(append) = intent { append.body.as_str().len() } else { 0 }
}
