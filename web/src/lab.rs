//! The fault laboratory, with `--lab` and from this machine only.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use serde::Deserialize;

use crate::accept::Edge;
use crate::problem::Problem;

#[derive(Deserialize)]
pub(crate) struct Crash {
    actor: String,
}

/// `POST /api/lab/crash`: sends an actor a message whose handler panics.
pub(crate) async fn crash(
    State(edge): State<Arc<Edge>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Json(crash): Json<Crash>,
) -> Result<StatusCode, Problem> {
    if !peer.ip().is_loopback() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "there is nothing here"));
    }
    if edge.engine.lab().crash(&crash.actor).await {
        tracing::warn!(actor = crash.actor, "crashed by the fault laboratory");
        Ok(StatusCode::ACCEPTED)
    } else {
        Err(Problem::new(StatusCode::NOT_FOUND, "no actor of that name is alive"))
    }
}
