//! Whether the other side is still there: pure, the time is an argument.

use greenroom_protocol::limits::{HEARTBEAT, HEARTBEAT_GRACE};
use tokio::time::Instant;

/// When to ping, and when to give up.
#[derive(Debug)]
pub(super) struct Heartbeat {
    due: Instant,
    pinged: bool,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing yet.
    Wait,
    /// A ping.
    Ping,
    /// The other side has not answered.
    Missed,
}

impl Heartbeat {
    pub(super) fn new(now: Instant) -> Self {
        Self { due: now + HEARTBEAT, pinged: false }
    }

    /// When to look again.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Anything at all came from the other side.
    pub(super) fn heard(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// What is due now. While the socket is not read (`deaf`), its answer can't be heard, so it isn't missed.
    pub(super) fn beat(&mut self, now: Instant, deaf: bool) -> Beat {
        if now < self.due {
            return Beat::Wait;
        }
        if self.pinged && !deaf {
            return Beat::Missed;
        }
        self.due = now + HEARTBEAT_GRACE;
        if self.pinged {
            return Beat::Wait;
        }
        self.pinged = true;
        Beat::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_client_is_pinged_and_then_given_up() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(start);
        assert_eq!(heartbeat.beat(start, false), Beat::Wait);
        assert_eq!(heartbeat.beat(start + HEARTBEAT, false), Beat::Ping);
        assert_eq!(heartbeat.beat(start + HEARTBEAT, false), Beat::Wait);
        assert_eq!(heartbeat.beat(start + HEARTBEAT + HEARTBEAT_GRACE, false), Beat::Missed);
    }

    #[test]
    fn any_sign_of_life_counts_and_a_client_that_is_not_read_is_not_given_up() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(start);
        assert_eq!(heartbeat.beat(start + HEARTBEAT, false), Beat::Ping);
        heartbeat.heard(start + HEARTBEAT);
        assert_eq!(heartbeat.beat(start + HEARTBEAT + HEARTBEAT_GRACE, false), Beat::Wait);
        assert_eq!(heartbeat.beat(heartbeat.due(), false), Beat::Ping);
        assert_eq!(heartbeat.beat(heartbeat.due(), true), Beat::Wait);
        assert_eq!(heartbeat.beat(heartbeat.due(), false), Beat::Missed);
    }
}
