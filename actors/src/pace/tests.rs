use greenroom_protocol::{CursorMove, Join, RoomId, Seq, SetStatus, Status};
use tokio::time::advance;

use super::*;

fn pacing() -> Pacing {
    Pacing::new(Limits::standard())
}

/// How often it goes well, one after the other.
fn times<T, E>(mut again: impl FnMut() -> Result<T, E>) -> u32 {
    (0..).find(|_| again().is_err()).expect("everything has an end")
}

fn room() -> RoomId {
    RoomId::parse("green").unwrap()
}

#[tokio::test(start_paused = true)]
async fn all_that_somebody_says_anywhere_comes_out_of_one_bucket() {
    let (pacing, ana, bob) = (pacing(), UserId::new(), UserId::new());
    let (here, there) = (pacing.person(ana), pacing.person(ana));
    assert_eq!(times(|| here.send()), 20);
    assert_eq!(there.send(), Err(TooOften(Duration::from_millis(200))));
    assert_eq!(times(|| pacing.person(bob).send()), 20, "Bob's are his own");
    advance(Duration::from_millis(199)).await;
    assert_eq!(there.send(), Err(TooOften(Duration::from_millis(1))));
    advance(Duration::from_millis(1)).await;
    assert_eq!(times(|| there.send()), 1, "whoever waits as long as they are told is heard");
    assert!(pacing.refusals().contains(&("sends", 5)), "{:?}", pacing.refusals());
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_back_finds_their_buckets_as_they_left_them_until_they_are_full() {
    let (pacing, ana) = (pacing(), UserId::new());
    let held = pacing.person(ana);
    assert_eq!(times(|| held.request()), 600);
    advance(Duration::from_secs(3_600)).await;
    pacing.forget();
    assert_eq!(times(|| held.request()), 600);
    drop(held);
    advance(Duration::from_secs(1)).await;
    pacing.forget();
    assert_eq!(times(|| pacing.person(ana).request()), 10, "what came back in a second");
    advance(Duration::from_secs(3_600)).await;
    pacing.forget();
    assert!(pacing.people.lock().is_empty(), "nobody is kept whose buckets are full");
}

#[tokio::test(start_paused = true)]
async fn a_session_has_a_bucket_for_each_kind_of_command() {
    let (pacing, ana) = (pacing(), UserId::new());
    let session = SessionPace::new(pacing.person(ana));
    let cursor = CursorMove { room: room(), seq: Seq(1) };
    assert_eq!(times(|| session.command(&Command::Ping)), 20);
    assert_eq!(times(|| session.command(&Command::Status(SetStatus { status: Status::Away }))), 20);
    assert_eq!(times(|| session.command(&Command::Delivered(cursor.clone()))), 600);
    assert!(session.command(&Command::Read(cursor)).is_err(), "both cursors come out of one bucket");
    let join = || Command::Join(Join { room: room(), since: None, epoch: None, limit: None });
    assert_eq!(times(|| session.command(&join())), 2_048);
    let other = SessionPace::new(pacing.person(ana));
    assert!(other.command(&join()).is_err(), "joins are counted for the person");
    assert_eq!(times(|| other.command(&Command::Ping)), 20, "pings for the session");
    assert_eq!(times(|| other.refusal()), 32);
}

#[test]
fn a_person_has_so_many_sockets_and_a_place_comes_back() {
    let (pacing, ana) = (pacing(), UserId::new());
    let mut places: Vec<_> = std::iter::from_fn(|| pacing.person(ana).place()).collect();
    assert_eq!(places.len(), 20);
    assert!(!pacing.person(ana).has_place());
    drop(places.pop());
    assert!(pacing.person(ana).has_place());
    places.push(pacing.person(ana).place().expect("it is free again"));
    assert!(pacing.person(UserId::new()).has_place(), "others have theirs");
}
