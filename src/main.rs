//! The `greenroom` program: it composes the crates, and decides nothing.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use greenroom::cli::{AdminFlags, Cli, DrillFlags, Flags, Task};
use greenroom::{admin, bench, config::Config, drill, operations, replay, serve, telemetry};

/// How long reads of the disk may delay the end of the process.
const LAST_READS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.task() {
        Task::Serve(flags) => serve(flags).map(|()| ExitCode::SUCCESS),
        Task::Drill(flags) => drill(&flags),
        Task::Bench(flags) => bench::run(&flags).map(ExitCode::from),
        Task::Replay(flags) => replay::replay(&flags).map(ExitCode::from),
        Task::Admin(flags) => admin(flags).map(|()| ExitCode::SUCCESS),
        Task::Operate(operation) => operations::run(&operation).map(ExitCode::from),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // The one place where the whole chain of causes is printed, and the one use of standard error but logs.
            telemetry::complain(&format!("{error:#}"));
            operations::exit_code(&error).into()
        }
    }
}

fn serve(flags: Flags) -> anyhow::Result<()> {
    let config = Config::from(flags)?;
    let _log = telemetry::start(config.log_format, config.log_dir.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve::serve(config));
    // Whatever still reads the disk has nobody left to answer.
    runtime.shutdown_timeout(LAST_READS);
    served
}

fn drill(flags: &DrillFlags) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(drill::run(flags)).map(ExitCode::from)
}

fn admin(flags: AdminFlags) -> anyhow::Result<()> {
    telemetry::start_for_a_command();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(admin::run(flags))
}
