//! The beginning of a story: who has crashed, over what, and what their supervisor makes of it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::limits::TOUCHED_NAMES;
use greenroom_protocol::{RoomId, UserId};
use serde_json::Value;

use super::capsule::{Capsule, Heard};
use super::chronicle::EventKind;
use super::shelf::{Awaits, Plot, Waiting};
use super::story::{Outcome, Story, What, people};
use super::{Observatory, millis, now};
use crate::address::Vitals;
use crate::census::ActorName;
use crate::clock;
use crate::dead_letters::PoisonCommand;
use crate::directory::{Directory, LivingSession};
use crate::room::Tape;
use crate::supervision::{Exit, Policy, Verdict};

/// Budgets look back for no longer.
const LOOK_BACK: Duration = Duration::from_secs(60);

/// What a supervisor makes of a child's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision {
    pub(crate) policy: &'static Policy,
    pub(crate) verdict: Verdict,
    /// Restarts in the window, this one included.
    pub(crate) in_window: usize,
}

/// The same, with who decided.
struct Decided<'a> {
    by: Option<&'a ActorName>,
    decision: Decision,
}

/// Who was there when an actor crashed.
pub(super) struct There {
    pub(super) living: Vec<(UserId, LivingSession)>,
    pub(super) rooms: Vec<RoomId>,
    /// All that die with it, itself included.
    touched: Vec<ActorName>,
}

impl Directory {
    /// An actor has failed. To be told before it is taken off the list of the living.
    pub(crate) fn crashed(&self, name: &ActorName, exit: &Exit, decision: Decision, tape: Option<Box<Tape>>) {
        let at = now();
        let vitals = self.census.vitals(name);
        let there = self.there(name);
        let by = self.census.supervisor(name);
        let blame = self.observatory.blame(name);
        let cause = match blame {
            Some("kill") => "killed by the fault laboratory",
            Some(_) | None => exit.reason(),
        };
        let by_lab = blame.is_some() || cause.contains("the fault laboratory");
        let decision = Decided { by: by.as_ref(), decision };
        let story = self.observatory.begin(name, by.as_ref(), (cause, by_lab), vitals.as_deref(), &there, at);
        let story = self.observatory.encapsulate(story, vitals.as_deref(), tape);
        let plot = Plot {
            n: story.n,
            name: name.clone(),
            at,
            fresh: None,
            unanswered: self.unanswered(&there, name),
            outboxes: there.living.iter().map(|(_, living)| Arc::clone(&living.outbox)).collect(),
            awaits: self.awaits(name, &there),
            over_at: None,
            late: false,
            first_told: false,
        };
        self.observatory.tell_beginning(story, plot, cause, &decision, &there);
    }

    /// Who is there, or below it.
    pub(super) fn there(&self, name: &ActorName) -> There {
        let mut there = There { living: Vec::new(), rooms: Vec::new(), touched: vec![name.clone()] };
        let all = || self.sessions().into_iter();
        match name {
            ActorName::Room(room) | ActorName::Relay(room, _) => {
                let seated = self.roster(room).into_iter().filter_map(|(session, _)| self.session(session));
                there.living = seated.map(|living| (living.person.user.id, living)).collect();
                there.rooms.push(room.clone());
            }
            ActorName::Session(session) => {
                there.living =
                    self.session(*session).into_iter().map(|living| (living.person.user.id, living)).collect();
            }
            ActorName::Shard(number) => {
                let below = all().filter(|(_, living)| living.shard == *number);
                for (session, living) in below {
                    there.touched.push(ActorName::Session(session));
                    there.living.push((living.person.user.id, living));
                }
            }
            ActorName::Engine
            | ActorName::Store
            | ActorName::Presence
            | ActorName::Lobby
            | ActorName::Rooms
            | ActorName::Sessions => {
                there.living = all().map(|(_, living)| (living.person.user.id, living)).collect();
                there.touched.extend(self.census.below(name));
                let rooms = there
                    .touched
                    .iter()
                    .filter_map(|name| if let ActorName::Room(room) = name { Some(room.clone()) } else { None });
                there.rooms = rooms.collect();
            }
        }
        there.touched.sort();
        there.touched.dedup();
        there
    }

    fn awaits(&self, name: &ActorName, there: &There) -> Awaits {
        match name {
            ActorName::Room(_) | ActorName::Relay(..) => Awaits::Room,
            ActorName::Rooms => {
                Awaits::Rooms(there.rooms.iter().filter(|room| self.seated_in(room) > 0).cloned().collect())
            }
            ActorName::Sessions | ActorName::Shard(_) | ActorName::Session(_) => {
                let gone: HashSet<UserId> = there.living.iter().map(|(user, _)| *user).collect();
                let then = self.sessions().into_iter().map(|(session, _)| session).collect();
                Awaits::People { of: gone.len(), gone, then }
            }
            ActorName::Engine | ActorName::Store | ActorName::Presence | ActorName::Lobby => Awaits::Part,
        }
    }

    /// The sends that wait for their answer there.
    fn unanswered(&self, there: &There, name: &ActorName) -> Vec<Waiting> {
        // Whose socket is closed sends again by themselves.
        if !matches!(name, ActorName::Room(_) | ActorName::Rooms | ActorName::Store) {
            return Vec::new();
        }
        let mut waiting = Vec::new();
        for (_, living) in &there.living {
            if living.outbox.ledger().sends.unanswered == 0 {
                continue;
            }
            let rooms =
                if let ActorName::Room(room) = name { vec![room.clone()] } else { self.seats_of(living.handle.id()) };
            for room in rooms {
                if let Some(last) = living.outbox.unanswered(&room).last() {
                    waiting.push(Waiting { outbox: Arc::clone(&living.outbox), room, last: last.number });
                }
            }
        }
        waiting
    }
}

impl There {
    pub(super) fn people(&self) -> usize {
        self.living.iter().map(|(user, _)| *user).collect::<BTreeSet<_>>().len()
    }
}

impl Observatory {
    fn begin(
        &self,
        name: &ActorName,
        by: Option<&ActorName>,
        (cause, by_lab): (&str, bool),
        vitals: Option<&Vitals>,
        there: &There,
        at: Instant,
    ) -> Story {
        let touched = there.touched.iter().take(TOUCHED_NAMES).map(ToString::to_string).collect();
        Story {
            n: self.stories.lock().next(),
            earlier: false,
            actor: name.to_string(),
            kind: name.kind().to_owned(),
            at: clock::now(),
            ms: self.ms(at),
            cause: cause.to_owned(),
            by_lab,
            command: vitals.and_then(Vitals::in_hand).map(str::to_owned),
            people: there.people(),
            sessions: there.living.len(),
            steps: Vec::new(),
            path: [Some(name), by].into_iter().flatten().map(ToString::to_string).collect(),
            touched,
            touched_count: there.touched.len(),
            outcome: Outcome::Open,
            took_ms: None,
            restored_events: None,
            replayed: None,
            lost: None,
            doubled: None,
            waited: None,
            end: None,
            capsule: None,
        }
    }

    /// Keeps what is needed to see the crash again.
    fn encapsulate(&self, mut story: Story, vitals: Option<&Vitals>, tape: Option<Box<Tape>>) -> Story {
        let Some((vitals, gauge)) = vitals.and_then(|vitals| Some((vitals, vitals.measured()?))) else { return story };
        let mut stories = self.stories.lock();
        if stories.shelf.is_none() {
            return story;
        }
        let taken = vitals.handled() + u64::from(vitals.in_hand().is_some());
        let heard = |heard: super::gauge::Heard| Heard { kind: vitals.kind(heard.kind).to_owned(), bytes: heard.bytes };
        let capsule = Capsule {
            capsule: Capsule::form(),
            story: story.n,
            actor: story.actor.clone(),
            at: story.at,
            cause: story.cause.clone(),
            by_lab: story.by_lab,
            command: story.command.clone(),
            last: gauge.last(taken).into_iter().map(heard).collect(),
            room: tape.map(|tape| tape.into_taped()),
        };
        let name = format!("{}-{}.json", story.n, story.actor.replace(':', "-"));
        story.capsule = Some(name.clone());
        stories.capsules.push((name, capsule));
        story
    }

    fn tell_beginning(&self, mut story: Story, plot: Plot, cause: &str, decision: &Decided<'_>, there: &There) {
        let (name, n) = (plot.name.clone(), story.n);
        self.count_restart(&name, plot.at, decision.verdict);
        if let Verdict::Quarantine(time) = decision.verdict {
            self.aside.lock().insert(name.clone(), plot.at + time);
        }
        story.waited = waited(&name, &story, &plot);
        let over = story.command.as_ref().map(|command| format!(" in {command}")).unwrap_or_default();
        let crashed = format!("{name} crashed{over}");
        story.step(0.0, What::Crashed, format!("crashed{over}: {cause}"), &[]);
        if there.touched.len() > 1 {
            let count = |kind: &str| there.touched.iter().filter(|name| name.kind() == kind).count();
            let (rooms, sessions) = (count("room"), count("session"));
            let text = format!("{rooms} rooms and {sessions} sessions fell with it");
            story.step(0.0, What::FellWithIt, text, &[("rooms", rooms.into()), ("sessions", sessions.into())]);
        }
        let decided = decision.in_words();
        story.step(millis(plot.at.elapsed()), What::Decided, decided.clone(), &decision.numbers());
        let kind = conclude(&mut story, decision);
        let open = story.is_open();
        self.note(&name, EventKind::Crash, crashed, Some(cause), Some(n));
        self.note(&name, kind, format!("{name}: {decided}"), None, Some(n));
        let mut stories = self.stories.lock();
        // Whatever is still told of this actor, or of one that has fallen with it, breaks off here.
        let overtaken: Vec<u64> = stories
            .plots
            .extract_if(.., |plot| plot.name == name || there.touched.contains(&plot.name))
            .map(|plot| plot.n)
            .collect();
        stories.begin(story);
        if open {
            stories.plots.push(plot);
        }
        for earlier in overtaken {
            stories.tell(earlier, |story| {
                story.ends(Outcome::Unfinished, format!("broken off: {name} crashed before all was as before"));
            });
        }
        drop(stories);
        self.news.notify_one();
    }
}

/// Who waits while it is away: those who sit in a room, those whose sends go through the store.
fn waited(name: &ActorName, story: &Story, plot: &Plot) -> Option<usize> {
    match name {
        ActorName::Store => {
            let senders: BTreeSet<_> = plot.unanswered.iter().map(|waiting| Arc::as_ptr(&waiting.outbox)).collect();
            Some(senders.len())
        }
        ActorName::Presence | ActorName::Lobby => Some(0),
        ActorName::Engine
        | ActorName::Rooms
        | ActorName::Sessions
        | ActorName::Shard(_)
        | ActorName::Room(_)
        | ActorName::Relay(..)
        | ActorName::Session(_) => Some(story.people),
    }
}

/// Where the decision is the end of the story, ends it. Says what has happened.
fn conclude(story: &mut Story, decision: &Decided<'_>) -> EventKind {
    let ms = story.steps.last().map_or(0.0, |step| step.ms);
    match decision.verdict {
        Verdict::Restart(_) | Verdict::Forget => EventKind::Decision,
        Verdict::Quarantine(time) => {
            let there = people(story.people, "sat there");
            let end = format!("quarantined for {} s, {there}", time.as_secs());
            story.step(ms, What::Quarantined, end.clone(), &[]);
            story.ends(Outcome::Quarantined, end);
            EventKind::Quarantine
        }
        Verdict::Escalate => {
            let to = decision.by();
            let end = format!("escalated to {to}{}", if to == "engine" { ": the process ends" } else { "" });
            story.step(ms, What::Escalated, end.clone(), &[]);
            story.ends(Outcome::Escalated, end);
            EventKind::Escalate
        }
    }
}

impl Decided<'_> {
    fn by(&self) -> String {
        self.by.map_or_else(|| "the process".to_owned(), ToString::to_string)
    }

    fn in_words(&self) -> String {
        let (by, budget) = (self.by(), self.policy.budget);
        let (limit, window) = (budget.restarts, budget.within.as_secs());
        let already = format!("it was started again {limit} times in {window} s already");
        match self.verdict {
            Verdict::Forget => format!("{by} does not start it again: its client's reconnect is its restart"),
            Verdict::Restart(wait) => {
                let when = if wait.is_zero() { "at once".to_owned() } else { format!("in {} ms", wait.as_millis()) };
                format!("{by} starts it again {when}: {} of {limit} in {window} s", self.in_window)
            }
            Verdict::Quarantine(time) => format!("{by} puts it aside for {} s: {already}", time.as_secs()),
            Verdict::Escalate => format!("{by} fails, too: {already}"),
        }
    }

    fn numbers(&self) -> Vec<(&'static str, Value)> {
        let mut numbers: Vec<(&'static str, Value)> = vec![("by", self.by().into())];
        if !matches!(self.verdict, Verdict::Forget) {
            let budget = self.policy.budget;
            let in_window = if matches!(self.verdict, Verdict::Restart(_)) { self.in_window } else { budget.restarts };
            numbers.push(("in_window", in_window.into()));
            numbers.push(("limit", budget.restarts.into()));
            numbers.push(("window_s", budget.within.as_secs().into()));
        }
        if let Verdict::Restart(wait) = self.verdict {
            numbers.push(("wait_ms", millis(wait).into()));
        }
        numbers
    }
}

impl std::ops::Deref for Decided<'_> {
    type Target = Decision;

    fn deref(&self) -> &Decision {
        &self.decision
    }
}

/// What actors tell of their coming back.
impl Observatory {
    /// Counts a restart, for as long as a budget looks back.
    fn count_restart(&self, name: &ActorName, at: Instant, verdict: Verdict) {
        let mut restarts = self.restarts.lock();
        restarts.retain(|(_, at)| at.elapsed() < LOOK_BACK);
        match verdict {
            Verdict::Restart(_) => restarts.push((name.clone(), at)),
            Verdict::Quarantine(_) | Verdict::Escalate => restarts.retain(|(of, _)| of != name),
            Verdict::Forget => {}
        }
    }

    /// How often an actor was started again within this time.
    pub(super) fn restarts_of(&self, name: &ActorName, within: Duration) -> usize {
        self.restarts.lock().iter().filter(|(of, at)| of == name && at.elapsed() < within).count()
    }

    /// How often anybody was.
    pub(super) fn restarts_within(&self, within: Duration) -> usize {
        self.restarts.lock().iter().filter(|(_, at)| at.elapsed() < within).count()
    }

    /// An incarnation lives, after one that has crashed or for the first time.
    pub(crate) fn born(&self, name: &ActorName, again: bool, vitals: &Arc<Vitals>) {
        let mut n = None;
        self.aside.lock().remove(name);
        if again {
            let mut stories = self.stories.lock();
            if let Some(plot) = stories.plot(name) {
                let (story, ms) = (plot.n, millis(plot.at.elapsed()));
                plot.fresh = Some(Arc::clone(vitals));
                n = Some(story);
                stories.tell(story, |story| story.step(ms, What::Restarted, format!("a fresh {name} lives"), &[]));
                // Of a room, only what people say counts; it tells that itself.
                if !matches!(name, ActorName::Room(_)) {
                    vitals.freshen();
                }
            }
        }
        if matches!(name, ActorName::Session(_)) {
            self.session_came();
        } else if again {
            self.note(name, EventKind::Restart, format!("{name} was started again"), None, n);
        } else {
            self.note(name, EventKind::Spawn, format!("{name} was started"), None, n);
        }
    }

    /// A command has failed its room twice, and is set aside.
    pub(crate) fn set_aside(&self, room: &RoomId, command: &PoisonCommand, cause: &str) {
        let what = match command {
            PoisonCommand::Send { id, .. } => format!("the message {id}"),
            PoisonCommand::Join { session, .. } => format!("a join of session:{session}"),
        };
        let (name, text) =
            (ActorName::Room(room.clone()), format!("{what} has failed room:{room} twice, and is set aside"));
        self.note(&name, EventKind::DeadLetter, text, Some(cause), None);
    }

    /// An actor is gone, and nobody starts it again.
    pub(crate) fn gone(&self, name: &ActorName, by_itself: bool) {
        if matches!(name, ActorName::Session(_)) {
            return self.session_went();
        }
        if !by_itself {
            return;
        }
        let mut stories = self.stories.lock();
        let plots = stories.plots.extract_if(.., |plot| plot.name == *name).map(|plot| plot.n).collect::<Vec<_>>();
        for n in &plots {
            let end = "ended: nobody wanted to be there any longer, so it was not started again".to_owned();
            stories.tell(*n, |story| story.ends(Outcome::Ended, end));
        }
        drop(stories);
        self.note(name, EventKind::Stop, format!("{name} has ended"), None, plots.first().copied());
    }

    /// Whether somebody wants to know when a room's people are back.
    pub(crate) fn follows(&self, room: &RoomId) -> bool {
        self.stories.lock().plots.iter().any(|plot| match (&plot.name, &plot.awaits) {
            (name, Awaits::Room) => *name == ActorName::Room(room.clone()),
            (_, Awaits::Rooms(rooms)) => rooms.contains(room),
            (_, Awaits::Part | Awaits::People { .. }) => false,
        })
    }

    /// An actor has made its state again, of so many events, sessions or others.
    pub(crate) fn restored(&self, name: &ActorName, text: String, events: u64, took: Duration) {
        let mut stories = self.stories.lock();
        let Some(plot) = stories.plot(name) else { return };
        let (n, ms) = (plot.n, millis(plot.at.elapsed()));
        stories.tell(n, |story| {
            story.restored_events = Some(events);
            story.step(ms, What::Restored, text, &[("events", events.into()), ("took_ms", millis(took).into())]);
        });
    }

    /// What has happened in a room since its crash.
    pub(crate) fn in_room(&self, room: &RoomId, what: What, text: String, numbers: &[(&str, Value)]) {
        let mut stories = self.stories.lock();
        let Some(plot) = stories.plot(&ActorName::Room(room.clone())) else { return };
        let (n, ms) = (plot.n, millis(plot.at.elapsed()));
        stories.tell(n, |story| story.step(ms, what, text, numbers));
    }

    /// All who were in a room are back, and what they said again is settled.
    pub(crate) fn caught_up(&self, room: &RoomId, replayed: u64) {
        let mut stories = self.stories.lock();
        let mut told = Vec::new();
        for plot in &mut stories.plots {
            let awaited = match &mut plot.awaits {
                Awaits::Room => plot.name == ActorName::Room(room.clone()),
                Awaits::Rooms(rooms) => rooms.remove(room),
                Awaits::Part | Awaits::People { .. } => false,
            };
            if awaited {
                plot.over_at = Some(now());
                told.push(plot.n);
            }
        }
        for n in told {
            stories.tell(n, |story| story.replayed = Some(story.replayed.unwrap_or(0) + replayed));
        }
        drop(stories);
        self.news.notify_one();
    }

    /// A room submits to a fresh store what the dead one may not have taken.
    pub(crate) fn submitted_again(&self, commands: u64) {
        let mut stories = self.stories.lock();
        let Some(plot) = stories.plot(&ActorName::Store) else { return };
        let n = plot.n;
        stories.tell(n, |story| story.replayed = Some(story.replayed.unwrap_or(0) + commands));
    }
}
