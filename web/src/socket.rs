//! `GET /ws`: from an HTTP request to a session.
//!
//! The upgrade is answered here and the TCP stream taken back from hyper, so that nothing but the
//! WebSocket itself is kept for an idle connection, and a client that breaks the protocol can be told
//! so before its connection is closed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use greenroom_protocol::limits::FRAME_BYTES;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::accept::Edge;
use crate::caller::token;
use crate::origin;
use crate::problem::Problem;

mod closing;
mod heartbeat;
mod hello;
mod life;
mod wake;
mod writing;

/// The subprotocol that a client may ask for.
const SUBPROTOCOL: &str = "greenroom.v1";

/// Bytes read at once; most frames have fewer. tungstenite's own 128 KiB would be kept by every idle connection.
const READ_BYTES: usize = 1024;

pub(crate) async fn upgrade(State(edge): State<Arc<Edge>>, mut request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    if !origin::may_connect(text(header::ORIGIN), text(header::HOST), &edge.config.allowed_origins) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a page of this origin may not connect"));
    }
    let mut response = create_response_with_body(&request, Body::empty)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("not a WebSocket upgrade: {error}")))?;
    if asks_for_subprotocol(headers) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    let Ok(place) = Arc::clone(&edge.sockets).try_acquire_owned() else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server holds as many sockets as it may"));
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "this connection can't be upgraded"));
    };
    let token = token(request.headers()).map(str::to_owned);
    let tasks = edge.tasks.clone();
    tasks.spawn(async move {
        match upgrade.await {
            Ok(upgraded) => Box::pin(serve(upgraded, edge, token)).await,
            Err(error) => tracing::debug!(%error, "the upgrade was not completed"),
        }
        drop(place);
    });
    Ok(response.into_response())
}

async fn serve(upgraded: Upgraded, edge: Arc<Edge>, token: Option<String>) {
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("an upgraded connection is no TCP stream");
        return;
    };
    let (stream, read) = (parts.io.into_inner(), parts.read_buf.to_vec());
    // hyper's buffer of 8 KiB would otherwise live as long as the socket.
    drop(parts.read_buf);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(FRAME_BYTES))
        .max_frame_size(Some(FRAME_BYTES));
    let socket = Box::pin(WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config))).await;
    life::live(Box::new(socket), edge, token).await;
}

fn asks_for_subprotocol(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| offer.trim() == SUBPROTOCOL)
}
