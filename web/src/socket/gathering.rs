//! From an outbox into one buffer, compressed for those who can read that.

use greenroom_actors::outbox::{HandedOut, Outbox};
use greenroom_protocol::{Compression, EncodedFrame};

use super::line::TAKE_BYTES;

/// Adds about [`TAKE_BYTES`] of what is queued.
pub(super) fn gather(outbox: &Outbox, compression: Compression, frames: &mut Vec<u8>) -> HandedOut {
    let (deflated_from, mut later) = (compression.from_bytes(), Vec::new());
    let handed_out = outbox.hand_out(TAKE_BYTES, |frame| {
        if !frame.is_deflated_from(deflated_from) {
            frames.extend_from_slice(frame.framed());
        } else if frame.can_be_deflated_later() {
            // A page takes its time, and a whole room may wait for the outbox meanwhile.
            later.push((frames.len(), frame.clone()));
        } else {
            frames.extend_from_slice(frame.deflated());
        }
    });
    if !later.is_empty() {
        insert(frames, &later);
    }
    handed_out
}

/// Puts each frame where it belongs.
fn insert(frames: &mut Vec<u8>, later: &[(usize, EncodedFrame)]) {
    let (first, _) = later[0];
    let behind = frames.split_off(first);
    let ends = later.iter().skip(1).map(|(place, _)| *place).chain([first + behind.len()]);
    for ((place, frame), end) in later.iter().zip(ends) {
        frames.extend_from_slice(frame.deflated());
        frames.extend_from_slice(&behind[place - first..end - first]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use greenroom_actors::outbox::{Queue, Wire};

    use super::*;

    struct NoWire;

    impl Wire for NoWire {
        fn ready(&self, _queue: &mut Queue) {}
    }

    #[test]
    fn frames_go_out_in_order_whichever_of_them_are_compressed() {
        let short = |n: usize| EncodedFrame::new(&format!("short {n}"));
        let long = |n: usize| EncodedFrame::of_room(&format!("long {n} {}", "x".repeat(3_000)));
        let had_before = long(9);
        assert!(had_before.deflated().len() < 100);
        let queued = [short(0), long(1), long(2), had_before, short(3), long(4), short(5), short(6), long(7)];
        for compression in [Compression::Off, Compression::Large] {
            let deflated_from = compression.from_bytes();
            let outbox = Outbox::new(Arc::new(NoWire));
            queued.iter().for_each(|frame| outbox.reply(frame.clone()));
            let mut frames = b"before".to_vec();
            let handed_out = gather(&outbox, compression, &mut frames);
            assert_eq!((handed_out.frames, handed_out.more), (9, false));
            let expected: Vec<u8> = queued
                .iter()
                .flat_map(|frame| if frame.len() >= deflated_from { frame.deflated() } else { frame.framed() }.to_vec())
                .collect();
            assert_eq!(frames, [b"before", expected.as_slice()].concat());
        }
    }
}
