//! The thread that owns the index, and what else is done off the way of an acknowledgement.
//!
//! A few times a second it takes over into the index what the journal has got, notes how far each room
//! is in the floor, and catalogues segments that were sealed. When the index breaks, it sets it aside
//! and makes another from the journal, while the writer goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::limits::INDEX_LAG_RECORDS;

use crate::floor::Floor;
use crate::index::{Index, IndexError, set_aside};
use crate::journal::Segments;
use crate::layers::{Layer, Replay};
use crate::record::Lsn;
use crate::rooms::Rooms;
use crate::shared::Shared;

/// Records taken over at once when the index is made again.
const CHUNK: usize = 50_000;

/// A reader's time with the index.
const A_MOMENT: Duration = Duration::from_millis(5);

/// How long until it is tried again to make an index, where the disk didn't let it.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The applier.
#[derive(Debug)]
pub(crate) struct Applier {
    pub(crate) shared: Arc<Shared>,
    pub(crate) floor: Floor,
    /// How often the index takes over.
    pub(crate) every: Duration,
}

impl Applier {
    /// Works until the bell rings for the end.
    pub(crate) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            tracing::error!("the index's thread panicked; the index is made again");
            self.shared.index.clear();
        }
    }

    fn work(&mut self) {
        let mut pause = self.every;
        loop {
            let ending = self.shared.bell.wait(pause);
            pause = self.every;
            self.shared.segments.catalogue_sealed();
            if self.shared.index.is_empty() && !ending {
                if let Err(error) = self.rebuild() {
                    tracing::error!(%error, "the index can't be made again now; trying later");
                    pause = TRY_AGAIN;
                }
            } else {
                self.take_over();
            }
            if ending {
                // What came in while the last round was being taken over.
                self.take_over();
                self.shared.segments.catalogue_sealed();
                break;
            }
        }
        self.shared.index.clear();
    }

    /// Takes over what is new.
    fn take_over(&mut self) {
        let Some(layer) = self.shared.layers.begin_applying() else { return };
        // With relaxed durability the index must not know of what a power cut could still take away.
        if !self.shared.progress.wait_for_synced(layer.last) {
            return;
        }
        let applied = self.shared.index.ask(|index| take_over(index, &layer));
        if applied.is_ok() {
            self.shared.progress.set_applied(layer.last);
            self.shared.layers.end_applying();
        }
        self.raise_floor(&layer);
    }

    fn raise_floor(&mut self, layer: &Layer) {
        let heads = layer.rooms.iter().filter_map(|(&room, layer)| {
            let last = layer.events.last()?;
            Some((room, crate::rooms::head(layer.first + layer.events.len() as u64 - 1, last.ordinal)))
        });
        if let Err(error) = self.floor.raise(heads) {
            tracing::error!(%error, "the floor can't be written; it stays lower than it could be");
        }
    }

    /// Makes the index again from the journal.
    fn rebuild(&mut self) -> Result<(), IndexError> {
        let shared = &self.shared;
        tracing::warn!("making the index again from the journal; messages go on meanwhile");
        // The old one may still write when it is dropped, and not into the new one's directory.
        while shared.index.is_still_read() {
            shared.bell.wait(A_MOMENT);
        }
        set_aside(&shared.index_dir).map_err(|error| IndexError(error.to_string()))?;
        let index = Index::open(&shared.index_dir, shared.index_owner)?;
        let mut replay = Replay::default();
        let mut taken = 0;
        loop {
            // What memory has is in the journal too, and is taken from there. Asked first, so that
            // nothing is between what was committed and what memory had.
            let committed = shared.progress.committed();
            let target = shared.layers.forget().max(committed);
            if !shared.progress.wait_for_synced(target) {
                return Err(IndexError("the journal can't go on".into()));
            }
            replay_into(&index, &mut replay, taken, target, &shared.segments, &shared.rooms)?;
            take_over(&index, &replay.layer())?;
            index.set_applied(target)?;
            taken = target;
            shared.progress.set_applied(taken);
            if shared.layers.lag() < INDEX_LAG_RECORDS / 4 {
                break;
            }
        }
        tracing::info!(records = taken, "the index is made again");
        shared.index.put(index);
        Ok(())
    }
}

/// Takes a layer over, and notes that it is only after it is on disk.
fn take_over(index: &Index, layer: &Layer) -> Result<(), IndexError> {
    index.apply(layer)?;
    index.sync()?;
    if layer.is_empty() { Ok(()) } else { index.set_applied(layer.last) }
}

/// Reads the records behind `after`, up to `last`, into `replay`, and takes over what would become too much.
/// Says how many are missing.
pub(crate) fn replay_into(
    index: &Index,
    replay: &mut Replay,
    after: Lsn,
    last: Lsn,
    segments: &Segments,
    rooms: &Rooms,
) -> Result<u64, IndexError> {
    let lost = segments.replay(after, last, |lsn, record| {
        replay.take(lsn, record, rooms);
        if replay.len() < CHUNK {
            return Ok(());
        }
        tracing::info!(records = lsn, of = last, "making the index from the journal");
        take_over(index, &replay.layer()).map_err(std::io::Error::other)
    });
    lost.map_err(|error| IndexError(error.to_string()))
}
