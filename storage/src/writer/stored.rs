//! Where the ledger looks up what is stored.

use greenroom_protocol::{Name, UserId};

use crate::documents::Key;
use crate::fingerprint::Fingerprint;
use crate::journal::Reader;
use crate::ledger::Stored;
use crate::record::{Lsn, Record};
use crate::shared::Shared;
use crate::{ReadError, RoomKey};

/// In the segments, the layers and the index.
pub(super) struct StoredHere<'s>(pub(super) &'s Shared);

impl Stored for StoredHere<'_> {
    fn sealed(&self, key: Fingerprint) -> Option<Lsn> {
        self.0.segments.find_sealed(key)
    }

    fn message(&self, lsn: Lsn, show: &mut dyn FnMut(&Record<'_>)) -> bool {
        let mut reader = Reader::new(&self.0.segments);
        let Ok(record @ (Record::Message(_) | Record::Stub(_))) = reader.read(lsn, None) else { return false };
        show(&record);
        true
    }

    /// While the index is made again nobody knows; then a person is written once more, which does no harm.
    fn person(&self, user: UserId) -> Option<(Name, bool)> {
        self.0.person(user).ok().flatten()
    }

    fn follows(&self, user: UserId, room: RoomKey) -> bool {
        self.0.follows(user, room).unwrap_or(false)
    }

    fn document(&self, key: &Key) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.document(key)
    }
}
