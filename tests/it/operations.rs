use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greenroom_protocol::{Event, Seq};

use crate::support::{GREEN, Guest, Home, Process, greenroom, soon};

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

async fn backup(data: &Path, target: &Path) -> Output {
    run(&["backup", target.to_str().expect("text")], data).await
}

async fn restore(target: &Path, data: &Path) -> Output {
    run(&["restore", target.to_str().expect("text")], data).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_people_talk_brings_back_all_that_was_acknowledged_before() {
    let mut process = Process::start(&[]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    let joined = alice.join(GREEN).await;
    let token = alice.token().to_owned();
    let before = alice.says_many(GREEN, (0..300).map(|n| n.to_string())).await;
    let enough = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&enough);
    let talking = tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            alice.says_many(GREEN, (0..16).map(|n| n.to_string())).await;
        }
        alice
    });
    let target = process.home().path().join("backup");
    let made = backup(&process.home().data(), &target).await;
    assert_eq!(made.status.code(), Some(0), "{}", complained(&made));
    assert!(printed(&made).contains("up to record"), "{}", printed(&made));
    enough.store(true, Ordering::Relaxed);
    let mut alice = talking.await.unwrap();
    alice.says_many(GREEN, (0..50).map(|n| n.to_string())).await;
    let whole = alice.whole_history(GREEN).await;
    process.kill_9().await;

    assert_eq!(run(&["check"], &target).await.status.code(), Some(0), "a backup can be checked");
    let home = Home::new();
    let restored = restore(&target, &home.data()).await;
    assert_eq!(restored.status.code(), Some(0), "{}", complained(&restored));
    assert_eq!(run(&["check"], &home.data()).await.status.code(), Some(0));
    let other = Process::start_in(home, &[]).await;
    let mut alice = Guest::come_back(&other, &token).await;
    let copied: Vec<Event> = alice.whole_history(GREEN).await;
    assert!(copied.len() < whole.len(), "the talk went on after the copy");
    assert_eq!(copied, whole[..copied.len()], "the copy is a beginning of the whole");
    for ack in &before {
        assert_eq!(copied[ack.seq.0 as usize - 1].message().map(|message| message.id), Some(ack.id));
    }
    // Whoever holds no more than the copy has begins anew as well: what follows is another log.
    let back = alice.resume(GREEN, 10, &joined).await;
    assert!(back.reset && back.epoch != joined.epoch);
    let again = alice.resume(GREEN, back.last_seq.0, &back).await;
    assert!(!again.reset, "the new life is one life");
    let first = copied[0].message().expect("a message").body.clone();
    assert_eq!(alice.says_as(GREEN, before[0].id, first.as_str()).await.seq, Seq(1), "what was sent before is known");
}

#[tokio::test]
async fn a_backup_with_a_flipped_bit_is_not_restored() {
    let mut process = Process::start(&[]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "this is to be kept.").await;
    process.terminate().await;
    let (target, home) = (process.home().path().join("backup"), Home::new());
    assert_eq!(backup(&process.home().data(), &target).await.status.code(), Some(0), "without a server too");
    super::durability::flip(&target.join("journal"), "this is to be kept.");
    let refused = restore(&target, &home.data()).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = complained(&refused);
    assert!(said.contains("00000000000000000001.log") && said.contains("changed"), "it names the file: {said}");
    assert!(!home.data().exists(), "nothing is left behind");
    let said = complained(&backup(&process.home().data(), &target).await);
    assert!(said.contains("is there already"), "{said}");
}

#[tokio::test]
async fn what_is_exported_can_be_imported_and_talked_on() {
    let mut process = Process::start(&[]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    let joined = alice.join(GREEN).await;
    let body = "“quoted”,\nover two lines, and a \u{1f33f} ";
    let ack = alice.says(GREEN, body).await;
    let token = alice.token().to_owned();
    let data = process.home().data();
    let refused = run(&["export"], &data).await;
    assert!(refused.status.code() == Some(1) && complained(&refused).contains("stop that one"));
    let whole = alice.whole_history(GREEN).await;
    process.terminate().await;

    let file = process.home().path().join("export.jsonl");
    let exported = run(&["export", "--with-secrets"], &data).await;
    assert_eq!(exported.status.code(), Some(0), "{}", complained(&exported));
    std::fs::write(&file, &exported.stdout).unwrap();
    for line in printed(&exported).lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    let home = Home::new();
    let imported = run(&["import", file.to_str().expect("text")], &home.data()).await;
    assert_eq!(imported.status.code(), Some(0), "{}", complained(&imported));
    assert!(printed(&imported).contains("1 users, 1 rooms, 1 messages"), "{}", printed(&imported));
    assert_eq!(run(&["check"], &home.data()).await.status.code(), Some(0));

    let other = Process::start_in(home, &[]).await;
    let mut alice = Guest::come_back(&other, &token).await;
    assert_eq!(alice.whole_history(GREEN).await, whole, "ids, places, times and bodies are the same");
    assert!(alice.resume(GREEN, 1, &joined).await.reset, "it is another life of the log");
    assert_eq!(alice.says_as(GREEN, ack.id, body).await.seq, Seq(1));
    assert_eq!(alice.says(GREEN, "on we go").await.seq, Seq(2));

    let cut = printed(&exported).lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
    std::fs::write(&file, cut).unwrap();
    let home = Home::new();
    let refused = run(&["import", file.to_str().expect("text")], &home.data()).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(complained(&refused).contains("after line 2 there should be more"), "{}", complained(&refused));
    assert!(!home.data().exists(), "nothing is left behind");
}
