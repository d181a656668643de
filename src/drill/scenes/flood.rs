//! More than usual: mailboxes are filled, or ten times as many messages come.

use std::time::Duration;

use rand::RngExt as _;
use tokio::time::sleep;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::stage::{Outcome, Stage};
use crate::host;

const SOON: Duration = Duration::from_secs(10);

/// Messages that do nothing, at once.
const FLOOD: u32 = 50_000;

/// Fills one mailbox after another.
pub(crate) async fn flood(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = stage.server().await?;
    let mut crowd = Crowd::gather(USUAL, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(100, SOON).await?;
    let before = host::resident_kib(server.id()?)?;
    for _round in 0..stage.rounds(4, 12) {
        let room = format!("room:{}", crowd.rooms[stage.rng.random_range(0..crowd.rooms.len())]);
        let actors = ["store", "presence", "lobby", "rooms", "sessions", room.as_str()];
        let actor = actors[stage.rng.random_range(0..actors.len())];
        crowd.fault(format!("a flood of {actor}"), None);
        anyhow::ensure!(server.flood(actor, FLOOD).await?, "{actor} is not alive");
        sleep(stage.moment(100..500)).await;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let grown = host::resident_kib(server.id()?)?.saturating_sub(before);
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    finding.notes.push(format!("memory grew by {} MiB", grown / 1024));
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("sockets were closed: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Everybody sends ten times as fast as before, whether or not there are answers.
pub(crate) async fn overload(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let size = Size { clients: 24, per_second: 20.0, window: 1_000, ..USUAL };
    let server = stage.server().await?;
    let mut crowd = Crowd::gather(size, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(200, SOON).await?;
    let (before, memory) = (crowd.acked(), host::resident_kib(server.id()?)?);
    let burst = Duration::from_secs(if stage.quick { 3 } else { 15 });
    crowd.order(|orders| orders.per_second = size.per_second * 10.0);
    sleep(burst).await;
    crowd.order(|orders| orders.per_second = size.per_second);
    crowd.fault("the end of the burst", None);
    let (acked, grown) = (crowd.acked() - before, host::resident_kib(server.id()?)?.saturating_sub(memory));
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    let rate = acked / burst.as_secs();
    finding.notes.push(format!(
        "{rate} acks/s in the burst of {} s; memory grew by {} MiB",
        burst.as_secs(),
        grown / 1024
    ));
    finding.notes.push(format!("{} of the sends were refused", finding.report.refused));
    let longest = finding.report.longest_ms().unwrap_or(0);
    finding.expect(longest <= 5_000, || format!("{longest} ms to recover; at most 5000 is allowed"));
    Ok(Outcome::Ran(Box::new(finding)))
}
