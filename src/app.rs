//! The application: the engine behind its edge.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use greenroom_actors::{Engine, EngineFailed, Options, SessionConfig};
use greenroom_protocol::limits::{BACKLOG, DRAIN};
use greenroom_web::{OPERATOR_SOCKET, Server, ServerConfig, Tls};
use tokio::net::{TcpListener, TcpSocket};

use crate::config::{Config, Durability, TlsFiles};
use crate::drill::DrillsBeside;

/// How long the end of the process waits for the stories that led to it to be written down.
const LAST_STORIES: Duration = Duration::from_millis(500);

/// A running Greenroom.
#[derive(Debug)]
pub struct App {
    engine: Engine,
    server: Server,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    drills: Option<Arc<DrillsBeside>>,
}

impl App {
    /// Opens the data directory, starts the actors, and accepts connections.
    ///
    /// # Errors
    /// Where the address can't be listened on or the data directory can't be used; the text says what to do.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let tls = match &config.tls {
            Some(TlsFiles { certificate, key }) => {
                let tls = Tls::read(certificate.clone(), key.clone());
                Some(Arc::new(tls.context("TLS can't be spoken; see --tls-cert and --tls-key")?))
            }
            None => None,
        };
        let listener = bind(config.listen, "--listen")?;
        let address = listener.local_addr()?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(bind(address, "--metrics-listen")?),
            None => None,
        };
        let engine = engine(config).await?;
        if config.lab {
            engine.lab().record();
        }
        let drills = config.lab.then(|| Arc::new(DrillsBeside::default()));
        let edge = ServerConfig {
            allowed_origins: config.allow_origin.clone(),
            lab: config.lab,
            drills: drills.clone().map(|drills| drills as _),
            trusted_proxies: config.trusted_proxy.clone(),
            compression: config.compression.into(),
            tls: tls.clone(),
        };
        let server = Server::start(listener, engine.clone(), edge);
        if let Err(error) = server.serve_operator(config.data.join(OPERATOR_SOCKET)) {
            // Chat goes on without it; `greenroom admin` says what to do.
            tracing::warn!(%error, data = %config.data.display(), "no socket for `greenroom admin` in the data directory");
        }
        if let Some(metrics) = metrics {
            tracing::info!(address = %metrics.local_addr()?, "metrics for all who reach it");
            server.serve_metrics(metrics);
        }
        Ok(Self { engine, server, address, tls, drills })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that it shows, where it speaks TLS.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_deref()
    }

    /// The door to the actors.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Returns the reason when the engine can't go on.
    pub async fn failed(&self) -> String {
        let mut fatal = self.engine.fatal();
        match fatal.wait_for(Option::is_some).await {
            Ok(reason) => {
                let reason = reason.clone().unwrap_or_default();
                self.engine.observer().settle(LAST_STORIES).await;
                reason
            }
            Err(_gone) => "the engine is gone".to_owned(),
        }
    }

    /// Stops in stages: accept nothing more, let what was sent be answered and tell every client to go,
    /// stop the actors, flush the store. Says whether all ended in time.
    pub async fn stop(self) -> bool {
        if let Some(drills) = &self.drills {
            drills.end().await;
        }
        let begun = Instant::now();
        let (sockets, drained) = self.server.drain(DRAIN / 2).await;
        tracing::info!(sockets, drained, millis = begun.elapsed().as_millis(), "drained");
        let begun = Instant::now();
        let stopped = self.engine.stop(DRAIN / 2).await;
        tracing::info!(stopped, millis = begun.elapsed().as_millis(), "stopped and flushed");
        drained && stopped
    }
}

/// Opens the data directory, and starts the actors.
pub(crate) async fn engine(config: &Config) -> Result<Engine, EngineFailed> {
    let durability = match config.durability {
        Durability::Fsync => greenroom_actors::Durability::Fsync,
        Durability::Relaxed => greenroom_actors::Durability::Relaxed,
    };
    let limits = (!config.no_limits).then(|| config.limits.clone());
    let session = SessionConfig { room_creation: !config.no_room_creation };
    let options = Options { dir: config.data.clone(), durability, retention: config.retention };
    Engine::start(options, session, limits).await
}

fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    let bound = listen(address);
    bound.with_context(|| format!("can't listen on {address}; is another program there? give another with {flag}"))
}

/// As [`TcpListener::bind`] does it, whose queue of 128 a crowd overflows.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of before to be forgotten; on Windows it would share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
