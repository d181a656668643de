//! A room is crashed again and again while people talk in it: how long do they wait, and is anything lost?

use std::time::{Duration, Instant};

use super::{conclude, progress};
use crate::bench::arena::{Arena, Crowd, Pace};
use crate::bench::figures::{Better, Run, Series, Spread};
use crate::bench::flags::{Common, Failure};
use crate::bench::meter::Meter;
use crate::bench::tally::Slice;
use crate::bench::target::Target;

/// How finely the curve over time is drawn.
const SLICE: Duration = Duration::from_millis(100);

/// Slices after a crash in which its effect is looked for.
const AFTER: usize = 10;

/// Those of the people who talk.
const SENDERS: u32 = 5;

pub(crate) fn failure(common: &Common, flags: &Failure) -> anyhow::Result<Run> {
    anyhow::ensure!(flags.every >= 1.0, "a room is crashed once a second at most");
    let target = Target::new(common, &["--lab"])?;
    let mut run = Run::default();
    let crowd =
        Crowd { rooms: 1, members: flags.members as usize, senders: flags.members.min(SENDERS) as usize, visitors: 0 };
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    let bar = progress("entering", u64::from(flags.members));
    arena.gather(&bar)?;
    bar.finish_and_clear();
    let mut meter = Meter::new(&mut arena, common.warm_up, common.seconds);
    let begun = Instant::now();
    arena.tally.slice(begun, SLICE);
    let bar = progress("crashing", u64::from(common.warm_up) + u64::from(common.seconds));
    let room = format!("room:{}", arena.room(0));
    let crashes =
        target.crash_every(room, Duration::from_secs(common.warm_up.into()), Duration::from_secs_f64(flags.every))?;
    arena.talk(Pace::Open(flags.rate), |arena, now| {
        bar.set_position(now.duration_since(begun).as_secs());
        Ok(meter.is_over(arena, now, &mut run))
    })?;
    bar.finish_and_clear();
    let crashes: Vec<Duration> = crashes.end()?.iter().map(|at| at.duration_since(begun)).collect();
    run.figure("crashes", "", Better::Neither, crashes.len() as f64);
    let measured = std::mem::take(&mut arena.tally.measured);
    run.curve("publish to ack", &measured.acks);
    run.curve("publish to last", &measured.last);
    if let Some((slices, each)) = arena.tally.slices() {
        let longest = crashes.iter().filter_map(|at| longest_after(slices, *at, each));
        let spread = Spread::of(longest);
        run.figure("longest wait after a crash, median", "ms", Better::Less, spread.map(|spread| spread.median));
        run.figure("longest wait after a crash, worst", "ms", Better::Less, spread.map(|spread| spread.greatest));
        run.series.push(curve(slices, each, &crashes));
    }
    conclude(arena, &mut run)?;
    Ok(run)
}

/// The longest wait for an ack of what was due soon after a crash, in milliseconds.
fn longest_after(slices: &[Slice], crash: Duration, each: Duration) -> Option<f64> {
    let first = usize::try_from(crash.as_nanos() / each.as_nanos()).ok()?;
    let after = slices.get(first..)?.iter().take(AFTER);
    after.filter(|slice| !slice.acks.0.is_empty()).map(|slice| slice.acks.0.max() as f64 / 1_000.0).reduce(f64::max)
}

fn curve(slices: &[Slice], each: Duration, crashes: &[Duration]) -> Series {
    let value = |slice: &Slice| (!slice.acks.0.is_empty()).then(|| slice.acks.0.max() as f64 / 1_000.0);
    let points =
        slices.iter().enumerate().map(|(nth, slice)| (nth as f64 * each.as_secs_f64(), value(slice))).collect();
    Series {
        name: "longest publish to ack".into(),
        unit: "ms".into(),
        points,
        marks: crashes.iter().map(Duration::as_secs_f64).collect(),
    }
}
