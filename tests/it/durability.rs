use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greenroom_protocol::{Ack, Event, MessageId, Seq};

use crate::support::{Ending, GREEN, Guest, Process, Steady, said};

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
