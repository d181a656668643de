//! The door for whoever observes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use greenroom_protocol::limits::OBSERVERS;
use serde::Serialize;

use super::Observatory;
use super::shelf::Shelf;
use super::story::Story;
use super::view::View;
use crate::directory::Directory;

/// Somebody who observes.
#[derive(Clone)]
pub struct Observer {
    directory: Arc<Directory>,
    /// One of the places for observers; none for who only asks.
    _place: Option<Arc<Place>>,
}

/// A place for an observer. With the last one that is given up, nothing is timed any more.
struct Place(Arc<Directory>);

/// Some stories.
#[derive(Clone, Debug, Serialize)]
pub struct StoriesPage {
    /// Newest first.
    pub stories: Vec<Story>,
    /// Whether there are older ones.
    pub more: bool,
}

impl Observer {
    pub(crate) fn new(directory: Arc<Directory>) -> Self {
        Self { directory, _place: None }
    }

    pub(super) fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Begins to watch; nothing where as many do as may. `lab` says whether the laboratory is open.
    #[must_use]
    pub fn watch(&self, lab: bool) -> Option<View> {
        let observers = &self.directory.observatory.observers;
        let place = |before| (before < OBSERVERS).then_some(before + 1);
        observers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, place).ok()?;
        let place = Some(Arc::new(Place(Arc::clone(&self.directory))));
        Some(View::new(Self { directory: Arc::clone(&self.directory), _place: place }, lab))
    }

    /// At most so many stories before number `before`.
    #[must_use]
    pub fn stories(&self, before: Option<u64>, limit: usize) -> StoriesPage {
        let stories = self.directory.observatory.stories.lock();
        let mut newest = stories.newest(before.unwrap_or(u64::MAX));
        let page: Vec<Story> = newest.by_ref().take(limit).cloned().collect();
        StoriesPage { stories: page, more: newest.next().is_some() }
    }

    /// Waits until the stories that are over are written down, at most this long.
    pub async fn settle(&self, most: Duration) {
        let settled = async {
            while !self.directory.observatory.stories.lock().all_kept() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _late = tokio::time::timeout(most, settled).await;
    }

    /// A capsule; nothing where there is none of that name, or it can't be read.
    pub async fn capsule(&self, name: String) -> Option<Vec<u8>> {
        let shelf = self.directory.observatory.stories.lock().shelf.clone()?;
        let read = tokio::task::spawn_blocking(move || shelf.capsule(&name)).await.ok()?;
        read.inspect_err(|error| tracing::warn!(%error, "a capsule can't be read")).ok().flatten()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let observatory = &self.0.observatory;
        if observatory.observers.fetch_sub(1, Ordering::Relaxed) == 1 {
            observatory.board.lock().rest(&self.0);
        }
    }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observer")
    }
}

impl Observatory {
    /// Takes up the stories of earlier processes, and keeps those to come.
    pub(crate) fn recall(&self, shelf: Shelf) {
        let kept = match shelf.stories() {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, "stories of earlier crashes can't be read");
                greenroom_storage::Kept::default()
            }
        };
        if kept.damaged > 0 {
            tracing::warn!(damaged = kept.damaged, "stories of earlier crashes were damaged, and are passed over");
        }
        let stories = kept.stories.iter().filter_map(|story| serde_json::from_str(story).ok()).collect();
        self.stories.lock().recall(shelf, stories);
    }

    /// Writes down the stories that are over.
    pub(super) async fn keep_told(&self) {
        let (shelf, over, capsules) = {
            let mut stories = self.stories.lock();
            let Some(shelf) = stories.shelf.clone() else { return };
            let (over, capsules) = (stories.take_over(), std::mem::take(&mut stories.capsules));
            if over.is_empty() && capsules.is_empty() {
                return;
            }
            stories.writing = true;
            (shelf, over, capsules)
        };
        let kept = tokio::task::spawn_blocking(move || {
            for (name, capsule) in capsules {
                shelf.keep_capsule(&name, &serde_json::to_vec(&capsule)?)?;
            }
            for story in over {
                shelf.keep_story(&serde_json::to_string(&story)?)?;
            }
            std::io::Result::Ok(())
        });
        if let Ok(Err(error)) = kept.await {
            tracing::warn!(%error, "the story of a crash can't be written down");
        }
        self.stories.lock().writing = false;
    }
}
