//! What the fault laboratory does to an actor. Every actor's command has a place for it; nothing
//! sends it but the laboratory.

/// A fault to suffer in the handler of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Panics.
    Panic,
    /// Never comes back: as a deadlock would look.
    Hang,
    /// Does nothing: many of them flood the mailbox.
    Nothing,
    /// Ends now instead of after a minute: a room that nobody needs. To all others it is nothing.
    Passivate,
}

impl Fault {
    /// What the laboratory does with it, by its name and as a sentence; nothing where nobody is hurt.
    pub(crate) fn told(self, times: u32) -> Option<(&'static str, String)> {
        match self {
            Self::Panic => Some(("panic", "crashes".to_owned())),
            Self::Hang => Some(("hang", "hangs".to_owned())),
            Self::Nothing => Some(("flood", format!("sends {times} messages to"))),
            Self::Passivate => None,
        }
    }

    /// Suffers it.
    pub(crate) async fn suffer(self) {
        match self {
            Self::Panic => panic!("crashed by the fault laboratory"),
            Self::Hang => std::future::pending().await,
            Self::Nothing | Self::Passivate => {}
        }
    }
}
