//! Making rooms, and changing them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{Person, RoomEdit, RoomView, RoomWish};
use greenroom_protocol::RoomId;

use super::refusal::{no_such_person, room_id};
use crate::accept::Edge;
use crate::bodies::{NewRoom, RoomChanges, WithWhom};
use crate::caller::Somebody;
use crate::document::examples;
use crate::fields::Fields;
use crate::problem::{FieldErrors, PathOf, Problem};

/// Makes a room.
#[utoipa::path(
    post, path = "/api/rooms", tag = "rooms", operation_id = "make_room",
    request_body(content = NewRoom, example = json!(examples::new_room())),
    responses(
        (status = 201, description = "made; one is its owner", body = RoomView, example = json!(examples::room())),
        (status = 409, description = "there is a room of this id, or there was one; take another"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
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

/// The one direct room with somebody: made if there is none.
#[utoipa::path(
    post, path = "/api/direct", tag = "rooms", operation_id = "direct_room",
    request_body(content = WithWhom, example = json!(examples::with_whom())),
    responses(
        (status = 200, description = "the room that the two have already", body = RoomView, example = json!(examples::direct_room())),
        (status = 201, description = "made for the two", body = RoomView, example = json!(examples::direct_room())),
        (status = 404, description = "nobody is known by this id or name"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
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

/// A room, with the first of its members.
#[utoipa::path(
    get, path = "/api/rooms/{room}", tag = "rooms", operation_id = "room",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic")),
    responses(
        (status = 200, description = "the room", body = RoomView, example = json!(examples::room())),
        (status = 404, description = "there is no such room"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn look(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
) -> Result<Json<RoomView>, Problem> {
    Ok(Json(edge.engine.room(identity.person.user.id, &room_id(&room)?).await?))
}

/// Changes what a room is called, or about, or for how long it keeps what is said.
#[utoipa::path(
    patch, path = "/api/rooms/{room}", tag = "rooms", operation_id = "edit_room",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic")),
    request_body(content = RoomChanges, example = json!(examples::room_changes())),
    responses(
        (status = 200, description = "the room as it is now", body = RoomView, example = json!(examples::room())),
        (status = 403, description = "only owners and moderators change a room, and only owners for how long it keeps what is said"),
        (status = 404, description = "there is no such room"),
        (status = 409, description = "the room changes too often just now"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn edit(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
    mut fields: Fields,
) -> Result<Json<RoomView>, Problem> {
    let (title, topic) = (fields.text("title"), fields.text("topic"));
    let retention = fields.number_or_null("retention_s").map(|seconds| seconds.map(Duration::from_secs));
    fields.all_read()?;
    let edit = RoomEdit { title, topic, retention };
    Ok(Json(edge.engine.edit_room(&identity.person, &room_id(&room)?, edit).await?))
}

/// Deletes a room, with all that was said there.
#[utoipa::path(
    delete, path = "/api/rooms/{room}", tag = "rooms", operation_id = "delete_room",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic")),
    responses(
        (status = 204, description = "gone, with all that was said there"),
        (status = 403, description = "only owners delete a room"),
        (status = 404, description = "there is no such room"),
        (status = 409, description = "the room changes too often just now"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
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
