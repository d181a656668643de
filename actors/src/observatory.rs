//! What is seen of the actors from outside: how each is doing, what has happened, and each crash as a story.
//!
//! What costs something on a message's way is in [`gauge`]: a few relaxed stores, and a clock only while somebody watches.
//! All else is written where actors are born and buried ([`crash`]), told in the background ([`narrator`]), and worked out
//! when somebody looks ([`board`], [`view`]).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use greenroom_protocol::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::census::ActorName;
use crate::clock;

mod blast;
mod board;
mod capsule;
mod change;
mod chronicle;
mod crash;
mod detail;
mod gauge;
mod histogram;
mod kinds;
mod narrator;
mod observer;
mod shelf;
mod story;
mod view;

pub use blast::BlastRadius;
pub use capsule::{Capsule, Heard, NoCapsule, Replayed};
pub use chronicle::{Event, EventKind};
pub(crate) use crash::Decision;
pub use gauge::{Gauge, InHand};
pub use kinds::Told;
pub(crate) use kinds::kinds;
pub(crate) use narrator::Narrator;
pub use observer::{Observer, StoriesPage};
pub use story::{Outcome, Step, Story, What};
pub use view::{NoSuchFrame, View};

use board::Board;
use chronicle::Chronicle;
use shelf::Stories;

/// What is known of the actors for observers.
pub(crate) struct Observatory {
    started: Instant,
    started_at: Timestamp,
    chronicle: Mutex<Chronicle>,
    stories: Mutex<Stories>,
    board: Mutex<Board>,
    /// Whom the laboratory has hurt, and when: what they die of soon after is its doing.
    hurt: Mutex<HashMap<ActorName, (Instant, &'static str)>>,
    /// Rooms that are put aside, and until when.
    aside: Mutex<HashMap<ActorName, Instant>>,
    /// Who was started again within the last minute, and when.
    restarts: Mutex<Vec<(ActorName, Instant)>>,
    /// Sessions that have begun and ended since that was last noted.
    came: AtomicU64,
    went: AtomicU64,
    observers: AtomicUsize,
    /// Whether rooms record all that they are told, so that a crash can be replayed.
    records: AtomicBool,
    /// Something has happened that is a part of a story.
    news: Notify,
}

/// For so long after the laboratory has hurt an actor its death is the laboratory's doing: the watchdog is the slowest.
const BLAME: Duration = Duration::from_secs(10);

impl Default for Observatory {
    fn default() -> Self {
        Self {
            started: now(),
            started_at: clock::now(),
            chronicle: Mutex::default(),
            stories: Mutex::default(),
            board: Mutex::default(),
            hurt: Mutex::default(),
            aside: Mutex::default(),
            restarts: Mutex::default(),
            came: AtomicU64::new(0),
            went: AtomicU64::new(0),
            observers: AtomicUsize::new(0),
            records: AtomicBool::new(false),
            news: Notify::new(),
        }
    }
}

impl Observatory {
    /// Milliseconds since the engine's start.
    pub(crate) fn ms(&self, at: Instant) -> f64 {
        millis(at.saturating_duration_since(self.started))
    }

    /// Rooms record all that they are told from now on.
    pub(crate) fn record(&self) {
        self.records.store(true, Ordering::Relaxed);
    }

    pub(crate) fn records(&self) -> bool {
        self.records.load(Ordering::Relaxed)
    }

    /// The laboratory does something to an actor.
    pub(crate) fn hurts(&self, name: &ActorName, what: &'static str, text: String) {
        let mut hurt = self.hurt.lock();
        hurt.retain(|_, (since, _)| since.elapsed() < BLAME);
        // Nobody dies of a flood.
        if what != "flood" {
            hurt.insert(name.clone(), (now(), what));
        }
        drop(hurt);
        self.note(name, EventKind::Lab, text, None, None);
    }

    /// What the laboratory did to an actor just now.
    fn blame(&self, name: &ActorName) -> Option<&'static str> {
        let (since, what) = self.hurt.lock().remove(name)?;
        (since.elapsed() < BLAME).then_some(what)
    }

    /// Notes what has happened to an actor.
    pub(crate) fn note(
        &self,
        name: &ActorName,
        kind: EventKind,
        text: String,
        cause: Option<&str>,
        story: Option<u64>,
    ) {
        let ms = self.ms(now());
        self.chronicle.lock().note(ms, name.to_string(), kind, text, cause.map(str::to_owned), story);
    }

    /// A session has begun. Thousands may at once, so they are told together.
    pub(crate) fn session_came(&self) {
        self.came.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn session_went(&self) {
        self.went.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells of the sessions that have begun and ended since the last time.
    fn gather_sessions(&self) {
        let (came, went) = (self.came.swap(0, Ordering::Relaxed), self.went.swap(0, Ordering::Relaxed));
        if came + went > 0 {
            let text = format!("{came} sessions began, {went} ended");
            self.note(&ActorName::Sessions, EventKind::Sessions, text, None, None);
        }
    }
}

/// The runtime's clock, which tests may pause.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Milliseconds with three decimals.
pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
