//! The floor: frames each message once, writes the same bytes to every socket, stores nothing.

use std::process::ExitCode;

use clap::Parser;
use greenroom_peers::floor::{Direct, Nothing, serve};
use greenroom_peers::listen::{Listen, end};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
}

fn main() -> ExitCode {
    end(Arguments::parse().listen.open().and_then(|listener| serve(&listener, Direct, Nothing)))
}
