//! Tables for people who measure in a terminal.

use super::group::{Group, groups};
use super::rows::{self, Cell, Row};
use super::{bottleneck, broken, number, times};
use crate::bench::figures::{Measurement, Spread, TOLD};

/// Columns beside each other; further ones come below.
const BESIDE: usize = 4;

/// Prints a table for each scenario.
pub(crate) fn print(measurements: &[Measurement]) {
    for group in groups(measurements) {
        let lines = match group.columns.as_slice() {
            [only] => alone(only.measurement),
            _ => beside(&group),
        };
        for line in lines {
            say(&line);
        }
    }
}

fn head(measurement: &Measurement) -> String {
    let Measurement { label, scenario, machine, runs, .. } = measurement;
    let times = times(runs.len());
    format!(
        "{label}: {scenario}, {times}; {}, {} processors, {}",
        machine.processor, machine.processors, machine.system
    )
}

fn alone(measurement: &Measurement) -> Vec<String> {
    let mut lines = vec![head(measurement)];
    let runs = &measurement.runs;
    let Some(first) = runs.first() else { return lines };
    for figure in &first.figures {
        if let Some(spread) = measurement.spread(&figure.name) {
            let range = range(spread, runs.len());
            lines.push(format!("  {:<36}{:>14} {:<4}{range}", figure.name, number(spread.median), figure.unit));
        }
    }
    if !first.latencies.is_empty() {
        let heads = TOLD.map(|at| format!("{:>10}", rows::percentile(at)));
        lines.push(format!("  {:<24}{}", "milliseconds", heads.concat()));
    }
    for curve in &first.latencies {
        let told =
            TOLD.map(|percentile| measurement.latency(&curve.name, percentile).map_or(0.0, |spread| spread.median));
        let told: Vec<String> = told.iter().map(|ms| format!("{:>10}", number(*ms))).collect();
        lines.push(format!("  {:<24}{}", curve.name, told.concat()));
    }
    lines.extend(verdict(measurement));
    lines
}

fn range(spread: Spread, runs: usize) -> String {
    if runs == 1 { String::new() } else { format!("  {} to {}", number(spread.least), number(spread.greatest)) }
}

fn verdict(measurement: &Measurement) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(warning) = bottleneck(measurement) {
        lines.push(format!("  WARNING: {warning}"));
    }
    for (nth, run) in measurement.runs.iter().enumerate().filter(|(_, run)| !run.holds()) {
        lines.push(format!("  run {}: BROKEN: {}", nth + 1, broken(run)));
        lines.extend(run.troubles.iter().map(|trouble| format!("    {trouble}")));
    }
    if measurement.holds() {
        lines.push("  nothing lost, doubled or out of order".to_owned());
    }
    lines
}

fn beside(group: &Group<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let tables = std::iter::once((String::new(), rows::figures(group)))
        .chain(rows::curves(group).into_iter().map(|curve| (format!("{curve}, "), rows::percentiles(group, &curve))))
        .collect::<Vec<_>>();
    for (from, columns) in group.columns.chunks(BESIDE).enumerate().map(|(nth, part)| (nth * BESIDE, part)) {
        lines.push(format!("{}: medians, and how many times the first column's", group.scenario));
        let titles: Vec<String> = columns.iter().map(|column| format!("{:>22}", short(&column.title))).collect();
        lines.push(format!("  {:<42}{}", "", titles.concat()));
        for (before, rows) in &tables {
            lines.extend(rows.iter().map(|row| line(before, row, from..from + columns.len())));
        }
    }
    for column in &group.columns {
        lines.push(head(column.measurement));
        lines.extend(verdict(column.measurement));
    }
    lines
}

fn line(before: &str, row: &Row, columns: std::ops::Range<usize>) -> String {
    let cell = |cell: &Option<Cell>| match cell {
        None => format!("{:>22}", "-"),
        Some(Cell { spread, ratio }) => {
            let ratio = ratio.map_or_else(String::new, |ratio| format!("×{ratio:.2}"));
            format!("{:>14}{ratio:>8}", number(spread.median))
        }
    };
    let cells: Vec<String> = row.cells[columns].iter().map(cell).collect();
    let name = if row.unit.is_empty() { row.name.clone() } else { format!("{}, {}", row.name, row.unit) };
    format!("  {:<42}{}", format!("{before}{name}"), cells.concat())
}

/// The end of a long title is what differs.
fn short(title: &str) -> String {
    const ROOM: usize = 20;
    let length = title.chars().count();
    if length <= ROOM {
        title.to_owned()
    } else {
        format!("…{}", title.chars().skip(length - ROOM + 1).collect::<String>())
    }
}

#[allow(clippy::print_stdout, reason = "what a command prints is its result")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{measurement, with_curves};
    use super::*;
    use crate::bench::figures::OWN_PROCESSOR;

    #[test]
    fn two_stand_side_by_side_with_ratios() {
        let two = [("old", 100.0), ("new", 150.0)]
            .map(|(label, rate)| with_curves(measurement(label, &[("deliveries", rate)])));
        let text = beside(&groups(&two)[0]).join("\n");
        for part in ["old", "new", "deliveries, 1/s", "×1.50", "publish to ack, p99.9, ms", "nothing lost"] {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
    }

    #[test]
    fn what_is_broken_and_what_is_doubtful_is_said() {
        let mut measurement = measurement("old", &[(OWN_PROCESSOR, 97.0)]);
        measurement.runs[0].faults.lost = 3;
        let text = alone(&measurement).join("\n");
        assert!(text.contains("WARNING: The load generator used 97 %") && text.contains("BROKEN: 3 lost"), "{text}");
        assert!(!text.contains("nothing lost"));
    }
}
