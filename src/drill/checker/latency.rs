//! How long sends take to their ack, and to the others.

use std::collections::HashMap;
use std::time::Duration;

use greenroom_protocol::MessageId;

use crate::drill::history::{At, Evidence, Fact, Way};

/// From one moment to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: At,
    pub(crate) to: At,
}

/// What 99 of 100 sends take at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latency {
    /// To the ack.
    pub(crate) ack: Duration,
    /// To each of the others in the room.
    pub(crate) delivery: Duration,
}

/// Of the sends that were first tried within these spans: the middle one of what they take in each of them.
pub(crate) fn of(evidence: &Evidence, spans: impl IntoIterator<Item = Span>) -> Latency {
    let each: Vec<Latency> = spans.into_iter().map(|span| within(evidence, span)).collect();
    let middle = |time: fn(&Latency) -> Duration| quantile(each.iter().map(time).collect(), 50);
    Latency { ack: middle(|latency| latency.ack), delivery: middle(|latency| latency.delivery) }
}

fn within(evidence: &Evidence, span: Span) -> Latency {
    let mut sent: HashMap<MessageId, (usize, At)> = HashMap::new();
    for trace in &evidence.traces {
        for (at, fact) in &trace.facts {
            if let Fact::Invoked { id, .. } = fact {
                sent.entry(*id).or_insert((trace.client, *at));
            }
        }
    }
    sent.retain(|_, (_, at)| (span.from..span.to).contains(at));
    let (mut acks, mut deliveries) = (Vec::new(), Vec::new());
    for trace in &evidence.traces {
        for (at, fact) in &trace.facts {
            if let Fact::Acked { id, .. } = fact {
                acks.extend(sent.get(id).map(|(_, from)| at.saturating_sub(*from)));
            } else if let Fact::Delivered { said: Some(said), way: Way::Live, .. } = fact {
                let others = sent.get(&said.id).filter(|(client, _)| *client != trace.client);
                deliveries.extend(others.map(|(_, from)| at.saturating_sub(*from)));
            }
        }
    }
    Latency { ack: quantile(acks, 99), delivery: quantile(deliveries, 99) }
}

fn quantile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}
