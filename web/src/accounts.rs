//! The calls about accounts: registering, signing in and out, and what people say of themselves.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post};
use greenroom_protocol::limits::REQUEST_BYTES;

use crate::accept::Edge;
use crate::caller::no_other_site;
use crate::problem::unstored;

mod people;
mod person;
mod refusal;
mod signing;

pub(crate) fn routes(edge: &Arc<Edge>) -> Router<Arc<Edge>> {
    Router::new()
        .route("/api/users", get(people::list).post(signing::register))
        .route("/api/users/me", get(people::me).patch(people::change))
        .route("/api/users/{user}", get(people::one))
        .route("/api/session", post(signing::sign_in).delete(signing::sign_out))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES))
        .layer(from_fn_with_state(Arc::clone(edge), no_other_site))
        .layer(map_response(unstored))
}
