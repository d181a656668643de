//! What waits for one socket.
//!
//! An outbox belongs to its socket, not to an actor, and so outlives every crash behind it. Under
//! one lock it holds, for each room, how far its client has been brought (the *cursor*) and which
//! of its sends are unanswered. That makes recovery exact: whatever a dead room, its successor or a
//! slow relay still offers, an event is taken once, in order, or not at all, and a send is settled
//! once.
//!
//! Frames are of two classes. *Durable* ones (events, replies) are never dropped: above the bound
//! the socket is closed as too slow, and its client resumes. *Passing* ones (typing, presence,
//! receipts, unread counts) are replaced by newer ones of the same kind and are the first to go.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::limits::{OUTBOX_BYTES, OUTBOX_LOW_BYTES, UNANSWERED_COMMANDS};
use greenroom_protocol::{
    Ack, CloseCode, EncodedFrame, ErrorCode, ErrorFrame, Presence, Ref, RoomId, Send, Seq, ServerFrame, Timestamp,
};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ledger::{Sends, SessionLedger};

mod in_order;
mod lane;
mod queue;

pub(crate) use lane::ACKNOWLEDGED;
use lane::Lane;
pub use lane::{SendNumber, Subscription, Unanswered};
pub use queue::{Batch, PassingKey, Queue};

/// The right to have one more command under way; given back when it is dropped.
pub type Permit = OwnedSemaphorePermit;

/// What carries an outbox's frames to its socket.
///
/// Whoever puts frames in calls [`Wire::ready`] under the outbox's lock. An implementation may write
/// there and then, without blocking, or wake the task that will.
pub trait Wire: std::marker::Send + Sync {
    /// `queue` has something to write, or the outbox was closed.
    fn ready(&self, queue: &mut Queue);
}

/// What waits for one socket.
pub struct Outbox {
    inner: Mutex<Inner>,
    wire: Arc<dyn Wire>,
    permits: Arc<Semaphore>,
}

struct Inner {
    queue: Queue,
    lanes: Vec<Lane>,
    next_send: u64,
    /// The last that a room was given.
    subscription: Subscription,
    /// Whether the session has something to see to: a room has more than was handed over, or the last
    /// answer has come that a `leave` waits for.
    attention: bool,
    phase: Phase,
    /// What became of sends; how many are unanswered is looked up.
    sends: Sends,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// No command is read any more; once all is answered and written, the socket is closed.
    Draining(CloseCode),
    /// Nothing more is taken; what is queued may still be written.
    Closed(CloseCode),
}

/// What became of one send.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which send.
    pub number: SendNumber,
    /// Its place and time, or why it was refused.
    pub result: Result<(Seq, Timestamp), Refusal>,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For the program.
    pub code: ErrorCode,
    /// For the person.
    pub message: String,
    /// When it may succeed.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal that time alone won't mend.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None }
    }

    /// A refusal for now.
    pub fn retry(code: ErrorCode, message: impl Into<String>, after_ms: u64) -> Self {
        Self { code, message: message.into(), retry_after_ms: Some(after_ms) }
    }

    /// Too often; it may succeed after this time.
    pub fn too_often(wait: Duration) -> Self {
        // Whoever comes a moment too early would be refused again.
        let after = u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        Self::retry(ErrorCode::RateLimited, "too often; wait a while", after)
    }

    /// The `error` frame that says it.
    #[must_use]
    pub fn frame(self, reference: Option<Ref>) -> EncodedFrame {
        let Self { code, message, retry_after_ms } = self;
        EncodedFrame::new(&ServerFrame::Error(ErrorFrame { reference, code, message, retry_after_ms }))
    }
}

/// What became of a batch that was offered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offered {
    /// Events that were put in.
    pub taken: u64,
    /// Events that it had been given before.
    pub had: u64,
}

/// A page of what a socket has missed.
#[derive(Debug, Clone)]
pub struct PastPage {
    /// It follows on this event.
    pub after: Seq,
    /// It ends with this one.
    pub last: Seq,
    /// Whether another page follows; otherwise live events do.
    pub more: bool,
    /// The frame.
    pub events: EncodedFrame,
}

/// What was handed out to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOut {
    /// How many frames.
    pub frames: u64,
    /// Whether there are more.
    pub more: bool,
    /// Whether the socket's own task has something to see to: its session, or the end.
    pub calls: bool,
}

/// What the socket's own task may do, and must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duties {
    /// The close to write now that all else is written.
    pub close: Option<CloseCode>,
    /// Whether so much waits that it is to be written before anything else.
    pub crowded: bool,
    /// Whether the socket may be read: not while its own answers pile up, nor when it is to end.
    pub reads: bool,
}

impl Outbox {
    /// An empty outbox over a wire.
    pub fn new(wire: Arc<dyn Wire>) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(Inner {
                queue: Queue::default(),
                lanes: Vec::new(),
                next_send: 0,
                subscription: Subscription::default(),
                attention: false,
                phase: Phase::Open,
                sends: Sends::default(),
            }),
            wire,
            permits: Arc::new(Semaphore::new(UNANSWERED_COMMANDS)),
        })
    }

    // --- the socket's task ---

    /// Waits until one more command may be read from the socket.
    pub async fn permit(&self) -> Permit {
        // The semaphore is never closed; waiting for ever would only mean that the socket is not read.
        match Arc::clone(&self.permits).acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until no command is under way: each has been answered, or has nothing to be answered.
    pub async fn all_answered(&self) {
        let all = u32::try_from(UNANSWERED_COMMANDS).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        drop(self.permits.acquire_many(all).await);
    }

    fn nothing_under_way(&self) -> bool {
        self.permits.available_permits() == UNANSWERED_COMMANDS
    }

    /// Hands out about `bytes` of what is to be written, in order.
    pub fn hand_out(&self, bytes: usize, each: impl FnMut(&EncodedFrame)) -> HandedOut {
        let mut inner = self.inner.lock();
        let frames = inner.queue.hand_out(bytes, each);
        let calls = inner.attention || inner.phase != Phase::Open;
        HandedOut { frames, more: !inner.queue.is_empty(), calls }
    }

    /// What the socket's own task may do, and must.
    #[must_use]
    pub fn duties(&self) -> Duties {
        let inner = self.inner.lock();
        let written_out = inner.queue.is_empty();
        let close = match inner.phase {
            Phase::Open => None,
            Phase::Draining(code) => (written_out && self.nothing_under_way()).then_some(code),
            Phase::Closed(code) => written_out.then_some(code),
        };
        let crowded = inner.queue.bytes() >= OUTBOX_LOW_BYTES;
        Duties { close, crowded, reads: inner.phase == Phase::Open && !crowded }
    }

    /// Whether the session has something to see to, and there is space for what comes of it. Said once.
    #[must_use]
    pub fn asks_for_attention(&self) -> bool {
        let mut inner = self.inner.lock();
        let attention = inner.attention && inner.queue.bytes() < OUTBOX_LOW_BYTES;
        inner.attention &= !attention;
        attention
    }

    /// Lets the socket's commands be answered, then closes it.
    pub fn drain(&self, code: CloseCode) {
        self.enter(Phase::Draining(code));
    }

    /// Closes the socket once what is queued was written.
    pub fn close(&self, code: CloseCode) {
        self.enter(Phase::Closed(code));
    }

    fn enter(&self, phase: Phase) {
        let mut inner = self.inner.lock();
        if !matches!(inner.phase, Phase::Closed(_)) {
            inner.phase = phase;
        }
        self.wire.ready(&mut inner.queue);
    }

    /// Why the socket is being closed, if it is.
    #[must_use]
    pub fn closed(&self) -> Option<CloseCode> {
        match self.inner.lock().phase {
            Phase::Closed(code) => Some(code),
            Phase::Open | Phase::Draining(_) => None,
        }
    }

    /// Frames and bytes that wait to be written.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let inner = self.inner.lock();
        (inner.queue.len(), inner.queue.bytes())
    }

    // --- the session ---

    /// Queues an answer.
    pub fn reply(&self, frame: EncodedFrame) {
        let mut inner = self.inner.lock();
        if inner.takes() {
            inner.queue.push(frame);
            self.settle_queue(&mut inner);
        }
    }

    /// Notes a send as unanswered, in the order in which it was read.
    pub fn note_send(&self, send: Send, reference: Option<Ref>, permit: Permit) -> Unanswered {
        let mut inner = self.inner.lock();
        let number = SendNumber(inner.next_send);
        inner.next_send += 1;
        inner.sends.accepted += 1;
        let lane = inner.lane_or_new(&send.room);
        lane.note(number, send, reference, permit)
    }

    /// The unanswered sends of a room, oldest first.
    #[must_use]
    pub fn unanswered(&self, room: &RoomId) -> Vec<Unanswered> {
        self.inner.lock().lane(room).map(Lane::unanswered).unwrap_or_default()
    }

    /// Whether a room may be left: no send waits for its answer there. Where one does, the session is
    /// told when the last answer has come, so that whatever dies meanwhile, the send is replayed.
    #[must_use]
    pub fn may_leave(&self, room: &RoomId) -> bool {
        let mut inner = self.inner.lock();
        let Some(lane) = inner.lane_mut(room) else { return true };
        lane.leaving = lane.has_unanswered();
        !lane.leaving
    }

    /// Refuses every unanswered send of a room, and forgets the room.
    pub fn abandon(&self, room: &RoomId, refusal: &Refusal) {
        let mut inner = self.inner.lock();
        let Some(index) = inner.lanes.iter().position(|lane| lane.room == *room) else { return };
        let lane = inner.lanes.swap_remove(index);
        inner.queue.forget(room);
        for reference in lane.into_references() {
            inner.sends.refused += 1;
            inner.queue.push(refusal.clone().frame(reference));
        }
        self.settle_queue(&mut inner);
    }

    /// The rooms that have more for this socket than it was given.
    #[must_use]
    pub fn rooms_behind(&self) -> Vec<RoomId> {
        self.inner.lock().lanes.iter().filter(|lane| lane.behind).map(|lane| lane.room.clone()).collect()
    }

    // --- rooms and lobby ---

    /// Whether the client has this room open.
    #[must_use]
    pub fn has_open(&self, room: &RoomId) -> bool {
        self.cursor(room).is_some()
    }

    /// The last event of a room that this socket was given; nothing before its `joined`.
    #[must_use]
    pub fn cursor(&self, room: &RoomId) -> Option<Seq> {
        self.inner.lock().lane(room).and_then(|lane| lane.cursor)
    }

    /// Whether this `join` was answered already, perhaps by a room that has died since.
    #[must_use]
    pub fn has_answered(&self, room: &RoomId, join: u64) -> bool {
        self.inner.lock().lane(room).is_some_and(|lane| lane.cursor.is_some() && lane.join >= join)
    }

    /// Hands over `joined`, whose events end at `cursor`; from there on live events are taken, unless
    /// `behind` says that more of the past comes first. What is offered is to bear the number that this returns.
    pub fn open(&self, room: &RoomId, join: u64, cursor: Seq, joined: EncodedFrame, behind: bool) -> Subscription {
        let mut inner = self.inner.lock();
        if !inner.takes() {
            return Subscription::default();
        }
        let subscription = inner.next_subscription();
        let lane = inner.lane_or_new(room);
        lane.open(join, cursor, behind);
        lane.subscription = subscription;
        inner.attention |= behind;
        inner.queue.push(joined);
        self.settle_queue(&mut inner);
        subscription
    }

    /// Lets the next life of a room go on from the cursor: from now on, nothing is taken of what an earlier one, or a
    /// relay of it, still offers. Nothing where the room is not open here.
    pub fn resume(&self, room: &RoomId) -> Option<(Subscription, Seq)> {
        let mut inner = self.inner.lock();
        let subscription = inner.next_subscription();
        let lane = inner.lane_mut(room)?;
        let cursor = lane.cursor?;
        lane.subscription = subscription;
        Some((subscription, cursor))
    }

    /// Events up to `head` that will come as pages; nothing where this subscription has ended, or the socket
    /// is being closed.
    #[must_use]
    pub fn pending(&self, room: &RoomId, subscription: Subscription, head: Seq) -> Option<u64> {
        let inner = self.inner.lock();
        if inner.takes() { inner.lane(room)?.pending(subscription, head) } else { None }
    }

    /// What became of all that was put in and all that was sent.
    #[must_use]
    pub fn ledger(&self) -> SessionLedger {
        let inner = self.inner.lock();
        let unanswered = inner.lanes.iter().map(Lane::count_unanswered).sum();
        SessionLedger { sends: Sends { unanswered, ..inner.sends }, frames: inner.queue.ledger() }
    }

    /// Hands over the next page of the past; says whether it was taken.
    pub fn catch_up(&self, room: &RoomId, subscription: Subscription, page: &PastPage) -> bool {
        let PastPage { after, last, more, ref events } = *page;
        let mut inner = self.inner.lock();
        let takes = inner.takes();
        let lane = inner.lane_mut(room).filter(|lane| takes && lane.subscription == subscription);
        if !lane.is_some_and(|lane| lane.catch_up(after, last, more)) {
            return false;
        }
        inner.attention |= more;
        inner.queue.push(events.clone());
        self.settle_queue(&mut inner);
        true
    }

    /// Offers live events, and settles sends of this socket in the same breath.
    pub fn offer(
        &self,
        room: &RoomId,
        subscription: Subscription,
        batch: &Arc<Batch>,
        settlements: &[Settlement],
    ) -> Offered {
        let mut inner = self.inner.lock();
        if !inner.takes() {
            return Offered::default();
        }
        let Inner { queue, lanes, attention, sends, .. } = &mut *inner;
        let Some(lane) = lanes.iter_mut().find(|lane| lane.room == *room) else { return Offered::default() };
        let mut offered = Offered::default();
        if lane.subscription == subscription {
            offered.had = lane.has_of(batch.first(), batch.last());
            match lane.take(batch.first(), batch.last()) {
                lane::Take::From(seq) => offered.taken = queue.push_batch(batch, seq),
                lane::Take::Nothing => {}
                lane::Take::Gap => *attention = true,
            }
        }
        *attention |= settle_all(lane, settlements, queue, sends);
        self.settle_queue(&mut inner);
        offered
    }

    /// Asks for the next page of the past again, where one was on its way from a room that has died.
    pub fn ask_again(&self, room: &RoomId) {
        let mut inner = self.inner.lock();
        inner.attention |= inner.lane(room).is_some_and(|lane| lane.behind);
        self.wire.ready(&mut inner.queue);
    }

    /// Settles sends alone.
    pub fn settle(&self, room: &RoomId, settlements: &[Settlement]) {
        let mut inner = self.inner.lock();
        let Inner { queue, lanes, attention, sends, .. } = &mut *inner;
        let Some(lane) = lanes.iter_mut().find(|lane| lane.room == *room) else { return };
        *attention |= settle_all(lane, settlements, queue, sends);
        self.settle_queue(&mut inner);
    }

    /// Ends a room's stream: what passes is dropped, `last_word` is queued, later offers are ignored.
    pub fn shut(&self, room: &RoomId, last_word: EncodedFrame) {
        let mut inner = self.inner.lock();
        if let Some(lane) = inner.lane_mut(room) {
            lane.shut();
        }
        inner.lanes.retain(|lane| lane.room != *room || lane.has_unanswered());
        inner.queue.forget(room);
        if inner.takes() {
            inner.queue.push(last_word);
        }
        self.settle_queue(&mut inner);
    }

    /// Ends a room's stream for somebody who may no longer be there. Where it has ended before, nothing is said again.
    pub fn put_out(&self, room: &RoomId, last_word: impl FnOnce() -> EncodedFrame) {
        if self.has_open(room) {
            self.shut(room, last_word());
        }
    }

    /// Whether a send to this room waits for its answer.
    #[must_use]
    pub fn owes(&self, room: &RoomId) -> bool {
        self.inner.lock().lane(room).is_some_and(Lane::has_unanswered)
    }

    /// Offers a passing frame; a newer one of the same key replaces it.
    pub fn pass(&self, key: PassingKey, frame: EncodedFrame) {
        let mut inner = self.inner.lock();
        let wanted = match &key {
            PassingKey::Typing(room, _)
            | PassingKey::Forgotten(room, _)
            | PassingKey::Receipt(room, _)
            | PassingKey::Presence(room) => inner.lane(room).is_some_and(|lane| lane.cursor.is_some()),
            PassingKey::TypingElsewhere(..) | PassingKey::Unread(_) | PassingKey::Person(_) => true,
        };
        if inner.takes() && wanted {
            inner.queue.pass(key, frame);
            self.wire.ready(&mut inner.queue);
        }
    }

    /// Offers a difference of presence; one that still waits takes it up.
    pub fn pass_presence(&self, presence: &Arc<Presence>, frame: &EncodedFrame) {
        let mut inner = self.inner.lock();
        let wanted = inner.lane(&presence.room).is_some_and(|lane| lane.cursor.is_some());
        if inner.takes() && wanted {
            inner.queue.pass_presence(presence, frame);
            self.wire.ready(&mut inner.queue);
        }
    }

    fn settle_queue(&self, inner: &mut Inner) {
        if inner.queue.bytes() > OUTBOX_BYTES && inner.takes() {
            inner.phase = Phase::Closed(CloseCode::TooSlow);
            inner.queue.clear();
            inner.sends.closed += inner.lanes.drain(..).map(|lane| lane.count_unanswered()).sum::<u64>();
        }
        self.wire.ready(&mut inner.queue);
    }
}

impl Inner {
    fn takes(&self) -> bool {
        !matches!(self.phase, Phase::Closed(_))
    }

    fn next_subscription(&mut self) -> Subscription {
        self.subscription = self.subscription.next();
        self.subscription
    }

    fn lane(&self, room: &RoomId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.room == *room)
    }

    fn lane_mut(&mut self, room: &RoomId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.room == *room)
    }

    fn lane_or_new(&mut self, room: &RoomId) -> &mut Lane {
        let index = self.lanes.iter().position(|lane| lane.room == *room).unwrap_or_else(|| {
            // Mostly one; a list of its own accord makes room for four.
            self.lanes.reserve_exact(1);
            self.lanes.push(Lane::new(room.clone()));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}

/// Says whether the last answer has come that a `leave` waits for.
fn settle_all(lane: &mut Lane, settlements: &[Settlement], queue: &mut Queue, sends: &mut Sends) -> bool {
    for settlement in settlements {
        let Some(reply) = lane.settle(settlement) else { continue };
        *(if settlement.result.is_ok() { &mut sends.acked } else { &mut sends.refused }) += 1;
        queue.push(reply);
    }
    let may_leave = lane.leaving && !lane.has_unanswered();
    // Said once: the `leave` may have been refused meanwhile.
    lane.leaving &= !may_leave;
    may_leave
}

fn ack(room: &RoomId, send: &Send, reference: Option<Ref>, seq: Seq, at: Timestamp) -> EncodedFrame {
    EncodedFrame::ack(&Ack { reference, room: room.clone(), id: send.id, seq, at })
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (frames, bytes) = self.waiting();
        write!(f, "Outbox({frames} frames, {bytes} bytes)")
    }
}

#[cfg(test)]
mod tests;
