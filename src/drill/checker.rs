//! Judges a history. Pure: the same evidence has the same verdict.

mod deliveries;
pub(crate) mod latency;
mod order;
pub(crate) mod reads;
mod sends;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::history::{Evidence, Fact, Kept, Stored};
use sends::Sends;

/// Facts that a report keeps word for word; beyond, they are only counted.
const KEPT_FACTS: usize = 20;

/// What the checker found. All from `lost` to `imbalances` must be 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Different messages that clients tried to send.
    pub(crate) attempts: usize,
    pub(crate) acknowledged: usize,
    pub(crate) refused: usize,
    pub(crate) lost: usize,
    pub(crate) duplicated: usize,
    pub(crate) reordered: usize,
    pub(crate) gaps: usize,
    pub(crate) ghosts: usize,
    pub(crate) leaked: usize,
    /// Ledgers of the server that do not balance, or once did not.
    pub(crate) imbalances: usize,
    /// Sends that had no answer when their socket ended, and turned out stored.
    pub(crate) recovered: usize,
    /// Sends that never got an answer, although there was time for it.
    pub(crate) unsettled: usize,
    /// Faults after which no send succeeded.
    pub(crate) unhealed: usize,
    /// For each fault, milliseconds until a send invoked after it was acknowledged; sorted.
    pub(crate) recovery_ms: Vec<u64>,
    /// The first offending facts.
    pub(crate) facts: Vec<String>,
}

/// The columns that must be 0.
#[derive(Clone, Copy, Debug)]
enum Column {
    Lost,
    Duplicated,
    Reordered,
    Gaps,
    Ghosts,
    Leaked,
    Imbalances,
}

impl Report {
    /// Whether every promise held and sends succeed again.
    pub(crate) fn holds(&self) -> bool {
        let broken =
            self.lost + self.duplicated + self.reordered + self.gaps + self.ghosts + self.leaked + self.imbalances;
        broken + self.unsettled + self.unhealed == 0 && self.acknowledged > 0
    }

    /// The middle of the times to recover.
    pub(crate) fn median_ms(&self) -> Option<u64> {
        self.recovery_ms.get(self.recovery_ms.len() / 2).copied()
    }

    /// The longest time to recover.
    pub(crate) fn longest_ms(&self) -> Option<u64> {
        self.recovery_ms.last().copied()
    }

    fn count(&mut self, column: Column, fact: impl FnOnce() -> String) {
        let (count, name) = match column {
            Column::Lost => (&mut self.lost, "lost"),
            Column::Duplicated => (&mut self.duplicated, "duplicated"),
            Column::Reordered => (&mut self.reordered, "reordered"),
            Column::Gaps => (&mut self.gaps, "gap"),
            Column::Ghosts => (&mut self.ghosts, "ghost"),
            Column::Leaked => (&mut self.leaked, "leaked"),
            Column::Imbalances => (&mut self.imbalances, "imbalance"),
        };
        *count += 1;
        self.note(|| format!("{name}: {}", fact()));
    }

    fn note(&mut self, fact: impl FnOnce() -> String) {
        if self.facts.len() < KEPT_FACTS {
            self.facts.push(fact());
        }
    }
}

/// Judges.
pub(crate) fn check(evidence: &Evidence) -> Report {
    let mut report = Report::default();
    let sends = Sends::of(&evidence.traces);
    let lost = sends.check(&evidence.stored, &mut report);
    order::check(&sends, &mut report);
    logs(&evidence.stored, &lost, &mut report);
    deliveries::check(evidence, &lost, &mut report);
    recovery(evidence, &sends, &mut report);
    if !evidence.balance.holds() {
        report.count(Column::Imbalances, || format!("{:?}", evidence.balance));
    }
    report
}

/// Each log is 1, 2, 3 …, and the same in both directions. A hole where something was lost counts as that only.
fn logs(stored: &Stored, lost: &sends::Lost, report: &mut Report) {
    for (room, log) in &stored.rooms {
        let mut next = 1;
        for Kept { seq, .. } in log {
            for missing in next..*seq {
                if !lost.was_at(room, missing) {
                    report.count(Column::Gaps, || format!("the log of {room} has no {missing}"));
                }
            }
            if *seq < next {
                report.count(Column::Gaps, || format!("the log of {room} has {seq} after {}", next - 1));
            }
            next = next.max(seq + 1);
        }
        if stored.backwards.get(room).is_some_and(|backwards| backwards != log) {
            report.count(Column::Gaps, || format!("the log of {room} reads otherwise from the newest event back"));
        }
    }
}

/// How long after each fault a send invoked after it was acknowledged.
fn recovery(evidence: &Evidence, sends: &Sends<'_>, report: &mut Report) {
    for fault in &evidence.faults {
        let here = sends.all.iter().filter(|send| fault.room.as_ref().is_none_or(|room| room == send.room));
        let healed = here.filter(|send| send.invoked >= fault.at).filter_map(|send| send.acked_at).min();
        match healed {
            Some(at) => report.recovery_ms.push(millis(at.saturating_sub(fault.at))),
            None => {
                report.unhealed += 1;
                report.note(|| format!("no send succeeded after {} at {} ms", fault.what, millis(fault.at)));
            }
        }
    }
    report.recovery_ms.sort_unstable();
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How often sends were refused, with each reason.
pub(crate) fn refusals(evidence: &Evidence) -> BTreeMap<&str, usize> {
    let mut refusals = BTreeMap::new();
    for (_at, fact) in evidence.traces.iter().flat_map(|trace| &trace.facts) {
        if let Fact::Refused { code, .. } = fact {
            *refusals.entry(code.as_str()).or_default() += 1;
        }
    }
    refusals
}

/// How often sockets ended, with each close code.
pub(crate) fn closes(evidence: &Evidence) -> BTreeMap<Option<u16>, usize> {
    let mut closes = BTreeMap::new();
    for (_at, fact) in evidence.traces.iter().flat_map(|trace| &trace.facts) {
        if let Fact::Closed(code) = fact {
            *closes.entry(*code).or_default() += 1;
        }
    }
    closes
}

/// The sessions whose sockets ended, as the laboratory names them, with each close code.
pub(crate) fn closed_sessions(evidence: &Evidence) -> Vec<(String, Option<u16>)> {
    let mut closed = Vec::new();
    for trace in &evidence.traces {
        let mut session = "none yet".to_owned();
        for (_at, fact) in &trace.facts {
            if let Fact::Welcomed { session: welcomed } = fact {
                session = format!("session:{welcomed}");
            } else if let Fact::Closed(code) = fact {
                closed.push((std::mem::replace(&mut session, "none yet".to_owned()), *code));
            }
        }
    }
    closed
}

#[cfg(test)]
mod tests;
