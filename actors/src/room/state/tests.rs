use std::time::Duration;

use greenroom_protocol::limits::{GATHER, GATHER_MOST, GATHER_PEOPLE, LARGE_ROOM, ROOM_RECENT_EVENTS, TYPING};
use greenroom_protocol::{Event, Message, Name, RoomId, RoomKind};
use greenroom_storage::{Refused, RoomKey};
use proptest::prelude::*;
use uuid::Uuid;

use super::passing::Gathered;
use super::*;

fn green() -> Arc<Room> {
    let id = RoomId::parse("green").unwrap();
    let (key, epoch) = (RoomKey(Uuid::now_v7()), Epoch::new());
    Arc::new(Room::new(key, id, RoomKind::Group, "Green".into(), epoch))
}

fn person(name: &str) -> Person {
    Person { user: User { id: UserId::new(), name: Name::guest(name).unwrap() }, guest: true }
}

fn event(room: &Room, seq: u64, user: &User) -> LogEvent {
    let message = Message {
        room: room.id.clone(),
        seq: Seq(seq),
        id: MessageId::new(),
        user: user.clone(),
        body: Body::parse("hello").unwrap(),
        at: Timestamp::from_millis(0),
        reply_to: None,
    };
    LogEvent { event: Event::Message(message), ordinal: seq }
}

fn events(room: &Room, seqs: std::ops::RangeInclusive<u64>, user: &User) -> Vec<LogEvent> {
    seqs.map(|seq| event(room, seq, user)).collect()
}

struct Fixture {
    room: Arc<Room>,
    state: RoomState,
    now: Instant,
    ana: Person,
}

/// A room with so many messages of Ana's, the newest of them in memory.
fn room_with(messages: u64) -> Fixture {
    let (room, ana, now) = (green(), person("ana"), Instant::now());
    let first = messages.saturating_sub(199).max(1);
    let newest = if messages == 0 { Vec::new() } else { events(&room, first..=messages, &ana.user) };
    let head = Head { seq: Seq(messages), ordinal: messages };
    let state = RoomState::new(Arc::clone(&room), Incarnation(3), head, newest, Vec::new(), now);
    Fixture { room, state, now, ana }
}

fn post(number: u64) -> Post {
    Post { number: SendNumber(number), id: MessageId::new(), body: Body::parse("hello").unwrap(), reply_to: None }
}

fn settled(append: &Append, outcome: Outcome) -> Settled {
    Settled { incarnation: append.incarnation, ticket: append.ticket, outcome }
}

fn seqs(events: &[LogEvent]) -> Vec<u64> {
    events.iter().map(|event| event.event.seq().0).collect()
}

#[test]
fn a_post_is_acknowledged_by_what_the_log_says_and_by_nothing_else() {
    let Fixture { room, mut state, now, ana } = room_with(0);
    let session = SessionId::new();
    assert!(state.sit(session, ana.clone(), 1, now));
    let append = state.post(session, post(0), Timestamp::from_millis(5), false).unwrap();
    assert_eq!(state.posts().undecided, 1);
    let stored = settled(&append, Outcome::Stored { seq: Seq(1), at: Timestamp::from_millis(5) });
    let announcement = state.announced(events(&room, 1..=1, &ana.user), vec![stored.clone()], now);
    assert_eq!(seqs(&announcement.events), [1]);
    assert_eq!(announcement.settlements.len(), 1);
    assert!(state.announced(Vec::new(), vec![stored], now).settlements.is_empty(), "settled once");
    assert!(state.posts().balances());
    assert_eq!(state.cursor(ana.user.id).unwrap().read, Seq(1), "whoever says something has read it");
}

#[test]
fn a_stranger_and_an_answer_to_nothing_are_refused() {
    let Fixture { mut state, now, ana, .. } = room_with(2);
    let session = SessionId::new();
    assert_eq!(state.post(session, post(0), Timestamp::from_millis(0), false).unwrap_err().code, ErrorCode::NotJoined);
    assert!(state.sit(session, ana, 1, now));
    for bad in [0, 3] {
        let answer = Post { reply_to: Some(Seq(bad)), ..post(1) };
        assert_eq!(state.post(session, answer, Timestamp::from_millis(0), false).unwrap_err().code, ErrorCode::Invalid);
    }
    let answer = Post { reply_to: Some(Seq(2)), ..post(1) };
    assert!(state.post(session, answer, Timestamp::from_millis(0), false).is_ok());
}

#[test]
fn what_an_earlier_life_asked_for_is_not_settled_here() {
    let Fixture { mut state, now, ana, .. } = room_with(0);
    let session = SessionId::new();
    assert!(state.sit(session, ana, 1, now));
    let append = state.post(session, post(0), Timestamp::from_millis(0), false).unwrap();
    let outcome = Outcome::Stored { seq: Seq(1), at: Timestamp::from_millis(0) };
    let earlier = Settled { incarnation: Incarnation(2), ticket: append.ticket, outcome };
    assert!(state.announced(Vec::new(), vec![earlier], now).settlements.is_empty());
    assert_eq!(state.undecided().len(), 1);
}

#[test]
fn a_full_disk_and_a_conflict_are_refusals_that_balance() {
    let Fixture { mut state, now, ana, .. } = room_with(0);
    let session = SessionId::new();
    assert!(state.sit(session, ana, 1, now));
    let full = state.post(session, post(0), Timestamp::from_millis(0), false).unwrap();
    let other = state.post(session, post(1), Timestamp::from_millis(0), false).unwrap();
    let outcomes = vec![settled(&full, Outcome::Refused(Refused::DiskFull)), settled(&other, Outcome::Conflict)];
    let codes: Vec<_> = state.announced(Vec::new(), outcomes, now).settlements;
    let codes: Vec<_> = codes.into_iter().map(|(_, settlement)| settlement.result.unwrap_err().code).collect();
    assert_eq!(codes, [ErrorCode::Unavailable, ErrorCode::Conflict]);
    assert!(state.posts().balances());
}

#[test]
fn a_hole_in_what_is_announced_is_read_before_anything_after_it_is_shown() {
    let Fixture { room, mut state, now, ana } = room_with(2);
    let announcement = state.announced(events(&room, 5..=6, &ana.user), Vec::new(), now);
    assert!(announcement.events.is_empty());
    assert_eq!(announcement.hole_after, Some(Seq(2)));
    let filled = state.announced(events(&room, 2..=6, &ana.user), Vec::new(), now);
    assert_eq!(seqs(&filled.events), [3, 4, 5, 6], "what is known is not announced again");
}

#[test]
fn a_resuming_client_gets_what_it_misses_and_a_lost_one_starts_anew() {
    let Fixture { room, state, .. } = room_with(300);
    let at = |since: u64| Standpoint { since: Some(Seq(since)), epoch: Some(room.epoch), limit: 50 };
    let plan = state.plan_join(&at(290));
    assert!(!plan.reset);
    assert_eq!(seqs(&plan.events.unwrap()), (291..=300).collect::<Vec<_>>());
    assert_eq!(state.plan_join(&at(300)).events.unwrap(), []);
    assert_eq!(state.plan_join(&at(10)).events, None, "that is on the disk");
    let ahead = state.plan_join(&at(301));
    assert!(ahead.reset);
    assert_eq!(seqs(&ahead.events.unwrap()), (251..=300).collect::<Vec<_>>());
    let other_life = Standpoint { epoch: Some(Epoch::new()), ..at(290) };
    assert!(state.plan_join(&other_life).reset);
    let no_epoch = Standpoint { epoch: None, ..at(290) };
    assert!(!state.plan_join(&no_epoch).reset);
    let fresh = Standpoint { since: None, epoch: None, limit: 20 };
    let plan = state.plan_join(&fresh);
    assert_eq!((plan.reset, plan.events.unwrap().len()), (false, 20));
}

#[test]
fn who_was_away_for_more_than_a_thousand_events_starts_anew() {
    let Fixture { state, .. } = room_with(1_500);
    let at = |since| Standpoint { since: Some(Seq(since)), epoch: None, limit: 50 };
    assert!(!state.plan_join(&at(500)).reset);
    assert!(state.plan_join(&at(499)).reset);
}

#[test]
fn what_is_no_more_is_on_no_page_and_whoever_stands_before_it_starts_anew() {
    let Fixture { room, mut state, now, .. } = room_with(10);
    let gone = Head { seq: Seq(6), ordinal: 6 };
    state.trimmed(gone, now);
    state.trimmed(Head { seq: Seq(2), ordinal: 2 }, now);
    assert_eq!(state.room().first_seq(), Seq(7), "it never comes back");
    let page = |from, limit| state.page(from, limit).map(|events| seqs(&events));
    assert_eq!(page(PageFrom::Newest, 50), Some(vec![7, 8, 9, 10]), "memory knows that there is no more");
    assert_eq!(
        (page(PageFrom::Before(Seq(9)), 50), page(PageFrom::After(Seq(2)), 2)),
        (Some(vec![7, 8]), Some(vec![7, 8]))
    );
    assert!(!state.has_more(PageFrom::Newest, &state.page(PageFrom::Newest, 50).unwrap()));
    let plan = |since| state.plan_join(&Standpoint { since: Some(Seq(since)), epoch: Some(room.epoch), limit: 50 });
    assert!(plan(5).reset && !plan(6).reset && !plan(10).reset);
    assert_eq!(plan(5).events.map(|events| seqs(&events)), Some(vec![7, 8, 9, 10]));
    assert_eq!(state.last_message().map(|last| last.seq), Some(Seq(10)));
    state.trimmed(Head { seq: Seq(10), ordinal: 10 }, now);
    assert_eq!((state.last_message(), state.page(PageFrom::Newest, 50)), (None, Some(Vec::new())));
}

#[test]
fn what_somebody_has_said_is_erased_from_memory_and_keeps_its_place() {
    let Fixture { room, mut state, now, ana } = room_with(2);
    let bob = person("bob");
    state.announced(vec![event(&room, 3, &bob.user), event(&room, 4, &ana.user)], Vec::new(), now);
    state.erased(ana.user.id);
    let page = state.page(PageFrom::Newest, 50).unwrap();
    assert_eq!(seqs(&page), [1, 2, 3, 4]);
    let erased = |event: &&LogEvent| matches!(event.event, Event::Erased { .. });
    assert_eq!((page.iter().filter(erased).count(), state.last_message()), (3, None));
}

#[test]
fn coming_and_going_is_told_as_a_difference_of_people_not_of_sessions() {
    let Fixture { mut state, now, ana, .. } = room_with(0);
    let (phone, laptop, bob) = (SessionId::new(), SessionId::new(), person("bob"));
    state.gathered(now);
    state.sit(phone, ana.clone(), 1, now);
    state.sit(laptop, ana.clone(), 1, now);
    let bobs = SessionId::new();
    state.sit(bobs, bob.clone(), 1, now);
    state.stand_up(bobs, now);
    assert!(state.gathered(now).is_none(), "the window is still open");
    let presence = state.gathered(now + GATHER).unwrap().presence.unwrap();
    assert_eq!((presence.joined, presence.left, presence.online_count), (vec![ana.user.clone()], vec![], 1));
    state.stand_up(phone, now);
    assert!(state.gathered(now + 2 * GATHER).is_none_or(|gathered| gathered.presence.is_none()));
    state.stand_up(laptop, now);
    assert_eq!(state.gathered(now + 3 * GATHER).unwrap().presence.unwrap().left, [ana.user]);
}

#[test]
fn in_a_crowd_those_who_come_are_told_together_and_cursors_as_soon_as_ever() {
    let Fixture { mut state, now, .. } = room_with(10);
    let come = |state: &mut RoomState, name: String, now| {
        let session = SessionId::new();
        state.sit(session, person(&name), 1, now);
        session
    };
    let first = come(&mut state, "first".into(), now);
    for n in 1..4 * GATHER_PEOPLE {
        come(&mut state, format!("p{n}"), now);
    }
    let told =
        |gathered: Option<Gathered>| gathered.and_then(|gathered| gathered.presence).map(|told| told.joined.len());
    assert_eq!(told(state.gathered(now + GATHER)), Some(4 * GATHER_PEOPLE), "the window began with one");
    let later = now + GATHER;
    come(&mut state, "late".into(), later);
    state.move_cursor(first, Seq(3), Seq(3), later);
    let soon = state.gathered(later + GATHER).unwrap();
    assert_eq!((soon.moves.len(), soon.presence), (1, None));
    come(&mut state, "later".into(), later + 4 * GATHER);
    assert_eq!(told(state.gathered(later + 4 * GATHER)), None);
    assert_eq!(told(state.gathered(later + 5 * GATHER)), Some(2));
    for n in 0..100 * GATHER_PEOPLE {
        come(&mut state, format!("q{n}"), later);
    }
    state.gathered(later + GATHER_MOST);
    come(&mut state, "last".into(), later + GATHER_MOST);
    assert!(state.gathered(later + 2 * GATHER_MOST).unwrap().presence.is_some(), "never longer than that");
}

#[test]
fn a_crowd_is_told_how_many_it_is_and_nobody_s_name_or_receipt() {
    let Fixture { mut state, now, ana, .. } = room_with(10);
    state.know_cursor(&ana.user, Cursor::default());
    for n in 0..LARGE_ROOM {
        state.sit(SessionId::new(), person(&format!("p{n}")), 1, now);
    }
    let told = state.gathered(now + GATHER).and_then(|gathered| gathered.presence).unwrap();
    assert_eq!((told.online_count, told.joined.len(), state.receipts().len()), (LARGE_ROOM, LARGE_ROOM, 1));
    state.sit(SessionId::new(), ana, 1, now + GATHER);
    let told = state.gathered(now + GATHER + GATHER_MOST).and_then(|gathered| gathered.presence).unwrap();
    assert_eq!((told.online_count, told.joined.len(), state.receipts().len()), (LARGE_ROOM + 1, 0, 0));
    assert_eq!(state.online().len(), ONLINE_USERS, "a list of some of them is what one sees at first");
}

#[test]
fn nobody_is_shown_as_gone_while_a_room_restarts() {
    let Fixture { mut state, now, ana, .. } = room_with(0);
    let session = SessionId::new();
    state.keep_seat(session, ana.clone());
    assert_eq!(state.online_count(), 1);
    assert!(state.sit(session, ana, 1, now), "the session comes back");
    let presence = state.gathered(now + GATHER).and_then(|gathered| gathered.presence);
    assert_eq!(presence, None);
}

#[test]
fn typing_ends_by_itself_three_seconds_after_the_last_sign() {
    let Fixture { mut state, now, ana, .. } = room_with(0);
    let session = SessionId::new();
    state.sit(session, ana.clone(), 1, now);
    assert_eq!(state.typing(session, true, now), Some(ana.user.clone()));
    let second = Duration::from_secs(1);
    assert_eq!(state.typing(session, true, now + second), Some(ana.user.clone()));
    assert!(state.fallen_silent(now + TYPING).is_empty(), "she typed a second later");
    assert_eq!(state.fallen_silent(now + TYPING + second), [ana.user]);
    assert_eq!(state.typing(session, false, now + TYPING + second), None, "she had stopped");
}

#[test]
fn cursors_only_go_forward_and_never_past_the_end() {
    let Fixture { mut state, now, ana, .. } = room_with(10);
    let session = SessionId::new();
    state.sit(session, ana, 1, now);
    state.move_cursor(session, Seq(99), Seq(4), now);
    state.move_cursor(session, Seq(2), Seq(1), now);
    let gathered = state.gathered(now + GATHER).unwrap();
    assert_eq!(gathered.moves.len(), 1);
    assert_eq!((gathered.moves[0].1, gathered.moves[0].2), (Seq(10), Seq(4)));
    state.move_cursor(session, Seq(10), Seq(4), now);
    assert!(state.gathered(now + 2 * GATHER).is_none_or(|gathered| gathered.moves.is_empty()), "nothing moved");
}

#[test]
fn a_room_is_idle_a_minute_after_the_last_one_left() {
    let Fixture { mut state, now, ana, .. } = room_with(0);
    let session = SessionId::new();
    state.sit(session, ana, 1, now);
    assert!(!state.is_idle(now + 2 * ROOM_IDLE));
    let append = state.post(session, post(0), Timestamp::from_millis(0), false).unwrap();
    state.stand_up(session, now);
    assert!(!state.is_idle(now + ROOM_IDLE), "an append is undecided");
    state.announced(Vec::new(), vec![settled(&append, Outcome::Conflict)], now);
    assert!(state.is_idle(now + ROOM_IDLE));
    state.stay(now + ROOM_IDLE);
    assert!(!state.is_idle(now + ROOM_IDLE));
}

proptest! {
    /// Whatever page is asked for, what memory answers is what the whole log would.
    #[test]
    fn a_page_from_memory_is_the_page_of_the_log(
        messages in 0_u64..400, extra in 0_u64..300, from in 0_u64..800, limit in 0_usize..210, kind in 0..3,
    ) {
        let Fixture { room, mut state, now, ana } = room_with(messages);
        let announced = if extra == 0 { Vec::new() } else { events(&room, messages + 1..=messages + extra, &ana.user) };
        state.announced(announced, Vec::new(), now);
        let head = messages + extra;
        let from = match kind {
            0 => PageFrom::Newest,
            1 => PageFrom::Before(Seq(from)),
            _ => PageFrom::After(Seq(from.min(head))),
        };
        let log: Vec<u64> = (1..=head).collect();
        let all: Vec<u64> = match from {
            PageFrom::Newest => log,
            PageFrom::Before(seq) => log.into_iter().filter(|at| *at < seq.0).collect(),
            PageFrom::After(seq) => log.into_iter().filter(|at| *at > seq.0).collect(),
        };
        let expected: Vec<u64> = match from {
            PageFrom::After(_) => all.into_iter().take(limit).collect(),
            PageFrom::Newest | PageFrom::Before(_) => all[all.len().saturating_sub(limit)..].to_vec(),
        };
        if let Some(page) = state.page(from, limit) {
            prop_assert_eq!(seqs(&page), expected);
        } else {
            prop_assert!(head > 199 || from == PageFrom::Before(Seq(0)), "all of it is in memory");
        }
        prop_assert!(ROOM_RECENT_EVENTS >= 200);
    }
}
