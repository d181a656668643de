//! What a client sends that may compress it, as it would have sent it otherwise.
//!
//! A WebSocket library that knows nothing of the extension reads behind this. Frames that are not compressed are passed on as
//! they come, byte for byte, so that whatever is wrong with them is found there. Of a compressed message the payloads are
//! gathered, inflated when all of it has come, and passed on as one frame. Neither is ever larger than a frame may be,
//! whatever is announced and whatever it would inflate to. Between two frames nothing is held.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};

use super::{COMPRESSED, TAIL};
use crate::CloseCode;
use crate::limits::FRAME_BYTES;

/// The longest header of a masked frame.
const HEADER: usize = 14;

// Parts of a frame's first byte.
const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;
const CONTROL: u8 = 0x08;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;

// And of its second.
const MASKED: u8 = 0x80;

/// A client's bytes on their way to the library.
#[derive(Debug, Default)]
pub struct Inbound(Option<Box<State>>);

impl Inbound {
    /// Before anything else, these bytes count as having come.
    #[must_use]
    pub fn after(bytes: Vec<u8>) -> Self {
        let mut inbound = Self::default();
        if !bytes.is_empty() {
            inbound.state().later = bytes;
        }
        inbound
    }

    /// Takes bytes that came, when [`Self::pour`] has no more; those that go on are moved to the front. Says how many they
    /// are.
    pub fn pass(&mut self, bytes: &mut [u8]) -> usize {
        let state = self.state();
        debug_assert!(state.later.is_empty(), "what came before goes first");
        let (read, kept) = state.pass(bytes);
        state.later = bytes[read..].to_vec();
        self.rest();
        kept
    }

    /// Moves on what was inflated, and what came behind it, as far as there is room; says how much that was.
    ///
    /// # Errors
    /// Where the client has broken the rules, and all that came before was moved on: the code to close with.
    pub fn pour(&mut self, into: &mut [u8]) -> Result<usize, CloseCode> {
        let Some(state) = self.0.as_mut().filter(|_| !into.is_empty()) else { return Ok(0) };
        loop {
            let poured = state.pour(into);
            if poured > 0 || state.later.is_empty() {
                let verdict = state.verdict.filter(|_| poured == 0);
                self.rest();
                return verdict.map_or(Ok(poured), Err);
            }
            let mut later = std::mem::take(&mut state.later);
            let some = later.len().min(into.len());
            into[..some].copy_from_slice(&later[..some]);
            let (read, kept) = state.pass(&mut into[..some]);
            later.drain(..read);
            state.later = later;
            if kept > 0 {
                self.rest();
                return Ok(kept);
            }
        }
    }

    fn state(&mut self) -> &mut State {
        self.0.get_or_insert_default()
    }

    /// An idle connection holds nothing.
    fn rest(&mut self) {
        if self.0.as_ref().is_some_and(|state| state.is_at_rest()) {
            self.0 = None;
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// A header of which not all has come.
    header: [u8; HEADER],
    length: usize,
    /// Bytes of the frame's payload that are still to come.
    payload: u64,
    /// Whether the frame is kept back, since it belongs to a compressed message.
    taken: bool,
    /// A compressed message of which not all has come.
    message: Option<Message>,
    /// The frame in its place, and how much of that was moved on.
    inflated: Vec<u8>,
    poured: usize,
    /// What came behind it.
    later: Vec<u8>,
    /// What the client has done; nothing more is passed on.
    verdict: Option<CloseCode>,
}

#[derive(Debug)]
struct Message {
    opcode: u8,
    /// Whether the frame at hand is its last one.
    is_last: bool,
    deflated: Vec<u8>,
    /// Where the payload of the frame at hand begins there, and what it is masked with.
    begins: usize,
    mask: [u8; 4],
}

impl State {
    fn is_at_rest(&self) -> bool {
        self.length == 0
            && self.payload == 0
            && self.message.is_none()
            && self.inflated.is_empty()
            && self.later.is_empty()
            && self.verdict.is_none()
    }

    /// Moves on what was inflated.
    fn pour(&mut self, into: &mut [u8]) -> usize {
        let rest = &self.inflated[self.poured..];
        let some = rest.len().min(into.len());
        into[..some].copy_from_slice(&rest[..some]);
        self.poured += some;
        if self.poured == self.inflated.len() {
            (self.inflated, self.poured) = (Vec::new(), 0);
        }
        some
    }

    /// Goes through bytes up to the end of a compressed message, if there is one. Says how many that were, and how many
    /// of them, now at the front, go on.
    fn pass(&mut self, bytes: &mut [u8]) -> (usize, usize) {
        let (mut read, mut kept) = (0, 0);
        while read < bytes.len() && self.inflated.is_empty() {
            if self.verdict.is_some() {
                return (bytes.len(), kept);
            }
            let some = if self.payload == 0 {
                self.header(bytes[read]);
                1
            } else {
                let some = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len() - read);
                self.payload -= some as u64;
                self.gather(&bytes[read..read + some]);
                some
            };
            if !self.taken {
                bytes.copy_within(read..read + some, kept);
                kept += some;
            }
            read += some;
            if self.length == 0 && self.payload == 0 {
                self.end();
            }
        }
        (read, kept)
    }

    /// One more byte of a header.
    fn header(&mut self, byte: u8) {
        if self.length == 0 {
            self.begin(byte);
        }
        self.header[self.length] = byte;
        self.length += 1;
        let Some((payload, mask)) = whole(&self.header[..self.length]) else { return };
        (self.length, self.payload) = (0, payload);
        let Some(message) = self.message.as_mut().filter(|_| self.taken) else { return };
        message.begins = message.deflated.len();
        match mask {
            Some(_) if payload > (FRAME_BYTES - message.begins) as u64 => self.verdict = Some(CloseCode::TooLarge),
            Some(mask) => message.mask = mask,
            None => self.verdict = Some(CloseCode::Protocol),
        }
    }

    /// The first byte of a frame.
    fn begin(&mut self, byte: u8) {
        let (reserved, opcode) = (byte & RESERVED, byte & OPCODE);
        let is_last = byte & FIN != 0;
        self.taken = match &mut self.message {
            _ if opcode & CONTROL != 0 => false,
            Some(message) => {
                message.is_last = is_last;
                if reserved != 0 || opcode != CONTINUATION {
                    self.verdict = Some(CloseCode::Protocol);
                }
                true
            }
            None if reserved == COMPRESSED && matches!(opcode, TEXT | BINARY) => {
                self.message = Some(Message { opcode, is_last, deflated: Vec::new(), begins: 0, mask: [0; 4] });
                true
            }
            None => false,
        };
    }

    /// Bytes of a payload.
    fn gather(&mut self, bytes: &[u8]) {
        if let Some(message) = self.message.as_mut().filter(|_| self.taken) {
            let nth = message.deflated.len() - message.begins;
            let mask = message.mask.iter().cycle().skip(nth % 4);
            message.deflated.extend(bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
        }
    }

    /// The end of a frame.
    fn end(&mut self) {
        if self.verdict.is_none()
            && let Some(message) = self.message.take_if(|message| self.taken && message.is_last)
        {
            match INFLATER.with_borrow_mut(|inflater| inflater.frame(message)) {
                Ok(frame) => self.inflated = frame,
                Err(code) => self.verdict = Some(code),
            }
        }
    }
}

/// What a header says, once it is whole: bytes of the payload, and the mask.
fn whole(header: &[u8]) -> Option<(u64, Option<[u8; 4]>)> {
    let [_, second, rest @ ..] = header else { return None };
    let (payload, rest) = match second & !MASKED {
        126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), &rest[2..]),
        127 => (u64::from_be_bytes(*rest.first_chunk()?), &rest[8..]),
        short => (u64::from(short), rest),
    };
    let mask = if second & MASKED == 0 { None } else { Some(*rest.first_chunk()?) };
    Some((payload, mask))
}

thread_local! {
    /// More than a hundred kilobytes, so one for each thread that ever inflates.
    static INFLATER: RefCell<Inflater> = RefCell::new(Inflater::new());
}

struct Inflater {
    inflate: Decompress,
    /// Room for as much as a frame may hold, and for one byte by which it shows that it is too much.
    scratch: Box<[u8]>,
}

impl Inflater {
    fn new() -> Self {
        Self { inflate: Decompress::new(false), scratch: vec![0; FRAME_BYTES + 1].into_boxed_slice() }
    }

    /// The frame that a message would have been without compression, masked with noughts.
    fn frame(&mut self, message: Message) -> Result<Vec<u8>, CloseCode> {
        let text = self.inflate(message.deflated)?;
        let mut frame = Vec::with_capacity(HEADER + text.len());
        frame.push(FIN | message.opcode);
        match text.len() {
            short @ 0..126 => frame.push(MASKED | short as u8),
            middle @ 126..65_536 => {
                frame.push(MASKED | 126);
                frame.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                frame.push(MASKED | 127);
                frame.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text);
        Ok(frame)
    }

    fn inflate(&mut self, mut deflated: Vec<u8>) -> Result<&[u8], CloseCode> {
        deflated.extend_from_slice(&TAIL);
        let (mut rest, mut written) = (deflated.as_slice(), 0);
        loop {
            self.inflate.reset(false);
            let status = self.inflate.decompress(rest, &mut self.scratch[written..], FlushDecompress::Sync);
            let status = status.map_err(|_| CloseCode::BadUtf8)?;
            let read = usize::try_from(self.inflate.total_in()).unwrap_or(usize::MAX);
            rest = &rest[read.min(rest.len())..];
            written += usize::try_from(self.inflate.total_out()).unwrap_or(usize::MAX);
            if written > FRAME_BYTES {
                return Err(CloseCode::TooLarge);
            }
            // Whoever compresses may mark a block as the last one, and go on.
            if status != Status::StreamEnd || rest.is_empty() || read == 0 {
                return Ok(&self.scratch[..written]);
            }
        }
    }
}
