//! The calls of administration: the same for admins over the network and for the operator at the data directory.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::any;
use greenroom_actors::Engine;
use greenroom_protocol::limits::REQUEST_BYTES;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::caller::{no_other_site, only_admins};
use crate::problem::unstored;
use crate::router::{method_not_allowed, unknown};

mod rooms;
mod users;

/// The calls for admins; whoever is none can't tell them from paths that there are not.
pub(crate) fn routes(edge: &Arc<Edge>) -> Router<Arc<Edge>> {
    calls(&edge.engine)
        .layer(from_fn_with_state(Arc::clone(edge), no_other_site))
        .layer(from_fn_with_state(Arc::clone(edge), only_admins))
        .layer(map_response(unstored))
}

/// What the calls are.
pub(crate) fn described() -> OpenApi {
    router().into_openapi()
}

fn router() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::change, users::delete))
        .routes(routes!(users::sign_out))
        .routes(routes!(users::erase))
        .routes(routes!(rooms::list))
        .routes(routes!(rooms::delete))
}

/// The calls themselves, for whoever is let through to them: they find an
/// [`Administrator`](greenroom_actors::Administrator) among the extensions of each request.
pub(crate) fn calls<S: Clone + Send + Sync + 'static>(engine: &Engine) -> Router<S> {
    let (calls, _described) = router().split_for_parts();
    calls
        .route("/api/admin", any(unknown))
        .route("/api/admin/", any(unknown))
        .route("/api/admin/{*unknown}", any(unknown))
        // Here already: outside of what lets only admins through, it would tell everybody which paths there are.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES))
        .with_state(engine.clone())
}
