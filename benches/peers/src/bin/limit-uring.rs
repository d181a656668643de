//! The floor with all writes of a turn through one io_uring.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use greenroom_peers::floor::{Nothing, Uring, serve};
use greenroom_peers::listen::{Listen, end};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
}

fn main() -> ExitCode {
    end(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let uring = Uring::new().map_err(|error| {
        let why = "io_uring can't be used here; it needs Linux 6.1, and kernel.io_uring_disabled = 0";
        io::Error::new(error.kind(), format!("{why}: {error}"))
    })?;
    serve(&arguments.listen.open()?, uring, Nothing)
}
