//! How long something takes, as a histogram whose bounds double.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The first bucket is below 1 µs, each other one from 2^(i−1) to below 2^i µs; the last, from 16 s, is open.
pub(crate) const BUCKETS: usize = 26;

/// Counts of one moment.
pub(crate) type Counts = [u32; BUCKETS];

/// A histogram that one actor writes and others read.
#[derive(Debug, Default)]
pub(crate) struct Histogram([AtomicU32; BUCKETS]);

impl Histogram {
    /// Counts one.
    pub(crate) fn count(&self, took: Duration) {
        self.0[bucket(took)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        std::array::from_fn(|bucket| self.0[bucket].load(Ordering::Relaxed))
    }
}

fn bucket(took: Duration) -> usize {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    usize::try_from(u64::BITS - micros.leading_zeros()).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// What was counted between two moments.
pub(crate) fn between(before: &Counts, now: &Counts) -> Counts {
    std::array::from_fn(|bucket| now[bucket].wrapping_sub(before[bucket]))
}

/// What was counted in either.
pub(crate) fn together(one: &Counts, other: &Counts) -> Counts {
    std::array::from_fn(|bucket| one[bucket].wrapping_add(other[bucket]))
}

/// The bound, in microseconds, that 99 of 100 stay below; nothing where nothing was counted.
pub(crate) fn p99(counts: &Counts) -> Option<u64> {
    let all: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let wanted = all - all / 100;
    let mut sum = 0;
    let bucket = counts.iter().position(|count| {
        sum += u64::from(*count);
        sum >= wanted && all > 0
    })?;
    Some(1 << bucket)
}

/// The counts without the empty end.
pub(crate) fn trimmed(counts: &Counts) -> Vec<u32> {
    let used = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    counts[..used].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_falls_between_the_bounds_of_its_bucket() {
        for (micros, expected) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1_000, 10), (u64::MAX, BUCKETS - 1)] {
            assert_eq!(bucket(Duration::from_micros(micros)), expected, "{micros} µs");
        }
    }

    #[test]
    fn ninety_nine_of_a_hundred_are_below_the_bound() {
        let histogram = Histogram::default();
        assert_eq!(p99(&histogram.counts()), None);
        (0..99).for_each(|_| histogram.count(Duration::from_micros(3)));
        let before = histogram.counts();
        histogram.count(Duration::from_millis(100));
        assert_eq!(p99(&histogram.counts()), Some(4), "one in a hundred is above");
        assert_eq!(p99(&between(&before, &histogram.counts())), Some(1 << 17), "and it alone was counted since");
        assert_eq!(trimmed(&before), [0, 0, 99]);
    }
}
