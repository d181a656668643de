//! A room's handler never comes back.

use std::time::Duration;

use tokio::time::sleep;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, USUAL};
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(5);

/// The watchdog looks after 5 s; it has as long again to put things right.
const RECOVERY_MS: u64 = 10_000;

/// Hangs one room; what was sent there is settled once the watchdog has ended it, and the other rooms go on.
pub(crate) async fn hang(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = stage.server().await?;
    let mut crowd = Crowd::gather(USUAL, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(100, SOON).await?;
    for round in 0..stage.rounds(1, 3) {
        let rooms = crowd.rooms.clone();
        let (hung, other) =
            (&rooms[usize::try_from(round)? % rooms.len()], &rooms[usize::try_from(round + 1)? % rooms.len()]);
        crowd.fault(format!("a hang of room:{hung}"), Some(hung));
        anyhow::ensure!(server.hang(&format!("room:{hung}")).await?, "room:{hung} is not alive");
        sleep(stage.moment(100..500)).await;
        crowd.fault(format!("the same, seen from {other}"), Some(other));
        sleep(Duration::from_secs(9)).await;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    let longest = finding.report.longest_ms().unwrap_or(0);
    finding.expect(longest <= RECOVERY_MS, || format!("{longest} ms to recover; at most {RECOVERY_MS} is allowed"));
    let shortest = finding.report.recovery_ms.first().copied().unwrap_or(0);
    finding.notes.push(format!("{shortest} ms for a send in another room meanwhile"));
    finding.expect(shortest < 1_000, || "other rooms stood still, too".to_owned());
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("sockets were closed: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}
