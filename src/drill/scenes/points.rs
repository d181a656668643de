//! Faults at the very places that a message passes on its way.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use greenroom_actors::fault_point;
use greenroom_protocol::{Body, MessageId, Send};
use rand::RngExt as _;
use serde_json::json;
use tokio::time::sleep;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, USUAL};
use crate::drill::reader;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// The points of a send behind its socket, in the order in which it passes them. A socket's own task ends its socket,
/// and whoever reads, or asks over HTTP, sends nothing.
fn points() -> Vec<&'static str> {
    const OTHERS: [&str; 4] = ["socket.frame", "socket.write", "store.read", "http.request"];
    fault_point::POINTS.into_iter().filter(|point| !OTHERS.contains(point)).collect()
}

/// A panic at each point. In the journal's own thread it may end the process: half a write is nothing to go on from.
pub(crate) async fn panic(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    let mut ends = Vec::new();
    let points = points();
    for round in 0..stage.rounds(9, 45) {
        let point = points[usize::try_from(round)? % points.len()];
        crowd.all_present(SOON).await?;
        if round > 0 && round % 9 == 0 {
            // A budget of restarts is for a minute; a new server has a whole one.
            server.terminate().await?;
            server = stage.server_on(address).await?;
            crowd.more_acks(20, SOON).await?;
        }
        crowd.fault(format!("a panic at {point}"), None);
        let after = stage.rng.random_range(0..30);
        server.arm(json!({ "point": point, "strike": "panic", "after": after, "times": 1 })).await?;
        sleep(stage.moment(300..1_000)).await;
        if let Some(status) = server.ended()? {
            ends.push(format!("{point}: {status}"));
            server = stage.server_on(address).await?;
        }
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    let mut finding = stage.judge(&evidence);
    ends.sort();
    ends.dedup();
    for end in ends {
        finding.expect(end.starts_with("journal."), || format!("a panic ended the process: {end}"));
        finding.notes.push(format!("the process ended after a panic at {end}"));
    }
    Ok(Outcome::Ran(Box::new(finding)))
}

/// `kill -9` at each point.
pub(crate) async fn kill(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    let points = points();
    for round in 0..stage.rounds(9, 54) {
        let point = points[usize::try_from(round)? % points.len()];
        crowd.all_present(SOON).await?;
        let after = stage.rng.random_range(0..60);
        crowd.fault(format!("kill -9 at {point}"), None);
        server.arm(json!({ "point": point, "strike": "kill", "after": after, "times": 1 })).await?;
        server.end(SOON).await.with_context(|| format!("kill at {point}"))?;
        server = stage.server_on(address).await?;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    Ok(Outcome::Ran(Box::new(stage.judge(&evidence))))
}

/// Messages whose handling panics each time: each is refused, is not stored, and its room goes on.
pub(crate) async fn poison(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = stage.server().await?;
    let mut crowd = Crowd::gather(USUAL, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(50, SOON).await?;
    let (mut poisons, mut wrong) = (Vec::new(), Vec::new());
    for round in 0..stage.rounds(2, 8) {
        // Each costs its room two of the five restarts that it has in a minute.
        let room = &crowd.rooms[usize::try_from(round)? % crowd.rooms.len()].clone();
        let id = MessageId::new();
        server.arm(json!({ "point": "room.post", "strike": "panic", "key": id.to_string() })).await?;
        crowd.fault(format!("a poisonous message in {room}"), Some(room));
        let send = Send { room: room.clone(), id, body: Body::parse("poison")?, reply_to: None };
        match poisoned(server.address, send).await {
            Ok(true) => {}
            Ok(false) => wrong.push(format!("a poisonous message was acknowledged in {room}")),
            Err(error) => wrong.push(format!("a poisonous message in {room}: {error:#}")),
        }
        poisons.push(id);
        crowd.more_acks(50, SOON).await?;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    finding.breaches.extend(wrong);
    let kept = evidence.stored.rooms.values().flatten().filter_map(|kept| kept.said);
    let kept = kept.filter(|said| poisons.contains(&said.id)).count();
    finding.expect(kept == 0, || format!("{kept} poisonous messages were refused, but are stored"));
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("sockets were closed: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Sends one message as a guest of its own; says whether it was refused.
async fn poisoned(address: SocketAddr, send: Send) -> anyhow::Result<bool> {
    let refused = tokio::time::timeout(SOON, reader::say(address, send)).await.context("no answer")??;
    Ok(refused.is_some())
}
