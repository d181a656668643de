//! What clients and servers say to each other, for the peers that use serde: the least part of Greenroom's protocol.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "docs/protocol.md has them")]
pub enum Said {
    Hello { guest: String },
    Join { room: String },
    Send { room: String, id: Uuid, body: String },
    Ping,
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "docs/protocol.md has them")]
pub enum Told<'a> {
    Welcome { user: &'a User },
    Joined { room: &'a str },
    Message { room: &'a str, seq: u64, id: Uuid, user: &'a User, body: &'a str, at: &'a str },
    Ack { room: &'a str, id: Uuid, seq: u64, at: &'a str },
    Pong,
}

/// Who says it.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "docs/protocol.md has them")]
pub struct User {
    pub id: Uuid,
    pub name: String,
}

impl User {
    /// Somebody new.
    #[must_use]
    pub fn guest(name: String) -> Self {
        Self { id: Uuid::now_v7(), name }
    }
}

impl Told<'_> {
    /// The text that crosses the socket.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("our own words are JSON")
    }
}

/// The time in the form of the protocol.
#[must_use]
pub fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
