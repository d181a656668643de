//! What Greenroom remembers.
//!
//! The *journal* is the truth: segments of checksummed batches, one `fdatasync` each, only ever appended to, but for
//! what is no more.
//! The *index* (sled) says where in the journal a room's events are, and holds what is looked up by
//! key: rooms, people, who follows what, cursors. It lags behind, and can be thrown away: it is
//! rebuilt from the journal. What one reads is the index plus the committed records that it has not
//! taken over yet.
//!
//! ```text
//! submit ─▶ queue ─▶ writer ── ledger: which are new, which place? ─▶ journal: write, sync
//!                      │                                               │
//!                      └── layers (memory), then Announce and replies ◀┘
//!                             │
//!                             ▼ a few times a second
//!                          applier ─▶ index (sled) · floor · catalogues of sealed segments
//!
//! sweeper ─▶ which events are too old? ─▶ submit; which texts are gone? ─▶ rewritten segments
//!
//! page, cursor, rooms_of … ◀─ layers, index, and the records themselves from the journal
//! ```
//!
//! Everything here is synchronous. Three threads own the files: the *writer* the journal's newest segment, the
//! *sweeper* the sealed ones, and the *applier* the index; they outlive whoever asks them.

mod api;
pub use api::{
    Act, Announce, Append, Cursor, Durability, Enact, EnactRefused, Fatal, Follow, Head, Health, Incarnation, Intent,
    LogEvent, MakeRefused, MakeRoom, NewRoom, Open, OpenRefused, Opened, Options, Outcome, Page, PageFrom, ReadError,
    Refused, Reply, Room, RoomBatch, RoomInList, RoomKey, Settled, StartError, Ticket, Trim, Unfollow,
};

mod store;
pub use store::Store;

mod guest_tokens;
pub use guest_tokens::GuestTokens;

mod sign_in_tokens;
pub use sign_in_tokens::SignInToken;

/// Places where the fault laboratory may strike.
pub mod fault_point;

mod start;

// What is done with a directory beside a server, or without one.
mod backup;
mod check;
mod logs;
mod transfer;
pub use backup::{BackupAsked, BackupFailed, Manifest, RestoreFailed, backup, restore};
pub use check::{CheckReport, Finding, Grade, IndexCounts, JournalCounts, LostEvents, Part, check};
pub use transfer::{ExportAsked, ExportFailed, Exported, ImportFailed, Imported, export, import};

// What is asked, and who carries it out.
mod applier;
mod ledger;
mod queue;
mod retention;
mod shared;
mod sweeping;
mod writer;

// What is on the disk.
mod checksum;
mod data_dir;
mod disk;
mod fingerprint;
mod floor;
mod index;
mod journal;
mod life;
mod record;

// What is in memory, and how all of it is read.
mod accounts;
mod cursors;
mod documents;
pub use accounts::{Access, Account, Admins, SIGN_INS_MOST, SignIn, Taken, TokenHash};
pub use documents::{Change, ChangeRefused};
pub use fingerprint::{AsItIs, ById};
mod layers;
mod reading;
mod rooms;
mod standings;
pub use standings::{Place, Sight, Standings};
mod shelf;
pub use shelf::{Kept, Shelf};
mod timings;
mod unreadable;
pub use timings::Timings;
pub use unreadable::Unreadable;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

#[cfg(test)]
mod tests;
