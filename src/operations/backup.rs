//! `greenroom backup` and `greenroom restore`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use greenroom_storage::{BackupAsked, Manifest};

use super::{Directory, now};

/// What to copy, and where to.
#[derive(Debug, Clone, Args)]
pub struct BackupFlags {
    /// The directory to be made; nothing is overwritten
    #[arg(value_name = "TARGET")]
    target: PathBuf,

    #[command(flatten)]
    directory: Directory,

    /// Copy a damaged journal as it is, instead of refusing
    #[arg(long)]
    damaged_too: bool,
}

/// What to bring back, and where to.
#[derive(Debug, Clone, Args)]
pub struct RestoreFlags {
    /// The backup
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    /// The data directory to be made; it must be empty, or not there
    #[arg(long, value_name = "DIR", env = "GREENROOM_DATA")]
    data: PathBuf,
}

pub(super) fn backup(flags: &BackupFlags) -> anyhow::Result<u8> {
    let made = greenroom_storage::backup(&BackupAsked {
        data: flags.directory.path()?,
        target: flags.target.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        at: now(),
        damaged_too: flags.damaged_too,
    })?;
    if let Some(damage) = &made.damage {
        crate::telemetry::complain(&format!("the journal is damaged, and so is its copy: {damage}"));
    }
    tell(&made, &flags.target.display().to_string())
}

pub(super) fn restore(flags: &RestoreFlags) -> anyhow::Result<u8> {
    let made = greenroom_storage::restore(&flags.backup, &flags.data)?;
    tell(&made, &flags.data.display().to_string())
}

fn tell(made: &Manifest, place: &str) -> anyhow::Result<u8> {
    let (files, bytes) = (made.files.len(), made.bytes());
    let line = format!("{place}: {files} files, {bytes} bytes, up to record {} of {}", made.last_record, made.made_at);
    writeln!(std::io::stdout(), "{line}")?;
    Ok(0)
}
