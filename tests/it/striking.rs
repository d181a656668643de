use greenroom_protocol::{Command, ErrorCode, History, Join, MessageId, Seq, ServerFrame};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::lab::{arm, balances, count, lab, restarts, tree};
use crate::support::{ATTIC, Ending, GREEN, Guest, Process, bodies, room, said, until};

#[tokio::test]
async fn a_socket_whose_task_panics_is_cut_off_and_its_person_is_seen_to_go() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut mallory) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Mallory").await);
    alice.join(GREEN).await;
    mallory.join(GREEN).await;
    alice.sees("Mallory to come", |seen| seen.joined.contains(mallory.user())).await;
    arm(&server, "socket.frame", "panic", 1).await;
    mallory.tell(said(GREEN, MessageId::new(), "never heard")).await;
    assert_eq!(mallory.ended().await, Ending::Cut);
    alice.sees("Mallory to go", |seen| seen.left.contains(mallory.user())).await;
    assert_eq!(count(&tree(&server).await, "session:"), 1, "no actor is left of her");
    let mut mallory = mallory.again(&server).await;
    mallory.join(GREEN).await;
    assert_eq!(mallory.says(GREEN, "heard").await.seq.0, 1);
    assert!(alice.is_connected());
    balances(&server).await;
}

#[tokio::test]
async fn whoever_s_frames_can_t_be_written_is_cut_off_and_others_are_written_to_as_ever() {
    let server = Process::start(&["--lab"]).await;
    let mut mallory = Guest::enter(&server, "Mallory").await;
    mallory.join(ATTIC).await;
    arm(&server, "socket.write", "panic", 1).await;
    let id = MessageId::new();
    mallory.tell(said(ATTIC, id, "once")).await;
    // It struck the answer, or whatever she was told before.
    assert_eq!(mallory.ended().await, Ending::Cut);
    // Some of them have the same writer.
    for (name, seq) in ["Alice", "Bob", "Carol", "Dave"].into_iter().zip(1..) {
        let mut guest = Guest::enter(&server, name).await;
        guest.join(GREEN).await;
        assert_eq!(guest.says(GREEN, name).await.seq.0, seq);
    }
    let mut mallory = mallory.again(&server).await;
    mallory.join(ATTIC).await;
    assert_eq!(mallory.says_as(ATTIC, id, "once").await.seq.0, 1);
    assert_eq!(bodies(&mallory.whole_history(ATTIC).await), ["once"]);
    balances(&server).await;
}

#[tokio::test]
async fn a_room_that_dies_while_it_tells_people_tells_each_of_them_once() {
    let server = Process::start(&["--lab"]).await;
    let mut people = Vec::new();
    for name in ["Alice", "Bob", "Carol", "Dave"] {
        let mut guest = Guest::enter(&server, name).await;
        guest.join(GREEN).await;
        people.push(guest);
    }
    let deaths = people.len() as u64;
    for told in 0..deaths {
        let fault = json!({ "point": "room.fan_out", "strike": "panic", "after": told, "times": 1 });
        assert_eq!(lab(&server, "fault", fault).await, StatusCode::ACCEPTED);
        assert_eq!(people[0].says(GREEN, &format!("it dies with {told} told")).await.seq.0, told + 1);
    }
    for guest in &mut people {
        guest.log_up_to(GREEN, deaths).await;
        guest.is_heard().await;
        assert_eq!(guest.log(GREEN).len() as u64, deaths, "{} was told each once", guest.user().name);
    }
    assert_eq!(restarts(&tree(&server).await, "room:green"), deaths, "it died each time");
    balances(&server).await;
}

/// More than a living room has in memory, so that the oldest are read from the disk.
const LONG_AGO: usize = 300;

async fn asks_for_the_oldest(guest: &mut Guest) -> ServerFrame {
    let oldest = History { room: room(GREEN), before: None, after: Some(Seq::ZERO), limit: Some(10) };
    guest.ask(Command::History(oldest)).await
}

#[tokio::test]
async fn a_read_that_panics_is_refused_and_the_next_one_is_answered() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..LONG_AGO).map(|n| n.to_string())).await;
    let refused = loop {
        // Another read that is under way may be struck instead.
        arm(&server, "store.read", "panic", 1).await;
        if let ServerFrame::Error(error) = asks_for_the_oldest(&mut alice).await {
            break error;
        }
    };
    assert_eq!(refused.code, ErrorCode::Unavailable, "{}", refused.message);
    let answered = async || matches!(asks_for_the_oldest(&mut alice).await, ServerFrame::History(_));
    until("an answer", answered, |answered| *answered).await;
    assert_eq!(alice.says(GREEN, "on we go").await.seq.0, LONG_AGO as u64 + 1);
    assert_eq!(restarts(&tree(&server).await, "store"), 0, "the store itself felt nothing");
    balances(&server).await;
}

/// Alice has said "before" in Green, which nobody has entered since the server was started again.
async fn alice_before_a_room_that_sleeps() -> (Process, Guest) {
    let mut server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "before").await;
    server.terminate().await;
    let server = server.restart().await;
    let alice = alice.again(&server).await;
    (server, alice)
}

#[tokio::test]
async fn whoever_comes_to_a_room_that_cannot_be_read_yet_is_let_in_once_it_can() {
    let (server, mut alice) = alice_before_a_room_that_sleeps().await;
    let mut bob = Guest::enter(&server, "Bob").await;
    bob.join(ATTIC).await;
    arm(&server, "store.read", "panic", 3).await;
    alice.tell(Command::Join(Join { room: room(GREEN), since: None, epoch: None, limit: None })).await;
    assert_eq!(bob.says(ATTIC, "elsewhere").await.seq.0, 1);
    let come_in =
        |frame: &ServerFrame| if let ServerFrame::Joined(joined) = frame { Some(joined.clone()) } else { None };
    let joined = alice.hears_frame("to be let in", come_in).await;
    assert_eq!(bodies(&joined.events), ["before"]);
    assert!(server.log().contains("the room can't be read yet"), "it was tried in vain");
    assert_eq!(restarts(&tree(&server).await, "room:green"), 0);
    balances(&server).await;
}

#[tokio::test]
async fn whoever_comes_to_a_room_that_stays_unreadable_is_told_so_and_may_come_again() {
    let (server, mut alice) = alice_before_a_room_that_sleeps().await;
    // Each try to open the room reads once, and whoever waits has patience for nine that fail.
    arm(&server, "store.read", "panic", 10).await;
    let join = Join { room: room(GREEN), since: None, epoch: None, limit: None };
    let refused = alice.refused(Command::Join(join)).await;
    assert_eq!(refused.code, ErrorCode::Unavailable);
    assert!(refused.retry_after_ms.is_some());
    let joined = alice.join(GREEN).await;
    assert_eq!(bodies(&joined.events), ["before"]);
    balances(&server).await;
}

#[tokio::test]
async fn reads_that_stand_still_hold_up_other_reads_and_no_message() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..LONG_AGO).map(|n| n.to_string())).await;
    bob.join(GREEN).await;
    // As many as are read at once.
    arm(&server, "store.read", "delay", 8).await;
    let reads = (0..8).map(|_| History { room: room(GREEN), before: None, after: Some(Seq::ZERO), limit: Some(10) });
    let mut asked = Vec::new();
    for read in reads {
        asked.push(bob.tell(Command::History(read)).await);
    }
    alice.says(GREEN, "meanwhile").await;
    let answered = |guest: &Guest| {
        let answers = guest.heard();
        answers.iter().filter(|frame| matches!(frame, ServerFrame::History(_))).count()
    };
    assert_eq!(answered(&bob), 0, "they stand still");
    until("all to be answered", async || answered(&bob), |count| *count == asked.len()).await;
    balances(&server).await;
}
