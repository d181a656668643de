//! Greenroom as its users run it: the program, with its flags, signals and last words.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use super::{Host, soon};

/// A free port of this computer.
const FREE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The program, with an environment of its own.
pub(crate) fn greenroom() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_greenroom")))
}

fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GREENROOM_") || name == "RUST_LOG") {
            command.env_remove(name);
        }
    }
    command.kill_on_drop(true);
    command
}

/// A running program. It is killed when the test ends.
pub(crate) struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
    log: PathBuf,
    home: Home,
    flags: Vec<String>,
}

/// Where a program keeps its data, over several lives.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Process {
    /// Starts it on a free port, with a directory of its own.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        Self::start_at(FREE, Home::new(), greenroom(), flags).await
    }

    /// Starts it by another program, which becomes it: `prlimit` with its arguments, for instance.
    pub(crate) async fn start_by(starter: &[&str], flags: &[&str]) -> Self {
        let mut command = clean(Command::new(starter[0]));
        command.args(&starter[1..]).arg(env!("CARGO_BIN_EXE_greenroom"));
        Self::start_at(FREE, Home::new(), command, flags).await
    }

    /// Starts it where data is already.
    pub(crate) async fn start_in(home: Home, flags: &[&str]) -> Self {
        Self::start_at(FREE, home, greenroom(), flags).await
    }

    /// Starts it where data is already, by a command with an environment.
    pub(crate) async fn start_as(command: Command, home: Home, flags: &[&str]) -> Self {
        Self::start_at(FREE, home, command, flags).await
    }

    async fn start_at(listen: SocketAddr, home: Home, mut command: Command, flags: &[&str]) -> Self {
        let log = home.path().join("log");
        let stderr = File::options().create(true).append(true).open(&log).expect("a log");
        // Tests say more in a second than people do; a flag wins over it.
        command.env("GREENROOM_NO_LIMITS", "true");
        command.args(["serve", "--listen", &listen.to_string(), "--data"]).arg(home.data()).args(flags);
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        soon("the server to listen", stdout.read_line(&mut line)).await.expect("its first line");
        let place = line.trim_end().strip_prefix("listening on ").and_then(|url| url.split_once("://"));
        let address = place.and_then(|(_scheme, address)| address.parse().ok());
        let logged = || std::fs::read_to_string(&log).unwrap_or_default();
        let address = address.unwrap_or_else(|| panic!("it said {line:?}, and logged {}", logged()));
        let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
        Self { child, stdout, address, log, home, flags }
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Ends it as a user does, and waits. Returns how it ended, and what else it said on standard output.
    pub(crate) async fn terminate(&mut self) -> (ExitStatus, String) {
        self.signal("TERM").await;
        self.end().await
    }

    /// Ends it, and returns its log: while it runs, the last lines may still be on their way to it.
    pub(crate) async fn whole_log(&mut self) -> String {
        self.terminate().await;
        self.log()
    }

    /// The number that the system knows it by.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Holds it up, and waits until none of its threads runs any more.
    pub(crate) async fn hold_up(&self) {
        self.signal("STOP").await;
        let threads = format!("/proc/{}/task", self.pid());
        let states = async || {
            let stats = std::fs::read_dir(&threads).expect("it lives").filter_map(|thread| {
                let stat = std::fs::read_to_string(thread.ok()?.path().join("stat")).ok()?;
                stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next())
            });
            stats.collect::<String>()
        };
        super::until("it to stand still", states, |states| states.chars().all(|state| state == 'T')).await;
    }

    /// Sends a signal.
    pub(crate) async fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().await.expect("kill is there");
        assert!(sent.success(), "the process takes {signal}");
    }

    /// Waits until it ends by itself.
    pub(crate) async fn end(&mut self) -> (ExitStatus, String) {
        let status = soon("the process to end", self.child.wait()).await.expect("waited for");
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).await.expect("the rest of its output");
        (status, rest)
    }

    /// Ends it from one moment to the next.
    pub(crate) async fn kill_9(&mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Starts it again with the same flags on the same directory and port, once it has ended.
    pub(crate) async fn restart(self) -> Self {
        let Self { mut child, home, address, flags, .. } = self;
        assert!(child.try_wait().is_ok_and(|ended| ended.is_some()), "it has ended before it starts again");
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Self::start_at(address, home, greenroom(), &flags).await
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("its log")
    }
}

impl Host for Process {
    fn address(&self) -> SocketAddr {
        self.address
    }
}
