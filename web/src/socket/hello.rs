//! The first frame: who this is.

use futures_util::StreamExt as _;
use greenroom_actors::outbox::Refusal;
use greenroom_actors::{Engine, HelloFailed, Identity};
use greenroom_protocol::limits::HELLO;
use greenroom_protocol::{ClientFrame, CloseCode, Command, EncodedFrame, ErrorCode, Ref};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::closing::{self, Socket};

/// Somebody who has said who they are.
pub(super) struct Identified {
    pub(super) identity: Identity,
    pub(super) reference: Option<Ref>,
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
}

/// Waits for `hello`, and for nothing else.
pub(super) async fn hello(
    socket: &mut Socket,
    engine: &Engine,
    bearer: Option<&str>,
) -> Result<Identified, Unidentified> {
    let text = timeout(HELLO, first_text(socket));
    let text = text.await.map_err(|_elapsed| Unidentified::silent(CloseCode::Unauthenticated))??;
    let frame = ClientFrame::parse(&text)
        .map_err(|refusal| Unidentified::said(refusal.reference, Refusal::new(refusal.code, refusal.message)))?;
    let Command::Hello(hello) = frame.command else {
        let refusal = Refusal::new(ErrorCode::Unauthenticated, "say hello first");
        return Err(Unidentified::said(frame.reference, refusal));
    };
    match engine.identify(&hello, bearer).await {
        Ok(identity) => Ok(Identified { identity, reference: frame.reference }),
        Err(error) => Err(unidentified(frame.reference, error)),
    }
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

async fn first_text(socket: &mut Socket) -> Result<String, Unidentified> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Binary(_))) => return Err(Unidentified::silent(CloseCode::Binary)),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(Unidentified::silent(CloseCode::Normal)),
            Some(Err(error)) => return Err(Unidentified::silent(closing::code_of(&error))),
        }
    }
}
