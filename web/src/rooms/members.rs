//! Who is a member of a room.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{MembersPage, Person, RoomView};
use greenroom_protocol::{Role, RoomId, UserId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::refusal::{no_such_person, room_id};
use crate::accept::Edge;
use crate::bodies::MemberRole;
use crate::caller::Somebody;
use crate::document::examples;
use crate::fields::OptionalFields;
use crate::problem::{FieldErrors, PathOf, Problem, QueryOf};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The id of the last one of the page before.
    after: Option<UserId>,
}

/// Who is a member, page by page.
#[utoipa::path(
    get, path = "/api/rooms/{room}/members", tag = "members", operation_id = "members",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic"), Which),
    responses(
        (status = 200, description = "a page of its members", body = MembersPage, example = json!(examples::members())),
        (status = 404, description = "there is no such room"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn list(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<MembersPage>, Problem> {
    Ok(Json(edge.engine.members(identity.person.user.id, &room_id(&room)?, which.after).await?))
}

/// Makes somebody a member, or gives them another role.
#[utoipa::path(
    put, path = "/api/rooms/{room}/members/{user}", tag = "members", operation_id = "put_member",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic"), ("user" = String, Path, description = "Somebody's id, or the name of their account, or `me`", example = "bob")),
    request_body(content = Option<MemberRole>, example = json!(examples::member_role())),
    responses(
        (status = 200, description = "it was so already", body = RoomView, example = json!(examples::room())),
        (status = 201, description = "they are a member now, or have another role", body = RoomView, example = json!(examples::room())),
        (status = 403, description = "only owners and moderators add members, and only owners give roles"),
        (status = 404, description = "there is no such room, or nobody is known by this id or name"),
        (status = 409, description = "a room needs an owner; make somebody else one first"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn put(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf((room, user)): PathOf<(String, String)>,
    OptionalFields(mut fields): OptionalFields,
) -> Result<Response, Problem> {
    let role = fields.text("role").map(|text| role(&text)).transpose()?;
    fields.all_read()?;
    let room = room_id(&room)?;
    let whom = member(&edge, &identity.person, &room, &user).await?;
    let changed = edge.engine.put_member(&identity.person, &room, whom, role).await?;
    let status = if changed { StatusCode::CREATED } else { StatusCode::OK };
    let room = edge.engine.room(identity.person.user.id, &room).await?;
    Ok((status, Json(room)).into_response())
}

/// Takes somebody out, or oneself.
#[utoipa::path(
    delete, path = "/api/rooms/{room}/members/{user}", tag = "members", operation_id = "remove_member",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic"), ("user" = String, Path, description = "Somebody's id, or the name of their account, or `me`", example = "bob")),
    responses(
        (status = 204, description = "they are no member"),
        (status = 403, description = "only owners and moderators remove members"),
        (status = 404, description = "there is no such room, or nobody is known by this id or name"),
        (status = 409, description = "a room needs an owner; make somebody else one first"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn remove(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf((room, user)): PathOf<(String, String)>,
) -> Result<StatusCode, Problem> {
    let room = room_id(&room)?;
    let whom = member(&edge, &identity.person, &room, &user).await?;
    edge.engine.remove_member(&identity.person, &room, whom).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody whom the caller names. Whoever may not know of the room doesn't learn here who there is, either.
async fn member(edge: &Edge, caller: &Person, room: &RoomId, user: &str) -> Result<Person, Problem> {
    if user == "me" || user == caller.user.id.to_string() {
        return Ok(caller.clone());
    }
    edge.engine.may_see(caller.user.id, room)?;
    edge.engine.person(user).await?.ok_or_else(no_such_person)
}

fn role(text: &str) -> Result<Role, Problem> {
    match text {
        "owner" => Ok(Role::Owner),
        "moderator" => Ok(Role::Moderator),
        "member" => Ok(Role::Member),
        _ => {
            let message = "a role is `owner`, `moderator` or `member`".to_owned();
            Err(Problem::invalid(FieldErrors::from([("role".to_owned(), message)])))
        }
    }
}
