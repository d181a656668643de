//! Who will be touched if an actor crashes now.

use std::collections::BTreeSet;

use greenroom_protocol::limits::TOUCHED_NAMES;
use serde::Serialize;

use super::board::policy;
use super::observer::Observer;
use super::story::people;
use crate::census::ActorName;
use crate::directory::Directory;
use crate::supervision::{Escalation, Policy, Restart};

/// Who will be touched if an actor crashes now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlastRadius {
    /// Who crashes.
    pub actor: String,
    /// What kind of actor that is.
    pub kind: &'static str,
    /// Who decides; nobody for the engine.
    pub supervisor: Option<String>,
    /// People who are there, or online below it.
    pub people: usize,
    /// Their sessions.
    pub sessions: usize,
    /// Rooms that are touched: the first of them.
    pub rooms: Vec<String>,
    /// How many that are.
    pub rooms_count: usize,
    /// Actors that die and are started again: the first of them.
    pub restarts: Vec<String>,
    /// How many that are.
    pub restarts_count: usize,
    /// Sockets that are closed.
    pub sockets_closed: usize,
    /// Whether the process ends.
    pub process_ends: bool,
    /// Restarts that count now.
    pub in_window: Option<usize>,
    /// How many are bearable.
    pub limit: Option<usize>,
    /// Within so many seconds.
    pub window_s: Option<u64>,
    /// What its supervisor will decide: `restart`, `quarantine`, `escalate` or `never`.
    pub next: &'static str,
    /// All of it as a sentence or two.
    pub text: String,
}

impl Observer {
    /// Who will be touched if an actor crashes now; nothing where nobody of that name lives.
    #[must_use]
    pub fn blast_radius(&self, name: &ActorName) -> Option<BlastRadius> {
        let directory = self.directory();
        directory.census.vitals(name)?;
        if let ActorName::Relay(room, _) = name {
            return self.blast_radius(&ActorName::Room(room.clone())).map(|radius| radius.with_cause_below(name));
        }
        let supervisor = directory.census.supervisor(name);
        let policy = policy(name).filter(|policy| policy.restart != Restart::Temporary);
        let in_window = policy.map(|policy| directory.observatory.restarts_of(name, policy.budget.within));
        let next = next(policy, in_window);
        let there = directory.there(name);
        let touched = escalated(directory, name, next);
        let rooms = rooms(directory, name, &there.rooms);
        let process_ends = *name == ActorName::Engine || next == "escalate" && supervisor == Some(ActorName::Engine);
        let closed = match name {
            _ if process_ends => directory.session_count(),
            ActorName::Session(_) => 1,
            ActorName::Shard(_) if next == "escalate" => directory.session_count(),
            ActorName::Shard(_) | ActorName::Sessions => there.living.len(),
            ActorName::Engine
            | ActorName::Store
            | ActorName::Presence
            | ActorName::Lobby
            | ActorName::Rooms
            | ActorName::Room(_)
            | ActorName::Relay(..) => 0,
        };
        let mut radius = BlastRadius {
            actor: name.to_string(),
            kind: name.kind(),
            supervisor: supervisor.map(|by| by.to_string()),
            people: there.people(),
            sessions: there.living.len(),
            rooms_count: rooms.len(),
            rooms: rooms.into_iter().take(TOUCHED_NAMES).collect(),
            restarts_count: touched.len(),
            restarts: touched.iter().take(TOUCHED_NAMES).map(ToString::to_string).collect(),
            sockets_closed: closed,
            process_ends,
            in_window,
            limit: policy.map(|policy| policy.budget.restarts),
            window_s: policy.map(|policy| policy.budget.within.as_secs()),
            next,
            text: String::new(),
        };
        radius.text = radius.in_words();
        Some(radius)
    }
}

fn next(policy: Option<&Policy>, in_window: Option<usize>) -> &'static str {
    let Some(policy) = policy else { return "never" };
    if in_window < Some(policy.budget.restarts) {
        return "restart";
    }
    match policy.escalation {
        Escalation::Fail => "escalate",
        Escalation::Quarantine(_) => "quarantine",
    }
}

/// Who dies and comes back.
fn escalated(directory: &Directory, name: &ActorName, next: &str) -> BTreeSet<ActorName> {
    let mut touched = BTreeSet::new();
    if matches!(name, ActorName::Engine | ActorName::Session(_)) || next == "quarantine" {
        return touched;
    }
    let top = match directory.census.supervisor(name) {
        Some(ActorName::Engine) if next == "escalate" => return touched,
        Some(by) if next == "escalate" => by,
        Some(_) | None => name.clone(),
    };
    touched.extend(directory.census.below(&top).into_iter().filter(|name| !matches!(name, ActorName::Session(_))));
    touched.insert(top);
    touched
}

/// Rooms whose people notice, if only by waiting.
fn rooms(directory: &Directory, name: &ActorName, below: &[greenroom_protocol::RoomId]) -> BTreeSet<String> {
    match name {
        ActorName::Session(session) => directory.seats_of(*session).iter().map(ToString::to_string).collect(),
        ActorName::Store => {
            let living = directory.census.below(&ActorName::Rooms).into_iter();
            living
                .filter_map(|name| if let ActorName::Room(room) = name { Some(room.to_string()) } else { None })
                .collect()
        }
        ActorName::Engine
        | ActorName::Presence
        | ActorName::Lobby
        | ActorName::Rooms
        | ActorName::Sessions
        | ActorName::Shard(_)
        | ActorName::Room(_)
        | ActorName::Relay(..) => below.iter().map(ToString::to_string).collect(),
    }
}

impl BlastRadius {
    /// The same, where what crashes is an actor below that fails this one.
    fn with_cause_below(self, name: &ActorName) -> Self {
        Self {
            text: format!("{name} fails its room with it. {}", self.text),
            supervisor: Some(self.actor),
            actor: name.to_string(),
            kind: name.kind(),
            ..self
        }
    }

    fn in_words(&self) -> String {
        let Self { actor, people: count, sockets_closed: closed, .. } = self;
        if self.process_ends {
            let online = people(*count, if *count == 1 { "is" } else { "are" });
            return format!("{actor} takes the whole process with it. {online} cut off until it is started again.");
        }
        let by = self.supervisor.as_deref().unwrap_or("nobody");
        let (limit, window) = (self.limit.unwrap_or(0), self.window_s.unwrap_or(0));
        let nth = self.in_window.unwrap_or(0) + 1;
        let decision = match self.next {
            "restart" => format!("{actor} is started again by {by} (this will be {nth} of {limit} in {window} s)."),
            "quarantine" => {
                format!("{actor} has used up its {limit} restarts in {window} s: {by} puts it aside for a minute.")
            }
            "escalate" => format!("{actor} has used up its {limit} restarts in {window} s: {by} fails, too."),
            _ => format!("{actor} is not started again; its client reconnects."),
        };
        let children = self.restarts_count.saturating_sub(1);
        let below = if children > 0 {
            format!(" {children} actors below it die with it and come back.")
        } else {
            String::new()
        };
        let felt = match (self.next, self.kind) {
            ("quarantine", _) => format!(
                " {} that they are to come again later.",
                people(*count, if *count == 1 { "is told" } else { "are told" })
            ),
            (_, "room") => format!(
                " {} there; they keep their sockets, and wait for a moment.",
                people(*count, if *count == 1 { "sits" } else { "sit" })
            ),
            _ if *closed == 1 => " 1 socket is closed, and resumes by itself.".to_owned(),
            _ if *closed > 0 => format!(" {closed} sockets are closed, and resume by themselves."),
            _ => format!(" No socket is closed; {} online.", people(*count, if *count == 1 { "is" } else { "are" })),
        };
        format!("{decision}{below}{felt}")
    }
}
