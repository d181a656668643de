use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greenroom_protocol::{Epoch, Event, Join, Seq, ServerFrame};

use crate::support::{ATTIC, GREEN, Guest, Server, bodies, room, seqs};

fn numbers(range: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = String> {
    range.map(|n| n.to_string())
}

#[tokio::test]
async fn whoever_comes_back_gets_exactly_what_they_missed() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    let earlier = bob.join(GREEN).await;
    alice.says_many(GREEN, numbers(1..=5)).await;
    bob.log_up_to(GREEN, 5).await;

    let token = bob.token().to_owned();
    bob.goes().await;
    alice.says_many(GREEN, numbers(6..=9)).await;
    let mut bob = Guest::come_back(&server, &token).await;
    let joined = bob.resume(GREEN, 5, &earlier).await;
    assert_eq!(bodies(&joined.events), ["6", "7", "8", "9"]);
    assert_eq!((joined.last_seq, joined.reset, joined.more, joined.epoch), (Seq(9), false, false, earlier.epoch));
    alice.says(GREEN, "10").await;
    assert_eq!(seqs(&bob.log_up_to(GREEN, 10).await), [6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn whoever_missed_nothing_gets_nothing() {
    let mut server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let earlier = alice.join(GREEN).await;
    alice.says_many(GREEN, numbers(1..=3)).await;
    let joined = alice.resume(GREEN, 3, &earlier).await;
    assert!(joined.events.is_empty() && !joined.reset && !joined.more, "on the same socket");

    let token = alice.token().to_owned();
    server.restart().await;
    let mut alice = Guest::come_back(&server, &token).await;
    let joined = alice.resume(GREEN, 3, &earlier).await;
    assert!(joined.events.is_empty() && !joined.reset && !joined.more, "after a restart of the server");
    assert_eq!(joined.epoch, earlier.epoch, "a restart is not another life of the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_or_doubled_by_coming_back_while_others_talk() {
    const VISITS: usize = 40;
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let first = alice.join(GREEN).await;
    let mut bob = Guest::enter(&server, "Bob").await;
    let token = bob.token().to_owned();
    bob.join(GREEN).await;
    bob.goes().await;

    let enough = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&enough);
    let talk = tokio::spawn(async move {
        let mut said = 0;
        while !stop.load(Ordering::Relaxed) {
            said = alice.says_many(GREEN, numbers(said + 1..=said + 20)).await.last().map_or(said, |ack| ack.seq.0);
        }
        said
    });

    // Each visit goes on where the last one ended, and hears a few live events before it ends in one of two ways.
    let (mut held, mut live): (Vec<Event>, usize) = (Vec::new(), 0);
    for visit in 0..VISITS {
        let since = held.last().map_or(0, |event| event.seq().0);
        bob = Guest::come_back(&server, &token).await;
        let joined = bob.resume(GREEN, since, &first).await;
        assert!(!joined.reset, "visit {visit} is not far behind");
        let log = bob.log_up_to(GREEN, joined.last_seq.0 + 15).await;
        assert_eq!(log.first().map(|event| event.seq().0), Some(since + 1), "visit {visit} begins where it should");
        live += bob.heard().iter().filter(|frame| matches!(frame, ServerFrame::Message(_))).count();
        held.extend(log);
        if visit % 2 == 0 { bob.goes().await } else { bob.vanishes() }
    }
    enough.store(true, Ordering::Relaxed);
    let said = talk.await.unwrap();
    assert!(live > VISITS, "people talked meanwhile: {live} live events");
    let expected: Vec<u64> = (1..=held.len() as u64).collect();
    assert_eq!(seqs(&held), expected);
    assert!(held.len() as u64 <= said);
}

#[tokio::test]
async fn a_long_gap_comes_in_pages_and_then_the_talk_goes_on() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let earlier = alice.join(GREEN).await;
    alice.says_many(GREEN, numbers(1..=700)).await;

    let mut bob = Guest::enter(&server, "Bob").await;
    let joined = bob.resume(GREEN, 40, &earlier).await;
    assert_eq!((seqs(&joined.events), joined.reset, joined.more), ((41..=240).collect(), false, true));
    alice.says(GREEN, "701").await;
    assert_eq!(seqs(&bob.log_up_to(GREEN, 701).await), (41..=701).collect::<Vec<_>>());
    let heard = bob.heard();
    let pages = heard.iter().filter_map(|frame| if let ServerFrame::Events(page) = frame { Some(page) } else { None });
    let more: Vec<bool> = pages.map(|page| page.more).collect();
    assert!(more.len() >= 3 && more.iter().rev().skip(1).all(|more| *more) && more.last() == Some(&false), "{more:?}");
}

#[tokio::test]
async fn whoever_is_too_far_behind_begins_anew() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let earlier = alice.join(GREEN).await;
    alice.says_many(GREEN, numbers(1..=1_100)).await;

    let mut bob = Guest::enter(&server, "Bob").await;
    let joined = bob.resume(GREEN, 100, &earlier).await;
    assert!(!joined.reset, "a thousand events are not too many");
    assert_eq!(seqs(&bob.log_up_to(GREEN, 1_100).await), (101..=1_100).collect::<Vec<_>>());

    let mut carol = Guest::enter(&server, "Carol").await;
    let joined = carol.resume(GREEN, 99, &earlier).await;
    assert!(joined.reset && !joined.more, "one more is too many");
    assert_eq!(seqs(&joined.events).last(), Some(&1_100), "it gets the newest");
    alice.says(GREEN, "on we go").await;
    carol.hears("on we go").await;
    assert!(!carol.log(GREEN).is_empty());
}

#[tokio::test]
async fn whoever_is_ahead_of_the_room_or_of_another_epoch_begins_anew() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let earlier = alice.join(GREEN).await;
    alice.says_many(GREEN, numbers(1..=3)).await;

    let mut bob = Guest::enter(&server, "Bob").await;
    let ahead = bob.resume(GREEN, 4, &earlier).await;
    assert_eq!((ahead.reset, seqs(&ahead.events)), (true, vec![1, 2, 3]));

    let mut carol = Guest::enter(&server, "Carol").await;
    let other = Join { room: room(GREEN), since: Some(Seq(2)), epoch: Some(Epoch::new()), limit: None };
    let other = carol.join_as(other).await;
    assert_eq!((other.reset, seqs(&other.events)), (true, vec![1, 2, 3]));
    assert_eq!(other.epoch, earlier.epoch, "it is told the right one");
}

#[tokio::test]
async fn whoever_resumes_from_anywhere_gets_what_they_miss_or_begins_anew_and_nothing_of_another_room() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let (green, attic) = (alice.join(GREEN).await, alice.join(ATTIC).await);
    alice.says_many(GREEN, numbers(1..=5)).await;
    alice.says_many(ATTIC, (1..=9).map(|n| format!("attic {n}"))).await;
    assert_ne!(green.epoch, attic.epoch, "each log has a life of its own");
    let whole = [1, 2, 3, 4, 5];
    for (since, epoch, reset, missed) in [
        (0, Some(green.epoch), false, &whole[..]),
        (3, Some(green.epoch), false, &whole[3..]),
        (5, Some(green.epoch), false, &[]),
        (6, Some(green.epoch), true, &whole[..]),
        (u64::MAX, Some(green.epoch), true, &whole[..]),
        (3, Some(attic.epoch), true, &whole[..]),
        (9, Some(attic.epoch), true, &whole[..]),
        (0, Some(attic.epoch), true, &whole[..]),
        (u64::MAX, Some(Epoch::new()), true, &whole[..]),
        (3, None, false, &whole[3..]),
        (9, None, true, &whole[..]),
    ] {
        let mut bob = Guest::enter(&server, "Bob").await;
        let join = Join { room: room(GREEN), since: Some(Seq(since)), epoch, limit: None };
        let joined = bob.join_as(join).await;
        assert_eq!((joined.reset, seqs(&joined.events)), (reset, missed.to_vec()), "{since} {epoch:?}");
        assert!(!bodies(&joined.events).iter().any(|body| body.contains("attic")), "{:?}", joined.events);
        assert_eq!((joined.epoch, joined.last_seq), (green.epoch, Seq(5)), "it is told where it stands");
    }
}
