//! What the laboratory tells of actors' lives, counted.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::task::AbortHandle;

use crate::child::Server;

/// One line of the laboratory's news.
#[derive(Debug, Deserialize)]
struct News {
    at: String,
    actor: String,
    event: String,
}

/// How rooms ended and came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Rooms that ended by themselves.
    pub(crate) ended: u64,
    /// Of these, those that were started again in the same millisecond: somebody had come while they ended.
    pub(crate) wanted: u64,
}

#[derive(Debug, Default)]
struct Tally {
    ends: Ends,
    /// When each room has ended last.
    last: HashMap<String, String>,
}

/// Counts until it is dropped. The laboratory may leave out news, and never adds any: it is at least so many.
#[derive(Debug)]
pub(crate) struct Watch {
    tally: Arc<Mutex<Tally>>,
    listening: AbortHandle,
}

impl Watch {
    /// Begins to count.
    pub(crate) async fn begin(server: &Server) -> anyhow::Result<Self> {
        let mut stream = server.news().await.context("the laboratory tells no news")?;
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let listening = tokio::spawn(async move {
            let mut heard = Vec::new();
            while let Ok(Some(chunk)) = stream.chunk().await {
                heard.extend_from_slice(&chunk);
                while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = heard.drain(..=end).collect();
                    if let Some(news) = line.strip_prefix(b"data:").and_then(|json| serde_json::from_slice(json).ok()) {
                        counted.lock().count(news);
                    }
                }
            }
        });
        Ok(Self { tally, listening: listening.abort_handle() })
    }

    /// So far.
    pub(crate) fn ends(&self) -> Ends {
        self.tally.lock().ends
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Tally {
    fn count(&mut self, news: News) {
        if !news.actor.starts_with("room:") {
            return;
        }
        if news.event == "stop" {
            self.ends.ended += 1;
            self.last.insert(news.actor, news.at);
        } else if news.event == "start" && self.last.get(&news.actor) == Some(&news.at) {
            self.ends.wanted += 1;
        }
    }
}
