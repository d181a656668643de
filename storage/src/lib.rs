//! What Greenroom remembers.
//!
//! The *journal* is the truth: append-only segments of checksummed batches, one `fdatasync` each.
//! The *index* (sled) says where in the journal a room's events are, and holds what is looked up by
//! key: rooms, people, who follows what, cursors. It lags behind, and can be thrown away: it is
//! rebuilt from the journal. What one reads is the index plus the committed records that it has not
//! taken over yet.
//!
//! Everything here is synchronous. Two threads own the files, the *writer* the journal and the
//! *applier* the index; they outlive whoever asks them.

mod api;
pub use api::{
    Announce, Append, Cursor, Durability, Fatal, Follow, Head, Health, Incarnation, Intent, LogEvent, NewRoom, Open,
    OpenRefused, Opened, Options, Outcome, Page, PageFrom, ReadError, Refused, Reply, Room, RoomBatch, RoomInList,
    RoomKey, Settled, StartError, Ticket,
};
