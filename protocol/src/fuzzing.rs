//! What must hold of any bytes that arrive as a frame. The targets in `fuzz/` look for bytes of which it
//! does not hold; the test below knows those that were found, and others worth keeping.

use crate::frames::{Item, Reader};
use crate::limits::{FRAME_BYTES, REF_BYTES};
use crate::{ClientFrame, CloseCode, EncodedFrame, Ref, ServerFrame};

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

/// What a client sends over a socket. The first byte says how many of the others arrive at once: the same is read in any case,
/// and nothing that is larger than a frame may be; and where no frame can be compressed, it makes no difference whether
/// the client may.
///
/// # Panics
/// Where that doesn't hold.
pub fn frames(bytes: &[u8]) {
    let Some((&at_once, bytes)) = bytes.split_first() else { return };
    let [plain, inflating] = [false, true].map(|inflates| {
        let read = read(bytes, usize::from(at_once).max(1), inflates);
        assert_eq!(read, self::read(bytes, bytes.len().max(1), inflates));
        assert_eq!(read, self::read(bytes, 1, inflates));
        read
    });
    if bytes.iter().all(|byte| byte & 0x40 == 0) {
        assert_eq!(plain, inflating, "nothing can be compressed");
    }
}

/// What is read of bytes that arrive so many at once, how many frames were begun, and the code that the socket ends with, if
/// it does.
fn read(bytes: &[u8], at_once: usize, inflates: bool) -> (Vec<String>, usize, Option<CloseCode>) {
    let (mut reader, mut said, mut begun) = (Reader::new(inflates), Vec::new(), 0);
    for some in bytes.chunks(at_once) {
        let mut some = some.to_vec();
        let mut rest = some.as_mut_slice();
        loop {
            let admit = || {
                begun += 1;
                Ok(())
            };
            match reader.next(&mut rest, admit) {
                Ok(Some(item)) => {
                    assert!(!matches!(&item, Item::Text(text) if text.len() > FRAME_BYTES));
                    said.push(format!("{item:?}"));
                }
                Ok(None) => break,
                Err(code) => return (said, begun, Some(code)),
            }
        }
        assert!(rest.is_empty(), "all of it is read");
    }
    (said, begun, None)
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
    fn no_kept_bytes_of_a_client_break_the_reader_of_frames() {
        run_kept("frames", frames);
    }

    #[test]
    fn no_kept_frame_of_a_server_breaks_its_reader() {
        run_kept("server_frame", server_frame);
    }
}
