//! There is no space left, and then there is.

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::child::Server;
use crate::drill::crowd::{Crowd, USUAL, until};
use crate::drill::disk::Disk;
use crate::drill::reader;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(15);

/// For the guests to fill what the ballast leaves.
const FULL: Duration = Duration::from_secs(60);

/// Of the disk.
const BYTES: u64 = 160 << 20;

/// Fills the disk under a server with ballast and talk until sends are refused; then throws the ballast off.
pub(crate) async fn disk_full(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let disk = match Disk::make(stage, BYTES) {
        Ok(disk) => disk,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut server = Server::start(&disk.mount.join("data"), listen, &stage.path("log")).await?;
    let mut crowd = Crowd::gather(USUAL, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(100, SOON).await?;
    let (mut unread, mut filled) = (Vec::new(), Vec::new());
    for round in 0..stage.rounds(1, 3) {
        let ballast = disk.mount.join("ballast");
        fill(&ballast);
        let refused = crowd.refused();
        crowd.order(|orders| orders.body_bytes = 7_900);
        filled.push(until(FULL, || crowd.refused() >= refused + 20).await?);
        // People still come and read.
        if let Err(error) = reader::attempt(server.address, &crowd.rooms[..1]).await {
            unread.push(format!("round {}: a full disk keeps a newcomer from reading: {error:#}", round + 1));
        }
        std::fs::remove_file(&ballast)?;
        crowd.order(|orders| orders.body_bytes = USUAL.body_bytes);
        crowd.fault(format!("space after a full disk, round {}", round + 1), None);
        if crowd.more_acks(100, SOON).await.is_err() {
            unread.push(format!("round {}: no sends although there is space", round + 1));
        }
        stage.step();
    }
    let ended = server.ended()?;
    let evidence = crowd.conclude(server.address).await?;
    server.kill().await?;
    let mut finding = stage.judge(&evidence);
    finding.expect(ended.is_none(), || format!("the server has ended: {ended:?}"));
    finding.notes.push(format!("{} sends were refused; it was full after {filled:.1?}", finding.report.refused));
    finding.breaches.extend(unread);
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Writes until nothing more fits.
fn fill(ballast: &Path) {
    let Ok(mut file) = File::create(ballast) else { return };
    for size in [1 << 20, 4_096] {
        let block = vec![1_u8; size];
        while file.write_all(&block).is_ok() {}
    }
}
