//! How sure a difference is: the bootstrap, by percentiles (Efron, 1979).
//!
//! The differences that were measured are drawn again, with replacement, as many as there are; the median of that is one
//! that could have been measured as well. Of ten thousand such medians the middle 95 % are the interval.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::bench::figures::Spread;

/// With fewer differences than this, an interval would only look like one.
pub(crate) const ENOUGH: usize = 5;

/// So many that the ends of the interval don't move from one seed to the next.
const DRAWS: usize = 10_000;

/// One for all, so that the same measurements have the same interval.
const SEED: u64 = 1_979;

/// A median, and where it may as well be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    /// Of the median of some differences; nothing where they are too few.
    pub(crate) fn of(differences: &[f64]) -> Option<Self> {
        if differences.len() < ENOUGH {
            return None;
        }
        let median = Spread::of(differences.iter().copied())?.median;
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut draw = || differences[rng.random_range(0..differences.len())];
        let mut medians: Vec<f64> = (0..DRAWS)
            .filter_map(|_| Spread::of((0..differences.len()).map(|_| draw())).map(|spread| spread.median))
            .collect();
        medians.sort_by(f64::total_cmp);
        let (low, high) = (*medians.get(DRAWS / 40)?, *medians.get(DRAWS - 1 - DRAWS / 40)?);
        Some(Self { median, low, high })
    }

    /// Whether it says which way the difference goes.
    pub(crate) fn is_clear(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_differences_have_no_interval() {
        assert_eq!(Interval::of(&[1.0, 1.0, 1.0, 1.0]), None);
    }

    #[test]
    fn what_is_always_the_same_is_certain() {
        let interval = Interval::of(&[3.0; 5]).unwrap();
        assert_eq!(interval, Interval { median: 3.0, low: 3.0, high: 3.0 });
        assert!(interval.is_clear());
    }

    #[test]
    fn differences_of_both_signs_are_not_clear() {
        let interval = Interval::of(&[-2.0, 1.0, 3.0, -1.0, 2.0]).unwrap();
        assert_eq!(interval.median, 1.0);
        assert!(!interval.is_clear(), "{interval:?}");
    }

    /// For the median of 1 to 25, the order statistics of the binomial distribution give 8 to 18 (95.7 %).
    #[test]
    fn an_interval_is_where_theory_has_it() {
        let differences: Vec<f64> = (1..=25).map(f64::from).collect();
        let interval = Interval::of(&differences).unwrap();
        assert_eq!(interval.median, 13.0);
        assert!((7.0..=9.0).contains(&interval.low) && (17.0..=19.0).contains(&interval.high), "{interval:?}");
    }
}
