//! Faults at the very places that a message passes on its way.

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context as _;
use greenroom_protocol::{Body, MessageId, Send};
use rand::RngExt as _;
use serde_json::json;
use tokio::time::sleep;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, USUAL, until};
use crate::drill::reader;
use crate::drill::server::Server;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// The points, in the order in which a message passes them.
const POINTS: [&str; 9] = [
    "session.send",
    "room.post",
    "room.before_append",
    "store.submit",
    "journal.before_write",
    "journal.after_write",
    "journal.sync",
    "journal.after_sync",
    "room.fan_out",
];

/// Syncs for one ack, at most: with some that make other things durable.
const MOST_SYNCS: u32 = 4;

/// For a process that was struck to end.
const END: Duration = Duration::from_secs(2);

/// A panic at each point. In the journal's own thread it may end the process: half a write is nothing to go on from.
pub(crate) async fn panic(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    let mut ends = Vec::new();
    for round in 0..stage.rounds(9, 45) {
        let point = POINTS[usize::try_from(round)? % POINTS.len()];
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
    for round in 0..stage.rounds(9, 54) {
        let point = POINTS[usize::try_from(round)? % POINTS.len()];
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

/// The n-th sync fails, for n = 1, 2, 3 …, until so many acks come without meeting it: nothing is acknowledged
/// after it, and the process ends with the reason.
pub(crate) async fn sync_failure(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    let (mut wrong, mut slowest) = (Vec::new(), Duration::ZERO);
    let acks = stage.rounds(4, 25);
    let mut nth = 1;
    let complete = loop {
        crowd.all_present(SOON).await?;
        crowd.fault(format!("sync {nth} fails"), None);
        server.arm(json!({ "point": "journal.sync", "strike": "fail", "after": nth - 1, "times": 1 })).await?;
        let status = end_or_acks(&mut server, &crowd, acks.into(), &mut slowest).await?;
        if status.is_none() {
            // The point is still armed.
            drop(server.kill().await);
        }
        server = stage.server_on(address).await?;
        wrong.extend(status.filter(|status| status.code() != Some(1)).map(|status| status.to_string()));
        stage.step();
        if status.is_none() || nth == MOST_SYNCS * acks {
            break status.is_none();
        }
        nth += 1;
    };
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
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
