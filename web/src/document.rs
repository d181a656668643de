//! What the server's interfaces are, told by the server itself: OpenAPI for the calls, AsyncAPI for the socket, and a
//! page for people. All three are made of the code when the server starts.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Calls;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accept::Edge;
use crate::problem::unstored;

mod asyncapi;
pub(crate) mod examples;
mod frames;
mod openapi;
mod page;

/// What all calls have in common.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Greenroom",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        description = "A chat engine: rooms, people and what they say. What happens, the moment it happens, comes over \
            the WebSocket, which `/api/asyncapi.json` describes.",
    ),
    tags(
        (name = "accounts", description = "Registering, signing in and out, and what people say of themselves."),
        (name = "rooms", description = "Rooms: public, private and direct ones."),
        (name = "members", description = "Who is a member of a room."),
        (name = "messages", description = "What is said in a room."),
        (name = "administration", description = "Accounts and rooms, for admins. To all others there is nothing here."),
        (name = "server", description = "The server itself."),
    )
)]
struct InCommon;

/// The documents, as they are handed out.
#[derive(Debug)]
pub(crate) struct Documents {
    calls: Bytes,
    socket: Bytes,
    page: Bytes,
}

impl Documents {
    /// Of all calls that the router has.
    pub(crate) fn new(calls: &Calls) -> Self {
        let calls = openapi::complete(calls);
        let page = page::render(&calls).into();
        Self { calls: calls.to_string().into(), socket: asyncapi::document().to_string().into(), page }
    }
}

/// A router that gathers the description of each call with its route.
pub(crate) fn router() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::with_openapi(InCommon::openapi())
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(calls))
        .routes(routes!(socket))
        .routes(routes!(docs))
        .route("/api/docs/style.css", get(style))
        .layer(map_response(unstored))
}

/// This document: the calls, as OpenAPI.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "server", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = Value, example = json!({ "openapi": "3.1.0" }))),
)]
async fn calls(Extension(documents): Extension<Arc<Documents>>) -> Response {
    of_kind("application/json", documents.calls.clone())
}

/// The WebSocket, as AsyncAPI.
#[utoipa::path(
    get, path = "/api/asyncapi.json", tag = "server", operation_id = "asyncapi",
    responses((status = 200, description = "AsyncAPI 3.0", body = Value, example = json!({ "asyncapi": "3.0.0" }))),
)]
async fn socket(Extension(documents): Extension<Arc<Documents>>) -> Response {
    of_kind("application/json", documents.socket.clone())
}

/// The calls, as a page to read.
#[utoipa::path(
    get, path = "/api/docs", tag = "server", operation_id = "docs",
    responses((status = 200, description = "a page", body = String, content_type = "text/html",
        example = json!("<!doctype html>"))),
)]
async fn docs(Extension(documents): Extension<Arc<Documents>>) -> Response {
    of_kind("text/html; charset=utf-8", documents.page.clone())
}

/// What the page looks like.
async fn style() -> Response {
    of_kind("text/css; charset=utf-8", page::STYLE)
}

fn of_kind(kind: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}
