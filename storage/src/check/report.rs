//! What was counted and what was found.

use greenroom_protocol::limits::CHECK_FINDINGS;
use serde::Serialize;
use uuid::Uuid;

/// What a data directory holds, and what is wrong in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The store's id.
    pub store: Uuid,
    /// What was counted in the journal.
    pub journal: JournalCounts,
    /// Catalogues that have what their segments have.
    pub catalogues: usize,
    /// Rooms of which the floor knows how far they reach.
    pub floor_rooms: usize,
    /// What was compared in the index.
    pub index: IndexCounts,
    /// Events that are no longer there, at most [`CHECK_FINDINGS`] stretches of them.
    pub lost: Vec<LostEvents>,
    /// How many events are no longer there in all.
    pub lost_events: u64,
    /// What was found, at most [`CHECK_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many more were found.
    pub more_findings: usize,
    /// Whether nothing that was promised is missing, but for what the next start puts right.
    pub sound: bool,
}

/// What was counted in the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JournalCounts {
    /// Files, the newest with them.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Batches that are whole.
    pub frames: usize,
    /// Records that can be read.
    pub records: u64,
    /// Those of them that are messages.
    pub messages: u64,
    /// Rooms that were made.
    pub rooms: usize,
    /// The newest record's number.
    pub last_record: u64,
}

/// What was compared in the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IndexCounts {
    /// Entries, all trees together.
    pub entries: u64,
    /// Records that it has not taken over yet.
    pub behind: u64,
}

/// Events of a room that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostEvents {
    /// The room's id, or its key where that is lost with them.
    pub room: String,
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where.
    pub part: Part,
    /// How bad it is.
    pub grade: Grade,
    /// What, and what to do or what will happen.
    pub what: String,
}

/// A part of a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The truth.
    Journal,
    /// Where the records of sealed segments are.
    Catalogues,
    /// How far each room reaches at least.
    Floor,
    /// What is looked up.
    Index,
    /// What signs the tokens of guests.
    Secret,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Something is lost, or wrong, and stays so.
    Damage,
    /// The next start puts it right, and nothing is lost.
    Mends,
}

impl CheckReport {
    pub(super) fn new(store: Uuid) -> Self {
        Self {
            store,
            journal: JournalCounts::default(),
            catalogues: 0,
            floor_rooms: 0,
            index: IndexCounts::default(),
            lost: Vec::new(),
            lost_events: 0,
            findings: Vec::new(),
            more_findings: 0,
            sound: true,
        }
    }

    pub(super) fn find(&mut self, part: Part, grade: Grade, what: String) {
        self.sound &= grade == Grade::Mends;
        if self.findings.len() < CHECK_FINDINGS {
            self.findings.push(Finding { part, grade, what });
        } else {
            self.more_findings += 1;
        }
    }

    pub(super) fn lose(&mut self, lost: LostEvents) {
        self.sound = false;
        self.lost_events += lost.last + 1 - lost.first;
        if self.lost.len() < CHECK_FINDINGS {
            self.lost.push(lost);
        }
    }
}
