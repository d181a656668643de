use super::part::Part;
use crate::fault::Fault;
use crate::observatory::kinds;

/// What the engine is asked.
pub(crate) enum EngineCommand {
    /// The wait before a restart is over.
    Restart(Part),
    /// It is time to look whether somebody hangs.
    Watch,
    /// It is time to audit everybody's ledgers.
    Audit,
    /// It is time to look whose sign-in has expired.
    Expire,
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(EngineCommand {
    restart = Self::Restart(_),
    watch = Self::Watch,
    audit = Self::Audit,
    expire = Self::Expire,
    suffer = Self::Suffer(_),
});
