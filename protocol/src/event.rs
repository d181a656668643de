//! What a room's log consists of.

use serde::{Deserialize, Serialize};

use crate::{Body, MessageId, RoomId, Seq, Timestamp, User};

/// A durable event of a room's log, in pages and live alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody said something.
    Message(Message),
    /// Somebody came to a private room, left it or changed their role.
    Member(MemberChanged),
    /// The room itself was made or changed.
    Room(RoomChanged),
    /// Somebody had said something here, and it was erased with all that they had said. Its place in the order is kept.
    Erased {
        /// Where.
        room: RoomId,
        /// The place of the erased message.
        seq: Seq,
    },
    /// Something was here that the disk no longer gives back. Its place in the order is kept.
    Unreadable {
        /// The room whose log is damaged.
        room: RoomId,
        /// The place of the lost event.
        seq: Seq,
    },
}

/// What a person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Message {
    /// Where.
    pub room: RoomId,
    /// Its place in the room's log.
    pub seq: Seq,
    /// The sender's idempotency key.
    pub id: MessageId,
    /// Who said it.
    pub user: User,
    /// What they said.
    pub body: Body,
    /// When the server took it.
    pub at: Timestamp,
    /// The event that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// A change of a room's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct MemberChanged {
    /// Where.
    pub room: RoomId,
    /// Its place in the room's log.
    pub seq: Seq,
    /// Whom it concerns.
    pub user: User,
    /// What happened.
    pub change: MemberChange,
    /// The role they have now, where that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Who did it.
    pub by: User,
    /// When.
    pub at: Timestamp,
}

/// What may happen to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// They came by themselves.
    Joined,
    /// They went by themselves.
    Left,
    /// Somebody brought them in.
    Added,
    /// Somebody put them out.
    Removed,
    /// Their role changed.
    Role,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but deleting the room and naming owners.
    Moderator,
    /// Read and write.
    Member,
}

/// A change of the room itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct RoomChanged {
    /// Which.
    pub room: RoomId,
    /// Its place in the room's log.
    pub seq: Seq,
    /// What happened.
    pub change: RoomChange,
    /// What it is called from now on.
    pub title: String,
    /// What it is about from now on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// For how many seconds it keeps its events from now on; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_s: Option<u64>,
    /// Who did it.
    pub by: User,
    /// When.
    pub at: Timestamp,
}

/// What may happen to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomChange {
    /// It was made.
    Created,
    /// Its title, topic or kind changed.
    Changed,
}

impl Event {
    /// Its place in the room's log.
    #[must_use]
    pub fn seq(&self) -> Seq {
        match self {
            Self::Message(event) => event.seq,
            Self::Member(event) => event.seq,
            Self::Room(event) => event.seq,
            Self::Erased { seq, .. } | Self::Unreadable { seq, .. } => *seq,
        }
    }

    /// The message, where it is one.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Member(_) | Self::Room(_) | Self::Erased { .. } | Self::Unreadable { .. } => None,
        }
    }
}
