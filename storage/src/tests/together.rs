//! Many at once: writers, readers, and an index that keeps breaking.

use std::sync::atomic::{AtomicBool, Ordering};

use super::support::{House, person, says, small, stored};
use crate::{PageFrom, ReadError};
use greenroom_protocol::Seq;
use parking_lot::Mutex;

#[test]
fn readers_see_no_gap_while_everything_moves() {
    let house = House::tuned(crate::start::Tuning { lag_most: 200, ..small() });
    let rooms = ["green", "attic"].map(|room| house.room(room));
    let (done, turn) = (AtomicBool::new(false), Mutex::new(()));
    std::thread::scope(|threads| {
        let writers: Vec<_> = ["Alice", "Bob", "Carol"]
            .map(|name| {
                let (house, rooms, turn) = (&house, &rooms, &turn);
                threads.spawn(move || {
                    for n in 0..400 {
                        // As a room does it: in the order of its tickets.
                        let submitted = {
                            let _turn = turn.lock();
                            house.submit(says(&rooms[n % 2], &person(name), &format!("{n} by {name}")))
                        };
                        stored(&house.ear.outcome(submitted).expect("the journal works"));
                    }
                })
            })
            .into();
        for room in &rooms {
            let (house, done) = (&house, &done);
            threads.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    read_all(house, room);
                }
            });
        }
        for _ in 0..6 {
            house.wait_until("the index is there", |store| !store.health().rebuilding);
            house.store.break_index();
        }
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    house.settle();
    for room in &rooms {
        assert_eq!(read_all(&house, room), Some(600));
    }
    let house = house.restart();
    for room in &rooms {
        assert_eq!(read_all(&house, room), Some(600));
    }
    assert_eq!(house.store.health().damaged, 0);
}

/// Reads a room from its beginning; none where the index was not there all the time.
fn read_all(house: &House, room: &crate::Room) -> Option<u64> {
    let mut seen = 0;
    loop {
        match house.store.page(room.key, PageFrom::After(Seq(seen)), 50, usize::MAX) {
            Ok(page) => {
                for event in &page.events {
                    seen += 1;
                    assert_eq!((event.event.seq(), event.ordinal), (Seq(seen), seen));
                    assert!(event.event.message().is_some());
                }
                if !page.more {
                    return Some(seen);
                }
            }
            Err(ReadError::Rebuilding) => return None,
            Err(error @ (ReadError::NoRoom | ReadError::Disk(_))) => panic!("{error}"),
        }
    }
}
