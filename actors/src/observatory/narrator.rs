//! The rest of a story: what happens after the crash, and the audit in the end. Told in the background.

use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::limits::{STORY, STORY_RECONNECT};

use super::chronicle::EventKind;
use super::gauge::Gauge;
use super::shelf::{Awaits, Plot, Stories, Waiting};
use super::story::{Found, Outcome, Story, What, in_words, people};
use super::{millis, now};
use crate::address::Vitals;
use crate::census::ActorName;
use crate::directory::Directory;

/// Time between two looks while a story goes on. What happens to actors is noted when it happens; only the waiting for
/// answers and for people is as coarse as this.
const LOOK: Duration = Duration::from_millis(2);

/// The same after [`SOON`].
const LOOK_LATER: Duration = Duration::from_millis(25);

/// Most stories are over by then.
const SOON: Duration = Duration::from_millis(250);

/// Time between two looks while nothing is told.
const IDLE: Duration = Duration::from_millis(500);

/// A part that nobody asks for anything for so long after its restart is well.
const QUIET: Duration = Duration::from_secs(2);

/// Tells stories to their end.
pub(crate) struct Narrator {
    directory: Arc<Directory>,
}

/// What is to be done with a story.
enum Turn {
    Wait,
    /// All that it waited for has happened, at this moment.
    End(Instant),
    BreakOff,
}

impl Narrator {
    pub(crate) fn new(directory: Arc<Directory>) -> Self {
        Self { directory }
    }

    /// Goes on until the engine ends.
    pub(crate) async fn run(self) {
        let mut fatal = self.directory.fatal();
        loop {
            tokio::select! {
                _ended = fatal.wait_for(Option::is_some) => break,
                () = self.directory.observatory.news.notified() => {}
                () = tokio::time::sleep(self.pace()) => {}
            }
            self.directory.observatory.gather_sessions();
            self.look().await;
            self.directory.observatory.keep_told().await;
        }
        self.directory.observatory.keep_told().await;
    }

    fn pace(&self) -> Duration {
        let stories = self.directory.observatory.stories.lock();
        match stories.plots.iter().map(|plot| plot.at.elapsed()).min() {
            None => IDLE,
            Some(age) if age < SOON => LOOK,
            Some(_) => LOOK_LATER,
        }
    }

    /// Looks at each story that goes on.
    async fn look(&self) {
        let ended = {
            let mut stories = self.directory.observatory.stories.lock();
            let mut plots = std::mem::take(&mut stories.plots);
            let turns: Vec<Turn> = plots.iter_mut().map(|plot| self.turn(plot, &mut stories)).collect();
            let mut ended = Vec::new();
            for (plot, turn) in plots.into_iter().zip(turns) {
                match turn {
                    Turn::Wait => stories.plots.push(plot),
                    Turn::End(_) | Turn::BreakOff => ended.push((plot, turn)),
                }
            }
            ended
        };
        for (plot, turn) in ended {
            match turn {
                Turn::End(at) => self.end(&plot, at).await,
                Turn::BreakOff | Turn::Wait => self.break_off(&plot),
            }
        }
    }

    fn turn(&self, plot: &mut Plot, stories: &mut Stories) -> Turn {
        let at = self.happened(plot, stories);
        let answered = is_answered(&mut plot.unanswered);
        match at {
            Some(at) if answered => Turn::End(if plot.late { now() } else { at }),
            _ if plot.at.elapsed() > STORY => Turn::BreakOff,
            at => {
                plot.late |= at.is_some();
                Turn::Wait
            }
        }
    }

    /// When all has happened that the story waits for.
    fn happened(&self, plot: &mut Plot, stories: &mut Stories) -> Option<Instant> {
        let ms = |at: Instant| millis(at.saturating_duration_since(plot.at));
        let fresh = plot.fresh.as_deref();
        let first = fresh.and_then(Vitals::measured).and_then(Gauge::first);
        if let Some(first) = first
            && !std::mem::replace(&mut plot.first_told, true)
        {
            let text = "the first command after the crash is handled".to_owned();
            stories.tell(plot.n, |story| story.step(ms(first), What::FirstHandled, text, &[]));
        }
        let quiet = fresh.filter(|fresh| fresh.age() > QUIET).map(|fresh| fresh.born().into_std());
        match &mut plot.awaits {
            Awaits::Room => plot.over_at,
            Awaits::Part => first.or(quiet),
            Awaits::Rooms(rooms) if rooms.is_empty() => plot.over_at.or(first).or(quiet),
            Awaits::Rooms(_) => None,
            Awaits::People { gone, of, then } => {
                if !gone.is_empty() {
                    let sessions = self.directory.sessions();
                    for (_, living) in sessions.iter().filter(|(session, _)| !then.contains(session)) {
                        gone.remove(&living.person.user.id);
                    }
                    if gone.is_empty() {
                        let text = format!("{} back by themselves", people(*of, if *of == 1 { "is" } else { "are" }));
                        let of = *of;
                        plot.over_at = Some(now());
                        stories.tell(plot.n, |story| {
                            story.step(ms(now()), What::Reconnected, text, &[("people", of.into())]);
                        });
                    }
                }
                let up = fresh.is_some() || matches!(plot.name, ActorName::Session(_));
                let over = gone.is_empty() || plot.at.elapsed() > STORY_RECONNECT;
                (up && over).then(|| plot.over_at.or(fresh.map(|fresh| fresh.born().into_std())).unwrap_or(plot.at))
            }
        }
    }

    async fn end(&self, plot: &Plot, at: Instant) {
        let took = millis(at.saturating_duration_since(plot.at));
        let audited = self.audit(plot).await;
        let audited_at = millis(plot.at.elapsed());
        let observatory = &self.directory.observatory;
        let mut end = String::new();
        observatory.stories.lock().tell(plot.n, |story| {
            if let Some((found, whose)) = &audited {
                let numbers = [("lost", found.lost.into()), ("doubled", found.doubled.into())];
                story.step(audited_at, What::Audited, audit_in_words(*found, whose), &numbers);
            }
            conclude(story, plot, took, audited.as_ref().map(|(found, _)| *found));
            end = story.end.clone().unwrap_or_default();
        });
        observatory.note(&plot.name, EventKind::CaughtUp, format!("{}: {end}", plot.name), None, Some(plot.n));
    }

    fn break_off(&self, plot: &Plot) {
        self.directory.observatory.stories.lock().tell(plot.n, |story| {
            story.ends(Outcome::Unfinished, format!("not as before after {} s", STORY.as_secs()));
        });
    }

    /// Looks at the ledgers of all whom the crash has touched, and says whose these are. Nothing where that can't be
    /// said: the ledger of a closed socket is closed with it.
    async fn audit(&self, plot: &Plot) -> Option<(Found, String)> {
        let rooms = match &plot.name {
            ActorName::Room(room) | ActorName::Relay(room, _) => {
                vec![self.directory.rooms.find(room.clone()).await.ok()??]
            }
            ActorName::Store | ActorName::Rooms | ActorName::Presence | ActorName::Lobby => {
                self.directory.rooms.living().await.ok()?
            }
            ActorName::Engine | ActorName::Sessions | ActorName::Shard(_) | ActorName::Session(_) => return None,
        };
        let mut found = Found::default();
        for room in &rooms {
            let snapshot = room.look().await.ok()?;
            snapshot.ledger.left_over().into_iter().for_each(|left| found.add(left));
        }
        for outbox in &plot.outboxes {
            outbox.ledger().left_over().into_iter().for_each(|left| found.add(left));
        }
        let of_rooms = if rooms.len() == 1 { "1 room".to_owned() } else { format!("{} rooms", rooms.len()) };
        let sessions = plot.outboxes.len();
        Some((found, format!("{of_rooms} and {sessions} {}", if sessions == 1 { "session" } else { "sessions" })))
    }
}

/// Whether nobody waits any longer for what was unanswered at the crash.
fn is_answered(unanswered: &mut Vec<Waiting>) -> bool {
    unanswered.retain(|Waiting { outbox, room, last }| {
        let waits = outbox.unanswered(room).first().is_some_and(|first| first.number <= *last);
        waits && outbox.closed().is_none()
    });
    unanswered.is_empty()
}

fn audit_in_words(found: Found, whose: &str) -> String {
    match found {
        Found { lost: 0, doubled: 0 } => format!("the ledgers of {whose} balance"),
        Found { lost, doubled } => format!("the ledgers of {whose} do not balance: {lost} lost, {doubled} doubled"),
    }
}

fn conclude(story: &mut Story, plot: &Plot, took: f64, found: Option<Found>) {
    if story.replayed.is_none() && matches!(plot.name, ActorName::Store) {
        story.replayed = Some(0);
    }
    let Awaits::People { gone, of, .. } = &plot.awaits else { return story.recovered(took, found) };
    let back = of - gone.len();
    let back = if gone.is_empty() {
        format!("all {of} people back after {}", in_words(took))
    } else {
        format!("{back} of {of} people back within {} s", STORY_RECONNECT.as_secs())
    };
    if matches!(plot.name, ActorName::Session(_)) {
        let back = if gone.is_empty() {
            format!("its person is back after {}", in_words(took))
        } else {
            format!("its person has not come back within {} s", STORY_RECONNECT.as_secs())
        };
        story.took_ms = gone.is_empty().then_some(took);
        story.ends(Outcome::Ended, format!("ended; {back}"));
    } else {
        story.took_ms = Some(took);
        story.ends(Outcome::Recovered, format!("recovered; {back}"));
    }
}
