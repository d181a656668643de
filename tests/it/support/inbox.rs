//! What a guest has heard: kept whole, so that a test that gives up can print it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::MutexGuard;

use greenroom_protocol::{Ack, MessageId, ServerFrame};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::PATIENCE;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With a close frame of this code; 1005 where it named none.
    Closed(u16),
    /// Without one.
    Cut,
}

/// All that one socket has received.
#[derive(Default)]
pub(crate) struct Inbox {
    heard: Mutex<Heard>,
    news: Notify,
}

#[derive(Default)]
struct Heard {
    frames: Vec<(ServerFrame, Taken)>,
    /// By id, since busy writers wait for many of them.
    acks: HashMap<MessageId, Vec<Ack>>,
    ending: Option<Ending>,
}

/// Whether a test has asked for a frame already.
type Taken = bool;

impl Inbox {
    pub(super) fn put(&self, text: &str) {
        let frame: ServerFrame = serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("the server said what its protocol does not know ({error}): {text}"));
        let mut heard = self.lock();
        if let ServerFrame::Ack(ack) = &frame {
            heard.acks.entry(ack.id).or_default().push(ack.clone());
        }
        heard.frames.push((frame, false));
        drop(heard);
        self.news.notify_waiters();
    }

    pub(super) fn end(&self, ending: Ending) {
        self.lock().ending.get_or_insert(ending);
        self.news.notify_waiters();
    }

    /// Waits for the first frame that `pick` takes, and that was not taken before.
    pub(super) async fn take<T>(&self, what: &str, pick: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        self.try_take(what, pick).await.unwrap_or_else(|ending| self.give_up(what, ending))
    }

    /// The same, where the socket may well end before.
    pub(super) async fn try_take<T>(
        &self,
        what: &str,
        mut pick: impl FnMut(&ServerFrame) -> Option<T>,
    ) -> Result<T, Ending> {
        self.wait(what, |heard| {
            let fresh = heard.frames.iter_mut().filter(|(_, taken)| !taken);
            for (frame, taken) in fresh {
                if let Some(picked) = pick(frame) {
                    *taken = true;
                    return Some(picked);
                }
            }
            None
        })
        .await
    }

    /// Waits for so many acks of one id.
    pub(super) async fn try_acked(&self, id: MessageId, times: usize) -> Result<Vec<Ack>, Ending> {
        self.wait("an ack", |heard| heard.acks.get(&id).filter(|acks| acks.len() >= times).cloned()).await
    }

    /// Waits until all that was heard is as it should be.
    pub(super) async fn all<T>(&self, what: &str, mut pick: impl FnMut(&[&ServerFrame]) -> Option<T>) -> T {
        let found =
            self.wait(what, |heard| pick(&heard.frames.iter().map(|(frame, _)| frame).collect::<Vec<_>>())).await;
        found.unwrap_or_else(|ending| self.give_up(what, ending))
    }

    /// What was heard until now.
    pub(super) fn frames(&self) -> Vec<ServerFrame> {
        self.lock().frames.iter().map(|(frame, _)| frame.clone()).collect()
    }

    pub(super) async fn ended(&self) -> Ending {
        let ended = async {
            loop {
                let news = self.news.notified();
                if let Some(ending) = self.lock().ending {
                    return ending;
                }
                news.await;
            }
        };
        timeout(PATIENCE, ended).await.unwrap_or_else(|_| panic!("the socket did not end; heard {}", self.lock()))
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().ending.is_none()
    }

    pub(super) fn give_up(&self, what: &str, ending: Ending) -> ! {
        panic!("waited for {what}, but the socket ended ({ending:?}); heard {}", self.lock())
    }

    /// Waits for a fact, or until nothing more can come; gives up when all patience is gone.
    async fn wait<T>(&self, what: &str, mut fact: impl FnMut(&mut Heard) -> Option<T>) -> Result<T, Ending> {
        let found = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                let ending = {
                    let mut heard = self.lock();
                    if let Some(found) = fact(&mut heard) {
                        return Ok(found);
                    }
                    heard.ending
                };
                if let Some(ending) = ending {
                    return Err(ending);
                }
                news.await;
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("waited in vain for {what}; heard {}", self.lock()))
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NEWEST: usize = 30;
        let passed = self.frames.len().saturating_sub(NEWEST);
        writeln!(f, "{} frames, the newest of them:", self.frames.len())?;
        for (frame, taken) in &self.frames[passed..] {
            let mut text = serde_json::to_string(frame).map_err(|_| fmt::Error)?;
            if text.len() > 600 {
                text = text.chars().take(600).chain(" …".chars()).collect();
            }
            writeln!(f, "  {} {text}", if *taken { '✓' } else { '·' })?;
        }
        write!(f, "  then {:?}", self.ending)
    }
}
