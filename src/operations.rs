//! Looking after a data directory: each operation reads or makes one, and starts no server.

mod check;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Flags;
use crate::config::Config;

/// What can be done with a data directory.
#[derive(Debug, Subcommand)]
pub enum Operation {
    /// Verify a data directory that no server uses; nothing in it is changed
    #[command(after_help = check::EXIT_CODES)]
    Check(check::CheckFlags),
}

/// Which data directory.
#[derive(Debug, Clone, Default, Args)]
pub struct Directory {
    /// The data directory [default: as for serve]
    #[arg(long, value_name = "DIR", env = "GREENROOM_DATA")]
    data: Option<PathBuf>,

    /// TOML file that says where the data is
    #[arg(long, value_name = "FILE", env = "GREENROOM_CONFIG")]
    config: Option<PathBuf>,
}

impl Directory {
    fn path(&self) -> anyhow::Result<PathBuf> {
        let flags = Flags { data: self.data.clone(), config: self.config.clone(), ..Flags::default() };
        Ok(Config::from(flags)?.data)
    }
}

/// Something that was asked for can't be looked at, which is neither a yes nor a no.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Impossible(#[from] anyhow::Error);

/// Does it; says the exit code.
///
/// # Errors
/// Where it can't be done; the text says what to do.
pub fn run(operation: &Operation) -> anyhow::Result<u8> {
    match operation {
        Operation::Check(flags) => check::check(flags).map_err(|error| Impossible(error).into()),
    }
}

/// The exit code of a program that ends with this error.
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Impossible>() { 2 } else { 1 }
}
