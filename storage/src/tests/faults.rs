//! A disk that fails, and one that is full.

use super::restart::everything;
use super::support::{House, again, alice, bob, repeated, says, stored};
use crate::{OpenRefused, Outcome, PageFrom, Refused};
use greenroom_protocol::Seq;

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
    for syncs in 0..6 {
        let (house, disk) = House::on_faulty_disk();
        let green = house.room("green");
        disk.set(|faults| faults.syncs = Some(syncs));
        let mut acknowledged = 0;
        let mut tickets = Vec::new();
        for n in 0..10 {
            let ticket = house.submit(says(&green, &alice(), &format!("number {n}")));
            tickets.push(ticket);
            match house.ear.outcome(ticket) {
                Some(outcome) => acknowledged = stored(&outcome).0,
                None => break,
            }
        }
        assert_eq!(acknowledged, syncs);
        assert!(house.ear.fatal().is_some(), "the failure was announced");
        let asked = disk.0.lock().synced;
        let late = house.submit(says(&green, &bob(), "does anybody hear me"));
        assert_eq!(house.ear.outcome(late), None);
        assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(syncs), "what is not durable is not shown");
        house.store.close();
        assert_eq!(disk.0.lock().synced, asked, "a sync is never tried again");
        disk.set(|faults| faults.syncs = None);
        let house = house.try_restart().unwrap();
        assert!(house.store.room(&green.id).unwrap().1.seq >= Seq(syncs), "what was acknowledged is there");
    }
}

#[test]
fn a_full_disk_refuses_new_things_and_heals() {
    let (house, disk) = House::on_faulty_disk();
    let green = house.room("green");
    let first = says(&green, &alice(), "hello");
    stored(&house.say(first.clone()));
    disk.set(|faults| faults.free = Some(1_000));
    let refused = says(&green, &alice(), "is there space?");
    assert_eq!(house.say(refused.clone()), Outcome::Refused(Refused::DiskFull));
    assert!(house.store.health().disk_full);
    assert_eq!(repeated(&house.say(again(&first))), Seq(1), "what was stored is told apart still");
    let opening = house.submit_open("attic", 1, true).wait();
    assert_eq!(opening.unwrap_err(), OpenRefused::Refused(Refused::DiskFull));
    assert!(house.submit_open("green", 1, true).wait().is_ok());
    assert_eq!(house.follow(&green, &bob()), Err(Refused::DiskFull));
    assert_eq!(house.store.page(green.key, PageFrom::Newest, 9, 999).unwrap().events.len(), 1);
    house.store.move_cursor(green.key, &bob(), true, Seq(1), Seq(1)).unwrap();

    disk.set(|faults| faults.free = None);
    assert_eq!(stored(&house.say(again(&refused))), Seq(2), "a refused message's id is forgotten");
    assert!(!house.store.health().disk_full);
    let house = house.restart();
    assert_eq!(house.store.cursor(green.key, bob().id).unwrap().read, Seq(1), "nor are cursors lost");
}

#[test]
fn a_full_disk_heals_though_nobody_asks() {
    let (house, disk) = House::on_faulty_disk();
    let green = house.room("green");
    disk.set(|faults| faults.free = Some(1_000));
    assert!(matches!(house.say(says(&green, &alice(), "anything")), Outcome::Refused(_)));
    disk.set(|faults| faults.free = None);
    house.wait_until("there is space", |store| !store.health().disk_full);
}

#[test]
fn space_that_runs_out_anywhere_leaves_no_trace_of_what_was_refused() {
    for promises in [false, true] {
        for bytes in (0..3_000).step_by(157) {
            let (house, disk) = House::on_faulty_disk();
            let green = house.room("green");
            disk.set(|faults| (faults.bytes, faults.promises) = (Some(bytes), promises));
            let mut refused = Vec::new();
            let mut taken = 0;
            for n in 0..30 {
                let first = says(&green, &alice(), &format!("number {n}"));
                let twice = again(&first);
                let (one, two) = (house.submit(first.clone()), house.submit(twice));
                match (house.ear.outcome(one).unwrap(), house.ear.outcome(two).unwrap()) {
                    (Outcome::Stored { seq, .. }, Outcome::Repeated { seq: same, .. }) => {
                        assert_eq!(seq, same);
                        taken += 1;
                    }
                    (Outcome::Refused(Refused::DiskFull), Outcome::Refused(Refused::DiskFull)) => refused.push(first),
                    other => panic!("{other:?}"),
                }
            }
            assert!(!refused.is_empty() && house.ear.fatal().is_none());
            assert_eq!(house.store.room(&green.id).unwrap().1.seq, Seq(taken));
            let killed = house.after_kill_without_faults();
            assert_eq!(everything(&killed.store), everything(&house.store));
            assert_eq!(killed.store.health().damaged, 0);
            disk.set(|faults| (faults.bytes, faults.promises) = (None, false));
            assert_eq!(stored(&house.say(again(&refused[0]))), Seq(taken + 1));
        }
    }
}

#[test]
fn a_room_that_could_not_be_made_is_made_later() {
    let (house, disk) = House::on_faulty_disk();
    disk.set(|faults| (faults.bytes, faults.promises) = (Some(10), true));
    assert!(house.submit_open("green", 1, true).wait().is_err());
    assert!(house.store.rooms().is_empty());
    disk.set(|faults| (faults.bytes, faults.promises) = (None, false));
    let opened = house.submit_open("green", 1, true).wait().unwrap();
    assert!(opened.created);
    assert_eq!(stored(&house.say(says(&opened.room, &alice(), "hello"))), Seq(1));
}

#[test]
fn sealing_on_a_full_disk_waits_for_space() {
    let (house, disk) = House::on_faulty_disk();
    let green = house.room("green");
    loop {
        disk.set(|faults| (faults.bytes, faults.promises) = (Some(700), true));
        loop {
            match house.say(says(&green, &alice(), "some words to fill a segment with")) {
                Outcome::Stored { .. } => {}
                Outcome::Refused(_) => break,
                other @ (Outcome::Repeated { .. }
                | Outcome::Conflict
                | Outcome::Absent
                | Outcome::Forbidden
                | Outcome::Superseded
                | Outcome::Decided) => {
                    panic!("{other:?}")
                }
            }
        }
        disk.set(|faults| (faults.bytes, faults.promises) = (None, false));
        if stored(&house.say(says(&green, &alice(), "there is space"))) > Seq(300) {
            break;
        }
    }
    assert!(super::segments::segments(house.dir.path()).len() > 3);
    let before = everything(&house.store);
    assert_eq!(everything(&house.restart().store), before);
}

#[test]
fn a_store_on_a_full_disk_starts_and_keeps_everything() {
    let (house, disk) = House::on_faulty_disk();
    let green = house.room("green");
    house.chatter(&green, &alice(), 20);
    let before = everything(&house.store);
    disk.set(|faults| (faults.free, faults.no_new_files) = (Some(1_000), true));
    let house = house.restart();
    assert_eq!(everything(&house.store), before);
    house.room("green");
    assert_eq!(house.say(says(&green, &alice(), "no space")), Outcome::Refused(Refused::DiskFull));
    disk.set(|faults| (faults.free, faults.no_new_files) = (None, false));
    assert_eq!(stored(&house.say(says(&green, &alice(), "space"))), Seq(21));
}

#[test]
fn where_no_segment_can_be_begun_the_newest_grows() {
    let (house, disk) = House::on_faulty_disk();
    let green = house.room("green");
    disk.set(|faults| faults.no_new_files = true);
    house.chatter(&green, &alice(), 200);
    assert_eq!(super::segments::segments(house.dir.path()).len(), 1);
    let killed = house.after_kill_without_faults();
    assert_eq!(killed.store.room(&green.id).unwrap().1.seq, Seq(200));
    disk.set(|faults| faults.no_new_files = false);
    house.chatter(&green, &alice(), 200);
    assert!(super::segments::segments(house.dir.path()).len() > 2);
    let before = everything(&house.store);
    assert_eq!(everything(&house.restart().store), before);
}

#[test]
fn when_the_disk_vanishes_nothing_more_is_acknowledged_and_nothing_is_lost() {
    for full in [false, true] {
        let (house, disk) = House::on_faulty_disk();
        let green = house.room("green");
        house.chatter(&green, &alice(), 20);
        disk.set(|faults| faults.free = full.then_some(1_000));
        disk.set(|faults| faults.gone = true);
        let late: Vec<_> = (0..10).map(|n| house.submit(says(&green, &bob(), &format!("number {n}")))).collect();
        for ticket in late {
            let outcome = house.ear.outcome(ticket);
            assert!(matches!(outcome, None | Some(Outcome::Refused(_))), "{outcome:?}");
        }
        assert!(house.ear.fatal().is_some(), "the failure was announced");
        let page = house.store.page(green.key, PageFrom::Newest, 100, usize::MAX).unwrap();
        assert_eq!(page.events.len(), 20, "what was acknowledged is shown, and nothing else");
        assert_eq!(house.after_kill_without_faults().store.room(&green.id).unwrap().1.seq, Seq(20));
    }
}
