//! Measurements that nobody has made.

use std::time::Duration;

use serde_json::json;

use crate::bench::figures::{Better, Measurement, Run, Series};
use crate::bench::tally::Latencies;
use crate::host::Machine;

/// A moment.
pub(super) fn minute(nth: usize) -> String {
    format!("2026-11-20T18:{nth:02}:00.000Z")
}

/// One run with these figures, all of which are the better the more they are.
pub(super) fn run(figures: &[(&str, f64)]) -> Run {
    let mut run = Run { checked: 1_234, ..Run::default() };
    for (name, value) in figures {
        run.figure(name, "1/s", Better::More, *value);
    }
    run
}

/// A measurement of one run.
pub(super) fn measurement(label: &str, figures: &[(&str, f64)]) -> Measurement {
    Measurement {
        label: label.into(),
        scenario: "fanout".into(),
        command: format!("greenroom bench fanout --label {label}"),
        version: "0.1.0".into(),
        commit: Some("c0ffee".into()),
        at: "2026-11-20T18:00:00.000Z".into(),
        machine: Machine {
            system: "linux 6.18".into(),
            processor: "a processor".into(),
            processors: 2,
            memory_mib: 1_024,
        },
        seed: 1,
        settings: json!({ "members": 100, "rate": 50.0, "seconds": 10 }),
        runs: vec![run(figures)],
    }
}

/// 1 to 1,000 milliseconds.
pub(super) fn latencies() -> Latencies {
    let mut latencies = Latencies::default();
    for ms in 1..=1_000 {
        latencies.record(Duration::from_millis(ms));
    }
    latencies
}

/// The same, with a curve of a thousand latencies and something over time.
pub(super) fn with_curves(mut measurement: Measurement) -> Measurement {
    let latencies = latencies();
    for run in &mut measurement.runs {
        run.curve("publish to ack", &latencies);
        run.series.push(Series {
            name: "longest publish to ack".into(),
            unit: "ms".into(),
            points: vec![(0.0, Some(1.0)), (0.1, Some(40.0)), (0.2, None), (0.3, Some(2.0)), (0.4, Some(1.5))],
            marks: vec![0.1],
        });
    }
    measurement
}
