//! The floor for stored acknowledgements: `limit`, but a batch is appended to a file and synced before anybody hears of it.

use std::io;
use std::path::PathBuf;

use clap::Parser;
use greenroom_peers::floor::{Direct, Journal, serve};
use greenroom_peers::listen::Listen;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
    /// A directory without a `journal` in it.
    #[arg(long, value_name = "DIRECTORY")]
    data: PathBuf,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let journal = Journal::create(&arguments.data.join("journal"))?;
    serve(&arguments.listen.open()?, Direct, journal)
}
