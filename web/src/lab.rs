//! The fault laboratory, with `--lab`, from this machine and for admins only.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, Router, routing};
use futures_util::Stream;
use futures_util::stream::unfold;
use greenroom_actors::{ActorName, Administrator, Armed, Balance, BlastRadius, Fault, NotArmed, Strike, TreeNode};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;

use crate::accept::Edge;
use crate::drills::{DrillCard, NoDrill};
use crate::problem::{JsonBody, Problem, QueryOf};

/// A flood is at most this long: enough to see a mailbox grow and shrink.
const FLOOD: u32 = 100_000;

pub(crate) fn routes() -> Router<Arc<Edge>> {
    Router::new()
        .route("/api/lab/tree", routing::get(tree))
        .route("/api/lab/events", routing::get(events))
        .route("/api/lab/actors/{name}", routing::get(actor))
        .route("/api/lab/audit", routing::post(audit))
        .route("/api/lab/blast-radius", routing::get(blast_radius))
        .route("/api/lab/crash", routing::post(crash))
        .route("/api/lab/panic-next", routing::post(panic_next))
        .route("/api/lab/kill", routing::post(kill))
        .route("/api/lab/hang", routing::post(hang))
        .route("/api/lab/flood", routing::post(flood))
        .route("/api/lab/passivate", routing::post(passivate))
        .route("/api/lab/fault", routing::post(fault))
        .route("/api/lab/fail-next-sync", routing::post(fail_next_sync))
        .route("/api/lab/drills", routing::get(drills))
        .route("/api/lab/drill", routing::post(drill).delete(stop_drill))
}

#[derive(Deserialize)]
struct Target {
    actor: String,
}

#[derive(Deserialize)]
struct Flood {
    actor: String,
    messages: u32,
}

/// `GET /api/lab/tree`: the live supervision tree.
async fn tree(State(edge): State<Arc<Edge>>) -> Result<Json<TreeNode>, Problem> {
    edge.engine.lab().tree().map(Json).ok_or_else(Problem::unavailable)
}

/// `GET /api/lab/actors/{name}`: a room or a session from near, with its conservation ledger.
async fn actor(State(edge): State<Arc<Edge>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let lab = edge.engine.lab();
    let snapshot = match name.parse() {
        Ok(ActorName::Room(room)) => lab.room(&room).await.map(|room| Json(room).into_response()),
        Ok(ActorName::Session(session)) => lab.session(session).map(|session| Json(session).into_response()),
        Ok(_) | Err(_) => None,
    };
    snapshot.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no room or session of that name is alive"))
}

/// `POST /api/lab/audit`: audits every ledger this moment.
async fn audit(State(edge): State<Arc<Edge>>) -> Json<Balance> {
    Json(edge.engine.lab().audit().await)
}

/// `POST /api/lab/crash`: sends an actor a message whose handler panics.
async fn crash(State(edge): State<Arc<Edge>>, JsonBody(target): JsonBody<Target>) -> Result<StatusCode, Problem> {
    inflict(&edge, &target.actor, Fault::Panic, 1).await
}

/// `GET /api/lab/blast-radius`: who will be touched if an actor crashes now.
async fn blast_radius(
    State(edge): State<Arc<Edge>>,
    QueryOf(target): QueryOf<Target>,
) -> Result<Json<BlastRadius>, Problem> {
    let name = named(&target.actor)?;
    edge.engine.observer().blast_radius(&name).map(Json).ok_or_else(nobody)
}

/// `POST /api/lab/panic-next`: an actor panics over the next command that it takes in hand.
async fn panic_next(State(edge): State<Arc<Edge>>, JsonBody(target): JsonBody<Target>) -> Result<StatusCode, Problem> {
    let name = named(&target.actor)?;
    if !edge.engine.lab().panic_next(&name) {
        return Err(nobody());
    }
    tracing::warn!(actor = %name, "to panic over its next command, by the fault laboratory");
    Ok(StatusCode::ACCEPTED)
}

/// `POST /api/lab/kill`: ends an actor where it stands, as the watchdog does.
async fn kill(State(edge): State<Arc<Edge>>, JsonBody(target): JsonBody<Target>) -> Result<StatusCode, Problem> {
    let name = named(&target.actor)?;
    if !edge.engine.lab().kill(&name) {
        return Err(nobody());
    }
    tracing::warn!(actor = %name, "killed by the fault laboratory");
    Ok(StatusCode::ACCEPTED)
}

/// `POST /api/lab/hang`: sends an actor a message whose handler never comes back.
async fn hang(State(edge): State<Arc<Edge>>, JsonBody(target): JsonBody<Target>) -> Result<StatusCode, Problem> {
    inflict(&edge, &target.actor, Fault::Hang, 1).await
}

/// `POST /api/lab/flood`: fills an actor's mailbox with messages that do nothing.
async fn flood(State(edge): State<Arc<Edge>>, JsonBody(flood): JsonBody<Flood>) -> Result<StatusCode, Problem> {
    inflict(&edge, &flood.actor, Fault::Nothing, flood.messages.min(FLOOD)).await
}

/// `POST /api/lab/passivate`: a room that nobody needs ends now, not after a minute.
async fn passivate(State(edge): State<Arc<Edge>>, JsonBody(target): JsonBody<Target>) -> Result<StatusCode, Problem> {
    inflict(&edge, &target.actor, Fault::Passivate, 1).await
}

/// `POST /api/lab/fault`: arms a fault point, one of those on the way of a message.
async fn fault(State(edge): State<Arc<Edge>>, JsonBody(armed): JsonBody<Armed>) -> Result<StatusCode, Problem> {
    arm(&edge, armed)
}

/// `POST /api/lab/fail-next-sync`: the journal's next sync fails, and the process ends with the reason.
async fn fail_next_sync(State(edge): State<Arc<Edge>>) -> Result<StatusCode, Problem> {
    let point = "journal.sync".to_owned();
    arm(&edge, Armed { point, strike: Strike::Fail, after: 0, times: Some(1), key: None })
}

fn arm(edge: &Edge, armed: Armed) -> Result<StatusCode, Problem> {
    tracing::warn!(?armed, "armed by the fault laboratory");
    match edge.engine.lab().arm(armed) {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(error @ NotArmed::Unknown) => Err(Problem::new(StatusCode::NOT_FOUND, error.to_string())),
        Err(error @ NotArmed::NoKey) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())),
    }
}

async fn inflict(edge: &Edge, actor: &str, fault: Fault, times: u32) -> Result<StatusCode, Problem> {
    let name = named(actor)?;
    if !edge.engine.lab().inflict(&name, fault, times).await {
        return Err(nobody());
    }
    tracing::warn!(actor = %name, ?fault, times, "inflicted by the fault laboratory");
    Ok(StatusCode::ACCEPTED)
}

fn nobody() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no actor of that name is alive")
}

fn named(actor: &str) -> Result<ActorName, Problem> {
    actor.parse().map_err(|_| nobody())
}

#[derive(Serialize)]
struct DrillCards {
    drills: Vec<DrillCard>,
}

/// `GET /api/lab/drills`: the drills that there are.
async fn drills(State(edge): State<Arc<Edge>>) -> Json<DrillCards> {
    Json(DrillCards { drills: edge.config.drills.as_ref().map(|drills| drills.all()).unwrap_or_default() })
}

#[derive(Deserialize)]
struct Asked {
    drill: String,
    #[serde(default = "short")]
    quick: bool,
}

/// Somebody watches: the long forms are for the command line.
fn short() -> bool {
    true
}

/// `POST /api/lab/drill`: runs a drill on a server of its own; the observatory's feed tells how it goes.
async fn drill(State(edge): State<Arc<Edge>>, JsonBody(asked): JsonBody<Asked>) -> Result<StatusCode, Problem> {
    let drills = edge.config.drills.as_ref().ok_or_else(Problem::nothing_here)?;
    let begun = drills.begin(&asked.drill, asked.quick);
    begun.map_err(|error| {
        let status = match error {
            NoDrill::Unknown => StatusCode::NOT_FOUND,
            NoDrill::Busy => StatusCode::CONFLICT,
            NoDrill::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem::new(status, error.to_string())
    })?;
    Ok(StatusCode::ACCEPTED)
}

/// `DELETE /api/lab/drill`: stops the one that runs.
async fn stop_drill(State(edge): State<Arc<Edge>>) -> Result<StatusCode, Problem> {
    let stopped = edge.config.drills.as_ref().is_some_and(|drills| drills.stop());
    if stopped { Ok(StatusCode::ACCEPTED) } else { Err(Problem::new(StatusCode::NOT_FOUND, "no drill runs")) }
}

/// `GET /api/lab/events`: what happens to actors from now on, as server-sent events. Whoever hears them as an admin
/// hears nothing more once they are none.
async fn events(
    State(edge): State<Arc<Edge>>,
    admin: Option<Extension<Administrator>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = edge.engine.lab().news();
    let stream = unfold((news, edge, admin), async |(mut news, edge, admin)| {
        loop {
            match edge.stop.run_until_cancelled(news.recv()).await {
                Some(Ok(event)) => {
                    if let Some(Extension(by)) = admin
                        && !edge.engine.administers(by).await
                    {
                        return None;
                    }
                    return Some((Ok(Event::default().json_data(event).unwrap_or_default()), (news, edge, admin)));
                }
                // An observer that lags has missed the oldest; the tree tells how things are now.
                Some(Err(RecvError::Lagged(_))) => {}
                Some(Err(RecvError::Closed)) | None => return None,
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
