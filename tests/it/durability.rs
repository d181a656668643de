use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greenroom_protocol::{Ack, Event, MessageId, Seq};

use crate::support::{Ending, GREEN, Guest, Home, Host, Process, Steady, bodies, greenroom, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_of_four_people_outlive_a_stop_and_a_kill() {
    const EACH: usize = 2_500;
    const ALL: u64 = 10_000;
    let mut process = Process::start(&[]).await;
    let mut people = Vec::new();
    for name in ["Alice", "Bob", "Carol", "Dave"] {
        let mut guest = Guest::enter(&process, name).await;
        guest.join(GREEN).await;
        people.push(guest);
    }
    let talks: Vec<_> = people
        .into_iter()
        .map(|mut guest| {
            tokio::spawn(async move {
                let name = guest.user().name.clone();
                let acks = guest.says_many(GREEN, (0..EACH).map(|n| format!("{name} {n}"))).await;
                let log = guest.log_up_to(GREEN, ALL).await;
                (guest, acks, log)
            })
        })
        .collect();
    let mut told = Vec::new();
    for talk in talks {
        told.push(talk.await.unwrap());
    }
    let log = told[0].2.clone();
    assert_eq!(log.len() as u64, ALL);
    for (guest, acks, seen) in &told {
        assert_eq!(*seen, log, "{} sees the same order", guest.user().name);
        each_is_there_once(acks, &log);
    }
    let token = told[0].0.token().to_owned();

    let (status, _) = process.terminate().await;
    assert!(status.success(), "{status}: {}", process.log());
    let mut process = process.restart().await;
    is_all_there(&process, &token, &log, &told[0].1).await;

    process.kill_9().await;
    let process = process.restart().await;
    is_all_there(&process, &token, &log, &told[0].1).await;
}

/// Each acknowledged message is in the log, where the ack says, and nowhere else.
fn each_is_there_once(acks: &[Ack], log: &[Event]) {
    let mut places: HashMap<MessageId, Vec<Seq>> = HashMap::new();
    for message in log.iter().filter_map(Event::message) {
        places.entry(message.id).or_default().push(message.seq);
    }
    for ack in acks {
        assert_eq!(places.get(&ack.id).map(Vec::as_slice), Some(&[ack.seq][..]));
    }
}

async fn is_all_there(process: &Process, token: &str, log: &[Event], acks: &[Ack]) {
    let mut alice = Guest::come_back(process, token).await;
    alice.join(GREEN).await;
    let there = alice.whole_history(GREEN).await;
    assert!(there == log, "{} events, {} before", there.len(), log.len());
    // The same id again gets the first place, for the oldest message as for the newest.
    for ack in [&acks[0], &acks[acks.len() - 1]] {
        let body = log[ack.seq.0 as usize - 1].message().expect("a message").body.as_str();
        let again = alice.says_as(GREEN, ack.id, body).await;
        assert_eq!((again.seq, again.at), (ack.seq, ack.at));
    }
    let next = alice.history(GREEN, |ask| ask.after = Some(Seq(log.len() as u64))).await;
    assert!(next.events.is_empty(), "asking again made nothing new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed_while_people_talk() {
    let mut process = Process::start(&[]).await;
    let mut dave = Steady::enter(&process, "Dave", GREEN).await;
    let enough = Arc::new(AtomicBool::new(false));
    let mut steadies = Vec::new();
    for name in ["Alice", "Bob", "Carol"] {
        steadies.push(Steady::enter(&process, name, GREEN).await);
    }
    let talkers = steadies.into_iter().map(|mut steady| {
        let stop = Arc::clone(&enough);
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                steady.says_many(16).await;
            }
            steady
        })
    });
    let talkers: Vec<_> = talkers.collect();
    for _ in 0..3 {
        let heard = dave.log().len() as u64;
        dave.hears_up_to(heard + 150).await;
        process.kill_9().await;
        process = process.restart().await;
    }
    let heard = dave.log().len() as u64;
    dave.hears_up_to(heard + 150).await;
    enough.store(true, Ordering::Relaxed);

    let mut all = vec![dave];
    for talker in talkers {
        all.push(talker.await.unwrap());
    }
    let said: usize = all.iter().map(|steady| steady.acks.len()).sum();
    for steady in &mut all {
        steady.hears_up_to(said as u64).await;
    }
    let mut reader = Guest::enter(&process, "Eve").await;
    let log = reader.whole_history(GREEN).await;
    assert_eq!(log.len(), said, "whatever was not acknowledged was said again, and is there once");
    for steady in &all {
        assert!(steady.log() == log, "{} was told the same before and after", steady.user().name);
        assert!(steady.endings.len() >= 3, "each kill was felt: {:?}", steady.endings);
        each_is_there_once(&steady.acks, &log);
    }
}

#[tokio::test]
async fn relaxed_durability_survives_a_kill_too() {
    let mut process = Process::start(&["--durability", "relaxed"]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    alice.join(GREEN).await;
    let acks = alice.says_many(GREEN, (0..200).map(|n| n.to_string())).await;
    let token = alice.token().to_owned();
    process.kill_9().await;
    assert_eq!(alice.ended().await, Ending::Cut);
    let process = process.restart().await;
    let mut alice = Guest::come_back(&process, &token).await;
    each_is_there_once(&acks, &alice.whole_history(GREEN).await);
}

#[tokio::test]
async fn what_is_under_way_when_the_server_drains_is_answered_before_the_goodbye() {
    let mut process = Process::start(&[]).await;
    let (mut alice, bob) = (Guest::enter(&process, "Alice").await, Guest::enter(&process, "Bob").await);
    alice.join(GREEN).await;
    let mut ids = Vec::new();
    for n in 0..20 {
        let id = MessageId::new();
        alice.tell(said(GREEN, id, &n.to_string())).await;
        ids.push(id);
    }
    let first = alice.acked(ids[0]).await;
    let (status, rest) = process.terminate().await;
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""), "{}", process.log());
    assert_eq!((alice.closed().await, bob.closed().await), (1001, 1001));
    let mut acks = vec![first];
    for id in &ids[1..] {
        // Those that the server had not read when it began to drain were never taken.
        acks.extend(alice.try_acked(*id).await);
    }
    let token = alice.token().to_owned();
    let process = process.restart().await;
    let mut alice = Guest::come_back(&process, &token).await;
    let log = alice.whole_history(GREEN).await;
    each_is_there_once(&acks, &log);
    assert_eq!(log.len(), acks.len(), "what was stored was acknowledged");
}

/// Files and directories below a directory.
fn entries(dir: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries.flatten().map(|entry| 1 + entries_of(&entry.path())).sum()
}

fn entries_of(path: &Path) -> usize {
    if path.is_dir() { entries(path) } else { 0 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_is_killed_anywhere_is_a_first_start_again() {
    let whole = Process::start(&[]).await;
    let all = entries(&whole.home().data());
    assert!(all > 5, "a start makes {all} things on the disk");
    for enough in 0..all {
        let home = Home::new();
        let mut first = greenroom();
        first.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(home.data());
        let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while entries(&home.data()) < enough {
            assert!(first.try_wait().unwrap().is_none(), "it runs until it is killed");
            tokio::task::yield_now().await;
        }
        first.kill().await.unwrap();
        let process = Process::start_in(home, &[]).await;
        let mut alice = Guest::enter(&process, "Alice").await;
        alice.join(GREEN).await;
        assert_eq!(alice.says(GREEN, "the first word").await.seq, Seq(1), "after {enough} of {all}");
    }
}

/// Copies a file, or a directory with all that is in it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return std::fs::copy(from, to).map(drop);
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_made_while_people_talk_has_all_that_was_acknowledged_before() {
    let process = Process::start(&[]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    let joined = alice.join(GREEN).await;
    let token = alice.token().to_owned();
    let before = alice.says_many(GREEN, (0..500).map(|n| n.to_string())).await;
    let enough = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&enough);
    let talking = tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            alice.says_many(GREEN, (0..16).map(|n| n.to_string())).await;
        }
        alice
    });
    let home = Home::new();
    std::fs::create_dir_all(home.data()).unwrap();
    // What says how far the journal must reach goes before the journal; the index is made again.
    for part in ["floor", "format", "secret", "journal"] {
        copy(&process.home().data().join(part), &home.data().join(part)).unwrap();
    }
    enough.store(true, Ordering::Relaxed);
    let mut alice = talking.await.unwrap();
    alice.says_many(GREEN, (0..50).map(|n| n.to_string())).await;
    let whole = alice.whole_history(GREEN).await;

    let other = Process::start_in(home, &[]).await;
    let mut alice = Guest::come_back(&other, &token).await;
    let copied = alice.whole_history(GREEN).await;
    assert!(copied.len() < whole.len(), "the talk went on after the copy");
    assert_eq!(copied, whole[..copied.len()], "the copy is a beginning of the whole");
    each_is_there_once(&before, &copied);
    let back = alice.resume(GREEN, whole.len() as u64, &joined).await;
    assert!(back.reset, "whoever holds more than the copy begins anew");
}

#[tokio::test]
async fn a_disk_with_a_flipped_bit_costs_that_message_and_no_other() {
    let mut process = Process::start(&[]).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..20).map(|n| format!("this is number {n}."))).await;
    let token = alice.token().to_owned();
    let (status, _) = process.terminate().await;
    assert!(status.success());
    flip(&process.home().data().join("journal"), "this is number 7.");
    let process = process.restart().await;
    let mut alice = Guest::come_back(&process, &token).await;
    let log = alice.whole_history(GREEN).await;
    assert_eq!(log.len(), 20, "each keeps its place");
    assert!(matches!(&log[7], Event::Unreadable { seq: Seq(8), .. }), "it is said to be lost: {:?}", log[7]);
    assert_eq!(bodies(&log).len(), 19);
    let health: serde_json::Value = reqwest::get(process.url("/api/health")).await.unwrap().json().await.unwrap();
    assert_eq!(health["store"]["damaged"], 1, "{health}");
    alice.join(GREEN).await;
    assert_eq!(alice.says(GREEN, "on we go").await.seq, Seq(21));
}

/// Flips a bit of the first of these words, wherever in a directory they are.
pub(crate) fn flip(dir: &Path, words: &str) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        let mut bytes = std::fs::read(&path).expect("a file");
        if let Some(place) = bytes.windows(words.len()).position(|window| window == words.as_bytes()) {
            bytes[place] ^= 1;
            return std::fs::write(&path, bytes).expect("a file that can be written");
        }
    }
    panic!("{words:?} are not in {dir:?}");
}
