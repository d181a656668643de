use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{greenroom, soon};

const GUIDE: &str = include_str!("../../docs/supervision.md");
const SECURITY: &str = include_str!("../../docs/security.md");

/// What the last column of each table of faults names.
fn proofs() -> BTreeSet<&'static str> {
    let faults = GUIDE.split_once("\n## What goes wrong\n").expect("the faults have a chapter").1;
    let faults = faults.split_once("\n## ").expect("it ends").0;
    let rows = faults.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault |"));
    let last = rows.map(|row| row.trim_end_matches('|').rsplit_once('|').expect("columns").1);
    last.flat_map(|cell| {
        let named: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "a fault without a proof: {cell:?}");
        named
    })
    .collect()
}

/// The sources below a directory, by module: `once` for `once.rs`, and for `once/tests.rs` too.
fn sources(dir: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(dir).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        let name = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if name(&path) == "tests" { name(dir) } else { name(&path) };
            *found.entry(module).or_default() += &std::fs::read_to_string(&path).expect("a source");
        }
    }
}

/// All sources, by module.
fn modules() -> BTreeMap<String, String> {
    let mut modules = BTreeMap::new();
    for dir in ["actors", "protocol", "src", "storage", "tests", "web/src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(dir), &mut modules);
    }
    modules
}

fn is_test(modules: &BTreeMap<String, String>, proof: &str) -> bool {
    let Some((module, name)) = proof.split_once("::") else { return false };
    modules.get(module).is_some_and(|source| source.contains(&format!("fn {name}(")))
}

#[test]
fn every_point_of_security_is_answered_and_every_proof_of_it_is_a_test() {
    let modules = modules();
    let mut points = Vec::new();
    for row in SECURITY.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| no |")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [number, tried, becomes, _place, proof] = cells[..] else { panic!("five columns: {row}") };
        points.push(number.parse::<u32>().expect("a number"));
        assert!(!tried.is_empty() && becomes.len() > 20, "{row}");
        let named: Vec<_> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || proof == "—", "{row}");
        let missing: Vec<_> = named.into_iter().filter(|proof| !is_test(&modules, proof)).collect();
        assert!(missing.is_empty(), "no tests: {missing:?}");
    }
    assert_eq!(points, (1..=52).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_proof_that_the_guide_to_supervision_names_is_a_drill_or_a_test() {
    let listed = soon("the list of drills", greenroom().args(["drill", "--list"]).output()).await.expect("it runs");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let drills: BTreeSet<&str> = listed.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name).collect();
    assert!(drills.contains("kill-nine"), "{listed}");
    let modules = modules();
    let proofs = proofs();
    assert!(proofs.len() > 80, "the tables are found: {proofs:?}");
    let is_one = |proof: &&&str| drills.contains(**proof) || is_test(&modules, proof);
    let missing: Vec<_> = proofs.iter().filter(|proof| !is_one(proof)).collect();
    assert!(missing.is_empty(), "neither drills nor tests: {missing:?}");
}
