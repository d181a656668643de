//! The calls over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use greenroom_actors::PublicRoom;
use serde::Serialize;

use crate::accept::Edge;
use crate::problem::Problem;

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// `GET /api/health`
pub(crate) async fn health(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.health().await))
}

#[derive(Serialize)]
struct Rooms {
    rooms: Vec<PublicRoom>,
}

/// `GET /api/rooms`: the public ones, and the caller's where they say who they are.
pub(crate) async fn rooms(State(edge): State<Arc<Edge>>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = match bearer(&headers) {
        Some(token) => match edge.engine.bearer(token) {
            Ok((person, _)) => Some(person.user.id),
            Err(error) => return Err(Problem::new(StatusCode::UNAUTHORIZED, error.to_string())),
        },
        None => None,
    };
    let rooms = edge.engine.rooms(caller).await.map_err(|_| Problem::unavailable())?;
    Ok(fresh(Json(Rooms { rooms })))
}

/// What is true now may not be a moment later: nobody is to keep it.
fn fresh(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
}
