//! The life of one socket: its task reads frames, and writes what no writer could.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_actors::outbox::{Outbox, Permit, Refusal};
use greenroom_actors::trail::{Act, Outcome};
use greenroom_actors::{SessionHandle, SocketPlace, fault_point};
use greenroom_protocol::limits::{HEARTBEAT, HEARTBEAT_GRACE};
use greenroom_protocol::{ClientFrame, CloseCode};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::Comes;
use super::closing::{self, Socket};
use super::heartbeat::{Beat, Heartbeat};
use super::hello::{Identified, Unidentified, hello};
use super::line::{Line, Progress};
use super::visit::Visit;
use super::writing::Writing;
use crate::accept::Edge;
use crate::{request, trail};

fn note_flood(edge: &Edge) {
    trail::note_refusal(&edge.restraint, Act::Limit, Outcome::Refused, "flooding");
}

/// From the upgrade to the greeting: nothing where nobody has come in, and the socket has ended.
pub(super) async fn begin(
    mut socket: Socket,
    line: Arc<Line>,
    edge: Arc<Edge>,
    comes: Comes,
    mut visit: Visit,
) -> Option<Life> {
    let hello = edge.stop.run_until_cancelled(hello(&mut socket, &edge, &comes)).await;
    let identified = match hello.unwrap_or(Err(Unidentified::silent(CloseCode::GoingAway))) {
        Ok(identified) => identified,
        Err(Unidentified { word, code }) => {
            if code == CloseCode::Unauthenticated && word.is_some() {
                trail::note_refusal(&edge.restraint, Act::SignIn, Outcome::Failed, "hello");
            } else if code == CloseCode::Flooding {
                note_flood(&edge);
            }
            visit.ends(code);
            let writing = word.as_ref().map(Writing::of).unwrap_or_default();
            closing::close(socket, writing, code).await;
            return None;
        }
    };
    let outbox = Outbox::new(Arc::clone(&line) as _);
    line.connect(&outbox);
    visit.frames_in = 1;
    let Identified { identity, reference, place } = identified;
    request::is_by(identity.person.user.id);
    let session = edge.engine.open_session(identity, reference, Arc::clone(&outbox)).await;
    if edge.stop.is_cancelled() {
        // It came too late to be told with the others.
        outbox.drain(CloseCode::GoingAway);
    }
    match session {
        Ok(session) => {
            visit.opened(session.id());
            let session = Session(session);
            Some(Life {
                socket,
                writing: Writing::default(),
                outbox,
                line,
                session,
                permit: None,
                visit,
                edge,
                _place: place,
            })
        }
        Err(_) => {
            visit.ends(CloseCode::Restarting);
            closing::close(socket, Writing::default(), CloseCode::Restarting).await;
            None
        }
    }
}

/// The session of a socket. It ends with the socket's task, also where that ends by a panic: else its
/// person would be shown as here for ever.
struct Session(SessionHandle);

impl Drop for Session {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A socket whose person is in.
pub(super) struct Life {
    socket: Socket,
    /// Over TLS, frames on their way to the system.
    writing: Writing,
    outbox: Arc<Outbox>,
    line: Arc<Line>,
    session: Session,
    /// The right to read one more command.
    permit: Option<Permit>,
    visit: Visit,
    edge: Arc<Edge>,
    /// One of the sockets that its person may have; nothing where there are no limits.
    _place: Option<SocketPlace>,
}

impl Life {
    /// From the greeting to the close.
    pub(super) async fn run(mut self) {
        let code = self.until_the_end().await;
        Box::pin(self.end(code)).await;
    }

    async fn end(self, code: CloseCode) {
        let Self { socket, writing, line, session, mut visit, edge, .. } = self;
        visit.frames_out += line.frames();
        visit.ends(code);
        drop(session);
        closing::close(socket, writing, code).await;
        if code == CloseCode::Flooding {
            note_flood(&edge);
        }
    }

    /// Returns the code to close with.
    async fn until_the_end(&mut self) -> CloseCode {
        let mut heartbeat = Heartbeat::new(Instant::now());
        let mut alarm = Box::pin(sleep_until(heartbeat.due()));
        loop {
            let reads = match self.write_out().await {
                ControlFlow::Break(code) => return code,
                ControlFlow::Continue(reads) => reads,
            };
            let listens = reads && self.permit.is_some();
            if !reads && self.permit.take().is_some() {
                // Nothing more is read: with the right to it given back, it shows when all is answered.
                continue;
            }
            tokio::select! {
                // What has come is heard before its lateness is judged: the whole process may have been stopped for
                // a while. All that is queued was written above, so nobody starves.
                biased;
                permit = self.outbox.permit(), if reads && self.permit.is_none() => self.permit = Some(permit),
                message = self.socket.next(), if listens => {
                    heartbeat.heard(Instant::now());
                    if let ControlFlow::Break(code) = self.take(message) {
                        return code;
                    }
                }
                () = self.line.calls() => {}
                () = self.outbox.all_answered(), if !reads => {}
                () = alarm.as_mut() => {
                    let beat = heartbeat.beat(Instant::now(), !listens);
                    if let ControlFlow::Break(code) = Box::pin(self.beat(&beat)).await {
                        return code;
                    }
                    alarm.as_mut().reset(heartbeat.due());
                }
            }
        }
    }

    /// Writes all that is queued, and sees to what comes of it: says whether the socket may be read, or breaks with the
    /// code to close with.
    async fn write_out(&mut self) -> ControlFlow<CloseCode, bool> {
        loop {
            if self.line.has_writer() {
                self.write_by_line().await?;
            } else {
                self.write_alone().await?;
            }
            if self.outbox.asks_for_attention() {
                self.session.0.attend();
            }
            let duties = self.outbox.duties();
            match duties.close {
                Some(code) => return ControlFlow::Break(code),
                None if duties.crowded => {}
                None => return ControlFlow::Continue(duties.reads),
            }
        }
    }

    /// Writes what no writer has written; waits where the system has no room.
    async fn write_by_line(&mut self) -> ControlFlow<CloseCode> {
        loop {
            match self.line.write(&mut Vec::new()) {
                Progress::Done { .. } => return ControlFlow::Continue(()),
                Progress::Blocked => {
                    let tcp = closing::tcp(self.socket.get_ref().get_ref());
                    // In a box, like all that an idle socket does not do: it would keep room for it all its life.
                    Box::pin(patiently(&self.line, &self.outbox, tcp.writable())).await?;
                }
                Progress::Broken => return ControlFlow::Break(CloseCode::Normal),
            }
        }
    }

    /// Writes over TLS, and waits until the system has taken it all.
    async fn write_alone(&mut self) -> ControlFlow<CloseCode> {
        let Self { socket, writing, outbox, line, visit, .. } = self;
        loop {
            let frames = writing.gather(outbox, line.compression());
            visit.frames_out += frames;
            if frames == 0 {
                return ControlFlow::Continue(());
            }
            let write = async {
                // The library may have an answer to a ping ready, and goes first.
                socket.flush().await.map_err(io::Error::other)?;
                writing.finish(socket.get_mut().uncounted()).await
            };
            Box::pin(patiently(line, outbox, write)).await?;
        }
    }

    fn take(&mut self, message: Option<Result<Message, Error>>) -> ControlFlow<CloseCode> {
        match message {
            Some(Ok(Message::Text(text))) => return self.frame(text.as_str()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_))) => return ControlFlow::Break(CloseCode::Binary),
            Some(Ok(Message::Close(_))) | None => return ControlFlow::Break(CloseCode::Normal),
            Some(Err(error)) => return ControlFlow::Break(closing::code_of_reading(&self.socket, &error)),
        }
        ControlFlow::Continue(())
    }

    fn frame(&mut self, text: &str) -> ControlFlow<CloseCode> {
        self.visit.frames_in += 1;
        fault_point::pass("socket.frame");
        match ClientFrame::parse(text) {
            Ok(frame) => {
                if let Some(permit) = self.permit.take() {
                    self.session.0.frame(frame, permit);
                }
            }
            Err(refusal) => {
                let error = Refusal::new(refusal.code, refusal.message);
                self.outbox.reply(error.frame(refusal.reference));
                if self.socket.get_ref().is_malformed_too_often() {
                    return ControlFlow::Break(CloseCode::Flooding);
                }
            }
        }
        ControlFlow::Continue(())
    }

    async fn beat(&mut self, beat: &Beat) -> ControlFlow<CloseCode> {
        match beat {
            Beat::Wait => ControlFlow::Continue(()),
            Beat::Missed => ControlFlow::Break(CloseCode::HeartbeatMissed),
            Beat::Ping => match timeout(HEARTBEAT_GRACE, self.socket.send(Message::Ping(Bytes::new()))).await {
                Ok(Ok(())) => ControlFlow::Continue(()),
                Ok(Err(error)) => ControlFlow::Break(closing::code_of(&error)),
                Err(_elapsed) => ControlFlow::Break(CloseCode::HeartbeatMissed),
            },
        }
    }
}

/// Waits for a peer to take what it is sent: a client that does not read is not read from either. Gives up when the outbox
/// has overflowed meanwhile, or the peer takes nothing for so long that it must be gone.
async fn patiently(
    line: &Line,
    outbox: &Outbox,
    write: impl Future<Output = io::Result<()>>,
) -> ControlFlow<CloseCode> {
    let closed = async {
        loop {
            line.calls().await;
            if let Some(code) = outbox.closed() {
                return code;
            }
        }
    };
    tokio::select! {
        biased;
        written = timeout(HEARTBEAT + HEARTBEAT_GRACE, write) => match written {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) => ControlFlow::Break(CloseCode::Normal),
            Err(_elapsed) => ControlFlow::Break(CloseCode::HeartbeatMissed),
        },
        code = closed => ControlFlow::Break(code),
    }
}
