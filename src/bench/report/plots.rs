//! What is drawn: latencies by percentile, values over time.

use super::axis::{Axis, nines};
use super::group::{Column, Group};
use super::number;
use super::rows::Subject;
use super::svg::Plot;
use crate::bench::figures::{Curve, Measurement, Series, Spread};

/// Half of the page's width, and all of it.
pub(crate) const HALF: (f64, f64) = (480.0, 300.0);
const WHOLE: (f64, f64) = (980.0, 300.0);

/// Colours, dashes and so on; then they begin again.
const STYLES: usize = 8;

/// So many points can be told apart on a page.
const POINTS: usize = 1_000;

/// How the nth line looks.
pub(crate) fn style(nth: usize) -> String {
    format!("s{}", nth % STYLES)
}

fn curves_of<'m>(measurement: &'m Measurement, name: &str) -> Vec<&'m Curve> {
    measurement.runs.iter().flat_map(|run| &run.latencies).filter(|curve| curve.name == name).collect()
}

/// A run's curve, as places on the axis of nines and milliseconds.
fn points(curve: &Curve) -> Vec<(f64, f64)> {
    curve.points.iter().map(|(percentile, ms)| (nines(*percentile, curve.count), *ms)).collect()
}

/// The median of all runs at each percentile that the shortest of them has.
fn median(curves: &[&Curve]) -> Vec<(f64, f64)> {
    let Some(shortest) = curves.iter().min_by_key(|curve| curve.count) else { return Vec::new() };
    let at = |(percentile, _): &(f64, f64)| {
        let spread = Spread::of(curves.iter().map(|curve| curve.at(*percentile)))?;
        Some((nines(*percentile, shortest.count), spread.median))
    };
    shortest.points.iter().filter_map(at).collect()
}

/// How long something took, by percentile: a line for each column, thin ones for its runs.
pub(crate) fn latencies(group: &Group<'_>, name: &str) -> Option<String> {
    let all: Vec<(usize, &Column<'_>, Vec<&Curve>)> = group
        .columns
        .iter()
        .enumerate()
        .map(|(nth, column)| (nth, column, curves_of(column.measurement, name)))
        .filter(|(_, _, curves)| !curves.is_empty())
        .collect();
    let curves = || all.iter().flat_map(|(_, _, curves)| curves);
    let count = curves().map(|curve| curve.count).max()?;
    let range = Spread::of(curves().flat_map(|curve| &curve.points).map(|(_, ms)| *ms))?;
    let y = Axis::log("milliseconds", range.least.max(0.001), range.greatest.max(0.001));
    let mut plot = Plot::new(HALF, Axis::percentiles("of all took no longer", count), y);
    for (nth, _, curves) in all.iter().filter(|(_, _, curves)| curves.len() > 1) {
        for curve in curves {
            plot.line(&format!("run {}", style(*nth)), points(curve).into_iter().map(|(x, y)| (x, Some(y))));
        }
    }
    let mut said = Vec::new();
    for (nth, column, curves) in &all {
        plot.line(&style(*nth), median(curves).into_iter().map(|(x, y)| (x, Some(y))));
        said.push(told(column, name));
    }
    Some(plot.finish(&format!("{name}, milliseconds by percentile. {}", said.join(" "))))
}

fn told(column: &Column<'_>, name: &str) -> String {
    let at = |percentile| {
        let spread = Subject::Percentile(name.to_owned(), percentile).spread(column.measurement);
        spread.map_or_else(|| "nothing".to_owned(), |spread| format!("{} ms", number(spread.median)))
    };
    format!("{}: {} at the median, {} at the 99th percentile, {} at most.", column.title, at(50.0), at(99.0), at(100.0))
}

/// Names and units of all that was followed over time.
pub(crate) fn over_time(measurement: &Measurement) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for series in measurement.runs.iter().flat_map(|run| &run.series) {
        let name = (series.name.clone(), series.unit.clone());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// That series of all runs; the first is drawn in full.
pub(crate) fn series_of<'m>(measurement: &'m Measurement, name: &str) -> Vec<&'m Series> {
    measurement.runs.iter().flat_map(|run| &run.series).filter(|series| series.name == name).collect()
}

/// The least and the greatest value of a series over all columns, so that all have the same axis.
pub(crate) fn values(group: &Group<'_>, name: &str) -> Option<Spread> {
    let all = group.columns.iter().flat_map(|column| series_of(column.measurement, name));
    Spread::of(all.flat_map(|series| &series.points).filter_map(|(_, value)| *value))
}

/// Something over time: the first run, its marks, and the others thinly behind it.
pub(crate) fn series(title: &str, style: &str, series: &[&Series], range: Spread) -> Option<String> {
    let (first, others) = series.split_first()?;
    let end = series.iter().filter_map(|series| series.points.last()).map(|(at, _)| *at).fold(0.0, f64::max);
    let y = if first.unit == "ms" && range.least > 0.0 {
        Axis::log("milliseconds", range.least, range.greatest)
    } else {
        Axis::linear(first.unit.clone(), range.greatest)
    };
    let mut plot = Plot::new(WHOLE, Axis::time("seconds since the beginning", end), y);
    for at in &first.marks {
        plot.mark(*at);
    }
    for other in others {
        plot.line(&format!("run {style}"), thinned(&other.points));
    }
    plot.line(style, thinned(&first.points));
    let own = Spread::of(first.points.iter().filter_map(|(_, value)| *value))?;
    let [least, median, most] = [own.least, own.median, own.greatest].map(number);
    Some(plot.finish(&format!(
        "{title}, {} over {} seconds with {} marked: from {least} to {most} {unit}, median {median} {unit}.",
        first.name,
        number(end),
        crashes(first.marks.len()),
        unit = first.unit,
    )))
}

/// How many there were.
pub(crate) fn crashes(count: usize) -> String {
    match count {
        0 => "no crash".to_owned(),
        1 => "1 crash".to_owned(),
        more => format!("{more} crashes"),
    }
}

/// No more points than can be seen: of those that fall together the greatest, since that is what somebody waited for.
fn thinned(points: &[(f64, Option<f64>)]) -> Vec<(f64, Option<f64>)> {
    let together = points.len().div_ceil(POINTS).max(1);
    let greatest = |a: (f64, Option<f64>), b: (f64, Option<f64>)| if b.1 > a.1 { b } else { a };
    points.chunks(together).filter_map(|chunk| chunk.iter().copied().reduce(greatest)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::group::groups;
    use super::super::samples::{measurement, with_curves};
    use super::*;

    #[test]
    fn curves_only_rise() {
        let mut measurement = measurement("one", &[]);
        measurement.runs.push(measurement.runs[0].clone());
        let mut measurement = with_curves(measurement);
        // One run has fewer values, and so fewer nines.
        measurement.runs[1].latencies[0].count = 90;
        measurement.runs[1].latencies[0].points.retain(|(percentile, _)| *percentile < 99.0 || *percentile == 100.0);
        let curves = curves_of(&measurement, "publish to ack");
        for points in [points(curves[0]), points(curves[1]), median(&curves)] {
            assert!(points.len() > 10);
            assert!(points.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1), "{points:?}");
        }
    }

    #[test]
    fn a_plot_is_also_a_sentence() {
        let measurements = [with_curves(measurement("one", &[]))];
        let groups = groups(&measurements);
        let svg = latencies(&groups[0], "publish to ack").unwrap();
        assert!(svg.contains("one: 500 ms at the median, 990 ms at the 99th percentile"), "{svg}");
        let all = series_of(&measurements[0], "longest publish to ack");
        let range = values(&groups[0], "longest publish to ack").unwrap();
        let svg = series("one", "s0", &all, range).unwrap();
        assert!(svg.contains("with 1 crash marked: from 1 to 40 ms"), "{svg}");
        assert_eq!(svg.matches(r#"class="mark""#).count(), 1);
    }

    #[test]
    fn many_points_keep_their_peaks_and_their_gaps() {
        let mut points: Vec<(f64, Option<f64>)> = (0..5_000).map(|nth| (f64::from(nth), Some(1.0))).collect();
        points[77].1 = Some(9.0);
        points[500..600].iter_mut().for_each(|point| point.1 = None);
        let thinned = thinned(&points);
        assert!(thinned.len() <= POINTS);
        assert!(thinned.iter().any(|(_, value)| *value == Some(9.0)));
        assert!(thinned.iter().any(|(_, value)| value.is_none()));
    }
}
