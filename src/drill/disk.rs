//! A disk of a drill's own: a file with a file system in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::stage::Stage;

/// Ends a file system as a power cut does: what it has not written to its device is gone.
/// The call is FS_IOC_SHUTDOWN; its flag 2 says that not even its log is flushed.
const CUT: &str =
    "import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587d,struct.pack('I',2))";

/// A file with an ext4 in it, mounted.
#[derive(Debug)]
pub(crate) struct Disk {
    image: PathBuf,
    pub(crate) mount: PathBuf,
}

impl Disk {
    /// Makes one of so many bytes; an error says what is missing for it.
    pub(crate) fn make(stage: &Stage, bytes: u64) -> anyhow::Result<Self> {
        ensure!(rustix::process::geteuid().is_root(), "needs root: it mounts a file system of its own");
        let disk = Self { image: stage.path("disk.img"), mount: stage.path("disk") };
        std::fs::File::create(&disk.image)?.set_len(bytes)?;
        std::fs::create_dir(&disk.mount)?;
        run("python3", &[Path::new("-c"), Path::new("")]).context("needs python3")?;
        run("mkfs.ext4", &[Path::new("-q"), Path::new("-F"), &disk.image]).context("needs mkfs.ext4")?;
        disk.mount_again().context("needs loop mounts")?;
        Ok(disk)
    }

    /// Cuts its power.
    pub(crate) fn cut(&self) -> anyhow::Result<()> {
        run("python3", &[Path::new("-c"), Path::new(CUT), &self.mount])
    }

    /// Mounts what is left.
    pub(crate) fn mount_again(&self) -> anyhow::Result<()> {
        // Not mounted the first time.
        let _unmounted = run("umount", &[&self.mount]);
        run("mount", &[Path::new("-o"), Path::new("loop"), &self.image, &self.mount])
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = run("umount", &[Path::new("-l"), &self.mount]);
    }
}

fn run(program: &str, arguments: &[&Path]) -> anyhow::Result<()> {
    let done = Command::new(program).args(arguments).output().with_context(|| format!("{program} can't be run"))?;
    ensure!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr).trim());
    Ok(())
}
