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

/// The way to the data.
pub(super) enum Door {
    /// A server runs.
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
        let has_socket = SocketAddr::from_pathname(&socket).is_ok();
        loop {
            if has_socket && let Some(server) = server(&socket).await? {
                return Ok(Self::Server(server));
            }
            if !may_make && !config.data.join("format").exists() {
                bail!("there is no data of a greenroom in {data}; give the server's directory with --data");
            }
            match app::engine(config).await {
                Ok(engine) => {
                    let operator = Operator::new(&engine);
                    return Ok(Self::Here(engine, operator));
                }
                Err(EngineFailed::Store(StartError::Locked(_))) if !has_socket => bail!(
                    "a server runs in {data}, whose path is too long for a socket; use its calls over HTTP, or stop it first"
                ),
                Err(EngineFailed::Store(StartError::Locked(_))) if Instant::now() < deadline => sleep(TRY_AGAIN).await,
                Err(EngineFailed::Store(StartError::Locked(_))) => bail!(
                    "the data directory {data} is in use, but nobody answers at {OPERATOR_SOCKET} in it; \
                     the server's log says why, or use its calls over HTTP"
                ),
                Err(failed) => return Err(failed.into()),
            }
        }
    }

    /// Makes a call. Returns its answer; null where that is empty.
    pub(super) async fn ask(&self, errand: &Errand) -> anyhow::Result<Value> {
        let url = errand.url()?;
        let (status, body) = match self {
            Self::Server(client) => {
                let call = client.request(errand.method.clone(), url);
                let call = errand.body.iter().fold(call, |call, body| call.json(body));
                let lost = "the server has not answered: whether it was done is not known; look with `list`";
                let answer = call.send().await.context(lost)?;
                (answer.status(), answer.bytes().await.context(lost)?.to_vec())
            }
            Self::Here(_, operator) => {
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

/// A client of the server that runs, where one does.
async fn server(socket: &Path) -> anyhow::Result<Option<reqwest::Client>> {
    match UnixStream::connect(socket).await {
        Ok(_it_answers) => Ok(Some(reqwest::Client::builder().unix_socket(socket).timeout(PATIENCE).build()?)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(None),
        Err(error) => {
            let shown = socket.display();
            let who = format!("the server's socket {shown} can't be opened; are you its user, or root?");
            Err(error).context(who)
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
