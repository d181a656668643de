//! Writing frames: gathered into one buffer for one system call, and that buffer given back.
//!
//! The library would copy each frame into a buffer that an idle socket keeps. Frames of a server are
//! not masked, so a header before the text is all that there is to do.

use greenroom_protocol::EncodedFrame;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::tls::Stream;

/// The longest header of an unmasked frame.
const HEADER: usize = 10;

/// Frames on their way to the system. What is left of them after an interruption must be written
/// before anything else, or the other side sees half a frame.
#[derive(Debug, Default)]
pub(super) struct Writing {
    bytes: Vec<u8>,
    written: usize,
}

impl Writing {
    /// Gathers frames; the ones before must be written.
    pub(super) fn gather(&mut self, frames: &[EncodedFrame]) {
        debug_assert!(self.is_done(), "the frames before are written");
        self.written = 0;
        self.bytes = Vec::with_capacity(frames.iter().map(|frame| HEADER + frame.len()).sum());
        for frame in frames {
            let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
            // Writing to memory can't fail.
            let _infallible = header.format(frame.len() as u64, &mut self.bytes);
            self.bytes.extend_from_slice(frame.bytes());
        }
    }

    fn is_done(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Writes on until all is with the system; may be interrupted and called again.
    pub(super) async fn finish(&mut self, stream: &mut Stream) -> std::io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_its_header_and_its_text() {
        let mut writing = Writing::default();
        let long = "x".repeat(300);
        writing.gather(&[EncodedFrame::new(&"hi"), EncodedFrame::new(&long)]);
        assert_eq!(writing.bytes[..6], *b"\x81\x04\"hi\"");
        assert_eq!(writing.bytes[6..10], [0x81, 126, 1, 46]);
        assert_eq!(writing.bytes.len(), 6 + 4 + 302);
    }
}
