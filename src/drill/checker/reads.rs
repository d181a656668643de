//! Whether people are still where they said that they had read to.

use std::collections::HashMap;
use std::time::Duration;

use greenroom_protocol::RoomId;

use crate::drill::history::{At, Evidence, Fact, Injected, Trace};

/// What was found about how far people had read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// How often somebody came back who had said so long enough before the last fault.
    pub(crate) looked_at: usize,
    /// Those who were sent further back than that.
    pub(crate) behind: Vec<String>,
}

/// Compares each `joined.read_seq` with what was said so much earlier than the fault before it.
pub(crate) fn check(evidence: &Evidence, earlier: Duration) -> Reads {
    let mut reads = Reads::default();
    evidence.traces.iter().for_each(|trace| follow(trace, &evidence.faults, earlier, &mut reads));
    reads
}

fn follow(trace: &Trace, faults: &[Injected], earlier: Duration, reads: &mut Reads) {
    let mut said: HashMap<&RoomId, Vec<(At, u64)>> = HashMap::new();
    for (at, fact) in &trace.facts {
        if let Fact::Read { room, seq } = fact {
            said.entry(room).or_default().push((*at, *seq));
        } else if let Fact::Entered { room, read_seq, .. } = fact {
            let fault = faults.iter().map(|fault| fault.at).filter(|fault| fault <= at).max().unwrap_or(*at);
            let long_ago = |(at, seq): &(At, u64)| (*at + earlier < fault).then_some(*seq);
            let Some(due) = said.get(room).and_then(|said| said.iter().filter_map(long_ago).max()) else { continue };
            reads.looked_at += 1;
            if *read_seq < due {
                let client = trace.client;
                reads.behind.push(format!("client {client} had read {room} to {due}, and is back at {read_seq}"));
            }
        }
    }
}
