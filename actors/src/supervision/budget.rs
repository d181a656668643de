//! How many restarts are bearable.

use std::time::Duration;

/// At most so many restarts within so long a time (OTP's "maximum restart intensity").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Restarts.
    pub restarts: usize,
    /// Length of the sliding window.
    pub within: Duration,
}
