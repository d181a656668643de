//! Tables: what the plots show, for whoever would rather read it, and what is not drawn.

use super::super::group::Group;
use super::super::number;
use super::super::rows::{self, Cell, Paired, Row};
use super::super::svg::text;
use crate::bench::figures::{Better, Series, Spread, TOLD};

/// Rows of a table over time.
const STRETCHES: usize = 40;

/// A table that may be wider than the screen.
fn table(label: &str, caption: &str, head: &[String], bodies: &str) -> String {
    let head: String = head.iter().map(|name| format!("<th scope=\"col\">{}</th>", text(name))).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n<table>\n<caption>{}</caption>\n<thead><tr>{head}</tr></thead>\n\
         {bodies}</table>\n</div>\n",
        text(label),
        text(caption)
    )
}

fn head(first: &str, group: &Group<'_>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(group.columns.iter().map(|column| column.title.clone())).collect()
}

/// All figures.
pub(super) fn figures(group: &Group<'_>) -> String {
    let rows: String = rows::figures(group).iter().map(|row| line(group, row)).collect();
    table(
        &format!("Figures of {}", group.scenario),
        &how_to_read(group),
        &head("figure", group),
        &format!("<tbody>{rows}</tbody>\n"),
    )
}

fn how_to_read(group: &Group<'_>) -> String {
    let is_repeated = group.columns.iter().any(|column| column.measurement.runs.len() > 1);
    let mut said = vec![if is_repeated { "Medians; in small from the least to the greatest run." } else { "One run." }];
    if group.columns.len() > 1 {
        said.push("× is how many times the first column’s.");
        said.push(match (group.is_same_work(), is_repeated) {
            (false, _) => "There was not the same to do, so nothing is called better.",
            (true, true) if rows::paired(group).is_ok() => "“Better” stands where the ranges don’t meet.",
            (true, true) => {
                "“Better” stands where the ranges don’t meet; with few runs, or without turns, that may be chance."
            }
            (true, false) => "“Better” in one run may be chance.",
        });
    }
    said.join(" ")
}

/// The percentiles of all curves.
pub(super) fn latencies(group: &Group<'_>, curves: &[String]) -> String {
    if group.columns.len() == 1 {
        return latencies_alone(group, curves);
    }
    let columns = group.columns.len() + 1;
    let body = |curve: &String| {
        let rows: String = rows::percentiles(group, curve).iter().map(|row| line(group, row)).collect();
        format!(
            "<tbody class=\"part\"><tr><th scope=\"rowgroup\" colspan=\"{columns}\">{}</th></tr>{rows}</tbody>\n",
            text(curve)
        )
    };
    let bodies: String = curves.iter().map(body).collect();
    table(&format!("Latencies of {}", group.scenario), &how_to_read(group), &head("percentile", group), &bodies)
}

/// With nothing beside it, a line for each curve.
fn latencies_alone(group: &Group<'_>, curves: &[String]) -> String {
    let runs = group.columns[0].measurement.runs.len();
    let line = |curve: &String| {
        let rows = rows::percentiles(group, curve);
        let cells: String = rows.iter().map(|row| cell_of(row.cells[0].as_ref(), runs, false, false, 1)).collect();
        format!("<tr><th scope=\"row\">{} <span class=\"unit\">ms</span></th>{cells}</tr>\n", text(curve))
    };
    let lines: String = curves.iter().map(line).collect();
    let head: Vec<String> = std::iter::once("latency".to_owned()).chain(TOLD.map(rows::percentile)).collect();
    let label = format!("Latencies of {}", group.scenario);
    table(&label, &how_to_read(group), &head, &format!("<tbody>{lines}</tbody>\n"))
}

fn line(group: &Group<'_>, row: &Row) -> String {
    let unit =
        if row.unit.is_empty() { String::new() } else { format!(" <span class=\"unit\">{}</span>", text(&row.unit)) };
    let cells = row.cells.iter().zip(&group.columns).enumerate();
    let cells: String = cells
        .map(|(nth, (cell, column))| {
            cell_of(cell.as_ref(), column.measurement.runs.len(), nth > 0, row.best == Some(nth), group.columns.len())
        })
        .collect();
    format!("<tr><th scope=\"row\">{}{unit}</th>{cells}</tr>\n", text(&row.name))
}

fn cell_of(cell: Option<&Cell>, runs: usize, has_ratio: bool, is_best: bool, columns: usize) -> String {
    let Some(Cell { spread, ratio }) = cell else { return "<td>–</td>".to_owned() };
    let ratio = ratio.filter(|_| has_ratio).map(|ratio| format!("×{ratio:.2}"));
    let small: Vec<String> = ratio.into_iter().chain((runs > 1).then(|| range(*spread))).collect();
    let small = if small.is_empty() { String::new() } else { format!("<small>{}</small>", small.join(", ")) };
    let word = if columns == 2 { "better" } else { "best" };
    let (class, word) = if is_best {
        (" class=\"is-best\"", format!("<span class=\"word\">{word}</span> "))
    } else {
        ("", String::new())
    };
    format!("<td{class}>{word}{}{small}</td>", number(spread.median))
}

fn range(spread: Spread) -> String {
    format!("{} to {}", number(spread.least), number(spread.greatest))
}

/// Paired differences with their intervals.
pub(super) fn paired(group: &Group<'_>, paired: &[Paired]) -> String {
    let (first, second) = (&group.columns[0], &group.columns[1]);
    let rows: String = paired.iter().map(|pair| difference(pair, &second.title)).collect();
    let caption = format!(
        "{} less {}, in percent of the latter, run by run: the median, and where it lies with 95 % (bootstrap). The two took turns. \
         One row of twenty is outside by chance.",
        second.title, first.title
    );
    let head = ["figure", "median", "95 % of medians", "so"].map(str::to_owned);
    table("Paired differences", &caption, &head, &format!("<tbody>{rows}</tbody>\n"))
}

fn difference(Paired { name, better, interval }: &Paired, second: &str) -> String {
    let is_more = interval.median > 0.0;
    let so = match (interval.is_clear(), better) {
        (false, _) => "may be chance".to_owned(),
        (true, Better::Neither) => format!("{second} has {}", if is_more { "more" } else { "less" }),
        (true, Better::More) => format!("{second} is {}", if is_more { "better" } else { "worse" }),
        (true, Better::Less) => format!("{second} is {}", if is_more { "worse" } else { "better" }),
    };
    let class = if interval.is_clear() { " class=\"is-best\"" } else { "" };
    format!(
        "<tr><th scope=\"row\">{}</th><td>{} %</td><td>{} to {} %</td><td{class}>{}</td></tr>\n",
        text(name),
        signed(interval.median),
        signed(interval.low),
        signed(interval.high),
        text(&so)
    )
}

fn signed(percent: f64) -> String {
    // What is rounded to nothing has no sign.
    let percent = (percent * 10.0).round() / 10.0;
    if percent == 0.0 { "0.0".to_owned() } else { format!("{percent:+.1}").replace('-', "−") }
}

/// A series, by stretches of time.
pub(super) fn series(title: &str, series: &[&Series]) -> String {
    let Some(first) = series.first() else { return String::new() };
    let end = first.points.last().map_or(0.0, |(at, _)| *at);
    let each = (end / STRETCHES as f64).ceil().max(1.0);
    let is_in = |nth: usize, at: f64| (nth as f64 * each..(nth + 1) as f64 * each).contains(&at);
    let row = |nth: usize| {
        let values = first.points.iter().filter(|(at, _)| is_in(nth, *at)).filter_map(|(_, value)| *value);
        let spread = Spread::of(values);
        let [median, most] = [spread.map(|spread| spread.median), spread.map(|spread| spread.greatest)]
            .map(|value| value.map_or_else(|| "–".to_owned(), number));
        let marks = first.marks.iter().filter(|at| is_in(nth, **at)).count();
        format!(
            "<tr><th scope=\"row\">{} to {}</th><td>{median}</td><td>{most}</td><td>{marks}</td></tr>\n",
            nth as f64 * each,
            (nth + 1) as f64 * each
        )
    };
    let rows: String = (0..=(end / each) as usize).map(row).collect();
    let head = [
        "seconds".to_owned(),
        format!("median, {}", first.unit),
        format!("most, {}", first.unit),
        "crashes".to_owned(),
    ];
    let table = table(&format!("{title}, as a table"), "The first run.", &head, &format!("<tbody>{rows}</tbody>\n"));
    format!("<details><summary>{} as a table</summary>\n{table}</details>\n", text(title))
}
