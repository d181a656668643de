//! What a run gives: figures with their units, curves of latencies, values over time.

use std::process::Command;
use std::time::SystemTime;

use greenroom_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::flags::{self, Common, Scenario};
use super::tally::{Faults, Latencies};
use crate::host::Machine;

/// One measurement, with all that is needed to judge it, or to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// The name that the server was given.
    pub(crate) label: String,
    /// The scenario.
    pub(crate) scenario: String,
    /// The command that made it.
    pub(crate) command: String,
    pub(crate) version: String,
    /// The revision of the source, where it is known.
    pub(crate) commit: Option<String>,
    /// RFC 3339, UTC.
    pub(crate) at: String,
    pub(crate) machine: Machine,
    pub(crate) seed: u64,
    /// What was asked for: the scenario's flags and those of all scenarios, by their names.
    #[serde(default)]
    pub(crate) settings: Value,
    pub(crate) runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// When it began, RFC 3339, UTC: whether two servers took turns.
    #[serde(default)]
    pub(crate) at: String,
    pub(crate) figures: Vec<Figure>,
    pub(crate) latencies: Vec<Curve>,
    pub(crate) series: Vec<Series>,
    /// Deliveries that were checked, the warm-up's too.
    #[serde(default)]
    pub(crate) checked: u64,
    pub(crate) faults: Faults,
    /// What went wrong, in words.
    pub(crate) troubles: Vec<String>,
}

/// A number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) value: f64,
    pub(crate) better: Better,
}

/// Which of two numbers one would rather have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Better {
    More,
    Less,
    /// It is only worth knowing.
    Neither,
}

/// How long something took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) count: u64,
    /// Percentiles and their milliseconds, closer together towards the end.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Something over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) unit: String,
    /// Seconds since the beginning, and the value; nothing where there was none.
    pub(crate) points: Vec<(f64, Option<f64>)>,
    /// Moments that matter, in seconds: crashes.
    pub(crate) marks: Vec<f64>,
}

/// The figure that says whether the load generator was the bottleneck.
pub(crate) const OWN_PROCESSOR: &str = "load generator's processor";

/// The percentiles that are told in tables.
pub(crate) const TOLD: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 100.0];

impl Run {
    /// Adds a figure, where there is one.
    pub(crate) fn figure(&mut self, name: &str, unit: &str, better: Better, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into().filter(|value| value.is_finite()) {
            self.figures.push(Figure { name: name.into(), unit: unit.into(), value, better });
        }
    }

    /// Adds a curve, where anything was recorded.
    pub(crate) fn curve(&mut self, name: &str, latencies: &Latencies) {
        if !latencies.0.is_empty() {
            self.latencies.push(Curve::new(name, latencies));
        }
    }

    /// Whether all promises were kept.
    pub(crate) fn holds(&self) -> bool {
        self.faults.none()
    }
}

impl Curve {
    fn new(name: &str, latencies: &Latencies) -> Self {
        let histogram = &latencies.0;
        let at = |percentile: f64| (percentile, histogram.value_at_quantile(percentile / 100.0) as f64 / 1_000.0);
        let mut points: Vec<(f64, f64)> = (0..10).map(|tenth| at(f64::from(tenth) * 10.0)).collect();
        // Each step halves the distance to 100, as HdrHistogram's own plots do.
        let mut rest = 10.0;
        while rest * histogram.len() as f64 > 100.0 {
            points.push(at(100.0 - rest));
            rest /= 2.0;
        }
        points.extend(TOLD.map(at));
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup();
        Self { name: name.into(), count: histogram.len(), points }
    }

    /// Milliseconds at one of the percentiles that are told.
    pub(crate) fn at(&self, percentile: f64) -> f64 {
        self.points.iter().find(|(at, _)| *at >= percentile).map_or(0.0, |(_, ms)| *ms)
    }
}

/// The middle of some numbers, the least and the greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (least, greatest) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Some(Self { median, least, greatest })
    }
}

impl Measurement {
    /// What some runs of this program on this machine gave.
    pub(crate) fn new(common: &Common, scenario: &Scenario, runs: Vec<Run>) -> Self {
        Self {
            label: common.label.clone(),
            scenario: scenario.name().into(),
            command: std::env::args().collect::<Vec<_>>().join(" "),
            version: env!("CARGO_PKG_VERSION").into(),
            commit: commit(),
            at: now(),
            machine: Machine::this(),
            seed: common.seed,
            settings: flags::settings(common, scenario),
            runs,
        }
    }

    /// Whether all promises were kept in all runs.
    pub(crate) fn holds(&self) -> bool {
        self.runs.iter().all(Run::holds)
    }

    /// A figure over all runs.
    pub(crate) fn spread(&self, name: &str) -> Option<Spread> {
        let of_run = |run: &Run| run.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value);
        Spread::of(self.runs.iter().filter_map(of_run))
    }

    /// A percentile of a curve over all runs, in milliseconds.
    pub(crate) fn latency(&self, name: &str, percentile: f64) -> Option<Spread> {
        let of_run =
            |run: &Run| run.latencies.iter().find(|curve| curve.name == name).map(|curve| curve.at(percentile));
        Spread::of(self.runs.iter().filter_map(of_run))
    }
}

/// RFC 3339, UTC.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).to_string()
}

/// The revision of the source that lies here, if one does.
fn commit() -> Option<String> {
    let git = Command::new("git").args(["describe", "--always", "--dirty", "--exclude", "*"]).output().ok()?;
    let name = String::from_utf8(git.stdout).ok()?.trim().to_owned();
    (git.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_spread_has_its_median_in_the_middle() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, greatest: 3.0 }));
        assert_eq!(Spread::of([4.0, 1.0]).map(|spread| spread.median), Some(2.5));
    }

    #[test]
    fn a_curve_tells_the_percentiles_that_were_recorded() {
        let mut latencies = Latencies::default();
        for ms in 1..=1_000 {
            latencies.record(Duration::from_millis(ms));
        }
        let curve = Curve::new("ack", &latencies);
        for (percentile, ms) in TOLD.iter().zip([500.0, 900.0, 990.0, 999.0, 1_000.0]) {
            let told = curve.at(*percentile);
            assert!((told - ms).abs() <= ms / 500.0, "{percentile}: {told}");
        }
        assert!(curve.points.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{:?}", curve.points);
    }
}
