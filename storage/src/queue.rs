//! What the writer is still to carry out.

use std::collections::VecDeque;
use std::time::Instant;

use greenroom_protocol::limits::{BATCH_BYTES, BATCH_RECORDS};
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{Act, Enact, Intent, Open};

/// A queue of intents. It has no bound of its own: senders have one for what is unanswered.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    submitted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    intents: VecDeque<Intent>,
    /// Those submitted after the store was closed.
    late: VecDeque<Intent>,
    closing: bool,
    /// Whether nobody will carry anything out any more.
    dead: bool,
    writer_waits: bool,
}

/// What the writer gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Some intents, none where the time was up.
    Some,
    /// All that was submitted in time was taken; the rest is late.
    Closing,
}

impl Queue {
    pub(crate) fn submit(&self, intent: Intent) {
        let mut state = self.state.lock();
        if state.dead {
            return;
        }
        if state.closing {
            state.late.push_back(intent);
            return;
        }
        state.intents.push_back(intent);
        if state.writer_waits {
            state.writer_waits = false;
            drop(state);
            self.submitted.notify_one();
        }
    }

    /// Takes a batch, and waits for one until `deadline`.
    pub(crate) fn take(&self, batch: &mut Vec<Intent>, deadline: Instant) -> Taken {
        let mut state = self.state.lock();
        while state.intents.is_empty() && !state.closing {
            state.writer_waits = true;
            let timed_out = self.submitted.wait_until(&mut state, deadline).timed_out();
            if timed_out {
                break;
            }
            // Whoever called has mostly more to submit, which then shares a sync with this. Where nobody else wants the
            // processor, this costs nothing.
            MutexGuard::unlocked(&mut state, std::thread::yield_now);
        }
        state.writer_waits = false;
        if state.intents.is_empty() && state.closing {
            return Taken::Closing;
        }
        fill(batch, &mut state.intents);
        Taken::Some
    }

    /// Takes what came after the end; nothing where there is no more.
    pub(crate) fn take_late(&self) -> Vec<Intent> {
        let mut batch = Vec::new();
        fill(&mut batch, &mut self.state.lock().late);
        batch
    }

    pub(crate) fn has_late(&self) -> bool {
        !self.state.lock().late.is_empty()
    }

    pub(crate) fn close(&self) {
        self.state.lock().closing = true;
        self.submitted.notify_all();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.state.lock().closing
    }

    /// Leaves all that waits, and all that comes, undecided for ever.
    pub(crate) fn die(&self) {
        let mut state = self.state.lock();
        state.dead = true;
        let dropped = (std::mem::take(&mut state.intents), std::mem::take(&mut state.late));
        drop(state);
        // What their replies do when they are dropped is no business of the lock.
        drop(dropped);
    }
}

/// Moves a batch's worth of intents.
fn fill(batch: &mut Vec<Intent>, intents: &mut VecDeque<Intent>) {
    let mut bytes = 0;
    let fits = |intent: &&Intent| {
        bytes += intent.bytes();
        bytes <= BATCH_BYTES
    };
    let count = intents.iter().take(BATCH_RECORDS).take_while(fits).count().max(1);
    batch.extend(intents.drain(..count.min(intents.len())));
}

impl Intent {
    /// At least the bytes that its records take.
    pub(crate) fn bytes(&self) -> usize {
        /// More than any record without its texts, with a record for its author before it.
        const RECORDS: usize = 512;
        match self {
            Self::Append(append) => RECORDS + append.body.as_str().len(),
            Self::Open(Open { create: Some(new), .. }) => RECORDS + new.title.len(),
            Self::Make(make) => RECORDS + make.title.len() + make.topic.len() + RECORDS * make.members.len(),
            Self::Enact(Enact { act: Act::Edit { title, topic, .. }, .. }) => RECORDS + title.len() + topic.len(),
            // The one whom it concerns is introduced, too.
            Self::Enact(_) => 2 * RECORDS,
            Self::Open(_) | Self::Follow(_) | Self::Unfollow(_) | Self::Trim(_) | Self::Seal => RECORDS,
            Self::Change(change) => RECORDS + change.bytes(),
        }
    }
}
