//! Which events are older than their room keeps them.
//!
//! A room keeps its events for ever, or for a time of its own, or for the server's, whichever is shorter. What is
//! older is no more once the writer has noted so ([`Trim`]); that it is removed from the disk comes later, and
//! elsewhere (`sweeping.rs`).

use std::time::Duration;

use greenroom_protocol::Timestamp;
use greenroom_protocol::limits::RETENTION_STEP;

use crate::fingerprint::ById;
use crate::journal::{Reader, Unread};
use crate::record::Record;
use crate::rooms::{LiveRoom, head};
use crate::shared::Shared;
use crate::{Head, ReadError, RoomKey, Trim};

/// Events that are looked at together.
const TOGETHER: u64 = 256;

/// Events of a room that one look passes over: the next look goes on behind them.
const AT_ONCE: u64 = 256 * TOGETHER;

/// Looks for what is too old.
#[derive(Debug)]
pub(crate) struct Retention {
    /// For how long the server keeps events, whatever the room says.
    server: Option<Duration>,
    /// When each room is looked at again.
    due: ById<RoomKey, Timestamp>,
}

impl Retention {
    pub(crate) fn new(server: Option<Duration>) -> Self {
        Self { server, due: ById::default() }
    }

    /// What is too old now, in those rooms that are due.
    pub(crate) fn look(&mut self, shared: &Shared, now: Timestamp) -> Vec<Trim> {
        let rooms = shared.rooms.all();
        rooms.into_iter().filter_map(|live| self.room(shared, &live, now)).collect()
    }

    fn room(&mut self, shared: &Shared, live: &LiveRoom, now: Timestamp) -> Option<Trim> {
        let kept = [live.room().retention, self.server].into_iter().flatten().min();
        let Some(kept) = kept.filter(|_| !live.is_deleted()) else {
            self.due.remove(&live.key);
            return None;
        };
        let step = RETENTION_STEP.min(kept / 60);
        if self.due.get(&live.key).is_some_and(|due| *due > now && *due <= later(now, kept + step)) {
            return None;
        }
        match too_old(shared, live, earlier(now, kept)) {
            Ok(Old { gone, next, more }) => {
                let next = next.map_or(later(now, kept), |at| later(at, kept));
                self.due.insert(live.key, if more { now } else { next.max(later(now, step)) });
                gone.map(|gone| Trim { room: live.key, gone })
            }
            Err(error) => {
                tracing::debug!(room = %live.id, %error, "what is too old can't be read yet");
                None
            }
        }
    }
}

/// What [`too_old`] has found.
struct Old {
    /// The newest event that is too old.
    gone: Option<Head>,
    /// When the first that is not came about; nothing where none was found.
    next: Option<Timestamp>,
    /// Whether not all were looked at.
    more: bool,
}

/// Reads a room's events from the oldest on, up to the first that is not older than this.
fn too_old(shared: &Shared, live: &LiveRoom, than: Timestamp) -> Result<Old, ReadError> {
    let (start, end) = (live.room().gone.seq.0, live.head().seq.0);
    let mut reader = Reader::new(&shared.segments);
    let mut gone = None;
    let mut seq = start;
    while seq < end && seq < start + AT_ONCE {
        let places = shared.events(live.key, seq + 1, end.min(seq + TOGETHER))?;
        for (n, place) in places.iter().enumerate() {
            let at = match reader.read(place.lsn, places.get(n + 1).map(|next| next.lsn)) {
                Ok(record) => at_of(&record),
                // What can't be read any more is as old as what is around it.
                Err(Unread::Lost | Unread::Damaged(_)) => None,
                Err(Unread::Disk(error)) => return Err(ReadError::Disk(error.to_string())),
            };
            if at.is_some_and(|at| at > than) {
                return Ok(Old { gone, next: at, more: false });
            }
            seq += 1;
            gone = Some(head(seq, place.ordinal));
        }
    }
    Ok(Old { gone, next: None, more: seq < end })
}

/// When an event came about.
fn at_of(record: &Record<'_>) -> Option<Timestamp> {
    let millis = match record {
        Record::Message(said) => said.at,
        Record::Stub(stub) => stub.at,
        Record::Member(member) => member.at,
        Record::RoomEdited(edited) => edited.at,
        Record::RoomKept(kept) => kept.edited.at,
        Record::RoomCreated(_)
        | Record::Person(_)
        | Record::Follow(_)
        | Record::Unfollow(_)
        | Record::Cursors(_)
        | Record::Skipped(_)
        | Record::Document(_)
        | Record::RoomDeleted(_)
        | Record::Trimmed(_)
        | Record::Erased(_) => return None,
    };
    Some(Timestamp::from_millis(millis))
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_sub(millis(by)))
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(millis(by)))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
