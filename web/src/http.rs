//! The calls over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use greenroom_actors::PublicRoom;
use serde::Serialize;

use crate::accept::Edge;
use crate::caller::caller;
use crate::problem::Problem;

/// `GET /api/health`
pub(crate) async fn health(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.health().await))
}

/// `GET /api/set-aside`: commands that crashed their room twice, and stored events that can't be read.
pub(crate) async fn set_aside(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.set_aside()))
}

#[derive(Serialize)]
struct Rooms {
    rooms: Vec<PublicRoom>,
}

/// `GET /api/rooms`: the public ones, and the caller's where they say who they are.
pub(crate) async fn rooms(State(edge): State<Arc<Edge>>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = caller(&edge, &headers).await?.map(|identity| identity.person.user.id);
    let rooms = edge.engine.rooms(caller).await.map_err(|_| Problem::unavailable())?;
    Ok(fresh(Json(Rooms { rooms })))
}

/// What is true now may not be a moment later: nobody is to keep it.
fn fresh(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
}
