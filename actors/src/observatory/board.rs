//! How everybody is doing: a row for each actor that is shown, and sums of those that are folded.
//!
//! It is worked out when somebody looks, a few times a second at most for all observers together, and asks no actor.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use greenroom_protocol::limits::{OBSERVED_ROOMS, OBSERVED_WORST, UNANSWERED_COMMANDS};
use serde::Serialize;

use super::histogram::{BUCKETS, Counts, between, p99, together};
use super::{Gauge, now};
use crate::address::Vitals;
use crate::census::{ActorName, Sight};
use crate::directory::Directory;
use crate::outbox::ACKNOWLEDGED;
use crate::supervision::{self, Policy, Restart};

/// Looks nearer to each other than this are one.
const FRESH: Duration = Duration::from_millis(150);

/// Percentiles are those of the last one or two of these.
const WINDOW: Duration = Duration::from_secs(5);

/// Commands a second of one actor that are timed at most, about.
const TIMED: f64 = 16.0;

/// A mailbox holds what clients may have under way in it, and so many at least.
const CAPACITY: u64 = 2 * UNANSWERED_COMMANDS as u64;

/// An actor as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) parent: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) mailbox: u64,
    pub(crate) high: u64,
    pub(crate) capacity: u64,
    pub(crate) in_s: f64,
    pub(crate) p99_us: Option<u64>,
    pub(crate) slowest_us: Option<u32>,
    pub(crate) wait_p99_us: Option<u64>,
    pub(crate) restarts: u64,
    pub(crate) in_window: Option<usize>,
    pub(crate) limit: Option<usize>,
    pub(crate) window_s: Option<u64>,
    pub(crate) born_ms: f64,
    pub(crate) stuck_ms: u64,
    pub(crate) until_ms: Option<f64>,
}

/// Those below a supervisor, together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Fold {
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) listed: bool,
    pub(crate) mailbox: u64,
    pub(crate) worst_mailbox: u64,
    pub(crate) in_s: f64,
    pub(crate) troubled: usize,
    pub(crate) worst: Vec<String>,
}

/// The server in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Tiles {
    pub(crate) uptime_ms: u64,
    pub(crate) actors: usize,
    pub(crate) rooms: usize,
    pub(crate) sessions: usize,
    pub(crate) people: usize,
    pub(crate) messages_s: f64,
    pub(crate) handled_s: f64,
    pub(crate) wait_p99_us: Option<u64>,
    pub(crate) restarts_minute: usize,
    pub(crate) crashes: u64,
    pub(crate) dead_letters: u64,
    pub(crate) imbalances: u64,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) observers: usize,
}

/// An actor as it was seen the last time.
#[derive(Debug, Default)]
struct Seen {
    /// When that was.
    at: Option<Instant>,
    parent: Option<ActorName>,
    handled: u64,
    /// Whether it has handled something since the look before.
    worked: bool,
    /// Since when nothing was handled though something waits.
    stuck_since: Option<Instant>,
    in_s: f64,
    waiting: u64,
    troubled: bool,
    windows: Option<Box<Windows>>,
}

/// What was timed at the beginnings of this window and of the one before.
#[derive(Debug)]
struct Windows {
    waiting: [Counts; 2],
    handling: [Counts; 2],
    slowest: [u32; 2],
}

/// Everybody, as they were seen the last time.
#[derive(Default)]
pub(crate) struct Board {
    at: Option<Instant>,
    window_began: Option<Instant>,
    seen: HashMap<ActorName, Seen>,
    /// How often each was asked for observers since the last look.
    asked: HashMap<ActorName, u64>,
    acknowledged: u64,
    pub(crate) folds: BTreeMap<ActorName, Fold>,
    pub(crate) tiles: Tiles,
    /// Whom everybody is shown.
    pub(crate) shown: BTreeSet<ActorName>,
}

impl Board {
    /// Looks at everybody, unless somebody did just now.
    pub(crate) fn refresh(&mut self, directory: &Directory, memory_bytes: Option<u64>) {
        let now = now();
        let since = self.at.map(|at| now.duration_since(at));
        if since.is_some_and(|since| since < FRESH) {
            return;
        }
        let seconds = since.filter(|since| *since < Duration::from_secs(10)).map(|since| since.as_secs_f64());
        self.at = Some(now);
        let roll = self.window_began.is_none_or(|began| now.duration_since(began) >= WINDOW);
        if roll {
            self.window_began = Some(now);
        }
        let asked = std::mem::take(&mut self.asked);
        let mut folds: BTreeMap<ActorName, Vec<(u64, ActorName)>> = BTreeMap::new();
        let mut sums: BTreeMap<ActorName, Fold> = BTreeMap::new();
        let (mut waits, mut handled_s, mut relays) = ([0; BUCKETS], 0.0, Vec::new());
        self.shown.clear();
        directory.census.each(|name, sight| {
            let asked = if asked.is_empty() { 0 } else { asked.get(name).copied().unwrap_or(0) };
            let seen = match self.seen.get_mut(name) {
                Some(seen) => seen,
                None => self.seen.entry(name.clone()).or_default(),
            };
            seen.look(sight, asked, seconds, now, roll);
            handled_s += seen.in_s;
            if let Some(windows) = &seen.windows
                && let Some(gauge) = sight.vitals.measured()
            {
                waits = together(&waits, &between(&windows.waiting[1], &gauge.waiting()));
            }
            match (name, sight.parent) {
                (ActorName::Room(_) | ActorName::Session(_), Some(parent)) => {
                    let fold = sums.entry(parent.clone()).or_default();
                    fold.count += 1;
                    fold.mailbox += seen.waiting;
                    fold.in_s += seen.in_s;
                    fold.troubled += usize::from(seen.troubled);
                    if seen.waiting > 0 || matches!(name, ActorName::Room(_)) {
                        folds.entry(parent.clone()).or_default().push((seen.waiting, name.clone()));
                    }
                }
                (ActorName::Relay(..), Some(room)) => relays.push((name.clone(), room.clone())),
                _ => {
                    if matches!(name, ActorName::Rooms | ActorName::Shard(_)) {
                        sums.entry(name.clone()).or_default();
                    }
                    self.shown.insert(name.clone());
                }
            }
        });
        self.seen.retain(|_, seen| seen.at == Some(now));
        for (parent, fold) in &mut sums {
            let children = folds.remove(parent).unwrap_or_default();
            self.fold(parent, fold, children);
        }
        // Where a room is shown, all of it is.
        relays.retain(|(_, room)| self.shown.contains(room));
        self.shown.extend(relays.into_iter().map(|(relay, _)| relay));
        for name in directory.observatory.aside.lock().keys() {
            self.shown.insert(name.clone());
        }
        self.folds = sums;
        self.tell(directory, seconds, now, (handled_s, p99(&waits), memory_bytes));
    }

    /// Chooses whom of a fold everybody is shown.
    fn fold(&mut self, parent: &ActorName, fold: &mut Fold, mut children: Vec<(u64, ActorName)>) {
        fold.name = parent.to_string();
        fold.in_s = rounded(fold.in_s);
        fold.worst_mailbox = children.iter().map(|(waiting, _)| *waiting).max().unwrap_or(0);
        fold.listed = *parent == ActorName::Rooms && fold.count <= OBSERVED_ROOMS;
        if !fold.listed {
            children.retain(|(waiting, _)| *waiting > 0);
            children.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            children.truncate(OBSERVED_WORST);
            fold.worst = children.iter().map(|(_, name)| name.to_string()).collect();
        }
        self.shown.extend(children.into_iter().map(|(_, name)| name));
    }

    fn tell(
        &mut self,
        directory: &Directory,
        seconds: Option<f64>,
        now: Instant,
        (handled_s, wait_p99_us, memory_bytes): (f64, Option<u64>, Option<u64>),
    ) {
        let acknowledged = ACKNOWLEDGED.get_sample_count();
        let fresh = acknowledged.saturating_sub(std::mem::replace(&mut self.acknowledged, acknowledged));
        let counts = directory.census.counts();
        let of = |change| counts.iter().filter(|(_, what, _)| *what == change).map(|(.., count)| *count).sum::<u64>();
        let observatory = &directory.observatory;
        let minute = Duration::from_secs(60);
        self.tiles = Tiles {
            uptime_ms: u64::try_from(now.duration_since(observatory.started).as_millis()).unwrap_or(u64::MAX),
            actors: self.seen.len(),
            rooms: self.folds.get(&ActorName::Rooms).map_or(0, |fold| fold.count),
            sessions: directory.session_count(),
            people: directory.people_count(),
            messages_s: seconds.map_or(0.0, |seconds| rounded(fresh as f64 / seconds)),
            handled_s: rounded(handled_s),
            wait_p99_us,
            restarts_minute: observatory.restarts_within(minute),
            crashes: of(crate::census::LifeChange::Panic),
            dead_letters: directory.dead_letters.count(),
            imbalances: directory.books.imbalances(),
            memory_bytes,
            observers: observatory.observers.load(std::sync::atomic::Ordering::Relaxed),
        };
    }

    /// An actor's row; nothing where it is neither alive nor put aside.
    pub(crate) fn row(&self, directory: &Directory, name: &ActorName) -> Option<Row> {
        let now = now();
        let observatory = &directory.observatory;
        let until = observatory.aside.lock().get(name).copied();
        let Some((parent, vitals, restarts, restarting)) = directory.census.sight(name) else {
            let until = until.filter(|until| *until > now)?;
            return Some(put_aside(name, observatory.ms(until), observatory.ms(now)));
        };
        let policy = policy(name);
        let limited = policy.filter(|policy| policy.restart != Restart::Temporary);
        let (waiting, seen) = (vitals.waiting(), self.seen.get(name));
        let gauge = vitals.measured();
        if let Some(gauge) = gauge {
            gauge.see(waiting);
        }
        let windows = seen.and_then(|seen| seen.windows.as_deref());
        let timed = gauge.zip(windows);
        let capacity = directory.capacity(name);
        let stuck = seen.and_then(|seen| seen.stuck_since).map_or(Duration::ZERO, |since| now.duration_since(since));
        Some(Row {
            name: name.to_string(),
            kind: name.kind(),
            parent: parent.map(|parent| parent.to_string()),
            state: state(name, &vitals, restarting, capacity, seen.is_some_and(|seen| seen.worked), directory),
            mailbox: waiting,
            high: gauge.map_or(waiting, Gauge::high),
            capacity,
            in_s: seen.map_or(0.0, |seen| rounded(seen.in_s)),
            p99_us: timed.and_then(|(gauge, windows)| p99(&between(&windows.handling[1], &gauge.handling()))),
            slowest_us: windows
                .map(|windows| windows.slowest[0].max(windows.slowest[1]))
                .filter(|slowest| *slowest > 0),
            wait_p99_us: timed.and_then(|(gauge, windows)| p99(&between(&windows.waiting[1], &gauge.waiting()))),
            restarts,
            in_window: limited.map(|policy| observatory.restarts_of(name, policy.budget.within)),
            limit: limited.map(|policy| policy.budget.restarts),
            window_s: limited.map(|policy| policy.budget.within.as_secs()),
            born_ms: observatory.ms(vitals.born().into_std()),
            stuck_ms: u64::try_from(stuck.as_millis()).unwrap_or(u64::MAX),
            until_ms: None,
        })
    }

    /// Those below an actor whose names contain this: the fullest mailboxes first.
    pub(crate) fn find(&self, below: Option<&ActorName>, search: &str, troubled: bool) -> Vec<ActorName> {
        let wanted = |name: &ActorName, seen: &Seen| {
            below.is_none_or(|below| self.is_below(seen, below))
                && (!troubled || seen.troubled)
                && (search.is_empty() || name.to_string().contains(search))
        };
        let mut found: Vec<(u64, &ActorName)> = self
            .seen
            .iter()
            .filter(|(name, seen)| wanted(name, seen))
            .map(|(name, seen)| (seen.waiting, name))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        found.into_iter().map(|(_, name)| name.clone()).collect()
    }

    fn is_below(&self, seen: &Seen, above: &ActorName) -> bool {
        let mut by = seen.parent.as_ref();
        while let Some(parent) = by {
            if parent == above {
                return true;
            }
            by = self.seen.get(parent).and_then(|seen| seen.parent.as_ref());
        }
        false
    }

    /// An actor is about to be asked something, for an observer.
    pub(crate) fn asks(&mut self, name: ActorName) {
        *self.asked.entry(name).or_default() += 1;
    }

    /// Nobody watches any more: nothing is timed from now on.
    pub(crate) fn rest(&mut self, directory: &Directory) {
        directory.census.each(|_, sight| {
            if let Some(gauge) = sight.vitals.measured() {
                gauge.set_stride(0);
            }
        });
        *self = Self::default();
    }
}

impl Seen {
    /// Looks at an actor that was seen like this before.
    fn look(&mut self, sight: &Sight<'_>, asked: u64, seconds: Option<f64>, now: Instant, roll: bool) {
        let (handled, waiting) = (sight.vitals.handled(), sight.vitals.waiting());
        // A fresh incarnation counts from 0 again.
        let new = handled.checked_sub(self.handled).unwrap_or(handled);
        self.in_s = seconds.map_or(0.0, |seconds| new as f64 / seconds);
        // Of what was before the first look nobody knows when. Who only answers observers is not at work.
        self.worked = seconds.is_some() && new > asked;
        let progress = new > 0 || waiting == 0 || sight.restarting;
        self.stuck_since = if progress { None } else { self.stuck_since.or(Some(now)) };
        self.troubled = self.stuck_since.is_some_and(|since| now.duration_since(since) > Duration::from_secs(1))
            || sight.restarting
            || waiting > CAPACITY;
        if let Some(gauge) = sight.vitals.measured() {
            gauge.set_stride(stride(self.in_s));
            self.time(gauge, handled < self.handled, roll);
        }
        if self.parent.as_ref() != sight.parent {
            self.parent = sight.parent.cloned();
        }
        (self.at, self.handled, self.waiting) = (Some(now), handled, waiting);
    }

    /// Moves the windows of what is timed on.
    fn time(&mut self, gauge: &Gauge, is_another: bool, roll: bool) {
        let windows = self.windows.get_or_insert_with(|| {
            let (waiting, handling) = (gauge.waiting(), gauge.handling());
            Box::new(Windows { waiting: [waiting; 2], handling: [handling; 2], slowest: [0; 2] })
        });
        windows.slowest[0] = windows.slowest[0].max(gauge.take_slowest());
        if is_another {
            // Another incarnation, with a gauge of its own.
            windows.waiting = [[0; BUCKETS]; 2];
            windows.handling = [[0; BUCKETS]; 2];
        }
        if roll {
            windows.waiting = [gauge.waiting(), windows.waiting[0]];
            windows.handling = [gauge.handling(), windows.handling[0]];
            windows.slowest = [0, windows.slowest[0]];
        }
    }
}

/// So that about [`TIMED`] commands a second are timed; of a quiet actor each one.
fn stride(in_s: f64) -> u32 {
    let fold = (in_s / TIMED).clamp(1.0, 4_096.0);
    // A power of two: `nth` is divided by it with each command.
    (fold as u32).next_power_of_two()
}

fn state(
    name: &ActorName,
    vitals: &Vitals,
    restarting: bool,
    capacity: u64,
    worked: bool,
    directory: &Directory,
) -> &'static str {
    let waiting = vitals.waiting();
    if restarting {
        "restarting"
    } else if waiting * 5 > capacity * 4 {
        "backlogged"
    } else if is_starting(name, vitals, directory) {
        "starting"
    } else if waiting > 0 || worked {
        "busy"
    } else {
        "idle"
    }
}

/// A room is starting until its log is open, a session until it has greeted.
fn is_starting(name: &ActorName, vitals: &Vitals, directory: &Directory) -> bool {
    match name {
        ActorName::Room(room) => !directory.is_open(room) && vitals.age() < Duration::from_secs(60),
        ActorName::Session(_) => vitals.handled() < 2,
        ActorName::Relay(..)
        | ActorName::Engine
        | ActorName::Store
        | ActorName::Presence
        | ActorName::Lobby
        | ActorName::Rooms
        | ActorName::Sessions
        | ActorName::Shard(_) => false,
    }
}

fn put_aside(name: &ActorName, until_ms: f64, ms: f64) -> Row {
    let policy = policy(name);
    Row {
        name: name.to_string(),
        kind: name.kind(),
        parent: Some("rooms".to_owned()),
        state: "escalated",
        mailbox: 0,
        high: 0,
        capacity: CAPACITY,
        in_s: 0.0,
        p99_us: None,
        slowest_us: None,
        wait_p99_us: None,
        restarts: 0,
        in_window: policy.map(|policy| policy.budget.restarts),
        limit: policy.map(|policy| policy.budget.restarts),
        window_s: policy.map(|policy| policy.budget.within.as_secs()),
        born_ms: ms,
        stuck_ms: 0,
        until_ms: Some(until_ms),
    }
}

/// The policy by which an actor is started again; the engine never is.
pub(crate) fn policy(name: &ActorName) -> Option<&'static Policy> {
    match name {
        // Its room fails with it, and comes back.
        ActorName::Engine | ActorName::Relay(..) => None,
        ActorName::Store
        | ActorName::Presence
        | ActorName::Lobby
        | ActorName::Rooms
        | ActorName::Sessions
        | ActorName::Shard(_) => Some(&supervision::PART),
        ActorName::Room(_) => Some(&supervision::ROOM),
        ActorName::Session(_) => Some(&supervision::SESSION),
    }
}

impl Directory {
    /// What clients may have under way in an actor's mailbox.
    fn capacity(&self, name: &ActorName) -> u64 {
        let sockets = match name {
            ActorName::Session(_) => 1,
            ActorName::Room(room) | ActorName::Relay(room, _) => self.seated_in(room),
            ActorName::Engine
            | ActorName::Store
            | ActorName::Presence
            | ActorName::Lobby
            | ActorName::Rooms
            | ActorName::Sessions
            | ActorName::Shard(_) => self.session_count(),
        };
        (sockets as u64 * UNANSWERED_COMMANDS as u64).max(CAPACITY)
    }
}

/// One decimal is enough to be read, and changes less often.
fn rounded(a_second: f64) -> f64 {
    if a_second >= 100.0 { a_second.round() } else { (a_second * 10.0).round() / 10.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_did_something_since_the_look_before_was_at_work_and_who_only_answered_observers_was_not() {
        let vitals = Vitals::new::<()>();
        let handles = |count| (0..count).for_each(|_| vitals.done(&vitals.begin(&())));
        let sight = Sight { parent: None, vitals: &vitals, restarting: false };
        let mut seen = Seen::default();
        let mut worked = |asked, seconds| {
            seen.look(&sight, asked, seconds, now(), false);
            seen.worked
        };
        handles(3);
        assert!(!worked(0, None), "it did so before anybody looked");
        handles(1);
        assert!(worked(0, Some(0.5)));
        assert!(!worked(0, Some(0.5)));
        handles(2);
        assert!(!worked(2, Some(0.5)));
        handles(3);
        assert!(worked(2, Some(0.5)));
        let mut born_since = Seen::default();
        born_since.look(&sight, 0, Some(0.5), now(), false);
        assert!(born_since.worked);
    }

    #[test]
    fn of_a_quiet_actor_each_command_is_timed_and_of_a_busy_one_few() {
        assert_eq!([0.0, 16.0, 100.0, 10_000.0].map(stride), [1, 1, 8, 1_024]);
    }
}
