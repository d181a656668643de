//! Where 64 events of a room are, in one value.
//!
//! For each event, from the block's first on: how far its record is behind the one before (0 where it is
//! lost), and how many messages there are more than before; both as varints. Some 200 bytes a block.

use crate::layers::EventAt;
use crate::record::Lsn;

/// Events in a block.
pub(crate) const BLOCK: u64 = 64;

/// The block that has this event, and its place there.
pub(crate) fn block_of(seq: u64) -> (u64, usize) {
    let number = seq.saturating_sub(1);
    (number / BLOCK, (number % BLOCK) as usize)
}

pub(crate) fn encode(events: &[EventAt]) -> Vec<u8> {
    let mut out = Vec::with_capacity(events.len() * 4 + 16);
    let (mut lsn, mut ordinal): (Lsn, u64) = (0, 0);
    for event in events {
        put(&mut out, event.lsn.saturating_sub(lsn));
        put(&mut out, event.ordinal.saturating_sub(ordinal));
        lsn = lsn.max(event.lsn);
        ordinal = event.ordinal;
    }
    out
}

/// None where these bytes are no block.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<EventAt>> {
    let mut events = Vec::with_capacity(BLOCK as usize);
    let (mut lsn, mut ordinal): (Lsn, u64) = (0, 0);
    while !bytes.is_empty() {
        let behind = take(&mut bytes)?;
        lsn = lsn.checked_add(behind)?;
        ordinal = ordinal.checked_add(take(&mut bytes)?)?;
        events.push(EventAt { lsn: if behind == 0 { 0 } else { lsn }, ordinal });
    }
    (events.len() <= BLOCK as usize).then_some(events)
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_event_has_the_first_place() {
        assert_eq!((block_of(1), block_of(64), block_of(65)), ((0, 0), (0, 63), (1, 0)));
    }

    proptest! {
        #[test]
        fn a_block_survives_a_round_trip(steps in prop::collection::vec((0_u64..1 << 50, 0_u64..3), 0..=64)) {
            let (mut lsn, mut ordinal) = (0, 0);
            let events: Vec<EventAt> = steps.into_iter().map(|(step, more)| {
                lsn += step;
                ordinal += more;
                EventAt { lsn: if step == 0 { 0 } else { lsn }, ordinal }
            }).collect();
            let bytes = encode(&events);
            prop_assert!(bytes.len() < 4_096);
            prop_assert_eq!(decode(&bytes), Some(events));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _events = decode(&bytes);
        }
    }
}
