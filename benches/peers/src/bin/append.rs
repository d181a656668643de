//! The floor for stored acknowledgements: `limit`, but a batch is appended to a file and synced before anybody hears of it.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use greenroom_peers::floor::{Direct, Journal, serve};
use greenroom_peers::listen::{Listen, end};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
    /// A directory without a `journal` in it.
    #[arg(long, value_name = "DIRECTORY")]
    data: PathBuf,
}

fn main() -> ExitCode {
    end(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let path = arguments.data.join("journal");
    let journal = Journal::create(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{} can't be made: {error}", path.display())))?;
    serve(&arguments.listen.open()?, Direct, journal)
}
