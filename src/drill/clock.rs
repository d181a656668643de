//! A wall clock of the drill's own for a server: a library that is preloaded into it, made here and now.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::stage::Stage;

const SOURCE: &str = include_str!("clock.c");

/// How far a server's wall clock is ahead.
#[derive(Debug)]
pub(crate) struct WallClock {
    library: PathBuf,
    ahead: PathBuf,
    file: File,
}

impl WallClock {
    /// Makes one that is right; an error says what is missing for it.
    pub(crate) fn make(stage: &Stage) -> anyhow::Result<Self> {
        let (source, library, ahead) = (stage.path("clock.c"), stage.path("clock.so"), stage.path("ahead"));
        std::fs::write(&source, SOURCE)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).arg("-ldl");
        let made = compiler.output().context("needs cc")?;
        ensure!(made.status.success(), "needs a working cc: {}", String::from_utf8_lossy(&made.stderr).trim());
        let clock = Self { library, file: File::create(&ahead)?, ahead };
        clock.set(0)?;
        Ok(clock)
    }

    /// Sets it so many seconds ahead of the time.
    pub(crate) fn set(&self, seconds: i64) -> anyhow::Result<()> {
        Ok(self.file.write_all_at(&seconds.to_ne_bytes(), 0)?)
    }

    /// What a server is to be started with.
    pub(crate) fn environment(&self) -> [(&str, &PathBuf); 2] {
        [("LD_PRELOAD", &self.library), ("DRILL_CLOCK", &self.ahead)]
    }
}
