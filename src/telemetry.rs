//! Logs: on standard error, readable on a terminal or one JSON object a line; and in files, where a directory is given.
//!
//! A record is one line, whatever is in it. Nobody waits for the log: a thread of its own writes it, so that a terminal
//! or a pipe that nobody reads does not hold up the server. Only the audit trail's file is waited for, so that no flood
//! of other things makes it lose a line.

use std::fmt::{self, Write as _};
use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use file_rotate::compression::Compression;
use file_rotate::suffix::AppendCount;
use file_rotate::{ContentLimit, FileRotate};
use greenroom_actors::trail::TRAIL;
use greenroom_actors::who_is_at_work;
use greenroom_protocol::limits::{LOG_BYTES_AT_ONCE, LOG_FILE_BYTES, LOG_FILES_KEPT, LOG_LINES_WAITING};
use greenroom_web::REQUESTS;
use tracing::Metadata;
use tracing::field::Field;
use tracing::subscriber::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields, Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::LogFormat;

/// What is logged where `RUST_LOG` does not say otherwise. ractor logs each actor's life at INFO.
const FILTER: &str = "info,ractor=warn";

/// What holds whatever `RUST_LOG` says. Whoever wants to read less does not want to know less of who was let in; and
/// below INFO the WebSocket library writes down what people say, and their tokens.
const ALWAYS: [&str; 3] = ["greenroom::audit=info", "tungstenite=info", "tokio_tungstenite=info"];

/// Whether an event goes to a file.
type Takes = fn(&Metadata<'_>) -> bool;

/// The file of the audit trail.
const TRAIL_FILE: &str = "audit.log";

/// The files of a log directory.
const FILES: [(&str, Takes); 3] = [
    ("greenroom.log", |event| ![REQUESTS, TRAIL].contains(&event.target())),
    ("requests.log", |event| event.target() == REQUESTS),
    (TRAIL_FILE, |event| event.target() == TRAIL),
];

/// The log, as long as it is kept: what waits to be written then is written when it goes.
#[must_use]
#[derive(Debug)]
pub struct Log {
    _writers: Vec<WorkerGuard>,
}

/// Installs the log for the whole process.
///
/// # Errors
/// Where the directory of log files can't be used.
pub fn start(format: LogFormat, dir: Option<&Path>) -> anyhow::Result<Log> {
    let mut writers = Vec::new();
    let mut layers = vec![on_standard_error(format, &mut writers)];
    if let Some(dir) = dir {
        for (name, takes) in FILES {
            let (writer, guard) = in_file(dir, name)?;
            writers.push(guard);
            layers.push(json().with_writer(writer).with_filter(filter_fn(takes)).boxed());
        }
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let filter = ALWAYS.iter().try_fold(filter, |filter, &always| anyhow::Ok(filter.add_directive(always.parse()?)))?;
    // A log that is there already, as in tests, stays.
    let _installed = tracing_subscriber::registry().with(layers).with(filter).try_init();
    std::panic::set_hook(Box::new(log_panic));
    Ok(Log { _writers: writers })
}

type Output = Box<dyn Layer<Registry> + Send + Sync>;

fn on_standard_error(format: LogFormat, writers: &mut Vec<WorkerGuard>) -> Output {
    let (writer, guard) = builder("log").lossy(true).finish(in_one_go(io::stderr()));
    writers.push(guard);
    match format {
        LogFormat::Text => text(writer, io::stderr().is_terminal()),
        LogFormat::Json => json().with_writer(writer).boxed(),
    }
}

fn text<S: Subscriber + for<'a> LookupSpan<'a>>(writer: NonBlocking, colours: bool) -> Box<dyn Layer<S> + Send + Sync> {
    let fields = debug_fn(one_line).delimited(" ");
    tracing_subscriber::fmt::layer().fmt_fields(fields).with_ansi(colours).with_writer(writer).boxed()
}

fn in_file(dir: &Path, name: &str) -> anyhow::Result<(NonBlocking, WorkerGuard)> {
    std::fs::create_dir_all(dir).with_context(|| format!("the log directory {} can't be made", dir.display()))?;
    let path = dir.join(name);
    // Addresses of people are in it: it is for its owner, and for a group that is let to read logs.
    let mut options = OpenOptions::new();
    options.read(true).create(true).append(true).mode(0o640);
    options.open(&path).with_context(|| format!("the log file {} can't be written", path.display()))?;
    let (keep, limit) = (AppendCount::new(LOG_FILES_KEPT), ContentLimit::BytesSurpassed(LOG_FILE_BYTES));
    let file = FileRotate::new(path, keep, limit, Compression::None, Some(options));
    Ok(builder(name).lossy(name != TRAIL_FILE).finish(in_one_go(file)))
}

/// All lines that wait are written together; whoever writes flushes when none is left.
fn in_one_go<W: io::Write>(to: W) -> BufWriter<W> {
    BufWriter::with_capacity(LOG_BYTES_AT_ONCE, to)
}

fn json() -> tracing_subscriber::fmt::Layer<Registry, JsonFields, Format<Json>> {
    tracing_subscriber::fmt::layer().json()
}

fn builder(thread: &str) -> NonBlockingBuilder {
    NonBlockingBuilder::default().buffered_lines_limit(LOG_LINES_WAITING).thread_name(thread)
}

/// Writes a field so that it can neither end its line nor colour or hide what is behind it.
fn one_line(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{}=", field.name())?;
    }
    write!(OneLine(writer), "{value:?}")
}

/// Passes text on with all that does not show in it escaped.
struct OneLine<'a, 'b>(&'a mut Writer<'b>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Nearly all text is of this kind.
        if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return self.0.write_str(text);
        }
        for shown in text.chars() {
            match shown {
                '\'' | '"' | '\\' => self.0.write_char(shown)?,
                _ => write!(self.0, "{}", shown.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// A panic is an actor's end, and its supervisor's business: it is logged like everything else.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("a panic without words");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let actor = who_is_at_work().map(|actor| actor.to_string());
    tracing::error!(message, place, actor, "panic");
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::sync::Arc;

    use parking_lot::Mutex;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_of_any_length_is_six_files_of_ten_megabytes() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, guard) = in_file(dir.path(), TRAIL_FILE).unwrap();
        let line = [vec![b'x'; 1_000_000], b"\n".to_vec()].concat();
        for _ in 0..80 {
            writer.write_all(&line).unwrap();
        }
        drop(guard);
        let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1 + LOG_FILES_KEPT, "{files:?}");
        for file in files {
            let written = std::fs::read(&file).unwrap();
            assert!(written.len() <= LOG_FILE_BYTES + line.len(), "{file:?}: {}", written.len());
            assert!(written.is_empty() || written.ends_with(b"x\n"), "{file:?}: no line is cut in two");
        }
    }

    #[test]
    fn whatever_mallory_calls_herself_is_one_line_of_the_log() {
        let page = Page::default();
        let (writer, guard) = builder("test").lossy(false).finish(page.clone());
        let name = "Mal\r\nlory\u{1b}[2J\"%n\0\u{202e}\u{2028}\u{85}\\n é";
        tracing::subscriber::with_default(Registry::default().with(text(writer, false)), || {
            let span = tracing::info_span!("request", path = name, shown = %name);
            span.in_scope(|| tracing::info!(name, shown = %name, "a word from {name}"));
        });
        drop(guard);
        let written = String::from_utf8(page.0.lock().clone()).unwrap();
        assert!(written.contains("lory") && written.contains('é'), "{written:?}");
        let line = written.strip_suffix('\n').unwrap();
        let hidden = |shown: char| shown.is_control() || ['\u{202e}', '\u{2028}'].contains(&shown);
        assert!(!line.contains(hidden), "{line:?}");
        assert_eq!(line.matches(r"\r\n").count(), 5, "{line}");
    }
}
