//! A day in a team: people talk, type, read, page back, come and go.

use std::time::{Duration, Instant};

use rand::RngExt as _;

use super::{conclude, progress};
use crate::bench::arena::{Arena, Crowd, Pace};
use crate::bench::dialect::Ask;
use crate::bench::figures::{Better, Run};
use crate::bench::flags::{Common, Mixed};
use crate::bench::meter::Meter;
use crate::bench::target::Target;

/// Other things that are done for each message.
const CHORES: f64 = 8.0;

/// One of what is done beside talking, of 32: half are signs of typing, which begin or end it in turn; then come those of
/// reading, pages of history, and visits.
const OF: u32 = 32;
const TYPING: u32 = 16;
const READING: u32 = TYPING + 12;
const PAGES: u32 = READING + 2;

pub(crate) fn mixed(common: &Common, flags: &Mixed) -> anyhow::Result<Run> {
    let target = Target::new(common, &[])?;
    let mut run = Run::default();
    let (rooms, members) = (flags.rooms as usize, flags.members as usize);
    let crowd = Crowd { rooms, members, senders: members, visitors: 1 };
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    let bar = progress("entering", (rooms * (members + 1)) as u64);
    arena.gather(&bar)?;
    bar.finish_and_clear();
    let mut meter = Meter::new(&mut arena, common.warm_up, common.seconds);
    let per_second = flags.rate * CHORES;
    arena.quicken(flags.rate + per_second);
    let mut chores = Chores { begun: Instant::now(), per_second, done: 0, people: rooms * members, visitors: rooms };
    let bar = progress("working", u64::from(common.warm_up) + u64::from(common.seconds));
    arena.talk(Pace::Open(flags.rate), |arena, now| {
        bar.set_position(now.duration_since(chores.begun).as_secs());
        chores.do_what_is_due(arena, now)?;
        Ok(meter.is_over(arena, now, &mut run))
    })?;
    bar.finish_and_clear();
    run.figure("other commands", "1/s", Better::Neither, per_second);
    let measured = std::mem::take(&mut arena.tally.measured);
    run.curve("publish to ack", &measured.acks);
    run.curve("publish to each", &measured.each);
    run.curve("publish to last", &measured.last);
    run.curve("history to page", &arena.answers.pages);
    run.curve("join to joined", &arena.answers.joins);
    conclude(arena, &mut run)?;
    Ok(run)
}

/// What is done beside talking, each thing at its moment.
struct Chores {
    begun: Instant,
    per_second: f64,
    done: u64,
    /// Those who stay are the first sockets …
    people: usize,
    /// … and those who come and go the last.
    visitors: usize,
}

impl Chores {
    fn do_what_is_due(&mut self, arena: &mut Arena<'_>, now: Instant) -> anyhow::Result<()> {
        loop {
            let due = self.begun + Duration::from_secs_f64(self.done as f64 / self.per_second);
            if due > now {
                return Ok(());
            }
            self.done += 1;
            let (id, ask) = self.choose(arena);
            // Whoever waits for an answer has enough to do.
            if arena.asked(id).is_none() {
                arena.ask(id, ask, due)?;
            }
        }
    }

    fn choose(&self, arena: &mut Arena<'_>) -> (usize, Ask) {
        let (chance, id) = (arena.rng.random_range(0..OF), arena.rng.random_range(0..self.people));
        let said = arena.said_in_room_of(id);
        match chance {
            0..TYPING => (id, Ask::Typing(chance % 2 == 0)),
            // A room has at least as many messages as one of its people has said.
            TYPING..READING if said > 0 => (id, Ask::Read(said)),
            TYPING..PAGES => (id, Ask::Page { before: said + 1 }),
            _ => {
                let visitor = self.people + arena.rng.random_range(0..self.visitors);
                (visitor, if arena.is_in(visitor) { Ask::Leave } else { Ask::Join })
            }
        }
    }
}
