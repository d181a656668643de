//! Everybody is cut off, and comes back at once.

use std::time::Duration;

use super::{conclude, progress};
use crate::bench::arena::{Arena, Crowd};
use crate::bench::figures::{Better, Run};
use crate::bench::flags::{Common, Storm};
use crate::bench::target::Target;

/// Time for the server to notice that people have come, and then that they have gone.
const QUIET: Duration = Duration::from_secs(2);

pub(crate) fn storm(common: &Common, flags: &Storm) -> anyhow::Result<Run> {
    let target = Target::new(common, &[])?;
    let mut run = Run::default();
    let crowd = Crowd::silent(flags.connections, flags.members);
    let connections = crowd.people() as f64;
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    let bar = progress("entering", crowd.people() as u64);
    arena.gather(&bar)?;
    arena.listen(QUIET)?;
    let (used, resident) = (target.processor_time(), target.resident_kib());
    bar.set_message("returning");
    let took = arena.storm(&bar)?;
    bar.finish_and_clear();
    let used = used.zip(target.processor_time()).map(|(before, after)| (after - before).as_secs_f64());
    run.figure("until all are back", "s", Better::Less, took.as_secs_f64());
    run.figure("returns", "1/s", Better::More, connections / took.as_secs_f64());
    run.figure("returns per server CPU-second", "1/s", Better::More, used.map(|used| connections / used));
    run.curve("connect to joined", &arena.entering);
    arena.listen(QUIET)?;
    let grown = resident.zip(target.resident_kib()).map(|(before, after)| (after as f64 - before as f64) / 1024.0);
    run.figure("memory more than before", "MiB", Better::Less, grown);
    conclude(arena, &mut run)?;
    Ok(run)
}
