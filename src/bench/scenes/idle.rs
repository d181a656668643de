//! Connections that do nothing.

use std::time::Duration;

use super::{conclude, progress};
use crate::bench::arena::{Arena, Crowd};
use crate::bench::figures::{Better, Run};
use crate::bench::flags::{Common, Idle};
use crate::bench::target::Target;

/// Time for what entering leaves behind: presence, cursors that are written, buffers that are given back.
const QUIET: Duration = Duration::from_secs(4);

/// What an operator asks first.
const MILLION: f64 = 1_000_000.0;

pub(crate) fn idle(common: &Common, flags: &Idle) -> anyhow::Result<Run> {
    let target = Target::new(common, &[])?;
    let mut run = Run::default();
    let before = target.resident_kib();
    run.figure("server's memory at start", "MiB", Better::Less, before.map(|kib| kib as f64 / 1024.0));
    let crowd = Crowd::silent(flags.connections, flags.members);
    let connections = crowd.people() as f64;
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    let bar = progress("entering", crowd.people() as u64);
    let used = target.processor_time();
    let took = arena.gather(&bar)?;
    bar.finish_and_clear();
    let used = used.zip(target.processor_time()).map(|(before, after)| (after - before).as_secs_f64());
    run.figure("connections", "", Better::Neither, connections);
    run.figure("joins", "1/s", Better::More, connections / took.as_secs_f64());
    run.figure("joins per server CPU-second", "1/s", Better::More, used.map(|used| connections / used));
    run.curve("connect to joined", &arena.entering);
    arena.listen(QUIET)?;
    let each =
        before.zip(target.resident_kib()).map(|(before, after)| after.saturating_sub(before) as f64 / connections);
    run.figure("memory a connection", "KiB", Better::Less, each);
    run.figure("computed memory of a million", "GiB", Better::Less, each.map(|kib| kib * MILLION / 1024.0 / 1024.0));
    let rest = target.processor_time();
    arena.listen(Duration::from_secs(common.seconds.into()))?;
    let rest = rest.zip(target.processor_time()).map(|(before, after)| (after - before).as_secs_f64());
    run.figure(
        "server's processor at rest",
        "%",
        Better::Less,
        rest.map(|rest| rest / f64::from(common.seconds) * 100.0),
    );
    conclude(arena, &mut run)?;
    Ok(run)
}
