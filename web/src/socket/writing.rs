//! Writing over TLS: frames gathered into one buffer for one record and one system call, and that buffer given back.

use greenroom_actors::outbox::Outbox;
use greenroom_protocol::Compression;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::gathering::gather;

/// Frames on their way to the system. What is left of them after an interruption must be written
/// before anything else, or the other side sees half a frame.
#[derive(Debug, Default)]
pub(super) struct Writing {
    bytes: Vec<u8>,
    written: usize,
}

impl Writing {
    /// One more frame, behind the others.
    pub(super) fn add(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
    }

    /// Gathers what is queued, behind what is there. Says how many frames it was.
    pub(super) fn gather(&mut self, outbox: &Outbox, compression: Compression) -> u64 {
        gather(outbox, compression, &mut self.bytes).frames
    }

    /// Whether all is with the system.
    pub(super) fn is_done(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Writes on until all is with the system; may be interrupted and called again.
    pub(super) async fn finish(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        while !self.is_done() {
            match stream.write(&self.bytes[self.written..]).await? {
                0 => return Err(std::io::ErrorKind::WriteZero.into()),
                written => self.written += written,
            }
        }
        // TLS may hold a last record back that the system had no room for.
        stream.flush().await?;
        *self = Self::default();
        Ok(())
    }
}
