//! Pages of the past, read at places chosen by chance.

use std::time::Duration;

use indicatif::ProgressBar;

use super::{conclude, progress};
use crate::bench::arena::{Arena, Crowd, Pace};
use crate::bench::figures::{Better, Run};
use crate::bench::flags::{Common, History};
use crate::bench::target::Target;

/// Messages in flight for each room while it is filled: all that one socket may have.
const FILLING: usize = 32;

pub(crate) fn history(common: &Common, flags: &History) -> anyhow::Result<Run> {
    let target = Target::new(common, &[])?;
    let mut run = Run::default();
    let crowd = Crowd { rooms: flags.readers as usize, members: 1, senders: 1, visitors: 0 };
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    arena.gather(&ProgressBar::hidden())?;
    fill(&mut arena, crowd, flags.messages.into())?;
    let (used, bytes) = (target.processor_time(), arena.swarm.bytes_in);
    arena.leaf(Duration::from_secs(common.seconds.into()))?;
    let used = used.zip(target.processor_time()).map(|(before, after)| (after - before).as_secs_f64());
    let pages = arena.answers.pages.0.len() as f64;
    run.figure("messages stored", "", Better::Neither, arena.tally.count_sent() as f64);
    run.figure("pages", "1/s", Better::More, pages / f64::from(common.seconds));
    run.figure("pages per server CPU-second", "1/s", Better::More, used.map(|used| pages / used));
    let bytes = (arena.swarm.bytes_in - bytes) as f64 / pages;
    run.figure("bytes a page", "B", Better::Less, bytes);
    run.curve("history to page", &arena.answers.pages);
    conclude(arena, &mut run)?;
    Ok(run)
}

/// Stores messages until there are so many.
pub(super) fn fill(arena: &mut Arena<'_>, crowd: Crowd, messages: u64) -> anyhow::Result<()> {
    let bar = progress("storing", messages);
    let in_flight = crowd.rooms * FILLING;
    arena.talk(Pace::Closed(in_flight), |arena, _now| {
        let sent = arena.tally.count_sent();
        bar.set_position(sent);
        Ok(sent + in_flight as u64 >= messages)
    })?;
    bar.finish_and_clear();
    Ok(())
}
