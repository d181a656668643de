//! Every drill: its name, what it does and what it needs.

use super::scenes::{
    actors, clock_jump, disk_full, flood, hang, index_loss, kill, kill_then_cut, passivation, points, power_cut,
    quarantine, slow_reader, storm, sync_failure, torn_tail,
};
use super::stage::{Outcome, Stage};

/// Which part of the server a crash drill hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Room,
    Store,
    Presence,
    Lobby,
    Session,
    Rooms,
    Sessions,
    Shard,
}

/// What happens in a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    Crash(Part),
    Engine,
    PanicPoints,
    KillPoints,
    SyncFailure,
    Poison,
    Quarantine,
    PassivationRace,
    Hang,
    Flood,
    Kill,
    Terminate,
    TornTail,
    IndexLoss,
    SlowReader,
    ReconnectStorm,
    Overload,
    ClockJump,
    PowerCut,
    KillThenCut,
    DiskFull,
}

/// One drill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drill {
    pub(crate) name: &'static str,
    pub(crate) does: &'static str,
    pub(crate) needs: &'static str,
    scene: Scene,
}

const NOTHING: &str = "nothing";

const fn drill(name: &'static str, scene: Scene, needs: &'static str, does: &'static str) -> Drill {
    Drill { name, does, needs, scene }
}

/// All of them, in the order in which they run.
pub(crate) const ALL: &[Drill] = &[
    drill("room-panic", Scene::Crash(Part::Room), NOTHING, "rooms crash while people talk in them"),
    drill("store-panic", Scene::Crash(Part::Store), NOTHING, "the store's actor crashes while it writes"),
    drill("presence-panic", Scene::Crash(Part::Presence), NOTHING, "presence crashes"),
    drill("lobby-panic", Scene::Crash(Part::Lobby), NOTHING, "the lobby crashes"),
    drill("session-panic", Scene::Crash(Part::Session), NOTHING, "sessions crash; only their own sockets close"),
    drill("rooms-panic", Scene::Crash(Part::Rooms), NOTHING, "the supervisor of rooms crashes, and all rooms with it"),
    drill(
        "sessions-panic",
        Scene::Crash(Part::Sessions),
        NOTHING,
        "the supervisor of sessions crashes; all sockets close",
    ),
    drill(
        "shard-panic",
        Scene::Crash(Part::Shard),
        NOTHING,
        "supervisors of an eighth of the sessions crash; only the sockets below them close",
    ),
    drill("engine-panic", Scene::Engine, NOTHING, "the root crashes; the process ends with the reason"),
    drill(
        "point-panic",
        Scene::PanicPoints,
        NOTHING,
        "a panic at each place that a message passes, from session to fan-out",
    ),
    drill("point-kill", Scene::KillPoints, NOTHING, "kill -9 at each of these places"),
    drill("sync-failure", Scene::SyncFailure, NOTHING, "the n-th sync fails, for n = 1, 2, 3 ...; the process ends"),
    drill(
        "poison",
        Scene::Poison,
        NOTHING,
        "messages whose handling panics each time; each is refused, its room goes on",
    ),
    drill(
        "passivation-race",
        Scene::PassivationRace,
        NOTHING,
        "rooms end because nobody is in them, while people come and go",
    ),
    drill("hang", Scene::Hang, NOTHING, "a room hangs; the watchdog ends it, and other rooms notice nothing"),
    drill("flood", Scene::Flood, NOTHING, "actors' mailboxes are filled with 50,000 messages"),
    drill("kill-nine", Scene::Kill, NOTHING, "kill -9 at random moments, again and again on one directory"),
    drill("terminate", Scene::Terminate, NOTHING, "SIGTERM while people talk: all is answered, the end is orderly"),
    drill("torn-tail", Scene::TornTail, NOTHING, "the journal is cut at every byte of its last 4 KiB, and served"),
    drill(
        "index-loss",
        Scene::IndexLoss,
        NOTHING,
        "the index is deleted, written over or cut off; it is made again from the journal",
    ),
    drill("slow-reader", Scene::SlowReader, NOTHING, "a client stops reading; it is closed, and others notice nothing"),
    drill(
        "reconnect-storm",
        Scene::ReconnectStorm,
        "2,200 file descriptors (400 with --quick)",
        "2,000 sockets are cut together and come back together",
    ),
    drill("overload", Scene::Overload, NOTHING, "ten times as many messages for a while; all are settled"),
    drill(
        "clock-jump",
        Scene::ClockJump,
        "cc, and a server that is linked dynamically",
        "the wall clock jumps by an hour, back and forth, while people talk",
    ),
    drill(
        "power-cut",
        Scene::PowerCut,
        "root, python3, mkfs.ext4 and loop mounts",
        "the power goes under a file system of the drill's own",
    ),
    drill(
        "kill-then-cut",
        Scene::KillThenCut,
        "root, python3, mkfs.ext4 and loop mounts",
        "kill -9 before a sync, a start, and the power goes: what was served in between is still there",
    ),
    drill(
        "disk-full",
        Scene::DiskFull,
        "root, python3, mkfs.ext4 and loop mounts",
        "no space is left: sends are refused until there is space again",
    ),
    drill(
        "quarantine",
        Scene::Quarantine,
        "more than a minute, so it is no part of --all --quick",
        "a room crashes more often than it may; others go on, and it comes back by itself",
    ),
];

impl Drill {
    /// Whether it has a short form.
    pub(crate) fn is_quick(&self) -> bool {
        self.scene != Scene::Quarantine
    }

    pub(crate) async fn run(&self, stage: &mut Stage) -> anyhow::Result<Outcome> {
        match self.scene {
            Scene::Crash(part) => actors::crash(stage, part).await,
            Scene::Engine => actors::engine(stage).await,
            Scene::DiskFull => disk_full::disk_full(stage).await,
            Scene::PanicPoints => points::panic(stage).await,
            Scene::KillPoints => points::kill(stage).await,
            Scene::SyncFailure => sync_failure::sync_failure(stage).await,
            Scene::Poison => points::poison(stage).await,
            Scene::Quarantine => quarantine::quarantine(stage).await,
            Scene::PassivationRace => passivation::passivation_race(stage).await,
            Scene::Hang => hang::hang(stage).await,
            Scene::Flood => flood::flood(stage).await,
            Scene::Overload => flood::overload(stage).await,
            Scene::ClockJump => clock_jump::clock_jump(stage).await,
            Scene::Terminate => kill::terminate(stage).await,
            Scene::TornTail => torn_tail::torn_tail(stage).await,
            Scene::IndexLoss => index_loss::index_loss(stage).await,
            Scene::SlowReader => slow_reader::slow_reader(stage).await,
            Scene::ReconnectStorm => storm::reconnect_storm(stage).await,
            Scene::PowerCut => power_cut::power_cut(stage).await,
            Scene::KillThenCut => kill_then_cut::kill_then_cut(stage).await,
            Scene::Kill => kill::kill_nine(stage).await,
        }
    }
}

/// The drills of these names.
pub(crate) fn named(names: &[String]) -> anyhow::Result<Vec<Drill>> {
    let find = |name: &String| {
        let found = ALL.iter().find(|drill| drill.name == name.as_str()).copied();
        found.ok_or_else(|| anyhow::anyhow!("there is no drill {name:?}; see greenroom drill --list"))
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drill_can_be_named_and_no_two_share_a_name() {
        for drill in ALL {
            let found = named(&[drill.name.to_owned()]).unwrap();
            assert_eq!((found.len(), found[0].does), (1, drill.does));
        }
        assert!(named(&["fire".to_owned()]).is_err());
    }

    #[test]
    fn the_documentation_has_a_row_for_every_drill_and_none_beside() {
        let rows =
            include_str!("../../docs/drills.md").lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let names: Vec<&str> = ALL.iter().map(|drill| drill.name).collect();
        assert_eq!(rows.collect::<Vec<_>>(), names);
    }
}
