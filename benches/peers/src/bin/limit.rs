//! The floor: frames each message once, writes the same bytes to every socket, stores nothing.

use clap::Parser;
use greenroom_peers::floor::{Direct, Nothing, serve};
use greenroom_peers::listen::Listen;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
}

fn main() -> std::io::Result<()> {
    serve(&Arguments::parse().listen.open()?, Direct, Nothing)
}
