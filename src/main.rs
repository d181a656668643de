//! The `greenroom` program: it composes the crates, and decides nothing.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use greenroom::cli::Cli;
use greenroom::{config::Config, serve, telemetry};

/// How long reads of the disk may delay the end of the process.
const LAST_READS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The one place where the whole chain of causes is printed, and the one use of standard error but logs.
            telemetry::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let config = Config::from(cli.flags())?;
    telemetry::start(config.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve::serve(config));
    // Whatever still reads the disk has nobody left to answer.
    runtime.shutdown_timeout(LAST_READS);
    served
}
