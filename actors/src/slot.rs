//! Where the living incarnation of a named actor is found.

use crate::address::Address;
use std::sync::Arc;

use parking_lot::RwLock;
use ractor::Message;

/// Holds the reference of whichever incarnation lives. A ractor reference dies with its actor; a slot doesn't.
pub(crate) struct Slot<M: Message>(Arc<RwLock<Option<Address<M>>>>);

impl<M: Message> Slot<M> {
    pub(crate) fn fill(&self, actor: Address<M>) {
        *self.0.write() = Some(actor);
    }

    /// The living incarnation, or the last one if the next is not up yet.
    pub(crate) fn current(&self) -> Option<Address<M>> {
        self.0.read().clone()
    }
}

impl<M: Message> Default for Slot<M> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<M: Message> Clone for Slot<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
