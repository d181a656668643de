//! Making rooms, and changing them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{Person, RoomEdit, RoomView, RoomWish};

use super::refusal::{no_such_person, room_id};
use crate::accept::Edge;
use crate::caller::Somebody;
use crate::fields::Fields;
use crate::problem::{FieldErrors, PathOf, Problem};

/// `POST /api/rooms`
pub(super) async fn make(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let (room, kind) = (fields.text("room"), fields.text("kind"));
    let (title, topic) = (fields.text("title"), fields.text("topic"));
    let wanted = fields.texts("members");
    fields.all_read()?;
    let members = everybody(&edge, wanted).await?;
    let made = edge.engine.make_room(&identity.person, RoomWish { room, kind, title, topic, members }).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// `POST /api/direct`
pub(super) async fn direct(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let user = fields.needed("user");
    fields.all_read()?;
    let with = edge.engine.person(&user).await?.ok_or_else(no_such_person)?;
    let (room, new) = edge.engine.direct_room(&identity.person, with).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(room)).into_response())
}

/// `GET /api/rooms/{room}`
pub(super) async fn look(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
) -> Result<Json<RoomView>, Problem> {
    Ok(Json(edge.engine.room(identity.person.user.id, &room_id(&room)?).await?))
}

/// `PATCH /api/rooms/{room}`
pub(super) async fn edit(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
    mut fields: Fields,
) -> Result<Json<RoomView>, Problem> {
    let (title, topic) = (fields.text("title"), fields.text("topic"));
    fields.all_read()?;
    let edit = RoomEdit { title, topic };
    Ok(Json(edge.engine.edit_room(&identity.person, &room_id(&room)?, edit).await?))
}

/// `DELETE /api/rooms/{room}`
pub(super) async fn delete(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
) -> Result<StatusCode, Problem> {
    edge.engine.delete_room(&identity.person, &room_id(&room)?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// People by id or by name; all that nobody knows are named at once.
async fn everybody(edge: &Edge, wanted: Vec<String>) -> Result<Vec<Person>, Problem> {
    let (mut people, mut unknown) = (Vec::with_capacity(wanted.len()), Vec::new());
    for user in wanted {
        match edge.engine.person(&user).await? {
            Some(person) => people.push(person),
            None => unknown.push(user),
        }
    }
    if unknown.is_empty() {
        return Ok(people);
    }
    let message = format!("nobody is known by {}", unknown.join(", "));
    Err(Problem::invalid(FieldErrors::from([("members".to_owned(), message)])))
}
