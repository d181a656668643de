//! A room fails more often than it may.

use std::time::Duration;

use tokio::time::sleep;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, USUAL, until};
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// How often a room may fail in a minute.
const BUDGET: u32 = 5;

/// A room is put aside for a minute; then it has a little to come back.
const BACK: Duration = Duration::from_secs(75);

/// Crashes one room until it is put aside: others go on, and it comes back by itself.
pub(crate) async fn quarantine(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let mut crowd = Crowd::gather(USUAL, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(100, SOON).await?;
    let (failing, other) = (crowd.rooms[0].clone(), crowd.rooms[2].clone());
    let refused = crowd.refused();
    for crash in 0..=BUDGET {
        crowd.fault(format!("crash {} of {failing}", crash + 1), Some(&failing));
        let actor = format!("room:{failing}");
        // After each crash it comes back a little later than after the last.
        for _try in 0..100 {
            if server.crash(&actor).await? {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(200)).await;
        stage.step();
    }
    crowd.fault(format!("{failing} is put aside, seen from {other}"), Some(&other));
    let told = until(SOON, || crowd.refused() > refused).await.is_ok();
    crowd.more_acks(100, SOON).await?;
    let back = crowd.served_again(&failing, BACK).await;
    crowd.more_acks(100, SOON).await?;
    let ended = server.ended()?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    finding.expect(ended.is_none(), || format!("the server has ended: {ended:?}"));
    match back {
        Ok(back) => finding.notes.push(format!("the room was back after {back:.1?}")),
        Err(error) => finding.breaches.push(format!("{error:#}")),
    }
    finding.notes.push(format!("sends to it were refused meanwhile: {told}"));
    let shortest = finding.report.recovery_ms.first().copied().unwrap_or(u64::MAX);
    finding.expect(shortest < 1_000, || "other rooms stood still, too".to_owned());
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("sockets were closed: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}
