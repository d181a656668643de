//! The calls about rooms: making and changing them, who is a member, and what is said there.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post, put};
use greenroom_protocol::limits::SAYING_BYTES;

use crate::accept::Edge;
use crate::caller::no_other_site;
use crate::http;
use crate::problem::unstored;

mod making;
mod members;
mod messages;
mod refusal;

pub(crate) fn routes(edge: &Arc<Edge>) -> Router<Arc<Edge>> {
    Router::new()
        .route("/api/rooms", get(http::rooms).post(making::make))
        .route("/api/direct", post(making::direct))
        .route("/api/rooms/{room}", get(making::look).patch(making::edit).delete(making::delete))
        .route("/api/rooms/{room}/members", get(members::list))
        .route("/api/rooms/{room}/members/{user}", put(members::put).delete(members::remove))
        .route("/api/rooms/{room}/messages", get(messages::page).post(messages::say))
        .layer(DefaultBodyLimit::max(SAYING_BYTES))
        .layer(from_fn_with_state(Arc::clone(edge), no_other_site))
        .layer(map_response(unstored))
}
