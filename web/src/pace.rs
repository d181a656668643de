//! How often people may try what is worth guessing at, or costly.
//!
//! Addresses are those of connections: what a header says of where a request was forwarded from, anybody can write.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use greenroom_protocol::limits::{REGISTRATIONS_FROM_ADDRESS, SIGN_INS_FROM_ADDRESS, SIGN_INS_WITH_EMAIL};

/// How often keys are forgotten that count no longer.
pub(crate) const FORGET: Duration = Duration::from_secs(60);

/// Who has tried what, lately.
#[derive(Debug)]
pub(crate) struct Pace {
    sign_ins_from: DefaultKeyedRateLimiter<IpAddr>,
    /// By a hash, so that no key is longer than another, and no address lies about in memory.
    sign_ins_with: DefaultKeyedRateLimiter<u64>,
    registrations_from: DefaultKeyedRateLimiter<IpAddr>,
    hasher: RandomState,
    clock: DefaultClock,
}

/// Tried too often; again after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften(pub(crate) Duration);

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            sign_ins_from: RateLimiter::keyed(Quota::per_minute(SIGN_INS_FROM_ADDRESS)),
            sign_ins_with: RateLimiter::keyed(Quota::per_minute(SIGN_INS_WITH_EMAIL)),
            registrations_from: RateLimiter::keyed(Quota::per_hour(REGISTRATIONS_FROM_ADDRESS)),
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
        }
    }

    /// Somebody at this address shows a password for this e-mail. An address that has had its share costs no e-mail
    /// any of its own.
    pub(crate) fn sign_in(&self, from: IpAddr, email: &str) -> Result<(), TooOften> {
        let email = self.hasher.hash_one(email.trim().to_lowercase());
        self.count(&self.sign_ins_from, &household(from))?;
        self.count(&self.sign_ins_with, &email)
    }

    /// Somebody at this address wants an account.
    pub(crate) fn registration(&self, from: IpAddr) -> Result<(), TooOften> {
        self.count(&self.registrations_from, &household(from))
    }

    /// Forgets whoever has not tried anything for long enough.
    pub(crate) fn forget(&self) {
        for by_address in [&self.sign_ins_from, &self.registrations_from] {
            by_address.retain_recent();
            by_address.shrink_to_fit();
        }
        self.sign_ins_with.retain_recent();
        self.sign_ins_with.shrink_to_fit();
    }

    fn count<K: std::hash::Hash + Eq + Clone>(
        &self,
        tries: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), TooOften> {
        tries.check_key(key).map_err(|early| TooOften(early.wait_time_from(self.clock.now())))
    }
}

/// Whoever has one IPv6 address has the 2⁶⁴ beside it, too.
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(pace: &Pace, from: &str, email: &str) -> u32 {
        let from = from.parse().unwrap();
        (0..).find(|_| pace.sign_in(from, email).is_err()).unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_so_has_an_email() {
        let pace = Pace::new();
        assert_eq!(tries(&pace, "10.0.0.1", "ana@example.org"), 10);
        assert_eq!(tries(&pace, "::ffff:10.0.0.1", "bob@example.org"), 0, "the same address");
        assert_eq!(tries(&pace, "10.0.0.2", " ANA@example.org"), 0, "the same e-mail");
        assert_eq!(tries(&pace, "2001:db8::1", "bob@example.org"), 10, "Bob's share was not touched");
        assert_eq!(tries(&pace, "2001:db8::ffff:2", "eve@example.org"), 0, "the same household");
        let TooOften(wait) = pace.sign_in("10.0.0.1".parse().unwrap(), "").unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(60 / 10), "{wait:?}");
    }

    #[test]
    fn what_counts_still_is_not_forgotten() {
        let pace = Pace::new();
        assert_eq!(tries(&pace, "10.0.0.1", "ana@example.org"), 10);
        pace.forget();
        assert_eq!((pace.sign_ins_from.len(), pace.sign_ins_with.len()), (1, 1));
        assert_eq!(tries(&pace, "10.0.0.1", "ana@example.org"), 0);
    }
}
