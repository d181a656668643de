//! What the log says of a socket: a record when somebody has come in by it, and one when it has ended, however that
//! came.

use std::sync::Arc;
use std::time::Instant;

use greenroom_protocol::{CloseCode, SessionId};

use crate::request::{Asked, REQUESTS};

/// One socket, from its upgrade to its end.
#[derive(Debug)]
pub(super) struct Visit {
    asked: Arc<Asked>,
    begun: Instant,
    session: Option<SessionId>,
    code: Option<CloseCode>,
    /// Text frames that were read.
    pub(super) frames_in: u64,
    /// Text frames that were written.
    pub(super) frames_out: u64,
}

impl Visit {
    pub(super) fn new(asked: Arc<Asked>) -> Self {
        Self { asked, begun: Instant::now(), session: None, code: None, frames_in: 0, frames_out: 0 }
    }

    /// Somebody is in.
    pub(super) fn opened(&mut self, session: SessionId) {
        self.session = Some(session);
        tracing::info!(
            target: REQUESTS,
            from = %self.asked.from,
            user = self.asked.user().map(tracing::field::display),
            session = %session,
            request_id = %self.asked.id,
            "socket opened"
        );
    }

    /// Why it ends.
    pub(super) fn ends(&mut self, code: CloseCode) {
        self.code = Some(code);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        tracing::info!(
            target: REQUESTS,
            code = self.code.map(CloseCode::number),
            ms = self.begun.elapsed().as_micros() as f64 / 1_000.0,
            frames_in = self.frames_in,
            frames_out = self.frames_out,
            from = %self.asked.from,
            user = self.asked.user().map(tracing::field::display),
            session = self.session.map(tracing::field::display),
            request_id = %self.asked.id,
            "socket closed"
        );
    }
}
