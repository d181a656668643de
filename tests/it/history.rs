use greenroom_protocol::{Command, ErrorCode, History, Join, Seq};

use crate::support::{ATTIC, GREEN, Guest, Server, bodies, room, seqs};

/// A server with so many messages in Green, and Alice who said them.
async fn with_messages(count: usize) -> (Server, Guest) {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let acks = alice.says_many(GREEN, (1..=count).map(|n| n.to_string())).await;
    assert_eq!(acks.last().map(|ack| ack.seq), Some(Seq(count as u64)));
    (server, alice)
}

fn range(first: u64, last: u64) -> Vec<u64> {
    (first..=last).collect()
}

#[tokio::test]
async fn the_past_can_be_paged_through_both_ways() {
    let (_server, mut alice) = with_messages(450).await;
    let newest = alice.history(GREEN, |_| ()).await;
    assert_eq!((seqs(&newest.events), newest.more), (range(401, 450), true), "fifty where no limit is named");
    assert_eq!(newest.first_seq, Seq(1));

    let mut backwards = Vec::new();
    let mut before = None;
    loop {
        let page = alice.history(GREEN, |ask| (ask.before, ask.limit) = (before, Some(70))).await;
        assert!(seqs(&page.events).is_sorted(), "oldest first, in either direction");
        before = page.events.first().map(|event| event.seq());
        backwards.splice(0..0, page.events);
        if !page.more {
            break;
        }
    }
    assert_eq!(seqs(&backwards), range(1, 450));
    assert_eq!(alice.whole_history(GREEN).await, backwards, "forwards and backwards are the same past");
}

#[tokio::test]
async fn a_page_has_at_most_two_hundred_events_and_ends_where_the_log_does() {
    let (_server, mut alice) = with_messages(300).await;
    let page = alice.history(GREEN, |ask| ask.limit = Some(1_000_000)).await;
    assert_eq!((seqs(&page.events), page.more), (range(101, 300), true));
    let page = alice.history(GREEN, |ask| (ask.before, ask.limit) = (Some(Seq(3)), Some(10))).await;
    assert_eq!((seqs(&page.events), page.more), (range(1, 2), false));
    let page = alice.history(GREEN, |ask| (ask.after, ask.limit) = (Some(Seq(290)), Some(10))).await;
    assert_eq!((seqs(&page.events), page.more), (range(291, 300), false));
    let page = alice.history(GREEN, |ask| ask.after = Some(Seq(300))).await;
    assert_eq!((page.events.len(), page.more), (0, false));
    let page = alice.history(GREEN, |ask| ask.before = Some(Seq(1))).await;
    assert_eq!((page.events.len(), page.more), (0, false));
    let page = alice.history(GREEN, |ask| ask.after = Some(Seq(u64::MAX))).await;
    assert_eq!((page.events.len(), page.more), (0, false));
    let page = alice.history(GREEN, |ask| (ask.before, ask.limit) = (Some(Seq(u64::MAX)), Some(1))).await;
    assert_eq!((seqs(&page.events), page.more), (range(300, 300), true));
}

#[tokio::test]
async fn a_page_of_long_messages_stops_before_it_is_too_large() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..60).map(|n| format!("{n:02} {}", "x".repeat(7_900)))).await;
    let page = alice.history(GREEN, |ask| ask.limit = Some(60)).await;
    let bytes: usize = bodies(&page.events).iter().map(|body| body.len()).sum();
    assert!(page.more && bytes <= 128 * 1024 && bytes > 64 * 1024, "{bytes} bytes, more: {}", page.more);
    assert_eq!(seqs(&page.events).last(), Some(&60));
    assert_eq!(seqs(&alice.whole_history(GREEN).await), range(1, 60));
}

#[tokio::test]
async fn the_past_of_an_open_room_can_be_read_without_joining() {
    let (server, alice) = with_messages(3).await;
    let mut bob = Guest::enter(&server, "Bob").await;
    assert_eq!(bodies(&bob.history(GREEN, |_| ()).await.events), ["1", "2", "3"]);
    drop(alice);
}

#[tokio::test]
async fn a_room_that_does_not_exist_has_no_history() {
    let (_server, mut alice) = with_messages(1).await;
    let history = History { room: room(ATTIC), before: None, after: None, limit: None };
    assert_eq!(alice.refused(Command::History(history)).await.code, ErrorCode::NotFound);
    alice.join(ATTIC).await;
    assert!(alice.history(ATTIC, |_| ()).await.events.is_empty());
}

#[tokio::test]
async fn before_and_after_together_are_refused() {
    let (_server, mut alice) = with_messages(1).await;
    let history = History { room: room(GREEN), before: Some(Seq(2)), after: Some(Seq(0)), limit: None };
    assert_eq!(alice.refused(Command::History(history)).await.code, ErrorCode::Invalid);
    alice.is_heard().await;
}

#[tokio::test]
async fn whoever_joins_gets_as_many_of_the_newest_as_they_ask_for() {
    let (server, _alice) = with_messages(250).await;
    for (limit, first) in [(None, 201), (Some(3), 248), (Some(1_000), 51)] {
        let mut bob = Guest::enter(&server, "Bob").await;
        let joined = bob.join_as(Join { room: room(GREEN), since: None, epoch: None, limit }).await;
        assert_eq!(seqs(&joined.events), range(first, 250));
        assert_eq!((joined.last_seq, joined.reset, joined.more), (Seq(250), false, false));
    }
    let mut bob = Guest::enter(&server, "Bob").await;
    let joined = bob.join_as(Join { room: room(GREEN), since: None, epoch: None, limit: Some(0) }).await;
    assert!(joined.events.is_empty() && !joined.more);
    assert_eq!(bob.says(GREEN, "251").await.seq, Seq(251));
    assert_eq!(seqs(&bob.log_up_to(GREEN, 251).await), [251]);
}
