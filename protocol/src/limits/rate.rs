//! How often: a token bucket, as it is written and read.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A token bucket: so many at once, and then as many as come back in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    /// Tokens in the full bucket.
    pub burst: NonZeroU32,
    /// Tokens that come back in each span.
    pub refill: NonZeroU32,
    /// The span.
    pub per: Span,
}

/// The time that a rate is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// `s`
    Second,
    /// `min`
    Minute,
    /// `h`
    Hour,
}

impl Span {
    const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    const fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
        }
    }

    const fn time(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3_600),
        }
    }
}

impl Rate {
    pub(super) const fn new(burst: u32, refill: u32, per: Span) -> Self {
        let (burst, refill) = (NonZeroU32::new(burst), NonZeroU32::new(refill));
        Self { burst: burst.expect("not nought"), refill: refill.expect("not nought"), per }
    }

    /// As many at once as come back in a span.
    pub(super) const fn every(span: Span, refill: u32) -> Self {
        Self::new(refill, refill, span)
    }

    /// The highest number in a rate: it means no limit to anybody, and an hour of it still fits a clock of nanoseconds.
    const MOST: u32 = 1_000_000;

    /// The time in which one token comes back.
    #[must_use]
    pub fn period(self) -> Duration {
        (self.per.time() / self.refill.get()).max(Duration::from_nanos(1))
    }

    /// The time in which an empty bucket is full again.
    #[must_use]
    pub fn until_full(self) -> Duration {
        self.period() * self.burst.get()
    }
}

/// A text that is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no rate; write \"20, then 5/s\", or \"600/min\" (per s, min or h; up to 1000000)")]
pub struct NoRate(String);

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Self, NoRate> {
        let parse = || {
            let (burst, rest) = text.split_once(", then ").map_or((None, text), |(burst, rest)| (Some(burst), rest));
            let (refill, span) = rest.trim().split_once('/')?;
            let refill = refill.parse().ok()?;
            let burst = burst.map_or(Some(refill), |burst| burst.trim().parse().ok())?;
            let per = Span::ALL.into_iter().find(|per| per.name() == span)?;
            let rate = Self { burst, refill, per };
            (burst.max(refill).get() <= Self::MOST).then_some(rate)
        };
        parse().ok_or_else(|| NoRate(text.to_owned()))
    }
}

impl TryFrom<String> for Rate {
    type Error = NoRate;

    fn try_from(text: String) -> Result<Self, NoRate> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { burst, refill, per } = self;
        if burst != refill {
            write!(f, "{burst}, then ")?;
        }
        write!(f, "{refill}/{}", per.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for rate in [Rate::new(20, 5, Span::Second), Rate::new(5, 1, Span::Minute), Rate::every(Span::Hour, 1_000_000)]
        {
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
        assert_eq!("20, then 5/s".parse(), Ok(Rate::new(20, 5, Span::Second)));
        assert_eq!("7/h".parse(), Ok(Rate::new(7, 7, Span::Hour)));
        for wrong in ["", "5", "0/s", "5/d", "20 5/s", "0, then 5/s", "-1/s", "1000001/s", "5/s, then 20"] {
            assert_eq!(wrong.parse::<Rate>(), Err(NoRate(wrong.to_owned())));
        }
    }

    #[test]
    fn an_empty_bucket_fills_at_its_rate() {
        let sends = Rate::new(20, 5, Span::Second);
        assert_eq!((sends.period(), sends.until_full()), (Duration::from_millis(200), Duration::from_secs(4)));
    }
}
