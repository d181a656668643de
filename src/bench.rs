//! `greenroom bench`: how fast a chat server is, measured in a way that can be trusted and done again.
//!
//! It starts a fresh server, this very program, or goes to one that runs; brings people in over real sockets; lets them
//! talk; and checks every message that everybody hears while it measures. A figure with a broken promise is no figure, so
//! the program ends with 1 then. Read [`arena`], then [`tally`], then a scene.

mod arena;
mod dialect;
mod figures;
mod flags;
mod frames;
mod inflater;
mod meter;
mod report;
mod scenes;
mod stamp;
mod swarm;
mod tally;
mod target;

use figures::{Measurement, Run};
pub use flags::BenchFlags;
use flags::{Common, Scenario, Work};

use crate::host;

/// All was measured, and every promise kept.
const KEPT: u8 = 0;
/// A promise was broken while it was measured.
const BROKEN: u8 = 1;

/// Measures what the flags ask for, or shows what was measured; gives back the program's exit code.
///
/// # Errors
/// Where the server can't be started or reached, or people can't come in; where a file is no measurement.
pub fn run(flags: &BenchFlags) -> anyhow::Result<u8> {
    let BenchFlags { common, work } = flags;
    let measurements = match work {
        Work::Measure(scenario) => vec![measure(common, scenario)?],
        Work::Report(report) => report::read(&report.files)?,
    };
    report::print(&measurements);
    if let Some(file) = &common.html {
        report::write_html(file, &measurements)?;
    }
    Ok(if measurements.iter().all(Measurement::holds) { KEPT } else { BROKEN })
}

fn measure(common: &Common, scenario: &Scenario) -> anyhow::Result<Measurement> {
    host::raise_open_files();
    let mut runs = Vec::new();
    for nth in 0..common.runs {
        let common = Common { seed: common.seed.wrapping_add(nth.into()), ..common.clone() };
        let at = figures::now();
        runs.push(Run { at, ..once(&common, scenario)? });
    }
    let measurement = Measurement::new(common, scenario, runs);
    // Before anything else can go wrong: it may have taken hours.
    if let Some(file) = &common.json {
        report::write_json(file, &measurement)?;
    }
    Ok(measurement)
}

fn once(common: &Common, scenario: &Scenario) -> anyhow::Result<Run> {
    match scenario {
        Scenario::Fanout(flags) => scenes::fanout(common, flags),
        Scenario::Rooms(flags) => scenes::rooms(common, flags),
        Scenario::Ack(flags) => scenes::ack(common, flags),
        Scenario::Idle(flags) => scenes::idle(common, flags),
        Scenario::Storm(flags) => scenes::storm(common, flags),
        Scenario::Mixed(flags) => scenes::mixed(common, flags),
        Scenario::History(flags) => scenes::history(common, flags),
        Scenario::Growth(flags) => scenes::growth(common, flags),
        Scenario::Failure(flags) => scenes::failure(common, flags),
    }
}
