//! Which life of the logs this is.
//!
//! A copy that is brought back goes on from an earlier point than the store that it was made of had reached:
//! the same `seq` then stands for another event. So whoever holds events of the old life has to begin anew, which
//! they learn from the room's `epoch`. That is written once, when a room is made, and stays as it is written; what
//! is *served* is that in a store's first life, and in any other a mix of it and of the life's id.

use std::io;

use greenroom_protocol::Epoch;
use uuid::Uuid;

/// A life of all logs of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Life(pub(crate) Option<Uuid>);

impl Life {
    /// One that has never been.
    pub(crate) fn another() -> io::Result<Self> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        Ok(Self(Some(uuid::Builder::from_random_bytes(id).into_uuid())))
    }

    /// The epoch that is served, of a room with this one in its record.
    pub(crate) fn epoch(self, written: Uuid) -> Epoch {
        Epoch(self.mixed_with(written))
    }

    /// What an index belongs to, which holds epochs as they are served.
    pub(crate) fn owner_of_index(self, store: Uuid) -> Uuid {
        self.mixed_with(store)
    }

    fn mixed_with(self, id: Uuid) -> Uuid {
        let Some(life) = self.0 else { return id };
        let both = [life.into_bytes(), id.into_bytes()].concat();
        let mut mixed = [0; 16];
        mixed.copy_from_slice(&blake3::derive_key("greenroom 2026 life v1", &both)[..16]);
        uuid::Builder::from_custom_bytes(mixed).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_life_serves_what_is_written_and_every_other_something_else() {
        let written = Uuid::now_v7();
        assert_eq!(Life::default().epoch(written), Epoch(written));
        let (second, third) = (Life::another().unwrap(), Life::another().unwrap());
        assert_eq!(second.epoch(written), second.epoch(written));
        assert_ne!(second.epoch(written), Epoch(written));
        assert_ne!(second.epoch(written), third.epoch(written));
        assert_ne!(second.epoch(written), second.epoch(Uuid::now_v7()));
    }
}
