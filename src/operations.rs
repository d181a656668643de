//! Looking after a data directory: each operation reads or makes one, and starts no server.

mod backup;
mod check;
mod transfer;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use greenroom_protocol::Timestamp;

use crate::cli::Flags;
use crate::config::Config;

/// What can be done with a data directory.
#[derive(Debug, Subcommand)]
pub enum Operation {
    /// Verify a data directory that no server uses; nothing in it is changed
    #[command(after_help = check::EXIT_CODES)]
    Check(check::CheckFlags),
    /// Copy a data directory, also while a server uses it
    Backup(backup::BackupFlags),
    /// Make a data directory of a backup that is whole
    Restore(backup::RestoreFlags),
    /// Write what is in a data directory that no server uses, or in a backup, as JSON Lines
    Export(transfer::ExportFlags),
    /// Make a data directory of such lines
    Import(transfer::ImportFlags),
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
pub(crate) struct Impossible(#[from] anyhow::Error);

/// Does it; says the exit code.
///
/// # Errors
/// Where it can't be done; the text says what to do.
pub fn run(operation: &Operation) -> anyhow::Result<u8> {
    match operation {
        Operation::Check(flags) => check::check(flags).map_err(|error| Impossible(error).into()),
        Operation::Backup(flags) => backup::backup(flags),
        Operation::Restore(flags) => backup::restore(flags),
        Operation::Export(flags) => transfer::export(flags),
        Operation::Import(flags) => transfer::import(flags),
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The exit code of a program that ends with this error.
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Impossible>() { 2 } else { 1 }
}
