use std::path::Path;
use std::process::Output;

use crate::support::{GREEN, Guest, Process, greenroom, soon};

/// Runs the program with the path of a data directory behind `--data`.
async fn run(args: &[&str], data: &Path) -> Output {
    let run = greenroom().args(args).arg("--data").arg(data).output();
    soon("the program to end", run).await.expect("it runs")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_check_tells_a_sound_directory_from_a_damaged_one_and_from_one_in_use() {
    let mut process = Process::start(&[]).await;
    let data = process.home().data();
    let mut alice = Guest::enter(&process, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..20).map(|n| format!("this is number {n}."))).await;

    let refused = run(&["check"], &data).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(complained(&refused).contains("stop that one"), "{}", complained(&refused));

    process.terminate().await;
    let sound = run(&["check", "--json"], &data).await;
    assert_eq!(sound.status.code(), Some(0), "{}", complained(&sound));
    let report: serde_json::Value = serde_json::from_str(&printed(&sound)).expect("one object");
    assert_eq!((&report["sound"], &report["journal"]["messages"]), (&true.into(), &20.into()), "{report}");

    super::durability::flip(&data.join("journal"), "this is number 7.");
    let damaged = run(&["check"], &data).await;
    assert_eq!(damaged.status.code(), Some(1));
    let told = printed(&damaged);
    assert!(told.contains("damaged") && told.contains(&format!("{GREEN}: 8 to 8")), "{told}");
}
