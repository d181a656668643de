//! What is read at the beginning and at the end of a measured time.

use std::time::{Duration, Instant};

use super::arena::Arena;
use super::figures::{Better, OWN_PROCESSOR, Run};
use super::target::Counting;
use crate::host;

/// For how long system calls are counted, after what is measured: counting costs a little.
const COUNTING: u32 = 2;

/// Where the counters stood at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    at: Instant,
    server: Option<Duration>,
    own: Option<Duration>,
    bytes_in: u64,
    deliveries: u64,
    acked: u64,
}

impl Reading {
    pub(crate) fn of(arena: &Arena<'_>) -> Self {
        Self {
            at: Instant::now(),
            server: arena.target().processor_time(),
            own: host::processor_time(std::process::id()).ok(),
            bytes_in: arena.swarm.bytes_in,
            deliveries: arena.tally.deliveries,
            acked: arena.tally.acked,
        }
    }

    /// What happened since then, as figures.
    pub(crate) fn until(&self, end: &Self, run: &mut Run) {
        let seconds = (end.at - self.at).as_secs_f64();
        let used = |from: Option<Duration>, to: Option<Duration>| Some((to? - from?).as_secs_f64());
        let (server, own) = (used(self.server, end.server), used(self.own, end.own));
        let (deliveries, acked) = ((end.deliveries - self.deliveries) as f64, (end.acked - self.acked) as f64);
        run.figure("deliveries", "1/s", Better::More, deliveries / seconds);
        run.figure("acks", "1/s", Better::More, (acked > 0.0).then_some(acked / seconds));
        run.figure("deliveries per server CPU-second", "1/s", Better::More, server.map(|server| deliveries / server));
        run.figure("server's processor", "%", Better::Less, server.map(|server| server / seconds * 100.0));
        run.figure(OWN_PROCESSOR, "%", Better::Neither, own.map(|own| own / seconds * 100.0));
        run.figure("bytes a delivery", "B", Better::Less, (end.bytes_in - self.bytes_in) as f64 / deliveries);
    }
}

/// A measured time that runs by itself: warm-up, measuring, counting system calls.
#[derive(Debug)]
pub(crate) struct Meter {
    begin: Instant,
    end: Instant,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Before,
    Measuring(Reading),
    Counting { from: Reading, to: Reading, calls: Option<Counting>, since: u64 },
}

impl Meter {
    /// Measures for `seconds`, after `warm_up` more.
    pub(crate) fn new(arena: &mut Arena<'_>, warm_up: u32, seconds: u32) -> Self {
        let begin = Instant::now() + Duration::from_secs(warm_up.into());
        let end = begin + Duration::from_secs(seconds.into());
        arena.tally.measure(begin..end);
        Self { begin, end, stage: Stage::Before }
    }

    /// Looks at the clock; says whether all is measured.
    pub(crate) fn is_over(&mut self, arena: &mut Arena<'_>, now: Instant, run: &mut Run) -> bool {
        match &mut self.stage {
            Stage::Before if now >= self.begin => self.stage = Stage::Measuring(Reading::of(arena)),
            Stage::Measuring(from) if now >= self.end => {
                let (from, to) = (*from, Reading::of(arena));
                let calls = arena.target().count_calls(COUNTING);
                self.stage = Stage::Counting { from, to, calls, since: arena.tally.deliveries };
            }
            Stage::Counting { from, to, calls, since } => {
                if calls.as_mut().is_some_and(|counting| !counting.is_over()) {
                    return false;
                }
                from.until(to, run);
                let deliveries = (arena.tally.deliveries - *since) as f64;
                let calls = calls.take().and_then(Counting::calls).map(|calls| calls as f64 / deliveries);
                run.figure("system calls a delivery", "", Better::Less, calls);
                return true;
            }
            Stage::Before | Stage::Measuring(_) => {}
        }
        false
    }
}
