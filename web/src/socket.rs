//! `GET /ws`: from an HTTP request to a session.
//!
//! The upgrade is answered here and the stream, of TCP or of TLS over it, taken back from hyper, so that nothing but
//! the WebSocket itself is kept for an idle connection, and a client that breaks the protocol can be told so before its
//! connection is closed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use greenroom_actors::trail::{Act, Outcome};
use greenroom_protocol::Compression;
use greenroom_protocol::limits::Cap;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_util::either::Either;

use crate::accept::Edge;
use crate::address::Client;
use crate::caller::token;
use crate::origin;
use crate::pace::{FULL, Place};
use crate::problem::Problem;
use crate::strict::Strict;
use crate::tls;
use crate::{request, trail};
use visit::Visit;

mod closing;
mod connection;
mod extension;
mod gathering;
mod heartbeat;
mod hello;
mod life;
mod line;
mod stream;
mod visit;
mod writers;
mod writing;

use connection::Socket;
use life::Life;
use line::Line;
use stream::Stream;
pub(crate) use writers::Writers;

/// The subprotocol that a client may ask for.
const SUBPROTOCOL: &str = "greenroom.v1";

pub(crate) async fn upgrade(State(edge): State<Arc<Edge>>, mut request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    if !origin::may_connect(text(header::ORIGIN), edge.place(text(header::HOST))) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a page of this origin may not connect"));
    }
    let mut response = create_response_with_body(&request, Body::empty)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("not a WebSocket upgrade: {error}")))?;
    if asks_for_subprotocol(headers) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    let mut compression = Compression::Off;
    if edge.config.compression != Compression::Off
        && let Some(agreed) = extension::agreed(headers)
    {
        response.headers_mut().insert(header::SEC_WEBSOCKET_EXTENSIONS, agreed);
        compression = edge.config.compression;
    }
    let client = Client::of(request.extensions(), headers, &edge.config.trusted_proxies);
    let token = token(headers).map(str::to_owned);
    let place = room_for(&edge, client.ip, token.as_deref()).await?;
    let Ok(one_of_all) = Arc::clone(&edge.sockets).try_acquire_owned() else {
        if let Some(pace) = &edge.pace {
            pace.people.full(Cap::Sockets);
        }
        trail::note_refusal(&edge.restraint, Act::Limit, Outcome::Refused, "sockets of the server");
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server holds as many sockets as it may"));
    };
    let (Some(upgrade), Some(asked)) = (request.extensions_mut().remove::<OnUpgrade>(), request::current()) else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "this connection can't be upgraded"));
    };
    let comes = Comes { from: client.ip, token, compression };
    let tasks = edge.tasks.clone();
    tasks.spawn(request::within(Arc::clone(&asked), async move {
        match upgrade.await {
            // What only the beginning needs is in a box of its own, so that an idle socket doesn't keep it.
            Ok(upgraded) => {
                if let Some(life) = Box::pin(begin(upgraded, edge, comes, Visit::new(asked))).await {
                    Box::pin(life.run()).await;
                }
            }
            Err(error) => tracing::debug!(%error, "the upgrade was not completed"),
        }
        drop((place, one_of_all));
    }));
    Ok(response.into_response())
}

/// Who opens a socket.
struct Comes {
    from: IpAddr,
    /// What the upgrade carried; `hello` may name somebody else.
    token: Option<String>,
    /// What is compressed for them, and whether they may compress.
    compression: Compression,
}

/// A place for one more socket from an address. Whoever the upgrade says this is hears here already where they have too
/// many; for all others it is `hello` that shows it.
async fn room_for(edge: &Edge, from: IpAddr, token: Option<&str>) -> Result<Option<Place>, Problem> {
    let Some(pace) = &edge.pace else { return Ok(None) };
    pace.upgrade(from)?;
    let full = |detail| Problem::later(StatusCode::TOO_MANY_REQUESTS, detail, FULL);
    let place = pace.place(from).ok_or_else(|| full("your address has as many sockets as it may"))?;
    if let Some(token) = token
        && let Ok(identity) = edge.engine.bearer(token).await
        && !pace.people.person(identity.person.user.id).has_place()
    {
        pace.people.full(Cap::SocketsOfUser);
        return Err(full("you have as many sockets as you may; close another one"));
    }
    Ok(Some(place))
}

async fn begin(upgraded: Upgraded, edge: Arc<Edge>, comes: Comes, visit: Visit) -> Option<Life> {
    let Ok(parts) = upgraded.downcast::<TokioIo<Strict<tls::Stream>>>() else {
        tracing::error!("an upgraded connection is none that was accepted here");
        return None;
    };
    let (stream, read) = (parts.io.into_inner().into_inner(), parts.read_buf.to_vec());
    // hyper's buffer of 8 KiB would otherwise live as long as the socket.
    drop(parts.read_buf);
    let (line, stream) = match stream {
        Either::Left(plain) => {
            let (line, plain) = Line::of(plain, edge.writers.one(), comes.compression);
            (line, Stream::Plain(plain))
        }
        Either::Right(tls) => (Line::of_one_task(comes.compression), Stream::over(*tls)),
    };
    let pace = edge.pace.as_ref().map(|pace| pace.people.socket());
    let socket = Socket::new(stream, &read, comes.compression != Compression::Off, pace);
    life::begin(socket, line, edge, comes, visit).await
}

fn asks_for_subprotocol(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| offer.trim() == SUBPROTOCOL)
}
