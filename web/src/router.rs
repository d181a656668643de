//! Every path of the server on one screen.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use greenroom_protocol::limits::HEADER_BYTES;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::assets::{self, CONTENT_SECURITY_POLICY};
use crate::caller::no_other_site;
use crate::document::{self, Documents};
use crate::local::from_here_or_admins;
use crate::pace::calls;
use crate::problem::Problem;
use crate::request::{Arrival, answered_for, recorded};
use crate::trail::refusals_noted;
use crate::{accounts, admin, http, lab, metrics, observatory, request, rooms, socket};

pub(crate) fn router(edge: Arc<Edge>) -> Router {
    let (api, mut described) = document::router()
        .merge(accounts::routes(&edge))
        .merge(rooms::routes(&edge))
        .merge(document::routes())
        .split_for_parts();
    let lab = if edge.config.lab { lab::routes() } else { Router::new() };
    // What tells of people and rooms by name, or breaks something, is for this machine and admins only.
    let (here, described_here) = metrics::routes()
        .routes(routes!(http::set_aside))
        .merge(lab.into())
        .layer(from_fn_with_state(Arc::clone(&edge), no_other_site))
        .layer(from_fn_with_state(Arc::clone(&edge), from_here_or_admins))
        .split_for_parts();
    let (health, described_health) = OpenApiRouter::new().routes(routes!(http::health)).split_for_parts();
    described.merge(admin::described());
    described.merge(described_here);
    described.merge(described_health);
    let api = api
        .layer(Extension(Arc::new(Documents::new(&described))))
        .merge(admin::routes(&edge))
        .route("/api", any(unknown))
        .route("/api/", any(unknown))
        .route("/api/{*unknown}", any(unknown))
        .layer(from_fn_with_state(Arc::clone(&edge), calls::count));
    let routes = Router::new()
        .route("/ws", get(socket::upgrade))
        .merge(health)
        .merge(here)
        .merge(observatory::routes(&edge))
        .merge(api)
        .fallback(page)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&edge), refusals_noted));
    let arrival = Arrival { over_tls: edge.over_tls(), trusted: edge.config.trusted_proxies.as_slice().into() };
    guarded(routes.with_state(edge), arrival)
}

/// The paths of the listener for metrics.
pub(crate) fn metrics_router(edge: Arc<Edge>) -> Router {
    let (metrics, _described) = metrics::routes().split_for_parts();
    let routes = metrics.fallback(unknown).method_not_allowed_fallback(method_not_allowed);
    let arrival = Arrival { over_tls: false, trusted: edge.config.trusted_proxies.as_slice().into() };
    guarded(routes.with_state(edge), arrival)
}

/// What is answered to plain HTTP where TLS is spoken. No cookie is read and nothing is done: it came in the open.
pub(crate) fn no_tls_router() -> Router {
    let refuse = async || Problem::new(StatusCode::BAD_REQUEST, "this port speaks TLS: https:// and wss://");
    guarded(Router::new().fallback(refuse), Arrival { over_tls: false, trusted: Arc::default() })
}

/// What goes for every request, wherever it leads.
fn guarded(routes: Router, arrival: Arrival) -> Router {
    let routes = routes.layer(from_fn(sensible)).layer(from_fn(answered_for)).layer(map_response(secure));
    routes.layer(map_response(strict)).layer(from_fn_with_state(arrival, recorded))
}

/// Refuses methods that no path takes, whether or not the path exists (one that echoes headers is among them), and more
/// headers than anybody needs: hyper may have room for a little more.
async fn sensible(request: Request, next: Next) -> Response {
    const KNOWN: [Method; 7] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    if !KNOWN.contains(request.method()) {
        method_not_allowed().await.into_response()
    } else if headers.sum::<usize>() > HEADER_BYTES {
        Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "these are too many headers").into_response()
    } else {
        next.run(request).await
    }
}

/// Whatever has no route of its own is a place of the page, or one of its files.
async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method == Method::GET || method == Method::HEAD {
        assets::asset(uri, headers).await
    } else {
        method_not_allowed().await.into_response()
    }
}

pub(crate) async fn unknown() -> Problem {
    Problem::nothing_here()
}

pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path doesn't take that method")
}

/// What every response says to browsers.
async fn secure(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 7] = [
        // The files of the page say themselves how long they may be kept.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
        ),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Where TLS is spoken, browsers are to ask for nothing without it any more, for two years.
async fn strict(mut response: Response) -> Response {
    if request::came_over_tls() {
        let policy = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, policy);
    }
    response
}
