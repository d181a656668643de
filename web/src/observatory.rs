//! The observatory: for admins, and with `--lab` for anybody on this machine.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, Router, routing};
use greenroom_actors::{Administrator, StoriesPage};
use greenroom_protocol::limits::STORIES_PAGE;
use hyper::upgrade::OnUpgrade;
use serde::Deserialize;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use crate::accept::Edge;
use crate::local::observers;
use crate::origin;
use crate::problem::{FieldErrors, PathOf, Problem, QueryOf};
use crate::request;
use feed::Feed;

mod feed;
mod memory;

/// Stories in a page at most.
const MOST_STORIES: usize = 2 * STORIES_PAGE;

pub(crate) fn routes(edge: &Arc<Edge>) -> Router<Arc<Edge>> {
    Router::new()
        .route("/api/observatory", routing::get(observe))
        .route("/api/observatory/stories", routing::get(stories))
        .route("/api/observatory/capsules/{name}", routing::get(capsule))
        .layer(from_fn_with_state(Arc::clone(edge), observers))
}

/// `GET /api/observatory`: the feed, over a WebSocket.
async fn observe(
    State(edge): State<Arc<Edge>>,
    admin: Option<Extension<Administrator>>,
    mut request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    if !origin::may_connect(text(header::ORIGIN), edge.place(text(header::HOST))) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a page of this origin may not connect"));
    }
    let response = create_response_with_body(&request, Body::empty)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("not a WebSocket upgrade: {error}")))?;
    let full = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "as many observers watch as may");
    let view = edge.engine.observer().watch(edge.config.lab).ok_or_else(full)?;
    let (Some(upgrade), Some(asked)) = (request.extensions_mut().remove::<OnUpgrade>(), request::current()) else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "this connection can't be upgraded"));
    };
    let tasks = edge.tasks.clone();
    tasks.spawn(request::within(asked, async move {
        match upgrade.await {
            Ok(upgraded) => {
                if let Some(feed) = Feed::over(upgraded, edge, admin.map(|Extension(by)| by), view).await {
                    feed.run().await;
                }
            }
            Err(error) => tracing::debug!(%error, "the upgrade was not completed"),
        }
    }));
    Ok(response.into_response())
}

#[derive(Deserialize)]
struct Which {
    before: Option<u64>,
    limit: Option<usize>,
}

/// `GET /api/observatory/stories`: stories of crashes, newest first, page by page.
async fn stories(State(edge): State<Arc<Edge>>, QueryOf(which): QueryOf<Which>) -> Result<Json<StoriesPage>, Problem> {
    let limit = which.limit.unwrap_or(STORIES_PAGE);
    if !(1..=MOST_STORIES).contains(&limit) {
        let wrong = FieldErrors::from([("limit".to_owned(), format!("1 to {MOST_STORIES}"))]);
        return Err(Problem::invalid(wrong));
    }
    Ok(Json(edge.engine.observer().stories(which.before, limit)))
}

/// `GET /api/observatory/capsules/{name}`: what a crash can be replayed from.
async fn capsule(State(edge): State<Arc<Edge>>, PathOf(name): PathOf<String>) -> Result<Response, Problem> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "there is no capsule of that name, or no longer");
    let capsule = edge.engine.observer().capsule(name).await.ok_or_else(none)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], capsule).into_response())
}
