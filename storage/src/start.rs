//! From a directory to a store that works.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom_protocol::limits::{
    CURSOR_JOURNAL, DISK_RESERVE_BYTES, INDEX_APPLY, INDEX_LAG_RECORDS, PREALLOCATE_BYTES, SEGMENT_BYTES,
};

use parking_lot::RwLock;
use uuid::Uuid;

use crate::applier::{Applier, replay_into};
use crate::data_dir::DataDir;
use crate::disk::{Disk, RealDisk};
use crate::fingerprint::ById;
use crate::floor::Floor;
use crate::guest_tokens::GuestTokens;
use crate::index::slot::Slot;
use crate::index::{Index, IndexError, set_aside};
use crate::journal::recovery::{Recovered, recover};
use crate::journal::tail::{JournalTail, NotAppended, Space};
use crate::layers::{Layers, Replay};
use crate::ledger::Ledger;
use crate::record::{Lsn, Record, Skipped};
use crate::rooms::Rooms;
use crate::shared::{Bell, Progress, Shared};
use crate::standings::Standings;
use crate::sweeping::{Pace, Sweeper};
use crate::timings::Timings;
use crate::unreadable::UnreadableEvents;
use crate::writer::{Clocks, Writer};
use crate::{Announce, Head, Options, RoomKey, StartError};

/// What a test sets otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Tuning {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) space: Space,
    pub(crate) lag_most: usize,
    pub(crate) cursors_every: Duration,
    pub(crate) apply_every: Duration,
    pub(crate) sweep: Pace,
}

impl Default for Tuning {
    fn default() -> Self {
        let space = Space {
            segment: SEGMENT_BYTES,
            step: PREALLOCATE_BYTES,
            reserve: DISK_RESERVE_BYTES,
            believed_full: Duration::from_secs(1),
        };
        Self {
            disk: Arc::new(RealDisk),
            space,
            lag_most: INDEX_LAG_RECORDS,
            cursors_every: CURSOR_JOURNAL,
            apply_every: INDEX_APPLY,
            sweep: Pace::default(),
        }
    }
}

/// A store that is ready; its threads are not started yet.
pub(crate) struct Ready {
    pub(crate) shared: Arc<Shared>,
    pub(crate) writer: Writer,
    pub(crate) applier: Applier,
    pub(crate) sweeper: Sweeper,
    pub(crate) guest_tokens: GuestTokens,
    pub(crate) standings: Standings,
    /// Held as long as the store lives.
    pub(crate) dir: DataDir,
}

/// Opens the directory, and recovers what is in it.
pub(crate) fn make_ready(options: &Options, tuning: Tuning, announce: Arc<dyn Announce>) -> Result<Ready, StartError> {
    let dir = DataDir::open(&options.dir)?;
    let Recovered { segments, beginning, ids, lost, mut frame } = recover(&dir.journal(), dir.store, &*tuning.disk)?;
    let newest = beginning.next - 1;
    let base = beginning.segment.first;
    let (disk, space) = (Arc::clone(&tuning.disk), tuning.space.clone());
    let mut tail = JournalTail::new(disk, dir.journal(), dir.store, space, Arc::clone(&segments), beginning);

    let rooms = Rooms::of_life(dir.life);
    let caught_up = catch_up(&dir, &segments, newest, &rooms)?;
    let CaughtUp { index, applied, mut replay, lost: lost_behind } = caught_up;
    let floor = Floor::read(&dir.floor(), dir.store).map_err(disk_error("reading the floor"))?;
    let short = below_the_floor(&floor, &rooms);
    if !short.is_empty() {
        let explained =
            short.values().map(|(floor, head)| floor.seq.0 - head.seq.0).sum::<u64>() <= lost.max(lost_behind);
        if !explained {
            return Err(StartError::Lost(what_was_lost(&dir, &short, &rooms)));
        }
        skip(&short, &mut tail, &mut frame, &mut replay, &rooms)?;
    }

    let layers = Layers::default();
    let layer = replay.layer();
    let mut erased = index.erased().map_err(|error| disk_error("reading the index")(std::io::Error::other(error.0)))?;
    erased.extend(&layer.erased);
    layers.add(layer.records, |current| *current = layer);
    let slot = Slot::default();
    slot.put(index);
    let all = rooms.all();
    let heads: ById<RoomKey, Head> = all.iter().map(|live| (live.key, live.head())).collect();
    let shared = Arc::new(Shared {
        queue: Default::default(),
        rooms,
        cursors: Default::default(),
        layers,
        index: slot,
        index_dir: dir.index(),
        index_owner: dir.index_owner(),
        segments: Arc::clone(&segments),
        erased: RwLock::new(erased),
        unreadable: UnreadableEvents::default(),
        timings: Timings::new(),
        progress: Progress::new(tail.next() - 1, applied),
        bell: Bell::default(),
        broom: Bell::default(),
    });
    let floor = Floor::begin(dir.floor(), dir.store, heads).map_err(disk_error("writing the floor"))?;
    let writer = Writer {
        shared: Arc::clone(&shared),
        announce,
        durability: options.durability,
        lag_most: tuning.lag_most,
        ledger: Ledger::new(all, segments.fingerprinter.clone(), ids, base).in_life(dir.life),
        tail,
        frame,
        clocks: Clocks::new(Instant::now(), tuning.cursors_every),
    };
    let applier = Applier { shared: Arc::clone(&shared), floor, every: tuning.apply_every };
    let sweeper = Sweeper::new(Arc::clone(&shared), tuning.disk, dir.journal(), options.retention, tuning.sweep);
    let guest_tokens = GuestTokens::new(&dir.secret);
    let standings = Standings::new(Arc::clone(&shared), &dir.secret);
    Ok(Ready { shared, writer, applier, sweeper, guest_tokens, standings, dir })
}

/// The index, and what it lacks.
pub(crate) struct CaughtUp {
    pub(crate) index: Index,
    applied: Lsn,
    /// Has what is in the journal and not in the index.
    pub(crate) replay: Replay,
    /// Records that are missing there.
    lost: u64,
}

/// Opens the index and reads what the journal has beyond it; makes it again from the journal where it is broken.
fn catch_up(
    dir: &DataDir,
    segments: &crate::journal::Segments,
    newest: Lsn,
    rooms: &Rooms,
) -> Result<CaughtUp, StartError> {
    let failed = |error: IndexError| disk_error("making the index again")(std::io::Error::other(error.0));
    let again = || try_catch_up(&dir.index(), dir.index_owner(), segments, newest, rooms);
    match again() {
        Ok(caught_up) => Ok(caught_up),
        Err(error) => {
            tracing::error!(%error, "the index is damaged; making it again from the journal before serving");
            set_aside(&dir.index()).map_err(disk_error("setting the damaged index aside"))?;
            again().map_err(failed)
        }
    }
}

/// Reads what the journal has beyond an index; the layer in `replay` is not in it yet.
pub(crate) fn try_catch_up(
    index: &Path,
    owner: Uuid,
    segments: &crate::journal::Segments,
    newest: Lsn,
    rooms: &Rooms,
) -> Result<CaughtUp, IndexError> {
    let index = Index::open(index, owner)?;
    let (applied, reached) = (index.applied()?, index.reached()?);
    if reached > newest {
        let text = format!("the index knows record {reached}, the journal ends at {newest}");
        return Err(IndexError(text));
    }
    let mut heads = Vec::new();
    for live in index.rooms()? {
        heads.push((live.key, live.head()));
        rooms.add(Arc::new(live));
    }
    let mut replay = Replay::new(heads);
    let lost = replay_into(&index, &mut replay, applied, newest, segments, rooms)?;
    for (&room, &head) in replay.heads() {
        rooms.by_key_or_nameless(room).advance(head);
    }
    Ok(CaughtUp { applied: index.applied()?, index, replay, lost })
}

/// Rooms with fewer events than they had once: what they had, and what they have.
type Short = BTreeMap<RoomKey, (Head, Head)>;

fn below_the_floor(floor: &ById<RoomKey, Head>, rooms: &Rooms) -> Short {
    let head = |room| rooms.by_key(room).map(|live| live.head()).unwrap_or_default();
    let both = floor.iter().map(|(&room, &floor)| (room, (floor, head(room))));
    both.filter(|(_, (floor, head))| head.seq < floor.seq).collect()
}

fn what_was_lost(dir: &DataDir, short: &Short, rooms: &Rooms) -> String {
    let shown = short.iter().take(10).map(|(&key, (floor, head))| {
        let name = rooms.by_key(key).map_or_else(|| key.0.to_string(), |live| live.id.to_string());
        format!("{name}: {} of {} events", head.seq, floor.seq)
    });
    let shown: Vec<String> = shown.collect();
    let more = short.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} rooms more") } else { String::new() };
    format!(
        "acknowledged messages are no longer in {}: {}{more}; restore it from a backup, or delete {} to go on with what is left",
        dir.journal().display(),
        shown.join(", "),
        dir.floor().display(),
    )
}

/// Lost events keep their places: the rooms go on behind them.
fn skip(
    short: &Short,
    tail: &mut JournalTail,
    frame: &mut crate::journal::FrameBuilder,
    replay: &mut Replay,
    rooms: &Rooms,
) -> Result<(), StartError> {
    frame.begin(tail.next());
    for (room, (floor, _)) in short {
        let skipped = Skipped { room: *room.0.as_bytes(), seq: floor.seq.0, ordinal: floor.ordinal };
        let lsn = frame.push(&Record::Skipped(skipped.clone()));
        replay.take(lsn, Record::Skipped(skipped), rooms);
        rooms.by_key_or_nameless(*room).advance(*floor);
    }
    let what = "noting what was lost";
    let appended = tail.make_room(frame.len() as u64, Instant::now()).and_then(|()| tail.append(frame));
    match appended.and_then(|()| tail.sync().map_err(NotAppended::Fatal)) {
        Ok(()) => Ok(()),
        Err(NotAppended::Full) => Err(disk_error(what)(std::io::ErrorKind::StorageFull.into())),
        Err(NotAppended::Fatal(fatal)) => Err(disk_error(what)(std::io::Error::other(fatal))),
    }
}

fn disk_error(what: &str) -> impl FnOnce(std::io::Error) -> StartError {
    let what = what.into();
    move |cause| StartError::Disk { what, cause }
}
