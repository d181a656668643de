//! What must hold of any bytes that arrive as a frame. The targets in `fuzz/` look for bytes of which it
//! does not hold; the test below knows those that were found, and others worth keeping.

use crate::limits::{FRAME_BYTES, REF_BYTES};
use crate::{ClientFrame, CloseCode, EncodedFrame, Inbound, Ref, ServerFrame};

/// Longer than any refusal has to be: it may quote the frame, and must not become an echo of it.
const REFUSAL_BYTES: usize = 512;

/// A client's frame is a command that survives a round trip, or is refused in few words.
///
/// # Panics
/// Where that doesn't hold.
pub fn client_frame(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match ClientFrame::parse(text) {
        Ok(frame) => {
            assert!(has_short_reference(frame.reference.as_ref()), "{:?}", frame.reference);
            let again = EncodedFrame::new(&frame);
            let text = std::str::from_utf8(again.text()).expect("JSON is UTF-8");
            assert_eq!(ClientFrame::parse(text), Ok(frame), "{text}");
        }
        Err(refusal) => {
            assert!(has_short_reference(refusal.reference.as_ref()), "{:?}", refusal.reference);
            assert!(refusal.message.len() <= REFUSAL_BYTES, "{}", refusal.message);
        }
    }
}

fn has_short_reference(reference: Option<&Ref>) -> bool {
    !matches!(reference, Some(Ref::Text(text)) if text.len() > REF_BYTES)
}

/// A server's frame that a client can read survives a round trip.
///
/// # Panics
/// Where that doesn't hold.
pub fn server_frame(bytes: &[u8]) {
    let Ok(frame) = serde_json::from_slice::<ServerFrame>(bytes) else { return };
    let again = EncodedFrame::new(&frame);
    let read: ServerFrame = serde_json::from_slice(again.text()).expect("what was encoded is read");
    assert_eq!(read, frame);
}

/// The longest header of a client's frame.
const HEADER: usize = 14;

/// What a client sends that may compress it. The first byte says how many of the others arrive at once: the library
/// behind is told the same in any case, and nothing but the bytes themselves where nothing is compressed. No message is
/// larger than a frame may be.
///
/// # Panics
/// Where that doesn't hold.
pub fn inbound(bytes: &[u8]) {
    let Some((&at_once, bytes)) = bytes.split_first() else { return };
    let (passed, ending) = received(bytes, usize::from(at_once).max(1));
    assert_eq!((&passed, ending), (&received(bytes, bytes.len().max(1)).0, received(bytes, 1).1));
    if bytes.iter().all(|byte| byte & 0x40 == 0) {
        assert_eq!((passed.as_slice(), ending), (bytes, None), "nothing can be compressed");
    }
}

/// What goes on to the library, and the code that the socket ends with, if it does.
fn received(bytes: &[u8], at_once: usize) -> (Vec<u8>, Option<CloseCode>) {
    let (mut inbound, mut passed, mut buffer) = (Inbound::default(), Vec::new(), [0; 512]);
    for some in bytes.chunks(at_once) {
        let (before, mut some) = (passed.len(), some.to_vec());
        let kept = inbound.pass(&mut some);
        passed.extend_from_slice(&some[..kept]);
        loop {
            match inbound.pour(&mut buffer) {
                Ok(0) => break,
                Ok(poured) => passed.extend_from_slice(&buffer[..poured]),
                Err(code) => return (passed, Some(code)),
            }
        }
        let more = passed.len() - before;
        assert!(at_once > 1 || more <= HEADER + FRAME_BYTES, "one byte ends one message, and brought {more}");
    }
    (passed, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the kept inputs of a target; the name of one that fails is in the output.
    fn run_kept(target: &str, holds: fn(&[u8])) {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/");
        let kept: Vec<_> = std::fs::read_dir(format!("{dir}{target}")).unwrap().collect();
        assert!(!kept.is_empty());
        for file in kept {
            let path = file.unwrap().path();
            println!("{}", path.display());
            holds(&std::fs::read(path).unwrap());
        }
    }

    #[test]
    fn no_kept_frame_of_a_client_breaks_the_parser() {
        run_kept("client_frame", client_frame);
    }

    #[test]
    fn no_kept_bytes_of_a_client_break_what_inflates_them() {
        run_kept("inbound", inbound);
    }

    #[test]
    fn no_kept_frame_of_a_server_breaks_its_reader() {
        run_kept("server_frame", server_frame);
    }
}
