use super::part::Part;

/// What the engine is asked.
pub(crate) enum EngineCommand {
    /// The wait before a restart is over.
    Restart(Part),
    /// The fault laboratory wants the engine dead, and the process with it.
    Crash,
}
