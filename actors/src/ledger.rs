//! The conservation ledger: whatever was taken in has gone out, waits, or was given up for a reason.
//!
//! Each account is kept from two sides. What came in and what went out is counted as it happens; what
//! waits is never counted but looked up where it waits: in the map of undecided posts, in the cursors of
//! the outboxes, in their queues. So the sums agree only where nothing was lost and nothing doubled.

use derive_more::AddAssign;
use serde::{Deserialize, Serialize};

/// The account of one room's life, or of all rooms together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct RoomLedger {
    /// What was said.
    pub posts: Posts,
    /// What was to be handed to those who sit there.
    pub deliveries: Deliveries,
}

/// What became of posts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct Posts {
    /// Posts that the room has taken in hand.
    pub accepted: u64,
    /// Those that the log announced as new messages.
    pub stored: u64,
    /// Those that were stored before.
    pub repeated: u64,
    /// Those that were refused, by the reason.
    pub refused: Refused,
    /// Those whose room ended before their fate was known: their sessions say them again to its next life.
    pub orphaned: u64,
    /// Those whose fate is not known yet.
    pub undecided: u64,
}

/// Refused posts by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct Refused {
    /// Their session has no seat in the room.
    pub not_joined: u64,
    /// They answer what does not exist.
    pub invalid: u64,
    /// Their id was used for another message.
    pub conflict: u64,
    /// The store can't take them now.
    pub unavailable: u64,
    /// They crashed the room, and were set aside.
    pub poison: u64,
}

/// What became of events that were owed: each event once to each session that sits in the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct Deliveries {
    /// Events that were owed to sessions.
    pub owed: u64,
    /// Those that were put into their outboxes.
    pub handed_over: u64,
    /// Those that were given up, by the reason.
    pub dropped: Dropped,
    /// Those that will come as pages, since the session was behind.
    pub pending: u64,
}

/// Deliveries that were given up, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct Dropped {
    /// The session has left the room, or joined it anew and said what it holds.
    pub left: u64,
    /// Its socket was closed; its client resumes.
    pub closed: u64,
    /// The room ended: its next life owes them.
    pub ended: u64,
}

/// The account of one session, or of all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct SessionLedger {
    /// What its client said.
    pub sends: Sends,
    /// What was to be written to its socket.
    pub frames: Frames,
}

/// What became of a client's sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct Sends {
    /// Sends that the session has taken in hand.
    pub accepted: u64,
    /// Those that were acknowledged.
    pub acked: u64,
    /// Those that were answered with an error.
    pub refused: u64,
    /// Those whose socket was closed before the answer; their client repeats them.
    pub closed: u64,
    /// Those that wait for their answer.
    pub unanswered: u64,
}

/// What became of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, AddAssign, Serialize, Deserialize)]
pub struct Frames {
    /// Frames that were put into the outbox.
    pub queued: u64,
    /// Those that the socket has taken.
    pub written: u64,
    /// Passing ones that a newer one has replaced, or that had no more use.
    pub superseded: u64,
    /// Those that were in the outbox when the socket was closed.
    pub closed: u64,
    /// Those that wait for the socket.
    pub waiting: u64,
}

impl RoomLedger {
    /// Whether all of it is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.posts.balances() && self.deliveries.balances()
    }

    /// For posts and deliveries, what is accounted for beyond what came in; below zero, what is missing.
    pub(crate) fn left_over(&self) -> [i64; 2] {
        let Self { posts, deliveries } = self;
        let posts = posts.accounted_for().wrapping_sub(posts.accepted).cast_signed();
        [posts, deliveries.pending.cast_signed() - deliveries.outstanding()]
    }

    /// The same account once the room has ended.
    pub(crate) fn ended(mut self) -> Self {
        self.posts.orphaned += std::mem::take(&mut self.posts.undecided);
        self.deliveries.dropped.ended += std::mem::take(&mut self.deliveries.pending);
        self
    }
}

impl Posts {
    /// Whether every post is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.accepted == self.accounted_for()
    }

    fn accounted_for(&self) -> u64 {
        self.stored + self.repeated + self.refused.sum() + self.orphaned + self.undecided
    }
}

impl Refused {
    fn sum(&self) -> u64 {
        self.not_joined + self.invalid + self.conflict + self.unavailable + self.poison
    }
}

impl Deliveries {
    /// Whether every event that was owed is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.owed == self.settled() + self.pending
    }

    /// What is neither handed over nor given up; below zero where more was handed over than owed.
    pub(crate) fn outstanding(&self) -> i64 {
        self.owed.wrapping_sub(self.settled()).cast_signed()
    }

    fn settled(&self) -> u64 {
        self.handed_over + self.dropped.left + self.dropped.closed + self.dropped.ended
    }
}

impl SessionLedger {
    /// Whether all of it is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.left_over() == [0, 0]
    }

    /// For sends and frames, what is accounted for beyond what came in; below zero, what is missing.
    pub(crate) fn left_over(&self) -> [i64; 2] {
        let Self { sends, frames } = self;
        let of_sends = sends.acked + sends.refused + sends.closed + sends.unanswered;
        let of_frames = frames.written + frames.superseded + frames.closed + frames.waiting;
        [of_sends.wrapping_sub(sends.accepted), of_frames.wrapping_sub(frames.queued)].map(u64::cast_signed)
    }

    /// The same account once the socket was closed.
    pub(crate) fn ended(mut self) -> Self {
        self.sends.closed += std::mem::take(&mut self.sends.unanswered);
        self.frames.closed += std::mem::take(&mut self.frames.waiting);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_lost_and_one_that_is_doubled_both_show() {
        let even = Deliveries { owed: 5, handed_over: 3, pending: 2, ..Deliveries::default() };
        assert!(even.balances());
        let left_over = |deliveries| RoomLedger { deliveries, ..RoomLedger::default() }.left_over();
        let (lost, doubled) = (Deliveries { pending: 1, ..even }, Deliveries { handed_over: 4, ..even });
        assert!(!lost.balances() && left_over(lost) == [0, -1]);
        assert!(!doubled.balances() && left_over(doubled) == [0, 1]);
        let posts = Posts { accepted: 3, stored: 2, ..Posts::default() };
        assert_eq!(RoomLedger { posts, ..RoomLedger::default() }.left_over(), [-1, 0]);
        assert_eq!(Deliveries { handed_over: 6, ..even }.outstanding(), -1);
    }

    #[test]
    fn what_an_ended_room_leaves_open_is_named_and_balances() {
        let posts = Posts { accepted: 3, stored: 1, undecided: 2, ..Posts::default() };
        let deliveries = Deliveries { owed: 4, handed_over: 1, pending: 3, ..Deliveries::default() };
        let ended = RoomLedger { posts, deliveries }.ended();
        assert_eq!((ended.posts.orphaned, ended.posts.undecided), (2, 0));
        assert_eq!((ended.deliveries.dropped.ended, ended.deliveries.pending), (3, 0));
        assert!(ended.balances());
    }

    #[test]
    fn what_a_closed_socket_leaves_open_is_named_and_balances() {
        let sends = Sends { accepted: 2, acked: 1, unanswered: 1, ..Sends::default() };
        let frames = Frames { queued: 9, written: 4, superseded: 2, waiting: 3, closed: 0 };
        let ended = SessionLedger { sends, frames }.ended();
        assert_eq!((ended.sends.closed, ended.frames.closed), (1, 3));
        assert!(ended.balances());
        assert!(!SessionLedger { frames: Frames { written: 5, ..frames }, sends }.balances());
    }
}
