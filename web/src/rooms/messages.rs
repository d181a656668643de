//! What is said in a room, over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{LogPage, PageFrom, Posted, Saying};
use greenroom_protocol::limits::{PAGE_DEFAULT, PAGE_EVENTS};
use greenroom_protocol::{Ack, Body, MessageId, RoomId, Seq};
use serde::Deserialize;
use utoipa::IntoParams;

use super::refusal::{refused, room_id};
use crate::accept::Edge;
use crate::bodies::Words;
use crate::caller::Somebody;
use crate::document::examples;
use crate::fields::Fields;
use crate::problem::{FieldErrors, PathOf, Problem, QueryOf};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The newest of those before this place; not together with `after`.
    before: Option<Seq>,
    /// The oldest of those after this place.
    after: Option<Seq>,
    /// How many; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// What was said and done in a room, oldest first, page by page.
#[utoipa::path(
    get, path = "/api/rooms/{room}/messages", tag = "messages", operation_id = "messages",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic"), Which),
    responses(
        (status = 200, description = "a page of the room's log", body = LogPage, example = json!(examples::log_page())),
        (status = 404, description = "there is no such room"),
        (status = 422, description = "both `before` and `after`, or a `limit` out of bounds"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn page(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<LogPage>, Problem> {
    let limit = which.limit.unwrap_or(PAGE_DEFAULT);
    let from = match (which.before, which.after) {
        (Some(_), Some(_)) => return Err(wrong("after", "before or after, not both")),
        (Some(before), None) => PageFrom::Before(before),
        (None, Some(after)) => PageFrom::After(after),
        (None, None) => PageFrom::Newest,
    };
    if !(1..=PAGE_EVENTS).contains(&limit) {
        return Err(wrong("limit", &format!("1 to {PAGE_EVENTS}")));
    }
    Ok(Json(edge.engine.page(identity.person.user.id, &room_id(&room)?, from, limit).await?))
}

/// Says something. The same id is the same message, however often it is sent.
#[utoipa::path(
    post, path = "/api/rooms/{room}/messages", tag = "messages", operation_id = "say",
    params(("room" = RoomId, Path, description = "The room's id", example = "attic")),
    request_body(content = Words, example = json!(examples::words())),
    responses(
        (status = 200, description = "the same was stored before, and is there once", body = Ack, example = json!(examples::ack())),
        (status = 201, description = "stored for good", body = Ack, example = json!(examples::ack())),
        (status = 403, description = "not in this room"),
        (status = 404, description = "there is no such room"),
        (status = 409, description = "this id is that of another message"),
        (status = 500, description = "a fault of the server; nothing was stored"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn say(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(room): PathOf<String>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let (id, body) = (fields.needed("id"), fields.needed("body"));
    let reply_to = fields.whole_number("reply_to").map(Seq);
    fields.all_read()?;
    let id = id.parse().map(MessageId).map_err(|_| wrong("id", "a UUID is wanted here, made by you"))?;
    let body = Body::parse(&body).map_err(|error| wrong("body", &error.to_string()))?;
    let room = room_id(&room)?;
    let saying = Saying { id, body, reply_to };
    let Posted { seq, at, repeated } = edge.engine.say(&identity.person, &room, saying).await.map_err(refused)?;
    let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Ack { reference: None, room, id, seq, at })).into_response())
}

fn wrong(field: &str, message: &str) -> Problem {
    Problem::invalid(FieldErrors::from([(field.to_owned(), message.to_owned())]))
}
