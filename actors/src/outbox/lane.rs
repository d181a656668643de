//! What an outbox knows of one room.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::Instant;

use greenroom_protocol::{EncodedFrame, Ref, RoomId, Send, Seq};

use prometheus::{Histogram, HistogramOpts, exponential_buckets};
use serde::{Deserialize, Serialize};

use super::{Permit, Settlement, ack};

/// Seconds from reading a send to its acknowledgement, of all sockets: half a millisecond to sixteen seconds.
pub(crate) static ACKNOWLEDGED: LazyLock<Histogram> = LazyLock::new(|| {
    let buckets = exponential_buckets(0.000_5, 2.0, 16).expect("positive, growing, and some");
    let opts = HistogramOpts::new("greenroom_ack_seconds", "Time from reading a send to its acknowledgement");
    Histogram::with_opts(opts.buckets(buckets)).expect("a good name, and growing buckets")
});

/// A socket's own number of a send. An id may come twice; this never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SendNumber(pub u64);

/// One stay of a socket in a room, in one life of that room: a socket's own number of it, never given again. What is
/// offered bears it, so that a relay that is late, or outlives its room by a moment, can't be taken for whoever serves
/// the socket by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subscription(u32);

impl Subscription {
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A send that is not settled yet.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// The socket's number of it.
    pub number: SendNumber,
    /// What was sent.
    pub send: Send,
}

/// How far one room's client has been brought, and what it still waits for.
pub(super) struct Lane {
    pub(super) room: RoomId,
    /// The last event handed over; nothing before `joined`.
    pub(super) cursor: Option<Seq>,
    /// The number of the session's `join` that was last answered.
    pub(super) join: u64,
    /// Whose offers are taken.
    pub(super) subscription: Subscription,
    /// Whether pages of the past come before live events.
    pub(super) behind: bool,
    /// Whether the session wants to leave once the last send is answered.
    pub(super) leaving: bool,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    unanswered: Unanswered,
    reference: Option<Ref>,
    since: Instant,
    /// Given back with the answer: this is what bounds the sends of a socket.
    _permit: Permit,
}

/// What of an offer is taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// All from this event on.
    From(Seq),
    /// It was handed over before, or will come with a page.
    Nothing,
    /// Something before it is missing.
    Gap,
}

impl Lane {
    pub(super) fn new(room: RoomId) -> Self {
        Self {
            room,
            cursor: None,
            join: 0,
            subscription: Subscription::default(),
            behind: false,
            leaving: false,
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn note(
        &mut self,
        number: SendNumber,
        send: Send,
        reference: Option<Ref>,
        permit: Permit,
    ) -> Unanswered {
        let unanswered = Unanswered { number, send };
        self.waiting.push_back(Waiting {
            unanswered: unanswered.clone(),
            reference,
            since: Instant::now(),
            _permit: permit,
        });
        unanswered
    }

    pub(super) fn unanswered(&self) -> Vec<Unanswered> {
        self.waiting.iter().map(|waiting| waiting.unanswered.clone()).collect()
    }

    pub(super) fn has_unanswered(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn count_unanswered(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Events up to `head` that will come as pages; nothing where this subscription has ended.
    pub(super) fn pending(&self, subscription: Subscription, head: Seq) -> Option<u64> {
        let cursor = self.cursor.filter(|_| self.subscription == subscription)?;
        Some(if self.behind { head.0.saturating_sub(cursor.0) } else { 0 })
    }

    /// How many of the events `first..=last` were handed over before.
    pub(super) fn has_of(&self, first: Seq, last: Seq) -> u64 {
        let Some(cursor) = self.cursor else { return 0 };
        (cursor.0.min(last.0) + 1).saturating_sub(first.0)
    }

    pub(super) fn into_references(self) -> impl Iterator<Item = Option<Ref>> {
        self.waiting.into_iter().map(|waiting| waiting.reference)
    }

    pub(super) fn open(&mut self, join: u64, cursor: Seq, behind: bool) {
        self.join = join;
        self.cursor = Some(cursor);
        self.behind = behind;
    }

    pub(super) fn shut(&mut self) {
        self.cursor = None;
        self.behind = false;
    }

    /// Moves the cursor over the live events `first..=last`, as far as they are new and next.
    pub(super) fn take(&mut self, first: Seq, last: Seq) -> Take {
        let Some(cursor) = self.cursor else { return Take::Nothing };
        if self.behind || last <= cursor {
            return Take::Nothing;
        }
        if first > cursor.next() {
            self.behind = true;
            return Take::Gap;
        }
        self.cursor = Some(last);
        Take::From(cursor.next())
    }

    /// Moves the cursor over a page, if that is still the page that comes next.
    pub(super) fn catch_up(&mut self, after: Seq, last: Seq, more: bool) -> bool {
        let next = self.behind && self.cursor == Some(after);
        if next {
            self.cursor = Some(last);
            self.behind = more;
        }
        next
    }

    /// The reply to a send, unless it was settled before.
    pub(super) fn settle(&mut self, settlement: &Settlement) -> Option<EncodedFrame> {
        let index = self.waiting.iter().position(|waiting| waiting.unanswered.number == settlement.number)?;
        let waiting = self.waiting.remove(index)?;
        Some(match &settlement.result {
            Ok((seq, at)) => {
                ACKNOWLEDGED.observe(waiting.since.elapsed().as_secs_f64());
                ack(&self.room, &waiting.unanswered.send, waiting.reference, *seq, *at)
            }
            Err(refusal) => refusal.clone().frame(waiting.reference),
        })
    }
}
