//! How the data is reached: by the server that holds it, or by holding it.

use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use greenroom_actors::{Engine, EngineFailed, StartError};
use greenroom_protocol::limits::DRAIN;
use greenroom_web::{OPERATOR_SOCKET, Operator};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use super::Errand;
use crate::app;
use crate::config::Config;

/// How long somebody may hold the data without answering: a server that starts or stops, or another command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// What is said where a call was sent, and no answer came.
const LOST: &str = "the server has not answered: whether it was done is not known; look with `list`";

/// The way to the data.
pub(super) enum Door {
    /// A server runs, and is at the other end of its socket.
    Server(reqwest::Client),
    /// None does: this process holds the data meanwhile.
    Here(Engine, Operator),
}

impl Door {
    /// Exactly one of both works at a time: whoever holds the directory's lock. `may_make` where there may be no data yet.
    pub(super) async fn open(config: &Config, may_make: bool) -> anyhow::Result<Self> {
        let deadline = Instant::now() + PATIENCE;
        let data = config.data.display();
        let socket = config.data.join(OPERATOR_SOCKET);
        if SocketAddr::from_pathname(&socket).is_err() {
            let too_long =
                "a server runs in it, and its path is too long for a socket; use its calls over HTTP, or stop it";
            return Self::hold(config, may_make).await?.with_context(|| format!("{data} is in use: {too_long}"));
        }
        loop {
            match look(&socket).await? {
                Seen::Server => {
                    return Ok(Self::Server(reqwest::Client::builder().unix_socket(socket).timeout(PATIENCE).build()?));
                }
                Seen::Nobody => {
                    if let Some(here) = Self::hold(config, may_make).await? {
                        return Ok(here);
                    }
                }
                Seen::Crowd => {}
            }
            if Instant::now() > deadline {
                bail!("{data} is in use, but nobody answers at {OPERATOR_SOCKET} in it; the server's log says why");
            }
            sleep(TRY_AGAIN).await;
        }
    }

    /// Takes the data; nothing where somebody else holds it.
    async fn hold(config: &Config, may_make: bool) -> anyhow::Result<Option<Self>> {
        if !may_make && !config.data.join("format").exists() {
            let data = config.data.display();
            bail!("there is no data of a greenroom in {data}; give the server's directory with --data");
        }
        match app::engine(config).await {
            Ok(engine) => {
                let operator = Operator::new(&engine);
                Ok(Some(Self::Here(engine, operator)))
            }
            Err(EngineFailed::Store(StartError::Locked(_))) => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Makes a call. Returns its answer; null where that is empty.
    pub(super) async fn ask(&self, errand: &Errand) -> anyhow::Result<Value> {
        let (status, body) = match self {
            Self::Server(client) => {
                let answer = send(client, errand).await?;
                (answer.status(), answer.bytes().await.context(LOST)?.to_vec())
            }
            Self::Here(_, operator) => {
                let url = errand.url()?;
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                let path = format!("{}{query}", url.path());
                operator.ask(errand.method.clone(), &path, errand.body.as_ref().map(Value::to_string)).await?
            }
        };
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).context("no JSON")? };
        if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
    }

    /// Lets go of the data.
    pub(super) async fn close(self) {
        match self {
            Self::Server(_) => {}
            Self::Here(engine, _) => {
                if !engine.stop(DRAIN).await {
                    tracing::warn!("the data was not let go of in time; what was answered is stored");
                }
            }
        }
    }
}

/// Who is at the other end of the server's socket.
enum Seen {
    Server,
    /// So many come to the server that it has no place for one more.
    Crowd,
    /// There is no socket, or it is one of a server that is gone.
    Nobody,
}

async fn look(socket: &Path) -> anyhow::Result<Seen> {
    let Err(error) = UnixStream::connect(socket).await else { return Ok(Seen::Server) };
    if error.kind() == io::ErrorKind::WouldBlock {
        return Ok(Seen::Crowd);
    }
    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
        return Ok(Seen::Nobody);
    }
    let shown = socket.display();
    Err(error).with_context(|| format!("the server's socket {shown} can't be opened; are you its user, or root?"))
}

/// Sends a call, again and again as long as it can't even be connected: then nothing of it has arrived.
async fn send(client: &reqwest::Client, errand: &Errand) -> anyhow::Result<reqwest::Response> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let call = client.request(errand.method.clone(), errand.url()?);
        let call = errand.body.iter().fold(call, |call, body| call.json(body));
        match call.send().await {
            Err(error) if error.is_connect() && Instant::now() < deadline => sleep(TRY_AGAIN).await,
            answer => return answer.context(LOST),
        }
    }
}

/// What a refusal says, with what is wrong with which field.
fn refusal(status: StatusCode, body: &Value) -> anyhow::Error {
    let detail = body["detail"].as_str().map_or_else(|| status.to_string(), str::to_owned);
    let errors = body["errors"].as_object().into_iter().flatten();
    let errors: Vec<String> =
        errors.map(|(field, error)| format!("{field}: {}", error.as_str().unwrap_or_default())).collect();
    let told_already = errors.iter().all(|error| error.ends_with(&detail));
    if errors.is_empty() || told_already { anyhow!(detail) } else { anyhow!("{detail}: {}", errors.join("; ")) }
}

impl Errand {
    /// What it asks for; over a socket in a directory the host means nothing.
    fn url(&self) -> anyhow::Result<Url> {
        let mut url = Url::parse("http://greenroom/api/admin")?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(&self.path);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}
