//! How often people may try what is worth guessing at, or costly, as told by where they are.
//!
//! What is counted for a person is behind [`Pacing`]; here is what is counted before one knows who it is.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use greenroom_actors::{Pacing, TooOften};
use greenroom_protocol::limits::{Bucket, Cap, Limits};

pub(crate) mod calls;
mod places;

pub(crate) use places::Place;
use places::Places;

/// How often keys are forgotten that count no longer.
pub(crate) const FORGET: Duration = Duration::from_secs(60);

/// When somebody may try again who has found every place taken: nobody knows when one becomes free, and a reload is
/// not to be a flood.
pub(crate) const FULL: Duration = Duration::from_secs(10);

/// Who has tried what, lately.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) people: Arc<Pacing>,
    sign_ins: ByAddress,
    /// By a hash, so that no key is longer than another, and no address lies about in memory.
    sign_ins_with: DefaultKeyedRateLimiter<u64>,
    registrations: ByAddress,
    guests: ByAddress,
    upgrades: ByAddress,
    anonymous_requests: ByAddress,
    places: Arc<Places>,
    hasher: RandomState,
    clock: DefaultClock,
}

#[derive(Debug)]
struct ByAddress {
    bucket: Bucket,
    tries: DefaultKeyedRateLimiter<IpAddr>,
}

impl ByAddress {
    fn new(limits: &Limits, bucket: Bucket) -> Self {
        Self { bucket, tries: keyed(limits, bucket) }
    }
}

fn keyed<K: std::hash::Hash + Eq + Clone>(limits: &Limits, bucket: Bucket) -> DefaultKeyedRateLimiter<K> {
    let rate = limits.rate(bucket);
    let quota = Quota::with_period(rate.period()).expect("a rate has a period");
    RateLimiter::keyed(quota.allow_burst(rate.burst))
}

impl Pace {
    pub(crate) fn new(people: Arc<Pacing>) -> Self {
        let limits = people.limits();
        let by_address = |bucket| ByAddress::new(limits, bucket);
        Self {
            sign_ins: by_address(Bucket::SignIns),
            sign_ins_with: keyed(limits, Bucket::SignInsWithEmail),
            registrations: by_address(Bucket::Registrations),
            guests: by_address(Bucket::Guests),
            upgrades: by_address(Bucket::Upgrades),
            anonymous_requests: by_address(Bucket::AnonymousRequests),
            places: Arc::new(Places::new(limits.cap(Cap::SocketsFromAddress))),
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
            people,
        }
    }

    /// Somebody at this address shows a password for this e-mail. An address that has had its share costs no e-mail
    /// any of its own.
    pub(crate) fn sign_in(&self, from: IpAddr, email: &str) -> Result<(), TooOften> {
        let email = self.hasher.hash_one(email.trim().to_lowercase());
        self.from(&self.sign_ins, from)?;
        self.count(Bucket::SignInsWithEmail, &self.sign_ins_with, &email)
    }

    /// Somebody at this address wants an account.
    pub(crate) fn registration(&self, from: IpAddr) -> Result<(), TooOften> {
        self.from(&self.registrations, from)
    }

    /// Somebody at this address wants to be a guest.
    pub(crate) fn guest(&self, from: IpAddr) -> Result<(), TooOften> {
        self.from(&self.guests, from)
    }

    /// Somebody at this address calls something, and does not say who they are.
    pub(crate) fn anonymous_request(&self, from: IpAddr) -> Result<(), TooOften> {
        self.from(&self.anonymous_requests, from)
    }

    /// Somebody at this address opens a socket.
    pub(crate) fn upgrade(&self, from: IpAddr) -> Result<(), TooOften> {
        self.from(&self.upgrades, from)
    }

    /// A place among the sockets of an address, where there is one.
    pub(crate) fn place(&self, from: IpAddr) -> Option<Place> {
        let place = Arc::clone(&self.places).take(household(from));
        if place.is_none() {
            self.people.full(Cap::SocketsFromAddress);
            tracing::warn!(%from, "an address has as many sockets as it may; is it a proxy that is not trusted?");
        }
        place
    }

    /// Forgets whoever has not tried anything for long enough.
    pub(crate) fn forget(&self) {
        let by_address = [&self.sign_ins, &self.registrations, &self.guests, &self.upgrades, &self.anonymous_requests];
        for ByAddress { tries, .. } in by_address {
            tries.retain_recent();
            tries.shrink_to_fit();
        }
        self.sign_ins_with.retain_recent();
        self.sign_ins_with.shrink_to_fit();
        self.people.forget();
    }

    fn from(&self, by_address: &ByAddress, from: IpAddr) -> Result<(), TooOften> {
        self.count(by_address.bucket, &by_address.tries, &household(from))
    }

    fn count<K: std::hash::Hash + Eq + Clone>(
        &self,
        bucket: Bucket,
        tries: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), TooOften> {
        tries.check_key(key).map_err(|early| {
            self.people.refused(bucket);
            TooOften(early.wait_time_from(self.clock.now()))
        })
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

    fn pace() -> Pace {
        Pace::new(Arc::new(Pacing::new(Limits::standard())))
    }

    fn tries(pace: &Pace, from: &str, email: &str) -> u32 {
        let from = from.parse().unwrap();
        (0..).find(|_| pace.sign_in(from, email).is_err()).unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_so_has_an_email() {
        let pace = pace();
        assert_eq!(tries(&pace, "10.0.0.1", "ana@example.org"), 10);
        assert_eq!(tries(&pace, "::ffff:10.0.0.1", "bob@example.org"), 0, "the same address");
        assert_eq!(tries(&pace, "10.0.0.2", " ANA@example.org"), 0, "the same e-mail");
        assert_eq!(tries(&pace, "2001:db8::1", "bob@example.org"), 10, "Bob's share was not touched");
        assert_eq!(tries(&pace, "2001:db8::ffff:2", "eve@example.org"), 0, "the same household");
        let TooOften(wait) = pace.sign_in("10.0.0.1".parse().unwrap(), "").unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(60 / 10), "{wait:?}");
        let refusals = pace.people.refusals();
        assert!(refusals.contains(&("sign_ins", 5)) && refusals.contains(&("sign_ins_with_email", 1)), "{refusals:?}");
    }

    #[test]
    fn what_counts_still_is_not_forgotten() {
        let pace = pace();
        assert_eq!(tries(&pace, "10.0.0.1", "ana@example.org"), 10);
        pace.forget();
        assert_eq!((pace.sign_ins.tries.len(), pace.sign_ins_with.len()), (1, 1));
        assert_eq!(tries(&pace, "10.0.0.1", "ana@example.org"), 0);
    }

    #[test]
    fn an_address_has_so_many_places_and_they_come_back() {
        let pace = pace();
        let take = |from: &str| pace.place(from.parse().unwrap());
        let mut places: Vec<_> = std::iter::from_fn(|| take("2001:db8::1")).collect();
        assert_eq!(places.len(), 100);
        assert!(take("2001:db8::2").is_none(), "the same household");
        assert!(take("2001:db8:0:1::1").is_some(), "another one");
        drop(places.pop());
        assert!(take("2001:db8::2").is_some());
    }
}
