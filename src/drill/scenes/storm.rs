//! Everybody loses the connection at once, and is back at once.

use std::time::Duration;

use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::stage::{Outcome, Stage};

/// For all to come in the first time.
const ARRIVAL: Duration = Duration::from_secs(60);

/// For all to be back in their rooms.
const BACK: Duration = Duration::from_secs(30);

/// File descriptors beside those of the sockets.
const SPARE: u64 = 200;

/// Cuts all sockets together. They come back within 100 ms of each other, without the jitter that good clients have.
pub(crate) async fn reconnect_storm(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let clients = if stage.quick { 200 } else { 2_000 };
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    if let Some(limit) = limit.filter(|limit| *limit < clients as u64 + SPARE) {
        let needed = clients as u64 + SPARE;
        return Ok(Outcome::Skipped(format!("needs {needed} file descriptors, and has {limit}: ulimit -n {needed}")));
    }
    // All talk, if seldom: 50 messages a second together, in rooms of 50 people.
    let size = Size { clients, rooms: clients / 50, joins: 1, per_second: 50.0 / clients as f64, ..USUAL };
    let server = stage.server().await?;
    let mut crowd = Crowd::gather(size, server.address, &mut stage.rng);
    let came = crowd.all_present(ARRIVAL).await?;
    crowd.more_acks(20, ARRIVAL).await?;
    let mut back = Vec::new();
    for round in 0..stage.rounds(2, 5) {
        crowd.fault(format!("storm {}", round + 1), None);
        crowd.order(|orders| orders.cuts += 1);
        let left = crate::drill::crowd::until(BACK, || crowd.present() < clients / 2).await;
        back.push(crowd.all_present(BACK).await?.saturating_add(left.unwrap_or_default()));
        crowd.more_acks(20, ARRIVAL).await?;
        stage.step();
    }
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    let slowest = back.iter().max().copied().unwrap_or_default();
    finding.notes.push(format!("{clients} sockets: in within {came:.1?}, all back within {slowest:.1?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}
