//! People on sockets, in rooms: brought in, set to talk, and listened to.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use indicatif::ProgressBar;
use mio::Events;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::dialect::{Ask, Dialect, Heard};
use super::stamp::Stamp;
use super::swarm::{self, Reply, Said, SocketId, Swarm};
use super::tally::{Latencies, Tally};
use super::target::Target;

mod talk;

pub(crate) use talk::Pace;

/// Connections that are being made at the same time.
const GREETINGS: usize = 256;

/// How long a connection may take, and what is under way at the end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest time without a look at the clock.
const LOOK: Duration = Duration::from_millis(20);

/// Who is there, and who talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) rooms: usize,
    /// People in each room, all of whom hear it.
    pub(crate) members: usize,
    /// Those of them who talk.
    pub(crate) senders: usize,
    /// Others in each room, who come and go.
    pub(crate) visitors: usize,
}

impl Crowd {
    /// So many people, about, in rooms of that size, who say nothing.
    pub(crate) fn silent(people: u32, members: u32) -> Self {
        let members = members.min(people);
        Self { rooms: people.div_ceil(members) as usize, members: members as usize, senders: 0, visitors: 0 }
    }

    /// Everybody who is there for good.
    pub(crate) fn people(self) -> usize {
        self.rooms * self.members
    }
}

/// A person.
#[derive(Debug, Clone)]
struct Guest {
    room: usize,
    sender: Option<usize>,
    began: Instant,
    in_room: bool,
    /// Comes and goes, so that nobody counts on what it hears.
    visits: bool,
    asked: Option<(Ask, Instant)>,
}

impl Guest {
    fn new(room: usize, sender: Option<usize>) -> Self {
        Self { room, sender, began: Instant::now(), in_room: false, visits: false, asked: None }
    }
}

/// What was asked for beside talking, and how long the answers took.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) pages: Latencies,
    pub(crate) joins: Latencies,
    /// Who has their answer and may ask again, in order.
    pub(crate) free: VecDeque<SocketId>,
}

/// People, rooms, and the account of what they did.
#[derive(Debug)]
pub(crate) struct Arena<'t> {
    pub(crate) tally: Tally,
    pub(crate) swarm: Swarm,
    target: &'t Target,
    dialect: Box<dyn Dialect>,
    events: Events,
    guests: Vec<Guest>,
    /// The socket of each sender.
    sockets: Vec<SocketId>,
    rooms: Vec<String>,
    present: usize,
    /// From the first byte of a connection to being in the room.
    pub(crate) entering: Latencies,
    pub(crate) answers: Answers,
    /// How often a second an open loop looks at the clock, at least.
    beats: f64,
    body: usize,
    pub(crate) rng: StdRng,
    /// Why sockets ended, and what was refused; the first few.
    pub(crate) troubles: Vec<String>,
}

/// Troubles that are told; all are counted.
const TROUBLES: usize = 5;

impl<'t> Arena<'t> {
    /// Nobody yet.
    pub(crate) fn new(
        target: &'t Target,
        crowd: Crowd,
        dialect: Box<dyn Dialect>,
        body: usize,
        seed: u64,
    ) -> anyhow::Result<Self> {
        ensure!(crowd.senders <= crowd.members, "there can't be more who send than there are people in a room");
        let mut tally = Tally::new(crowd.rooms, dialect.acknowledges());
        let mut guests = Vec::with_capacity(crowd.rooms * crowd.members);
        // Senders of different rooms take turns, so that an open loop doesn't go through one room after another.
        let senders: Vec<Vec<usize>> =
            (0..crowd.senders).map(|_| (0..crowd.rooms).map(|room| tally.sender(room)).collect()).collect();
        let mut sockets = vec![0; crowd.rooms * crowd.senders];
        for member in 0..crowd.members {
            for room in 0..crowd.rooms {
                let sender = senders.get(member).map(|of_rooms| of_rooms[room]);
                if let Some(sender) = sender {
                    sockets[sender] = guests.len();
                }
                tally.sit(guests.len(), room);
                guests.push(Guest::new(room, sender));
            }
        }
        for _ in 0..crowd.visitors {
            guests.extend((0..crowd.rooms).map(|room| Guest { visits: true, ..Guest::new(room, None) }));
        }
        Ok(Self {
            tally,
            swarm: Swarm::new(target.address, dialect.upgrade(), target.deflate, seed)?,
            target,
            dialect,
            events: swarm::events(),
            guests,
            sockets,
            // A server that has run before has other rooms.
            rooms: (0..crowd.rooms).map(|room| format!("bench-{seed:x}-{}-{room}", std::process::id())).collect(),
            present: 0,
            entering: Latencies::default(),
            answers: Answers::default(),
            beats: 0.0,
            body,
            rng: StdRng::seed_from_u64(seed),
            troubles: Vec::new(),
        })
    }

    /// Brings everybody in; says how long that took.
    pub(crate) fn gather(&mut self, progress: &ProgressBar) -> anyhow::Result<Duration> {
        let all: VecDeque<SocketId> = (0..self.guests.len()).collect();
        self.enter(all, progress, |swarm, _id| swarm.connect().map(|_new| ()))
    }

    /// Cuts everybody off, and brings them back at once; says how long that took.
    pub(crate) fn storm(&mut self, progress: &ProgressBar) -> anyhow::Result<Duration> {
        let all: VecDeque<SocketId> = (0..self.guests.len()).collect();
        for &id in &all {
            self.swarm.cut(id);
            self.guests[id].in_room = false;
        }
        self.present = 0;
        self.entering = Latencies::default();
        self.enter(all, progress, Swarm::reconnect)
    }

    fn enter(
        &mut self,
        mut outside: VecDeque<SocketId>,
        progress: &ProgressBar,
        mut connect: impl FnMut(&mut Swarm, SocketId) -> anyhow::Result<()>,
    ) -> anyhow::Result<Duration> {
        let (begun, all) = (Instant::now(), self.guests.len());
        let mut heard_from = (self.present, Instant::now());
        while self.present < all {
            while all - self.present - outside.len() < GREETINGS {
                let Some(id) = outside.pop_front() else { break };
                self.guests[id].began = Instant::now();
                connect(&mut self.swarm, id)?;
            }
            self.turn(LOOK)?;
            if self.tally.faults.ended > 0 || self.tally.faults.refused > 0 {
                bail!("not everybody gets in: {}", self.troubles.join("; "));
            }
            if self.present > heard_from.0 {
                heard_from = (self.present, Instant::now());
            } else if heard_from.1.elapsed() > PATIENCE {
                bail!("{} of {all} got in, and nobody more for {} s", self.present, PATIENCE.as_secs());
            }
            progress.set_position(self.present as u64);
        }
        Ok(begun.elapsed())
    }

    /// Listens for a while, and says nothing.
    pub(crate) fn listen(&mut self, time: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn(LOOK)?;
        }
        Ok(())
    }

    /// Somebody asks for something.
    pub(crate) fn ask(&mut self, id: SocketId, ask: Ask, due: Instant) -> anyhow::Result<()> {
        let (swarm, guest) = (&mut self.swarm, &mut self.guests[id]);
        let known = self.dialect.ask(&self.rooms[guest.room], ask, &mut |text| swarm.say(id, text));
        ensure!(known, "servers that are spoken to in this dialect can only be talked on");
        if !matches!(ask, Ask::Typing(_) | Ask::Read(_)) {
            guest.asked = Some((ask, due));
        }
        Ok(())
    }

    /// What somebody waits for.
    pub(crate) fn asked(&self, id: SocketId) -> Option<Ask> {
        self.guests[id].asked.map(|(ask, _)| ask)
    }

    /// Whether somebody is in their room.
    pub(crate) fn is_in(&self, id: SocketId) -> bool {
        self.guests[id].in_room
    }

    /// Messages that were said in somebody's room, at least.
    pub(crate) fn said_in_room_of(&self, id: SocketId) -> u64 {
        self.guests[id].sender.map_or(0, |sender| self.tally.next(sender).number.into())
    }

    fn turn(&mut self, patience: Duration) -> anyhow::Result<()> {
        let Self { swarm, events, dialect, guests, tally, rooms, present, entering, answers, troubles, .. } = self;
        let mut trouble = |what: String| {
            if troubles.len() < TROUBLES {
                troubles.push(what);
            }
        };
        swarm.turn(events, patience, &mut |id, said, now, reply| {
            let guest = &mut guests[id];
            match said {
                Said::Opened => {
                    if dialect.open(&mut |payload| reply.say(payload)) {
                        enter(&**dialect, id, &rooms[guest.room], reply);
                    }
                }
                Said::Frame(frame) => dialect.hear(frame, &mut |heard| match heard {
                    Heard::Message { .. } if guest.visits => {}
                    Heard::Message { seq, body } => match Stamp::of(body) {
                        Some(stamp) => tally.heard(id, stamp, seq, now),
                        None => tally.faults.unknown += 1,
                    },
                    Heard::Ack { id, seq } => match guest.sender {
                        Some(sender) => tally.ack(sender, id, seq, now),
                        None => tally.faults.unknown += 1,
                    },
                    Heard::Ready => enter(&**dialect, id, &rooms[guest.room], reply),
                    Heard::Asked(answer) => reply.say(answer),
                    Heard::Joined => {
                        let came = !std::mem::replace(&mut guest.in_room, true);
                        if let Some((_, due)) = guest.asked.take() {
                            answers.joins.record(now - due);
                            answers.free.push_back(id);
                        } else if came {
                            *present += 1;
                            entering.record(now - guest.began);
                        }
                    }
                    Heard::Left => {
                        guest.in_room = false;
                        guest.asked = None;
                        answers.free.push_back(id);
                    }
                    Heard::Page => {
                        if let Some((_, due)) = guest.asked.take() {
                            answers.pages.record(now - due);
                            answers.free.push_back(id);
                        }
                    }
                    Heard::Refused(why) => {
                        tally.faults.refused += 1;
                        trouble(String::from_utf8_lossy(why).into_owned());
                    }
                    Heard::Other => {}
                }),
                Said::Ended(ending) => {
                    tally.faults.ended += 1;
                    trouble(ending.to_string());
                }
            }
        })?;
        Ok(())
    }

    /// The server that is measured.
    pub(crate) fn target(&self) -> &'t Target {
        self.target
    }

    /// The name of a room.
    pub(crate) fn room(&self, room: usize) -> &str {
        &self.rooms[room]
    }
}

/// Says who somebody is, and where they go.
fn enter(dialect: &dyn Dialect, id: SocketId, room: &str, reply: &mut Reply<'_>) {
    let mut say = |payload: &[u8]| reply.say(payload);
    dialect.hello(&format!("m{id}"), &mut say);
    dialect.join(room, &mut say);
}
