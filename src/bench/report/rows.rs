//! The rows of the tables: a figure, or a percentile, in all columns.

use super::group::Group;
use super::interval::{ENOUGH, Interval};
use crate::bench::figures::{Better, Measurement, Run, Spread, TOLD};

/// What a row is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subject {
    Figure(String),
    /// A percentile of a curve.
    Percentile(String, f64),
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) better: Better,
    pub(crate) cells: Vec<Option<Cell>>,
    /// The column that is better than all others, where one is.
    pub(crate) best: Option<usize>,
}

/// One measurement's part in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub(crate) spread: Spread,
    /// To the first column.
    pub(crate) ratio: Option<f64>,
}

/// A difference of two measurements whose runs took turns, in percent of the first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paired {
    pub(crate) name: String,
    pub(crate) better: Better,
    pub(crate) interval: Interval,
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unpaired {
    /// There aren't two, or they didn't do the same.
    NoPair,
    /// All runs of one came before those of the other, so what else the machine did is in the difference.
    NoTurns,
    TooFew(usize),
}

impl Subject {
    pub(crate) fn of(&self, run: &Run) -> Option<f64> {
        match self {
            Self::Figure(name) => run.figures.iter().find(|figure| figure.name == *name).map(|figure| figure.value),
            Self::Percentile(name, percentile) => {
                run.latencies.iter().find(|curve| curve.name == *name).map(|curve| curve.at(*percentile))
            }
        }
    }

    pub(crate) fn spread(&self, measurement: &Measurement) -> Option<Spread> {
        Spread::of(measurement.runs.iter().filter_map(|run| self.of(run)))
    }
}

/// Names of all curves, in the order in which they came.
pub(crate) fn curves(group: &Group<'_>) -> Vec<String> {
    let runs = group.columns.iter().flat_map(|column| &column.measurement.runs);
    once_each(runs.flat_map(|run| &run.latencies).map(|curve| curve.name.clone()))
}

fn once_each<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// A percentile's name.
pub(crate) fn percentile(percentile: f64) -> String {
    if percentile >= 100.0 { "max".to_owned() } else { format!("p{percentile}") }
}

/// All figures.
pub(crate) fn figures(group: &Group<'_>) -> Vec<Row> {
    let runs = group.columns.iter().flat_map(|column| &column.measurement.runs);
    let all = runs.flat_map(|run| &run.figures).map(|figure| (figure.name.clone(), figure.unit.clone(), figure.better));
    once_each(all)
        .into_iter()
        .map(|(name, unit, better)| row(group, &Subject::Figure(name.clone()), name, unit, better))
        .collect()
}

/// The percentiles of one curve.
pub(crate) fn percentiles(group: &Group<'_>, curve: &str) -> Vec<Row> {
    let of = |at: f64| {
        let subject = Subject::Percentile(curve.to_owned(), at);
        row(group, &subject, percentile(at), "ms".to_owned(), Better::Less)
    };
    TOLD.into_iter().map(of).collect()
}

fn row(group: &Group<'_>, subject: &Subject, name: String, unit: String, better: Better) -> Row {
    let spreads: Vec<Option<Spread>> = group.columns.iter().map(|column| subject.spread(column.measurement)).collect();
    let first = spreads.first().copied().flatten().map(|spread| spread.median).filter(|median| *median != 0.0);
    let best = group.is_same_work().then(|| best(&spreads, better)).flatten();
    // Fast and wrong is not better.
    let best = best.filter(|nth| group.columns[*nth].measurement.holds());
    let cell = |spread: Spread| Cell { spread, ratio: first.map(|first| spread.median / first) };
    Row { name, unit, better, cells: spreads.into_iter().map(|spread| spread.map(cell)).collect(), best }
}

/// The column whose worst run is better than every other column's best: where ranges meet, nobody is.
fn best(spreads: &[Option<Spread>], better: Better) -> Option<usize> {
    let beats = |a: &Spread, b: &Spread| match better {
        Better::More => a.least > b.greatest,
        Better::Less => a.greatest < b.least,
        Better::Neither => false,
    };
    let others = |nth: usize| spreads.iter().enumerate().filter(move |(other, _)| *other != nth);
    let is_best = |nth: usize, spread: &Spread| {
        spreads.len() > 1 && others(nth).all(|(_, other)| other.as_ref().is_some_and(|other| beats(spread, other)))
    };
    spreads.iter().enumerate().find_map(|(nth, spread)| spread.filter(|spread| is_best(nth, spread)).map(|_| nth))
}

/// Whether both runs of each turn were over before the next began; who is first in a turn doesn't matter.
fn took_turns(first: &[Run], second: &[Run]) -> bool {
    let turns: Vec<(&str, &str)> = first.iter().zip(second).map(|(a, b)| (a.at.as_str(), b.at.as_str())).collect();
    let is_known = turns.iter().all(|(a, b)| !a.is_empty() && !b.is_empty());
    is_known && turns.windows(2).all(|two| two[0].0.max(two[0].1) < two[1].0.min(two[1].1))
}

/// Every figure and percentile as a paired difference, where two measurements are that.
pub(crate) fn paired(group: &Group<'_>) -> Result<Vec<Paired>, Unpaired> {
    let [first, second] = group.columns.as_slice() else { return Err(Unpaired::NoPair) };
    let (first, second) = (first.measurement, second.measurement);
    if first.runs.len() != second.runs.len() || !group.is_same_work() {
        return Err(Unpaired::NoPair);
    }
    if first.runs.len() < ENOUGH {
        return Err(Unpaired::TooFew(first.runs.len()));
    }
    if !took_turns(&first.runs, &second.runs) {
        return Err(Unpaired::NoTurns);
    }
    let figures =
        figures(group).into_iter().map(|row| (Subject::Figure(row.name.clone()), row.name.clone(), row.better));
    let latencies = curves(group).into_iter().flat_map(|curve| {
        TOLD.map(|at| (Subject::Percentile(curve.clone(), at), format!("{curve}, {}", percentile(at)), Better::Less))
    });
    let pair = |(subject, name, better): (Subject, String, Better)| {
        let percent = |(a, b): (&Run, &Run)| {
            let (a, b) = (subject.of(a)?, subject.of(b)?);
            (a > 0.0).then_some((b / a - 1.0) * 100.0)
        };
        let differences: Option<Vec<f64>> = first.runs.iter().zip(&second.runs).map(percent).collect();
        Some(Paired { name, better, interval: Interval::of(&differences?)? })
    };
    Ok(figures.chain(latencies).filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::super::group::groups;
    use super::super::samples::{measurement, minute, run};
    use super::*;

    /// As many turns as there are rates, one a minute.
    fn with_runs(label: &str, rates: &[f64]) -> Measurement {
        let of = |(nth, rate): (usize, &f64)| Run { at: minute(nth), ..run(&[("deliveries", *rate)]) };
        Measurement { runs: rates.iter().enumerate().map(of).collect(), ..measurement(label, &[]) }
    }

    #[test]
    fn ratios_are_to_the_first_and_the_better_one_is_found() {
        let measurements = [with_runs("old", &[10.0, 11.0, 12.0]), with_runs("new", &[20.0, 22.0, 30.0])];
        let rows = figures(&groups(&measurements)[0]);
        let ratios: Vec<_> = rows[0].cells.iter().map(|cell| cell.and_then(|cell| cell.ratio)).collect();
        assert_eq!((ratios, rows[0].best), (vec![Some(1.0), Some(2.0)], Some(1)));
    }

    #[test]
    fn nobody_is_better_where_ranges_meet_promises_break_or_the_work_was_other() {
        let mut measurements = [with_runs("old", &[10.0, 21.0]), with_runs("new", &[20.0, 30.0])];
        assert_eq!(figures(&groups(&measurements)[0])[0].best, None);
        measurements[0].runs.pop();
        assert_eq!(figures(&groups(&measurements)[0])[0].best, Some(1));
        measurements[1].runs[0].faults.lost = 1;
        assert_eq!(figures(&groups(&measurements)[0])[0].best, None, "fast and wrong");
        measurements[1].runs[0].faults.lost = 0;
        measurements[0].settings["members"] = 1.into();
        assert_eq!(figures(&groups(&measurements)[0])[0].best, None);
    }

    #[test]
    fn runs_that_took_turns_are_compared_turn_by_turn() {
        // The machine was twice as fast in every other turn; that is in both.
        let measurements =
            [with_runs("old", &[10.0, 20.0, 10.0, 20.0, 10.0]), with_runs("new", &[11.0, 22.0, 11.0, 22.0, 11.0])];
        let paired = paired(&groups(&measurements)[0]).unwrap();
        let Interval { median, low, high } = paired[0].interval;
        assert!([median, low, high].iter().all(|percent| (percent - 10.0).abs() < 1e-9), "{paired:?}");
    }

    #[test]
    fn one_after_the_other_is_no_pair() {
        let mut measurements = [with_runs("old", &[1.0; 5]), with_runs("new", &[1.0; 5])];
        assert!(paired(&groups(&measurements)[0]).is_ok());
        for (nth, run) in measurements[1].runs.iter_mut().enumerate() {
            run.at = minute(5 + nth);
        }
        assert_eq!(paired(&groups(&measurements)[0]), Err(Unpaired::NoTurns));
    }

    #[test]
    fn four_turns_are_too_few() {
        let measurements = [with_runs("old", &[1.0; 4]), with_runs("new", &[1.0; 4])];
        assert_eq!(paired(&groups(&measurements)[0]), Err(Unpaired::TooFew(4)));
        let measurements = [with_runs("old", &[1.0; 6]), with_runs("new", &[1.0; 5])];
        assert_eq!(paired(&groups(&measurements)[0]), Err(Unpaired::NoPair));
    }
}
