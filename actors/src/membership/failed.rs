//! Why something about a room was refused.

use greenroom_storage::Refused;

use crate::accounts::FieldError;
use crate::store::{FollowFailed, NoAnswer, ReadFailed};

/// Why something about a room was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoomFailed {
    /// There is none, or they may not know of it.
    #[error("there is no such room")]
    NotFound,
    /// They may be there, but not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Some fields break a rule.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// There is a room of that id, or there was one.
    #[error("there is a room of this id, or there was one; take another")]
    Taken,
    /// As things are it can't be.
    #[error("{0}")]
    Conflict(&'static str),
    /// Nothing can be stored, or read, now.
    #[error("the room can't be reached now: {0}")]
    Unavailable(String),
}

impl RoomFailed {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field, message: message.into() }])
    }

    /// The store is not up yet.
    pub(crate) fn not_up() -> Self {
        Self::Unavailable("the store is not up".into())
    }
}

impl From<Refused> for RoomFailed {
    fn from(refused: Refused) -> Self {
        Self::Unavailable(refused.to_string())
    }
}

impl From<NoAnswer> for RoomFailed {
    fn from(failed: NoAnswer) -> Self {
        Self::Unavailable(failed.to_string())
    }
}

impl From<FollowFailed> for RoomFailed {
    fn from(failed: FollowFailed) -> Self {
        Self::Unavailable(failed.to_string())
    }
}

impl From<ReadFailed> for RoomFailed {
    fn from(failed: ReadFailed) -> Self {
        Self::Unavailable(failed.to_string())
    }
}
