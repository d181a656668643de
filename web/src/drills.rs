//! How the laboratory runs drills, which it knows nothing of but this.

use std::fmt::Debug;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// Runs drills beside the server, one at a time.
pub trait Drills: Debug + Send + Sync {
    /// What there is.
    fn all(&self) -> Vec<DrillCard>;

    /// Begins one, in its short form where `quick`.
    ///
    /// # Errors
    /// Where there is none of that name, or one runs.
    fn begin(&self, name: &str, quick: bool) -> Result<(), NoDrill>;

    /// Stops the one that runs; says whether one did.
    fn stop(&self) -> bool;

    /// How the running or the last one goes, as the frame `drill`; null before the first.
    fn progress(&self) -> watch::Receiver<Value>;
}

/// What a drill is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DrillCard {
    /// What it is called.
    pub name: &'static str,
    /// What it does.
    pub does: &'static str,
    /// What it needs.
    pub needs: &'static str,
}

/// Why a drill was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDrill {
    /// There is none of that name.
    #[error("there is no drill of that name; GET /api/lab/drills lists them")]
    Unknown,
    /// One runs.
    #[error("a drill runs already; wait for its end, or stop it")]
    Busy,
    /// It can't be started.
    #[error("the drill can't be started: {0}")]
    Failed(String),
}
