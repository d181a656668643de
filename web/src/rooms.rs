//! The calls about rooms: making and changing them, who is a member, and what is said there.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use greenroom_protocol::limits::SAYING_BYTES;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::caller::no_other_site;
use crate::http;
use crate::problem::unstored;

mod making;
mod members;
mod messages;
mod refusal;

pub(crate) fn routes(edge: &Arc<Edge>) -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(http::rooms, making::make))
        .routes(routes!(making::direct))
        .routes(routes!(making::look, making::edit, making::delete))
        .routes(routes!(members::list))
        .routes(routes!(members::put, members::remove))
        .routes(routes!(messages::page, messages::say))
        .layer(DefaultBodyLimit::max(SAYING_BYTES))
        .layer(from_fn_with_state(Arc::clone(edge), no_other_site))
        .layer(map_response(unstored))
}
