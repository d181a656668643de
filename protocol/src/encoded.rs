//! A frame as the bytes that cross the socket, made once and shared by all who receive it.
//!
//! A WebSocket frame of a server is not masked (RFC 6455, section 5.1), so not only the text but the whole frame is the
//! same for everybody.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Serialize;

use crate::deflate::Slot;
use crate::limits::DEFLATE_BYTES;
use crate::{Ack, Event, Joined};

mod by_hand;

/// The longest header of an unmasked frame.
pub(crate) const HEADER: usize = 10;

/// A whole text frame: a header, and the JSON text. Cloning it shares the bytes.
#[derive(Clone)]
pub struct EncodedFrame {
    framed: Bytes,
    header: u8,
    deflated: Slot,
}

impl EncodedFrame {
    /// Encodes one frame, which is never compressed.
    #[must_use]
    pub fn new(frame: &impl Serialize) -> Self {
        Self::written(256, |buffer| json(buffer, frame))
    }

    /// Encodes one frame of a single room, which is compressed where it is large.
    ///
    /// Of a frame that is compressed, the length tells a little of what is in it to whoever reads the line. So it must hold
    /// nothing that somebody who chose a part of it may not read: nothing secret, and nothing of another room.
    #[must_use]
    pub fn of_room(frame: &impl Serialize) -> Self {
        Self::new(frame).deflated_where_large()
    }

    /// Encodes what says that a send is durable.
    #[must_use]
    pub fn ack(ack: &Ack) -> Self {
        Self::written(256, |buffer| by_hand::ack(buffer, ack))
    }

    /// Encodes what answers a `join`; compressed where it is large, as what [`Self::of_room`] makes.
    #[must_use]
    pub fn joined(joined: &Joined) -> Self {
        let people = joined.online.len() + joined.receipts.len();
        let about = 512 + people * by_hand::PERSON + joined.events.len() * by_hand::AROUND_BODY;
        Self::written(about, |buffer| by_hand::joined(buffer, joined)).deflated_where_large()
    }

    fn deflated_where_large(mut self) -> Self {
        if self.len() >= DEFLATE_BYTES {
            self.deflated = Slot::Shared(Arc::default());
        }
        self
    }

    /// About how many bytes it will have saves copies, no more.
    fn written(about: usize, text: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut buffer = Vec::with_capacity(about);
        let place = write(&mut buffer, text);
        place.frame(&buffer.into(), Slot::Never)
    }

    /// Whether it is to be compressed for somebody to whom texts are from so many bytes on.
    #[must_use]
    pub fn is_deflated_from(&self, bytes: usize) -> bool {
        self.len() >= bytes && self.deflated.is_there()
    }

    /// Whether it is not compressed yet, and a clone of it may be in its place.
    #[must_use]
    pub fn can_be_deflated_later(&self) -> bool {
        self.deflated.can_wait()
    }

    /// The whole frame with its text compressed, if that is shorter. It is made once, by whoever asks first.
    #[must_use]
    pub fn deflated(&self) -> &[u8] {
        self.deflated.get_or_make(self.text()).unwrap_or_else(|| self.framed())
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

/// Encodes live events of a room into one shared buffer: one allocation for a whole batch. All of them may be compressed,
/// as what [`EncodedFrame::of_room`] makes.
pub fn encode_events<'a>(events: impl IntoIterator<Item = &'a Event, IntoIter: Clone>) -> Vec<EncodedFrame> {
    let events = events.into_iter();
    let bodies = events.clone().filter_map(Event::message).map(|message| message.body.as_str().len());
    let (bodies, count) = (bodies.sum::<usize>(), events.clone().count());
    let mut buffer = Vec::with_capacity(bodies + count * by_hand::AROUND_BODY);
    let mut places = Vec::with_capacity(count);
    places.extend(events.map(|event| write(&mut buffer, |buffer| by_hand::event(buffer, event))));
    let buffer = Bytes::from(buffer);
    places.into_iter().map(|place| place.frame(&buffer, Slot::Here(OnceLock::new()))).collect()
}

fn json(buffer: &mut Vec<u8>, frame: &(impl Serialize + ?Sized)) {
    // Writing to memory can't fail, and our frames have text keys and no foreign Serialize.
    serde_json::to_writer(buffer, frame).expect("a frame is always JSON");
}

/// Where in a buffer a frame is.
struct Place {
    start: usize,
    end: usize,
    header: u8,
}

impl Place {
    fn frame(self, buffer: &Bytes, deflated: Slot) -> EncodedFrame {
        EncodedFrame { framed: buffer.slice(self.start..self.end), header: self.header, deflated }
    }
}

/// Adds a frame. How long its header is shows only behind the text, so that there is room for the longest.
fn write(buffer: &mut Vec<u8>, write_text: impl FnOnce(&mut Vec<u8>)) -> Place {
    buffer.extend_from_slice(&[0; HEADER]);
    let text = buffer.len();
    write_text(buffer);
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
    use crate::{Body, Message, MessageId, Name, RoomId, Seq, Timestamp, User, UserId};

    #[test]
    fn a_batch_shares_one_buffer_and_each_frame_is_whole() {
        let ana = User { id: UserId::new(), name: Name::guest("ana").unwrap() };
        let green = RoomId::parse("green").unwrap();
        let said = |(n, body): (usize, &str)| Message {
            room: green.clone(),
            seq: Seq(n as u64),
            id: MessageId::new(),
            user: ana.clone(),
            body: Body::parse(body).unwrap(),
            at: Timestamp::from_millis(0),
            reply_to: None,
        };
        let long = "x".repeat(8_000);
        let texts = ["a", "bc", "déf", "\"", &long[..3], &long];
        let mut events: Vec<Event> = texts.into_iter().enumerate().map(said).map(Event::Message).collect();
        events.insert(2, Event::Erased { room: green.clone(), seq: Seq(7) });
        let frames = encode_events(&events);
        assert_eq!(frames, events.iter().map(EncodedFrame::new).collect::<Vec<_>>());
        for (event, frame) in events.iter().zip(&frames) {
            assert_eq!(serde_json::from_slice::<Event>(frame.text()).unwrap(), *event);
        }
        let buffer = frames[0].framed().as_ptr()..frames[6].framed().as_ptr_range().end;
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
