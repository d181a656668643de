//! What the server says.

use serde::{Deserialize, Serialize};

use crate::{
    Availability, Epoch, ErrorCode, Event, MemberChanged, Message, MessageId, Receipt, Ref, Role, RoomChanged, RoomId,
    RoomKind, RoomRow, Seq, SessionId, Timestamp, UnreadCount, User, UserId, limits,
};

/// One frame of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answers `hello`.
    Welcome(Box<Welcome>),
    /// Answers `join`.
    Joined(Box<Joined>),
    /// The rest of a long `joined`.
    Events(Events),
    /// Answers `leave`, or comes unasked.
    Left(Left),
    /// A send is durable.
    Ack(Ack),
    /// Somebody said something.
    Message(Message),
    /// A room's members changed.
    Member(MemberChanged),
    /// A room changed.
    Room(RoomChanged),
    /// Somebody had said something here, and it was erased with all that they had said.
    Erased {
        /// Where.
        room: RoomId,
        /// The place of the erased message.
        seq: Seq,
    },
    /// Something was here that the disk no longer gives back.
    Unreadable {
        /// The room whose log is damaged.
        room: RoomId,
        /// The place of the lost event.
        seq: Seq,
    },
    /// What somebody had said in a room is no more.
    Forgotten(Forgotten),
    /// Somebody types, or no longer does.
    Typing(TypingChanged),
    /// Somebody's cursors moved.
    Receipt(ReceiptMoved),
    /// Who came and who went.
    Presence(Presence),
    /// A room that one isn't looking at has news, or was read elsewhere.
    Unread(UnreadCount),
    /// One's list of rooms changed.
    Rooms(RoomsChanged),
    /// The status of people whom one knows.
    People(People),
    /// Answers `history`.
    History(HistoryPage),
    /// Answers `ping`.
    Pong {
        /// The command's mark.
        #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
        reference: Option<Ref>,
    },
    /// A command could not be carried out.
    Error(ErrorFrame),
}

impl From<Event> for ServerFrame {
    fn from(event: Event) -> Self {
        match event {
            Event::Message(message) => Self::Message(message),
            Event::Member(member) => Self::Member(member),
            Event::Room(room) => Self::Room(room),
            Event::Erased { room, seq } => Self::Erased { room, seq },
            Event::Unreadable { room, seq } => Self::Unreadable { room, seq },
        }
    }
}

/// Answers `hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Welcome {
    /// The command's mark.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// This connection.
    pub session: SessionId,
    /// Who one is.
    pub user: User,
    /// Whether one is a guest.
    pub guest: bool,
    /// A guest's key to being the same guest again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The server's clock.
    pub server_time: Timestamp,
    /// How often the server pings.
    pub heartbeat_ms: u64,
    /// What the server takes.
    pub limits: LimitsFrame,
    /// One's rooms.
    pub rooms: Vec<RoomRow>,
}

/// The bounds that a client should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct LimitsFrame {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of a frame.
    pub frame_bytes: usize,
    /// Events of a page.
    pub page_events: usize,
    /// Sends without an `ack`; beyond, the socket is not read for a while.
    pub unacknowledged_sends: usize,
    /// Rooms joined at once.
    pub joined_rooms: usize,
    /// Characters of a name.
    pub name_chars: usize,
}

impl Default for LimitsFrame {
    fn default() -> Self {
        Self {
            body_bytes: limits::BODY_BYTES,
            frame_bytes: limits::FRAME_BYTES,
            page_events: limits::PAGE_EVENTS,
            unacknowledged_sends: limits::UNANSWERED_COMMANDS,
            joined_rooms: limits::JOINED_ROOMS,
            name_chars: limits::NAME_CHARS,
        }
    }
}

/// Answers `join`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Joined {
    /// The command's mark.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// Which room.
    pub room: RoomId,
    /// Who may be in it.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// What one may do there, beyond what everybody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The newest event of its log.
    pub last_seq: Seq,
    /// How far one has read.
    pub read_seq: Seq,
    /// What one misses, or the newest, oldest first.
    pub events: Vec<Event>,
    /// This life of the log.
    pub epoch: Epoch,
    /// Events before this one are gone.
    pub first_seq: Seq,
    /// For how many seconds the room keeps its events; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_s: Option<u64>,
    /// Whether the client should forget what it held.
    pub reset: bool,
    /// Whether `events` frames follow.
    pub more: bool,
    /// How many people are in the room.
    pub online_count: usize,
    /// Some of them.
    pub online: Vec<User>,
    /// How far people have got.
    pub receipts: Vec<Receipt>,
}

/// The rest of a long `joined`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Events {
    /// Which room.
    pub room: RoomId,
    /// Oldest first.
    pub events: Vec<Event>,
    /// Whether another such frame follows.
    pub more: bool,
}

/// The stream of a room has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Left {
    /// The command's mark.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// Which room.
    pub room: RoomId,
    /// Why, where it comes unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<LeftReason>,
}

/// Why a room's stream ended unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// One is no longer a member.
    Removed,
    /// The room is gone.
    Deleted,
}

/// A send is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Ack {
    /// The command's mark.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// Where.
    pub room: RoomId,
    /// The idempotency key.
    pub id: MessageId,
    /// The message's place in the room's log.
    pub seq: Seq,
    /// When the server took it.
    pub at: Timestamp,
}

/// What somebody had said in a room is no more: their messages are `erased` from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Forgotten {
    /// Where.
    pub room: RoomId,
    /// Whose messages.
    pub user: UserId,
    /// The last of them stands here, or before.
    pub up_to: Seq,
}

/// Somebody types, or no longer does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct TypingChanged {
    /// Where.
    pub room: RoomId,
    /// Who.
    pub user: User,
    /// Whether they type.
    pub on: bool,
}

/// Somebody's cursors moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct ReceiptMoved {
    /// Where.
    pub room: RoomId,
    /// Who, and how far.
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// Who came and who went, gathered over a short window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Presence {
    /// Where.
    pub room: RoomId,
    /// How many people are in the room now.
    pub online_count: usize,
    /// Who came.
    pub joined: Vec<User>,
    /// Who went.
    pub left: Vec<User>,
}

/// Differences of one's list of rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct RoomsChanged {
    /// New or changed rows.
    pub rooms: Vec<RoomRow>,
    /// Rooms no longer in the list.
    pub gone: Vec<RoomId>,
}

/// The status of people whom one knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct People {
    /// New or changed.
    pub users: Vec<PersonStatus>,
}

/// How reachable one person is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct PersonStatus {
    /// Who.
    pub user: User,
    /// How.
    pub status: Availability,
    /// When they were last there, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

/// Answers `history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct HistoryPage {
    /// The command's mark.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// Which room.
    pub room: RoomId,
    /// Oldest first.
    pub events: Vec<Event>,
    /// Whether there is more in the direction asked for.
    pub more: bool,
    /// Events before this one are gone.
    pub first_seq: Seq,
}

/// A command could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct ErrorFrame {
    /// The command's mark.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// Why.
    pub code: ErrorCode,
    /// The same for a person.
    pub message: String,
    /// When the same command may succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
