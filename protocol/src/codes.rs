//! Two tables: what an `error` frame says, and why a socket is closed.

use serde::{Deserialize, Serialize};

/// Why a command could not be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not a JSON object with a `type`, or nested too deeply.
    BadFrame,
    /// A `type` that this server doesn't know.
    UnknownType,
    /// Nobody said who this is, or the token is not valid.
    Unauthenticated,
    /// Known, but not for this person.
    Forbidden,
    /// There is none, or none that this person may know of.
    NotFound,
    /// The command needs a `join` first.
    NotJoined,
    /// A field is missing or breaks a rule.
    Invalid,
    /// More than a bound allows.
    TooLarge,
    /// Too often; `retry_after_ms` says when again.
    RateLimited,
    /// It contradicts what is there: the same `id` with another body, a name that is somebody's.
    Conflict,
    /// Not now; the same command may work later.
    Unavailable,
    /// A fault of the server.
    Internal,
}

impl ErrorCode {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 12] = [
        Self::BadFrame,
        Self::UnknownType,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::NotJoined,
        Self::Invalid,
        Self::TooLarge,
        Self::RateLimited,
        Self::Conflict,
        Self::Unavailable,
        Self::Internal,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::UnknownType => "unknown_type",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::NotJoined => "not_joined",
            Self::Invalid => "invalid",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// When the server says it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BadFrame => "The frame is not a JSON object with a `type`, or nests too deeply.",
            Self::UnknownType => "The server doesn't know this `type`.",
            Self::Unauthenticated => "Nobody said who this is, or the token is not valid.",
            Self::Forbidden => "The room or person is known, but this is not allowed.",
            Self::NotFound => "There is none, or none that this person may know of.",
            Self::NotJoined => "The command needs a `join` of its room first.",
            Self::Invalid => "A field is missing or breaks a rule; the message says which.",
            Self::TooLarge => "More than a bound allows.",
            Self::RateLimited => "Too often; `retry_after_ms` says when again.",
            Self::Conflict => {
                "It contradicts what is there: the same `id` with another body, a name that is somebody's."
            }
            Self::Unavailable => "Not now, nothing was stored; the same command may work later.",
            Self::Internal => "A fault of the server, nothing was stored.",
        }
    }

    /// Whether the same command may succeed later.
    #[must_use]
    pub const fn retry(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Internal)
    }
}

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// The other side said goodbye first.
    Normal,
    /// The server drains.
    GoingAway,
    /// The bytes break the WebSocket protocol.
    Protocol,
    /// A binary frame.
    Binary,
    /// A text frame that is no UTF-8, or whose compression is broken.
    BadUtf8,
    /// A frame above the limit.
    TooLarge,
    /// The session's actor crashed.
    SessionCrashed,
    /// The part of the server that holds the session restarts.
    Restarting,
    /// Not identified in time or badly, signed out, or disabled.
    Unauthenticated,
    /// No answer to a heartbeat.
    HeartbeatMissed,
    /// It reads too slowly.
    TooSlow,
    /// It floods.
    Flooding,
}

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Not by itself: it mends what it did first.
    No,
    /// At once, with `join` and `since`.
    AtOnce,
    /// After a random while, so that not all come at the same time.
    WithJitter,
    /// After a new sign-in.
    AfterSignIn,
    /// After waiting.
    Later,
}

impl CloseCode {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 12] = [
        Self::Normal,
        Self::GoingAway,
        Self::Protocol,
        Self::Binary,
        Self::BadUtf8,
        Self::TooLarge,
        Self::SessionCrashed,
        Self::Restarting,
        Self::Unauthenticated,
        Self::HeartbeatMissed,
        Self::TooSlow,
        Self::Flooding,
    ];

    /// Its number on the wire (RFC 6455, and 4400 to 4499 for Greenroom's own).
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Binary => 1003,
            Self::BadUtf8 => 1007,
            Self::TooLarge => 1009,
            Self::SessionCrashed => 1011,
            Self::Restarting => 1012,
            Self::Unauthenticated => 4401,
            Self::HeartbeatMissed => 4408,
            Self::TooSlow => 4410,
            Self::Flooding => 4429,
        }
    }

    /// When the server closes with it; also the reason in the close frame.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Normal => "goodbye",
            Self::GoingAway => "the server is going away",
            Self::Protocol => "the bytes break the WebSocket protocol",
            Self::Binary => "frames are text, not binary",
            Self::BadUtf8 => "a text frame was not UTF-8, or could not be inflated",
            Self::TooLarge => "a frame was larger than 65536 bytes",
            Self::SessionCrashed => "the session crashed",
            Self::Restarting => "this part of the server restarts",
            Self::Unauthenticated => "not identified in time or badly, signed out, or disabled",
            Self::HeartbeatMissed => "no answer to a heartbeat",
            Self::TooSlow => "too slow a reader",
            Self::Flooding => "flooding",
        }
    }

    /// What the client does then.
    #[must_use]
    pub const fn reconnect(self) -> Reconnect {
        match self {
            Self::Normal | Self::Protocol | Self::Binary | Self::BadUtf8 | Self::TooLarge => Reconnect::No,
            Self::GoingAway | Self::Restarting | Self::HeartbeatMissed => Reconnect::WithJitter,
            Self::SessionCrashed | Self::TooSlow => Reconnect::AtOnce,
            Self::Unauthenticated => Reconnect::AfterSignIn,
            Self::Flooding => Reconnect::Later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_by_its_name() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }

    #[test]
    fn no_two_closes_share_a_number() {
        let mut numbers: Vec<_> = CloseCode::ALL.iter().map(|code| code.number()).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), CloseCode::ALL.len());
        assert!(numbers.is_sorted());
    }
}
