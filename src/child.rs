//! The server under test, of drills and benchmarks: the same binary, as a child process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A start takes well below a second; a debug build with much to recover, some.
const START: Duration = Duration::from_secs(30);

/// For as long as any drill takes, the news go on.
const NEWS: Duration = Duration::from_secs(3_600);

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start to the line that says it listens.
    pub(crate) took: Duration,
    http: reqwest::Client,
}

impl Server {
    /// Starts one with its laboratory open; its log is added to `log`.
    pub(crate) async fn start(data: &Path, listen: SocketAddr, log: &Path) -> anyhow::Result<Self> {
        Self::start_with(data, listen, log, &["--lab"], &[]).await
    }

    /// Starts one with these arguments, and these in its environment. There are no rate limits.
    pub(crate) async fn start_with(
        data: &Path,
        listen: SocketAddr,
        log: &Path,
        arguments: &[&str],
        environment: &[(&str, &PathBuf)],
    ) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(std::env::current_exe()?);
        for (name, _value) in std::env::vars_os() {
            // What is set for servers in general is not meant for this one.
            if name.to_string_lossy().starts_with("GREENROOM_") {
                command.env_remove(name);
            }
        }
        command.envs(environment.iter().copied());
        command.args(["serve", "--no-limits"]).args(arguments).arg("--listen").arg(listen.to_string());
        command.arg("--data").arg(data).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().context("the server can't be started")?;
        let out = child.stdout.take().context("the server has no standard output")?;
        let mut line = String::new();
        let said = timeout(START, BufReader::new(out).read_line(&mut line)).await;
        let address = line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        match (said, address) {
            (Ok(Ok(_)), Some(address)) => {
                let http = http_client()?;
                Ok(Self { child, address, took: begun.elapsed(), http })
            }
            (Err(_), _) => bail!("the server did not start within {} s", START.as_secs()),
            (Ok(_), _) => bail!("the server does not start: {}", child.wait().await?),
        }
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "the server had ended by itself before it was killed");
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, and how it ended.
    pub(crate) async fn terminate(mut self) -> anyhow::Result<(ExitStatus, Duration)> {
        let begun = Instant::now();
        kill_process(self.pid()?, Signal::TERM)?;
        let status = timeout(START, self.child.wait()).await.context("the server does not end after SIGTERM")??;
        Ok((status, begun.elapsed()))
    }

    /// Whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it ends by itself.
    pub(crate) async fn end(mut self, within: Duration) -> anyhow::Result<(ExitStatus, Duration)> {
        let begun = Instant::now();
        let status = timeout(within, self.child.wait()).await;
        let status = status.with_context(|| format!("the server has not ended within {within:?}"))??;
        Ok((status, begun.elapsed()))
    }

    /// Its process.
    pub(crate) fn id(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server has ended")
    }

    fn pid(&self) -> anyhow::Result<Pid> {
        Pid::from_raw(i32::try_from(self.id()?)?).context("no process id")
    }

    /// What it counts, as text for Prometheus.
    pub(crate) async fn metrics(&self) -> anyhow::Result<String> {
        let url = format!("http://{}/metrics", self.address);
        Ok(self.http.get(url).send().await?.error_for_status()?.text().await?)
    }

    /// Panics an actor; false where none of that name is alive.
    pub(crate) async fn crash(&self, actor: &str) -> anyhow::Result<bool> {
        self.lab("crash", json!({ "actor": actor })).await
    }

    /// Lets an actor hang; false where none of that name is alive.
    pub(crate) async fn hang(&self, actor: &str) -> anyhow::Result<bool> {
        self.lab("hang", json!({ "actor": actor })).await
    }

    /// Fills an actor's mailbox; false where none of that name is alive.
    pub(crate) async fn flood(&self, actor: &str, messages: u32) -> anyhow::Result<bool> {
        self.lab("flood", json!({ "actor": actor, "messages": messages })).await
    }

    /// Ends a room that nobody needs; false where none of that name is alive.
    pub(crate) async fn passivate(&self, actor: &str) -> anyhow::Result<bool> {
        self.lab("passivate", json!({ "actor": actor })).await
    }

    /// What happens to actors from now on, as server-sent events.
    pub(crate) async fn news(&self) -> anyhow::Result<reqwest::Response> {
        Ok(self.http.get(self.url("events")).timeout(NEWS).send().await?.error_for_status()?)
    }

    /// Arms a fault point.
    pub(crate) async fn arm(&self, armed: Value) -> anyhow::Result<()> {
        let known = self.lab("fault", armed.clone()).await?;
        ensure!(known, "there is no such fault point: {armed}");
        Ok(())
    }

    /// Names of the living sessions, in a fixed order.
    pub(crate) async fn sessions(&self) -> anyhow::Result<Vec<String>> {
        self.sessions_below("engine").await
    }

    /// Names of the living sessions that die with an actor, in a fixed order: those below it, or itself.
    pub(crate) async fn sessions_below(&self, actor: &str) -> anyhow::Result<Vec<String>> {
        let tree: Value = self.http.get(self.url("tree")).send().await?.error_for_status()?.json().await?;
        let mut names = Vec::new();
        if let Some(actor) = find(&tree, actor) {
            gather(actor, &mut names);
        }
        names.retain(|name| name.starts_with("session:"));
        names.sort();
        Ok(names)
    }

    /// Asks the laboratory for something; false where there is nothing of that name.
    pub(crate) async fn lab(&self, what: &str, body: Value) -> anyhow::Result<bool> {
        let answer =
            self.http.post(self.url(what)).json(&body).send().await.context("the laboratory does not answer")?;
        match answer.status().as_u16() {
            202 => Ok(true),
            404 => Ok(false),
            other => bail!("the laboratory answers {other} to {what} {body}"),
        }
    }

    fn url(&self, what: &str) -> String {
        format!("http://{}/api/lab/{what}", self.address)
    }
}

fn find<'t>(node: &'t Value, name: &str) -> Option<&'t Value> {
    if node["name"] == name {
        return Some(node);
    }
    node["children"].as_array()?.iter().find_map(|child| find(child, name))
}

fn gather(node: &Value, names: &mut Vec<String>) {
    names.extend(node["name"].as_str().map(str::to_owned));
    for child in node["children"].as_array().into_iter().flatten() {
        gather(child, names);
    }
}

/// A client that makes a connection for each request. The server ends one that is idle, and whoever does something else
/// meanwhile would hear of that only from the request that it fails.
pub(crate) fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(Duration::from_secs(5)).pool_max_idle_per_host(0).build()
}
