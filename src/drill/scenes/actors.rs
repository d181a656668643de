//! Actors crash, one after another, while everybody talks.

use std::time::Duration;

use greenroom_protocol::RoomId;
use rand::RngExt as _;
use tokio::time::sleep;

use crate::child::Server;
use crate::drill::catalogue::Part;
use crate::drill::checker::{closed_sessions, closes};
use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::history::Evidence;
use crate::drill::stage::{Finding, Outcome, Stage};

/// For all to come in, and for sends to succeed again.
const SOON: Duration = Duration::from_secs(5);

/// A crash is over within this.
const RECOVERY_MS: u64 = 5_000;

/// Half the time it is over within this.
const MEDIAN_MS: u64 = 100;

/// 500 messages a second.
const BUSY: Size = Size { per_second: 500.0 / USUAL.clients as f64, ..USUAL };

/// Crashes one part several times, within its budget, and looks at whose sockets closed.
pub(crate) async fn crash(stage: &mut Stage, part: Part) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let size = if stage.quick { USUAL } else { BUSY };
    let mut crowd = Crowd::gather(size, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(100, SOON).await?;
    let rounds = stage.rounds(4, usual(part)).min(budget(part));
    let (mut hit, mut crashes) = (Vec::new(), 0);
    for round in 0..rounds {
        // Whoever is on the way back may come below any actor.
        crowd.all_present(SOON).await?;
        let (actor, room) = target(stage, part, round, &server, &crowd).await?;
        let below = server.sessions_below(&actor).await?;
        if server.crash(&actor).await? {
            // Only now is it certain that what is sent comes behind the crash in the actor's mailbox.
            crowd.fault(format!("a crash of {actor}"), room.as_ref());
            hit.extend(below);
            crashes += 1;
        }
        sleep(stage.moment(100..1_000)).await;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    let ended = server.ended()?;
    finding.expect(ended.is_none(), || format!("the server has ended: {ended:?}"));
    finding.expect(crashes > 0, || "no actor of that name was alive".to_owned());
    expect_closes(part, hit, &evidence, &mut finding);
    let longest = finding.report.longest_ms().unwrap_or(0);
    finding.expect(longest <= RECOVERY_MS, || format!("{longest} ms to recover; at most {RECOVERY_MS} is allowed"));
    if !stage.quick && !cfg!(debug_assertions) && rounds <= usual(part) && unnoticed(part) {
        let median = finding.report.median_ms().unwrap_or(0);
        finding
            .expect(median <= MEDIAN_MS, || format!("{median} ms to recover, half the time; {MEDIAN_MS} is allowed"));
    }
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Whether nobody's socket closes by its crash.
fn unnoticed(part: Part) -> bool {
    match part {
        Part::Session | Part::Shard | Part::Sessions => false,
        Part::Room | Part::Store | Part::Presence | Part::Lobby | Part::Rooms => true,
    }
}

/// Whose sockets may close, and with what: those of the sessions that were hit, and all others not.
fn expect_closes(part: Part, mut hit: Vec<String>, evidence: &Evidence, finding: &mut Finding) {
    let code = match part {
        Part::Session => 1011,
        Part::Shard => 1012,
        Part::Room | Part::Store | Part::Presence | Part::Lobby | Part::Rooms | Part::Sessions => {
            for (code, count) in closes(evidence) {
                // Whoever comes back before the sessions' supervisor does is sent away once more.
                let expected = part == Part::Sessions && code == Some(1012);
                finding.expect(expected, || format!("{count} sockets were closed with {code:?}"));
            }
            return;
        }
    };
    let mut closed = closed_sessions(evidence);
    closed.sort();
    hit.sort();
    let expected: Vec<_> = hit.into_iter().map(|session| (session, Some(code))).collect();
    finding.expect(closed == expected, || format!("closed were {closed:?}; hit were {expected:?}"));
    finding.expect(!expected.is_empty(), || "nobody was hit".to_owned());
}

/// Crashes the root: the process ends with the reason, and a new one has everything.
pub(crate) async fn engine(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(USUAL, address, &mut stage.rng);
    let (mut wrong, mut slowest) = (Vec::new(), Duration::ZERO);
    for round in 0..stage.rounds(2, 5) {
        crowd.all_present(SOON).await?;
        sleep(stage.moment(100..800)).await;
        crowd.fault(format!("a crash of the engine, round {}", round + 1), None);
        server.crash("engine").await?;
        let (status, took) = server.end(Duration::from_secs(10)).await?;
        slowest = slowest.max(took);
        wrong.extend((status.code() != Some(1)).then(|| status.to_string()));
        server = stage.server_on(address).await?;
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    let mut finding = stage.judge(&evidence);
    finding.notes.push(format!("the slowest end took {} ms", slowest.as_millis()));
    finding.expect(slowest <= Duration::from_secs(2), || format!("{slowest:?} to end; at most 2 s is allowed"));
    finding.expect(wrong.is_empty(), || format!("it did not end with 1: {wrong:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// A part that fails again and again comes back ever later, on purpose: five times say how fast it can.
fn usual(part: Part) -> u32 {
    match part {
        Part::Store | Part::Presence | Part::Lobby | Part::Rooms | Part::Sessions => 5,
        Part::Shard => 16,
        Part::Room | Part::Session => budget(part),
    }
}

/// Crashes that stay within the budget: a part has 10 in a minute, each of the eight shards too, and each of the
/// four rooms 5.
fn budget(part: Part) -> u32 {
    match part {
        Part::Room => 16,
        Part::Session => 20,
        Part::Shard => 72,
        Part::Store | Part::Presence | Part::Lobby | Part::Rooms | Part::Sessions => 9,
    }
}

async fn target(
    stage: &mut Stage,
    part: Part,
    round: u32,
    server: &Server,
    crowd: &Crowd,
) -> anyhow::Result<(String, Option<RoomId>)> {
    Ok(match part {
        Part::Room => {
            let room = &crowd.rooms[usize::try_from(round)? % crowd.rooms.len()];
            (format!("room:{room}"), Some(room.clone()))
        }
        Part::Session => {
            let sessions = server.sessions().await?;
            let one = sessions.get(stage.rng.random_range(0..USUAL.clients).min(sessions.len().saturating_sub(1)));
            (one.cloned().unwrap_or_default(), None)
        }
        Part::Store => ("store".to_owned(), None),
        Part::Presence => ("presence".to_owned(), None),
        Part::Lobby => ("lobby".to_owned(), None),
        Part::Rooms => ("rooms".to_owned(), None),
        Part::Sessions => ("sessions".to_owned(), None),
        Part::Shard => (format!("shard:{}", round % 8), None),
    })
}
