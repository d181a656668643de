//! The operator's door: the calls of administration, for whoever may use the data directory.
//!
//! Where a server runs, it is a socket in that directory, which the system lets only its owner and root open; where none
//! does, whoever has taken the directory asks without one. Nobody shows a password: who may write there may do all.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use axum::{Extension, Router};
use greenroom_actors::trail::{Act, Entry, Outcome};
use greenroom_actors::{Administrator, Engine};
use greenroom_protocol::limits;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::admin::calls;
use crate::router::unknown;

/// What the socket in the data directory is called.
pub const OPERATOR_SOCKET: &str = "admin.sock";

/// Connections that may wait to be accepted: a script that does something to everybody at once. The system sends away
/// whoever comes then, and commands come again.
const BACKLOG: i32 = 1024;

/// Time to wait after the system had no file for another connection.
const NO_FILES: Duration = Duration::from_millis(50);

/// The calls of administration, for the operator.
#[derive(Clone, Debug)]
pub struct Operator(Router);

impl Operator {
    /// Calls to this engine.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        Self(calls(engine).fallback(unknown).layer(Extension(Administrator::Operator)))
    }

    /// Asks without a socket; `body` is JSON. Returns the status of the answer, and its body.
    ///
    /// # Errors
    /// Where the path is none, or the answer's body can't be had.
    pub async fn ask(&self, method: Method, path: &str, body: Option<String>) -> io::Result<(StatusCode, Vec<u8>)> {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.body(body.map_or_else(Body::empty, Body::from)).map_err(io::Error::other)?;
        let answer = match self.0.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.map_err(io::Error::other)?;
        Ok((status, body.to_vec()))
    }
}

/// A socket that is removed when nobody listens to it any more.
pub(crate) struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Listens. The directory is this process's, so a socket that lies there was left behind by one that is gone.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        Ok(Self { listener: listen(&path)?, path })
    }

    /// Serves until `stop`.
    pub(crate) async fn serve(self, operator: Operator, stop: CancellationToken, connections: TaskTracker) {
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            match accepted {
                Ok((stream, _)) if is_owner(&stream) => {
                    connections.spawn(serve(stream, operator.clone(), stop.clone()));
                }
                Ok(_stranger) => {
                    let about = "a stranger at the operator's socket";
                    let (act, outcome) = (Act::Access, Outcome::Refused);
                    Entry { act, outcome, user: None, from: None, request: None, about }.record();
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection of the operator's can't be accepted");
                    tokio::time::sleep(NO_FILES).await;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the operator's socket can't be removed");
        }
    }
}

/// Nobody can connect before the permissions are those of the owner.
fn listen(path: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt as _;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket.into())
}

/// Whether it is this process's own user, or root, whatever the permissions of the socket have become.
fn is_owner(stream: &UnixStream) -> bool {
    let owner = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0)
}

async fn serve(stream: UnixStream, Operator(router): Operator, stop: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER)
        .max_buf_size(limits::HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection of the operator's ended");
    }
}
