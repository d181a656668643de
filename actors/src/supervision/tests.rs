use proptest::prelude::*;

use super::*;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn failure() -> Exit {
    Exit::Failed("boom".into())
}

#[test]
fn a_room_that_ends_by_itself_is_left_alone_and_one_that_fails_is_not() {
    let mut record = Record::default();
    assert_eq!(record.judge(&ROOM, &Exit::Normal, seconds(0), 0.5), Verdict::Forget);
    assert_eq!(record.judge(&ROOM, &failure(), seconds(0), 0.5), Verdict::Restart(Duration::ZERO));
    assert_eq!(record.total(), 1);
}

#[test]
fn a_part_is_started_again_even_after_a_normal_end() {
    let mut record = Record::default();
    assert_eq!(record.judge(&PART, &Exit::Normal, seconds(0), 0.5), Verdict::Restart(Duration::ZERO));
}

#[test]
fn a_session_is_never_started_again() {
    assert_eq!(Record::default().judge(&SESSION, &failure(), seconds(0), 0.5), Verdict::Forget);
}

#[test]
fn a_room_that_keeps_failing_is_quarantined_and_a_part_escalates() {
    let (mut room, mut part) = (Record::default(), Record::default());
    for _ in 0..ROOM.budget.restarts {
        assert!(matches!(room.judge(&ROOM, &failure(), seconds(1), 0.5), Verdict::Restart(_)));
    }
    assert_eq!(room.judge(&ROOM, &failure(), seconds(1), 0.5), Verdict::Quarantine(seconds(60)));
    for _ in 0..PART.budget.restarts {
        assert!(matches!(part.judge(&PART, &failure(), seconds(1), 0.5), Verdict::Restart(_)));
    }
    assert_eq!(part.judge(&PART, &failure(), seconds(1), 0.5), Verdict::Escalate);
}

#[test]
fn old_failures_are_forgiven() {
    let mut record = Record::default();
    for n in 0..100 {
        let verdict = record.judge(&ROOM, &failure(), seconds(n * 13), 0.5);
        assert!(matches!(verdict, Verdict::Restart(_)), "failure {n}: {verdict:?}");
    }
}

#[test]
fn waits_grow_and_are_spread() {
    let backoff = PART.backoff;
    assert_eq!(backoff.wait(1, 0.9), Duration::ZERO);
    assert_eq!(backoff.wait(2, 1.0), Duration::from_millis(20));
    assert_eq!(backoff.wait(2, 0.0), Duration::from_millis(10));
    assert_eq!(backoff.wait(4, 1.0), Duration::from_millis(80));
    assert_eq!(backoff.wait(1_000, 1.0), Duration::from_secs(2));
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_restarts_than_the_budget(
        gaps in prop::collection::vec(0_u64..30_000, 1..80), restarts in 0_usize..6, within in 1_u64..60_000,
    ) {
        let budget = Budget { restarts, within: Duration::from_millis(within) };
        let policy = Policy { budget, ..PART };
        let mut record = Record::default();
        let mut now = Duration::ZERO;
        let mut restarted: Vec<Duration> = Vec::new();
        for gap in gaps {
            now += Duration::from_millis(gap);
            match record.judge(&policy, &failure(), now, 0.5) {
                Verdict::Restart(wait) => {
                    prop_assert!(wait <= policy.backoff.longest);
                    restarted.push(now);
                }
                Verdict::Escalate => break,
                Verdict::Forget | Verdict::Quarantine(_) => prop_assert!(false, "not for a part"),
            }
            let in_window = restarted.iter().filter(|at| now.saturating_sub(**at) < budget.within).count();
            prop_assert!(in_window <= restarts);
        }
    }
    /// Whatever its failures, they cost the rooms' supervisor nothing.
    #[test]
    fn a_room_is_put_aside_after_just_so_many_restarts_and_never_fails_its_supervisor(
        gaps in prop::collection::vec(0_u64..40_000, 1..200),
    ) {
        let (mut record, mut now) = (Record::default(), Duration::ZERO);
        let mut restarted: Vec<Duration> = Vec::new();
        for gap in gaps {
            now += Duration::from_millis(gap);
            restarted.retain(|at| now.saturating_sub(*at) < ROOM.budget.within);
            match record.judge(&ROOM, &failure(), now, 0.5) {
                Verdict::Restart(_) => restarted.push(now),
                Verdict::Quarantine(time) => {
                    prop_assert_eq!((restarted.len(), time), (ROOM.budget.restarts, seconds(60)));
                    restarted.clear();
                }
                Verdict::Forget | Verdict::Escalate => prop_assert!(false, "not for a room"),
            }
            prop_assert!(restarted.len() <= ROOM.budget.restarts);
        }
    }
}
