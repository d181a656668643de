//! All rooms, as admins see them: what they are called, not what is said in them.

use axum::Json;
use axum::extract::State;
use greenroom_actors::{Engine, RoomOverview};
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
