//! Pages.

use super::support::{House, alice, says, stored};
use crate::{Page, PageFrom, ReadError, RoomKey};
use greenroom_protocol::Seq;

fn seqs(page: &Page) -> Vec<u64> {
    page.events.iter().map(|event| event.event.seq().0).collect()
}

#[test]
fn pages_are_the_same_from_memory_and_from_the_index() {
    let house = House::new();
    let green = house.room("green");
    house.chatter(&green, &alice(), 150);
    for settled in [false, true] {
        if settled {
            house.settle();
        }
        let page = |from, limit| house.store.page(green.key, from, limit, usize::MAX).unwrap();
        let newest = page(PageFrom::Newest, 10);
        assert_eq!((seqs(&newest), newest.more), ((141..=150).collect(), true));
        let before = page(PageFrom::Before(Seq(5)), 10);
        assert_eq!((seqs(&before), before.more), ((1..=4).collect(), false));
        let after = page(PageFrom::After(Seq(60)), 10);
        assert_eq!((seqs(&after), after.more), ((61..=70).collect(), true));
        let last = page(PageFrom::After(Seq(145)), 10);
        assert_eq!((seqs(&last), last.more), ((146..=150).collect(), false));
        assert_eq!(page(PageFrom::Before(Seq(1_000)), 3), page(PageFrom::Newest, 3));
        for beyond in [PageFrom::After(Seq(150)), PageFrom::After(Seq(u64::MAX)), PageFrom::Before(Seq(1))] {
            let none = page(beyond, 10);
            assert_eq!((seqs(&none), none.more), (vec![], false), "{beyond:?}");
        }
        assert_eq!(seqs(&page(PageFrom::Newest, usize::MAX)), (1..=150).collect::<Vec<_>>());
        let nothing = page(PageFrom::Newest, 0);
        assert_eq!((seqs(&nothing), nothing.more), (vec![], true));
        assert!(newest.events.iter().all(|event| event.ordinal == event.event.seq().0));
    }
}

#[test]
fn a_page_has_its_bytes_and_never_less_than_one_event() {
    let house = House::new();
    let green = house.room("green");
    for n in 0..10 {
        stored(&house.say(says(&green, &alice(), &n.to_string().repeat(100))));
    }
    let page = |from, bytes| house.store.page(green.key, from, 10, bytes).unwrap();
    assert_eq!(seqs(&page(PageFrom::Newest, 350)), [8, 9, 10]);
    assert_eq!(seqs(&page(PageFrom::After(Seq(2)), 350)), [3, 4, 5]);
    assert_eq!(seqs(&page(PageFrom::Newest, 0)), [10]);
    assert!(page(PageFrom::Newest, 350).more && page(PageFrom::After(Seq(2)), 350).more);
}

#[test]
fn an_empty_room_has_an_empty_page_and_a_missing_one_none() {
    let house = House::new();
    let green = house.room("green");
    let page = house.store.page(green.key, PageFrom::Newest, 10, 1_000).unwrap();
    assert_eq!((page.events.len(), page.more, page.first_seq()), (0, false, Seq(1)));
    let missing = house.store.page(RoomKey(uuid::Uuid::nil()), PageFrom::Newest, 10, 1_000);
    assert_eq!(missing.unwrap_err(), ReadError::NoRoom);
}

#[test]
fn long_messages_are_read_whole() {
    let house = House::new();
    let green = house.room("green");
    for n in 1..40 {
        stored(&house.say(says(&green, &alice(), &"é".repeat(n * 100))));
    }
    for from in [PageFrom::Newest, PageFrom::After(Seq(0))] {
        let page = house.store.page(green.key, from, 100, usize::MAX).unwrap();
        for (event, n) in page.events.iter().zip(1..) {
            assert_eq!(event.event.message().unwrap().body.as_str(), "é".repeat(n * 100));
        }
    }
}
