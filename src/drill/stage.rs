//! What a drill has at hand: a directory, a log, chance, and its progress.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;

use super::checker::{self, Report};
use super::history::Evidence;
use super::report;
use crate::child::Server;
use crate::cli::DrillFlags;

/// A drill's surroundings.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) rng: StdRng,
    pub(crate) quick: bool,
    rounds: Option<u32>,
    dir: TempDir,
    progress: ProgressBar,
    /// Whether each step is printed for a program to read.
    told: Option<String>,
}

/// What came of a drill.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It ran.
    Ran(Box<Finding>),
    /// Something that it needs is missing.
    Skipped(String),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Finding {
    pub(crate) report: Report,
    /// What else should not be, in words.
    pub(crate) breaches: Vec<String>,
    /// What is worth knowing.
    pub(crate) notes: Vec<String>,
}

impl Finding {
    pub(crate) fn holds(&self) -> bool {
        self.report.holds() && self.breaches.is_empty()
    }

    /// Adds a breach where this is not so.
    pub(crate) fn expect(&mut self, so: bool, otherwise: impl FnOnce() -> String) {
        if !so {
            self.breaches.push(otherwise());
        }
    }
}

impl Stage {
    pub(crate) fn new(name: &str, seed: u64, flags: &DrillFlags) -> anyhow::Result<Self> {
        // Each drill has chances of its own, whichever others run.
        let salt = name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let progress = ProgressBar::new(1).with_message(name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{msg:18} {wide_bar} {pos}/{len} {elapsed}") {
            progress.set_style(style);
        }
        let dir = tempfile::Builder::new().prefix("greenroom-drill-").tempdir()?;
        let (quick, rounds) = (flags.quick, flags.rounds);
        let told = flags.progress.then(|| name.to_owned());
        let stage = Self { rng: StdRng::seed_from_u64(salt), quick, rounds, dir, progress, told };
        stage.tell();
        Ok(stage)
    }

    /// A path in the drill's own directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts a server on the drill's data, on a free port.
    pub(crate) async fn server(&self) -> anyhow::Result<Server> {
        self.server_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts a server on the drill's data.
    pub(crate) async fn server_on(&self, listen: SocketAddr) -> anyhow::Result<Server> {
        Server::start(&self.path("data"), listen, &self.path("log")).await
    }

    /// How many rounds: what was asked for, or one of these.
    pub(crate) fn rounds(&self, quick: u32, usual: u32) -> u32 {
        let rounds = self.rounds.unwrap_or(if self.quick { quick } else { usual });
        self.progress.set_length(rounds.into());
        self.tell();
        rounds
    }

    /// One round is done.
    pub(crate) fn step(&self) {
        self.progress.inc(1);
        self.tell();
    }

    fn tell(&self) {
        if let Some(drill) = &self.told {
            report::step(drill, self.progress.position(), self.progress.length().unwrap_or(0));
        }
    }

    /// A random while.
    pub(crate) fn moment(&mut self, millis: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.rng.random_range(millis))
    }

    /// Judges what happened.
    pub(crate) fn judge(&self, evidence: &Evidence) -> Finding {
        let report = checker::check(evidence);
        let mut finding = Finding { report, ..Finding::default() };
        if let Some(first) = evidence.stored.refusals.first() {
            let times = evidence.stored.refusals.len();
            finding
                .notes
                .push(format!("a newcomer was sent away {times} times before it was served, first with: {first}"));
        }
        for (reason, times) in checker::refusals(evidence).into_iter().take(3) {
            finding.notes.push(format!("{times} refused: {reason}"));
        }
        for trace in &evidence.traces {
            finding.breaches.extend(trace.oddities.iter().take(3).map(|odd| format!("client {}: {odd}", trace.client)));
        }
        finding
    }

    /// How often the server's log says this.
    pub(crate) fn log_has(&self, text: &str) -> usize {
        let log = std::fs::read(self.path("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).matches(text).count()
    }

    /// The last lines of the server's log, for who looks for the reason.
    pub(crate) fn log_tail(&self) -> Vec<String> {
        let log = std::fs::read(self.path("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].iter().map(|line| (*line).to_owned()).collect()
    }

    /// Keeps the drill's directory for who looks for the reason, and says where it is.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    pub(crate) fn over(&self) {
        self.progress.finish_and_clear();
    }
}
