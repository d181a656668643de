use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use greenroom_protocol::limits::UNANSWERED_COMMANDS;
use greenroom_protocol::{Command, MessageId, Seq};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::lab::{arm, balances, find, hurt, restarts, tree};
use crate::support::{ATTIC, GREEN, Guest, Host as _, Process, Server, said, until};

#[tokio::test]
async fn a_room_that_stands_still_holds_no_more_than_each_socket_may_have_under_way() {
    const SENDS: usize = 1_000;
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    let session = alice.actor();
    hurt(&server, "hang", "room:green").await;
    let pouring = tokio::spawn(async move {
        let long = "x".repeat(1_000);
        for n in 0..SENDS {
            alice.tell(said(GREEN, MessageId::new(), &format!("{n} {long}"))).await;
        }
        alice
    });
    let mut most = 0;
    let mailbox =
        |tree: &serde_json::Value, name: &str| find(tree, name).map_or(0, |actor| actor["mailbox"].as_u64().unwrap());
    let ended = async || {
        let tree = tree(&server).await;
        most = most.max(mailbox(&tree, "room:green") + mailbox(&tree, &session));
        restarts(&tree, "room:green")
    };
    until("the watchdog to end the room", ended, |restarts| *restarts == 1).await;
    let bound = UNANSWERED_COMMANDS as u64;
    // A few of what a room tells itself wait there, too.
    assert!((bound / 2..bound + 8).contains(&most), "{most} waited, where {bound} commands may be under way");
    bob.log_up_to(GREEN, SENDS as u64).await;
    assert!(pouring.await.unwrap().is_connected(), "whoever pours feels it, and is not sent away");
    balances(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_green_roars_attic_answers_as_ever() {
    let server = Server::start().await;
    let enough = Arc::new(AtomicBool::new(false));
    let mut crowd = Vec::new();
    for name in ["Bob", "Carol", "Dave", "Eve"] {
        let mut guest = Guest::enter(&server, name).await;
        guest.join(GREEN).await;
        let enough = Arc::clone(&enough);
        crowd.push(tokio::spawn(async move {
            let mut said = 0;
            while !enough.load(Ordering::Relaxed) {
                said += guest.says_many(GREEN, (0..64).map(|n| n.to_string())).await.len();
            }
            said
        }));
    }
    let roars = async || server.look(GREEN).await.map_or(0, |room| room.ledger.posts.accepted);
    until("Green to roar", roars, |accepted| *accepted > 500).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(ATTIC).await;
    let mut slowest = Duration::ZERO;
    for n in 0..50 {
        let begun = Instant::now();
        alice.says(ATTIC, &n.to_string()).await;
        slowest = slowest.max(begun.elapsed());
    }
    enough.store(true, Ordering::Relaxed);
    let mut said = 0;
    for guest in crowd {
        said += guest.await.unwrap();
    }
    assert!(said > 1_000, "it did roar: {said}");
    assert!(slowest < Duration::from_secs(1), "the slowest answer in Attic took {slowest:?}");
}

#[tokio::test]
async fn a_slow_disk_holds_up_what_is_said_and_nothing_else() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.says(GREEN, "quick").await;
    arm(&server, "journal.sync", "delay", 1).await;
    let begun = Instant::now();
    let slow = MessageId::new();
    alice.tell(said(GREEN, slow, "slow")).await;
    let mut pings = Vec::new();
    let pinging = async {
        loop {
            let asked = Instant::now();
            bob.ask(Command::Ping).await;
            bob.history(GREEN, |_| ()).await;
            pings.push(asked.elapsed());
        }
    };
    tokio::select! {
        ack = alice.acked(slow) => assert_eq!(ack.seq, Seq(2)),
        () = pinging => unreachable!("it never ends"),
    }
    assert!(begun.elapsed() >= Duration::from_secs(2), "the disk was slow");
    let slowest = pings.iter().max().expect("some");
    assert!(pings.len() > 20 && *slowest < Duration::from_millis(500), "{} answers, up to {slowest:?}", pings.len());
    balances(&server).await;
}

/// What the program may open in all.
const FILES: usize = 128;

#[tokio::test]
async fn where_no_file_is_left_newcomers_wait_and_everybody_else_goes_on() {
    let limited = ["sh", "-c", &format!("ulimit -n {FILES} && exec \"$0\" \"$@\"")];
    let server = Process::start_by(&limited, &[]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..300).map(|n| n.to_string())).await;

    let mut idle = Vec::new();
    for _ in 0..FILES {
        // The system takes connections in before the program does, though not many.
        idle.push(TcpStream::connect(server.address()).await.unwrap());
    }
    let waits = || server.log().matches("a connection can't be accepted").count();
    until("no file to be left", async || waits(), |waits| *waits > 0).await;
    assert!(server.open_files() >= FILES);
    alice.says_many(GREEN, (300..400).map(|n| n.to_string())).await;
    let oldest = alice.history(GREEN, |ask| (ask.after, ask.limit) = (Some(Seq::ZERO), Some(10))).await;
    assert!(oldest.events.iter().all(|event| event.message().is_some()), "what is on the disk can be read");
    alice.join(ATTIC).await;
    alice.says(ATTIC, "a new room").await;

    let (begun, computed, before) = (Instant::now(), server.computed(), waits());
    until("a second to measure", async || begun.elapsed(), |passed| *passed > Duration::from_secs(1)).await;
    let tries = waits() - before;
    assert!((2..60).contains(&tries), "it tries now and then, and not {tries} times a second");
    let share = (server.computed() - computed).as_secs_f64() / begun.elapsed().as_secs_f64();
    assert!(share < 0.2, "it spins: {share:.2} of a core");
    assert!(server.open_files() >= FILES, "and there was none left all the time");

    drop(idle);
    let mut bob = Guest::enter(&server, "Bob").await;
    assert_eq!(bob.join(GREEN).await.last_seq, Seq(400));
}
