//! What servers are told and say: the same work in the words of each.

use std::fmt;

mod greenroom;
mod mqtt;
mod nats;
mod socket_io;

pub(crate) use greenroom::Greenroom;
pub(crate) use mqtt::Mqtt;
pub(crate) use nats::Nats;
pub(crate) use socket_io::SocketIo;

use super::swarm::Upgrade;

/// The idempotency key of a send, as text.
pub(crate) type Id = [u8; 36];

/// How one kind of server is spoken to. Frames of a dialect are pushed as they come; nothing is parsed that isn't needed.
pub(crate) trait Dialect: fmt::Debug {
    /// How a socket of it begins.
    fn upgrade(&self) -> Upgrade;

    /// Whether each send is answered.
    fn acknowledges(&self) -> bool;

    /// Says what comes before `hello`; whether that may follow at once, or only when [`Heard::Ready`] came.
    fn open(&self, _say: &mut dyn FnMut(&[u8])) -> bool {
        true
    }

    /// Says who this is.
    fn hello(&self, name: &str, say: &mut dyn FnMut(&[u8]));

    /// Enters a room.
    fn join(&self, room: &str, say: &mut dyn FnMut(&[u8]));

    /// Sends a message.
    fn send(&self, room: &str, id: &Id, body: &str, say: &mut dyn FnMut(&[u8]));

    /// Asks for something else; false where this server knows nothing of it.
    fn ask(&self, _room: &str, _ask: Ask, _say: &mut dyn FnMut(&[u8])) -> bool {
        false
    }

    /// What a frame says; more than one thing, where a frame carries more.
    fn hear(&self, frame: &[u8], heard: &mut dyn FnMut(Heard<'_>));
}

/// What people do beside talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Fifty messages before this place.
    Page { before: u64 },
    /// They begin to type, or stop.
    Typing(bool),
    /// They have read up to here.
    Read(u64),
    /// They go.
    Leave,
    /// They come.
    Join,
}

/// What a server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard<'f> {
    /// Answers `open`.
    Ready,
    /// Answers `join`.
    Joined,
    /// Answers [`Ask::Leave`].
    Left,
    /// Answers [`Ask::Page`].
    Page,
    /// A send is stored, or whatever this server's answer means.
    Ack {
        /// Its key, and whatever comes after it.
        id: &'f [u8],
        /// Its place in the room.
        seq: Option<u64>,
    },
    /// A message of somebody.
    Message {
        /// Its place in the room, where the server numbers them.
        seq: Option<u64>,
        /// The body, and whatever comes after it.
        body: &'f [u8],
    },
    /// The server asks whether anybody is there, and wants this back.
    Asked(&'static [u8]),
    /// A command was refused.
    Refused(&'f [u8]),
    /// Anything else.
    Other,
}
