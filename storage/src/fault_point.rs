//! Places on the way of a message where the fault laboratory may strike.
//!
//! Compiled in, and inert until one is armed: passing a point then costs one relaxed load. They are
//! process-wide, as a `kill -9` is; the laboratory arms them in a server of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;

/// Every point, in the order in which a message passes them; the last two are passed by whoever reads, and by every
/// request over HTTP.
pub const POINTS: [&str; 13] = [
    "socket.frame",
    "socket.write",
    "session.send",
    "room.post",
    "room.before_append",
    "store.submit",
    "journal.before_write",
    "journal.after_write",
    "journal.sync",
    "journal.after_sync",
    "room.fan_out",
    "store.read",
    "http.request",
];

/// How long a strike delays: a disk that is far slower than any that works, yet no reason to give it up.
const DELAY: Duration = Duration::from_secs(2);

/// The points where a message's id is known, and so may be asked for.
const KEYED: [&str; 1] = ["room.post"];

/// Why a point was not armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotArmed {
    /// There is none of that name.
    #[error("there is no such fault point; there are {}", POINTS.join(", "))]
    Unknown,
    /// No message's id is known there, so it would never strike.
    #[error("a key can be given at {} only", KEYED.join(", "))]
    NoKey,
}

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strike {
    /// A panic.
    Panic,
    /// `kill -9` of the whole process.
    Kill,
    /// The operation fails, where the point is one that can.
    Fail,
    /// The thread stands still for two seconds: in the journal, a slow disk.
    Delay,
}

/// An armed point.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Armed {
    /// Which; one of [`POINTS`].
    pub point: String,
    /// What happens there.
    pub strike: Strike,
    /// How many passes are let through before.
    #[serde(default)]
    pub after: u64,
    /// How often it happens; nothing means always.
    #[serde(default)]
    pub times: Option<u64>,
    /// Only where the message's id is this one.
    #[serde(default)]
    pub key: Option<String>,
}

static ANY_ARMED: AtomicBool = AtomicBool::new(false);
static PLAN: Mutex<Vec<Armed>> = Mutex::new(Vec::new());

/// Arms a point.
///
/// # Errors
/// Where there is none of that name, or it could never strike.
pub fn arm(armed: Armed) -> Result<(), NotArmed> {
    let point = armed.point.as_str();
    if !POINTS.contains(&point) {
        return Err(NotArmed::Unknown);
    }
    if armed.key.is_some() && !KEYED.contains(&point) {
        return Err(NotArmed::NoKey);
    }
    PLAN.lock().push(armed);
    ANY_ARMED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Passes a point; says whether the operation there is to fail.
#[inline]
pub fn pass(point: &str) -> bool {
    ANY_ARMED.load(Ordering::Relaxed) && strike(point, None)
}

/// Passes a point with a message in hand.
#[inline]
pub fn pass_with(point: &str, key: impl FnOnce() -> String) -> bool {
    ANY_ARMED.load(Ordering::Relaxed) && strike(point, Some(key()))
}

fn strike(point: &str, key: Option<String>) -> bool {
    // A strike may take its time, and must not hold up others at their points.
    let due = due(&mut PLAN.lock(), point, key.as_deref());
    match due {
        None => false,
        Some(Strike::Fail) => true,
        Some(Strike::Panic) => panic!("struck by the fault laboratory at {point}"),
        Some(Strike::Kill) => {
            // Nothing is left to be done where even that fails.
            let _unkillable = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            false
        }
        Some(Strike::Delay) => {
            std::thread::sleep(DELAY);
            false
        }
    }
}

/// What is due at a point now.
fn due(plan: &mut Vec<Armed>, point: &str, key: Option<&str>) -> Option<Strike> {
    let here = |armed: &Armed| armed.point == point && armed.key.as_deref().is_none_or(|wanted| Some(wanted) == key);
    let index = plan.iter().position(here)?;
    let armed = &mut plan[index];
    if armed.after > 0 {
        armed.after -= 1;
        return None;
    }
    let strike = armed.strike;
    if let Some(times) = &mut armed.times {
        *times = times.saturating_sub(1);
        if *times == 0 {
            plan.remove(index);
        }
    }
    Some(strike)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(after: u64, times: Option<u64>, key: Option<&str>) -> Vec<Armed> {
        let (point, key) = ("room.post".to_owned(), key.map(str::to_owned));
        vec![Armed { point, strike: Strike::Panic, after, times, key }]
    }

    #[test]
    fn a_point_strikes_after_so_many_passes_and_so_often() {
        let mut plan = armed(2, Some(1), None);
        let passes: Vec<bool> = (0..5).map(|_| due(&mut plan, "room.post", None).is_some()).collect();
        assert_eq!(passes, [false, false, true, false, false]);
    }

    #[test]
    fn a_point_with_a_key_strikes_that_message_only_and_always() {
        let mut plan = armed(0, None, Some("poison"));
        assert_eq!(due(&mut plan, "room.post", Some("good")), None);
        assert_eq!(due(&mut plan, "session.send", Some("poison")), None);
        for _ in 0..3 {
            assert_eq!(due(&mut plan, "room.post", Some("poison")), Some(Strike::Panic));
        }
    }

    #[test]
    fn a_point_that_could_never_strike_is_not_armed() {
        let nowhere = Armed { point: "nowhere".into(), ..armed(0, None, None).remove(0) };
        assert_eq!(arm(nowhere), Err(NotArmed::Unknown));
        let keyless = Armed { point: "journal.sync".into(), ..armed(0, None, Some("poison")).remove(0) };
        assert_eq!(arm(keyless), Err(NotArmed::NoKey));
        assert!(!pass("room.post"));
    }
}
