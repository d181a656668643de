//! The calls over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use greenroom_actors::{Health, PublicRoom, SetAside};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accept::Edge;
use crate::caller::caller;
use crate::document::examples;
use crate::problem::Problem;

/// How the server is, part by part.
#[utoipa::path(
    get, path = "/api/health", tag = "server", operation_id = "health",
    responses(
        (status = 200, description = "how the server is, part by part", body = Health, example = json!(examples::health())),
    ),
)]
pub(crate) async fn health(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.health().await))
}

/// Commands that crashed their room twice, and stored events that can't be read; from this machine only.
#[utoipa::path(
    get, path = "/api/set-aside", tag = "server", operation_id = "set_aside",
    responses(
        (status = 200, description = "what was set aside so that the rest goes on", body = SetAside, example = json!(examples::set_aside())),
        (status = 404, description = "this is for the machine that the server runs on"),
    ),
)]
pub(crate) async fn set_aside(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.set_aside()))
}

/// A list of rooms.
#[derive(Serialize, ToSchema)]
struct Rooms {
    /// Those that one may know of.
    rooms: Vec<PublicRoom>,
}

/// The public ones, and the caller's where they say who they are.
#[utoipa::path(
    get, path = "/api/rooms", tag = "rooms", operation_id = "rooms",
    responses(
        (status = 200, description = "the public rooms, and one's own", body = Rooms, example = json!(examples::rooms())),
        (status = 401, description = "the token is not valid, or no longer"),
    ),
    security((), ("bearer" = []), ("cookie" = [])),
)]
pub(crate) async fn rooms(State(edge): State<Arc<Edge>>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = caller(&edge, &headers).await?.map(|identity| identity.person.user.id);
    let rooms = edge.engine.rooms(caller).await.map_err(|_| Problem::unavailable())?;
    Ok(fresh(Json(Rooms { rooms })))
}

/// What is true now may not be a moment later: nobody is to keep it.
fn fresh(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
}
