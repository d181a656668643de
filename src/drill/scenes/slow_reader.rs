//! A client stops reading.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_protocol::{CloseCode, Command, Hello, Join, Name, RoomId};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::child::Server;
use crate::drill::checker::closes;
use crate::drill::checker::latency::{self, Latency, Span};
use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::socket::{Stream, connect, encode};
use crate::drill::stage::{Finding, Outcome, Stage};
use crate::host;

const SOON: Duration = Duration::from_secs(10);

/// Six in one room, with long letters: what a slow reader does not take is soon more than is kept for it.
const LETTERS: Size = Size { clients: 6, rooms: 1, joins: 1, per_second: 80.0, body_bytes: 7_900, ..USUAL };

/// Each slow reader misses so many letters: 2 MB, twice what is kept for a socket.
const MISSED: u64 = 250;

/// Between two looks at the server's memory.
const LOOK: Duration = Duration::from_millis(10);

/// Memory that slow readers may take: less than 10 MB.
const GROWTH_KIB: u64 = 10_000_000 / 1_024;

/// How the others may fare with them: twice as slow, and a little.
const NOISE: Duration = Duration::from_millis(20);

/// One phase of the drill.
#[derive(Clone, Copy, Debug)]
struct Passed {
    span: Span,
    /// The most that the server occupied meanwhile.
    peak_kib: u64,
}

/// The same traffic by turns without and with a client that does not read: it is let go, and nobody else notices.
pub(crate) async fn slow_reader(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = stage.server().await?;
    let mut crowd = Crowd::gather(LETTERS, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(2 * MISSED, Duration::from_secs(60)).await?;
    let (mut without, mut with, mut codes, mut kept) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // So many that more than 10 MB pass: a server that kept it all would be seen to.
    let readers = if stage.quick { 6 } else { 8 };
    for _round in 0..stage.rounds(2, 5) {
        without.push(pass(&server, &crowd, readers).await?);
        crowd.fault("a client stops reading", None);
        let phase = async {
            let mut slow = Vec::new();
            for _reader in 0..readers {
                slow.push(come_and_stop_reading(server.address, &crowd.rooms[0]).await?);
                crowd.more_acks(MISSED, Duration::from_secs(60)).await?;
            }
            anyhow::Ok(slow)
        };
        let (passed, slow) = tokio::try_join!(pass(&server, &crowd, readers), phase)?;
        with.push(passed);
        for mut slow in slow {
            match last_words(&mut slow).await {
                Ok(code) => codes.push(code),
                Err(error) => kept.push(format!("{error:#}")),
            }
        }
        stage.step();
    }
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    for code in codes.iter().flatten() {
        finding
            .expect(*code == CloseCode::TooSlow.number(), || format!("a slow reader was closed with {code}, not 4410"));
    }
    finding.notes.push(format!("{} slow readers were let go", codes.len()));
    finding.breaches.extend(kept);
    compare_memory(&without, &with, &mut finding);
    let measure = |passed: &[Passed]| latency::of(&evidence, passed.iter().map(|phase| phase.span));
    compare_latency(measure(&without), measure(&with), &mut finding);
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("others were closed, too: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

/// Lets so much pass that each of so many readers would miss enough.
async fn pass(server: &Server, crowd: &Crowd, readers: u64) -> anyhow::Result<Passed> {
    let begun = crowd.time();
    let mut peak_kib = 0;
    tokio::select! {
        looked = look(server, &mut peak_kib) => looked?,
        passed = crowd.more_acks(readers * MISSED, Duration::from_secs(120)) => drop(passed?),
    }
    Ok(Passed { span: Span { from: begun, to: crowd.time() }, peak_kib })
}

/// Looks at the server's memory, again and again.
async fn look(server: &Server, peak_kib: &mut u64) -> anyhow::Result<()> {
    loop {
        *peak_kib = host::resident_kib(server.id()?)?.max(*peak_kib);
        sleep(LOOK).await;
    }
}

/// Each phase with slow readers against the one before it: the middle one of the differences counts.
fn compare_memory(without: &[Passed], with: &[Passed], finding: &mut Finding) {
    let more = without.iter().zip(with).map(|(without, with)| with.peak_kib.saturating_sub(without.peak_kib));
    let mut more: Vec<u64> = more.collect();
    more.sort_unstable();
    let middle = more.get(more.len() / 2).copied().unwrap_or(0);
    finding.notes.push(format!("they took {middle} KiB more memory at the peak, in the middle of {more:?}"));
    finding.expect(middle < GROWTH_KIB, || format!("{middle} KiB more memory; less than {GROWTH_KIB} is allowed"));
}

/// In a debug build, where little work takes long, it is only told.
fn compare_latency(without: Latency, with: Latency, finding: &mut Finding) {
    for (what, without, with) in
        [("the ack", without.ack, with.ack), ("the others' screens", without.delivery, with.delivery)]
    {
        finding
            .notes
            .push(format!("99 of 100 sends took at most {without:.1?} to {what}, and {with:.1?} with slow readers"));
        let fine = cfg!(debug_assertions) || with <= 2 * without + NOISE;
        finding.expect(fine, || format!("{with:?} to {what}, {without:?} without slow readers"));
    }
}

async fn come_and_stop_reading(address: SocketAddr, room: &RoomId) -> anyhow::Result<Stream> {
    let mut slow = connect(address, Some(4_096)).await?;
    let hello = Hello { guest: Some(Name::guest("sleepy")?), token: None };
    let join = Join { room: room.clone(), since: None, epoch: None, limit: Some(0) };
    slow.send(Message::Text(encode(None, Command::Hello(hello)))).await?;
    slow.send(Message::Text(encode(None, Command::Join(join)))).await?;
    let joined = async {
        while let Some(message) = slow.next().await {
            if message?.to_text()?.contains(r#""type":"joined""#) {
                return Ok(());
            }
        }
        anyhow::bail!("the slow reader was not let in")
    };
    timeout(SOON, joined).await??;
    Ok(slow)
}

/// Reads what is left. Gives back the close code; none where the server just cut, since nobody took its goodbye.
async fn last_words(slow: &mut Stream) -> anyhow::Result<Option<u16>> {
    let deadline = Instant::now() + SOON;
    loop {
        match tokio::time::timeout_at(deadline, slow.next()).await {
            Ok(Some(Ok(Message::Close(close)))) => return Ok(close.map(|close| close.code.into())),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => return Ok(None),
            Err(_) => anyhow::bail!("the slow reader was never closed"),
        }
    }
}
