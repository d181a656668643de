//! Taking connections in: our own loop, since `axum::serve` has no time limits for what a client
//! sends before its request is whole.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, StatusCode, header};
use greenroom_actors::{Engine, Pacing};
use greenroom_protocol::Compression;
use greenroom_protocol::limits::{self, Cap};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use crate::drills::Drills;
use crate::operator::{Door, Operator};
use crate::origin::Place;
use crate::pace::{FORGET, Pace};
use crate::router::{metrics_router, no_tls_router, router};
use crate::socket::Writers;
use crate::strict::{Strict, is_last};
use crate::tls::{HANDSHAKE, Stream, Tls};
use crate::trail::Restraint;

/// How the edge is configured.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Origins of other pages that may connect, such as `https://chat.example`.
    pub allowed_origins: Vec<String>,
    /// Whether the fault laboratory is open.
    pub lab: bool,
    /// Who runs drills for it.
    pub drills: Option<Arc<dyn Drills>>,
    /// Proxies whose word counts about whom they speak for.
    pub trusted_proxies: Vec<IpNet>,
    /// What is compressed for clients that offer to read it.
    pub compression: Compression,
    /// The certificate to speak TLS with; without one, the server speaks plain HTTP.
    pub tls: Option<Arc<Tls>>,
}

/// What every request handler has.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) engine: Engine,
    pub(crate) config: ServerConfig,
    /// How often people may do what; nothing where there are no limits.
    pub(crate) pace: Option<Pace>,
    /// How much of what is refused goes into the audit trail.
    pub(crate) restraint: Restraint,
    /// One for each WebSocket that may still be opened.
    pub(crate) sockets: Arc<Semaphore>,
    /// Who writes to them.
    pub(crate) writers: Writers,
    /// The tasks of WebSockets, to be waited for when the server drains.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the server drains.
    pub(crate) stop: CancellationToken,
}

impl Edge {
    /// Whether requests come over TLS.
    pub(crate) fn over_tls(&self) -> bool {
        self.config.tls.is_some()
    }

    /// This server, as a client calls it.
    pub(crate) fn place<'a>(&'a self, host: Option<&'a str>) -> Place<'a> {
        Place { host, tls: self.over_tls(), allowed: &self.config.allowed_origins }
    }
}

/// What a listener does with those who come.
#[derive(Clone)]
struct Entrance {
    router: Router,
    tls: Option<Arc<Tls>>,
    stop: CancellationToken,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    edge: Arc<Edge>,
    connections: TaskTracker,
}

/// Time to wait after the system had no file for another connection: closing one frees one.
const NO_FILES: Duration = Duration::from_millis(50);

impl Server {
    /// Serves on a listener until [`Server::drain`].
    #[must_use]
    pub fn start(listener: TcpListener, engine: Engine, config: ServerConfig) -> Self {
        let most = |pacing: &Arc<Pacing>| usize::try_from(pacing.limits().cap(Cap::Sockets)).unwrap_or(usize::MAX);
        let sockets = engine.pacing().map_or(Semaphore::MAX_PERMITS, most).min(Semaphore::MAX_PERMITS);
        let sockets = Arc::new(Semaphore::new(sockets));
        let stop = CancellationToken::new();
        let pace = engine.pacing().map(|pacing| Pace::new(Arc::clone(pacing)));
        let (tls, restraint) = (config.tls.clone(), Restraint::default());
        let (writers, tasks) = (Writers::start(), TaskTracker::new());
        let edge = Edge { engine, config, pace, restraint, sockets, writers, tasks, stop: stop.clone() };
        let server = Self { edge: Arc::new(edge), connections: TaskTracker::new() };
        let entrance = Entrance { router: router(Arc::clone(&server.edge)), tls, stop };
        server.connections.spawn(accept(listener, entrance, server.connections.clone()));
        server.connections.spawn(forget(Arc::clone(&server.edge)));
        server
    }

    /// Serves `/metrics` alone on another listener, without TLS, to whoever reaches it.
    pub fn serve_metrics(&self, listener: TcpListener) {
        let router = metrics_router(Arc::clone(&self.edge));
        let entrance = Entrance { router, tls: None, stop: self.edge.stop.clone() };
        self.connections.spawn(accept(listener, entrance, self.connections.clone()));
    }

    /// Serves the calls of administration on a socket in the data directory, which this process holds.
    ///
    /// # Errors
    /// Where there can be no such socket: its path is too long, or the disk has none.
    pub fn serve_operator(&self, path: PathBuf) -> io::Result<()> {
        let (door, operator) = (Door::open(path)?, Operator::new(&self.edge.engine));
        self.connections.spawn(door.serve(operator, self.edge.stop.clone(), self.connections.clone()));
        Ok(())
    }

    /// Stops accepting, lets every socket's sends be answered, and closes it with 1001. Returns how
    /// many sockets were told to go, and whether all have within the time.
    pub async fn drain(&self, deadline: Duration) -> (usize, bool) {
        self.edge.stop.cancel();
        self.connections.close();
        self.edge.tasks.close();
        let told = self.edge.engine.drain().sockets;
        let all_gone = async {
            self.edge.tasks.wait().await;
            self.connections.wait().await;
        };
        (told, timeout(deadline, all_gone).await.is_ok())
    }
}

async fn accept(listener: TcpListener, entrance: Entrance, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = entrance.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(serve(stream, peer, entrance.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(NO_FILES).await;
            }
        }
    }
}

/// Lets go of what was kept of tries that no longer count.
async fn forget(edge: Arc<Edge>) {
    while edge.stop.run_until_cancelled(tokio::time::sleep(FORGET)).await.is_some() {
        edge.restraint.forget();
        if let Some(pace) = &edge.pace {
            pace.forget();
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, entrance: Entrance) {
    // Without it a small frame may wait 40 ms for the peer's acknowledgement of the one before.
    let _unsupported = stream.set_nodelay(true);
    // The system would hold megabytes for a client that doesn't read.
    let _unsupported = SockRef::from(&stream).set_send_buffer_size(limits::SOCKET_SEND_BYTES);
    let Entrance { router, tls, stop } = entrance;
    let opened = stop.run_until_cancelled(timeout(limits::HEADER, open(stream, tls.as_deref()))).await;
    let Some(Ok(Some(stream))) = opened else { return };
    // Whoever speaks plainly where TLS is spoken is told so, and let go.
    let misplaced = tls.is_some() && matches!(stream, Either::Left(_));
    let router = if misplaced { no_tls_router() } else { router };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let last = is_last(request.headers());
        let answer = router.clone().call(request);
        async move {
            let mut response = answer.await?;
            if last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER)
        .max_buf_size(limits::HEADER_BYTES)
        .keep_alive(!misplaced)
        .serve_connection(TokioIo::new(Strict::new(stream)), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// Waits for the first byte, and shakes hands where it begins TLS. Nothing where nobody is there.
async fn open(stream: TcpStream, tls: Option<&Tls>) -> Option<Stream> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    match tls {
        Some(tls) if first == [HANDSHAKE] => match tls.accept(stream).await {
            Ok(stream) => Some(Either::Right(Box::new(stream))),
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
        },
        Some(_) | None => Some(Either::Left(stream)),
    }
}
