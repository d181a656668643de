//! Whose command a thread has in hand, so that the log of a panic can say whose it was.
//!
//! A span of `tracing` for each command would say it, too, and costs as much as a tenth of a message's whole way.

use std::cell::RefCell;

use crate::census::ActorName;

thread_local! {
    static AT_WORK: RefCell<Option<ActorName>> = const { RefCell::new(None) };
}

/// Somebody is at work until this is dropped.
pub(crate) struct AtWork(());

/// From now on, this actor is at work on this thread: its handler must not wait.
pub(crate) fn begin(name: impl FnOnce() -> ActorName) -> AtWork {
    AT_WORK.set(Some(name()));
    AtWork(())
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.set(None);
    }
}

/// The room or session that is at work on this thread.
#[must_use]
pub fn who_is_at_work() -> Option<ActorName> {
    AT_WORK.with_borrow(Clone::clone)
}
