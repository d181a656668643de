//! One socket: a hundred bytes and what waits for it.

use std::mem;
use std::os::fd::OwnedFd;

/// What may wait for a socket that doesn't take it; whoever reads more slowly is closed.
const MOST_WAITING: usize = 4 << 20;

/// One socket.
pub(super) struct Connection {
    pub(super) socket: OwnedFd,
    /// No two connections of a run have the same; it makes the user's id, too.
    pub(super) serial: u32,
    pub(super) upgraded: bool,
    pub(super) name: Box<[u8]>,
    pub(super) rooms: Vec<u32>,
    /// The beginning of a frame, or of the request.
    pub(super) inbox: Vec<u8>,
    /// Replies of this turn; while `blocked`, all that waits.
    pub(super) outbox: Vec<u8>,
    /// The socket took less than it was given, and says when it takes more.
    pub(super) blocked: bool,
    /// Whether it is in this turn's list already.
    pub(super) touched: bool,
}

impl Connection {
    pub(super) fn new(socket: OwnedFd, serial: u32) -> Self {
        Self {
            socket,
            serial,
            upgraded: false,
            name: Box::default(),
            rooms: Vec::new(),
            inbox: Vec::new(),
            outbox: Vec::new(),
            blocked: false,
            touched: false,
        }
    }

    pub(super) fn user_id(&self) -> String {
        format!("00000000-0000-7000-8000-{:012x}", self.serial)
    }

    /// Lets what was read wait for the rest; an empty inbox holds no memory.
    pub(super) fn keep(&mut self, unread: &[u8]) {
        self.inbox = unread.to_vec();
    }

    /// What is read next, behind what waited for it.
    pub(super) fn joined_with(&mut self, read: &[u8]) -> Vec<u8> {
        let mut bytes = mem::take(&mut self.inbox);
        bytes.extend_from_slice(read);
        bytes
    }

    /// Lists it among those that are given something this turn, once.
    pub(super) fn touch(&mut self, seat: u32, touched: &mut Vec<u32>) {
        if !mem::replace(&mut self.touched, true) {
            touched.push(seat);
        }
    }

    pub(super) fn is_too_slow(&self) -> bool {
        self.outbox.len() > MOST_WAITING
    }
}
