//! Stored events that were met and could not be read: each keeps its place in its room, and is listed here.

use std::collections::BTreeMap;

use greenroom_protocol::{RoomId, Seq};
use parking_lot::Mutex;
use serde::Serialize;

/// Damage that large is looked into with the journal itself, not with a list.
const LISTED: usize = 1_000;

/// A stored event that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Unreadable {
    /// Its room.
    pub room: RoomId,
    /// Its place there.
    pub seq: Seq,
    /// What is wrong with it.
    pub why: String,
}

/// Those that were met since the start, as far as there is space for them.
#[derive(Debug, Default)]
pub(crate) struct UnreadableEvents(Mutex<BTreeMap<(RoomId, Seq), String>>);

impl UnreadableEvents {
    pub(crate) fn note(&self, room: &RoomId, seq: Seq, why: &dyn std::fmt::Display) {
        let mut met = self.0.lock();
        if met.len() < LISTED {
            met.entry((room.clone(), seq)).or_insert_with(|| why.to_string());
        }
    }

    pub(crate) fn list(&self) -> Vec<Unreadable> {
        let met = self.0.lock();
        met.iter().map(|((room, seq), why)| Unreadable { room: room.clone(), seq: *seq, why: why.clone() }).collect()
    }
}
