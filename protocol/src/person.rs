//! People, as others see them.

use serde::{Deserialize, Serialize};

use crate::{Name, Seq, UserId};

/// A person on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct User {
    /// Tells apart people of the same name.
    pub id: UserId,
    /// What others call them.
    pub name: Name,
}

/// How reachable a person says that they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There.
    #[default]
    Online,
    /// Connected, but not looking.
    Away,
    /// Do not disturb.
    Dnd,
}

/// How reachable a person is to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// There.
    Online,
    /// Connected, but not looking.
    Away,
    /// Not to be disturbed.
    Dnd,
    /// Not connected.
    Offline,
}

impl From<Option<Status>> for Availability {
    /// By what they say of themselves; nothing where they are not connected.
    fn from(status: Option<Status>) -> Self {
        match status {
            Some(Status::Online) => Self::Online,
            Some(Status::Away) => Self::Away,
            Some(Status::Dnd) => Self::Dnd,
            None => Self::Offline,
        }
    }
}

/// How far a person has got in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Whose cursors these are.
    pub user: User,
    /// All events up to this one have reached a device of theirs.
    pub delivered: Seq,
    /// All events up to this one were looked at.
    pub read: Seq,
}
