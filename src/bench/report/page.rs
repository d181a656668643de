//! The page: one file that asks for nothing else, and can be read without a script.

mod facts;
mod raw;
mod tables;

use super::group::{Column, Group, Line, groups};
use super::plots;
use super::svg::text;
use super::{rows, sizes, times};
use crate::bench::figures::Measurement;

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// Figures that are drawn over the size of the work.
const BY_SIZE: [&str; 8] = [
    "deliveries per server CPU-second",
    "deliveries",
    "acks",
    "joins per server CPU-second",
    "returns per server CPU-second",
    "pages per server CPU-second",
    "memory a connection",
    "server's memory at the end",
];

/// All that was measured, as HTML.
pub(crate) fn page(measurements: &[Measurement]) -> String {
    let groups = groups(measurements);
    let sections: Vec<String> = groups.iter().enumerate().map(|(nth, group)| section(nth, group)).collect();
    // What people have named comes last, so that nothing in it is taken for a place to fill.
    FRAME
        .replace("{{style}}", STYLE.trim_end())
        .replace("{{raw}}", &raw::links(measurements).replace("{{", "{&#123;"))
        .replace("{{again}}", &facts::again(&groups).replace("{{", "{&#123;"))
        .replace("{{about}}", &text(&facts::about(measurements)).replace("{{", "{&#123;"))
        .replace("{{title}}", &text(&title(&groups)).replace("{{", "{&#123;"))
        .replace("{{main}}", &format!("{}{}", facts::verdicts(&groups), sections.concat()))
}

fn title(groups: &[Group<'_>]) -> String {
    let of = |group: &Group<'_>| {
        let mut labels: Vec<&str> = group.columns.iter().map(|column| column.measurement.label.as_str()).collect();
        labels.dedup();
        let by = group.size().map_or_else(String::new, |size| format!(", by {}", size.replace('_', " ")));
        format!("{}: {}{by}", group.scenario, labels.join(" · "))
    };
    groups.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn section(nth: usize, group: &Group<'_>) -> String {
    let parts =
        [growing(group), latencies(group), figures(group), differences(group), by_size(group), over_time(group)];
    format!(
        "<section aria-labelledby=\"scenario-{nth}\">\n<h2 id=\"scenario-{nth}\">{}</h2>\n<p>{}</p>\n{}</section>\n",
        text(group.scenario),
        text(&facts::work(group)),
        parts.concat()
    )
}

fn legend<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let of = |(nth, name): (usize, &str)| {
        let style = plots::style(nth);
        format!(
            "<li><svg viewBox=\"0 0 36 12\" aria-hidden=\"true\"><path class=\"line {style}\" d=\"M2 6H34\"/></svg>{}</li>\n",
            text(name)
        )
    };
    let items: Vec<String> = names.enumerate().map(of).collect();
    if items.len() < 2 { String::new() } else { format!("<ul class=\"legend\">\n{}</ul>\n", items.concat()) }
}

fn titles<'a>(group: &'a Group<'_>) -> impl Iterator<Item = &'a str> {
    group.columns.iter().map(|column| column.title.as_str())
}

fn figure(title: &str, note: &str, svg: &str) -> String {
    format!("<figure><figcaption><b>{}</b>{}</figcaption>\n{svg}\n</figure>\n", text(title), text(note))
}

/// Plots beside each other; one alone isn't blown up.
fn beside(figures: &[String]) -> String {
    let class = if figures.len() == 1 { "plots alone" } else { "plots" };
    format!("<div class=\"{class}\">\n{}</div>\n", figures.concat())
}

fn latencies(group: &Group<'_>) -> String {
    let curves = rows::curves(group);
    // What grows has a plot of its own.
    let figures: Vec<String> = curves
        .iter()
        .filter(|curve| !sizes::is_step(curve))
        .filter_map(|curve| Some(figure(curve, " milliseconds, by percentile", &plots::latencies(group, curve)?)))
        .collect();
    if figures.is_empty() {
        return if curves.is_empty() {
            String::new()
        } else {
            format!("<h3>How long it took</h3>\n{}", tables::latencies(group, &curves))
        };
    }
    let thin = group.columns.iter().any(|column| column.measurement.runs.len() > 1);
    let thin = if thin { " A thick line is the median of the runs, each of which is a thin one." } else { "" };
    format!(
        "<h3>How long it took</h3>\n<p class=\"note\">Each step to the right is one nine more: what nine of ten met, 99 of 100, 999 of 1,000. Both \
         axes are logarithmic.{thin}</p>\n{}{}{}",
        legend(titles(group)),
        beside(&figures),
        tables::latencies(group, &curves)
    )
}

fn growing(group: &Group<'_>) -> String {
    let figures: Vec<String> = sizes::by_stored(group)
        .iter()
        .map(|sizes::Drawn { what, unit, svg }| {
            let note =
                if unit == "ms" { " The dot is the median; the line reaches to the 99th percentile." } else { "" };
            figure(what, note, svg)
        })
        .collect();
    if figures.is_empty() {
        return String::new();
    }
    format!("<h3>By messages stored</h3>\n{}{}", legend(titles(group)), beside(&figures))
}

fn figures(group: &Group<'_>) -> String {
    format!("<h3>Figures</h3>\n{}", tables::figures(group))
}

fn differences(group: &Group<'_>) -> String {
    let said = match rows::paired(group) {
        Ok(paired) if !paired.is_empty() => tables::paired(group, &paired),
        Err(rows::Unpaired::NoTurns) => "<p class=\"note\">The two did not take turns: all runs of one came before those of the other, and what else the \
             machine did meanwhile is in every difference. So there is no interval. Measure them by turns, a file for each \
             turn, and give all files to <code>greenroom bench report</code>.</p>\n"
            .to_owned(),
        Err(rows::Unpaired::TooFew(runs)) => format!(
            "<p class=\"note\">{} of each {} too few to say how sure a difference is: five or more, and by turns, give an interval.</p>\n",
            times(runs).trim_end_matches(", medians"),
            if runs == 1 { "is" } else { "are" }
        ),
        Ok(_) | Err(rows::Unpaired::NoPair) => return String::new(),
    };
    format!("<h3>How sure the differences are</h3>\n{said}")
}

fn by_size(group: &Group<'_>) -> String {
    let Some(size) = group.size() else { return String::new() };
    let lines: Vec<Line<'_>> = group.lines(&size);
    let unit = |name: &str| rows::figures(group).into_iter().find(|row| row.name == name).map(|row| row.unit);
    let figures: Vec<String> = BY_SIZE
        .iter()
        .filter_map(|name| {
            let svg = sizes::by_size(&lines, &size, name, &unit(name)?)?;
            Some(figure(name, "", &svg))
        })
        .collect();
    if figures.is_empty() {
        return String::new();
    }
    format!(
        "<h3>By {}</h3>\n<p class=\"note\">Medians, and from the least to the greatest run. The numbers are in the table of figures.</p>\n{}{}",
        text(&size.replace('_', " ")),
        legend(lines.iter().map(|line| line.label)),
        beside(&figures)
    )
}

fn over_time(group: &Group<'_>) -> String {
    let mut html = String::new();
    for (nth, column) in group.columns.iter().enumerate() {
        html += &of_column(group, nth, column);
    }
    if html.is_empty() { html } else { format!("<h3>Over time</h3>\n<div class=\"wide\">\n{html}</div>\n") }
}

fn of_column(group: &Group<'_>, nth: usize, column: &Column<'_>) -> String {
    let mut html = String::new();
    for (name, unit) in plots::over_time(column.measurement) {
        let series = plots::series_of(column.measurement, &name);
        let Some(range) = plots::values(group, &name) else { continue };
        let Some(svg) = plots::series(&column.title, &plots::style(nth), &series, range) else { continue };
        let title = if group.columns.len() > 1 { format!("{}: {name}", column.title) } else { name.clone() };
        let marks = series.first().map_or(0, |series| series.marks.len());
        let flags = if marks == 0 { "" } else { " Each flag is a crash." };
        let thin = if series.len() > 1 {
            " Thin lines are the other runs, whose crashes are at nearly the same moments."
        } else {
            ""
        };
        let note = format!(" In {unit}.{flags}{thin} Where the line is broken, there was nothing to measure.");
        let label = text(&format!("{title}, drawn"));
        let svg = format!("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">{svg}</div>");
        html += &figure(&title, &note, &svg);
        html += &tables::series(&title, &series);
    }
    html
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::samples::{measurement, minute, run, with_curves};
    use super::*;
    use crate::bench::figures::Run;

    fn two() -> [Measurement; 2] {
        [("old", 100.0), ("new", 150.0)].map(|(label, rate)| {
            let measurement = measurement(label, &[("deliveries", rate), ("load generator's processor", 95.0)]);
            with_curves(measurement)
        })
    }

    #[test]
    fn every_figure_is_there_with_its_unit() {
        let page = page(&two());
        for part in [
            "deliveries <span class=\"unit\">1/s</span>",
            "×1.50",
            "better",
            "p99.9 <span class=\"unit\">ms</span>",
            "Nothing lost, doubled or out of order in 2,468 deliveries.",
            "it was the bottleneck",
            "1 run of each is too few",
            "members 100",
            "c0ffee",
            "greenroom bench fanout --label old",
            "a processor, 2 processors",
        ] {
            assert!(page.contains(part), "no {part} in\n{page}");
        }
        assert!(!page.contains("{{"), "a place is left to be filled");
    }

    #[test]
    fn what_somebody_named_is_only_text() {
        let mut named = measurement("<script>alert(1)</script> {{main}}", &[("a <b>", 1.0)]);
        named.command = "greenroom \"<img src=x>\"".into();
        named.scenario = "<i>".into();
        named.runs[0].troubles.push("<u>".into());
        named.runs[0].faults.lost = 1;
        let page = page(&[named]);
        for markup in ["<script", "<img", "a <b>", "<i>", "<u>"] {
            assert!(!page.contains(markup), "{markup} in\n{page}");
        }
        assert_eq!(page.matches("<main>").count(), 1);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; {&#123;main}}"));
    }

    #[test]
    fn the_page_asks_for_nothing() {
        let page = page(&two());
        for part in ["http:", "https:", "src=", "url(", "@import", "<script"] {
            assert!(!page.contains(part), "{part}");
        }
        assert_eq!(page.matches("href=").count(), page.matches("href=\"data:").count());
    }

    #[test]
    fn what_was_measured_can_be_saved_from_the_page_and_read_again() {
        let measured = measurement("old <b>", &[("deliveries", 100.0)]);
        let page = page(std::slice::from_ref(&measured));
        let link = page.split("href=\"data:application/json;base64,").nth(1).unwrap();
        let json = STANDARD.decode(link.split('"').next().unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<Measurement>(&json).unwrap(), measured);
        assert!(page.contains("download=\"fanout-old--b--1.json\""), "{page}");
    }

    #[test]
    fn a_broken_promise_is_loud() {
        let mut broken = measurement("old", &[]);
        broken.runs.push(run(&[]));
        broken.runs[1].faults.lost = 3;
        broken.runs[1].faults.doubled = 1;
        let page = page(&[broken]);
        assert!(page.contains("1 doubled, 3 lost") || page.contains("3 lost, 1 doubled"), "{page}");
        assert!(page.contains("run 2") && !page.contains("Nothing lost"));
    }

    #[test]
    fn five_turns_have_an_interval() {
        let [mut old, mut new] =
            [("old", 100.0), ("new", 110.0)].map(|(label, rate)| measurement(label, &[("deliveries", rate)]));
        for measurement in [&mut old, &mut new] {
            let turn = |nth| Run { at: minute(nth), ..measurement.runs[0].clone() };
            measurement.runs = (0..5).map(turn).collect();
        }
        let page = page(&[old, new]);
        assert!(page.contains("+10.0 %") && page.contains("+10.0 to +10.0 %"), "{page}");
    }
}
