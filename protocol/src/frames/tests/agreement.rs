//! The reader against another that was written by others, tungstenite's in the role of a server.

use std::io::{self, Read, Write};

use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::*;

/// Bytes of a client, behind which only noughts come: so every frame that was begun has an end, and is judged. What is
/// written to it is lost.
struct Bytes<'a> {
    left: &'a [u8],
}

impl Read for Bytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.left.read(into)?;
        if read == 0 {
            into.fill(0);
            return Ok(into.len());
        }
        Ok(read)
    }
}

impl Write for Bytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What tungstenite reads up to a goodbye, or up to what ends the socket.
fn theirs(bytes: &[u8]) -> (Vec<Item<'static>>, Option<CloseCode>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(512)
        .max_message_size(Some(FRAME_BYTES))
        .max_frame_size(Some(FRAME_BYTES));
    let mut socket = WebSocket::from_raw_socket(Bytes { left: bytes }, Role::Server, Some(config));
    let mut items = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(said)) => items.push(text(&said)),
            Ok(Message::Ping(payload)) => items.push(Item::Ping(payload.to_vec().into())),
            Ok(Message::Pong(_)) => items.push(Item::Pong),
            // A code that nobody may send is shown as this one; it may be sent, too.
            Ok(Message::Close(Some(close)))
                if u16::from(close.code) == 1002 && close.reason == "Protocol violation" =>
            {
                return (items, Some(CloseCode::Protocol));
            }
            Ok(Message::Close(close)) => {
                let payload =
                    close.map(|close| [&u16::from(close.code).to_be_bytes(), close.reason.as_bytes()].concat());
                items.push(Item::Close(payload.unwrap_or_default().into()));
                return (items, None);
            }
            Ok(Message::Binary(_)) => return (items, Some(CloseCode::Binary)),
            Ok(Message::Frame(_)) => unreachable!("none is ever read"),
            Err(Error::Capacity(_)) => return (items, Some(CloseCode::TooLarge)),
            Err(Error::Utf8(_)) => return (items, Some(CloseCode::BadUtf8)),
            Err(Error::Protocol(_)) => return (items, Some(CloseCode::Protocol)),
            Err(other) => panic!("{other}"),
        }
    }
}

/// What our reader reads up to the same.
fn ours(bytes: &[u8], at_once: usize) -> (Vec<Item<'static>>, Option<CloseCode>) {
    // As many noughts as the longest frame may lack.
    let bytes = [bytes, &[0; FRAME_BYTES + 100]].concat();
    let heard = read(&mut Reader::new(false), &bytes, at_once);
    let (mut items, mut ending) = (heard.items, heard.ending);
    if let Some(goodbye) = items.iter().position(|item| matches!(item, Item::Close(_))) {
        items.truncate(goodbye + 1);
        ending = None;
    }
    (items, ending)
}

/// Holds one against the other.
fn agree(bytes: &[u8], at_once: usize) -> Result<(), TestCaseError> {
    let (ours, theirs) = (ours(bytes, at_once), theirs(bytes));
    if ours.1 == Some(CloseCode::Binary) {
        // We say so where it begins, and don't wait for what else may be wrong with it.
        prop_assert_eq!(&ours.0[..], &theirs.0[..ours.0.len().min(theirs.0.len())]);
    } else {
        prop_assert_eq!(ours, theirs);
    }
    Ok(())
}

/// A frame that is more or less as it should be.
fn almost_a_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => prop::sample::select(vec![FIN | TEXT, TEXT, CONTINUATION, FIN | CONTINUATION, FIN | PING, FIN | PONG]),
        2 => prop::sample::select(vec![FIN | CLOSE, FIN | BINARY, BINARY, PING]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        4 => "\\PC{0,60}".prop_map(String::into_bytes),
        2 => prop::collection::vec(prop::sample::select(b"a\xE2\x82\xAC\xF0\x9F\x99\x82\xED\xA0".to_vec()), 0..8),
        2 => (any::<u16>(), "\\PC{0,10}").prop_map(|(code, reason)| [&code.to_be_bytes(), reason.as_bytes()].concat()),
        1 => (0..140_usize).prop_map(|length| vec![b'x'; length]),
        1 => (0..66_000_usize).prop_map(|length| vec![b'x'; length]),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    (first, payload, prop::bool::weighted(0.97)).prop_map(|(first, payload, masked)| {
        let mut frame = frame(first, &payload);
        if !masked {
            frame[1] &= 0x7F;
        }
        frame
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn of_frames_that_are_more_or_less_right_both_read_the_same(
        frames in prop::collection::vec(almost_a_frame(), 0..12), at_once in 1..3_000_usize, cut in 0..20_usize,
    ) {
        let bytes = frames.concat();
        agree(&bytes[..bytes.len().saturating_sub(cut)], at_once)?;
    }

    #[test]
    fn of_any_bytes_both_read_the_same(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..0x84_u8], 0..300), at_once in 1..400_usize,
    ) {
        agree(&bytes, at_once)?;
    }

    #[test]
    fn of_what_is_said_without_compression_both_read_the_same(
        said in prop::collection::vec(said(), 0..6), at_once in 1..2_000_usize,
    ) {
        let plain: Vec<Said> = said.into_iter().map(|(words, pieces, _, pings)| (words, pieces, false, pings)).collect();
        let (bytes, items) = written(&plain);
        prop_assert_eq!(&theirs(&bytes).0[..items.len()], &items[..]);
        agree(&bytes, at_once)?;
    }
}
