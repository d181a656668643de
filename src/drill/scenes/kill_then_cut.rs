//! The process is killed between a write and its sync; what the next one serves, the power cut after it must not take.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use greenroom_protocol::MessageId;
use rand::RngExt as _;
use serde_json::json;
use tokio::time::sleep;

use crate::child::Server;
use crate::drill::crowd::{Crowd, USUAL};
use crate::drill::disk::Disk;
use crate::drill::history::{At, Evidence, Fact, Stored, Trace, Way};
use crate::drill::reader::Regular;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(15);

/// The reader's number among the guests.
const READER: usize = 1_000;

/// Kills, starts, reads everything, cuts the power, and starts again.
pub(crate) async fn kill_then_cut(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let disk = match Disk::make(stage, 1 << 30) {
        Ok(disk) => disk,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let (data, log) = (disk.mount.join("data"), stage.path("log"));
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut server = Server::start(&data, anywhere, &log).await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    // Who is known in all rooms leaves nothing on the disk by reading there, so nothing is synced for their sake.
    let mut reader = Regular::default();
    reader.read(address, &crowd.rooms).await.context("the first read")?;
    let mut readings = Vec::new();
    let rounds = stage.rounds(3, 15);
    for round in 0..rounds {
        // Bodies of one byte or so, of a page, and of nearly the limit.
        let body_bytes = [1, 4_000, 7_900][usize::try_from(round % 3)?];
        crowd.order(|orders| orders.body_bytes = body_bytes);
        crowd.all_present(SOON).await?;
        sleep(stage.moment(200..800)).await;
        crowd.fault(format!("kill -9 after a write, round {}", round + 1), None);
        let after = stage.rng.random_range(0..20);
        server.arm(json!({ "point": "journal.after_write", "strike": "kill", "after": after, "times": 1 })).await?;
        server.end(SOON).await?;
        // On another port: what the guests would say again would be synced, and all before it.
        let aside = Server::start(&data, anywhere, &log).await?;
        let read = reader.read(aside.address, &crowd.rooms).await.context("what is there after the kill")?;
        readings.push((crowd.time(), read));
        disk.cut()?;
        drop(aside.kill().await);
        disk.mount_again()?;
        crowd.fault(format!("power cut {}", round + 1), None);
        server = Server::start(&data, address, &log).await.with_context(|| format!("after power cut {}", round + 1))?;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let mut evidence = crowd.conclude(address).await?;
    server.kill().await?;
    let unsynced = unacknowledged(&evidence, &readings);
    // The reader is one more guest: what they were given and is not stored is a ghost.
    evidence.traces.extend(readings.iter().map(|(at, read)| trace(*at, read)));
    let mut finding = stage.judge(&evidence);
    let events: usize = readings.iter().flat_map(|(_, read)| read.rooms.values()).map(Vec::len).sum();
    finding.notes.push(format!(
        "{rounds} power cuts; {events} events were read before them, {unsynced} of them not acknowledged at that time"
    ));
    finding.expect(unsynced > 0, || "nothing was there that had not been synced before the kill".to_owned());
    Ok(Outcome::Ran(Box::new(finding)))
}

/// How many messages were read before they were acknowledged: written before the kill, and not synced.
fn unacknowledged(evidence: &Evidence, readings: &[(At, Stored)]) -> usize {
    let mut acks: HashMap<MessageId, At> = HashMap::new();
    for (at, fact) in evidence.traces.iter().flat_map(|trace| &trace.facts) {
        if let Fact::Acked { id, .. } = fact {
            acks.entry(*id).or_insert(*at);
        }
    }
    let early = |at: &At, id: &MessageId| acks.get(id).is_none_or(|acked| acked > at);
    let in_reading = |(at, read): &(At, Stored)| {
        let said = read.rooms.values().flatten().filter_map(|kept| kept.said);
        said.filter(|said| early(at, &said.id)).count()
    };
    readings.iter().map(in_reading).sum()
}

/// A reading as something that a guest saw.
fn trace(at: At, read: &Stored) -> Trace {
    let mut facts = vec![(at, Fact::Connected)];
    for (room, log) in &read.rooms {
        let last_seq = log.last().map_or(0, |kept| kept.seq);
        let entered = Fact::Entered { room: room.clone(), fresh: true, last_seq, events: log.len(), read_seq: 0 };
        facts.push((at, entered));
        let given = log.iter().map(|kept| {
            let (seq, said) = (kept.seq, kept.said);
            (at, Fact::Delivered { room: room.clone(), seq, said, way: Way::Joined })
        });
        facts.extend(given);
    }
    Trace { client: READER, facts, ..Trace::default() }
}
