//! The library's socket as a wire: the socket's own task writes, and is woken for it.

use greenroom_actors::outbox::{Queue, Wire};
use tokio::sync::Notify;

/// Wakes the task of a socket.
#[derive(Debug, Default)]
pub(super) struct Wake(Notify);

impl Wake {
    /// Waits until there is something to write, or was since the last time.
    pub(super) async fn woken(&self) {
        self.0.notified().await;
    }
}

impl Wire for Wake {
    fn ready(&self, _queue: &mut Queue) {
        self.0.notify_one();
    }
}
