//! Whatever is done in whatever order, the store says what a simple model says.

use std::collections::HashMap;

use greenroom_protocol::{Event, MessageId, Seq, User};
use proptest::prelude::*;
use uuid::Uuid;

use super::support::{House, again, person, says, small};
use crate::{Append, Cursor, Incarnation, Outcome, PageFrom, Room, Ticket};

/// What may happen. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Deed {
    Say { room: usize, user: usize, id: u128, text: u8 },
    Open { room: usize },
    Read { room: usize, user: usize, to: u64 },
    Settle,
    Restart,
    Kill,
    LoseIndex,
    LoseCatalogues,
}

const ROOMS: [&str; 3] = ["green", "attic", "cellar"];
const PEOPLE: [&str; 3] = ["Alice", "Bob", "Mallory"];

fn deed() -> impl Strategy<Value = Deed> {
    let say = (0..ROOMS.len(), 0..PEOPLE.len(), 0..60_u128, 0..2_u8);
    let read = (0..ROOMS.len(), 0..PEOPLE.len(), 0..30_u64);
    prop_oneof![
        40 => say.prop_map(|(room, user, id, text)| Deed::Say { room, user, id, text }),
        3 => (0..ROOMS.len()).prop_map(|room| Deed::Open { room }),
        6 => read.prop_map(|(room, user, to)| Deed::Read { room, user, to }),
        1 => Just(Deed::Settle),
        1 => Just(Deed::Restart),
        1 => Just(Deed::Kill),
        1 => Just(Deed::LoseIndex),
        1 => Just(Deed::LoseCatalogues),
    ]
}

/// What should be.
#[derive(Default)]
struct Model {
    logs: HashMap<usize, Vec<(Append, Seq)>>,
    cursors: HashMap<(usize, usize), Cursor>,
    lives: HashMap<usize, u64>,
}

impl Model {
    fn expected(&self, room: usize, append: &Append) -> Expected {
        if append.incarnation.0 < self.lives[&room] {
            return Expected::Superseded;
        }
        let log = &self.logs[&room];
        let first = log.iter().find(|(first, _)| (first.user.id, first.id) == (append.user.id, append.id));
        match first {
            None => Expected::Stored(Seq(log.len() as u64 + 1)),
            Some((first, seq)) if first.body == append.body => Expected::Repeated(*seq),
            Some(_) => Expected::Conflict,
        }
    }
}

#[derive(Debug, PartialEq)]
enum Expected {
    Stored(Seq),
    Repeated(Seq),
    Conflict,
    Superseded,
}

fn found(outcome: &Outcome) -> Expected {
    match outcome {
        Outcome::Stored { seq, .. } => Expected::Stored(*seq),
        Outcome::Repeated { seq, .. } => Expected::Repeated(*seq),
        Outcome::Conflict => Expected::Conflict,
        Outcome::Superseded => Expected::Superseded,
        Outcome::Refused(refused) => panic!("{refused}"),
        Outcome::Forbidden => panic!("the room is public"),
        Outcome::Absent => panic!("nobody probes"),
        Outcome::Decided => panic!("each append has a ticket of its own"),
    }
}

/// The store and the model, side by side.
struct Both {
    house: Option<House>,
    model: Model,
    rooms: Vec<std::sync::Arc<Room>>,
    people: Vec<User>,
    /// What was submitted and not looked at yet.
    waiting: Vec<(Ticket, Expected)>,
}

impl Both {
    fn new() -> Self {
        let mut tuning = small();
        tuning.space.segment = 1_500;
        let house = House::tuned(tuning);
        let rooms = ROOMS.iter().map(|room| house.room(room)).collect();
        let mut model = Model::default();
        for room in 0..ROOMS.len() {
            model.logs.insert(room, Vec::new());
            model.lives.insert(room, 1);
        }
        let people = PEOPLE.iter().map(|name| person(name)).collect();
        Self { house: Some(house), model, rooms, people, waiting: Vec::new() }
    }

    fn house(&self) -> &House {
        self.house.as_ref().expect("there is a house but while it is restarted")
    }

    fn carry_out(&mut self, deed: &Deed) {
        match *deed {
            Deed::Say { room, user, id, text } => self.say(room, user, id, text),
            Deed::Open { room } => self.open(room),
            Deed::Read { room, user, to } => self.read(room, user, to),
            Deed::Settle => {
                self.look();
                self.house().settle();
            }
            Deed::Restart => self.again(House::restart),
            Deed::Kill => self.again(|house| {
                house.settle();
                house.after_kill()
            }),
            Deed::LoseIndex => self.again(|house| {
                let (dir, tuning, durability) = house.close();
                std::fs::remove_dir_all(dir.path().join("index")).unwrap();
                House::open(dir, tuning, durability).unwrap()
            }),
            Deed::LoseCatalogues => self.again(|house| {
                let (dir, tuning, durability) = house.close();
                for catalogue in super::segments::files(dir.path(), "idx") {
                    std::fs::remove_file(catalogue).unwrap();
                }
                House::open(dir, tuning, durability).unwrap()
            }),
        }
    }

    fn say(&mut self, room: usize, user: usize, id: u128, text: u8) {
        let words = format!("{}{}", id, if text == 0 { "" } else { ", but otherwise" });
        let mut append = says(&self.rooms[room], &self.people[user], &words);
        append.id = MessageId(Uuid::from_u128(id));
        append.incarnation = Incarnation(self.model.lives[&room]);
        let expected = self.model.expected(room, &append);
        if let Expected::Stored(seq) = expected {
            let cursor = Cursor { delivered: seq, read: seq, read_ordinal: seq.0 };
            self.model.cursors.insert((room, user), cursor);
            self.model.logs.get_mut(&room).unwrap().push((append.clone(), seq));
        }
        let ticket = self.house().submit(append);
        self.waiting.push((ticket, expected));
    }

    fn open(&mut self, room: usize) {
        let life = self.model.lives[&room] + 1;
        let mut old = says(&self.rooms[room], &self.people[0], "from an older life");
        old.incarnation = Incarnation(life - 1);
        let opened = self.house().submit_open(ROOMS[room], life, true).wait().unwrap();
        let length = self.model.logs[&room].len() as u64;
        assert_eq!((opened.head.seq.0, opened.head.ordinal, opened.created), (length, length, false));
        self.model.lives.insert(room, life);
        let ticket = self.house().submit(old);
        self.waiting.push((ticket, Expected::Superseded));
    }

    fn read(&mut self, room: usize, user: usize, to: u64) {
        self.look();
        let (key, person) = (self.rooms[room].key, &self.people[user]);
        let moved = self.house().store.move_cursor(key, person, true, Seq(to + 2), Seq(to)).unwrap();
        let head = Seq(self.model.logs[&room].len() as u64);
        let (read, delivered) = (Seq(to).min(head), Seq(to + 2).min(head));
        let cursor = self.model.cursors.entry((room, user)).or_default();
        *cursor = cursor.farthest(Cursor { delivered, read, read_ordinal: read.0 });
        assert_eq!(moved, *cursor);
    }

    /// Starts the store again in some way; its rooms then have their first lives again.
    fn again(&mut self, how: impl FnOnce(House) -> House) {
        self.look();
        let house = how(self.house.take().unwrap());
        self.model.lives.values_mut().for_each(|life| *life = 1);
        for room in ROOMS {
            house.submit_open(room, 1, false).wait().unwrap();
        }
        self.house = Some(house);
        self.compare();
    }

    fn look(&mut self) {
        for (ticket, expected) in std::mem::take(&mut self.waiting) {
            assert_eq!(found(&self.house().ear.outcome(ticket).unwrap()), expected);
        }
    }

    fn compare(&mut self) {
        self.look();
        let store = &self.house().store;
        for (number, room) in self.rooms.iter().enumerate() {
            let log = &self.model.logs[&number];
            let head = store.room(&room.id).unwrap().1;
            assert_eq!((head.seq.0, head.ordinal), (log.len() as u64, log.len() as u64));
            for limit in [1, 7, 1_000] {
                let (mut forwards, mut backwards) = (Vec::new(), Vec::new());
                loop {
                    let page = store.page(room.key, PageFrom::After(Seq(forwards.len() as u64)), limit, 500).unwrap();
                    let more = page.more;
                    forwards.extend(page.events);
                    if !more {
                        break;
                    }
                }
                loop {
                    let before = Seq(log.len() as u64 + 1 - backwards.len() as u64);
                    let page = store.page(room.key, PageFrom::Before(before), limit, 500).unwrap();
                    let more = page.more;
                    backwards.extend(page.events.into_iter().rev());
                    if !more {
                        break;
                    }
                }
                backwards.reverse();
                assert_eq!(forwards, backwards, "both ways are the same");
                assert_eq!(forwards.len(), log.len());
                for (event, (append, seq)) in forwards.iter().zip(log) {
                    let Event::Message(message) = &event.event else { panic!("{event:?}") };
                    assert_eq!((message.seq, event.ordinal, message.id), (*seq, seq.0, append.id));
                    assert_eq!((&message.user, &message.body), (&append.user, &append.body));
                }
            }
            for (user, person) in self.people.iter().enumerate() {
                let expected = self.model.cursors.get(&(number, user)).copied().unwrap_or_default();
                assert_eq!(store.cursor(room.key, person.id).unwrap(), expected);
            }
        }
        for number in 0..self.rooms.len() {
            let Some((first, seq)) = self.model.logs[&number].last().cloned() else { continue };
            let mut append = again(&first);
            append.incarnation = Incarnation(self.model.lives[&number]);
            assert_eq!(found(&self.house().say(append)), Expected::Repeated(seq));
        }
        assert_eq!(self.house().store.health().damaged, 0);
    }
}

proptest! {
// Each case is a store on a disk: fewer of them than of pure ones.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_store_says_what_the_model_says(deeds in prop::collection::vec(deed(), 1..150)) {
        let mut both = Both::new();
        for deed in &deeds {
            both.carry_out(deed);
        }
        both.compare();
        both.again(House::restart);
    }
}
