//! What comes of it: tables for people, JSON for programs, a page with plots.

mod axis;
mod files;
mod group;
mod interval;
mod page;
mod plots;
mod rows;
#[cfg(test)]
mod samples;
mod sizes;
mod svg;
mod terminal;

pub(crate) use files::{read, write_html, write_json};
pub(crate) use terminal::print;

use super::figures::{Measurement, OWN_PROCESSOR, Run, Spread};

/// From here on the load generator waits for itself, in percent of a processor.
const BUSY: f64 = 90.0;

/// As many digits as mean something.
fn number(value: f64) -> String {
    match value.abs() {
        1_000.0.. => thousands(value),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
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

fn times(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs, medians") }
}

/// What went wrong in a run, in numbers; empty where nothing did.
fn broken(run: &Run) -> String {
    let faults = serde_json::json!(run.faults);
    let broken = faults.as_object().into_iter().flatten().filter(|(_, count)| **count != 0);
    let broken: Vec<String> = broken.map(|(what, count)| format!("{count} {what}")).collect();
    broken.join(", ")
}

/// What is said where the load generator had no time left in one of the runs.
fn bottleneck(measurement: &Measurement) -> Option<String> {
    let Spread { greatest, .. } = measurement.spread(OWN_PROCESSOR).filter(|spread| spread.greatest >= BUSY)?;
    Some(format!(
        "The load generator used {} % of a processor: it was the bottleneck, so these figures say what it can do, and \
         not what the server can.",
        number(greatest)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        let told = [0.123, 3.0, 9.87, 12.34, 123.4, 1_234.0, 1_234_567.0, -1_234.0].map(number);
        assert_eq!(told, ["0.12", "3", "9.87", "12.3", "123", "1,234", "1,234,567", "-1,234"]);
    }

    #[test]
    fn a_load_generator_without_time_is_told() {
        let busy = |percent| {
            let measurement = super::samples::measurement("greenroom", &[("load generator's processor", percent)]);
            bottleneck(&measurement)
        };
        assert_eq!(busy(89.9), None);
        assert!(busy(90.0).is_some_and(|said| said.contains("bottleneck")));
    }
}
