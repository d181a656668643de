//! A person's list of rooms.

use serde::{Deserialize, Serialize};

use crate::{Message, Role, RoomId, Seq, Timestamp, User};

/// Who may be in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Anybody.
    Group,
    /// Its members, any number.
    Private,
    /// Two people.
    Direct,
}

/// One room in a person's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct RoomRow {
    /// Which room.
    pub room: RoomId,
    /// Who may be in it.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// What this person may do there, beyond what everybody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For how many seconds it keeps its events; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_s: Option<u64>,
    /// The newest event of its log; 0 where it has none.
    pub last_seq: Seq,
    /// How far this person has read.
    pub read_seq: Seq,
    /// Messages after that.
    pub unread: u64,
    /// The newest message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastMessage>,
    /// The other person of a direct room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<User>,
}

/// The newest message of a room, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct LastMessage {
    /// Its place in the room's log.
    pub seq: Seq,
    /// Who said it.
    pub user: User,
    /// The first 120 characters of what they said.
    pub body: String,
    /// When.
    pub at: Timestamp,
    /// Whom it calls by `@name` behind that, the first 16 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
}

impl From<&Message> for LastMessage {
    fn from(message: &Message) -> Self {
        let Message { seq, user, body, at, .. } = message;
        let (user, mentions) = (user.clone(), body.mentions_behind_preview());
        Self { seq: *seq, user, body: body.preview(), at: *at, mentions }
    }
}

/// What changed in a row of a room that one is not looking at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct UnreadCount {
    /// Which room.
    pub room: RoomId,
    /// The newest event of its log.
    pub last_seq: Seq,
    /// How far this person has read.
    pub read_seq: Seq,
    /// Messages after that.
    pub unread: u64,
    /// The newest message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastMessage>,
}
