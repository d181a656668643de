//! Whether what clients were given is what is stored: all of it, in order, and only in rooms that they joined.

use std::collections::{HashMap, HashSet};

use greenroom_protocol::RoomId;

use super::sends::Lost;
use super::{Column, Report};
use crate::drill::history::{Evidence, Fact, Kept, Said, Trace};

type Logs<'a> = HashMap<&'a RoomId, HashMap<u64, Option<Said>>>;

pub(super) fn check(evidence: &Evidence, lost: &Lost, report: &mut Report) {
    let logs: Logs<'_> = evidence
        .stored
        .rooms
        .iter()
        .map(|(room, log)| (room, log.iter().map(|Kept { seq, said }| (*seq, *said)).collect()))
        .collect();
    for trace in &evidence.traces {
        let cursors = follow(trace, &logs, lost, report);
        for room in &trace.listening {
            let newest = evidence.stored.rooms.get(room).and_then(|log| log.last()).map_or(0, |kept| kept.seq);
            let held = cursors.get(room).copied().flatten().unwrap_or(0);
            if held < newest {
                let client = trace.client;
                report.count(Column::Gaps, || format!("client {client} was left at {held} of {newest} in {room}"));
            }
        }
    }
}

/// Follows one client; gives back the last event that it holds of each room.
fn follow<'a>(trace: &'a Trace, logs: &Logs<'_>, lost: &Lost, report: &mut Report) -> HashMap<&'a RoomId, Option<u64>> {
    let client = trace.client;
    let mut cursors: HashMap<&RoomId, Option<u64>> = HashMap::new();
    let mut joined: HashSet<&RoomId> = HashSet::new();
    for (_at, fact) in &trace.facts {
        match fact {
            Fact::Connected => joined.clear(),
            Fact::Entered { room, fresh, last_seq, events, read_seq: _ } => {
                joined.insert(room);
                if *fresh {
                    cursors.insert(room, (*events == 0).then_some(*last_seq));
                }
            }
            Fact::Left { room } => {
                joined.remove(room);
            }
            Fact::Delivered { room, seq, said, way } => {
                if !joined.contains(room) {
                    report.count(Column::Leaked, || {
                        format!("client {client} was given {room} {seq} ({way:?}) without having joined")
                    });
                    continue;
                }
                let cursor = cursors.entry(room).or_default();
                match *cursor {
                    Some(held) if *seq <= held => report.count(Column::Reordered, || {
                        format!("client {client} was given {room} {seq} ({way:?}) after {held}")
                    }),
                    Some(held) if *seq > held + 1 => report.count(Column::Gaps, || {
                        format!("client {client} was given {room} {seq} ({way:?}) right after {held}")
                    }),
                    Some(_) | None => {}
                }
                *cursor = Some(cursor.unwrap_or(0).max(*seq));
                let kept = logs.get(room).and_then(|log| log.get(seq));
                if kept != Some(said) && !said.is_some_and(|said| lost.has(said.id)) {
                    report.count(Column::Ghosts, || {
                        format!("client {client} was given {room} {seq} ({way:?}) as {said:?}; stored is {kept:?}")
                    });
                }
            }
            Fact::Welcomed { .. }
            | Fact::Closed(_)
            | Fact::Read { .. }
            | Fact::Invoked { .. }
            | Fact::Acked { .. }
            | Fact::Refused { .. }
            | Fact::Unanswered { .. } => {}
        }
    }
    cursors
}
