//! What can be asked of `greenroom bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value};

use super::dialect::{self, Dialect};
use super::stamp::SHORTEST;
use crate::config::{Compression, Durability};

/// Which scenario, and how.
#[derive(Debug, Clone, Args)]
pub struct BenchFlags {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) work: Work,
}

/// To measure, or to look at what was measured.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Work {
    #[command(flatten)]
    Measure(Scenario),
    /// Show measurements side by side; with --html as a page with plots, too
    Report(Report),
}

/// What was measured before.
#[derive(Debug, Clone, Args)]
pub(crate) struct Report {
    /// Files that --json wrote; those of one name and the same work count as runs of one measurement
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// What every scenario can be told. What says nothing about the work is no part of a measurement's settings.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Common {
    /// A server that runs, such as ws://127.0.0.1:3000, in place of a fresh one; start it with --no-limits
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// The process of that server, for figures about its processor time and memory
    #[arg(long, global = true, value_name = "PID", requires = "url")]
    #[serde(skip)]
    pub(crate) pid: Option<u32>,

    /// How the server is spoken to
    #[arg(long, global = true, value_name = "NAME", default_value = "greenroom")]
    pub(crate) dialect: Tongue,

    /// Keep the server on the first processor and the load generator on the second
    #[arg(long, global = true)]
    pub(crate) pin: bool,

    /// When a message counts as stored, in a fresh server
    #[arg(long, global = true, value_name = "WHEN", default_value = "fsync")]
    pub(crate) durability: Durability,

    /// Offer to read what is compressed, and have a fresh server compress that [with no value: large]
    #[arg(long, global = true, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "large")]
    pub(crate) deflate: Option<Compression>,

    /// Directory to make the fresh server's data in; the system's for temporary files otherwise
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip)]
    pub(crate) data: Option<PathBuf>,

    /// How often to measure, each time with a fresh server; the table has medians, and the spread
    #[arg(long, global = true, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    #[serde(skip)]
    pub(crate) runs: u32,

    /// Seconds that are measured
    #[arg(long, global = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,

    /// Seconds of the same load before
    #[arg(long, global = true, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub(crate) warm_up: u32,

    /// Bytes of a message
    #[arg(long, global = true, value_name = "BYTES", default_value_t = 128, value_parser = body)]
    pub(crate) body: usize,

    /// Chooses words, ids and turns; the same seed chooses the same
    #[arg(long, global = true, value_name = "N", default_value_t = 1)]
    #[serde(skip)]
    pub(crate) seed: u64,

    /// A name for this server in tables and reports
    #[arg(long, global = true, value_name = "NAME", default_value = "greenroom")]
    #[serde(skip)]
    pub(crate) label: String,

    /// Write all that was measured to this file
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) json: Option<PathBuf>,

    /// Write a report with plots to this file
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) html: Option<PathBuf>,
}

fn body(text: &str) -> Result<usize, String> {
    let bytes = text.parse().map_err(|_| "not a number".to_owned())?;
    let most = greenroom_protocol::limits::BODY_BYTES;
    if (SHORTEST..=most).contains(&bytes) { Ok(bytes) } else { Err(format!("{SHORTEST} to {most} bytes")) }
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tongue {
    /// Greenroom's own protocol, and that of most servers in benches/peers
    Greenroom,
    /// The same frames as events of Socket.IO
    SocketIo,
    /// NATS over WebSocket, publishing to a subject for each room
    Nats,
    /// MQTT 3.1.1 over WebSocket, QoS 0, publishing to a topic for each room
    Mqtt,
}

impl Tongue {
    pub(crate) fn dialect(self) -> Box<dyn Dialect> {
        match self {
            Self::Greenroom => Box::new(dialect::Greenroom::default()),
            Self::SocketIo => Box::new(dialect::SocketIo::default()),
            Self::Nats => Box::new(dialect::Nats::default()),
            Self::Mqtt => Box::new(dialect::Mqtt::default()),
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Subcommand, Serialize)]
#[serde(untagged)]
pub(crate) enum Scenario {
    /// One room in which everybody hears everything
    Fanout(Fanout),
    /// Many small rooms at once
    Rooms(Rooms),
    /// People who wait for the answer to each message: what durable storing costs
    Ack(Ack),
    /// Connections that do nothing: memory and processor time at rest, and how fast they come
    Idle(Idle),
    /// Everybody is cut off, and comes back at once
    Storm(Storm),
    /// A day in a team: people talk, type, read, page back, come and go
    Mixed(Mixed),
    /// Pages of the past, read at places chosen by chance
    History(History),
    /// The same work with more and more messages stored
    Growth(Growth),
    /// A room is crashed again and again while people talk in it
    Failure(Failure),
}

impl Scenario {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Fanout(_) => "fanout",
            Self::Rooms(_) => "rooms",
            Self::Ack(_) => "ack",
            Self::Idle(_) => "idle",
            Self::Storm(_) => "storm",
            Self::Mixed(_) => "mixed",
            Self::History(_) => "history",
            Self::Growth(_) => "growth",
            Self::Failure(_) => "failure",
        }
    }
}

/// What was asked for, as data: what all scenarios have and what is this one's own, without what was left open.
pub(crate) fn settings(common: &Common, scenario: &Scenario) -> Value {
    let maps = [serde_json::json!(common), serde_json::json!(scenario)];
    let given = maps.into_iter().filter_map(|map| if let Value::Object(map) = map { Some(map) } else { None });
    Value::Object(given.flatten().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

/// One room.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Fanout {
    /// People in the room
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) members: u32,

    /// How many of them send [default: 10, or one for each message in flight]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) senders: Option<u32>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) pace: PaceFlags,
}

/// Many rooms.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Rooms {
    /// Rooms
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) rooms: u32,

    /// People in each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) members: u32,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) pace: PaceFlags,
}

/// How much is sent.
#[derive(Debug, Clone, Copy, Args, Serialize)]
pub(crate) struct PaceFlags {
    /// Messages a second, in all, at fixed moments (an open loop: times count from when each was due)
    #[arg(long, value_name = "PER_SECOND", conflicts_with = "in_flight")]
    pub(crate) rate: Option<f64>,

    /// Messages in flight, in all: the next is sent when one is acknowledged and heard by everybody (a closed loop)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) in_flight: Option<u32>,
}

/// Waiting for answers.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Ack {
    /// People who send, each in a room of their own, one message at a time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) senders: u32,
}

/// Doing nothing.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Idle {
    /// Sockets
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) connections: u32,

    /// People in each room
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) members: u32,
}

/// Coming back.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Storm {
    /// Sockets that are cut off together
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) connections: u32,

    /// People in each room
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) members: u32,
}

/// A day in a team.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Mixed {
    /// Rooms
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rooms: u32,

    /// People in each
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub(crate) members: u32,

    /// Messages a second; for each there are 8 other things: 4 signs of typing, 3 of reading, a page of history or a visit
    #[arg(long, value_name = "PER_SECOND", default_value_t = 100.0)]
    pub(crate) rate: f64,
}

/// Reading the past.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct History {
    /// Messages that are stored before
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=50_000_000))]
    pub(crate) messages: u32,

    /// People who read, each in a room of their own, one page at a time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) readers: u32,
}

/// More and more messages.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Growth {
    /// Messages that are stored, one step after the other
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    pub(crate) messages: Vec<u32>,
}

/// Crashing.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct Failure {
    /// People in the room
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) members: u32,

    /// Messages a second
    #[arg(long, value_name = "PER_SECOND", default_value_t = 200.0)]
    pub(crate) rate: f64,

    /// Seconds between two crashes
    #[arg(long, value_name = "N", default_value_t = 15.0)]
    pub(crate) every: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Task};
    use clap::Parser as _;

    fn flags(line: &str) -> BenchFlags {
        match Cli::parse_from(line.split(' ')).task() {
            Task::Bench(flags) => flags,
            other @ (Task::Serve(_) | Task::Drill(_) | Task::Replay(_) | Task::Admin(_) | Task::Operate(_)) => {
                panic!("{other:?}")
            }
        }
    }

    #[test]
    fn settings_say_what_the_work_was_and_nothing_about_its_result() {
        let BenchFlags { common, work } =
            flags("greenroom bench fanout --members 20 --rate 50 --label this --json a.json --seed 7");
        let Work::Measure(scenario) = work else { panic!("no scenario") };
        let expected = serde_json::json!({
            "dialect": "greenroom", "pin": false, "durability": "fsync", "seconds": 10, "warm_up": 3, "body": 128,
            "members": 20, "rate": 50.0,
        });
        assert_eq!(settings(&common, &scenario), expected);
    }

    #[test]
    fn compression_is_part_of_the_settings_where_it_is_offered() {
        for (line, expected) in [("--deflate", "large"), ("--deflate=all", "all"), ("--deflate=off", "off")] {
            let BenchFlags { common, work } = flags(&format!("greenroom bench fanout {line} --rate 50"));
            let Work::Measure(scenario) = work else { panic!("no scenario") };
            assert_eq!(settings(&common, &scenario)["deflate"], expected);
        }
    }

    #[test]
    fn a_report_is_made_from_files() {
        let BenchFlags { common, work } = flags("greenroom bench report a.json b.json --html page.html");
        let Work::Report(report) = work else { panic!("no report") };
        assert_eq!(report.files, ["a.json", "b.json"].map(PathBuf::from));
        assert_eq!(common.html, Some("page.html".into()));
    }
}
