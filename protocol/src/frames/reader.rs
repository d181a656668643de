//! From a client's bytes, however they are cut, to what they say.

use std::borrow::Cow;

use super::control::check_goodbye;
use super::header::{Frame, HEADER, Header};
use super::message::Message;
use super::{Kind, inflating};
use crate::CloseCode;

/// What a client has said. What came in one piece is borrowed from the bytes that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole text, however it was cut and compressed.
    Text(Cow<'a, str>),
    /// Whether anybody is there; to be answered by a [`pong`](super::pong) with these bytes.
    Ping(Cow<'a, [u8]>),
    /// Somebody is there.
    Pong,
    /// Goodbye; to be answered by a [`close`](super::close) with these bytes, behind which nothing is read.
    Close(Cow<'a, [u8]>),
}

/// Reads the frames of one client. Between two frames it holds nothing.
#[derive(Debug)]
pub struct Reader {
    partial: Option<Box<Partial>>,
    inflates: bool,
}

/// What has come of a frame, or of a message, that is not at its end.
#[derive(Debug, Default)]
struct Partial {
    /// A header of which not all has come.
    header: [u8; HEADER],
    header_length: usize,
    /// A frame of whose payload not all has come.
    frame: Option<Frame>,
    /// What has come of it, where it is a control frame.
    control: Vec<u8>,
    /// The message at hand; control frames may come between its pieces.
    message: Option<Message>,
}

impl Reader {
    /// `inflates` says whether the client may compress (RFC 7692).
    #[must_use]
    pub const fn new(inflates: bool) -> Self {
        Self { partial: None, inflates }
    }

    /// Reads on until something is said, or all `bytes` are read; what was read is taken from their front. `admit` is asked
    /// at the first byte of each frame of any kind, and may refuse it with a code.
    ///
    /// # Errors
    /// The code to close with where the client has broken a rule, or was refused: nothing may be read behind that.
    #[inline]
    pub fn next<'a>(
        &mut self,
        bytes: &mut &'a mut [u8],
        mut admit: impl FnMut() -> Result<(), CloseCode>,
    ) -> Result<Option<Item<'a>>, CloseCode> {
        while let Some(mut frame) = self.frame(bytes, &mut admit)? {
            let part = take(bytes, frame.left);
            frame.unmask(part);
            if frame.left > 0 {
                self.gather(frame, part);
                break;
            }
            if let Some(item) = self.end(&frame, part)? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Whether it is between two frames, and amid no message.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.partial.is_none()
    }

    /// The frame that the next bytes belong to; nothing where not all of its header has come.
    fn frame(
        &mut self,
        bytes: &mut &mut [u8],
        admit: &mut impl FnMut() -> Result<(), CloseCode>,
    ) -> Result<Option<Frame>, CloseCode> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let Some(partial) = &mut self.partial else {
            admit()?;
            return match Header::of(bytes) {
                Some((header, length)) => {
                    take(bytes, length);
                    header.frame(self.inflates, None).map(Some)
                }
                None => {
                    self.partial.insert(Box::default()).header(bytes);
                    Ok(None)
                }
            };
        };
        if let Some(frame) = partial.frame.take() {
            return Ok(Some(frame));
        }
        if partial.header_length == 0 {
            admit()?;
        }
        let Some(header) = partial.header(bytes) else { return Ok(None) };
        header.frame(self.inflates, partial.message.as_ref().map(Message::len)).map(Some)
    }

    /// Keeps a frame that is not at its end.
    fn gather(&mut self, frame: Frame, part: &[u8]) {
        let partial = self.partial.get_or_insert_default();
        if frame.kind.is_data() {
            partial.message(&frame).gather(part);
        } else {
            partial.control.extend_from_slice(part);
        }
        partial.frame = Some(frame);
    }

    /// The last part of a frame has come: what the client has said with it, if that is all.
    fn end<'a>(&mut self, frame: &Frame, part: &'a [u8]) -> Result<Option<Item<'a>>, CloseCode> {
        let Some(partial) = &mut self.partial else { return self.end_of_whole(frame, part) };
        let item = if frame.kind.is_data() {
            let message = partial.message(frame);
            message.gather(part);
            if !frame.is_last {
                message.check()?;
                return Ok(None);
            }
            let message = partial.message.take().unwrap_or_default();
            Item::Text(Cow::Owned(message.text()?))
        } else if partial.control.is_empty() {
            control(frame.kind, Cow::Borrowed(part))?
        } else {
            partial.control.extend_from_slice(part);
            control(frame.kind, Cow::Owned(std::mem::take(&mut partial.control)))?
        };
        if partial.message.is_none() {
            self.partial = None;
        }
        Ok(Some(item))
    }

    /// The same of a frame that came in one piece, amid no message: most of them.
    fn end_of_whole<'a>(&mut self, frame: &Frame, payload: &'a [u8]) -> Result<Option<Item<'a>>, CloseCode> {
        if !frame.kind.is_data() {
            return control(frame.kind, Cow::Borrowed(payload)).map(Some);
        }
        if !frame.is_last {
            let message = self.partial.insert(Box::default()).message(frame);
            message.gather(payload);
            return message.check().map(|()| None);
        }
        let text = if frame.is_compressed {
            Cow::Owned(inflating::text(payload.to_vec())?)
        } else {
            Cow::Borrowed(std::str::from_utf8(payload).map_err(|_| CloseCode::BadUtf8)?)
        };
        Ok(Some(Item::Text(text)))
    }
}

impl Partial {
    /// Takes what belongs to the header from the front of the bytes: the header, once all of it has come.
    fn header(&mut self, bytes: &mut &mut [u8]) -> Option<Header> {
        let before = self.header_length;
        let some = bytes.len().min(HEADER - before);
        self.header[before..before + some].copy_from_slice(&bytes[..some]);
        let Some((header, length)) = Header::of(&self.header[..before + some]) else {
            self.header_length += some;
            take(bytes, some);
            return None;
        };
        self.header_length = 0;
        take(bytes, length - before);
        Some(header)
    }

    /// The message that a frame belongs to, or begins.
    fn message(&mut self, frame: &Frame) -> &mut Message {
        self.message.get_or_insert_with(|| Message::new(frame.is_compressed))
    }
}

/// What a control frame says.
fn control(kind: Kind, payload: Cow<'_, [u8]>) -> Result<Item<'_>, CloseCode> {
    match kind {
        Kind::Ping => Ok(Item::Ping(payload)),
        Kind::Pong => Ok(Item::Pong),
        Kind::Close => check_goodbye(&payload).map(|()| Item::Close(payload)),
        Kind::Continuation | Kind::Text | Kind::Binary => Err(CloseCode::Protocol),
    }
}

/// Takes so many bytes from the front, or all where there are fewer.
fn take<'a>(bytes: &mut &'a mut [u8], most: usize) -> &'a mut [u8] {
    let all = std::mem::take(bytes);
    let (taken, rest) = all.split_at_mut(most.min(all.len()));
    *bytes = rest;
    taken
}
