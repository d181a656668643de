//! The harness: a server, and guests who talk to it.

mod contract;
mod frames;
mod guest;
mod http;
mod inbox;
pub(crate) mod lab;
mod member;
mod observer;
mod process;
mod procfs;
mod raw;
mod server;
mod steady;
pub(crate) mod tls;

use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use greenroom_protocol::{Event, RoomId};
use tokio::time::{Instant, sleep, timeout};

pub(crate) use contract::{Contract, Operation};
pub(crate) use frames::log_of;
pub(crate) use guest::{Guest, NoSocket, said};
pub(crate) use http::{Answer, Call, call};
pub(crate) use inbox::Ending;
pub(crate) use member::{Member, PASSWORD, registration};
pub(crate) use observer::Observer;
pub(crate) use process::{Home, Process, greenroom};
pub(crate) use raw::{Raw, frame, raw_http};
pub(crate) use server::Server;
pub(crate) use steady::Steady;

/// How long anything may take before a test gives up. Long, since nothing waits for it that goes well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The room where people talk.
pub(crate) const GREEN: &str = "green";

/// The room that is mostly empty.
pub(crate) const ATTIC: &str = "attic";

/// What can be connected to.
pub(crate) trait Host {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// The address of one of its pages.
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }
}

/// A room's id, from a text that is one.
pub(crate) fn room(id: &str) -> RoomId {
    RoomId::parse(id).expect("tests name rooms properly")
}

/// The bodies of events, in their order.
pub(crate) fn bodies<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<&'a str> {
    events.into_iter().filter_map(Event::message).map(|message| message.body.as_str()).collect()
}

/// The places of events, in their order.
pub(crate) fn seqs<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<u64> {
    events.into_iter().map(|event| event.seq().0).collect()
}

/// Looks again and again until what is seen is as it should be; gives up with the last sight of it.
pub(crate) async fn until<T: Debug>(what: &str, mut look: impl AsyncFnMut() -> T, good: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = look().await;
        if good(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited for {what}, and last saw {seen:?}");
        a_moment().await;
    }
}

/// The time between two looks at the same thing. Nothing is ever expected to have happened after it.
async fn a_moment() {
    sleep(Duration::from_millis(20)).await;
}

/// Waits for what ought to end by itself.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
