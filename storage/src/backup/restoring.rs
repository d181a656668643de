//! Makes a data directory of a backup.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{MANIFEST, Manifest, write_synced};
use super::{beside, is_free, is_segment, make_dir, put_in_place};
use crate::data_dir::{FORMAT, format_text};
use crate::life::Life;

/// Why nothing was restored. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailed {
    /// There is no manifest.
    #[error("{0} is no backup: there is no file `manifest.json` in it")]
    NoBackup(PathBuf),
    /// The manifest is not what was written.
    #[error("{0} was changed since the backup was made; take another backup")]
    Manifest(PathBuf),
    /// It was made by a later version.
    #[error(
        "the backup has format {found}, this greenroom knows {FORMAT}; restore it with the version that made it, {by}"
    )]
    Format {
        /// The format that was found.
        found: u32,
        /// The version that made it.
        by: String,
    },
    /// A file is not there.
    #[error("{0} is missing in the backup; take another backup")]
    Missing(PathBuf),
    /// A file is not what was written.
    #[error("{0} was changed since the backup was made; take another backup")]
    Changed(PathBuf),
    /// A file is there that was not written.
    #[error("{0} is no part of the backup; remove it, or take another backup")]
    Surplus(PathBuf),
    /// Nothing is overwritten.
    #[error("{0} is not empty; give another directory with --data, or empty it")]
    NotEmpty(PathBuf),
    /// The disk failed.
    #[error("{what}: {cause}")]
    Disk {
        /// What was tried.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// Makes a data directory of a backup, in another life of its logs. It is there whole, or not at all.
///
/// # Errors
/// Where the backup is not whole, or the directory is there already and not empty.
pub fn restore(backup: &Path, data: &Path) -> Result<Manifest, RestoreFailed> {
    let manifest = manifest_of(backup)?;
    let partial = beside(data, "partial");
    for dir in [data, &partial] {
        if !is_free(dir).map_err(failed(format!("reading {}", dir.display())))? {
            return Err(RestoreFailed::NotEmpty(dir.into()));
        }
    }
    let writing = || failed(format!("writing {}", partial.display()));
    let made = copy(backup, &partial, &manifest)
        .and_then(|()| put_in_place(&partial, data).map_err(failed(format!("making {}", data.display()))));
    if made.is_err() && partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(writing())?;
    }
    made.map(|()| manifest)
}

fn manifest_of(backup: &Path) -> Result<Manifest, RestoreFailed> {
    let path = backup.join(MANIFEST);
    let manifest = match Manifest::read(backup) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return Err(RestoreFailed::Manifest(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(RestoreFailed::NoBackup(backup.into())),
        Err(error) => return Err(failed(format!("reading {}", path.display()))(error)),
    };
    if manifest.format != FORMAT {
        return Err(RestoreFailed::Format { found: manifest.format, by: manifest.greenroom });
    }
    let known = |path: &str| ["floor", "format", "secret"].contains(&path) || is_segment(path);
    if !manifest.files.iter().all(|file| known(&file.path)) {
        return Err(RestoreFailed::Manifest(path));
    }
    let listed: BTreeSet<PathBuf> = manifest.files.iter().map(|file| backup.join(&file.path)).chain([path]).collect();
    let found = files_in(backup).map_err(failed(format!("reading {}", backup.display())))?;
    if let Some(surplus) = found.difference(&listed).next() {
        return Err(RestoreFailed::Surplus(surplus.clone()));
    }
    match listed.difference(&found).next() {
        Some(missing) => Err(RestoreFailed::Missing(missing.clone())),
        None => Ok(manifest),
    }
}

/// The files of a backup, and of the directory in it.
fn files_in(backup: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let journal = backup.join("journal");
    let mut files = BTreeSet::new();
    for dir in [backup, &journal] {
        if dir.is_dir() {
            for entry in std::fs::read_dir(dir)? {
                files.insert(entry?.path());
            }
        }
    }
    files.remove(&journal);
    Ok(files)
}

fn copy(backup: &Path, partial: &Path, manifest: &Manifest) -> Result<(), RestoreFailed> {
    let writing = || failed(format!("writing {}", partial.display()));
    make_dir(&partial.join("journal")).map_err(writing())?;
    for file in &manifest.files {
        let from = backup.join(&file.path);
        let bytes = std::fs::read(&from).map_err(failed(format!("reading {}", from.display())))?;
        if !file.is(&bytes) {
            return Err(RestoreFailed::Changed(from));
        }
        if file.path != "format" {
            write_synced(&partial.join(&file.path), &bytes).map_err(writing())?;
        }
    }
    let life = Life::another().map_err(writing())?;
    write_synced(&partial.join("format"), format_text(manifest.store, life).as_bytes()).map_err(writing())
}

fn failed(what: impl Into<String>) -> impl FnOnce(io::Error) -> RestoreFailed {
    let what = what.into();
    move |cause| RestoreFailed::Disk { what, cause }
}
