//! Whether acknowledged messages have the order in which they were sent.

use std::collections::{HashMap, HashSet};

use greenroom_protocol::{MessageId, RoomId};

use super::sends::{Send, Sends};
use super::{Column, Report};

/// Two rules, one count: a client's own messages keep their order in a room, and a message that was sent after
/// another one's ack comes after it, whoever sent them.
pub(super) fn check(sends: &Sends<'_>, report: &mut Report) {
    let settled: Vec<(&Send<'_>, u64)> = sends
        .all
        .iter()
        .filter_map(|send| Some((send, *send.acks.first().filter(|_| send.acks.len() == 1)?)))
        .collect();
    let mut counted = HashSet::new();
    within_clients(&settled, &mut counted, report);
    between_clients(&settled, &mut counted, report);
}

fn within_clients(settled: &[(&Send<'_>, u64)], counted: &mut HashSet<MessageId>, report: &mut Report) {
    let mut newest: HashMap<(usize, &RoomId), u64> = HashMap::new();
    for (send, seq) in settled {
        let newest = newest.entry((send.client, send.room)).or_default();
        if seq < newest && counted.insert(send.id) {
            let Send { client, room, id, .. } = send;
            report.count(Column::Reordered, || {
                format!("client {client} sent {id} ({room} {seq}) after what became {newest}")
            });
        }
        *newest = (*newest).max(*seq);
    }
}

fn between_clients(settled: &[(&Send<'_>, u64)], counted: &mut HashSet<MessageId>, report: &mut Report) {
    let mut steps: Vec<_> = settled.iter().map(|(send, seq)| (send.invoked, false, *send, *seq)).collect();
    let acks = settled.iter().filter_map(|(send, seq)| Some((send.acked_at?, true, *send, *seq)));
    steps.extend(acks);
    // Of two at the same moment the send counts as the earlier one: then nothing is claimed about them.
    steps.sort_by_key(|(at, is_ack, ..)| (*at, *is_ack));
    let mut newest: HashMap<&RoomId, u64> = HashMap::new();
    for (_at, is_ack, send, seq) in steps {
        let newest = newest.entry(send.room).or_default();
        if is_ack {
            *newest = (*newest).max(seq);
        } else if seq < *newest && counted.insert(send.id) {
            let Send { client, room, id, .. } = send;
            report.count(Column::Reordered, || {
                format!("client {client} sent {id} ({room} {seq}) when {newest} was acknowledged already")
            });
        }
    }
}
