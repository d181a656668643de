//! What is said in sentences: whether promises were kept, what the work was, and how to make it again.

use serde_json::Value;

use super::super::group::{Column, Group, setting};
use super::super::svg::text;
use super::super::{bottleneck, broken, thousands, times};
use crate::bench::figures::{Measurement, Run};

/// How a server is reached and spoken to is its own affair.
const ITS_OWN: [&str; 2] = ["url", "dialect"];

/// One line below the title.
pub(super) fn about(measurements: &[Measurement]) -> String {
    let Some(first) = measurements.first() else { return "Nothing was measured.".to_owned() };
    let day = first.at.split('T').next().unwrap_or_default();
    format!("{day}, {}", machine(first))
}

fn machine(measurement: &Measurement) -> String {
    let machine = &measurement.machine;
    let gib = machine.memory_mib as f64 / 1024.0;
    format!("{}, {} processors, {gib:.0} GiB, {}", machine.processor, machine.processors, machine.system)
}

/// Whether every promise was kept, and what to doubt.
pub(super) fn verdicts(groups: &[Group<'_>]) -> String {
    let mut items = String::new();
    for group in groups {
        let scenario = if groups.len() == 1 { String::new() } else { format!("{}: ", group.scenario) };
        items += &kept(&scenario, group);
        for Column { title, measurement } in &group.columns {
            if !measurement.holds() {
                items += &item("broken", &format!("{scenario}{title}"), &broken_in(measurement));
            }
            if let Some(warning) = bottleneck(measurement) {
                items += &item("doubt", &format!("{scenario}{title}"), &text(&warning));
            }
        }
        let doubts: Vec<String> =
            doubts(group).iter().map(|doubt| item("doubt", "To compare with care", &text(doubt))).collect();
        items += &doubts.concat();
    }
    format!("<h2 class=\"note\">Whether promises were kept</h2>\n<ul class=\"verdicts\">\n{items}</ul>\n")
}

fn item(class: &str, name: &str, html: &str) -> String {
    format!("<li class=\"{class}\"><b>{}:</b> {html}</li>\n", text(name))
}

/// One line for all measurements in which nothing was wrong.
fn kept(scenario: &str, group: &Group<'_>) -> String {
    let all: Vec<&Column<'_>> = group.columns.iter().filter(|column| column.measurement.holds()).collect();
    if all.is_empty() {
        return String::new();
    }
    let titles: Vec<&str> = all.iter().map(|column| column.title.as_str()).collect();
    let said = match all.iter().map(|column| checked(column.measurement)).sum() {
        0 => "Nobody said anything, and no socket ended by itself.".to_owned(),
        some => format!("Nothing lost, doubled or out of order in {} deliveries.", thousands(some as f64)),
    };
    item("kept", &format!("{scenario}{}", titles.join(" · ")), &said)
}

fn checked(measurement: &Measurement) -> u64 {
    measurement.runs.iter().map(|run| run.checked).sum()
}

fn broken_in(measurement: &Measurement) -> String {
    let of_run = |(nth, run): (usize, &Run)| {
        let troubles: String = run.troubles.iter().map(|trouble| format!("<li>{}</li>", text(trouble))).collect();
        let troubles = if troubles.is_empty() { troubles } else { format!("<ul>{troubles}</ul>") };
        format!("<li>run {}: {}{troubles}</li>", nth + 1, text(&broken(run)))
    };
    let runs: String = measurement.runs.iter().enumerate().filter(|(_, run)| !run.holds()).map(of_run).collect();
    let deliveries = thousands(checked(measurement) as f64);
    format!("PROMISES WERE BROKEN in {deliveries} deliveries, so these figures are worth nothing.<ul>{runs}</ul>")
}

/// What is not the same, beside what is compared.
fn doubts(group: &Group<'_>) -> Vec<String> {
    let differ = |of: &dyn Fn(&Measurement) -> String| {
        group.columns.windows(2).any(|two| of(two[0].measurement) != of(two[1].measurement))
    };
    let mut doubts = Vec::new();
    if differ(&|measurement| machine(measurement)) {
        doubts.push("these were measured on different machines.".to_owned());
    }
    if differ(&|measurement| measurement.runs.len().to_string()) {
        doubts.push("there are not as many runs of each.".to_owned());
    }
    // What figures are drawn over was changed on purpose.
    let is_meant = |key: &String| ITS_OWN.contains(&key.as_str()) || group.size().as_ref() == Some(key);
    let settings: Vec<String> = group.differing().into_iter().filter(|key| !is_meant(key)).collect();
    if !settings.is_empty() {
        let names: Vec<String> = settings.iter().map(|name| name.replace('_', " ")).collect();
        doubts.push(format!("these settings are not the same: {}.", names.join(", ")));
    }
    doubts
}

/// The settings that all have in common, and how often it was measured.
pub(super) fn work(group: &Group<'_>) -> String {
    let Some(first) = group.columns.first().map(|column| column.measurement) else { return String::new() };
    let differing = group.differing();
    let settings = first.settings.as_object().into_iter().flat_map(|settings| settings.keys());
    let is_said = |key: &String| !differing.contains(key) && first.settings.get(key) != Some(&Value::Bool(false));
    let mut said: Vec<String> = settings.filter(|key| is_said(key)).map(|key| setting(first, key)).collect();
    if group.columns.iter().all(|column| column.measurement.runs.len() == first.runs.len()) {
        said.push(times(first.runs.len()));
    }
    format!("{}.", said.join(" · "))
}

/// What is needed to make it again.
pub(super) fn again(groups: &[Group<'_>]) -> String {
    let all: String = groups.iter().flat_map(|group| &group.columns).map(maker).collect();
    format!("<section aria-labelledby=\"again\">\n<h2 id=\"again\">To make it again</h2>\n{all}</section>")
}

fn seed(measurement: &Measurement) -> String {
    let is_joined = measurement.command.contains('\n');
    match measurement.runs.len() {
        1 => measurement.seed.to_string(),
        _ if is_joined => "that of each command".to_owned(),
        _ => format!("{}, and one more for each run after the first", measurement.seed),
    }
}

fn maker(Column { title, measurement }: &Column<'_>) -> String {
    let settings = measurement.settings.as_object().into_iter().flat_map(|settings| settings.keys());
    let settings: Vec<String> = settings.map(|key| setting(measurement, key)).collect();
    let revision = match &measurement.commit {
        Some(commit) => format!("{}, revision {commit}", measurement.version),
        None => measurement.version.clone(),
    };
    let facts = [
        ("Measured", measurement.at.clone()),
        ("Machine", machine(measurement)),
        ("Load generator", revision),
        ("Settings", settings.join(" · ")),
        ("Seed", seed(measurement)),
    ];
    let facts: String = facts.iter().map(|(name, fact)| format!("<dt>{name}</dt><dd>{}</dd>\n", text(fact))).collect();
    format!(
        "<h3>{}: {}</h3>\n<dl>\n{facts}<dt>Command</dt><dd><pre>{}</pre></dd>\n</dl>\n",
        text(&measurement.scenario),
        text(title),
        text(&measurement.command)
    )
}
