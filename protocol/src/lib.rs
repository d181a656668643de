//! The dictionary of Greenroom: every word that a client and a server exchange, and nothing that does I/O.
//!
//! Read it first. A value of one of these types is already valid: names, bodies and room ids can
//! only be made by parsing, so that no other crate checks them again.

pub mod frames;
pub mod limits;

mod ids;
pub use ids::{Epoch, MessageId, RoomId, RoomIdError, Seq, SessionId, UserId};

mod name;
pub use name::{Name, NameError};

mod body;
pub use body::{Body, BodyError, PREVIEW_CHARS};

mod timestamp;
pub use timestamp::{Timestamp, TimestampError};

mod person;
pub use person::{Availability, Receipt, Status, User};

mod event;
pub use event::{Event, MemberChange, MemberChanged, Message, Role, RoomChange, RoomChanged};

mod row;
pub use row::{LastMessage, RoomKind, RoomRow, UnreadCount};

mod codes;
pub use codes::{CloseCode, ErrorCode, Reconnect};

mod client_frame;
pub use client_frame::{ClientFrame, Command, CursorMove, Hello, History, Join, Ref, Refusal, Send, SetStatus, Typing};

mod server_frame;
pub use server_frame::{
    Ack, ErrorFrame, Events, Forgotten, HistoryPage, Joined, Left, LeftReason, LimitsFrame, People, PersonStatus,
    Presence, ReceiptMoved, RoomsChanged, ServerFrame, TypingChanged, Welcome,
};

mod encoded;
pub use encoded::{EncodedFrame, encode_events};

mod deflate;
pub use deflate::Compression;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
