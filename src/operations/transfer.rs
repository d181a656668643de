//! `greenroom export` and `greenroom import`.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use greenroom_protocol::RoomId;
use greenroom_storage::{ExportAsked, ExportFailed};

use super::{Directory, now};

/// What to write.
#[derive(Debug, Clone, Args)]
pub struct ExportFlags {
    #[command(flatten)]
    directory: Directory,

    /// Only this room, and the people in it
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,

    /// Write password hashes, sign-ins and the key of guests' tokens, too
    #[arg(long)]
    with_secrets: bool,
}

/// What to read, and where to.
#[derive(Debug, Clone, Args)]
pub struct ImportFlags {
    /// The lines that an export has written; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The data directory to be made; it must be empty, or not there
    #[arg(long, value_name = "DIR", env = "GREENROOM_DATA")]
    data: PathBuf,
}

pub(super) fn export(flags: &ExportFlags) -> anyhow::Result<u8> {
    let asked = ExportAsked {
        data: flags.directory.path()?,
        room: flags.room.as_deref().map(RoomId::parse).transpose().context("--room")?,
        secrets: flags.with_secrets,
        version: env!("CARGO_PKG_VERSION").into(),
        at: now(),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let exported = match greenroom_storage::export(&asked, &mut out) {
        // Whoever reads it has had enough, as `head` has.
        Err(ExportFailed::Disk(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(1),
        done => done?,
    };
    if exported.lost > 0 {
        let text = format!("{} records of the journal are lost, and so are not in the export", exported.lost);
        crate::telemetry::complain(&text);
        return Ok(1);
    }
    Ok(0)
}

pub(super) fn import(flags: &ImportFlags) -> anyhow::Result<u8> {
    let made = if flags.file.as_os_str() == "-" {
        greenroom_storage::import(&flags.data, &mut std::io::stdin().lock())
    } else {
        let file = File::open(&flags.file).with_context(|| format!("{} can't be read", flags.file.display()))?;
        greenroom_storage::import(&flags.data, &mut BufReader::new(file))
    };
    let made = made.with_context(|| flags.file.display().to_string())?;
    let line =
        format!("{}: {} users, {} rooms, {} messages", flags.data.display(), made.users, made.rooms, made.messages);
    writeln!(std::io::stdout(), "{line}")?;
    Ok(0)
}
