//! The same work with more and more messages stored: none of it may grow with them.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::conclude;
use super::history::fill;
use crate::bench::arena::{Arena, Crowd, Pace};
use crate::bench::figures::{Better, Run};
use crate::bench::flags::{Common, Growth};
use crate::bench::tally::Latencies;
use crate::bench::target::Target;

/// Rooms that the messages are in, with one person in each.
const ROOMS: usize = 16;

/// How often everybody comes back at each step.
const ROUNDS: usize = 10;

/// How many rooms are crashed at each step. They take turns: a room that crashed a moment ago is given more time.
const CRASHES: usize = 5;

pub(crate) fn growth(common: &Common, flags: &Growth) -> anyhow::Result<Run> {
    let target = Target::new(common, &["--lab"])?;
    let mut run = Run::default();
    let crowd = Crowd { rooms: ROOMS, members: 1, senders: 1, visitors: 0 };
    let mut arena = Arena::new(&target, crowd, common.dialect.dialect(), common.body, common.seed)?;
    arena.gather(&ProgressBar::hidden())?;
    for (nth, messages) in flags.messages.iter().enumerate() {
        fill(&mut arena, crowd, u64::from(*messages))?;
        step(&mut arena, common, *messages, &mut run)?;
        let turn = (nth * CRASHES..).take(CRASHES).map(|room| room % ROOMS);
        crash(&mut arena, turn, *messages, &mut run)?;
    }
    conclude(arena, &mut run)?;
    Ok(run)
}

fn step(arena: &mut Arena<'_>, common: &Common, messages: u32, run: &mut Run) -> anyhow::Result<()> {
    let time = Duration::from_secs(common.seconds.into());
    let with = |what| named(what, messages);
    run.figure(&with("memory"), "MiB", Better::Less, arena.target().resident_kib().map(|kib| kib as f64 / 1024.0));

    arena.answers.pages = Latencies::default();
    arena.leaf(time)?;
    run.curve(&with("page"), &arena.answers.pages);

    let begin = Instant::now();
    arena.tally.measure(begin..begin + time);
    arena.talk(Pace::Closed(ROOMS), |_, now| Ok(now >= begin + time))?;
    let measured = std::mem::take(&mut arena.tally.measured);
    run.curve(&with("ack"), &measured.acks);

    let mut entering = Latencies::default();
    for _ in 0..ROUNDS {
        arena.storm(&ProgressBar::hidden())?;
        // The bounds of all are the same.
        let _same = entering.0.add(&arena.entering.0);
    }
    run.curve(&with("return"), &entering);

    Ok(())
}

/// Crashes these rooms, one after the other, and says something in each at once.
fn crash(
    arena: &mut Arena<'_>,
    rooms: impl Iterator<Item = usize>,
    messages: u32,
    run: &mut Run,
) -> anyhow::Result<()> {
    let mut restarts = Latencies::default();
    for room in rooms {
        let crashed = Instant::now();
        anyhow::ensure!(arena.target().crash(&format!("room:{}", arena.room(room)))?, "the room is not alive");
        // The one sender of a room has its number.
        restarts.record(arena.say_once(room, crashed)?);
    }
    run.curve(&named("crash to next ack", messages), &restarts);
    Ok(())
}

fn named(what: &str, messages: u32) -> String {
    format!("{what}, {messages} stored")
}
