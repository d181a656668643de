//! What the system tells of a running program.

use std::time::Duration;

use super::Process;

/// The clock ticks of a second, in which the system counts a process's time: the same wherever Linux runs.
const TICKS: u64 = 100;

impl Process {
    /// Files, sockets and the like that it holds open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("it runs").count()
    }

    /// Memory that it occupies, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of its memory");
        line.trim().trim_end_matches("kB").trim().parse().expect("a number")
    }

    /// Time that it has computed.
    pub(crate) fn computed(&self) -> Duration {
        let stat = self.proc("stat");
        // Its name may hold anything, and ends with the last parenthesis.
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<u64>().expect("a number");
        Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / TICKS)
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.pid())).expect("it runs")
    }
}
