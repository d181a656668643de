//! What is measured of one incarnation beyond the counts that all have.
//!
//! Rooms and parts have one from their birth, for the ring of the last commands; a session has none until somebody looks
//! at it. Time is measured only while somebody watches, and then of one command in so many.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::histogram::{Counts, Histogram};
use super::kinds::Told;

/// Commands that the ring holds.
pub(crate) const RING: usize = 32;

/// What is measured of one incarnation.
#[derive(Debug)]
pub struct Gauge {
    /// One command in so many is timed; none where it is 0, since nobody watches.
    stride: AtomicU32,
    /// The most that was seen in the mailbox.
    high: AtomicU64,
    /// The command whose time in the mailbox is being taken, counted from 1; 0 for none.
    sampled: AtomicU64,
    /// When it was told.
    told_at: AtomicU64,
    waiting: Histogram,
    handling: Histogram,
    /// The slowest handling, in microseconds, since it was last asked for.
    slowest: AtomicU32,
    /// When the first command after a restart was handled, counted from 1; 0 for not yet.
    first: AtomicU64,
    /// The last commands: of each its kind, and the bytes said in it.
    ring: [AtomicU64; RING],
}

/// The command in hand, if it is timed: since when.
#[derive(Debug, Default)]
#[must_use]
pub struct InHand(Option<Instant>);

/// One of the last commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The number of its kind.
    pub(crate) kind: u8,
    /// Bytes that somebody has said in it.
    pub(crate) bytes: u64,
}

/// Times here are counted from it.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Since [`BEGINNING`].
fn nanos() -> u64 {
    u64::try_from(BEGINNING.elapsed().as_nanos()).unwrap_or(u64::MAX - 1)
}

impl Gauge {
    pub(crate) fn new() -> Self {
        Self {
            stride: AtomicU32::new(0),
            high: AtomicU64::new(0),
            sampled: AtomicU64::new(0),
            told_at: AtomicU64::new(0),
            waiting: Histogram::default(),
            handling: Histogram::default(),
            slowest: AtomicU32::new(0),
            first: AtomicU64::new(0),
            ring: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// The `nth` command is told, counted from 0, while `handled` were.
    #[inline]
    pub(crate) fn told(&self, nth: u64, handled: u64) {
        let stride = self.stride.load(Ordering::Relaxed);
        if stride != 0 && nth.is_multiple_of(stride.into()) {
            self.sample(nth, handled);
        }
    }

    #[cold]
    fn sample(&self, nth: u64, handled: u64) {
        self.see(nth.saturating_sub(handled) + 1);
        if self.sampled.load(Ordering::Relaxed) == 0 {
            self.told_at.store(nanos(), Ordering::Relaxed);
            self.sampled.store(nth + 1, Ordering::Release);
        }
    }

    /// The `nth` command is taken in hand, counted from 0.
    #[inline]
    pub(crate) fn begin<M: Told>(&self, kind: u8, command: &M, nth: u64) -> InHand {
        let bytes = command.bytes() as u64;
        // A ring of 32, so the lowest bits are the place.
        self.ring[nth as usize % RING].store(bytes << 8 | u64::from(kind), Ordering::Relaxed);
        let stride = self.stride.load(Ordering::Relaxed);
        if stride == 0 { InHand(None) } else { self.time(nth, stride) }
    }

    #[cold]
    fn time(&self, nth: u64, stride: u32) -> InHand {
        let sampled = self.sampled.load(Ordering::Acquire);
        if sampled != 0 && sampled <= nth + 1 {
            // One that several told at once may have been overtaken by few others; its time says the same.
            let told = Duration::from_nanos(self.told_at.load(Ordering::Relaxed));
            self.waiting.count(BEGINNING.elapsed().saturating_sub(told));
            self.sampled.store(0, Ordering::Release);
        }
        InHand(nth.is_multiple_of(stride.into()).then(Instant::now))
    }

    /// It is done with the command in hand.
    #[inline]
    pub(crate) fn done(&self, in_hand: &InHand) {
        if let Some(since) = in_hand.0 {
            let took = since.elapsed();
            self.handling.count(took);
            self.slowest.fetch_max(u32::try_from(took.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }

    /// So many were seen in the mailbox.
    pub(crate) fn see(&self, waiting: u64) {
        self.high.fetch_max(waiting, Ordering::Relaxed);
    }

    /// The first command after a restart is handled.
    pub(crate) fn note_first(&self) {
        self.first.store(nanos() + 1, Ordering::Relaxed);
    }

    /// When the first command after a restart was handled.
    pub(crate) fn first(&self) -> Option<Instant> {
        let nanos = self.first.load(Ordering::Relaxed).checked_sub(1)?;
        Some(*BEGINNING + Duration::from_nanos(nanos))
    }

    /// From now on one command in so many is timed; none with 0.
    pub fn set_stride(&self, stride: u32) {
        if stride == 0 {
            self.sampled.store(0, Ordering::Relaxed);
        }
        self.stride.store(stride, Ordering::Relaxed);
    }

    pub(crate) fn high(&self) -> u64 {
        self.high.load(Ordering::Relaxed)
    }

    /// Times in the mailbox.
    pub(crate) fn waiting(&self) -> Counts {
        self.waiting.counts()
    }

    /// Times of handling.
    pub(crate) fn handling(&self) -> Counts {
        self.handling.counts()
    }

    /// The slowest handling since the last time that it was asked for, in microseconds.
    pub(crate) fn take_slowest(&self) -> u32 {
        self.slowest.swap(0, Ordering::Relaxed)
    }

    /// The last commands, oldest first; `taken` were taken in hand.
    pub(crate) fn last(&self, taken: u64) -> Vec<Heard> {
        let first = taken.saturating_sub(RING as u64);
        let heard = |nth: u64| {
            let entry = self.ring[nth as usize % RING].load(Ordering::Relaxed);
            Heard { kind: u8::try_from(entry & 0xff).unwrap_or(0), bytes: entry >> 8 }
        };
        (first..taken).map(heard).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_timed_while_nobody_watches_and_some_of_it_while_somebody_does() {
        let gauge = Gauge::new();
        let pass = |from: u64| {
            for nth in from..from + 64 {
                gauge.told(nth, nth);
                gauge.done(&gauge.begin(0, &(), nth));
            }
        };
        let timed = |counts: Counts| counts.iter().sum::<u32>();
        pass(0);
        assert_eq!((timed(gauge.waiting()), timed(gauge.handling())), (0, 0));
        gauge.set_stride(16);
        pass(64);
        assert_eq!((timed(gauge.waiting()), timed(gauge.handling())), (4, 4));
        gauge.set_stride(0);
        pass(128);
        assert_eq!((timed(gauge.waiting()), timed(gauge.handling())), (4, 4));
    }

    #[test]
    fn the_ring_has_the_last_commands_in_their_order() {
        struct Said(u8, usize);
        impl Told for Said {
            const KINDS: &'static [&'static str] = &["a", "b"];
            fn kind(&self) -> u8 {
                self.0
            }
            fn bytes(&self) -> usize {
                self.1
            }
        }
        let gauge = Gauge::new();
        for nth in 0..40 {
            let said = Said(u8::from(nth % 2 == 1), usize::try_from(nth).unwrap());
            gauge.done(&gauge.begin(said.kind(), &said, nth));
        }
        let last = gauge.last(40);
        assert_eq!((last.len(), last[0]), (RING, Heard { kind: 0, bytes: 8 }));
        assert_eq!(last[RING - 1], Heard { kind: 1, bytes: 39 });
        assert_eq!(gauge.last(3).len(), 3, "no more than there were");
    }
}
