//! People talk, and others listen: one room, many rooms, or everybody alone.

use std::time::{Duration, Instant};

use super::{conclude, progress};
use crate::bench::arena::{Arena, Crowd, Pace};
use crate::bench::figures::{Better, Run};
use crate::bench::flags::{Ack, Common, Fanout, PaceFlags, Rooms};
use crate::bench::meter::Meter;
use crate::bench::target::Target;

/// Senders in a room, where nothing is said about them.
const SENDERS: u32 = 10;

/// Messages in flight, where nothing is said about the pace.
const IN_FLIGHT: u32 = 32;

pub(crate) fn fanout(common: &Common, flags: &Fanout) -> anyhow::Result<Run> {
    let pace = pace(flags.pace);
    let senders = flags.senders.unwrap_or(match pace {
        Pace::Open(_) => SENDERS,
        Pace::Closed(in_flight) => u32::try_from(in_flight)?,
    });
    let senders = senders.min(flags.members);
    talk(common, Crowd { rooms: 1, members: flags.members as usize, senders: senders as usize, visitors: 0 }, pace)
}

pub(crate) fn rooms(common: &Common, flags: &Rooms) -> anyhow::Result<Run> {
    let (rooms, members) = (flags.rooms as usize, flags.members as usize);
    talk(common, Crowd { rooms, members, senders: members, visitors: 0 }, pace(flags.pace))
}

pub(crate) fn ack(common: &Common, flags: &Ack) -> anyhow::Result<Run> {
    let senders = flags.senders as usize;
    talk(common, Crowd { rooms: senders, members: 1, senders: 1, visitors: 0 }, Pace::Closed(senders))
}

fn pace(flags: PaceFlags) -> Pace {
    match (flags.rate, flags.in_flight) {
        (Some(per_second), _) => Pace::Open(per_second),
        (None, in_flight) => Pace::Closed(in_flight.unwrap_or(IN_FLIGHT) as usize),
    }
}

fn talk(common: &Common, crowd: Crowd, pace: Pace) -> anyhow::Result<Run> {
    let target = Target::new(common, &[])?;
    let mut run = Run::default();
    run.figure("server's memory at start", "MiB", Better::Less, target.resident_kib().map(|kib| kib as f64 / 1024.0));
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    let bar = progress("entering", crowd.people() as u64);
    arena.gather(&bar)?;
    bar.finish_and_clear();
    let mut meter = Meter::new(&mut arena, common.warm_up, common.seconds);
    let (begun, length) = (Instant::now(), u64::from(common.warm_up) + u64::from(common.seconds));
    let bar = progress("talking", length);
    arena.talk(pace, |arena, now| {
        bar.set_position(now.duration_since(begun).as_secs());
        Ok(meter.is_over(arena, now, &mut run))
    })?;
    bar.finish_and_clear();
    // Whoever is told something twice is told soon.
    arena.listen(Duration::from_millis(200))?;
    let measured = std::mem::take(&mut arena.tally.measured);
    run.curve("publish to ack", &measured.acks);
    run.curve("publish to each", &measured.each);
    run.curve("publish to last", &measured.last);
    conclude(arena, &mut run)?;
    Ok(run)
}
