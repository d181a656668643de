//! Rooms end because nobody is in them, at the very moment when somebody comes.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::time::sleep;

use crate::child::Server;
use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::news::Watch;
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// Two people share a room: so it is empty often, and seldom for long.
const RESTLESS: Size = Size { clients: 16, rooms: 8, joins: 1, per_second: 40.0, ..USUAL };

/// How long they stay in it, about, and stay away.
const STAY: Duration = Duration::from_millis(1);

/// Fewer ends than this in a second, and the drill has not shown anything.
const ENDS_PER_SECOND: u64 = 10;

/// People come, speak, and go, while the laboratory ends every room that is empty.
pub(crate) async fn passivation_race(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let mut crowd = Crowd::gather(RESTLESS, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    let watch = Watch::begin(&server).await?;
    crowd.order(|orders| orders.stay = Some(STAY));
    let begun = Instant::now();
    let rounds = stage.rounds(4, 30);
    for round in 0..rounds {
        crowd.fault(format!("rooms that nobody needs are ended, round {}", round + 1), None);
        tokio::select! {
            () = sleep(Duration::from_secs(1)) => {}
            failed = end_the_empty(&server, &crowd) => failed?,
        }
        stage.step();
    }
    let (ends, seconds) = (watch.ends(), begun.elapsed().as_secs());
    crowd.order(|orders| orders.stay = None);
    crowd.heal(SOON).await?;
    let ended = server.ended()?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    finding.expect(ended.is_none(), || format!("the server has ended: {ended:?}"));
    finding
        .notes
        .push(format!("rooms ended {} times; {} times somebody came in the same millisecond", ends.ended, ends.wanted));
    finding.expect(ends.ended >= ENDS_PER_SECOND * seconds && ends.wanted > 0, || {
        format!("too few ends to show anything: {ends:?} in {seconds} s")
    });
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("sockets were closed: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Asks all rooms to end, each again and again. Those that are needed, or gone already, don't mind.
async fn end_the_empty(server: &Server, crowd: &Crowd) -> anyhow::Result<()> {
    let end = async |room| -> anyhow::Result<()> {
        loop {
            server.passivate(&format!("room:{room}")).await?;
        }
    };
    try_join_all(crowd.rooms.iter().map(end)).await.map(drop)
}
