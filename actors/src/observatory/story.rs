//! A crash as a story: what happened, one step after the other, and what was measured in the end.

use greenroom_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A crash, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Its number, over all lives of the data directory.
    pub n: u64,
    /// Whether an earlier process told it.
    #[serde(default)]
    pub earlier: bool,
    /// Who has crashed.
    pub actor: String,
    /// What kind of actor that is.
    pub kind: String,
    /// When, for people.
    pub at: Timestamp,
    /// Milliseconds since the engine's start.
    pub ms: f64,
    /// Why.
    pub cause: String,
    /// Whether the laboratory did it.
    pub by_lab: bool,
    /// The kind of the command in hand.
    pub command: Option<String>,
    /// People who were there, or online below it.
    pub people: usize,
    /// Their sessions.
    pub sessions: usize,
    /// What happened, in its order.
    pub steps: Vec<Step>,
    /// From whoever has crashed up to the supervisor that decided.
    pub path: Vec<String>,
    /// All that died or were started again with it: the first of them.
    pub touched: Vec<String>,
    /// How many that were.
    pub touched_count: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// From the crash until all was as before.
    pub took_ms: Option<f64>,
    /// Events that were read to restore the state.
    pub restored_events: Option<u64>,
    /// Commands that were said again.
    pub replayed: Option<u64>,
    /// What the ledgers miss.
    pub lost: Option<u64>,
    /// What the ledgers have too much.
    pub doubled: Option<u64>,
    /// People who waited.
    pub waited: Option<usize>,
    /// The end as a sentence.
    pub end: Option<String>,
    /// The file from which the crash can be replayed.
    pub capsule: Option<String>,
}

/// A step of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Milliseconds since the crash.
    pub ms: f64,
    /// What happened.
    pub what: What,
    /// The same as a sentence.
    pub text: String,
    /// The numbers in it.
    #[serde(flatten)]
    pub numbers: Map<String, Value>,
}

/// What may happen in a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The actor failed.
    Crashed,
    /// Its supervisor has decided.
    Decided,
    /// Those below it died with it.
    FellWithIt,
    /// A fresh one lives.
    Restarted,
    /// Its state was made again.
    Restored,
    /// It has handled the first command.
    FirstHandled,
    /// All who were there are back.
    CameBack,
    /// What was unanswered was said again, and is settled.
    Replayed,
    /// All is as before.
    CaughtUp,
    /// The ledgers were looked at.
    Audited,
    /// It was put aside.
    Quarantined,
    /// Its supervisor fails, too.
    Escalated,
    /// People whose sockets were closed have come back.
    Reconnected,
}

/// How a story ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It goes on.
    Open,
    /// All is as before.
    Recovered,
    /// The actor was put aside for a while.
    Quarantined,
    /// Its supervisor has failed, too.
    Escalated,
    /// The actor is not started again, and needs not be.
    Ended,
    /// It had not recovered when the story broke off.
    Unfinished,
}

impl Story {
    /// Adds a step.
    pub(crate) fn step(&mut self, ms: f64, what: What, text: String, numbers: &[(&str, Value)]) {
        let numbers = numbers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let at = self.steps.partition_point(|step| step.ms <= ms);
        self.steps.insert(at, Step { ms, what, text, numbers });
    }

    pub(crate) fn is_open(&self) -> bool {
        self.outcome == Outcome::Open
    }

    /// Ends well: after `took_ms`, with what the ledgers say, where they were looked at.
    pub(crate) fn recovered(&mut self, took_ms: f64, balance: Option<Found>) {
        let balance = balance.map(|Found { lost, doubled }| (lost, doubled));
        self.outcome = Outcome::Recovered;
        self.took_ms = Some(took_ms);
        (self.lost, self.doubled) = (balance.map(|(lost, _)| lost), balance.map(|(_, doubled)| doubled));
        let ledgers = balance.map(|(lost, doubled)| format!(", {lost} lost, {doubled} doubled")).unwrap_or_default();
        let waited = self.waited.map(|waited| format!(", {}", people(waited, "waited"))).unwrap_or_default();
        self.end = Some(format!("recovered in {}{ledgers}{waited}", in_words(took_ms)));
    }

    /// Ends otherwise.
    pub(crate) fn ends(&mut self, outcome: Outcome, end: String) {
        self.outcome = outcome;
        self.end = Some(end);
    }
}

/// What an audit has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
}

impl Found {
    /// Adds what an account has too little (below zero) or too much.
    pub(crate) fn add(&mut self, left_over: i64) {
        if left_over < 0 {
            self.lost += left_over.unsigned_abs();
        } else {
            self.doubled += left_over.unsigned_abs();
        }
    }
}

/// A time for a sentence.
pub(crate) fn in_words(ms: f64) -> String {
    if ms >= 10_000.0 {
        format!("{:.1} s", ms / 1_000.0)
    } else if ms >= 10.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// So many people do something.
pub(crate) fn people(count: usize, do_what: &str) -> String {
    if count == 1 { format!("1 person {do_what}") } else { format!("{count} people {do_what}") }
}

#[cfg(test)]
pub(crate) fn a_story(n: u64) -> Story {
    Story {
        n,
        earlier: false,
        actor: "room:green".into(),
        kind: "room".into(),
        at: crate::clock::now(),
        ms: 1.0,
        cause: "boom".into(),
        by_lab: true,
        command: Some("post".into()),
        people: 14,
        sessions: 15,
        steps: Vec::new(),
        path: Vec::new(),
        touched: Vec::new(),
        touched_count: 0,
        outcome: Outcome::Open,
        took_ms: None,
        restored_events: None,
        replayed: None,
        lost: None,
        doubled: None,
        waited: Some(14),
        end: None,
        capsule: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_ends_with_what_was_measured() {
        let mut story = a_story(1);
        story.step(12.3, What::CaughtUp, "all is as before".into(), &[]);
        story.step(0.0, What::Crashed, "crashed".into(), &[]);
        assert_eq!(story.steps[0].what, What::Crashed, "steps are in the order of their time");
        let mut found = Found::default();
        found.add(-2);
        found.add(1);
        story.recovered(12.3, Some(found));
        assert_eq!(story.end.as_deref(), Some("recovered in 12 ms, 2 lost, 1 doubled, 14 people waited"));
        assert_eq!((story.lost, story.doubled, story.is_open()), (Some(2), Some(1), false));
    }

    #[test]
    fn a_story_is_read_as_it_was_written() {
        let mut story = a_story(7);
        story.step(0.5, What::Restored, "200 events".into(), &[("events", 200.into())]);
        let read: Story = serde_json::from_str(&serde_json::to_string(&story).unwrap()).unwrap();
        assert_eq!(read, story);
    }
}
