//! The floor: one thread, one `epoll`, each message framed once, the same bytes written to every socket of its room.
//!
//! A *turn* of the loop reads each socket that has something, gathers what was said into a [`Batch`], and at its end
//! gives each socket all that the turn brought for it in one write. What lies between gathering and giving is a
//! [`Store`]: nothing for `limit`, a file and its sync for `append`. How the writes are made is a [`Writer`]: one system
//! call each, or all of them through one io_uring.
//!
//! It leaves out nearly all that a chat server is for: no history, no presence, no limits, no check that texts are
//! UTF-8, no `id` known again. It is here to say what the machine can do.

mod batch;
mod command;
mod connection;
mod frame;
mod hall;
mod journal;
mod server;
mod upgrade;
mod uring;
mod writer;

pub use batch::{Batch, Nothing, Store};
pub use journal::Journal;
pub use server::serve;
pub use uring::Uring;
pub use writer::{Direct, Writer};
