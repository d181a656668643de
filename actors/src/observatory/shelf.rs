//! The stories: those that are over, and those that go on.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use greenroom_protocol::limits::STORIES;
use greenroom_protocol::{RoomId, SessionId, UserId};

use super::capsule::Capsule;
use super::story::Story;
use crate::address::Vitals;
use crate::census::ActorName;
use crate::outbox::{Outbox, SendNumber};

pub(crate) use greenroom_storage::Shelf;

/// All stories that are known, in the order of their numbers.
#[derive(Default)]
pub(super) struct Stories {
    last: u64,
    /// Counts every change, so that whoever watches finds what is new to them.
    changes: u64,
    told: VecDeque<Told>,
    /// What those that go on wait for.
    pub(super) plots: Vec<Plot>,
    /// Capsules that are to be written down.
    pub(super) capsules: Vec<(String, Capsule)>,
    /// Whether some are being written down.
    pub(super) writing: bool,
    /// Where they are kept; nowhere in a test without a disk.
    pub(super) shelf: Option<Shelf>,
}

struct Told {
    changed: u64,
    story: Story,
    /// Whether it is written down.
    kept: bool,
}

/// What a story that goes on waits for.
pub(super) struct Plot {
    /// The story.
    pub(super) n: u64,
    pub(super) name: ActorName,
    pub(super) at: Instant,
    /// The incarnation after the crash, once it lives.
    pub(super) fresh: Option<Arc<Vitals>>,
    /// Sends that were unanswered at the crash.
    pub(super) unanswered: Vec<Waiting>,
    /// Outboxes of those who sat there: their ledgers are looked at in the end.
    pub(super) outboxes: Vec<Arc<Outbox>>,
    pub(super) awaits: Awaits,
    /// When the last thing that it waited for had happened.
    pub(super) over_at: Option<Instant>,
    /// Whether answers were still missing when that had happened.
    pub(super) late: bool,
    /// Whether it was told that the fresh one has handled something.
    pub(super) first_told: bool,
}

/// Sends of one socket to one room, up to this one.
pub(super) struct Waiting {
    pub(super) outbox: Arc<Outbox>,
    pub(super) room: RoomId,
    pub(super) last: SendNumber,
}

/// What has yet to happen.
pub(super) enum Awaits {
    /// The room says that all are back, and all is settled.
    Room,
    /// A part has handled something.
    Part,
    /// The rooms that lived, and in which somebody sat, say so.
    Rooms(BTreeSet<RoomId>),
    /// People come back whose sockets were closed.
    People {
        gone: HashSet<UserId>,
        of: usize,
        /// All sessions that lived at the crash: nobody is back by one of these.
        then: HashSet<SessionId>,
    },
}

impl Stories {
    /// Goes on after those of earlier processes.
    pub(super) fn recall(&mut self, shelf: Shelf, earlier: Vec<Story>) {
        self.last = earlier.iter().map(|story| story.n).max().unwrap_or(0);
        self.told = earlier
            .into_iter()
            .map(|story| Told { changed: 0, story: Story { earlier: true, ..story }, kept: true })
            .collect();
        self.shelf = Some(shelf);
    }

    /// The number of the next story.
    pub(super) fn next(&self) -> u64 {
        self.last + 1
    }

    /// Begins a story with its next number.
    pub(super) fn begin(&mut self, story: Story) {
        self.last = story.n;
        self.changes += 1;
        self.told.push_back(Told { changed: self.changes, story, kept: false });
        if self.told.len() > STORIES {
            self.told.pop_front();
        }
    }

    /// Changes a story.
    pub(super) fn tell(&mut self, n: u64, change: impl FnOnce(&mut Story)) {
        if let Some(told) = self.told.iter_mut().rev().find(|told| told.story.n == n && !told.story.earlier) {
            self.changes += 1;
            told.changed = self.changes;
            change(&mut told.story);
        }
    }

    /// Those that are over and not written down yet.
    pub(super) fn take_over(&mut self) -> Vec<Story> {
        let over = self.told.iter_mut().filter(|told| !told.kept && !told.story.is_open());
        over.map(|told| {
            told.kept = true;
            told.story.clone()
        })
        .collect()
    }

    /// Whether all that is over is written down.
    pub(super) fn all_kept(&self) -> bool {
        !self.writing && self.capsules.is_empty() && self.told.iter().all(|told| told.kept || told.story.is_open())
    }

    /// The story of an actor that goes on.
    pub(super) fn plot(&mut self, name: &ActorName) -> Option<&mut Plot> {
        self.plots.iter_mut().find(|plot| plot.name == *name)
    }

    /// How often something has changed.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Stories that have changed since, those that changed first at the front, each with the change.
    pub(super) fn changed_since(&self, change: u64) -> Vec<(u64, &Story)> {
        let mut changed: Vec<(u64, &Story)> =
            self.told.iter().filter(|told| told.changed > change).map(|told| (told.changed, &told.story)).collect();
        changed.sort_by_key(|(changed, _)| *changed);
        changed
    }

    /// The newest, newest first, before number `before`.
    pub(super) fn newest(&self, before: u64) -> impl Iterator<Item = &Story> {
        self.told.iter().rev().map(|told| &told.story).filter(move |story| story.n < before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::a_story;
    use super::*;

    #[test]
    fn what_is_new_to_an_observer_is_found_and_the_oldest_are_forgotten() {
        let mut stories = Stories::default();
        (1..=STORIES as u64 + 1).for_each(|n| stories.begin(a_story(n)));
        assert_eq!((stories.next(), stories.newest(u64::MAX).count()), (STORIES as u64 + 2, STORIES));
        let seen = stories.changes();
        assert!(stories.changed_since(seen).is_empty());
        stories.tell(500, |story| story.end = Some("over".into()));
        let changed = stories.changed_since(seen);
        assert_eq!((changed.len(), changed[0].1.n), (1, 500));
        assert_eq!(stories.newest(500).next().unwrap().n, 499);
    }
}
