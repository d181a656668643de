//! The pace of calls over HTTP.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{HelloFailed, Identity, TooOften};

use super::Pace;
use crate::accept::Edge;
use crate::address::Client;
use crate::caller;
use crate::problem::Problem;

/// Who asks, as it was found out to count their calls: nobody is looked up twice.
#[derive(Clone)]
pub(crate) struct Known(pub(crate) Result<Option<Identity>, HelloFailed>);

/// Counts a call: for whoever says who they are, and else for the address.
pub(crate) async fn count(State(edge): State<Arc<Edge>>, client: Client, mut request: Request, next: Next) -> Response {
    let Some(pace) = &edge.pace else { return next.run(request).await };
    let known = match caller::token(request.headers()) {
        Some(token) => edge.engine.bearer(token).await.map(Some),
        None => Ok(None),
    };
    let who = known.as_ref().ok().and_then(Option::as_ref);
    match counted(pace, who, client.ip, request.method(), request.uri().path()) {
        Ok(()) => {
            request.extensions_mut().insert(Known(known));
            next.run(request).await
        }
        Err(too_often) => Problem::from(too_often).into_response(),
    }
}

fn counted(pace: &Pace, who: Option<&Identity>, from: IpAddr, method: &Method, path: &str) -> Result<(), TooOften> {
    let Some(identity) = who else { return pace.anonymous_request(from) };
    let person = pace.people.person(identity.person.user.id);
    if is_messages(path) && (method == Method::GET || method == Method::HEAD) {
        return person.message_read();
    }
    person.request()?;
    if method != Method::POST {
        return Ok(());
    }
    // The same things as over a socket, out of the same buckets.
    if is_messages(path) {
        person.send()
    } else if path.trim_end_matches('/') == "/api/rooms" {
        person.room_creation()
    } else {
        Ok(())
    }
}

/// Whether this is `/api/rooms/{room}/messages`.
fn is_messages(path: &str) -> bool {
    let room = path.strip_prefix("/api/rooms/").and_then(|rest| rest.strip_suffix("/messages"));
    room.is_some_and(|room| !room.is_empty() && !room.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_of_a_room_are_told_by_their_path() {
        assert!(is_messages("/api/rooms/green/messages"));
        for other in ["/api/rooms", "/api/rooms/messages", "/api/rooms//messages", "/api/rooms/a/b/messages"] {
            assert!(!is_messages(other), "{other}");
        }
    }
}
