//! Who was sent what, who has heard it, how long that took, and whether a promise was broken: nothing lost, nothing twice,
//! one order for all.
//!
//! Times count from when a message was *due*. An open loop that can't send at that moment counts the wait as the server's,
//! as a person would; to count from the sending instead is the mistake called coordinated omission (Gil Tene, "How NOT to
//! Measure Latency").

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::dialect::Id;
use super::stamp::Stamp;

/// The longest time that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(600);

/// What is wrong, in numbers. All of it must be 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Faults {
    /// Messages that were acknowledged, or heard by somebody, and not heard by everybody who was there.
    pub(crate) lost: u64,
    /// Messages that somebody heard again.
    pub(crate) doubled: u64,
    /// Messages that somebody heard after a later one of the same sender, or in another place than others did.
    pub(crate) disordered: u64,
    /// Messages that nobody sent.
    pub(crate) unknown: u64,
    /// Sends without an answer.
    pub(crate) unanswered: u64,
    /// Sends that were refused.
    pub(crate) refused: u64,
    /// Sockets that ended by themselves.
    pub(crate) ended: u64,
    /// Ledgers of the server that don't balance.
    pub(crate) imbalances: u64,
}

impl Faults {
    /// Whether all was as promised.
    pub(crate) fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// How long things took.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(pub(crate) Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        // Three digits, in microseconds.
        let longest = LONGEST.as_micros() as u64;
        Self(Histogram::new_with_bounds(1, longest, 3).expect("these bounds make a histogram"))
    }
}

impl Latencies {
    pub(crate) fn record(&mut self, took: Duration) {
        self.0.saturating_record((took.as_nanos().div_ceil(1_000) as u64).max(1));
    }
}

/// A sender, and what it sent.
#[derive(Debug, Default)]
struct Sender {
    room: usize,
    /// Its place among the senders of its room.
    nth: usize,
    sent: Vec<Sent>,
    /// Numbers that wait for an ack, with their ids.
    waiting: VecDeque<(u32, Id)>,
}

/// A message.
#[derive(Debug, Clone, Copy)]
struct Sent {
    due: Instant,
    /// Its place in the room; 0 where nobody has said.
    seq: u64,
    /// Listeners that are still to hear it.
    left: u32,
    acked: bool,
}

/// Somebody who hears a room.
#[derive(Debug)]
struct Seat {
    room: usize,
    /// The next number expected of each sender of the room.
    next: Vec<u32>,
    last_seq: u64,
    /// What was passed over. A late one of these is out of order; any other that is old is a double.
    passed_over: BTreeSet<Stamp>,
}

/// A stretch of time, and what was measured in it.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// From the due time to the ack.
    pub(crate) acks: Latencies,
    /// From the due time to each listener.
    pub(crate) each: Latencies,
    /// From the due time to the last listener.
    pub(crate) last: Latencies,
}

/// A slice of a run, for curves over time.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    pub(crate) deliveries: u64,
    pub(crate) acks: Latencies,
}

/// All that is kept of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    senders: Vec<Sender>,
    seats: Vec<Option<Seat>>,
    /// Listeners of each room.
    listeners: Vec<u32>,
    /// Senders of each room.
    of_room: Vec<usize>,
    window: Option<Range<Instant>>,
    pub(crate) measured: Measured,
    slices: Option<Slices>,
    pub(crate) faults: Faults,
    pub(crate) acked: u64,
    pub(crate) deliveries: u64,
    /// Messages that are neither acked nor heard by everybody.
    pub(crate) under_way: u64,
    /// Senders whose message is done, in order; a closed loop takes them from here.
    pub(crate) free: VecDeque<usize>,
    expects_acks: bool,
}

#[derive(Debug)]
struct Slices {
    begin: Instant,
    each: Duration,
    slices: Vec<Slice>,
}

impl Tally {
    /// For so many rooms; without acks, where the server doesn't give any.
    pub(crate) fn new(rooms: usize, expects_acks: bool) -> Self {
        Self {
            senders: Vec::new(),
            seats: Vec::new(),
            listeners: vec![0; rooms],
            of_room: vec![0; rooms],
            window: None,
            measured: Measured::default(),
            slices: None,
            faults: Faults::default(),
            acked: 0,
            deliveries: 0,
            under_way: 0,
            free: VecDeque::new(),
            expects_acks,
        }
    }

    /// One more who may send in a room; before anybody sits down there.
    pub(crate) fn sender(&mut self, room: usize) -> usize {
        self.senders.push(Sender { room, nth: self.of_room[room], ..Sender::default() });
        self.of_room[room] += 1;
        self.senders.len() - 1
    }

    /// A socket hears a room from now on.
    pub(crate) fn sit(&mut self, socket: usize, room: usize) {
        if self.seats.len() <= socket {
            self.seats.resize_with(socket + 1, || None);
        }
        self.listeners[room] += 1;
        let next = vec![0; self.of_room[room]];
        self.seats[socket] = Some(Seat { room, next, last_seq: 0, passed_over: BTreeSet::new() });
    }

    /// Latencies of messages that are due in this time are kept; all others are only checked.
    pub(crate) fn measure(&mut self, window: Range<Instant>) {
        self.window = Some(window);
    }

    /// Keeps curves over time as well.
    pub(crate) fn slice(&mut self, begin: Instant, each: Duration) {
        self.slices = Some(Slices { begin, each, slices: Vec::new() });
    }

    /// The curves over time: slices, and how long each is.
    pub(crate) fn slices(&self) -> Option<(&[Slice], Duration)> {
        self.slices.as_ref().map(|slices| (slices.slices.as_slice(), slices.each))
    }

    /// The next message of a sender.
    pub(crate) fn next(&self, sender: usize) -> Stamp {
        Stamp { sender: sender as u32, number: self.senders[sender].sent.len() as u32 }
    }

    /// A sender's next message is under way.
    pub(crate) fn sent(&mut self, sender: usize, id: Id, due: Instant) {
        let left = self.listeners[self.senders[sender].room];
        let sender = &mut self.senders[sender];
        sender.waiting.push_back((sender.sent.len() as u32, id));
        sender.sent.push(Sent { due, seq: 0, left, acked: !self.expects_acks });
        self.under_way += 1;
    }

    /// An ack came to a sender.
    pub(crate) fn ack(&mut self, sender: usize, id: &[u8], seq: Option<u64>, now: Instant) {
        let known = self.senders[sender].waiting.iter().position(|(_, own)| id.starts_with(own));
        let Some(waiting) = known.and_then(|place| self.senders[sender].waiting.remove(place)) else {
            self.faults.unknown += 1;
            return;
        };
        self.acked += 1;
        let message = &mut self.senders[sender].sent[waiting.0 as usize];
        message.acked = true;
        let (due, left) = (message.due, message.left);
        if !agrees(message, seq) {
            self.faults.disordered += 1;
        }
        if self.is_measured(due) {
            self.measured.acks.record(now - due);
        }
        if let Some(slice) = self.slice_of(due) {
            slice.acks.record(now - due);
        }
        if left == 0 {
            self.done(sender);
        }
    }

    /// A message came to a socket.
    pub(crate) fn heard(&mut self, socket: usize, stamp: Stamp, seq: Option<u64>, now: Instant) {
        let Some(seat) = self.seats.get_mut(socket).and_then(Option::as_mut) else {
            self.faults.unknown += 1;
            return;
        };
        let message = self.senders.get_mut(stamp.sender as usize).filter(|sender| sender.room == seat.room);
        let Some((nth, message)) =
            message.and_then(|sender| Some((sender.nth, sender.sent.get_mut(stamp.number as usize)?)))
        else {
            self.faults.unknown += 1;
            return;
        };
        let order = seat.order(nth, stamp);
        if order == Order::Again {
            self.faults.doubled += 1;
            return;
        }
        let (follows, agrees) = (seat.follows(seq), agrees(message, seq));
        self.faults.disordered += u64::from(order == Order::Late || !follows || !agrees);
        message.left = message.left.saturating_sub(1);
        let (due, done, left) = (message.due, message.acked, message.left);
        self.deliveries += 1;
        if self.is_measured(due) {
            self.measured.each.record(now - due);
            if left == 0 {
                self.measured.last.record(now - due);
            }
        }
        if let Some(slice) = self.slice_of(now) {
            slice.deliveries += 1;
        }
        if left == 0 && done {
            self.done(stamp.sender as usize);
        }
    }

    fn done(&mut self, sender: usize) {
        self.under_way = self.under_way.saturating_sub(1);
        self.free.push_back(sender);
    }

    fn is_measured(&self, due: Instant) -> bool {
        self.window.as_ref().is_some_and(|window| window.contains(&due))
    }

    fn slice_of(&mut self, at: Instant) -> Option<&mut Slice> {
        let slices = self.slices.as_mut()?;
        let nth = at.checked_duration_since(slices.begin)?.as_nanos() / slices.each.as_nanos();
        let nth = usize::try_from(nth).ok()?;
        while slices.slices.len() <= nth {
            slices.slices.push(Slice::default());
        }
        slices.slices.get_mut(nth)
    }

    /// Counts what never came; nothing more comes after this.
    pub(crate) fn close(&mut self) {
        for sender in &self.senders {
            let all = self.listeners[sender.room];
            for message in &sender.sent {
                let heard_by_somebody = message.left < all;
                self.faults.unanswered += u64::from(!message.acked);
                self.faults.lost += u64::from(message.left > 0 && (heard_by_somebody || message.acked));
            }
        }
    }

    /// Messages that were sent.
    pub(crate) fn count_sent(&self) -> u64 {
        self.senders.iter().map(|sender| sender.sent.len() as u64).sum()
    }
}

/// Whether this is the place of a message that everybody else was told, too.
fn agrees(message: &mut Sent, seq: Option<u64>) -> bool {
    let Some(seq) = seq else { return true };
    if message.seq == 0 {
        message.seq = seq;
    }
    message.seq == seq
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Next,
    Late,
    Again,
}

impl Seat {
    fn order(&mut self, nth: usize, stamp: Stamp) -> Order {
        let Some(next) = self.next.get_mut(nth) else { return Order::Late };
        if stamp.number < *next {
            return if self.passed_over.remove(&stamp) { Order::Late } else { Order::Again };
        }
        for number in *next..stamp.number {
            self.passed_over.insert(Stamp { number, ..stamp });
        }
        *next = stamp.number + 1;
        Order::Next
    }

    /// Whether the places that this socket is told only grow.
    fn follows(&mut self, seq: Option<u64>) -> bool {
        let Some(seq) = seq else { return true };
        let follows = seq > self.last_seq;
        self.last_seq = self.last_seq.max(seq);
        follows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Id = [b'i'; 36];

    /// One room with two listeners, the first of whom sends.
    fn two() -> Tally {
        let mut tally = Tally::new(1, true);
        assert_eq!(tally.sender(0), 0);
        tally.sit(0, 0);
        tally.sit(1, 0);
        tally
    }

    fn send(tally: &mut Tally, seq: u64) -> Stamp {
        let (stamp, now) = (tally.next(0), Instant::now());
        tally.sent(0, ID, now);
        tally.ack(0, &ID, Some(seq), now);
        stamp
    }

    fn closed(mut tally: Tally) -> Faults {
        tally.close();
        tally.faults
    }

    #[test]
    fn what_everybody_hears_once_and_in_order_is_no_fault() {
        let mut tally = two();
        for seq in 1..=3 {
            let stamp = send(&mut tally, seq);
            assert_eq!(tally.under_way, 1);
            tally.heard(0, stamp, Some(seq), Instant::now());
            tally.heard(1, stamp, Some(seq), Instant::now());
            assert_eq!((tally.under_way, tally.free.pop_front()), (0, Some(0)));
        }
        assert_eq!((tally.deliveries, tally.acked), (6, 3));
        assert_eq!(closed(tally), Faults::default());
    }

    #[test]
    fn a_message_that_one_of_them_never_hears_is_lost() {
        let mut tally = two();
        let stamp = send(&mut tally, 1);
        tally.heard(0, stamp, Some(1), Instant::now());
        assert_eq!(closed(tally), Faults { lost: 1, ..Faults::default() });
    }

    #[test]
    fn a_message_that_comes_again_is_doubled() {
        let mut tally = two();
        let stamp = send(&mut tally, 1);
        for socket in [0, 1, 1] {
            tally.heard(socket, stamp, Some(1), Instant::now());
        }
        assert_eq!(closed(tally), Faults { doubled: 1, ..Faults::default() });
    }

    #[test]
    fn a_message_that_comes_after_a_later_one_is_out_of_order() {
        let mut tally = two();
        let (first, second) = (send(&mut tally, 1), send(&mut tally, 2));
        for (socket, stamp, seq) in [(0, first, 1), (0, second, 2), (1, second, 2)] {
            tally.heard(socket, stamp, Some(seq), Instant::now());
        }
        assert_eq!(tally.faults, Faults::default());
        tally.heard(1, first, None, Instant::now());
        assert_eq!(closed(tally), Faults { disordered: 1, ..Faults::default() });
    }

    #[test]
    fn two_who_are_told_different_places_have_different_orders() {
        let mut tally = two();
        let stamp = send(&mut tally, 1);
        tally.heard(0, stamp, Some(1), Instant::now());
        tally.heard(1, stamp, Some(2), Instant::now());
        assert_eq!(closed(tally), Faults { disordered: 1, ..Faults::default() });
    }

    #[test]
    fn what_nobody_sent_is_unknown_and_what_nobody_answers_is_unanswered() {
        let mut tally = two();
        let now = Instant::now();
        tally.heard(0, Stamp { sender: 7, number: 0 }, None, now);
        tally.heard(0, Stamp { sender: 0, number: 0 }, None, now);
        tally.ack(0, &ID, None, now);
        tally.sent(0, ID, now);
        assert_eq!(closed(tally), Faults { unknown: 3, unanswered: 1, ..Faults::default() });
    }

    #[test]
    fn only_what_is_due_in_the_window_is_measured() {
        let mut tally = two();
        let begin = Instant::now();
        tally.measure(begin..begin + Duration::from_secs(1));
        for (number, due) in
            [begin - Duration::from_millis(1), begin, begin + Duration::from_secs(1)].into_iter().enumerate()
        {
            tally.sent(0, ID, due);
            let stamp = Stamp { sender: 0, number: number as u32 };
            let heard = begin + Duration::from_secs(2);
            tally.ack(0, &ID, None, heard);
            tally.heard(0, stamp, None, heard);
            tally.heard(1, stamp, None, heard);
        }
        let Measured { acks, each, last } = &tally.measured;
        assert_eq!((acks.0.len(), each.0.len(), last.0.len()), (1, 2, 1));
        assert_eq!(last.0.max() / 1_000, 2_000);
    }
}
