//! What is said in a room, over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{LogPage, PageFrom, Posted, Saying};
use greenroom_protocol::limits::{PAGE_DEFAULT, PAGE_EVENTS};
use greenroom_protocol::{Ack, Body, MessageId, Seq};
use serde::Deserialize;

use super::refusal::{refused, room_id};
use crate::accept::Edge;
use crate::caller::Somebody;
use crate::fields::Fields;
use crate::problem::{FieldErrors, PathOf, Problem, QueryOf};

/// Which page.
#[derive(Deserialize)]
pub(super) struct Which {
    before: Option<Seq>,
    after: Option<Seq>,
    limit: Option<usize>,
}

/// `GET /api/rooms/{room}/messages?before=&after=&limit=`
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

/// `POST /api/rooms/{room}/messages`: 201, or 200 where the same was stored before.
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
