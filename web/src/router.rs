//! Every path of the server on one screen.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::assets::{self, CONTENT_SECURITY_POLICY};
use crate::document::{self, Documents};
use crate::local::only_from_here;
use crate::problem::Problem;
use crate::{accounts, http, lab, metrics, rooms, socket};

pub(crate) fn router(edge: Arc<Edge>) -> Router {
    // What tells of people and rooms by name is for this machine only.
    let here = metrics::routes().routes(routes!(http::set_aside)).layer(from_fn(only_from_here));
    let (calls, described) = document::router()
        .routes(routes!(http::health))
        .merge(accounts::routes(&edge))
        .merge(rooms::routes(&edge))
        .merge(here)
        .merge(document::routes())
        .split_for_parts();
    let lab = if edge.config.lab { lab::routes() } else { Router::new() };
    Router::new()
        .route("/ws", get(socket::upgrade))
        .merge(calls.layer(Extension(Arc::new(Documents::new(&described)))))
        .route("/api", any(unknown))
        .route("/api/", any(unknown))
        .route("/api/{*unknown}", any(unknown))
        .merge(lab)
        .fallback(page)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(map_response(secure))
        .with_state(edge)
}

/// The paths of the listener for metrics.
pub(crate) fn metrics_router(edge: Arc<Edge>) -> Router {
    let (metrics, _described) = metrics::routes().split_for_parts();
    metrics
        .fallback(unknown)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(map_response(secure))
        .with_state(edge)
}

/// Whatever has no route of its own is a place of the page, or one of its files.
async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method == Method::GET || method == Method::HEAD {
        assets::asset(uri, headers).await
    } else {
        method_not_allowed().await.into_response()
    }
}

async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing here")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path doesn't take that method")
}

/// What every response says to browsers.
async fn secure(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 6] = [
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
