//! The ledger alone, without a thread or a file.

use std::cell::Cell;
use std::collections::HashMap;

use greenroom_protocol::{Body, MessageId, Name, RoomId, RoomKind};

use super::*;
use crate::record::tests::checksum;
use crate::rooms::Crew;
use crate::{RoomKey, Ticket};

/// What is stored, by the test's word.
#[derive(Default)]
struct Shelf {
    sealed: HashMap<Fingerprint, Lsn>,
    unreadable: bool,
    people: HashMap<UserId, (Name, bool)>,
    follows: HashSet<(UserId, RoomKey)>,
    documents: HashMap<Key, Vec<u8>>,
}

impl Stored for Shelf {
    fn sealed(&self, key: Fingerprint) -> Option<Lsn> {
        self.sealed.get(&key).copied()
    }

    fn message(&self, _lsn: Lsn, show: &mut dyn FnMut(&Record<'_>)) -> bool {
        let (room, user, id) = ([0; 16], [0; 16], [0; 16]);
        let body = "hello";
        if !self.unreadable {
            show(&Record::Message(MessageRecord { room, seq: 7, ordinal: 7, user, id, at: 70, reply_to: None, body }));
        }
        !self.unreadable
    }

    fn person(&self, user: UserId) -> Option<(Name, bool)> {
        self.people.get(&user).cloned()
    }

    fn follows(&self, user: UserId, room: RoomKey) -> bool {
        self.follows.contains(&(user, room))
    }

    fn document(&self, key: &Key) -> Result<Option<Vec<u8>>, ReadError> {
        if self.unreadable { Err(ReadError::Rebuilding) } else { Ok(self.documents.get(key).cloned()) }
    }
}

struct Desk {
    ledger: Ledger,
    shelf: Shelf,
    frame: FrameBuilder,
    room: RoomKey,
    tickets: Cell<u64>,
}

impl Desk {
    fn new() -> Self {
        let id = RoomId::parse("green").unwrap();
        let key = RoomKey(Uuid::from_u128(9));
        let room = Room::new(key, id, RoomKind::Group, "Green".into(), Epoch(Uuid::nil()));
        let live = Arc::new(LiveRoom::new(Arc::new(room), Head { seq: Seq(7), ordinal: 7 }, Crew::default()));
        let fingerprinter = Fingerprinter::new(Uuid::from_u128(1));
        let ledger = Ledger::new([live], fingerprinter, IdMap::default(), 1);
        Self { ledger, shelf: Shelf::default(), frame: FrameBuilder::new(checksum()), room: key, tickets: Cell::new(0) }
    }

    fn plan(&mut self, intents: &[Intent], admission: Admission) -> Plan {
        self.frame.begin(100);
        self.ledger.plan(intents, Vec::new(), admission, &self.shelf, &mut self.frame)
    }

    /// Appends come with tickets in their order.
    fn next_ticket(&self) -> Ticket {
        self.tickets.set(self.tickets.get() + 1);
        Ticket(self.tickets.get())
    }

    fn says(&self, id: u128, body: &str) -> Intent {
        Intent::Append(Append {
            room: self.room,
            incarnation: Incarnation(0),
            ticket: self.next_ticket(),
            user: alice(),
            guest: true,
            id: MessageId(Uuid::from_u128(id)),
            body: Body::parse(body).unwrap(),
            reply_to: None,
            at: Timestamp::from_millis(5),
            probe: false,
        })
    }

    fn probes(&self, id: u128, body: &str) -> Intent {
        let Intent::Append(append) = self.says(id, body) else { unreachable!("it says something") };
        Intent::Append(Append { probe: true, ..append })
    }

    fn key(&self, id: u128) -> Fingerprint {
        self.ledger.fingerprinter.of(self.room, alice().id, MessageId(Uuid::from_u128(id)))
    }
}

fn alice() -> User {
    User { id: UserId(Uuid::from_u128(3)), name: Name::guest("Alice").unwrap() }
}

fn outcomes(plan: &Plan) -> Vec<Outcome> {
    let outcome = |decision: &Decision| match decision {
        Decision::Append { outcome, .. } => outcome.clone(),
        Decision::Open(_)
        | Decision::Make(_)
        | Decision::Enact(_)
        | Decision::Follow(_)
        | Decision::Unfollow(_)
        | Decision::Change(_)
        | Decision::Trim(_)
        | Decision::Seal => panic!("not an append"),
    };
    plan.decisions.iter().map(outcome).collect()
}

fn stored(seq: u64) -> Outcome {
    Outcome::Stored { seq: Seq(seq), at: Timestamp::from_millis(5) }
}

#[test]
fn what_was_refused_is_not_stored_when_a_dying_store_hands_it_over_twice() {
    let mut desk = Desk::new();
    let intents = [desk.says(1, "one"), desk.says(2, "two")];
    let refused = desk.plan(&intents, Admission::Refuse(Refused::DiskFull));
    assert_eq!(outcomes(&refused), [Outcome::Refused(Refused::DiskFull), Outcome::Refused(Refused::DiskFull)]);
    let twice = desk.plan(&intents, Admission::Take);
    assert_eq!(outcomes(&twice), [Outcome::Decided, Outcome::Decided]);
    assert!(desk.frame.is_empty());
    let anew = [desk.says(1, "one")];
    assert_eq!(outcomes(&desk.plan(&anew, Admission::Take)), [stored(8)], "said again, it is another append");
}

#[test]
fn a_plan_that_is_undone_leaves_no_trace() {
    let mut desk = Desk::new();
    let intents = [desk.says(1, "one"), desk.says(2, "two"), desk.says(1, "one")];
    let first = desk.plan(&intents, Admission::Take);
    let repeated = Outcome::Repeated { seq: Seq(8), at: Timestamp::from_millis(5) };
    assert_eq!(outcomes(&first), [stored(8), stored(9), repeated]);
    let written = desk.frame.finish().to_vec();
    desk.ledger.undo(&first);
    let refused = desk.plan(&intents, Admission::Refuse(Refused::DiskFull));
    assert!(outcomes(&refused).iter().all(|outcome| *outcome == Outcome::Refused(Refused::DiskFull)));
    assert!(desk.frame.is_empty());
    desk.ledger.undo(&refused);
    let again = desk.plan(&intents, Admission::Take);
    assert_eq!(outcomes(&again), outcomes(&first));
    assert_eq!(desk.frame.finish(), written, "the author is introduced again too");
}

#[test]
fn what_a_sealed_segment_has_is_a_repeat_or_a_conflict() {
    let mut desk = Desk::new();
    for id in [1, 2] {
        let key = desk.key(id);
        desk.shelf.sealed.insert(key, 50);
    }
    let intents = [desk.says(1, "hello"), desk.says(2, "something else"), desk.says(3, "new")];
    let plan = desk.plan(&intents, Admission::Take);
    let repeated = Outcome::Repeated { seq: Seq(7), at: Timestamp::from_millis(70) };
    assert_eq!(outcomes(&plan), [repeated, Outcome::Conflict, stored(8)]);
}

#[test]
fn what_can_not_be_read_any_more_is_stored_once_more() {
    let mut desk = Desk::new();
    let key = desk.key(1);
    desk.shelf.sealed.insert(key, 50);
    desk.shelf.unreadable = true;
    let intents = [desk.says(1, "hello")];
    assert_eq!(outcomes(&desk.plan(&intents, Admission::Take)), [stored(8)]);
}

#[test]
fn a_person_is_introduced_once_and_again_when_their_name_changes() {
    let mut desk = Desk::new();
    let intents = [desk.says(1, "one"), desk.says(2, "two")];
    let plan = desk.plan(&intents, Admission::Take);
    assert_eq!((plan.people.len(), desk.frame.places().len()), (1, 3));
    let (before, mut renamed) = (desk.says(4, "four"), desk.says(3, "three"));
    if let Intent::Append(append) = &mut renamed {
        append.user.name = Name::guest("Alicia").unwrap();
    }
    let plan = desk.plan(&[before, renamed], Admission::Take);
    assert_eq!((plan.people.len(), desk.frame.places().len()), (1, 3));

    let mut known = Desk::new();
    known.shelf.people.insert(alice().id, (alice().name, true));
    let intents = [known.says(1, "one")];
    assert_eq!(known.plan(&intents, Admission::Take).people.len(), 0);
}

#[test]
fn a_room_that_nobody_knows_takes_nothing() {
    let mut desk = Desk::new();
    let mut lost = desk.says(1, "hello");
    if let Intent::Append(append) = &mut lost {
        append.room = RoomKey(Uuid::nil());
    }
    assert_eq!(outcomes(&desk.plan(&[lost], Admission::Take)), [Outcome::Superseded]);
}

#[test]
fn a_probe_tells_what_is_stored_and_stores_nothing() {
    let mut desk = Desk::new();
    let intents = [desk.probes(1, "one"), desk.says(1, "one"), desk.probes(1, "one"), desk.probes(1, "other")];
    let plan = desk.plan(&intents, Admission::Take);
    let repeated = Outcome::Repeated { seq: Seq(8), at: Timestamp::from_millis(5) };
    assert_eq!(outcomes(&plan), [Outcome::Absent, stored(8), repeated, Outcome::Conflict]);
}
