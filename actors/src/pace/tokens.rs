//! One token bucket, by the clock of the runtime, which tests may pause.

use std::time::Instant;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use greenroom_protocol::limits::{Bucket, Limits, Rate};

use super::TooOften;

#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) bucket: Bucket,
    /// Forty bytes: the library's usual clock would be as much again.
    tokens: RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Instant>>,
}

impl Tokens {
    pub(super) fn new(limits: &Limits, bucket: Bucket) -> Self {
        Self { bucket, tokens: RateLimiter::direct_with_clock(quota(limits.rate(bucket)), RuntimeClock) }
    }

    pub(super) fn take(&self) -> Result<(), TooOften> {
        self.tokens.check().map_err(|early| TooOften(early.wait_time_from(now())))
    }
}

fn quota(rate: Rate) -> Quota {
    let quota = Quota::with_period(rate.period()).expect("a rate has a period");
    quota.allow_burst(rate.burst)
}

pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[derive(Debug, Clone, Copy, Default)]
struct RuntimeClock;

impl Clock for RuntimeClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        now()
    }
}
