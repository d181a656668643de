//! The measurements themselves, to be saved: `greenroom bench report` reads them again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::svg::text;
use crate::bench::figures::Measurement;

/// A link for each, which holds its file.
pub(super) fn links(measurements: &[Measurement]) -> String {
    let items: Vec<String> = measurements.iter().enumerate().map(|(nth, measurement)| link(nth, measurement)).collect();
    format!("<ul>\n{}</ul>\n", items.concat())
}

fn link(nth: usize, measurement: &Measurement) -> String {
    // A measurement was read from JSON, or is about to be written as such.
    let Ok(json) = serde_json::to_vec_pretty(measurement) else { return String::new() };
    let plain = |sign: char| if sign.is_ascii_alphanumeric() || "-_.".contains(sign) { sign } else { '-' };
    let name: String =
        format!("{}-{}-{}.json", measurement.scenario, measurement.label, nth + 1).chars().map(plain).collect();
    let (runs, size) = (measurement.runs.len(), json.len().div_ceil(1024));
    let runs = if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") };
    format!(
        "<li><a download=\"{name}\" href=\"data:application/json;base64,{}\">{}</a> ({}, {runs}, {size} KiB)</li>\n",
        STANDARD.encode(json),
        text(&name),
        text(&measurement.command)
    )
}
