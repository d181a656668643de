//! What has happened, newest last: bounded, and in memory only.

use std::collections::VecDeque;

use greenroom_protocol::Timestamp;
use greenroom_protocol::limits::OBSERVED_EVENTS;
use serde::Serialize;

use crate::clock;

/// Something that has happened to an actor.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// 1, 2, 3 … since the start.
    pub n: u64,
    /// Milliseconds since the engine's start.
    pub ms: f64,
    /// When, for people.
    pub at: Timestamp,
    /// To whom.
    pub actor: String,
    /// What.
    pub kind: EventKind,
    /// The same as a sentence.
    pub text: String,
    /// Why, where there is a reason.
    pub cause: Option<String>,
    /// The story that it is a part of.
    pub story: Option<u64>,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It was started.
    Spawn,
    /// It has ended by itself.
    Stop,
    /// It has failed.
    Crash,
    /// Its supervisor has decided what comes of that.
    Decision,
    /// It was started again.
    Restart,
    /// All is as it was before the crash.
    CaughtUp,
    /// It was put aside for a while.
    Quarantine,
    /// Its supervisor fails, too.
    Escalate,
    /// A command was set aside.
    DeadLetter,
    /// Somebody did something in the laboratory.
    Lab,
    /// Sessions began and ended.
    Sessions,
}

/// The newest events.
#[derive(Debug, Default)]
pub(crate) struct Chronicle {
    last: u64,
    events: VecDeque<Event>,
}

impl Chronicle {
    pub(crate) fn note(
        &mut self,
        ms: f64,
        actor: String,
        kind: EventKind,
        text: String,
        cause: Option<String>,
        story: Option<u64>,
    ) {
        self.last += 1;
        self.events.push_back(Event { n: self.last, ms, at: clock::now(), actor, kind, text, cause, story });
        if self.events.len() > OBSERVED_EVENTS {
            self.events.pop_front();
        }
    }

    /// The number of the newest.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// At most so many of those after `n`, the newest of them, oldest first; and how many others there were.
    pub(crate) fn after(&self, n: u64, most: usize) -> (Vec<Event>, u64) {
        let new = usize::try_from(self.last - n.min(self.last)).unwrap_or(usize::MAX);
        let told = new.min(most).min(self.events.len());
        let events = self.events.range(self.events.len() - told..).cloned().collect();
        (events, (new - told) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_told_and_the_others_counted() {
        let mut chronicle = Chronicle::default();
        for _ in 0..OBSERVED_EVENTS + 5 {
            chronicle.note(0.0, "room:green".into(), EventKind::Spawn, String::new(), None, None);
        }
        let last = OBSERVED_EVENTS as u64 + 5;
        let (events, skipped) = chronicle.after(last - 30, 20);
        assert_eq!((events[0].n, events.len(), skipped), (last - 19, 20, 10));
        assert_eq!(chronicle.after(last, 20).0.len(), 0);
        let (events, skipped) = chronicle.after(0, usize::MAX);
        assert_eq!((events.len(), skipped), (OBSERVED_EVENTS, 5), "older ones are forgotten");
    }
}
