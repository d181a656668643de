//! The newest file of the journal ends in the middle of a write.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use futures_util::stream::iter;
use greenroom_protocol::RoomId;
use tokio::time::sleep;

use crate::child::Server;
use crate::drill::crowd::{Crowd, USUAL};
use crate::drill::history::{Kept, Stored};
use crate::drill::reader;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// Bytes at the end that are cut one by one.
const TAIL: usize = 4_096;

/// For a server on a cut journal to serve what is there.
const SERVED: Duration = Duration::from_secs(5);

/// For the index to have all that is in the journal, synced.
const INDEXED: Duration = Duration::from_secs(2);

/// After so many failures the rest is not tried.
const ENOUGH: usize = 8;

/// Servers at the same time.
const AT_ONCE: usize = 8;

type Logs = BTreeMap<RoomId, Vec<Kept>>;

/// Kills a server, and starts on copies of what it left, each cut at another byte.
pub(crate) async fn torn_tail(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(if stage.quick { 200 } else { 600 }, SOON).await?;
    crowd.settle().await;
    // So that the index has taken over what the cut will take away.
    sleep(INDEXED).await;
    crowd.fault("kill -9", None);
    server.kill().await?;
    // What lies on the disk now is the end of the log: all of it was acknowledged.
    let left = stage.path("left");
    copy(&stage.path("data"), &left)?;
    let server = stage.server_on(address).await?;
    let whole = reader::read(address, &crowd.rooms).await?;
    crowd.order(|orders| orders.phase = crate::drill::client::Phase::Talking);
    crowd.more_acks(20, SOON).await?;
    let rooms = crowd.rooms.clone();
    let evidence = crowd.conclude(address).await?;
    let mut finding = stage.judge(&evidence);
    server.kill().await?;

    let (segment, end) = newest_segment(&left)?;
    let step = if stage.quick { 64 } else { 1 };
    let cuts: Vec<usize> = (end.saturating_sub(TAIL)..=end).rev().step_by(step).collect();
    stage.rounds(u32::try_from(cuts.len())?, u32::try_from(cuts.len())?);
    let here = &*stage;
    let tried = iter(cuts.iter().map(|at| {
        let (left, segment, rooms) = (&left, &segment, &rooms);
        async move {
            let copied = here.path(&format!("cut-{at}"));
            let served = serve_cut(left, segment, *at, &copied, rooms).await;
            here.step();
            (*at, served)
        }
    }));
    let mut tried = std::pin::pin!(tried.buffered(AT_ONCE));
    let mut longer = None;
    while let Some((at, served)) = tried.next().await {
        if finding.breaches.len() >= ENOUGH {
            break;
        }
        match served.and_then(|served| compare(&whole, &served)) {
            Err(wrong) => finding.breaches.push(format!("cut at byte {at} of {end}: {wrong:#}")),
            Ok(events) => {
                finding.expect(longer.is_none_or(|longer| events <= longer), || {
                    format!("cut at byte {at}, it serves {events} events, more than with more bytes")
                });
                let all: usize = whole.rooms.values().map(Vec::len).sum();
                finding
                    .expect(at < end || events == all, || format!("without a cut, it serves {events} of {all} events"));
                longer = Some(events);
            }
        }
    }
    finding.notes.push(format!("{} cuts, down to {} events", cuts.len(), longer.unwrap_or(0)));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Starts on a copy whose newest segment ends at this byte, and reads all that it serves.
async fn serve_cut(left: &Path, segment: &Path, at: usize, copied: &Path, rooms: &[RoomId]) -> anyhow::Result<Logs> {
    copy(left, copied)?;
    let torn = File::options().write(true).open(copied.join("journal").join(segment))?;
    torn.set_len(u64::try_from(at)?)?;
    // In a torn write nothing was acknowledged. Here it was, and the floor would tell, and rightly stop the server.
    fs::remove_file(copied.join("floor"))?;
    let log = copied.join("drill.log");
    let server = Server::start(copied, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &log).await?;
    let stored = reader::read_within(SERVED, server.address, rooms).await?;
    server.kill().await?;
    let log = fs::read_to_string(log)?;
    ensure!(!log.contains("panic"), "it panicked: {log}");
    ensure!(stored.rooms == stored.backwards, "it reads otherwise from the newest event back");
    fs::remove_dir_all(copied)?;
    Ok(stored.rooms)
}

/// Each log begins as the whole one does; what is known to be gone may be said to be unreadable, but nothing is
/// different and nothing is missing in between. Gives back how many messages there are.
fn compare(whole: &Stored, served: &Logs) -> anyhow::Result<usize> {
    let mut events = 0;
    for (room, log) in served {
        let whole = whole.rooms.get(room).map_or(&[][..], Vec::as_slice);
        let readable = log.iter().rposition(|kept| kept.said.is_some()).map_or(0, |last| last + 1);
        let begins = log[..readable] == whole[..readable.min(whole.len())];
        ensure!(begins, "{room} does not begin as it did: {readable} events, {} in the whole", whole.len());
        events += readable;
    }
    Ok(events)
}

/// The segment that is written to, and where its bytes end: beyond, space that was only reserved is zero.
fn newest_segment(data: &Path) -> anyhow::Result<(PathBuf, usize)> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(data.join("journal"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            segments.push(path);
        }
    }
    let newest = segments.into_iter().max().context("the journal has no segment")?;
    let bytes = fs::read(&newest)?;
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let name = newest.file_name().context("a segment has a name")?;
    Ok((PathBuf::from(name), end))
}

/// Copies directories and files. The socket that a killed server leaves behind is neither.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
