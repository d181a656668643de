//! A frame as the bytes that cross the socket, made once and shared by all who receive it.
//!
//! A WebSocket frame of a server is not masked (RFC 6455, section 5.1), so not only the text but the whole frame is the
//! same for everybody.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::deflate::Slot;
use crate::limits::{DEFLATE_BYTES, DEFLATE_SHARED_BYTES};

/// The longest header of an unmasked frame.
pub(crate) const HEADER: usize = 10;

/// A whole text frame: a header, and the JSON text. Cloning it shares the bytes, and its compressed form.
#[derive(Clone)]
pub struct EncodedFrame {
    framed: Bytes,
    header: u8,
    /// Nothing where it is never compressed.
    deflated: Option<Slot>,
}

impl EncodedFrame {
    /// Encodes one frame, which is never compressed.
    #[must_use]
    pub fn new(frame: &impl Serialize) -> Self {
        let mut buffer = Vec::with_capacity(256);
        let place = write(&mut buffer, frame);
        place.frame(&buffer.into(), usize::MAX)
    }

    /// Encodes one frame of a single room, which is compressed where it is large.
    ///
    /// Of a frame that is compressed, the length tells a little of what is in it to whoever reads the line. So it must hold
    /// nothing that somebody who chose a part of it may not read: nothing secret, and nothing of another room.
    #[must_use]
    pub fn of_room(frame: &impl Serialize) -> Self {
        let mut buffer = Vec::with_capacity(256);
        let place = write(&mut buffer, frame);
        place.frame(&buffer.into(), DEFLATE_BYTES)
    }

    /// Whether it is to be compressed for somebody to whom texts are from so many bytes on.
    #[must_use]
    pub fn is_deflated_from(&self, bytes: usize) -> bool {
        self.len() >= bytes && self.deflated.is_some()
    }

    /// Whether compressing it takes no time any more.
    #[must_use]
    pub fn is_deflated(&self) -> bool {
        self.deflated.as_ref().is_some_and(Slot::is_made)
    }

    /// The whole frame with its text compressed, if that is shorter. It is made once, by whoever asks first, also for all
    /// clones.
    #[must_use]
    pub fn deflated(&self) -> &[u8] {
        self.deflated.as_ref().and_then(|slot| slot.get_or_make(self.text())).unwrap_or_else(|| self.framed())
    }

    /// The whole frame as it crosses the socket.
    #[must_use]
    pub fn framed(&self) -> &[u8] {
        &self.framed
    }

    /// The JSON text as bytes; always valid UTF-8.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.framed[usize::from(self.header)..]
    }

    /// How many bytes the text has.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> usize {
        self.framed.len() - usize::from(self.header)
    }
}

impl PartialEq for EncodedFrame {
    fn eq(&self, other: &Self) -> bool {
        self.framed == other.framed
    }
}

impl Eq for EncodedFrame {}

/// Encodes several frames of one room into one shared buffer: one allocation for a whole batch. They are compressed where
/// that pays for frames that many receive; see [`EncodedFrame::of_room`].
pub fn encode_all<F: Serialize>(frames: &[F]) -> Vec<EncodedFrame> {
    let mut buffer = Vec::with_capacity(256 * frames.len());
    let places: Vec<Place> = frames.iter().map(|frame| write(&mut buffer, frame)).collect();
    let buffer = Bytes::from(buffer);
    places.into_iter().map(|place| place.frame(&buffer, DEFLATE_SHARED_BYTES)).collect()
}

/// Where in a buffer a frame is.
struct Place {
    start: usize,
    end: usize,
    header: u8,
}

impl Place {
    /// It may be compressed where its text has so many bytes.
    fn frame(self, buffer: &Bytes, deflated_from: usize) -> EncodedFrame {
        let framed = buffer.slice(self.start..self.end);
        let deflated = (framed.len() - usize::from(self.header) >= deflated_from).then(Slot::default);
        EncodedFrame { framed, header: self.header, deflated }
    }
}

/// Adds a frame. How long its header is shows only behind the text, so that there is room for the longest.
fn write(buffer: &mut Vec<u8>, frame: &impl Serialize) -> Place {
    buffer.resize(buffer.len() + HEADER, 0);
    let text = buffer.len();
    // Writing to memory can't fail, and our frames have text keys and no foreign Serialize.
    serde_json::to_writer(&mut *buffer, frame).expect("a frame is always JSON");
    let length = buffer.len() - text;
    let mut header = [0; HEADER];
    let header = header_of(length, &mut header);
    buffer[text - header.len()..text].copy_from_slice(header);
    Place { start: text - header.len(), end: buffer.len(), header: header.len() as u8 }
}

/// The header of a whole text frame.
pub(crate) fn header_of(length: usize, header: &mut [u8; HEADER]) -> &[u8] {
    const WHOLE_TEXT: u8 = 0x81;
    header[0] = WHOLE_TEXT;
    match length {
        0..126 => {
            header[1] = length as u8;
            &header[..2]
        }
        126..65_536 => {
            header[1] = 126;
            header[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            &header[..4]
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&(length as u64).to_be_bytes());
            header
        }
    }
}

/// Only the length: frames hold what people say.
impl fmt::Debug for EncodedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedFrame({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_shares_one_buffer_and_each_frame_is_whole() {
        let long = "x".repeat(70_000);
        let texts = ["a", "bc", "déf", &long[..123], &long[..124], &long[..65_533], &long[..65_534], &long];
        let frames = encode_all(&texts);
        assert_eq!(frames, texts.map(|text| EncodedFrame::new(&text)));
        for (text, frame) in texts.iter().zip(&frames) {
            assert_eq!(serde_json::from_slice::<String>(frame.text()).unwrap(), *text);
            assert_eq!(frame.len(), text.len() + 2);
        }
        let buffer = frames[0].framed().as_ptr()..frames[7].framed().as_ptr_range().end;
        assert!(frames.iter().all(|frame| buffer.contains(&frame.framed().as_ptr())));
    }

    #[test]
    fn a_header_says_how_long_the_text_is() {
        let header = |length: usize| {
            let text = "x".repeat(length - 2);
            let frame = EncodedFrame::new(&text);
            frame.framed()[..frame.framed().len() - frame.len()].to_vec()
        };
        assert_eq!(header(4), [0x81, 4]);
        assert_eq!(header(125), [0x81, 125]);
        assert_eq!(header(126), [0x81, 126, 0, 126]);
        assert_eq!(header(302), [0x81, 126, 1, 46]);
        assert_eq!(header(65_535), [0x81, 126, 0xFF, 0xFF]);
        assert_eq!(header(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
