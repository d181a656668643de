//! One client stops reading while everybody else talks.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_protocol::{CloseCode, Command, Hello, Join, Name, RoomId};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::drill::checker::closes;
use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::socket::{Stream, connect, encode};
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// Of a body while the reader is away.
const BODY: usize = 7_900;

/// Memory that the server may need more, in MiB: one full outbox, and what the others' traffic takes.
const GROWTH_MIB: u64 = 64;

/// Sends so much past a client that does not read that the server must let go of it.
pub(crate) async fn slow_reader(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let server = stage.server().await?;
    let size = Size { clients: 6, rooms: 1, joins: 1, per_second: 40.0, ..USUAL };
    let mut crowd = Crowd::gather(size, server.address, &mut stage.rng);
    crowd.all_present(SOON).await?;
    crowd.more_acks(50, SOON).await?;
    let mut slow = come_and_stop_reading(server.address, &crowd.rooms[0]).await?;
    let before = server.resident_kib()?;
    crowd.fault("a client stops reading", None);
    crowd.order(|orders| orders.body_bytes = BODY);
    let megabytes: u64 = if stage.quick { 16 } else { 40 };
    crowd.more_acks(megabytes * 1_000_000 / BODY as u64, Duration::from_secs(120)).await?;
    let grown = server.resident_kib()?.saturating_sub(before) / 1024;
    crowd.order(|orders| orders.body_bytes = size.body_bytes);
    let close = last_words(&mut slow).await?;
    let evidence = crowd.conclude(server.address).await?;
    let mut finding = stage.judge(&evidence);
    finding
        .notes
        .push(format!("{megabytes} MB passed; memory grew by {grown} MiB; the slow one was closed with {close:?}"));
    let told = close.is_none_or(|code| code == CloseCode::TooSlow.number());
    finding.expect(told, || format!("the slow reader was closed with {close:?}, not 4410"));
    finding.expect(grown <= GROWTH_MIB, || format!("memory grew by {grown} MiB; at most {GROWTH_MIB} is allowed"));
    let closes = closes(&evidence);
    finding.expect(closes.is_empty(), || format!("others were closed, too: {closes:?}"));
    Ok(Outcome::Ran(Box::new(finding)))
}

async fn come_and_stop_reading(address: std::net::SocketAddr, room: &RoomId) -> anyhow::Result<Stream> {
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
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match tokio::time::timeout_at(deadline, slow.next()).await {
            Ok(Some(Ok(Message::Close(close)))) => return Ok(close.map(|close| close.code.into())),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => return Ok(None),
            Err(_) => anyhow::bail!("the slow reader was never closed"),
        }
    }
}
