//! What is kept for whoever studies crashes: their stories, and capsules to replay them from.
//!
//! Neither is needed to serve: what is damaged, torn or missing is passed over, and no error stops anything. Each line of
//! `stories` is a checksum and a story; capsules are files of their own.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use greenroom_protocol::limits::{CAPSULES, STORIES};

use crate::disk::write_whole;

/// Where stories and capsules lie.
#[derive(Clone, Debug)]
pub struct Shelf {
    dir: PathBuf,
}

/// What was found of the stories.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The newest of them, oldest first.
    pub stories: Vec<String>,
    /// Lines that can't be read.
    pub damaged: usize,
}

impl Shelf {
    pub(crate) fn of(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// The stories that were kept. A file that is damaged or has grown long is written anew with what is sound.
    ///
    /// # Errors
    /// Where the file is there and can't be read.
    pub fn stories(&self) -> io::Result<Kept> {
        let bytes = match std::fs::read(self.file()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(error),
        };
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let sound: Vec<String> = lines.iter().filter_map(|line| sound(line)).collect();
        let damaged = lines.len() - sound.len();
        let stories = sound[sound.len().saturating_sub(STORIES)..].to_vec();
        if damaged > 0 || sound.len() > 2 * STORIES || !bytes.ends_with(b"\n") {
            let text: String = stories.iter().map(|story| line(story)).collect();
            write_whole(&self.file(), text.as_bytes())?;
        }
        Ok(Kept { stories, damaged })
    }

    /// Keeps a story; it has no line breaks.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn keep_story(&self, story: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(self.file())?;
        file.write_all(line(story).as_bytes())
    }

    /// Keeps a capsule under this name, and lets go of the oldest where there are too many.
    ///
    /// # Errors
    /// Where it can't be written, or the name is none.
    pub fn keep_capsule(&self, name: &str, capsule: &[u8]) -> io::Result<()> {
        let path = self.capsule_path(name)?;
        std::fs::create_dir_all(self.capsules())?;
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(capsule)?;
        self.forget_old_capsules()
    }

    /// A capsule; none where there is none of that name.
    ///
    /// # Errors
    /// Where it is there and can't be read.
    pub fn capsule(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Ok(path) = self.capsule_path(name) else { return Ok(None) };
        match std::fs::read(path) {
            Ok(capsule) => Ok(Some(capsule)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn file(&self) -> PathBuf {
        self.dir.join("stories")
    }

    fn capsules(&self) -> PathBuf {
        self.dir.join("capsules")
    }

    /// Nothing that a name says leads out of the directory.
    fn capsule_path(&self, name: &str) -> io::Result<PathBuf> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        if name.ends_with(".json") && name.len() <= 200 && !name.contains("..") && name.bytes().all(plain) {
            Ok(self.capsules().join(name))
        } else {
            Err(io::ErrorKind::InvalidInput.into())
        }
    }

    fn forget_old_capsules(&self) -> io::Result<()> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.capsules())? {
            let entry = entry?;
            all.push((entry.metadata()?.modified()?, entry.path()));
        }
        all.sort();
        for (_, path) in &all[..all.len().saturating_sub(CAPSULES)] {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }
}

fn line(story: &str) -> String {
    format!("{:08x} {story}\n", crc32c::crc32c(story.as_bytes()))
}

fn sound(line: &[u8]) -> Option<String> {
    let (sum, story) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    (sum == crc32c::crc32c(story.as_bytes())).then(|| story.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_survive_with_what_is_torn_or_damaged_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(dir.path());
        assert_eq!(shelf.stories().unwrap(), Kept::default());
        for story in ["one", "two", "three"] {
            shelf.keep_story(story).unwrap();
        }
        let mut bytes = std::fs::read(dir.path().join("stories")).unwrap();
        let at = bytes.windows(3).position(|some| some == b"two").unwrap();
        bytes[at] = b'T';
        bytes.extend_from_slice(b"0123abcd to");
        std::fs::write(dir.path().join("stories"), &bytes).unwrap();
        let kept = shelf.stories().unwrap();
        assert_eq!((kept.stories, kept.damaged), (vec!["one".to_owned(), "three".to_owned()], 2));
        shelf.keep_story("four").unwrap();
        assert_eq!(
            shelf.stories().unwrap(),
            Kept { stories: ["one", "three", "four"].map(str::to_owned).into(), damaged: 0 }
        );
    }

    #[test]
    fn the_newest_stories_and_capsules_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(dir.path());
        (0..STORIES * 2 + 2).for_each(|n| shelf.keep_story(&n.to_string()).unwrap());
        assert_eq!(shelf.stories().unwrap().stories[0], (STORIES + 2).to_string());
        let lines = std::fs::read_to_string(dir.path().join("stories")).unwrap().lines().count();
        assert_eq!(lines, STORIES, "and the file is short again");
        (0..CAPSULES + 3).for_each(|n| shelf.keep_capsule(&format!("{n}-room-green.json"), b"{}").unwrap());
        assert_eq!(std::fs::read_dir(dir.path().join("capsules")).unwrap().count(), CAPSULES);
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(dir.path());
        std::fs::write(dir.path().join("secret.json"), "{}").unwrap();
        for bad in ["../secret.json", "/etc/passwd", "a/b.json", "..json", "x", "", "A.json"] {
            assert!(shelf.keep_capsule(bad, b"{}").is_err(), "{bad}");
            assert_eq!(shelf.capsule(bad).unwrap(), None, "{bad}");
        }
        shelf.keep_capsule("1-room-green.json", b"{}").unwrap();
        assert_eq!(shelf.capsule("1-room-green.json").unwrap().unwrap(), b"{}");
    }
}
