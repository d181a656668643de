//! What is drawn over a size: figures by how much there was to do, and what one measurement says of itself as it grows.

use super::axis::Axis;
use super::group::{Column, Group, Line};
use super::number;
use super::plots::{HALF, style};
use super::rows::{self, Subject};
use super::svg::Plot;
use crate::bench::figures::{Measurement, Spread};

/// One line: its name, and what was measured at which size.
type Points<'n> = (&'n str, Vec<(f64, Spread)>);

/// A figure by the size of the work: a line for each label.
pub(crate) fn by_size(lines: &[Line<'_>], size: &str, name: &str, unit: &str) -> Option<String> {
    let subject = Subject::Figure(name.to_owned());
    let of = |line: &Line<'_>| {
        line.points.iter().filter_map(|(at, measurement)| Some((*at, subject.spread(measurement)?))).collect()
    };
    let lines: Vec<Points<'_>> = lines.iter().map(|line| (line.label, of(line))).collect();
    draw(&lines, &size.replace('_', " "), name, unit)
}

/// A name that says how much was stored: `ack, 1000 stored`.
fn stored(name: &str) -> Option<(&str, f64)> {
    let (what, count) = name.strip_suffix(" stored")?.rsplit_once(", ")?;
    Some((what, count.parse().ok()?))
}

/// Whether this is one of the steps of something that grows.
pub(crate) fn is_step(name: &str) -> bool {
    stored(name).is_some()
}

/// Something that was measured at each step.
#[derive(Debug)]
struct Growing {
    what: String,
    unit: String,
    steps: Vec<(f64, Subject)>,
}

/// One plot of what grows.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) what: String,
    pub(crate) unit: String,
    pub(crate) svg: String,
}

fn growing(group: &Group<'_>) -> Vec<Growing> {
    let figures = rows::figures(group).into_iter().map(|row| (Subject::Figure(row.name.clone()), row.name, row.unit));
    let curves =
        rows::curves(group).into_iter().map(|name| (Subject::Percentile(name.clone(), 50.0), name, "ms".to_owned()));
    let mut growing: Vec<Growing> = Vec::new();
    for (subject, name, unit) in figures.chain(curves) {
        let Some((what, at)) = stored(&name) else { continue };
        match growing.iter_mut().find(|known| known.what == what) {
            Some(known) => known.steps.push((at, subject)),
            None => growing.push(Growing { what: what.to_owned(), unit, steps: vec![(at, subject)] }),
        }
    }
    growing
}

/// Everything that was measured with more and more stored.
pub(crate) fn by_stored(group: &Group<'_>) -> Vec<Drawn> {
    let draw = |Growing { what, unit, steps }: Growing| {
        let of = |column: &Column<'_>| -> Vec<(f64, Spread)> {
            steps.iter().filter_map(|(at, subject)| Some((*at, reach(column.measurement, subject)?))).collect()
        };
        let lines: Vec<Points<'_>> = group.columns.iter().map(|column| (column.title.as_str(), of(column))).collect();
        let svg = draw(&lines, "messages stored", &what, &unit)?;
        Some(Drawn { what, unit, svg })
    };
    growing(group).into_iter().filter_map(draw).collect()
}

/// A figure's spread over the runs; of a curve its median, and up to its 99th percentile.
fn reach(measurement: &Measurement, subject: &Subject) -> Option<Spread> {
    let spread = subject.spread(measurement)?;
    match subject {
        Subject::Figure(_) => Some(spread),
        Subject::Percentile(name, _) => {
            let far = Subject::Percentile(name.clone(), 99.0).spread(measurement)?.median;
            Some(Spread { least: spread.median, greatest: far, ..spread })
        }
    }
}

fn draw(lines: &[Points<'_>], size: &str, name: &str, unit: &str) -> Option<String> {
    let all = || lines.iter().flat_map(|(_, points)| points);
    let most = all().map(|(_, spread)| spread.greatest).reduce(f64::max)?;
    let mut sizes: Vec<f64> = all().map(|(at, _)| *at).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    if sizes.len() < 2 {
        return None;
    }
    let mut plot = Plot::new(HALF, Axis::sizes(size, &sizes), Axis::linear(unit, most));
    let mut said = Vec::new();
    for (nth, (label, points)) in lines.iter().enumerate() {
        plot.line(&style(nth), points.iter().map(|(at, spread)| (*at, Some(spread.median))));
        for (at, spread) in points {
            plot.dot(&style(nth), *at, spread.median, (spread.least, spread.greatest));
        }
        let told: Vec<String> =
            points.iter().map(|(at, spread)| format!("{} {unit} at {at}", number(spread.median))).collect();
        said.push(format!("{label}: {}.", told.join(", ")));
    }
    Some(plot.finish(&format!("{name} by {size}. {}", said.join(" "))))
}

#[cfg(test)]
mod tests {
    use super::super::group::groups;
    use super::super::samples::{latencies, measurement};
    use super::*;

    #[test]
    fn figures_are_drawn_over_the_size_that_was_changed() {
        let sized = |members: u32, rate: f64| {
            let mut measurement = measurement("one", &[("deliveries", rate)]);
            measurement.settings["members"] = members.into();
            measurement
        };
        let measurements = [sized(10, 5.0), sized(100, 4.0)];
        let groups = groups(&measurements);
        let svg = by_size(&groups[0].lines("members"), "members", "deliveries", "1/s").unwrap();
        assert!(svg.contains("deliveries by members. one: 5 1/s at 10, 4 1/s at 100."), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2);
    }

    #[test]
    fn what_grows_is_drawn_over_what_was_stored() {
        let mut growth = measurement("one", &[("memory, 1000 stored", 20.0), ("memory, 10000 stored", 30.0)]);
        for step in ["ack, 1000 stored", "ack, 10000 stored"] {
            growth.runs[0].curve(step, &latencies());
        }
        let measurements = [growth];
        let drawn = by_stored(&groups(&measurements)[0]);
        let names: Vec<(&str, &str)> = drawn.iter().map(|plot| (plot.what.as_str(), plot.unit.as_str())).collect();
        assert_eq!(names, [("memory", "1/s"), ("ack", "ms")]);
        let sentence = "ack by messages stored. one: 500 ms at 1000, 500 ms at 10000.";
        assert!(drawn[1].svg.contains(sentence), "{}", drawn[1].svg);
        assert!(is_step("ack, 1000 stored") && !is_step("messages stored") && !is_step("publish to ack"));
    }
}
