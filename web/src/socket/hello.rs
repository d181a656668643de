//! The first frame: who this is.

use greenroom_actors::outbox::Refusal;
use greenroom_actors::{HelloFailed, Identity, SocketPlace, TooOften};
use greenroom_protocol::limits::{Cap, HELLO};
use greenroom_protocol::{ClientFrame, CloseCode, Command, EncodedFrame, ErrorCode, Ref};
use tokio::time::timeout;

use super::Comes;
use super::connection::{Heard, Socket};
use crate::accept::Edge;
use crate::pace::FULL;

/// Somebody who has said who they are.
pub(super) struct Identified {
    pub(super) identity: Identity,
    pub(super) reference: Option<Ref>,
    /// One of those that they have; nothing where there are no limits.
    pub(super) place: Option<SocketPlace>,
}

/// Why nobody was identified: what to say, if anything, and the code to close with.
pub(super) struct Unidentified {
    pub(super) word: Option<EncodedFrame>,
    pub(super) code: CloseCode,
}

impl Unidentified {
    pub(super) fn silent(code: CloseCode) -> Self {
        Self { word: None, code }
    }

    fn said(reference: Option<Ref>, refusal: Refusal) -> Self {
        Self { word: Some(refusal.frame(reference)), code: CloseCode::Unauthenticated }
    }

    fn flooding(reference: Option<Ref>, refusal: Refusal) -> Self {
        Self { code: CloseCode::Flooding, ..Self::said(reference, refusal) }
    }
}

/// Waits for `hello`, and for nothing else.
pub(super) async fn hello(socket: &mut Socket, edge: &Edge, comes: &Comes) -> Result<Identified, Unidentified> {
    let frame = timeout(HELLO, first_frame(socket));
    let frame = frame.await.map_err(|_elapsed| Unidentified::silent(CloseCode::Unauthenticated))??;
    let frame =
        frame.map_err(|refusal| Unidentified::said(refusal.reference, Refusal::new(refusal.code, refusal.message)))?;
    let Command::Hello(hello) = frame.command else {
        let refusal = Refusal::new(ErrorCode::Unauthenticated, "say hello first");
        return Err(Unidentified::said(frame.reference, refusal));
    };
    let reference = frame.reference;
    if let Some(pace) = &edge.pace
        && hello.token.is_none()
        && hello.guest.is_some()
    {
        let too_often = |TooOften(wait)| Unidentified::flooding(reference.clone(), Refusal::too_often(wait));
        pace.guest(comes.from).map_err(too_often)?;
    }
    match edge.engine.identify(&hello, comes.token.as_deref()).await {
        Ok(identity) => match place(edge, &identity) {
            Ok(place) => Ok(Identified { identity, reference, place }),
            Err(full) => Err(Unidentified::flooding(reference, full)),
        },
        Err(error) => Err(unidentified(reference, error)),
    }
}

/// A place among somebody's sockets.
fn place(edge: &Edge, identity: &Identity) -> Result<Option<SocketPlace>, Refusal> {
    let Some(pace) = &edge.pace else { return Ok(None) };
    let place = pace.people.person(identity.person.user.id).place();
    place.map(Some).ok_or_else(|| {
        pace.people.full(Cap::SocketsOfUser);
        let after = u64::try_from(FULL.as_millis()).unwrap_or(u64::MAX);
        Refusal::retry(ErrorCode::RateLimited, "you have as many sockets as you may; close another one", after)
    })
}

fn unidentified(reference: Option<Ref>, error: HelloFailed) -> Unidentified {
    let refused = |code| Unidentified::said(reference.clone(), Refusal::new(code, error.to_string()));
    match error {
        HelloFailed::Nobody | HelloFailed::BadToken => refused(ErrorCode::Unauthenticated),
        HelloFailed::NameTaken => refused(ErrorCode::Conflict),
        // Their token may be good: they are to come back with it.
        HelloFailed::Unavailable => Unidentified { code: CloseCode::Restarting, ..refused(ErrorCode::Unavailable) },
    }
}

async fn first_frame(socket: &mut Socket) -> Result<Result<ClientFrame, greenroom_protocol::Refusal>, Unidentified> {
    loop {
        match socket.hear(ClientFrame::parse).await {
            Ok(Heard::Text(frame)) => return Ok(frame),
            Ok(Heard::Sign) => socket.finish().await.map_err(|_| Unidentified::silent(CloseCode::Normal))?,
            Err(code) => return Err(Unidentified::silent(code)),
        }
    }
}
