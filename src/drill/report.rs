//! What is printed: a table for people, or a JSON object per drill.

use std::time::Duration;

use serde_json::json;

use super::catalogue::Drill;
use super::stage::{Finding, Outcome};

/// A drill that ran, or could not.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) drill: Drill,
    pub(crate) outcome: anyhow::Result<Outcome>,
    pub(crate) took: Duration,
    /// For who looks for the reason of a failure: the server's last words, and where its data is.
    pub(crate) traces: Vec<String>,
}

/// The words for how a drill went.
fn verdict(outcome: &anyhow::Result<Outcome>) -> &'static str {
    match outcome {
        Ok(Outcome::Ran(finding)) if finding.holds() => "pass",
        Ok(Outcome::Ran(_)) => "FAIL",
        Ok(Outcome::Skipped(_)) => "skipped",
        Err(_) => "ERROR",
    }
}

const COLUMNS: [&str; 12] =
    ["attempts", "acked", "lost", "dup", "reord", "gaps", "ghosts", "leaked", "ledger", "recov", "median", "max"];

/// The first line of the table.
pub(crate) fn header(seed: u64) {
    say(&format!("seed {seed}"));
    let columns: Vec<String> = COLUMNS.iter().map(|name| format!("{name:>9}")).collect();
    say(&format!("{:<18}{} {:>7}  verdict", "drill", columns.concat(), "took"));
}

/// One drill's line, and a block below it where it failed.
pub(crate) fn line(result: &Result) {
    let numbers = match &result.outcome {
        Ok(Outcome::Ran(finding)) => numbers(finding),
        Ok(Outcome::Skipped(_)) | Err(_) => COLUMNS.map(|_| "-".to_owned()),
    };
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:>9}")).collect();
    let took = format!("{:.1}s", result.took.as_secs_f64());
    say(&format!("{:<18}{} {took:>7}  {}", result.drill.name, numbers.concat(), verdict(&result.outcome)));
    for line in block(result) {
        say(&format!("    {line}"));
    }
}

fn numbers(finding: &Finding) -> [String; 12] {
    let report = &finding.report;
    let time = |millis: Option<u64>| millis.map_or("-".to_owned(), |millis| format!("{millis}ms"));
    [
        report.attempts.to_string(),
        report.acknowledged.to_string(),
        report.lost.to_string(),
        report.duplicated.to_string(),
        report.reordered.to_string(),
        report.gaps.to_string(),
        report.ghosts.to_string(),
        report.leaked.to_string(),
        report.imbalances.to_string(),
        report.recovered.to_string(),
        time(report.median_ms()),
        time(report.longest_ms()),
    ]
}

fn block(result: &Result) -> Vec<String> {
    let mut lines = Vec::new();
    match &result.outcome {
        Ok(Outcome::Ran(finding)) => {
            lines.extend(finding.notes.iter().cloned());
            lines.extend(finding.breaches.iter().take(10).cloned());
            lines.extend(finding.report.facts.iter().take(10).cloned());
            if !finding.holds() {
                lines.extend(result.traces.iter().cloned());
            }
        }
        Ok(Outcome::Skipped(reason)) => lines.push(reason.clone()),
        Err(error) => {
            lines.push(format!("{error:#}"));
            lines.extend(result.traces.iter().cloned());
        }
    }
    lines
}

/// One drill as JSON.
pub(crate) fn json(result: &Result, seed: u64) {
    let mut object = json!({
        "drill": result.drill.name,
        "verdict": verdict(&result.outcome).to_lowercase(),
        "seed": seed,
        "took_ms": u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
    });
    match &result.outcome {
        Ok(Outcome::Ran(finding)) => {
            object["report"] = json!(finding.report);
            object["median_ms"] = json!(finding.report.median_ms());
            object["max_ms"] = json!(finding.report.longest_ms());
            object["breaches"] = json!(finding.breaches);
            object["notes"] = json!(finding.notes);
        }
        Ok(Outcome::Skipped(reason)) => object["reason"] = json!(reason),
        Err(error) => object["reason"] = json!(format!("{error:#}")),
    }
    say(&object.to_string());
}

/// One step of a drill as JSON.
pub(crate) fn step(drill: &str, step: u64, of: u64) {
    say(&json!({ "drill": drill, "step": step, "of": of }).to_string());
}

/// The list of drills.
pub(crate) fn list(drills: &[Drill]) {
    for drill in drills {
        say(&format!("{:<18}{}", drill.name, drill.does));
        say(&format!("{:<18}needs {}", "", drill.needs));
    }
}

#[allow(clippy::print_stdout, reason = "what a command prints is its result")]
fn say(line: &str) {
    println!("{line}");
}
