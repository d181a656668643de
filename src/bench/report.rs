//! What comes of it: a table for people, JSON for programs.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::Context as _;

use super::figures::{Measurement, Spread, TOLD};

/// Prints a table.
pub(crate) fn print(measurement: &Measurement) {
    let Measurement { label, scenario, machine, runs, .. } = measurement;
    let times = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs, medians", runs.len()) };
    say(&format!(
        "{label}: {scenario}, {times}; {}, {} processors, {}",
        machine.processor, machine.processors, machine.system
    ));
    let Some(first) = runs.first() else { return };
    for figure in &first.figures {
        if let Some(spread) = measurement.spread(&figure.name) {
            say(&format!(
                "  {:<36}{:>14} {:<4}{}",
                figure.name,
                number(spread.median),
                figure.unit,
                range(spread, runs.len())
            ));
        }
    }
    if !first.latencies.is_empty() {
        say(&format!("  {:<24}{:>10}{:>10}{:>10}{:>10}{:>10}", "milliseconds", "p50", "p90", "p99", "p99.9", "max"));
    }
    for curve in &first.latencies {
        let told =
            TOLD.map(|percentile| measurement.latency(&curve.name, percentile).map_or(0.0, |spread| spread.median));
        let told: Vec<String> = told.iter().map(|ms| format!("{:>10}", number(*ms))).collect();
        say(&format!("  {:<24}{}", curve.name, told.concat()));
    }
    for (nth, run) in runs.iter().enumerate() {
        if run.holds() {
            continue;
        }
        let faults = serde_json::json!(run.faults);
        let broken = faults.as_object().into_iter().flatten().filter(|(_, count)| **count != 0);
        let broken: Vec<String> = broken.map(|(what, count)| format!("{count} {what}")).collect();
        say(&format!("  run {}: BROKEN: {}", nth + 1, broken.join(", ")));
        for trouble in &run.troubles {
            say(&format!("    {trouble}"));
        }
    }
    if measurement.runs.iter().all(super::Run::holds) {
        say("  nothing lost, doubled or out of order");
    }
}

/// As many digits as mean something.
fn number(value: f64) -> String {
    match value.abs() {
        1_000.0.. => thousands(value),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 { format!("-{grouped}") } else { grouped }
}

fn range(spread: Spread, runs: usize) -> String {
    if runs == 1 { String::new() } else { format!("  {} to {}", number(spread.least), number(spread.greatest)) }
}

/// Writes all that was measured.
pub(crate) fn write_json(file: &Path, measurement: &Measurement) -> anyhow::Result<()> {
    let writer = File::create(file).with_context(|| format!("{} can't be written", file.display()))?;
    Ok(serde_json::to_writer_pretty(BufWriter::new(writer), measurement)?)
}

#[allow(clippy::print_stdout, reason = "what a command prints is its result")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        let told = [0.123, 9.87, 12.34, 123.4, 1_234.0, 1_234_567.0, -1_234.0].map(number);
        assert_eq!(told, ["0.12", "9.87", "12.3", "123", "1,234", "1,234,567", "-1,234"]);
    }
}
