//! Places for sockets, as many for each address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// How many sockets each address has; those that have none are not in it.
#[derive(Debug)]
pub(super) struct Places {
    most: u32,
    taken: Mutex<HashMap<IpAddr, u32>>,
}

/// A place for one socket; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub(super) fn new(most: u32) -> Self {
        Self { most, taken: Mutex::default() }
    }

    pub(super) fn take(self: Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let sockets = taken.entry(address).or_insert(0);
        if *sockets >= self.most {
            return None;
        }
        *sockets += 1;
        drop(taken);
        Some(Place { places: self, address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut sockets) = taken.entry(self.address) {
            *sockets.get_mut() -= 1;
            if *sockets.get() == 0 {
                sockets.remove();
            }
        }
    }
}
