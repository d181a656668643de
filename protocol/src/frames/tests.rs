use flate2::{Compress, Compression as Level, FlushCompress};
use proptest::prelude::*;

use super::*;
use crate::CloseCode;
use crate::deflate::{COMPRESSED, TAIL};
use crate::limits::FRAME_BYTES;

mod agreement;

const CONTINUATION: u8 = Kind::Continuation.opcode();
const TEXT: u8 = Kind::Text.opcode();
const BINARY: u8 = Kind::Binary.opcode();
const CLOSE: u8 = Kind::Close.opcode();
const PING: u8 = Kind::Ping.opcode();
const PONG: u8 = Kind::Pong.opcode();

/// What a client writes: a masked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x12, 0xAB, 0x00, 0x7F];
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        middle @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The header of a text that is announced to be so long.
fn announced(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat()
}

fn deflated(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1_000);
    Compress::new(Level::best(), false).compress_vec(text, &mut out, FlushCompress::Sync).unwrap();
    out.truncate(out.len() - TAIL.len());
    out
}

/// All that was read, until the end or until a rule was broken.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    items: Vec<Item<'static>>,
    ending: Option<CloseCode>,
    /// How many frames were begun.
    begun: u32,
}

/// Reads bytes that come so many at a time.
fn read(reader: &mut Reader, bytes: &[u8], at_once: usize) -> Heard {
    let (mut items, mut begun) = (Vec::new(), 0);
    for some in bytes.chunks(at_once.max(1)) {
        let mut some = some.to_vec();
        let mut rest = some.as_mut_slice();
        loop {
            let admit = || {
                begun += 1;
                Ok(())
            };
            match reader.next(&mut rest, admit) {
                Ok(Some(item)) => items.push(owned(item)),
                Ok(None) => break,
                Err(code) => return Heard { items, ending: Some(code), begun },
            }
        }
        assert!(rest.is_empty(), "all of it is read before more is wanted");
    }
    Heard { items, ending: None, begun }
}

fn owned(item: Item<'_>) -> Item<'static> {
    match item {
        Item::Text(text) => Item::Text(text.into_owned().into()),
        Item::Ping(payload) => Item::Ping(payload.into_owned().into()),
        Item::Pong => Item::Pong,
        Item::Close(payload) => Item::Close(payload.into_owned().into()),
    }
}

fn text(text: &str) -> Item<'static> {
    Item::Text(text.to_owned().into())
}

/// What is heard of bytes where the client may compress, the same however they are cut.
fn heard(bytes: &[u8]) -> (Vec<Item<'static>>, Option<CloseCode>) {
    let whole = read(&mut Reader::new(true), bytes, usize::MAX);
    for at_once in [1, 2, 7, 13, 14, 15, 100, 1_024] {
        assert_eq!(read(&mut Reader::new(true), bytes, at_once), whole, "{at_once} bytes at once");
    }
    (whole.items, whole.ending)
}

#[test]
fn what_came_in_one_piece_is_read_where_it_lies() {
    let mut bytes = [frame(FIN | TEXT, b"{}"), frame(FIN | PING, b"there?")].concat();
    let mut rest = bytes.as_mut_slice();
    let mut reader = Reader::new(false);
    let Ok(Some(Item::Text(said))) = reader.next(&mut rest, || Ok(())) else { panic!("a text") };
    assert!(matches!(said, std::borrow::Cow::Borrowed("{}")));
    assert_eq!(rest.len(), 12, "what comes behind is left there");
    assert!(matches!(reader.next(&mut rest, || Ok(())), Ok(Some(Item::Ping(std::borrow::Cow::Borrowed(b"there?"))))));
}

#[test]
fn frames_of_any_kind_are_counted_however_their_bytes_arrive() {
    let frames = [
        frame(FIN | TEXT, &[b'x'; 5]),
        frame(FIN | TEXT, b""),
        frame(TEXT, b"x"),
        frame(CONTINUATION, b""),
        frame(FIN | PING, &[b'x'; 125]),
        frame(FIN | CONTINUATION, &[b'x'; 300]),
        frame(FIN | TEXT, &vec![b'x'; 65_536]),
        frame(FIN | PONG, b""),
    ];
    let bytes = frames.concat();
    for at_once in [1, 2, 3, 7, 13, 14, 15, 100, 1_024, bytes.len()] {
        let heard = read(&mut Reader::new(false), &bytes, at_once);
        assert_eq!((heard.begun, heard.items.len(), heard.ending), (8, 6, None), "{at_once} bytes at once");
    }
}

#[test]
fn a_frame_that_is_not_admitted_ends_it_and_what_came_before_is_heard() {
    let mut bytes = frame(FIN | TEXT, b"{}").repeat(3);
    let mut rest = bytes.as_mut_slice();
    let (mut reader, mut admitted) = (Reader::new(false), 0);
    let mut next = || {
        let admit = || {
            admitted += 1;
            if admitted > 2 { Err(CloseCode::Flooding) } else { Ok(()) }
        };
        reader.next(&mut rest, admit).map(|item| item.map(owned))
    };
    assert_eq!(next(), Ok(Some(text("{}"))));
    assert_eq!(next(), Ok(Some(text("{}"))));
    assert_eq!(next(), Err(CloseCode::Flooding));
}

#[test]
fn what_breaks_the_rules_of_frames_has_the_right_code() {
    let first = frame(TEXT, b"{");
    let mut unmasked = frame(FIN | TEXT, b"{}");
    unmasked[1] &= 0x7F;
    for (what, bytes, code) in [
        ("without a mask", unmasked, CloseCode::Protocol),
        ("an unknown opcode", frame(FIN | 0x3, b""), CloseCode::Protocol),
        ("an unknown control", frame(FIN | 0xB, b""), CloseCode::Protocol),
        ("the second reserved bit", frame(FIN | 0x20 | TEXT, b"{}"), CloseCode::Protocol),
        ("the third", frame(FIN | 0x10 | TEXT, b"{}"), CloseCode::Protocol),
        ("a piece of nothing", frame(FIN | CONTINUATION, b"}"), CloseCode::Protocol),
        ("a new message amid another", [first.clone(), frame(FIN | TEXT, b"{}")].concat(), CloseCode::Protocol),
        ("a ping in pieces", frame(PING, b"x"), CloseCode::Protocol),
        ("a long ping", frame(FIN | PING, &[b'x'; 126]), CloseCode::Protocol),
        ("a goodbye of one byte", frame(FIN | CLOSE, b"x"), CloseCode::Protocol),
        ("a goodbye with no such code", frame(FIN | CLOSE, &5_000_u16.to_be_bytes()), CloseCode::Protocol),
        (
            "a goodbye with a code that says there was none",
            frame(FIN | CLOSE, &1005_u16.to_be_bytes()),
            CloseCode::Protocol,
        ),
        ("a goodbye whose reason is no text", frame(FIN | CLOSE, b"\x03\xE8\xFF"), CloseCode::BadUtf8),
        ("binary", frame(FIN | BINARY, b"{}"), CloseCode::Binary),
        ("no text", frame(FIN | TEXT, b"\"\xFF\""), CloseCode::BadUtf8),
        ("half a character", frame(FIN | TEXT, b"\xE2\x82"), CloseCode::BadUtf8),
        ("no text in a first piece", frame(TEXT, b"\"\xFF"), CloseCode::BadUtf8),
        (
            "half a character in pieces",
            [frame(TEXT, b"\xE2"), frame(FIN | CONTINUATION, b"\x82")].concat(),
            CloseCode::BadUtf8,
        ),
        ("announced as too long", announced(FIN | TEXT, FRAME_BYTES as u64 + 1), CloseCode::TooLarge),
        ("announced as endless", announced(FIN | TEXT, u64::MAX), CloseCode::TooLarge),
        ("too much in pieces", [first, announced(CONTINUATION, FRAME_BYTES as u64)].concat(), CloseCode::TooLarge),
    ] {
        assert_eq!(heard(&bytes), (vec![], Some(code)), "{what}");
    }
}

#[test]
fn what_breaks_the_rules_of_compression_has_the_right_code() {
    let whole = deflated(b"{}");
    let first = frame(COMPRESSED | TEXT, &whole);
    for (what, bytes, code) in [
        ("no deflate at all", frame(FIN | COMPRESSED | TEXT, b"{\"type\":\"ping\"}"), CloseCode::BadUtf8),
        ("what inflates to no text", frame(FIN | COMPRESSED | TEXT, &deflated(b"\"\xFF")), CloseCode::BadUtf8),
        ("a new message amid another", [first.clone(), frame(FIN | TEXT, b"{}")].concat(), CloseCode::Protocol),
        ("another compressed one", [first.clone(), frame(FIN | COMPRESSED | TEXT, b"")].concat(), CloseCode::Protocol),
        ("the bit in the second piece", [first, frame(FIN | COMPRESSED, b"")].concat(), CloseCode::Protocol),
        ("a compressed ping", frame(FIN | COMPRESSED | PING, b"x"), CloseCode::Protocol),
        ("a compressed piece of nothing", frame(FIN | COMPRESSED, b"x"), CloseCode::Protocol),
        ("another reserved bit, too", frame(FIN | COMPRESSED | 0x20 | TEXT, b"x"), CloseCode::Protocol),
        ("binary", frame(FIN | COMPRESSED | BINARY, &whole), CloseCode::Binary),
    ] {
        assert_eq!(heard(&bytes), (vec![], Some(code)), "{what}");
    }
    let unasked = read(&mut Reader::new(false), &frame(FIN | COMPRESSED | TEXT, &whole), 7);
    assert_eq!(unasked.ending, Some(CloseCode::Protocol), "where nothing was agreed");
}

#[test]
fn what_would_inflate_to_more_than_a_frame_ends_it_and_what_came_before_is_heard() {
    let full = " ".repeat(FRAME_BYTES);
    let allowed = heard(&frame(FIN | COMPRESSED | TEXT, &deflated(full.as_bytes())));
    assert_eq!(allowed, (vec![text(&full)], None), "the limit itself is allowed");
    let bomb = deflated(&vec![0; 50 << 20]);
    assert!(bomb.len() < FRAME_BYTES);
    let bytes =
        [frame(FIN | TEXT, b"before"), frame(FIN | COMPRESSED | TEXT, &bomb), frame(FIN | TEXT, b"behind")].concat();
    assert_eq!(heard(&bytes), (vec![text("before")], Some(CloseCode::TooLarge)));
    let pieces = [frame(COMPRESSED | TEXT, &[0; 40_000]), frame(0, &[0; 40_000])].concat();
    assert_eq!(heard(&pieces), (vec![], Some(CloseCode::TooLarge)), "in two pieces");
}

#[test]
fn a_message_may_be_of_blocks_that_are_marked_as_last() {
    let mut message = Vec::with_capacity(1_000);
    for part in ["{\"type\":", "\"ping\"}"] {
        Compress::new(Level::best(), false).compress_vec(part.as_bytes(), &mut message, FlushCompress::Finish).unwrap();
    }
    message.push(0);
    let frame = frame(FIN | COMPRESSED | TEXT, &message);
    assert_eq!(heard(&frame), (vec![text("{\"type\":\"ping\"}")], None));
}

#[test]
fn nothing_is_held_between_two_frames() {
    assert!(size_of::<Reader>() <= 2 * size_of::<usize>());
    let mut reader = Reader::new(true);
    let plain = frame(FIN | TEXT, &[b'x'; 500]);
    let packed = frame(FIN | COMPRESSED | TEXT, &deflated(&[b'x'; 500]));
    let ping = frame(FIN | PING, b"there?");
    let pieces = [frame(TEXT, b"\xE2"), ping.clone()].concat();
    let last = frame(FIN | CONTINUATION, b"\x82\xAC");
    for (bytes, is_whole) in [
        (&plain[..], true),
        (&packed, true),
        (&packed[..5], false),
        (&packed[5..], true),
        (&plain[..300], false),
        (&plain[300..], true),
        (&ping[..8], false),
        (&ping[8..], true),
        (&pieces, false),
        (&last, true),
    ] {
        assert_eq!(read(&mut reader, bytes, usize::MAX).ending, None);
        assert_eq!(reader.is_at_rest(), is_whole, "{} bytes", bytes.len());
    }
}

#[test]
fn what_the_server_says_of_its_own_fits_into_a_control_frame() {
    assert_eq!(super::PING, [0x89, 0]);
    assert_eq!(pong(b"hi"), b"\x8A\x02hi");
    assert_eq!(close(b""), [0x88, 0]);
    assert_eq!(goodbye(CloseCode::Normal), b"\x88\x09\x03\xE8goodbye");
    for code in CloseCode::ALL {
        assert!(goodbye(code).len() <= 2 + CONTROL_BYTES, "{code:?}");
    }
}

/// One message of a client: its text, into how many pieces it is cut, whether it is compressed, and whether there are
/// pings between the pieces.
type Said = (String, usize, bool, bool);

fn said() -> impl Strategy<Value = Said> {
    ("(\\PC{0,300}|[ab]{0,3000})", 1..5_usize, any::<bool>(), any::<bool>())
}

/// The same as bytes, and what is to be heard of them.
fn written(said: &[Said]) -> (Vec<u8>, Vec<Item<'static>>) {
    let (mut bytes, mut items) = (Vec::new(), Vec::new());
    for (words, pieces, compressed, pings) in said {
        let payload = if *compressed { deflated(words.as_bytes()) } else { words.clone().into_bytes() };
        let size = payload.len().div_ceil(*pieces).max(1);
        let cut: Vec<&[u8]> = if payload.is_empty() { vec![&[]] } else { payload.chunks(size).collect() };
        for (nth, piece) in cut.iter().enumerate() {
            let opcode = if nth > 0 { CONTINUATION } else { TEXT | if *compressed { COMPRESSED } else { 0 } };
            let is_last = nth + 1 == cut.len();
            bytes.extend(frame(opcode | if is_last { FIN } else { 0 }, piece));
            if is_last {
                items.push(text(words));
            }
            if *pings {
                bytes.extend(frame(FIN | PING, b"there?"));
                items.push(Item::Ping(b"there?".into()));
            }
        }
    }
    (bytes, items)
}

proptest! {
    #[test]
    fn whatever_is_said_is_heard_however_it_is_compressed_cut_and_received(
        said in prop::collection::vec(said(), 0..6), at_once in 1..2_000_usize,
    ) {
        let (bytes, items) = written(&said);
        let mut reader = Reader::new(true);
        let heard = read(&mut reader, &bytes, at_once);
        prop_assert_eq!((heard.items, heard.ending), (items, None));
        prop_assert!(reader.is_at_rest());
    }

    #[test]
    fn whatever_comes_nothing_panics_and_it_is_the_same_however_it_is_received(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xC1), Just(0x80)], 0..300), at_once in 1..50_usize,
    ) {
        let [some, all] = [at_once, usize::MAX].map(|at_once| read(&mut Reader::new(true), &bytes, at_once));
        prop_assert_eq!(some, all);
    }

    #[test]
    fn a_mask_is_the_same_by_words_and_by_bytes(mask: [u8; 4], bytes: Vec<u8>) {
        let mut by_words = bytes.clone();
        mask::apply(mask, &mut by_words);
        let by_bytes: Vec<u8> = bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        prop_assert_eq!(by_words, by_bytes);
    }
}
