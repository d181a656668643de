//! All rooms, as admins see them: what they are called, not what is said in them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use greenroom_actors::{Administrator, Engine, RoomFailed, RoomOverview};
use greenroom_protocol::RoomId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::document::examples;
use crate::paging::Which;
use crate::problem::{PathOf, Problem, QueryOf};

/// A page of rooms, as admins see them.
#[derive(Serialize, ToSchema)]
#[schema(as = AdministeredRooms)]
pub(crate) struct Rooms {
    /// By id.
    rooms: Vec<RoomOverview>,
    /// Whether there are more behind these.
    more: bool,
}

/// All rooms whose ids begin like `query`, behind `after`: what they are called, not what is said in them.
#[utoipa::path(
    get, path = "/api/admin/rooms", tag = "administration", operation_id = "admin_rooms",
    params(Which),
    responses(
        (status = 200, description = "a page of rooms", body = Rooms, example = json!(examples::administered_rooms())),
        (status = 404, description = "whoever asks is no admin"),
        (status = 422, description = "`after` is no room's id"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn list(State(engine): State<Engine>, QueryOf(which): QueryOf<Which>) -> Result<Json<Rooms>, Problem> {
    let after = which.after(RoomId::parse)?;
    let (rooms, more) = engine.rooms_for_admin(&which.query, after.as_ref()).await?;
    Ok(Json(Rooms { rooms, more }))
}

/// Deletes a room of whatever kind.
#[utoipa::path(
    delete, path = "/api/admin/rooms/{room}", tag = "administration", operation_id = "admin_delete_room",
    params(("room" = String, Path, description = "its id", example = "attic")),
    responses(
        (status = 204, description = "deleted; its id is never given out again"),
        (status = 404, description = "there is no such room, or whoever asks is no admin"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn delete(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    PathOf(room): PathOf<String>,
) -> Result<StatusCode, Problem> {
    // What is no id names no room.
    let room = RoomId::parse(&room).map_err(|_| RoomFailed::NotFound)?;
    engine.delete_room_for_admin(by, &room).await?;
    Ok(StatusCode::NO_CONTENT)
}
