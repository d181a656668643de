//! Drills that are run beside a server, for its laboratory: each in a process of its own, one at a time.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_web::{DrillCard, Drills, NoDrill};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use super::catalogue::{ALL, named};

/// How long a drill may take to clean up when it is stopped.
const CLEAN_UP: Duration = Duration::from_secs(5);

/// Runs drills beside a server.
#[derive(Debug)]
pub struct DrillsBeside {
    progress: watch::Sender<Value>,
    /// The process of the one that runs.
    running: Arc<Mutex<Option<Running>>>,
}

#[derive(Debug)]
struct Running {
    process: Option<Pid>,
    stopped: bool,
}

impl Default for DrillsBeside {
    fn default() -> Self {
        Self { progress: watch::Sender::new(Value::Null), running: Arc::default() }
    }
}

impl Drills for DrillsBeside {
    fn all(&self) -> Vec<DrillCard> {
        ALL.iter().map(|drill| DrillCard { name: drill.name, does: drill.does, needs: drill.needs }).collect()
    }

    fn begin(&self, name: &str, quick: bool) -> Result<(), NoDrill> {
        named(&[name.to_owned()]).map_err(|_unknown| NoDrill::Unknown)?;
        let mut running = self.running.lock();
        if running.is_some() {
            return Err(NoDrill::Busy);
        }
        let child = start(name, quick).map_err(|error| NoDrill::Failed(error.to_string()))?;
        let process = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        *running = Some(Running { process, stopped: false });
        let run = Run { drill: name.to_owned(), begun: Instant::now(), step: 0, of: 0 };
        self.progress.send_replace(run.told("running", Value::Null));
        tokio::spawn(run.follow(child, self.progress.clone(), Arc::clone(&self.running)));
        Ok(())
    }

    fn stop(&self) -> bool {
        let mut running = self.running.lock();
        let Some(running) = running.as_mut() else { return false };
        running.stopped = true;
        // It cleans up by itself. One that has ended just now needs no signal.
        let _gone = running.process.map(|process| kill_process(process, Signal::TERM));
        true
    }

    fn progress(&self) -> watch::Receiver<Value> {
        self.progress.subscribe()
    }
}

impl DrillsBeside {
    /// Stops the one that runs, and waits until it has cleaned up.
    pub(crate) async fn end(&self) {
        if self.stop() {
            let mut progress = self.progress.subscribe();
            let over = progress.wait_for(|told| told["state"] != "running");
            let _late = timeout(CLEAN_UP, over).await;
        }
    }
}

fn start(name: &str, quick: bool) -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["drill", name, "--json", "--progress"]).args(quick.then_some("--quick"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()
}

/// How a drill goes.
struct Run {
    drill: String,
    begun: Instant,
    step: u64,
    of: u64,
}

impl Run {
    fn told(&self, state: &str, result: Value) -> Value {
        let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Self { drill, step, of, .. } = self;
        json!({
            "type": "drill", "drill": drill, "state": state, "step": step, "of": of, "elapsed_ms": elapsed,
            "result": result,
        })
    }

    /// Tells what the drill prints, until it ends.
    async fn follow(mut self, mut child: Child, progress: watch::Sender<Value>, running: Arc<Mutex<Option<Running>>>) {
        let mut result = Value::Null;
        if let Some(out) = child.stdout.take() {
            let mut lines = BufReader::new(out).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let told: Value = serde_json::from_str(&line).unwrap_or_default();
                if told.get("verdict").is_some() {
                    result = told;
                } else if let (Some(step), Some(of)) = (told["step"].as_u64(), told["of"].as_u64()) {
                    (self.step, self.of) = (step, of);
                    progress.send_replace(self.told("running", Value::Null));
                }
            }
        }
        let ended = timeout(CLEAN_UP, child.wait()).await;
        let stopped = running.lock().take().is_some_and(|running| running.stopped);
        let state = match result["verdict"].as_str() {
            _ if stopped => "stopped",
            Some("pass") => "passed",
            Some("fail") => "failed",
            Some("skipped") => "skipped",
            Some(_) | None => "error",
        };
        if state == "error" && result.is_null() {
            let how =
                ended.ok().and_then(Result::ok).map_or_else(|| "it did not end".to_owned(), |how| how.to_string());
            result = json!({ "drill": self.drill, "verdict": "error", "reason": format!("no verdict: {how}") });
        }
        progress.send_replace(self.told(state, result));
    }
}
