//! The calls about accounts: registering, signing in and out, and what people say of themselves.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use greenroom_protocol::limits::REQUEST_BYTES;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::caller::no_other_site;
use crate::problem::unstored;

mod people;
mod person;
mod refusal;
mod signing;

pub(crate) fn routes(edge: &Arc<Edge>) -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(people::list, signing::register))
        .routes(routes!(people::me, people::change))
        .routes(routes!(people::one))
        .routes(routes!(signing::sign_in, signing::sign_out))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES))
        .layer(from_fn_with_state(Arc::clone(edge), no_other_site))
        .layer(map_response(unstored))
}
