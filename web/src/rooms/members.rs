//! Who is a member of a room.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{MembersPage, Person};
use greenroom_protocol::{Role, RoomId, UserId};
use serde::Deserialize;

use super::refusal::{no_such_person, room_id};
use crate::accept::Edge;
use crate::caller::Somebody;
use crate::fields::OptionalFields;
use crate::problem::{FieldErrors, PathOf, Problem, QueryOf};

/// Which page.
#[derive(Deserialize)]
pub(super) struct Which {
    after: Option<UserId>,
}

/// `GET /api/rooms/{room}/members?after=`
pub(super) async fn list(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<MembersPage>, Problem> {
    Ok(Json(edge.engine.members(identity.person.user.id, &room_id(&room)?, which.after).await?))
}

/// `PUT /api/rooms/{room}/members/{user}`: 201 where that changes something.
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

/// `DELETE /api/rooms/{room}/members/{user}`
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
