//! `greenroom drill`: breaks a fresh server on purpose while people talk on it, and checks what they were promised.
//!
//! A drill starts this very program as a child, sends in guests over real sockets, hurts it, heals it, and hands
//! what everybody did and saw to the checker. Read [`history`], then [`checker`], then a scene.

mod beside;
mod catalogue;
mod checker;
mod client;
mod clock;
mod crowd;
mod disk;
mod history;
mod news;
mod reader;
mod report;
mod scenes;
mod socket;
mod stage;

use std::time::Instant;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::DrillFlags;
pub use beside::DrillsBeside;
use catalogue::{ALL, Drill};
use stage::{Outcome, Stage};

/// Every drill that was asked for has passed.
const PASSED: u8 = 0;
/// A drill found a broken promise, or could not be carried out.
const FAILED: u8 = 1;
/// Nothing failed, but a drill needs something that is not here.
const SKIPPED: u8 = 3;

/// Runs what the flags ask for; gives back the program's exit code.
///
/// # Errors
/// Where there is no drill of a name that was given, or a signal ends them early.
pub async fn run(flags: &DrillFlags) -> anyhow::Result<u8> {
    if flags.list {
        report::list(ALL);
        return Ok(PASSED);
    }
    let drills = if flags.all {
        ALL.iter().filter(|drill| !flags.quick || drill.is_quick()).copied().collect()
    } else {
        catalogue::named(&flags.names)?
    };
    let seed = flags.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    if !flags.json {
        report::header(seed);
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // What is dropped on a signal cleans up after itself: the server, the directory, the mounts.
    tokio::select! {
        code = perform_all(drills, seed, flags) => Ok(code),
        _ = interrupt.recv() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    }
}

async fn perform_all(drills: Vec<Drill>, seed: u64, flags: &DrillFlags) -> u8 {
    let mut code = PASSED;
    for drill in drills {
        let result = perform(drill, seed, flags).await;
        code = match &result.outcome {
            Ok(Outcome::Ran(finding)) if finding.holds() => code,
            Ok(Outcome::Skipped(_)) if code == PASSED => SKIPPED,
            Ok(Outcome::Skipped(_)) => code,
            Ok(Outcome::Ran(_)) | Err(_) => FAILED,
        };
        if flags.json {
            report::json(&result, seed);
        } else {
            report::line(&result);
        }
    }
    code
}

async fn perform(drill: Drill, seed: u64, flags: &DrillFlags) -> report::Result {
    let begun = Instant::now();
    let mut stage = match Stage::new(drill.name, seed, flags) {
        Ok(stage) => stage,
        Err(error) => return report::Result { drill, outcome: Err(error), took: begun.elapsed(), traces: Vec::new() },
    };
    let outcome = drill.run(&mut stage).await;
    stage.over();
    let mut traces = Vec::new();
    let fine = match &outcome {
        Ok(Outcome::Ran(finding)) => finding.holds(),
        Ok(Outcome::Skipped(_)) => true,
        Err(_) => false,
    };
    if !fine {
        traces.push("the server's last words:".to_owned());
        traces.extend(stage.log_tail());
        traces.push(format!("its data and log are kept in {}", stage.keep().display()));
    }
    report::Result { drill, outcome, took: begun.elapsed(), traces }
}
