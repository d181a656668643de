use std::sync::atomic::{AtomicUsize, Ordering};

use greenroom_protocol::{Body, MessageId, Name, User, UserId};
use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wire for Count {
    fn ready(&self, _queue: &mut Queue) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn outbox() -> Arc<Outbox> {
    Outbox::new(Arc::new(Count::default()))
}

fn green() -> RoomId {
    RoomId::parse("green").unwrap()
}

fn frame(text: &str) -> EncodedFrame {
    EncodedFrame::new(&text)
}

fn batch(seqs: std::ops::RangeInclusive<u64>) -> Arc<Batch> {
    let first = Seq(*seqs.start());
    Batch::new(first, seqs.map(|seq| EncodedFrame::new(&seq)).collect())
}

fn taken(outbox: &Outbox) -> Vec<String> {
    let mut texts = Vec::new();
    outbox.hand_out(usize::MAX, |frame| texts.push(String::from_utf8(frame.text().to_vec()).unwrap()));
    texts
}

/// The first subscription of a socket.
fn first_stay() -> Subscription {
    Subscription::default().next()
}

fn hands_over(outbox: &Outbox, after: Seq, last: Seq, events: EncodedFrame, more: bool) {
    outbox.catch_up(&green(), first_stay(), &PastPage { after, last, more, events });
}

/// What is left to do once all is written.
fn duties(outbox: &Outbox) -> Duties {
    taken(outbox);
    outbox.duties()
}

/// Whether the session is called once all is written.
fn attention(outbox: &Outbox) -> bool {
    taken(outbox);
    outbox.asks_for_attention()
}

fn send(outbox: &Outbox, text: &str) -> Unanswered {
    let permit = Arc::clone(&outbox.permits).try_acquire_owned().unwrap();
    let send = Send { room: green(), id: MessageId::new(), body: Body::parse(text).unwrap(), reply_to: None };
    outbox.note_send(send, None, permit)
}

fn settlement(number: SendNumber, seq: u64) -> Settlement {
    Settlement { number, result: Ok((Seq(seq), Timestamp::from_millis(0))) }
}

#[test]
fn live_events_come_after_joined_and_never_before() {
    let outbox = outbox();
    outbox.offer(&green(), first_stay(), &batch(1..=1), &[]);
    assert!(taken(&outbox).is_empty(), "nothing before joined");
    outbox.open(&green(), 1, Seq(1), frame("joined"), false);
    outbox.offer(&green(), first_stay(), &batch(2..=3), &[]);
    assert_eq!(taken(&outbox), ["\"joined\"", "2", "3"]);
}

#[test]
fn what_a_dead_room_offers_late_is_taken_once() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(4), frame("joined"), false);
    outbox.offer(&green(), first_stay(), &batch(3..=6), &[]);
    outbox.offer(&green(), first_stay(), &batch(5..=6), &[]);
    outbox.offer(&green(), first_stay(), &batch(6..=8), &[]);
    assert_eq!(taken(&outbox), ["\"joined\"", "5", "6", "7", "8"]);
}

#[test]
fn what_was_offered_to_an_earlier_stay_is_not_taken_by_a_later_one() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(4), frame("joined"), false);
    let (second, cursor) = outbox.resume(&green()).unwrap();
    let sent = send(&outbox, "a");
    outbox.offer(&green(), first_stay(), &batch(5..=5), &[settlement(sent.number, 5)]);
    assert_eq!((taken(&outbox).len(), outbox.cursor(&green())), (2, Some(cursor)), "joined, and the answer");
    outbox.offer(&green(), second, &batch(5..=5), &[]);
    assert_eq!(taken(&outbox), ["5"]);
    outbox.shut(&green(), frame("left"));
    assert!(outbox.resume(&green()).is_none(), "nobody goes on where the stream has ended");
    let third = outbox.open(&green(), 2, Seq(5), frame("joined"), true);
    hands_over(&outbox, Seq(5), Seq(6), frame("stale page"), false);
    assert_eq!(outbox.pending(&green(), second, Seq(6)), None);
    assert_eq!(outbox.pending(&green(), third, Seq(6)), Some(1));
}

#[test]
fn a_gap_is_filled_by_pages_before_live_events_go_on() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(1), frame("joined"), false);
    outbox.offer(&green(), first_stay(), &batch(5..=5), &[]);
    assert!(attention(&outbox), "the room is to be asked for what is missing");
    assert_eq!(outbox.rooms_behind(), [green()]);
    hands_over(&outbox, Seq(0), Seq(3), frame("stale page"), true);
    hands_over(&outbox, Seq(1), Seq(3), frame("2..3"), true);
    outbox.offer(&green(), first_stay(), &batch(6..=6), &[]);
    hands_over(&outbox, Seq(3), Seq(6), frame("4..6"), false);
    outbox.offer(&green(), first_stay(), &batch(7..=7), &[]);
    assert_eq!(taken(&outbox), ["\"2..3\"", "\"4..6\"", "7"]);
}

#[test]
fn a_page_that_died_with_its_room_is_asked_for_again() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(1), frame("joined"), true);
    assert!(attention(&outbox), "the room is asked, and dies with the question");
    outbox.offer(&green(), first_stay(), &batch(2..=9), &[]);
    assert!(!attention(&outbox), "live events alone bring nothing: the past comes first");
    outbox.ask_again(&green());
    assert!(attention(&outbox));
    hands_over(&outbox, Seq(1), Seq(9), frame("2..9"), false);
    outbox.ask_again(&green());
    assert_eq!((taken(&outbox).len(), outbox.asks_for_attention()), (1, false), "nothing is missing any more");
}

#[test]
fn a_send_is_settled_once_whoever_settles_it() {
    let outbox = outbox();
    let first = send(&outbox, "a");
    let second = send(&outbox, "b");
    assert_eq!(outbox.unanswered(&green()).len(), 2);
    outbox.settle(&green(), &[settlement(first.number, 1)]);
    outbox.settle(&green(), &[settlement(first.number, 9)]);
    assert_eq!(taken(&outbox).len(), 1);
    outbox.abandon(&green(), &Refusal::new(ErrorCode::NotJoined, "gone"));
    outbox.settle(&green(), &[settlement(second.number, 2)]);
    let refusals = taken(&outbox);
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].contains("not_joined"), "{refusals:?}");
    assert_eq!(outbox.permits.available_permits(), UNANSWERED_COMMANDS, "every permit came back");
}

#[test]
fn a_reader_that_is_too_slow_is_closed_and_holds_nothing() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    let long = EncodedFrame::new(&"x".repeat(60_000));
    for seq in 1..=40 {
        outbox.offer(&green(), first_stay(), &Batch::new(Seq(seq), vec![long.clone()]), &[]);
    }
    assert_eq!(outbox.closed(), Some(CloseCode::TooSlow));
    assert_eq!(outbox.waiting(), (0, 0));
    assert_eq!(duties(&outbox).close, Some(CloseCode::TooSlow));
}

#[test]
fn the_newest_passing_frame_replaces_the_older_and_comes_last() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    let key = PassingKey::Typing(green(), UserId::new());
    outbox.pass(key.clone(), frame("types"));
    outbox.pass(key, frame("no longer"));
    outbox.offer(&green(), first_stay(), &batch(1..=1), &[]);
    assert_eq!(taken(&outbox), ["\"joined\"", "1", "\"no longer\""]);
    for _ in 0..2 * greenroom_protocol::limits::OUTBOX_PASSING {
        outbox.pass(PassingKey::Receipt(green(), UserId::new()), frame("receipt"));
    }
    assert_eq!(taken(&outbox).len(), greenroom_protocol::limits::OUTBOX_PASSING);
    let frames = outbox.ledger().frames;
    assert_eq!(frames.superseded, 1 + greenroom_protocol::limits::OUTBOX_PASSING as u64);
    assert!(outbox.ledger().balances(), "{frames:?}");
}

#[test]
fn who_comes_and_goes_while_a_reader_is_slow_is_told_as_one_difference() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    assert_eq!(taken(&outbox).len(), 1);
    let user = |name: &str| User { id: UserId::new(), name: Name::guest(name).unwrap() };
    let (ana, bob, eve) = (user("ana"), user("bob"), user("eve"));
    let tell = |count, joined: &[&User], left: &[&User]| {
        let owned = |users: &[&User]| users.iter().map(|user| (*user).clone()).collect();
        let presence = Presence { room: green(), online_count: count, joined: owned(joined), left: owned(left) };
        let frame = EncodedFrame::new(&ServerFrame::Presence(presence.clone()));
        outbox.pass_presence(&Arc::new(presence), &frame);
    };
    tell(2, &[&ana, &bob], &[]);
    tell(2, &[&eve], &[&bob]);
    let frames = taken(&outbox);
    assert_eq!(frames.len(), 1);
    let ServerFrame::Presence(merged) = serde_json::from_str(&frames[0]).unwrap() else { panic!("{frames:?}") };
    assert_eq!((merged.online_count, merged.joined, merged.left), (2, vec![ana, eve], vec![]));
}

#[test]
fn leaving_a_room_ends_its_stream_and_what_passes_in_it() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    outbox.pass(PassingKey::Typing(green(), UserId::new()), frame("types"));
    outbox.shut(&green(), frame("left"));
    outbox.offer(&green(), first_stay(), &batch(1..=1), &[]);
    outbox.pass(PassingKey::Typing(green(), UserId::new()), frame("types"));
    assert_eq!(taken(&outbox), ["\"joined\"", "\"left\""]);
}

#[test]
fn whoever_leaves_with_a_send_unanswered_leaves_when_it_is_answered() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    let sent = send(&outbox, "a");
    assert!(!outbox.may_leave(&green()));
    assert!(!attention(&outbox));
    outbox.settle(&green(), &[settlement(sent.number, 1)]);
    assert!(attention(&outbox), "now it may");
    outbox.offer(&green(), first_stay(), &batch(1..=1), &[]);
    assert!(!attention(&outbox), "it knows");
    assert!(outbox.may_leave(&green()));
}

#[test]
fn every_send_and_every_frame_is_accounted_for() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    let (acked, refused, abandoned) = (send(&outbox, "a"), send(&outbox, "b"), send(&outbox, "c"));
    outbox.offer(&green(), first_stay(), &batch(1..=1), &[settlement(acked.number, 1)]);
    let no = Refusal::new(ErrorCode::Conflict, "no");
    outbox.settle(&green(), &[Settlement { number: refused.number, result: Err(no.clone()) }]);
    assert_eq!(taken(&outbox).len(), 4, "joined, 1, ack, error");
    outbox.pass(PassingKey::Typing(green(), UserId::new()), frame("types"));
    let ledger = outbox.ledger();
    assert_eq!((ledger.sends.accepted, ledger.sends.unanswered, ledger.frames.waiting), (3, 1, 1));
    assert!(ledger.balances(), "{ledger:?}");
    outbox.abandon(&green(), &no);
    let ledger = outbox.ledger();
    assert_eq!((ledger.sends.acked, ledger.sends.refused, ledger.frames.superseded), (1, 2, 1), "{abandoned:?}");
    assert!(ledger.balances(), "{ledger:?}");
}

#[test]
fn a_socket_that_is_closed_as_too_slow_is_accounted_for() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    send(&outbox, "a");
    outbox.reply(frame(&"x".repeat(OUTBOX_BYTES + 1)));
    assert_eq!(outbox.closed(), Some(CloseCode::TooSlow));
    let ledger = outbox.ledger();
    assert_eq!((ledger.sends.closed, ledger.frames.closed), (1, 2));
    assert!(ledger.balances(), "{ledger:?}");
}

#[test]
fn a_drain_waits_for_the_answers() {
    let outbox = outbox();
    outbox.open(&green(), 1, Seq(0), frame("joined"), false);
    let sent = send(&outbox, "a");
    outbox.drain(CloseCode::GoingAway);
    assert!(!outbox.duties().reads);
    assert_eq!(duties(&outbox).close, None, "a send is unanswered");
    outbox.settle(&green(), &[settlement(sent.number, 1)]);
    assert_eq!((taken(&outbox).len(), outbox.duties().close), (1, Some(CloseCode::GoingAway)));
}

proptest! {
    /// Whatever incarnations offer, in whatever order and overlap, a client sees 1, 2, 3 …
    #[test]
    fn every_event_is_taken_once_and_in_order(offers in prop::collection::vec((1_u64..30, 1_u64..6, any::<bool>()), 0..60)) {
        let outbox = outbox();
        outbox.open(&green(), 1, Seq(0), frame("joined"), false);
        prop_assert_eq!(taken(&outbox).len(), 1);
        let mut seen = 0;
        for (first, count, page) in offers {
            if page {
                let after = outbox.cursor(&green()).unwrap();
                let frames: Vec<u64> = (after.0 + 1..=after.0 + count).collect();
                hands_over(&outbox, after, Seq(after.0 + count), EncodedFrame::new(&frames), false);
            } else {
                outbox.offer(&green(), first_stay(), &batch(first..=first + count - 1), &[]);
            }
            for frame in taken(&outbox) {
                let seqs: Vec<u64> = serde_json::from_str(&frame).unwrap_or_else(|_| vec![frame.parse().unwrap()]);
                for seq in seqs {
                    prop_assert_eq!(seq, seen + 1);
                    seen = seq;
                }
            }
            prop_assert_eq!(outbox.cursor(&green()), Some(Seq(seen)));
            prop_assert!(outbox.ledger().balances());
        }
    }
}
