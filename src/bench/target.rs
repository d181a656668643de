//! The server that is measured: one of our own, fresh, or whatever listens at an address.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::ValueEnum as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::flags::Common;
use crate::child::{Server, http_client};
use crate::host;

/// Processor of the server, and that of the load generator, where each is kept on one.
const PROCESSORS: (usize, usize) = (0, 1);

/// The server that is measured.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// Its process, where it is known; without it there are no figures about processor and memory.
    pub(crate) pid: Option<u32>,
    /// Whether people offer to read what is compressed.
    pub(crate) deflate: bool,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    // Dropped first: it is stopped before its directory goes.
    server: Server,
    runtime: Runtime,
    data: TempDir,
}

impl Target {
    /// The one that is asked for. A server of our own is killed when this is dropped.
    pub(crate) fn new(common: &Common, arguments: &[&str]) -> anyhow::Result<Self> {
        if let Some(url) = &common.url {
            let address = address(url)?;
            if common.pin {
                host::pin(PROCESSORS.1)?;
            }
            return Ok(Self { address, pid: common.pid, deflate: common.deflate.is_some(), own: None });
        }
        if common.pin {
            host::pin(PROCESSORS.0)?;
        }
        let target = Self::start(common, arguments);
        if common.pin {
            host::pin(PROCESSORS.1)?;
        }
        target
    }

    fn start(common: &Common, arguments: &[&str]) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let data = match &common.data {
            Some(parent) => TempDir::new_in(parent).with_context(|| format!("no directory in {}", parent.display()))?,
            None => TempDir::new()?,
        };
        let durability = common.durability.to_possible_value();
        let durability = durability.as_ref().map_or("fsync", |value| value.get_name());
        let mut arguments = [&["--durability", durability], arguments].concat();
        let compression = common.deflate.and_then(|deflate| deflate.to_possible_value());
        if let Some(compression) = &compression {
            arguments.extend(["--compression", compression.get_name()]);
        }
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (log, place) = (data.path().join("log"), data.path().join("data"));
        let server = runtime.block_on(Server::start_with(&place, anywhere, &log, &arguments, &[]))?;
        let (address, pid) = (server.address, Some(server.id()?));
        Ok(Self { address, pid, deflate: common.deflate.is_some(), own: Some(Own { server, runtime, data }) })
    }

    /// Processor time that the server has used.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        self.pid.and_then(|pid| host::processor_time(pid).ok())
    }

    /// Memory that the server occupies, in KiB.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        self.pid.and_then(|pid| host::resident_kib(pid).ok())
    }

    /// Bytes of its data directory.
    pub(crate) fn disk_bytes(&self) -> Option<u64> {
        let own = self.own.as_ref()?;
        Some(bytes_below(&own.data.path().join("data")))
    }

    /// Panics an actor of a server of our own that has its laboratory open; false where none of that name is alive.
    pub(crate) fn crash(&self, actor: &str) -> anyhow::Result<bool> {
        let own = self.own.as_ref().context("only a server that was started here is crashed")?;
        own.runtime.block_on(own.server.crash(actor))
    }

    /// Panics an actor, again and again, of a server of our own that has its laboratory open.
    pub(crate) fn crash_every(&self, actor: String, after: Duration, every: Duration) -> anyhow::Result<Crashing> {
        anyhow::ensure!(self.own.is_some(), "only a server that was started here is crashed");
        let url = format!("http://{}/api/lab/crash", self.address);
        let (over, is_over) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            // A thread of its own, so that the load goes on meanwhile.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (http, mut crashes) = (http_client()?, Vec::new());
            let mut wait = after + every / 2;
            while is_over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let body = serde_json::json!({ "actor": actor });
                crashes.push(Instant::now());
                runtime.block_on(async { http.post(&url).json(&body).send().await?.error_for_status() })?;
                wait = every;
            }
            Ok(crashes)
        });
        Ok(Crashing { over, thread })
    }

    /// How many of the server's ledgers did not balance; nothing where that isn't known.
    pub(crate) fn imbalances(&self) -> anyhow::Result<Option<u64>> {
        let Some(own) = &self.own else { return Ok(None) };
        let metrics = own.runtime.block_on(own.server.metrics())?;
        let line = metrics.lines().find_map(|line| line.strip_prefix("greenroom_ledger_imbalances_total "));
        Ok(Some(line.context("the server does not say whether its ledgers balance")?.trim().parse::<f64>()? as u64))
    }

    /// Begins to count the server's system calls, for some seconds, where `perf` can.
    pub(crate) fn count_calls(&self, seconds: u32) -> Option<Counting> {
        let mut command = Command::new("perf");
        command.args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p"]).arg(self.pid?.to_string());
        command.args(["--", "sleep"]).arg(seconds.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
        Some(Counting(child))
    }
}

/// A thread that crashes an actor.
#[derive(Debug)]
pub(crate) struct Crashing {
    over: mpsc::Sender<()>,
    thread: JoinHandle<anyhow::Result<Vec<Instant>>>,
}

impl Crashing {
    /// Ends it; when the crashes were.
    pub(crate) fn end(self) -> anyhow::Result<Vec<Instant>> {
        drop(self.over);
        self.thread.join().map_err(|_panic| anyhow::anyhow!("the thread that crashes has crashed"))?
    }
}

/// `perf`, while it counts.
#[derive(Debug)]
pub(crate) struct Counting(std::process::Child);

impl Counting {
    /// Whether it has ended.
    pub(crate) fn is_over(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// What it counted.
    pub(crate) fn calls(self) -> Option<u64> {
        let out = self.0.wait_with_output().ok()?;
        String::from_utf8_lossy(&out.stderr).lines().find_map(|line| line.split(',').next()?.parse().ok())
    }
}

fn address(url: &str) -> anyhow::Result<SocketAddr> {
    let rest = url.strip_prefix("ws://").or_else(|| url.strip_prefix("http://"));
    let Some(place) = rest.and_then(|rest| rest.split('/').next()) else {
        bail!("`{url}` is no address of a server; give one such as ws://127.0.0.1:3000");
    };
    let mut found = place.to_socket_addrs().with_context(|| format!("`{place}` is no HOST:PORT"))?;
    found.next().with_context(|| format!("`{place}` has no address"))
}

fn bytes_below(dir: &std::path::Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            // What is reserved ahead is no byte of a message.
            Ok(metadata) => {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.blocks() * 512).min(metadata.len())
            }
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_from_a_url() {
        for url in ["ws://127.0.0.1:3000", "http://127.0.0.1:3000/", "ws://127.0.0.1:3000/ws"] {
            assert_eq!(address(url).unwrap(), SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)));
        }
        assert!(address("127.0.0.1:3000").is_err());
        assert!(address("ws://127.0.0.1").is_err());
    }
}
