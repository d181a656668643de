//! Measurements of one scenario, as the columns of a table.

use serde_json::Value;

use crate::bench::figures::Measurement;

/// How long something was measured says nothing about how much there was to do.
const LENGTHS: [&str; 2] = ["seconds", "warm_up"];

/// What figures are drawn over, where more than one setting was changed.
const SIZES: [&str; 9] =
    ["members", "connections", "rooms", "senders", "readers", "messages", "in_flight", "rate", "body"];

/// All of one scenario.
#[derive(Debug)]
pub(crate) struct Group<'m> {
    pub(crate) scenario: &'m str,
    pub(crate) columns: Vec<Column<'m>>,
}

/// One measurement.
#[derive(Debug)]
pub(crate) struct Column<'m> {
    /// What tells it apart from the others.
    pub(crate) title: String,
    pub(crate) measurement: &'m Measurement,
}

/// One line of a plot over a size: a name, and at which size which measurement is.
#[derive(Debug, PartialEq)]
pub(crate) struct Line<'m> {
    pub(crate) label: &'m str,
    pub(crate) points: Vec<(f64, &'m Measurement)>,
}

/// The measurements by their scenarios, in the order in which they were given.
pub(crate) fn groups(measurements: &[Measurement]) -> Vec<Group<'_>> {
    let mut groups: Vec<(&str, Vec<&Measurement>)> = Vec::new();
    for measurement in measurements {
        match groups.iter_mut().find(|(scenario, _)| *scenario == measurement.scenario) {
            Some((_, members)) => members.push(measurement),
            None => groups.push((&measurement.scenario, vec![measurement])),
        }
    }
    groups.into_iter().map(|(scenario, members)| group(scenario, members)).collect()
}

fn group<'m>(scenario: &'m str, mut members: Vec<&'m Measurement>) -> Group<'m> {
    // Files come in the order of their names, in which 100 is before 20.
    if let Some(size) = size(&members) {
        let labels: Vec<&str> = members.iter().map(|member| member.label.as_str()).collect();
        let place = |member: &Measurement| labels.iter().position(|label| *label == member.label);
        let at = |member: &Measurement| member.settings.get(&size).and_then(Value::as_f64).unwrap_or(0.0);
        members.sort_by(|a, b| place(a).cmp(&place(b)).then(at(a).total_cmp(&at(b))));
    }
    Group { scenario, columns: columns(&members) }
}

fn columns<'m>(members: &[&'m Measurement]) -> Vec<Column<'m>> {
    let differing = differing(members);
    let mut columns: Vec<Column<'m>> = Vec::new();
    for &measurement in members {
        let is_alone = members.iter().filter(|other| other.label == measurement.label).count() == 1;
        let mut parts = vec![measurement.label.clone()];
        if !is_alone {
            parts.extend(differing.iter().map(|key| setting(measurement, key)));
        }
        let title = parts.join(", ");
        let again = columns.iter().filter(|column| column.title.starts_with(&title)).count();
        let title = if again == 0 { title } else { format!("{title} ({})", again + 1) };
        columns.push(Column { title, measurement });
    }
    columns
}

/// A setting in words: `members 1000`.
pub(crate) fn setting(measurement: &Measurement, key: &str) -> String {
    let name = key.replace('_', " ");
    match measurement.settings.get(key) {
        None | Some(Value::Null) => format!("no {name}"),
        Some(Value::String(text)) => format!("{name} {text}"),
        Some(Value::Bool(true)) => name,
        Some(Value::Bool(false)) => format!("not {name}"),
        Some(Value::Array(all)) => {
            let all: Vec<String> = all.iter().map(Value::to_string).collect();
            format!("{name} {}", all.join(", "))
        }
        Some(other) => match other.as_f64() {
            Some(number) => format!("{name} {number}"),
            None => format!("{name} {other}"),
        },
    }
}

/// Names of the settings that are not the same for all.
fn differing(members: &[&Measurement]) -> Vec<String> {
    let mut keys: Vec<&String> =
        members.iter().filter_map(|member| member.settings.as_object()).flat_map(|map| map.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differs = |key: &str| members.windows(2).any(|two| two[0].settings.get(key) != two[1].settings.get(key));
    keys.into_iter().filter(|key| differs(key)).cloned().collect()
}

/// Settings in which it was changed how much there was to do.
fn sizes(members: &[&Measurement]) -> Vec<String> {
    let is_number = |key: &str| members.iter().any(|member| member.settings.get(key).is_some_and(Value::is_number));
    differing(members).into_iter().filter(|key| !LENGTHS.contains(&key.as_str()) && is_number(key)).collect()
}

/// The one of them that figures are drawn over.
fn size(members: &[&Measurement]) -> Option<String> {
    let sizes = sizes(members);
    let known = SIZES.iter().find(|size| sizes.iter().any(|key| key == *size)).map(|size| (*size).to_owned());
    known.or_else(|| sizes.into_iter().next())
}

impl<'m> Group<'m> {
    fn members(&self) -> Vec<&'m Measurement> {
        self.columns.iter().map(|column| column.measurement).collect()
    }

    /// Settings that are not the same in all columns.
    pub(crate) fn differing(&self) -> Vec<String> {
        differing(&self.members())
    }

    /// Whether all had the same to do. How a server is spoken to or stores is its own affair.
    pub(crate) fn is_same_work(&self) -> bool {
        sizes(&self.members()).is_empty()
    }

    /// The number that the work was changed in.
    pub(crate) fn size(&self) -> Option<String> {
        size(&self.members())
    }

    /// A line for each label, with the sizes in their order; only lines that have two of them.
    pub(crate) fn lines(&self, size: &str) -> Vec<Line<'m>> {
        let mut lines: Vec<Line<'m>> = Vec::new();
        for Column { measurement, .. } in &self.columns {
            let Some(at) = measurement.settings.get(size).and_then(Value::as_f64) else { continue };
            match lines.iter_mut().find(|line| line.label == measurement.label) {
                Some(line) => line.points.push((at, measurement)),
                None => lines.push(Line { label: &measurement.label, points: vec![(at, measurement)] }),
            }
        }
        for line in &mut lines {
            line.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        lines.retain(|line| line.points.len() > 1);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::measurement;
    use super::*;

    fn sized(label: &str, members: u32) -> Measurement {
        let mut measurement = measurement(label, &[]);
        measurement.settings["members"] = members.into();
        measurement
    }

    fn titles(measurements: &[Measurement]) -> Vec<String> {
        groups(measurements).iter().flat_map(|group| &group.columns).map(|column| column.title.clone()).collect()
    }

    #[test]
    fn columns_are_called_by_what_tells_them_apart() {
        assert_eq!(titles(&[sized("old", 10), sized("new", 10)]), ["old", "new"]);
        assert_eq!(titles(&[sized("one", 10), sized("one", 100)]), ["one, members 10", "one, members 100"]);
        assert_eq!(titles(&[sized("one", 10), sized("one", 10)]), ["one", "one (2)"]);
    }

    #[test]
    fn the_same_work_is_told_from_more_of_it() {
        let same = [sized("old", 10), sized("new", 10)];
        assert!(groups(&same)[0].is_same_work());
        let more = [sized("one", 100), sized("one", 10)];
        let groups = groups(&more);
        assert_eq!(groups[0].columns[0].title, "one, members 10");
        assert!(!groups[0].is_same_work());
        assert_eq!(groups[0].size().as_deref(), Some("members"));
        let sizes: Vec<f64> = groups[0].lines("members")[0].points.iter().map(|(size, _)| *size).collect();
        assert_eq!(sizes, [10.0, 100.0]);
    }

    #[test]
    fn each_scenario_stands_for_itself() {
        let mut idle = measurement("one", &[]);
        idle.scenario = "idle".into();
        let measurements = [measurement("one", &[]), idle, measurement("two", &[])];
        let found: Vec<_> =
            groups(&measurements).iter().map(|group| (group.scenario.to_owned(), group.columns.len())).collect();
        assert_eq!(found, [("fanout".to_owned(), 2), ("idle".to_owned(), 1)]);
    }
}
