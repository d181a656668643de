//! What happens in each scenario.

mod failure;
mod growth;
mod history;
mod idle;
mod mixed;
mod storm;
mod talk;

use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use failure::failure;
pub(crate) use growth::growth;
pub(crate) use history::history;
pub(crate) use idle::idle;
pub(crate) use mixed::mixed;
pub(crate) use storm::storm;
pub(crate) use talk::{ack, fanout, rooms};

use super::arena::Arena;
use super::figures::{Better, Run};

/// A bar for people who wait.
fn progress(what: &'static str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg:10} {wide_bar} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// What is the same for all: what was promised, and what it cost.
fn conclude(mut arena: Arena<'_>, run: &mut Run) -> anyhow::Result<()> {
    let target = arena.target();
    arena.tally.close();
    run.checked = arena.tally.deliveries;
    run.faults = arena.tally.faults;
    run.faults.imbalances = target.imbalances()?.unwrap_or(0);
    run.troubles = arena.troubles;
    let resident = target.resident_kib().map(|kib| kib as f64 / 1024.0);
    run.figure("server's memory at the end", "MiB", Better::Less, resident);
    let sent = arena.tally.count_sent();
    let disk = target.disk_bytes().filter(|_| sent > 0).map(|bytes| bytes as f64 / sent as f64);
    run.figure("bytes on disk a message", "B", Better::Less, disk);
    Ok(())
}
