//! The power goes, on a file system of the drill's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::sleep;

use crate::child::Server;
use crate::drill::crowd::{Crowd, USUAL};
use crate::drill::disk::Disk;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(15);

/// Runs the server on a small ext4, cuts its power, and starts again on what is left.
pub(crate) async fn power_cut(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let disk = match Disk::make(stage, 1 << 30) {
        Ok(disk) => disk,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let (data, log) = (disk.mount.join("data"), stage.path("log"));
    let mut server = Server::start(&data, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &log).await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    let rounds = stage.rounds(3, 20);
    for round in 0..rounds {
        // Bodies of one byte or so, of a page, and of nearly the limit.
        let body_bytes = [1, 4_000, 7_900][usize::try_from(round % 3)?];
        crowd.order(|orders| orders.body_bytes = body_bytes);
        sleep(stage.moment(300..1_200)).await;
        disk.cut()?;
        // From here on nothing can be made durable, so any ack of a later send would be a lie that the checker finds.
        crowd.fault(format!("power cut {}", round + 1), None);
        sleep(stage.moment(0..200)).await;
        // It may have seen the disk fail, and have ended by itself, as it should.
        drop(server.kill().await);
        disk.mount_again()?;
        server = Server::start(&data, address, &log).await.with_context(|| format!("after power cut {}", round + 1))?;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    server.kill().await?;
    let mut finding = stage.judge(&evidence);
    finding.notes.push(format!("{rounds} power cuts"));
    Ok(Outcome::Ran(Box::new(finding)))
}
