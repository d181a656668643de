//! Syncs of the journal fail, one after another.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use crate::child::Server;
use crate::drill::crowd::{Crowd, Size, USUAL, until};
use crate::drill::disk::Disk;
use crate::drill::stage::{Outcome, Stage};

/// Three, each with one send at a time: so no sync is for more than three.
const FEW: Size = Size { clients: 3, rooms: 3, per_second: 80.0, window: 1, ..USUAL };

const SOON: Duration = Duration::from_secs(10);

/// For the process to end.
const END: Duration = Duration::from_secs(2);

/// Syncs for one ack, at most: with some that make other things durable.
const MOST_SYNCS: u32 = 4;

/// The n-th sync fails, for n = 1, 2, 3 …, until so many acks come without meeting it: the process ends with the
/// reason, and then the power goes, so that an ack of what was not synced would be found out.
pub(crate) async fn sync_failure(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let disk = Disk::make(stage, 1 << 29);
    let data = disk.as_ref().map_or_else(|_| stage.path("data"), |disk| disk.mount.join("data"));
    let log = stage.path("log");
    let start = async |listen| Server::start(&data, listen, &log).await;
    let mut server = start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = server.address;
    let acks = stage.rounds(4, 25);
    let mut crowd = Crowd::gather(FEW, address, &mut stage.rng);
    let (mut wrong, mut slowest) = (Vec::new(), Duration::ZERO);
    let mut nth = 1;
    let complete = loop {
        // What has gathered meanwhile would all be acknowledged after one sync.
        crowd.heal(SOON).await?;
        crowd.fault(format!("sync {nth} fails"), None);
        server.arm(json!({ "point": "journal.sync", "strike": "fail", "after": nth - 1, "times": 1 })).await?;
        let status = end_or_acks(&mut server, &crowd, acks.into(), &mut slowest).await?;
        // The point is still armed where it was not met.
        drop(server.kill().await);
        if let Ok(disk) = &disk {
            disk.cut()?;
            disk.mount_again()?;
        }
        server = start(address).await?;
        wrong.extend(status.filter(|status| status.code() != Some(1)).map(|status| status.to_string()));
        stage.step();
        if status.is_none() || nth == MOST_SYNCS * acks {
            break status.is_none();
        }
        nth += 1;
    };
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    server.kill().await?;
    let mut finding = stage.judge(&evidence);
    finding.expect(wrong.is_empty(), || format!("it did not end with 1: {wrong:?}"));
    finding.expect(slowest <= END, || format!("{slowest:?} to end; at most {END:?} is allowed"));
    finding.expect(complete, || format!("the failure of sync {nth} was met within {acks} acks, too"));
    finding.expect(nth > 1, || "no failure of a sync was met".to_owned());
    finding.notes.push(format!(
        "each of the {} syncs before {acks} acks has failed once; the slowest end took {} ms",
        nth - 1,
        slowest.as_millis()
    ));
    finding.notes.extend(disk.err().map(|missing| format!("without power cuts: {missing:#}")));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Waits until the server has ended, or so many more sends were acknowledged.
async fn end_or_acks(
    server: &mut Server,
    crowd: &Crowd,
    acks: u64,
    slowest: &mut Duration,
) -> anyhow::Result<Option<ExitStatus>> {
    let before = crowd.acked();
    let mut status = None;
    let took = until(SOON, || {
        status = server.ended().ok().flatten();
        status.is_some() || crowd.acked() >= before + acks
    });
    let took = took.await.context("it neither ends nor goes on")?;
    *slowest = (*slowest).max(took);
    Ok(status)
}
