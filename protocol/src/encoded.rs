//! A frame as the bytes that cross the socket, made once and shared by all who receive it.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

/// The JSON text of a frame. Cloning it shares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedFrame(Bytes);

impl EncodedFrame {
    /// Encodes one frame.
    #[must_use]
    pub fn new(frame: &impl Serialize) -> Self {
        let mut buffer = Vec::with_capacity(256);
        write_json(&mut buffer, frame);
        Self(buffer.into())
    }

    /// The JSON text as bytes; always valid UTF-8.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// How many bytes it has.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Encodes several frames into one shared buffer: one allocation for a whole batch.
pub fn encode_all<F: Serialize>(frames: &[F]) -> Vec<EncodedFrame> {
    let mut buffer = Vec::with_capacity(256 * frames.len());
    let ends: Vec<usize> = frames
        .iter()
        .map(|frame| {
            write_json(&mut buffer, frame);
            buffer.len()
        })
        .collect();
    let buffer = Bytes::from(buffer);
    let mut start = 0;
    ends.into_iter()
        .map(|end| {
            let frame = EncodedFrame(buffer.slice(start..end));
            start = end;
            frame
        })
        .collect()
}

fn write_json(buffer: &mut Vec<u8>, frame: &impl Serialize) {
    // Writing to memory can't fail, and our frames have text keys and no foreign Serialize.
    serde_json::to_writer(buffer, frame).expect("a frame is always JSON");
}

/// Only the length: frames hold what people say.
impl fmt::Debug for EncodedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedFrame({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_shares_one_buffer_and_each_frame_is_whole() {
        let frames = encode_all(&["a", "bc", "déf"]);
        assert_eq!(frames, [EncodedFrame::new(&"a"), EncodedFrame::new(&"bc"), EncodedFrame::new(&"déf")]);
        let end_of_first = frames[0].bytes().as_ptr_range().end;
        assert_eq!(end_of_first, frames[1].bytes().as_ptr());
    }
}
