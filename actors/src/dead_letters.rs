//! Commands that were set aside, since each has failed its room twice (the *dead letter queue* of message brokers).

use std::collections::VecDeque;

use greenroom_protocol::{MessageId, RoomId, SessionId, Timestamp, UserId};
use parking_lot::Mutex;
use serde::Serialize;

use crate::clock;

/// The newest are kept for whoever looks for the cause; all are counted.
const KEPT: usize = 1_000;

/// A command that has failed its room twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// When it was set aside.
    pub at: Timestamp,
    /// The room.
    pub room: RoomId,
    /// What.
    #[serde(flatten)]
    pub command: PoisonCommand,
    /// The room's last words.
    pub cause: String,
}

/// Commands that sessions replay to a fresh incarnation of a room, and that so could fail it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum PoisonCommand {
    /// Somebody says something.
    Send {
        /// Who.
        user: UserId,
        /// The id of the message.
        id: MessageId,
    },
    /// A session wants in.
    Join {
        /// Which.
        session: SessionId,
        /// The session's number of the join.
        join: u64,
    },
}

/// All that were set aside since the start.
#[derive(Debug, Default)]
pub(crate) struct DeadLetters(Mutex<Letters>);

#[derive(Debug, Default)]
struct Letters {
    count: u64,
    newest: VecDeque<DeadLetter>,
}

impl DeadLetters {
    pub(crate) fn put(&self, room: RoomId, command: PoisonCommand, cause: &str) {
        let mut letters = self.0.lock();
        letters.count += 1;
        letters.newest.push_back(DeadLetter { at: clock::now(), room, command, cause: cause.to_owned() });
        if letters.newest.len() > KEPT {
            letters.newest.pop_front();
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.lock().count
    }

    /// The newest of them, oldest first.
    pub(crate) fn list(&self) -> Vec<DeadLetter> {
        self.0.lock().newest.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_newest_are_kept() {
        let letters = DeadLetters::default();
        let room = RoomId::parse("green").unwrap();
        for join in 0..=KEPT as u64 {
            letters.put(room.clone(), PoisonCommand::Join { session: SessionId::new(), join }, "boom");
        }
        assert_eq!((letters.count(), letters.list().len()), (KEPT as u64 + 1, KEPT));
        assert!(matches!(letters.list()[0].command, PoisonCommand::Join { join: 1, .. }));
    }
}
