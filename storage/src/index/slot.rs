//! Where readers find the index, while there is one.

use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};

use super::{Index, IndexError};
use crate::ReadError;

/// The index that is in use; none while it is being made again.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    index: RwLock<Option<Arc<Index>>>,
    /// The one before, as long as a reader has it.
    before: Mutex<Weak<Index>>,
}

impl Slot {
    pub(crate) fn put(&self, index: Index) {
        *self.index.write() = Some(Arc::new(index));
    }

    /// Takes the index out of use.
    pub(crate) fn clear(&self) {
        let index = self.index.write().take();
        self.retire(index);
    }

    fn retire(&self, index: Option<Arc<Index>>) {
        if let Some(index) = index {
            *self.before.lock() = Arc::downgrade(&index);
        }
    }

    /// Whether the index that was taken out of use is still open.
    pub(crate) fn is_still_read(&self) -> bool {
        self.before.lock().strong_count() > 0
    }

    /// Asks the index. Where it fails, it is out of use from then on, and the applier will make another.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&Index) -> Result<T, IndexError>) -> Result<T, ReadError> {
        let index = self.index.read().clone().ok_or(ReadError::Rebuilding)?;
        ask(&index).map_err(|error| {
            tracing::error!(%error, "the index is damaged; it will be made again from the journal");
            // Only the one that failed: another may be there by now.
            let failed = self.index.write().take_if(|now| Arc::ptr_eq(now, &index));
            self.retire(failed);
            ReadError::Rebuilding
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.index.read().is_none()
    }
}
