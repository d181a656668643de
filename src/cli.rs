//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;

use crate::bench::BenchFlags;
use crate::config::{Compression, Durability, LogFormat, retention};
use crate::limits::{Preset, proxy};
use crate::operations::Operation;

mod admin;
pub use admin::{AdminCommand, AdminFlags};

/// An actor-model chat engine: rooms, sessions, presence and the store are supervised actors.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server; what happens without a command, too
    #[command(after_help = EXAMPLES)]
    Serve(Flags),
    /// Break a fresh server on purpose, and check that no promise breaks with it
    #[command(after_help = DRILL_EXAMPLES)]
    Drill(DrillFlags),
    /// Measure how fast a server is, and check every message meanwhile
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(BenchFlags),
    /// Tell a room's rules again what led to a crash, from its capsule
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayFlags),
    /// Administer accounts and rooms, whether or not the server runs
    #[command(after_help = admin::EXAMPLES)]
    Admin(AdminFlags),
    #[command(flatten)]
    Operate(Operation),
}

/// What the program is asked to do.
#[derive(Debug)]
pub enum Task {
    /// Run the server.
    Serve(Flags),
    /// Run failure drills.
    Drill(DrillFlags),
    /// Measure.
    Bench(BenchFlags),
    /// Replay a crash.
    Replay(ReplayFlags),
    /// Administer accounts and rooms.
    Admin(AdminFlags),
    /// Look after a data directory.
    Operate(Operation),
}

const EXAMPLES: &str = "\
Examples:
  greenroom                                 chat on http://127.0.0.1:3000, data in ./data
  greenroom serve --listen 0.0.0.0:8080     open to the network
  greenroom serve --config greenroom.toml   the same keys as the flags, such as listen = \"0.0.0.0:8080\"
  greenroom serve --lab                     with the fault laboratory, for experiments on this machine

Every flag is also an environment variable; a flag wins over its variable, that over the file.";

const DRILL_EXAMPLES: &str = "\
Examples:
  greenroom drill --list              every drill, what it does and what it needs
  greenroom drill room-panic          one of them
  greenroom drill --all --quick       all of them, in their short form
  greenroom drill kill-nine --seed 7  the same faults at the same moments again";

const BENCH_EXAMPLES: &str = "\
Examples:
  greenroom bench fanout --members 100 --rate 500        100 people, 500 messages a second between them
  greenroom bench fanout --members 1000 --in-flight 16   1,000 people, as fast as it goes
  greenroom bench rooms --rooms 200 --in-flight 64       200 rooms of 5
  greenroom bench ack --senders 256 --runs 3             what durable storing costs, three times
  greenroom bench idle --connections 19000               what a connection costs
  greenroom bench failure --json run.json                with a room that crashes, and all figures in a file
  greenroom bench report old.json new.json --html r.html   two of those side by side, as a page with plots, too
  greenroom bench fanout --url ws://127.0.0.1:3000 --pid 4711   another server, started with --no-limits

It ends with 1 where a message was lost, doubled or out of order while it was measured.";

const REPLAY_EXAMPLES: &str = "\
Examples:
  greenroom replay data/capsules/12-room-general.json         the last steps, and whether it fails again
  greenroom replay --all data/capsules/12-room-general.json   every step

It ends with 0 where the room's rules come to the same command and fail over it, or the laboratory had crashed the room over it;
with 1 where they do not; with 3 where nothing was recorded, since the server ran without --lab or the actor is no room.";

/// Which crash to replay.
#[derive(Debug, Clone, Args)]
pub struct ReplayFlags {
    /// The capsule: a file in the directory `capsules` of the data directory
    #[arg(value_name = "CAPSULE")]
    pub capsule: PathBuf,

    /// Print every step, not only the last ones
    #[arg(long)]
    pub all: bool,
}

/// Which drills to run, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct DrillFlags {
    /// The drills to run, by name
    #[arg(value_name = "NAME", required_unless_present_any = ["list", "all"], conflicts_with_all = ["list", "all"])]
    pub names: Vec<String>,

    /// List the drills, what they do and what they need
    #[arg(long)]
    pub list: bool,

    /// Run every drill
    #[arg(long, conflicts_with = "list")]
    pub all: bool,

    /// Run the short form of each
    #[arg(long)]
    pub quick: bool,

    /// Chooses the faults and their moments; the same seed chooses the same [default: a random one, printed]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// How many rounds, for drills that have rounds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,

    /// Print one JSON object per drill instead of a table
    #[arg(long)]
    pub json: bool,

    /// With --json, print another object at each step of a drill
    #[arg(long, requires = "json")]
    pub progress: bool,
}

/// What can be set. Nothing given means the file's value, or the default.
#[derive(Debug, Clone, Default, Args)]
pub struct Flags {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR:PORT", env = "GREENROOM_LISTEN")]
    pub listen: Option<SocketAddr>,

    /// Another address that serves /metrics, to whoever reaches it; without it, only this machine may see them
    #[arg(long, value_name = "ADDR:PORT", env = "GREENROOM_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// Directory that keeps everything; made where it is missing [default: ./data]
    #[arg(long, value_name = "DIR", env = "GREENROOM_DATA")]
    pub data: Option<PathBuf>,

    /// When a message counts as stored: `fsync` survives a power cut, `relaxed` survives kill -9 [default: fsync]
    #[arg(long, value_name = "WHEN", env = "GREENROOM_DURABILITY")]
    pub durability: Option<Durability>,

    /// Open the fault laboratory to this machine: actors can be crashed
    #[arg(long, env = "GREENROOM_LAB", num_args = 0..=1, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub lab: Option<bool>,

    /// Lift rate limits and connection caps, for load tests; bounds of memory stay
    #[arg(long, env = "GREENROOM_NO_LIMITS", num_args = 0..=1, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub no_limits: Option<bool>,

    /// Don't make a group room when somebody joins one that does not exist
    #[arg(long, env = "GREENROOM_NO_ROOM_CREATION", num_args = 0..=1, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub no_room_creation: Option<bool>,

    /// Another page that may connect, such as https://chat.example; may be given more than once
    #[arg(long, value_name = "ORIGIN", env = "GREENROOM_ALLOW_ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<String>,

    /// How logs on standard error look [default: text]
    #[arg(long, value_name = "FORMAT", env = "GREENROOM_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Which limits hold: `standard` is met by nobody who chats, `strict` is for troubled times [default: standard]
    #[arg(long, value_name = "PRESET", env = "GREENROOM_LIMITS")]
    pub limits: Option<Preset>,

    /// A proxy, or a network of them, that is believed about whom it speaks for; may be given more than once
    #[arg(long, value_name = "CIDR", env = "GREENROOM_TRUSTED_PROXY", value_delimiter = ',', value_parser = proxy)]
    pub trusted_proxy: Vec<IpNet>,
    /// PEM file with the certificate to speak TLS with, and those behind it; SIGHUP reads it again
    #[arg(long, value_name = "FILE", env = "GREENROOM_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file with the private key of that certificate
    #[arg(long, value_name = "FILE", env = "GREENROOM_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// For how long what is said is kept, such as `24h` or `30 days`; a room may keep it shorter [default: for ever]
    #[arg(long, value_name = "TIME", env = "GREENROOM_RETENTION", value_parser = retention)]
    pub retention: Option<Duration>,

    /// What is compressed for clients that offer to read it: `large` is pages of a room and long messages [default: large]
    #[arg(long, value_name = "WHAT", env = "GREENROOM_COMPRESSION")]
    pub compression: Option<Compression>,

    /// Directory to keep logs in as well: greenroom.log, requests.log, audit.log, each of 10 MB and with 5 older ones
    #[arg(long, value_name = "DIR", env = "GREENROOM_LOG_DIR")]
    pub log_dir: Option<PathBuf>,

    /// TOML file with the same keys as these flags
    #[arg(long, value_name = "FILE", env = "GREENROOM_CONFIG")]
    pub config: Option<PathBuf>,
}

impl Cli {
    /// What is asked for; to serve, where no command is given.
    #[must_use]
    pub fn task(self) -> Task {
        match self.command {
            Some(Command::Serve(flags)) => Task::Serve(flags),
            Some(Command::Drill(flags)) => Task::Drill(flags),
            Some(Command::Bench(flags)) => Task::Bench(flags),
            Some(Command::Replay(flags)) => Task::Replay(flags),
            Some(Command::Admin(flags)) => Task::Admin(flags),
            Some(Command::Operate(operation)) => Task::Operate(operation),
            None => Task::Serve(self.flags),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    fn served(line: &[&str]) -> Flags {
        match Cli::parse_from(line).task() {
            Task::Serve(flags) => flags,
            other @ (Task::Drill(_) | Task::Bench(_) | Task::Replay(_) | Task::Admin(_) | Task::Operate(_)) => {
                panic!("{other:?}")
            }
        }
    }

    #[test]
    fn a_drill_is_named_or_all_are_meant() {
        assert!(Cli::try_parse_from(["greenroom", "drill"]).is_err());
        assert!(Cli::try_parse_from(["greenroom", "drill", "hang", "--all"]).is_err());
        let Task::Drill(flags) = Cli::parse_from(["greenroom", "drill", "hang", "--quick", "--seed", "7"]).task()
        else {
            panic!("no drill");
        };
        assert_eq!((flags.names, flags.quick, flags.seed), (vec!["hang".to_owned()], true, Some(7)));
    }

    #[test]
    fn no_command_means_serve() {
        let with = served(&["greenroom", "serve", "--listen", "127.0.0.1:0", "--lab"]);
        let without = served(&["greenroom", "--listen", "127.0.0.1:0", "--lab"]);
        assert_eq!(with.listen, without.listen);
        assert_eq!((with.lab, without.lab), (Some(true), Some(true)));
    }
}
