//! What is known of the request in hand: its id, where it comes from and who makes it. Each has one record in the log,
//! whatever becomes of it; a handler that panics is answered for.
//!
//! The id is made here, and never taken from a client, who could make two requests look like one. Of a request nothing
//! is logged but its method and path: no query, no header, no body.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use greenroom_actors::fault_point;
use greenroom_protocol::UserId;
use greenroom_protocol::limits::LOGGED_PATH_BYTES;
use ipnet::IpNet;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::address::Client;
use crate::problem::Problem;

/// The target of the records of requests and sockets, so that they can be kept apart from the rest of the log.
pub const REQUESTS: &str = "greenroom::request";

/// Carries a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: Arc<Asked>;
}

/// What is known of a request, and of the socket that came of it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) id: Uuid,
    /// Where it comes from.
    pub(crate) from: IpAddr,
    /// Whether it came over TLS: here, or at a proxy that is trusted.
    over_tls: bool,
    user: OnceLock<UserId>,
    in_trail: AtomicBool,
}

impl Asked {
    fn new(from: IpAddr, over_tls: bool) -> Self {
        Self { id: Uuid::now_v7(), from, over_tls, user: OnceLock::new(), in_trail: AtomicBool::new(false) }
    }

    /// Who makes it, once that has shown.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.user.get().copied()
    }

    /// Notes that the audit trail has an entry for it, and says whether it had one before.
    pub(crate) fn enters_trail(&self) -> bool {
        self.in_trail.swap(true, Ordering::Relaxed)
    }
}

/// The request that this task carries out, if any.
pub(crate) fn current() -> Option<Arc<Asked>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Whether the request in hand came over TLS: here, or at a proxy that is trusted.
pub(crate) fn came_over_tls() -> bool {
    current().is_some_and(|asked| asked.over_tls)
}

/// What is known of requests before they come.
#[derive(Clone)]
pub(crate) struct Arrival {
    /// Whether all of them come over TLS.
    pub(crate) over_tls: bool,
    /// Proxies whose word counts about whom they speak for.
    pub(crate) trusted: Arc<[IpNet]>,
}

/// Notes who makes the request in hand. Whoever becomes somebody by it, as by signing in, is who makes it.
pub(crate) fn is_by(user: UserId) {
    if let Some(asked) = current() {
        let _known_already = asked.user.set(user);
    }
}

/// Carries on with a request in another task.
pub(crate) fn within<F: Future>(asked: Arc<Asked>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(asked, work)
}

/// As much of a path as is logged, with what does not show escaped: a path may hold any letter but those of ASCII that
/// would end it, and so the line ends of Unicode.
pub(crate) fn logged_path(uri: &Uri) -> String {
    let path = uri.path();
    path[..path.floor_char_boundary(LOGGED_PATH_BYTES)].escape_debug().collect()
}

/// Carries out a request under an id of its own, and records it.
pub(crate) async fn recorded(State(arrival): State<Arrival>, request: Request, next: Next) -> Response {
    let client = Client::of(request.extensions(), request.headers(), &arrival.trusted);
    let asked = Arc::new(Asked::new(client.ip, arrival.over_tls || client.https));
    let mut record = Record::new(Arc::clone(&asked), &request);
    let span = tracing::info_span!("request", id = %asked.id);
    let mut response = within(Arc::clone(&asked), next.run(request)).instrument(span).await;
    if let Ok(id) = HeaderValue::try_from(asked.id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    record.answered = Some((response.status(), response.body().size_hint().exact()));
    response
}

/// Answers for a handler that panics, with nothing of what went wrong; the panic itself is in the log, under the
/// request's id.
pub(crate) async fn answered_for(request: Request, next: Next) -> Response {
    let answer = async {
        fault_point::pass("http.request");
        next.run(request).await
    };
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let broken = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here; the log says what");
    answer.unwrap_or_else(|_panic| broken().into_response())
}

/// Writes the record when it goes, also where the client has left before the answer.
struct Record {
    asked: Arc<Asked>,
    begun: Instant,
    method: Method,
    path: String,
    answered: Option<(StatusCode, Option<u64>)>,
}

impl Record {
    fn new(asked: Arc<Asked>, request: &Request) -> Self {
        let (method, path) = (request.method().clone(), logged_path(request.uri()));
        Self { asked, begun: Instant::now(), method, path, answered: None }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let Self { asked, begun, method, path, answered } = self;
        tracing::info!(
            target: REQUESTS,
            method = method.as_str(),
            path = %path,
            status = answered.map(|(status, _)| status.as_u16()),
            ms = begun.elapsed().as_micros() as f64 / 1_000.0,
            bytes = answered.and_then(|(_, bytes)| bytes),
            from = %asked.from,
            user = asked.user().map(tracing::field::display),
            request_id = %asked.id,
            "request"
        );
    }
}
