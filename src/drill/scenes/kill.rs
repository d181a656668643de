//! The process is killed at random moments and started again on what it left.

use std::time::Duration;

use tokio::time::sleep;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, USUAL};
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// A new start has read its journal and serves within this.
const RECOVERY_MS: u64 = 5_000;

/// `kill -9`, and the same directory and port again.
pub(crate) async fn kill_nine(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    let mut starts = Vec::new();
    for round in 0..stage.rounds(5, 50) {
        // Every fifth time before anybody is back: recovery itself is killed.
        let while_they_talk = if round % 5 == 4 { 0..60 } else { 200..1_000 };
        sleep(stage.moment(while_they_talk)).await;
        crowd.fault(format!("kill -9, round {}", round + 1), None);
        server.kill().await?;
        server = stage.server_on(address).await?;
        starts.push(server.took.as_millis());
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    let mut finding = stage.judge(&evidence);
    let longest = finding.report.longest_ms().unwrap_or(0);
    finding.expect(longest <= RECOVERY_MS, || format!("{longest} ms to recover; at most {RECOVERY_MS} is allowed"));
    finding.notes.push(format!(
        "{} rounds; the slowest start took {} ms",
        starts.len(),
        starts.iter().max().unwrap_or(&0)
    ));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// SIGTERM while everybody talks: nobody is left without an answer, and the end is orderly.
pub(crate) async fn terminate(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    let (mut slowest, mut disorderly) = (Duration::ZERO, Vec::new());
    for round in 0..stage.rounds(2, 10) {
        crowd.all_present(SOON).await?;
        sleep(stage.moment(100..800)).await;
        crowd.fault(format!("SIGTERM, round {}", round + 1), None);
        let (status, took) = server.terminate().await?;
        slowest = slowest.max(took);
        disorderly.extend((!status.success()).then(|| status.to_string()));
        server = stage.server_on(address).await?;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    let mut finding = stage.judge(&evidence);
    let unanswered = finding.report.recovered;
    let slowest_ms = slowest.as_millis();
    finding.notes.push(format!(
        "the slowest end took {slowest_ms} ms; {unanswered} sends came too late to be read, and were stored when repeated"
    ));
    finding.expect(disorderly.is_empty(), || format!("it did not end with 0: {disorderly:?}"));
    finding.expect(slowest <= SOON, || format!("{slowest:?} to end; at most {SOON:?} is allowed"));
    for (code, count) in closes(&evidence) {
        finding.expect(code == Some(1001), || format!("{count} sockets ended with {code:?}, not with 1001"));
    }
    Ok(Outcome::Ran(Box::new(finding)))
}
