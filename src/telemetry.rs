//! Logs, on standard error: readable on a terminal, or one JSON object a line.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// What is logged where `RUST_LOG` does not say otherwise. ractor logs each actor's life at INFO.
const FILTER: &str = "info,ractor=warn";

/// Installs the log for the whole process. A second call changes nothing.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that is there already, as in tests, stays.
    let _installed = match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    std::panic::set_hook(Box::new(log_panic));
}

/// A panic is an actor's end, and its supervisor's business: it is logged like everything else.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("a panic without words");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(message, place, "panic");
}

/// Says on standard error why the program does not go on, whether or not there is a log.
#[allow(clippy::print_stderr, reason = "the last words of a program that can't start")]
pub fn complain(reason: &str) {
    eprintln!("greenroom: {reason}");
}

/// What a command logs that does something and ends: what has gone wrong, and what was administered.
const COMMAND_FILTER: &str = "warn,greenroom::audit=info";

/// Installs the log for a command that does something and ends.
pub fn start_for_a_command() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(COMMAND_FILTER));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _installed = log.with_ansi(std::io::stderr().is_terminal()).try_init();
    std::panic::set_hook(Box::new(log_panic));
}
