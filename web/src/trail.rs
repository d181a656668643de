//! What the edge writes into the audit trail: the entries of a request know by themselves who, where and which.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use greenroom_actors::trail::{Act, Entry, Outcome};
use greenroom_protocol::limits::REFUSALS_IN_TRAIL;

use crate::accept::Edge;
use crate::pace::household;
use crate::request::{self, Asked};

/// Lets a burst of refusals from one address into the trail, and no flood: whoever asks in vain a thousand times a
/// second would otherwise push out of the files what others have done. Each is in the log of requests all the same.
#[derive(Debug)]
pub(crate) struct Restraint(DefaultKeyedRateLimiter<IpAddr>);

impl Default for Restraint {
    fn default() -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(REFUSALS_IN_TRAIL)))
    }
}

impl Restraint {
    /// Forgets whoever was not refused anything for long enough.
    pub(crate) fn forget(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }

    fn allows(&self, from: IpAddr) -> bool {
        self.0.check_key(&household(from)).is_ok()
    }
}

/// Notes what the person behind the request in hand has done, and what about. Only for what has a bound of its own, as
/// registering and showing passwords have: a guest, who may come as often as anybody likes, is in the log of requests
/// alone.
pub(crate) fn note(act: Act, outcome: Outcome, about: &str) {
    if let Some(asked) = request::current() {
        asked.enters_trail();
        enter(&asked, act, outcome, about);
    }
}

/// Notes what the person behind the request in hand has tried, as long as they don't try too much.
pub(crate) fn note_refusal(restraint: &Restraint, act: Act, outcome: Outcome, about: &str) {
    if let Some(asked) = request::current()
        && !asked.enters_trail()
        && restraint.allows(asked.from)
    {
        enter(&asked, act, outcome, about);
    }
}

fn enter(asked: &Asked, act: Act, outcome: Outcome, about: &str) {
    let (user, from, request) = (asked.user(), Some(asked.from), Some(asked.id));
    Entry { act, outcome, user, from, request, about }.record();
}

/// An e-mail that somebody has tried, so that two tries can be told to be of the same one, and nobody who reads the
/// trail learns who is addressed, or what was typed into the wrong field. The key of the hash is as old as the process.
pub(crate) fn email_mark(email: &str) -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    format!("email:{:016x}", KEY.hash_one(email.trim().to_lowercase()))
}

/// Notes every request that was refused for want of a right or of room, where nobody has said more of it.
pub(crate) async fn refusals_noted(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let about = format!("{} {}", request.method(), request::logged_path(request.uri()));
    let response = next.run(request).await;
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            note_refusal(&edge.restraint, Act::Access, Outcome::Refused, &about);
        }
        StatusCode::TOO_MANY_REQUESTS => note_refusal(&edge.restraint, Act::Limit, Outcome::Refused, &about),
        _ => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_told_from_another_and_not_told() {
        assert_eq!(email_mark("Ana@example.org "), email_mark("ana@example.org"));
        assert_ne!(email_mark("ana@example.org"), email_mark("bob@example.org"));
        assert!(!email_mark("ana@example.org").contains("ana"));
    }

    #[test]
    fn a_flood_of_refusals_leaves_room_for_what_others_do() {
        let restraint = Restraint::default();
        let (mallory, alice) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let entered = (0..1_000).filter(|_| restraint.allows(mallory)).count();
        assert_eq!(entered, REFUSALS_IN_TRAIL.get() as usize);
        assert!(restraint.allows(alice));
    }
}
