//! Measurements in files.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::page;
use crate::bench::figures::Measurement;
use crate::operations::Impossible;

/// What is in these files.
pub(crate) fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Measurement>> {
    let measurements = files.iter().map(|file| one(file)).collect::<anyhow::Result<_>>();
    Ok(join(measurements.map_err(Impossible::from)?))
}

fn one(file: &Path) -> anyhow::Result<Measurement> {
    let text = fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
    let measurement: Measurement = serde_json::from_slice(&text).with_context(|| {
        format!("{} is no measurement; give files that `greenroom bench SCENARIO --json FILE` wrote", file.display())
    })?;
    ensure!(!measurement.runs.is_empty(), "{} has no run in it; measure again", file.display());
    Ok(measurement)
}

/// Puts the runs of one server at one work together: two that took turns come as a file for each turn.
fn join(measurements: Vec<Measurement>) -> Vec<Measurement> {
    let mut joined: Vec<Measurement> = Vec::new();
    for measurement in measurements {
        match joined.iter_mut().find(|other| is_more_of(other, &measurement)) {
            Some(first) => {
                first.command = format!("{}\n{}", first.command, measurement.command);
                first.runs.extend(measurement.runs);
                // Turn 10 comes before turn 2 where a shell sorts them.
                first.runs.sort_by(|a, b| a.at.cmp(&b.at));
            }
            None => joined.push(measurement),
        }
    }
    joined
}

fn is_more_of(first: &Measurement, more: &Measurement) -> bool {
    let what = |of: &Measurement| (of.label.clone(), of.scenario.clone(), of.settings.clone());
    let with = |of: &Measurement| (of.version.clone(), of.commit.clone(), of.machine.clone());
    // A file that is given twice is compared with itself.
    let is_new = !more.runs.iter().any(|run| first.runs.contains(run));
    what(first) == what(more) && with(first) == with(more) && is_new
}

/// Writes all that was measured.
pub(crate) fn write_json(file: &Path, measurement: &Measurement) -> anyhow::Result<()> {
    let writer = File::create(file).with_context(|| format!("{} can't be written", file.display()))?;
    Ok(serde_json::to_writer_pretty(BufWriter::new(writer), measurement)?)
}

/// Writes a page that shows it.
pub(crate) fn write_html(file: &Path, measurements: &[Measurement]) -> anyhow::Result<()> {
    fs::write(file, page::page(measurements)).with_context(|| format!("{} can't be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{measurement, with_curves};
    use super::*;
    use crate::operations;

    #[test]
    fn what_was_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("run.json");
        let measurement = with_curves(measurement("greenroom", &[("deliveries", 0.1 + 0.2)]));
        write_json(&file, &measurement).unwrap();
        assert_eq!(read(&[file]).unwrap(), [measurement]);
    }

    #[test]
    fn a_file_that_is_no_measurement_is_refused_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shopping.json");
        for (text, why) in [("{\"milk\": 2}", "is no measurement"), ("milk", "is no measurement")] {
            fs::write(&file, text).unwrap();
            let error = read(std::slice::from_ref(&file)).unwrap_err();
            let said = format!("{error:#}");
            assert!(said.contains("shopping.json") && said.contains(why) && said.contains("--json"), "{said}");
            assert_eq!(operations::exit_code(&error), 2);
        }
        fs::remove_file(&file).unwrap();
        assert!(format!("{:#}", read(&[file]).unwrap_err()).contains("shopping.json can't be read"));
    }

    #[test]
    fn two_servers_that_took_turns_are_two_measurements() {
        let turns = [("old", 1.0), ("new", 2.0), ("old", 1.5), ("new", 2.5)];
        let joined = join(turns.map(|(label, rate)| measurement(label, &[("deliveries", rate)])).into());
        let runs: Vec<_> = joined.iter().map(|one| (one.label.as_str(), one.runs.len())).collect();
        assert_eq!(runs, [("old", 2), ("new", 2)]);
        assert_eq!(joined[0].command.lines().count(), 2);
    }

    #[test]
    fn other_work_and_the_same_file_again_stay_apart() {
        let first = measurement("greenroom", &[("deliveries", 1.0)]);
        let mut larger = measurement("greenroom", &[("deliveries", 2.0)]);
        larger.settings["members"] = 1_000.into();
        assert_eq!(join(vec![first.clone(), larger, first]).len(), 3);
    }
}
