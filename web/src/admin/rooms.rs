//! All rooms, as admins see them: what they are called, not what is said in them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use greenroom_actors::{Administrator, Engine, RoomFailed, RoomOverview};
use greenroom_protocol::RoomId;
use serde::Serialize;

use crate::paging::Which;
use crate::problem::Problem;

/// A page of rooms.
#[derive(Serialize)]
pub(super) struct Rooms {
    rooms: Vec<RoomOverview>,
    more: bool,
}

/// `GET /api/admin/rooms`: those whose ids begin like `query`, behind `after`.
pub(super) async fn list(State(engine): State<Engine>, which: Which) -> Result<Json<Rooms>, Problem> {
    let after = which.after(RoomId::parse)?;
    let (rooms, more) = engine.rooms_for_admin(&which.query, after.as_ref()).await?;
    Ok(Json(Rooms { rooms, more }))
}

/// `DELETE /api/admin/rooms/{room}`: deletes a room of whatever kind.
pub(super) async fn delete(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    room: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(room) = room.map_err(|bad| Problem::new(bad.status(), bad.body_text()))?;
    // What is no id names no room.
    let room = RoomId::parse(&room).map_err(|_| RoomFailed::NotFound)?;
    engine.delete_room_for_admin(by, &room).await?;
    Ok(StatusCode::NO_CONTENT)
}
