//! The wall clock jumps by an hour, back and forth.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use greenroom_protocol::{Command, Hello, Join, Name, Ref, RoomId, ServerFrame, Typing};
use tokio::time::{sleep, timeout};

use crate::child::Server;
use crate::drill::checker::closes;
use crate::drill::clock::WallClock;
use crate::drill::crowd::{Crowd, USUAL, until};
use crate::drill::socket::{Incoming, Socket};
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(5);

/// Where the clock is, in seconds, one after another: an hour ahead, right, an hour behind, and two hours at once.
const JUMPS: [i64; 6] = [3_600, 0, -3_600, 0, 3_600, -3_600];

/// How exactly it must be there.
const EXACT: i64 = 30;

/// A typist who says no more has stopped after this.
const TYPING: std::ops::Range<Duration> = Duration::from_millis(2_500)..Duration::from_secs(5);

/// Sets the server's clock while people talk, and cuts their sockets in between.
pub(crate) async fn clock_jump(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let clock = match WallClock::make(stage) {
        Ok(clock) => clock,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut server =
        Server::start_with(&stage.path("data"), anywhere, &stage.path("log"), &["--lab"], &clock.environment()).await?;
    let mut crowd = Crowd::gather(USUAL, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    let silent = tokio::spawn(say_nothing(server.address));
    let (mut wrong, mut typed) = (Vec::new(), Vec::new());
    for round in 0..stage.rounds(2, 8) {
        crowd.more_acks(50, SOON).await?;
        let ahead = JUMPS[usize::try_from(round)? % JUMPS.len()];
        crowd.fault(format!("the clock is set {ahead} s ahead"), None);
        let typing = typing_ends(server.address, &crowd.rooms[0], || clock.set(ahead));
        let cuts = async {
            sleep(stage.moment(100..1_000)).await;
            crowd.order(|orders| orders.cuts += 1);
            let _left = until(SOON, || crowd.present() < USUAL.clients).await;
            crowd.all_present(SOON).await
        };
        let (took, _back) = tokio::try_join!(typing, cuts)?;
        wrong.extend(
            (!TYPING.contains(&took)).then(|| format!("typing ended after {took:?} with the clock at {ahead} s")),
        );
        typed.push(took);
        let shown = server_ahead(server.address).await?;
        wrong.extend(
            ((shown - ahead).abs() > EXACT).then(|| format!("the server's clock is {shown} s ahead, not {ahead} s")),
        );
        stage.step();
    }
    crowd.heal(SOON).await?;
    let over = silent.is_finished();
    silent.abort();
    let ended = server.ended()?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    finding.expect(ended.is_none(), || format!("the server has ended: {ended:?}"));
    finding.expect(!over, || "the socket of somebody who says nothing was closed".to_owned());
    finding.breaches.extend(wrong);
    let (first, last) = (typed.iter().min().copied(), typed.iter().max().copied());
    finding.notes.push(format!(
        "{} jumps, seen in each welcome; typing ended by itself after {:.1?} to {:.1?}",
        typed.len(),
        first.unwrap_or_default(),
        last.unwrap_or_default()
    ));
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("sockets were closed: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// How many seconds the server says that it is ahead.
async fn server_ahead(address: SocketAddr) -> anyhow::Result<i64> {
    let mut socket = Socket::connect(address).await?;
    hello(&mut socket, "watch").await
}

/// Says hello; gives back how many seconds the server is ahead.
async fn hello(socket: &mut Socket, name: &str) -> anyhow::Result<i64> {
    let hello = Hello { guest: Some(Name::guest(name)?), token: None };
    socket.send(None, Command::Hello(hello));
    let welcome = hear(socket, |frame| if let ServerFrame::Welcome(welcome) = frame { Some(welcome) } else { None });
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(welcome.await?.server_time.as_millis() / 1_000 - i64::try_from(now.as_secs())?)
}

/// Comes, and only listens, until the socket ends: a heartbeat by the wall clock would end it with the first jump.
async fn say_nothing(address: SocketAddr) -> anyhow::Result<()> {
    let mut socket = Socket::connect(address).await?;
    hello(&mut socket, "silent").await?;
    while !matches!(socket.next().await, Incoming::End(_)) {}
    Ok(())
}

/// Two come, one of them begins to type, and this is done. Gives back after how long it ends by itself.
async fn typing_ends(
    address: SocketAddr,
    room: &RoomId,
    meanwhile: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Duration> {
    let (mut typist, mut other) = (Socket::connect(address).await?, Socket::connect(address).await?);
    for (socket, name) in [(&mut typist, "typist"), (&mut other, "other")] {
        hello(socket, name).await?;
        let join = Join { room: room.clone(), since: None, epoch: None, limit: Some(0) };
        socket.send(Some(Ref::Number(1)), Command::Join(join));
        hear(socket, |frame| matches!(frame, ServerFrame::Joined(_)).then_some(())).await?;
    }
    typist.send(None, Command::Typing(Typing { room: room.clone(), on: true }));
    hear(&mut other, |frame| typing(&frame, true)).await?;
    let begun = Instant::now();
    meanwhile()?;
    hear(&mut other, |frame| typing(&frame, false)).await?;
    Ok(begun.elapsed())
}

fn typing(frame: &ServerFrame, on: bool) -> Option<()> {
    if let ServerFrame::Typing(typing) = frame { (typing.on == on).then_some(()) } else { None }
}

/// Waits for a frame; what comes before is passed over.
async fn hear<T>(socket: &mut Socket, mut wanted: impl FnMut(ServerFrame) -> Option<T>) -> anyhow::Result<T> {
    let heard = async {
        loop {
            match socket.next().await {
                Incoming::Frame(frame) => {
                    if let Some(wanted) = wanted(*frame) {
                        return Ok(wanted);
                    }
                }
                Incoming::Nonsense(text) => anyhow::bail!("no frame of the protocol: {text}"),
                Incoming::End(code) => anyhow::bail!("the socket ended ({code:?})"),
            }
        }
    };
    timeout(2 * SOON, heard).await.context("no answer in time")?
}
