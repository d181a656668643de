//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};

use crate::config::{Durability, LogFormat};

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
}

const EXAMPLES: &str = "\
Examples:
  greenroom                                 chat on http://127.0.0.1:3000, data in ./data
  greenroom serve --listen 0.0.0.0:8080     open to the network
  greenroom serve --config greenroom.toml   the same keys as the flags, such as listen = \"0.0.0.0:8080\"
  greenroom serve --lab                     with the fault laboratory, for experiments on this machine

Every flag is also an environment variable; a flag wins over its variable, that over the file.";

/// What can be set. Nothing given means the file's value, or the default.
#[derive(Debug, Clone, Default, Args)]
pub struct Flags {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR:PORT", env = "GREENROOM_LISTEN")]
    pub listen: Option<SocketAddr>,

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

    /// TOML file with the same keys as these flags
    #[arg(long, value_name = "FILE", env = "GREENROOM_CONFIG")]
    pub config: Option<PathBuf>,
}

impl Cli {
    /// What was set, with or without a command.
    #[must_use]
    pub fn flags(self) -> Flags {
        match self.command {
            Some(Command::Serve(flags)) => flags,
            None => self.flags,
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

    #[test]
    fn no_command_means_serve() {
        let with = Cli::parse_from(["greenroom", "serve", "--listen", "127.0.0.1:0", "--lab"]).flags();
        let without = Cli::parse_from(["greenroom", "--listen", "127.0.0.1:0", "--lab"]).flags();
        assert_eq!(with.listen, without.listen);
        assert_eq!((with.lab, without.lab), (Some(true), Some(true)));
    }
}
