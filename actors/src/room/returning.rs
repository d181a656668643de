//! After a crash: who has yet to come back, and what they say again. Pure.

use std::collections::{HashMap, HashSet};

use greenroom_protocol::SessionId;
use greenroom_storage::Ticket;

/// Those who were in a room when it crashed, as long as not all is as before.
#[derive(Debug, Default)]
pub(super) struct Returning {
    away: HashSet<SessionId>,
    /// Sends that sessions which are back have yet to say again.
    owed: HashMap<SessionId, usize>,
    replayed: u64,
    /// The last append of what was said again.
    last: Option<Ticket>,
    sessions: usize,
    /// Whether somebody was heard, and whether that was told.
    heard: bool,
    heard_told: bool,
    told: bool,
}

/// What has come to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Somebody was heard, for the first time since the crash.
    First,
    /// All are back.
    AllBack { sessions: usize },
    /// All that was said again is settled, too: nothing is missing any more.
    Over { replayed: u64 },
}

impl Returning {
    pub(super) fn new(away: impl IntoIterator<Item = SessionId>) -> Self {
        let away: HashSet<SessionId> = away.into_iter().collect();
        Self { sessions: away.len(), away, ..Self::default() }
    }

    /// A session is back, with so many sends to say again.
    pub(super) fn back(&mut self, session: SessionId, unanswered: usize) {
        self.heard = true;
        if self.away.remove(&session) && unanswered > 0 {
            self.owed.insert(session, unanswered);
        }
    }

    /// A session has gone for good.
    pub(super) fn gone(&mut self, session: SessionId) {
        self.away.remove(&session);
        self.owed.remove(&session);
    }

    /// A session says something: what it owes comes first, in its order. `ticket` is that of the append, if it was taken.
    pub(super) fn says(&mut self, session: SessionId, ticket: Option<Ticket>) {
        self.heard = true;
        let Some(owed) = self.owed.get_mut(&session) else { return };
        *owed -= 1;
        self.replayed += 1;
        self.last = self.last.max(ticket);
        if *owed == 0 {
            self.owed.remove(&session);
        }
    }

    /// What has come to pass since the last time, where `undecided` is the first append whose fate is not known.
    pub(super) fn passed(&mut self, undecided: Option<Ticket>) -> Option<Passed> {
        if self.heard && !std::mem::replace(&mut self.heard_told, true) {
            return Some(Passed::First);
        }
        if !self.away.is_empty() {
            return None;
        }
        if !self.told {
            self.told = true;
            return Some(Passed::AllBack { sessions: self.sessions });
        }
        let settled = self.last.is_none_or(|last| undecided.is_none_or(|first| first > last));
        (self.owed.is_empty() && settled).then_some(Passed::Over { replayed: self.replayed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_when_all_are_back_and_what_they_say_again_is_settled() {
        let [ana, ben, carl] = [SessionId::new(), SessionId::new(), SessionId::new()];
        let mut returning = Returning::new([ana, ben, carl]);
        assert_eq!(returning.passed(None), None);
        returning.back(ana, 2);
        returning.says(ana, Some(Ticket(1)));
        returning.back(ben, 0);
        assert_eq!(returning.passed(Some(Ticket(1))), Some(Passed::First));
        assert_eq!(returning.passed(Some(Ticket(1))), None, "one is away");
        returning.gone(carl);
        assert_eq!(returning.passed(Some(Ticket(1))), Some(Passed::AllBack { sessions: 3 }));
        assert_eq!(returning.passed(Some(Ticket(1))), None);
        returning.says(ben, Some(Ticket(2)));
        returning.says(ana, Some(Ticket(3)));
        assert_eq!(returning.passed(Some(Ticket(3))), None, "it is not settled");
        returning.says(ana, Some(Ticket(4)));
        assert_eq!(returning.passed(Some(Ticket(4))), Some(Passed::Over { replayed: 2 }), "what is new does not count");
    }

    #[test]
    fn whoever_goes_while_they_are_waited_for_is_not_waited_for() {
        let ana = SessionId::new();
        let mut returning = Returning::new([ana]);
        returning.back(ana, 3);
        returning.gone(ana);
        assert_eq!(returning.passed(None), Some(Passed::First));
        assert_eq!(returning.passed(None), Some(Passed::AllBack { sessions: 1 }));
        assert_eq!(returning.passed(None), Some(Passed::Over { replayed: 0 }));
    }
}
