//! Talking: what is said when, and waiting for it to be heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rand::RngExt as _;

use super::{Arena, LOOK, PATIENCE};
use crate::bench::dialect::Ask;
use crate::bench::swarm::Swarm;

/// The shortest time between two wake-ups of an open loop; what is due in between is sent together.
const SHORTEST_BEAT: Duration = Duration::from_micros(100);

/// How much is said.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// So many messages a second, in all, each due at its moment.
    Open(f64),
    /// So many in flight, in all.
    Closed(usize),
}

impl Arena<'_> {
    /// Lets people talk until `until`, which is asked at each turn, says that it's over.
    pub(crate) fn talk(
        &mut self,
        pace: Pace,
        mut until: impl FnMut(&mut Self, Instant) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let mut talk = Talk::new(self, pace)?;
        loop {
            let now = Instant::now();
            if until(self, now)? {
                break;
            }
            let patience = talk.say_what_is_due(self, now);
            self.swarm.flush();
            self.turn(patience.min(LOOK))?;
        }
        drop(talk);
        self.settle()
    }

    /// Waits until nothing is under way any more, or nothing more comes.
    fn settle(&mut self) -> anyhow::Result<()> {
        let mut last = (self.tally.deliveries, Instant::now());
        while self.tally.under_way > 0 && last.1.elapsed() < PATIENCE.div_f64(3.0) {
            self.turn(LOOK)?;
            if self.tally.deliveries > last.0 {
                last = (self.tally.deliveries, Instant::now());
            }
        }
        Ok(())
    }

    /// Everybody reads pages of their room, at places chosen by chance, one at a time, for so long.
    pub(crate) fn leaf(&mut self, time: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + time;
        self.answers.free = (0..self.guests.len()).collect();
        loop {
            let now = Instant::now();
            while let Some(id) = self.answers.free.pop_front().filter(|_| now < end) {
                let before = self.rng.random_range(1..=self.said_in_room_of(id) + 1);
                self.ask(id, Ask::Page { before }, now)?;
            }
            let waits = self.guests.iter().any(|guest| guest.asked.is_some());
            if now >= end && !waits || now >= end + PATIENCE {
                return Ok(());
            }
            self.swarm.flush();
            self.turn(LOOK)?;
        }
    }

    /// Somebody says something, and everybody waits until it is acknowledged and heard; how long that took from `since`.
    pub(crate) fn say_once(&mut self, sender: usize, since: Instant) -> anyhow::Result<Duration> {
        self.say(sender, since);
        self.swarm.flush();
        self.settle()?;
        Ok(since.elapsed())
    }

    fn say(&mut self, sender: usize, due: Instant) {
        let stamp = self.tally.next(sender);
        let body = stamp.body(self.body, &mut self.rng);
        let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
        uuid::Uuid::now_v7().hyphenated().encode_lower(&mut id);
        let socket = self.sockets[sender];
        let room = &self.rooms[self.guests[socket].room];
        let swarm = &mut self.swarm;
        self.dialect.send(room, &id, &body, &mut |text| swarm.say(socket, text));
        self.tally.sent(sender, id, due);
    }

    /// An open loop looks at the clock as often as this, so that other things can be due in between.
    pub(crate) fn quicken(&mut self, per_second: f64) {
        self.beats = per_second;
    }
}

/// What keeps people talking.
#[derive(Debug)]
struct Talk {
    pace: Pace,
    begun: Instant,
    said: u64,
    beat: Option<Beat>,
}

impl Talk {
    fn new(arena: &mut Arena<'_>, pace: Pace) -> anyhow::Result<Self> {
        let senders = arena.sockets.len();
        arena.tally.free.clear();
        let beat = match pace {
            Pace::Open(per_second) => Some(Beat::new(&arena.swarm, per_second.max(arena.beats))?),
            Pace::Closed(in_flight) => {
                arena.tally.free.extend((0..senders).cycle().take(in_flight));
                None
            }
        };
        Ok(Self { pace, begun: Instant::now(), said: 0, beat })
    }

    /// Says all that is due; how long until there is more.
    fn say_what_is_due(&mut self, arena: &mut Arena<'_>, now: Instant) -> Duration {
        match self.pace {
            Pace::Open(per_second) => loop {
                let due = self.begun + Duration::from_secs_f64(self.said as f64 / per_second);
                if due > now {
                    return due - now;
                }
                let sender = usize::try_from(self.said).unwrap_or(0) % arena.sockets.len();
                self.said += 1;
                arena.say(sender, due);
            },
            Pace::Closed(_) => {
                while let Some(sender) = arena.tally.free.pop_front() {
                    self.said += 1;
                    arena.say(sender, now);
                }
                LOOK
            }
        }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        if let Some(beat) = self.beat.take() {
            beat.end();
        }
    }
}

/// Wakes the poller when something is due: a poller's own patience is counted in whole milliseconds.
#[derive(Debug)]
struct Beat {
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Beat {
    fn new(swarm: &Swarm, per_second: f64) -> anyhow::Result<Self> {
        ensure!(per_second > 0.0, "a rate is more than 0 messages a second");
        let waker = swarm.waker()?;
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let each = Duration::from_secs_f64(1.0 / per_second).clamp(SHORTEST_BEAT, LOOK);
        let thread = std::thread::spawn(move || {
            let mut next = Instant::now();
            while !is_over.load(Ordering::Relaxed) {
                next += each;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                if waker.wake().is_err() {
                    return;
                }
            }
        });
        Ok(Self { over, thread })
    }

    fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        // It does nothing that could panic.
        let _ended = self.thread.join();
    }
}
