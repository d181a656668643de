//! The wall clock, for people; timers use the monotonic one.

use std::time::{SystemTime, UNIX_EPOCH};

use greenroom_protocol::Timestamp;

/// The time now. A clock before 1970 counts as 1970.
#[must_use]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
