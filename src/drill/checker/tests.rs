use std::time::Duration;

use greenroom_actors::Balance;
use greenroom_protocol::{MessageId, RoomId, SessionId, UserId};

use super::latency::{Latency, Span};
use super::*;
use crate::drill::history::{Digest, Injected, Said, Trace, Way};

/// Ana and Bo talk in Green by turns: five messages each, all acknowledged, all given to both.
fn clean() -> Evidence {
    let people = [UserId::new(), UserId::new()];
    let mut traces: Vec<Trace> = people
        .iter()
        .enumerate()
        .map(|(client, user)| Trace { client, user: Some(*user), listening: vec![green()], ..Trace::default() })
        .collect();
    for trace in &mut traces {
        trace.facts.push((Duration::ZERO, Fact::Connected));
        trace
            .facts
            .push((Duration::ZERO, Fact::Entered { room: green(), fresh: true, last_seq: 0, events: 0, read_seq: 0 }));
    }
    let mut log = Vec::new();
    for seq in 1..=10 {
        let turn = usize::try_from(seq % 2).unwrap();
        let said = Said { user: people[turn], id: MessageId::new(), body: Digest::of(&seq.to_string()) };
        log.push(Kept { seq, said: Some(said) });
        let (sent, acked) = (Duration::from_millis(10 * seq), Duration::from_millis(10 * seq + 5));
        traces[turn].facts.push((sent, Fact::Invoked { room: green(), id: said.id, body: said.body }));
        for trace in &mut traces {
            let delivered = Fact::Delivered { room: green(), seq, said: Some(said), way: Way::Live };
            trace.facts.push((acked, delivered));
        }
        traces[turn].facts.push((acked, Fact::Acked { room: green(), id: said.id, seq }));
    }
    let rooms = [(green(), log)].into_iter().collect();
    let faults = vec![Injected { at: Duration::from_millis(42), what: "a crash".into(), room: None }];
    let stored = Stored { backwards: Clone::clone(&rooms), rooms, ..Stored::default() };
    Evidence { traces, stored, faults, balance: Balance::default() }
}

fn green() -> RoomId {
    RoomId::parse("green").unwrap()
}

fn log(evidence: &mut Evidence) -> &mut Vec<Kept> {
    evidence.stored.rooms.get_mut(&green()).unwrap()
}

/// The counts of lost, duplicated, reordered, gaps, ghosts and leaked, after this was done to a clean history.
fn counts(plant: impl FnOnce(&mut Evidence)) -> [usize; 6] {
    let mut evidence = clean();
    plant(&mut evidence);
    evidence.stored.backwards = evidence.stored.rooms.clone();
    let report = check(&evidence);
    assert_eq!((report.unsettled, report.unhealed), (0, 0), "{report:?}");
    assert_eq!(report.holds(), report.facts.is_empty(), "{report:?}");
    [report.lost, report.duplicated, report.reordered, report.gaps, report.ghosts, report.leaked]
}

/// The facts of this kind of one client.
fn facts(trace: &mut Trace, kind: impl Fn(&Fact) -> bool) -> impl Iterator<Item = &mut (Duration, Fact)> {
    trace.facts.iter_mut().filter(move |(_, fact)| kind(fact))
}

fn is_delivery(fact: &Fact) -> bool {
    matches!(fact, Fact::Delivered { .. })
}

#[test]
fn a_clean_history_holds() {
    let report = check(&clean());
    assert!(report.holds(), "{report:?}");
    assert_eq!((report.attempts, report.acknowledged, report.recovered), (10, 10, 0));
    // The fault came at 42 ms; the first send after it was made at 50 ms and acknowledged at 55.
    assert_eq!((report.median_ms(), report.longest_ms()), (Some(13), Some(13)));
}

#[test]
fn an_acknowledged_message_that_is_gone_is_lost() {
    for seq in [5, 10] {
        assert_eq!(counts(|evidence| log(evidence).retain(|kept| kept.seq != seq)), [1, 0, 0, 0, 0, 0], "{seq}");
    }
}

#[test]
fn an_acknowledged_message_with_another_body_is_lost() {
    let other = |evidence: &mut Evidence| log(evidence)[4].said.as_mut().unwrap().body = Digest::of("other");
    assert_eq!(counts(other), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_message_at_two_places_is_duplicated() {
    let twice = |evidence: &mut Evidence| {
        let said = log(evidence)[4].said;
        log(evidence).push(Kept { seq: 11, said });
        for trace in &mut evidence.traces {
            let again = Fact::Delivered { room: green(), seq: 11, said, way: Way::Live };
            trace.facts.push((Duration::from_secs(1), again));
        }
    };
    assert_eq!(counts(twice), [0, 1, 0, 0, 0, 0]);
}

#[test]
fn an_ack_of_another_place_than_the_stored_one_is_duplicated() {
    let elsewhere = |evidence: &mut Evidence| {
        let last = evidence.traces[0].facts.last_mut().unwrap();
        assert!(matches!(last.1, Fact::Acked { seq: 10, .. }), "the last one is its ack: {last:?}");
        if let Fact::Acked { seq, .. } = &mut last.1 {
            *seq = 12;
        }
    };
    assert_eq!(counts(elsewhere), [0, 1, 0, 0, 0, 0]);
}

#[test]
fn a_message_sent_earlier_that_is_stored_later_is_reordered() {
    let late = |evidence: &mut Evidence| {
        // Ana's message that became the 8th was sent after all the others had their ack.
        let sent = facts(&mut evidence.traces[0], |fact| matches!(fact, Fact::Invoked { .. })).nth(3).unwrap();
        sent.0 = Duration::from_millis(103);
    };
    assert_eq!(counts(late), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn a_client_whose_own_messages_swap_is_reordered() {
    let swap = |evidence: &mut Evidence| {
        // All were sent at once, before any ack: only the order of the client itself is broken.
        let facts = &mut evidence.traces[0].facts;
        let (mut sent, rest): (Vec<_>, Vec<_>) =
            facts.drain(..).partition(|(_, fact)| matches!(fact, Fact::Invoked { .. }));
        sent.iter_mut().for_each(|(at, _)| *at = Duration::ZERO);
        sent.swap(0, 1);
        sent.extend(rest);
        *facts = sent;
    };
    assert_eq!(counts(swap), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn a_delivery_out_of_order_is_reordered() {
    let swap = |evidence: &mut Evidence| {
        let mut given: Vec<_> = facts(&mut evidence.traces[0], is_delivery).collect();
        let again = given[3].1.clone();
        let repeat = given.last_mut().map(|last| (last.0, again)).unwrap();
        evidence.traces[0].facts.push(repeat);
    };
    assert_eq!(counts(swap), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn a_hole_in_a_log_is_a_gap() {
    let hole = |evidence: &mut Evidence| {
        log(evidence).push(Kept { seq: 12, said: None });
        evidence.traces.iter_mut().for_each(|trace| trace.listening.clear());
    };
    assert_eq!(counts(hole), [0, 0, 0, 1, 0, 0]);
}

#[test]
fn a_skipped_delivery_is_a_gap_and_with_a_reset_it_is_not() {
    let skip = |evidence: &mut Evidence| {
        let place = evidence.traces[0].facts.iter().position(|(_, fact)| is_delivery(fact)).unwrap() + 4;
        assert!(
            !is_delivery(&evidence.traces[0].facts[place - 1].1) || is_delivery(&evidence.traces[0].facts[place].1)
        );
        let seventh = |fact: &Fact| matches!(fact, Fact::Delivered { seq: 7, .. });
        evidence.traces[0].facts.retain(|(_, fact)| !seventh(fact));
    };
    assert_eq!(counts(skip), [0, 0, 0, 1, 0, 0]);
    let told = |evidence: &mut Evidence| {
        skip(evidence);
        let facts = &mut evidence.traces[0].facts;
        let eighth = facts.iter().position(|(_, fact)| matches!(fact, Fact::Delivered { seq: 8, .. })).unwrap();
        let reset = Fact::Entered { room: green(), fresh: true, last_seq: 8, events: 1, read_seq: 0 };
        facts.insert(eighth, (Duration::from_millis(81), reset));
    };
    assert_eq!(counts(told), [0; 6]);
}

#[test]
fn a_listener_who_is_left_behind_is_a_gap() {
    let stalled = |evidence: &mut Evidence| {
        let tenth = |fact: &Fact| matches!(fact, Fact::Delivered { seq: 10, .. });
        evidence.traces[1].facts.retain(|(_, fact)| !tenth(fact));
    };
    assert_eq!(counts(stalled), [0, 0, 0, 1, 0, 0]);
}

#[test]
fn a_log_that_reads_otherwise_backwards_is_a_gap() {
    let mut evidence = clean();
    evidence.stored.backwards.get_mut(&green()).unwrap().remove(3);
    let report = check(&evidence);
    assert_eq!((report.gaps, report.facts.len()), (1, 1), "{report:?}");
}

#[test]
fn a_delivery_of_what_is_not_stored_is_a_ghost() {
    let ghost = |evidence: &mut Evidence| {
        let said = Said { user: UserId::new(), id: MessageId::new(), body: Digest::of("boo") };
        let shown = Fact::Delivered { room: green(), seq: 11, said: Some(said), way: Way::Live };
        evidence.traces[1].facts.push((Duration::from_secs(1), shown));
    };
    assert_eq!(counts(ghost), [0, 0, 0, 0, 1, 0]);
}

#[test]
fn a_refused_send_that_is_stored_is_a_ghost() {
    let refused = |evidence: &mut Evidence| {
        let last = evidence.traces[0].facts.last_mut().unwrap();
        if let Fact::Acked { room, id, .. } = last.1.clone() {
            last.1 = Fact::Refused { room, id, code: "unavailable".into() };
        }
    };
    assert_eq!(counts(refused), [0, 0, 0, 0, 1, 0]);
}

#[test]
fn a_delivery_in_a_room_that_was_not_joined_is_leaked() {
    let leak = |evidence: &mut Evidence| {
        let attic = RoomId::parse("attic").unwrap();
        let whisper = Fact::Delivered { room: attic, seq: 1, said: None, way: Way::Live };
        evidence.traces[1].facts.push((Duration::from_secs(1), whisper));
    };
    assert_eq!(counts(leak), [0, 0, 0, 0, 0, 1]);
    let after_a_new_socket = |evidence: &mut Evidence| {
        let facts = &mut evidence.traces[1].facts;
        let tenth = facts.iter().position(|(_, fact)| matches!(fact, Fact::Delivered { seq: 10, .. })).unwrap();
        facts.insert(tenth, (Duration::from_secs(1), Fact::Connected));
        evidence.traces[1].listening.clear();
    };
    assert_eq!(counts(after_a_new_socket), [0, 0, 0, 0, 0, 1]);
}

#[test]
fn a_send_that_was_unanswered_and_is_stored_is_recovered_and_nothing_else() {
    let mut evidence = clean();
    let place = evidence.traces[0].facts.len() - 1;
    let Fact::Acked { room, id, .. } = evidence.traces[0].facts[place].1.clone() else { panic!("the last is an ack") };
    evidence.traces[0].facts.insert(place, (Duration::from_millis(104), Fact::Unanswered { room, id }));
    let report = check(&evidence);
    assert!(report.holds(), "{report:?}");
    assert_eq!(report.recovered, 1);
}

#[test]
fn a_ledger_that_does_not_balance_or_once_did_not_fails_the_drill() {
    let mut evidence = clean();
    evidence.balance.rooms.deliveries.owed = 1;
    assert_eq!((check(&evidence).imbalances, check(&evidence).holds()), (1, false));
    evidence.balance = Balance { imbalances: 1, ..Balance::default() };
    assert_eq!((check(&evidence).imbalances, check(&evidence).holds()), (1, false));
}

#[test]
fn a_send_without_an_answer_and_a_fault_without_an_end_fail_the_drill() {
    let mut evidence = clean();
    evidence.traces[0].facts.pop();
    let report = check(&evidence);
    assert_eq!((report.unsettled, report.holds()), (1, false), "{report:?}");

    let mut evidence = clean();
    evidence.faults.push(Injected { at: Duration::from_secs(5), what: "a hang".into(), room: Some(green()) });
    let report = check(&evidence);
    assert_eq!((report.unhealed, report.holds()), (1, false), "{report:?}");
}

#[test]
fn a_delivery_after_the_room_was_left_is_leaked() {
    let leave = |evidence: &mut Evidence| {
        let place =
            evidence.traces[0].facts.iter().position(|(_, fact)| matches!(fact, Fact::Delivered { seq: 9, .. }));
        evidence.traces[0].facts.insert(place.unwrap(), (Duration::from_millis(90), Fact::Left { room: green() }));
        evidence.traces[0].listening.clear();
    };
    assert_eq!(counts(leave), [0, 0, 0, 0, 0, 2]);
}

#[test]
fn a_closed_socket_is_known_by_its_session() {
    let (first, second) = (SessionId::new(), SessionId::new());
    let mut evidence = clean();
    let facts = [
        Fact::Welcomed { session: first },
        Fact::Closed(Some(1011)),
        Fact::Closed(None),
        Fact::Welcomed { session: second },
    ];
    evidence.traces[1].facts.extend(facts.map(|fact| (Duration::ZERO, fact)));
    let closed = [(format!("session:{first}"), Some(1011)), ("none yet".to_owned(), None)];
    assert_eq!(closed_sessions(&evidence), closed);
}

#[test]
fn whoever_is_sent_back_behind_what_they_had_read_is_behind() {
    let entered = |read_seq| Fact::Entered { room: green(), fresh: false, last_seq: 10, events: 0, read_seq };
    let reads = |read_seq| {
        let mut evidence = clean();
        evidence.faults[0].at = Duration::from_secs(9);
        let read =
            [(1, 4), (5, 7), (8, 9)].map(|(at, seq)| (Duration::from_secs(at), Fact::Read { room: green(), seq }));
        evidence.traces[0].facts.extend(read);
        evidence.traces[0].facts.push((Duration::from_secs(10), entered(read_seq)));
        reads::check(&evidence, Duration::from_secs(3))
    };
    let found = [6, 7, 9].map(|read_seq| (reads(read_seq).looked_at, reads(read_seq).behind.len()));
    assert_eq!(found, [(1, 1), (1, 0), (1, 0)], "what was read 3 s before the fault is due, and no more");
    assert_eq!(reads::check(&clean(), Duration::ZERO).looked_at, 0);
}

#[test]
fn the_slowest_of_a_hundred_sends_within_a_span_counts() {
    // In a clean history the sends are made at 10, 20, … 100 ms, and take 5 ms.
    let mut evidence = clean();
    let late = Duration::from_millis(95);
    for (at, _) in facts(&mut evidence.traces[1], is_delivery).filter(|(at, _)| at.as_millis() == 65) {
        *at = late;
    }
    let span = |from, to| Span { from: Duration::from_millis(from), to: Duration::from_millis(to) };
    let millis = |latency: Latency| (latency.ack.as_millis(), latency.delivery.as_millis());
    assert_eq!(millis(latency::of(&evidence, [span(0, 60)])), (5, 5));
    assert_eq!(millis(latency::of(&evidence, [span(0, 200)])), (5, 35));
    assert_eq!(millis(latency::of(&evidence, [span(0, 60), span(0, 200), span(70, 200)])), (5, 5), "the middle one");
}
