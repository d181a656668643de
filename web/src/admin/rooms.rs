//! All rooms, as admins see them: what they are called, not what is said in them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use greenroom_actors::{Engine, RoomOverview};
use greenroom_protocol::RoomId;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// A page of rooms.
#[derive(Serialize)]
pub(super) struct Rooms {
    rooms: Vec<RoomOverview>,
    more: bool,
}

/// Which page.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    query: String,
    after: Option<String>,
}

/// `GET /api/admin/rooms`: those whose ids begin like `query`, behind `after`.
pub(super) async fn list(
    State(engine): State<Engine>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Rooms>, Problem> {
    let Query(which) = which.map_err(|bad| Problem::new(bad.status(), bad.body_text()))?;
    let after = which.after.as_deref().map(RoomId::parse).transpose();
    let after = after.map_err(|error| Problem::invalid(BTreeMap::from([("after".to_owned(), error.to_string())])))?;
    let (rooms, more) = engine.rooms_for_admin(&which.query, after.as_ref()).await?;
    Ok(Json(Rooms { rooms, more }))
}
