//! The life of one socket: its task reads frames, and writes what no writer could.

use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;

use greenroom_actors::outbox::{Outbox, Permit, Refusal};
use greenroom_actors::trail::{Act, Outcome};
use greenroom_actors::{SessionHandle, SocketPlace, fault_point};
use greenroom_protocol::frames::PING;
use greenroom_protocol::limits::{HEARTBEAT, HEARTBEAT_GRACE};
use greenroom_protocol::{self as protocol, ClientFrame, CloseCode};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::Comes;
use super::closing;
use super::connection::{Heard, Socket};
use super::heartbeat::{Beat, Heartbeat};
use super::hello::{Identified, Unidentified, hello};
use super::line::{Line, Progress};
use super::visit::Visit;
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
            if let Some(word) = word {
                // Where it can't be said, neither can the goodbye.
                let _gone = socket.say(word.framed());
            }
            closing::close(socket, code).await;
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
            Some(Life { socket, outbox, line, session, permit: None, visit, edge, _place: place })
        }
        Err(_) => {
            visit.ends(CloseCode::Restarting);
            closing::close(socket, CloseCode::Restarting).await;
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

/// What has happened.
enum Turn {
    /// A frame of any kind has come.
    Heard,
    /// It is time for the heartbeat.
    Due,
    /// The socket is to be closed.
    Over(CloseCode),
    /// Something else, which the next round sees to.
    Served,
}

impl Life {
    /// From the greeting to the close.
    pub(super) async fn run(mut self) {
        let code = self.until_the_end().await;
        Box::pin(self.end(code)).await;
    }

    async fn end(self, code: CloseCode) {
        let Self { socket, line, session, mut visit, edge, .. } = self;
        visit.frames_out += line.frames();
        visit.ends(code);
        drop(session);
        closing::close(socket, code).await;
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
            match self.turn(reads, alarm.as_mut()).await {
                Turn::Served => {}
                Turn::Heard => heartbeat.heard(Instant::now()),
                Turn::Over(code) => return code,
                Turn::Due => {
                    let beat = heartbeat.beat(Instant::now(), !listens);
                    if let ControlFlow::Break(code) = Box::pin(self.beat(&beat)).await {
                        return code;
                    }
                    alarm.as_mut().reset(heartbeat.due());
                }
            }
        }
    }

    /// Waits for one thing to happen. What it was is small, and so is what an idle socket keeps room for.
    async fn turn(&mut self, reads: bool, alarm: Pin<&mut Sleep>) -> Turn {
        let listens = reads && self.permit.is_some();
        tokio::select! {
            // What has come is heard before its lateness is judged: the whole process may have been stopped for
            // a while. All that is queued was written before, so nobody starves.
            biased;
            permit = self.outbox.permit(), if reads && self.permit.is_none() => self.permit = Some(permit),
            heard = self.socket.hear(ClientFrame::parse), if listens => return self.take(heard),
            () = self.line.calls() => {}
            () = self.outbox.all_answered(), if !reads => {}
            () = alarm => return Turn::Due,
        }
        Turn::Served
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
                    let tcp = self.socket.tcp();
                    // In a box, like all that an idle socket does not do: it would keep room for it all its life.
                    Box::pin(patiently(&self.line, &self.outbox, tcp.writable())).await?;
                }
                Progress::Broken => return ControlFlow::Break(CloseCode::Normal),
            }
        }
    }

    /// Writes over TLS, and waits until the system has taken it all.
    async fn write_alone(&mut self) -> ControlFlow<CloseCode> {
        let Self { socket, outbox, line, visit, .. } = self;
        let Some(secure) = socket.secure() else { return ControlFlow::Continue(()) };
        loop {
            visit.frames_out += secure.gather(outbox, line.compression());
            if secure.is_written() {
                return ControlFlow::Continue(());
            }
            Box::pin(patiently(line, outbox, secure.finish())).await?;
        }
    }

    fn take(&mut self, heard: Result<Heard<Result<ClientFrame, protocol::Refusal>>, CloseCode>) -> Turn {
        match heard {
            Ok(Heard::Text(frame)) => match self.frame(frame) {
                ControlFlow::Continue(()) => Turn::Heard,
                ControlFlow::Break(code) => Turn::Over(code),
            },
            Ok(Heard::Sign) => Turn::Heard,
            Err(code) => Turn::Over(code),
        }
    }

    fn frame(&mut self, frame: Result<ClientFrame, protocol::Refusal>) -> ControlFlow<CloseCode> {
        self.visit.frames_in += 1;
        fault_point::pass("socket.frame");
        match frame {
            Ok(frame) => {
                if let Some(permit) = self.permit.take() {
                    self.session.0.frame(frame, permit);
                }
            }
            Err(refusal) => {
                let error = Refusal::new(refusal.code, refusal.message);
                self.outbox.reply(error.frame(refusal.reference));
                if self.socket.is_malformed_too_often() {
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
            Beat::Ping => match timeout(HEARTBEAT_GRACE, self.ping()).await {
                Ok(Ok(())) => ControlFlow::Continue(()),
                Ok(Err(_gone)) => ControlFlow::Break(CloseCode::Normal),
                Err(_elapsed) => ControlFlow::Break(CloseCode::HeartbeatMissed),
            },
        }
    }

    async fn ping(&mut self) -> io::Result<()> {
        self.socket.say(&PING)?;
        self.socket.finish().await
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
