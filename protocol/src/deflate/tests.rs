use flate2::{Compress, Compression as Level, Decompress, FlushCompress, FlushDecompress};
use proptest::prelude::*;

use super::*;
use crate::limits::FRAME_BYTES;
use crate::{
    Body, CloseCode, EncodedFrame, Event, Message, MessageId, Name, RoomId, Seq, Timestamp, User, UserId, encode_events,
};

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const PING: u8 = 0x9;

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

fn deflated(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1_000);
    Compress::new(Level::best(), false).compress_vec(text, &mut out, FlushCompress::Sync).unwrap();
    out.truncate(out.len() - TAIL.len());
    out
}

/// A frame, unmasked: its first byte and its payload.
type Read = (u8, Vec<u8>);

/// What a library reads behind it, from bytes that come so many at a time into a buffer of some size.
fn read(bytes: &[u8], at_once: usize, room: usize) -> (Vec<Read>, Option<CloseCode>) {
    let (mut inbound, mut passed) = (Inbound::default(), Vec::new());
    let mut ending = None;
    let mut buffer = vec![0; room];
    let mut drain = |inbound: &mut Inbound, passed: &mut Vec<u8>| {
        loop {
            match inbound.pour(&mut buffer) {
                Ok(0) => return None,
                Ok(poured) => passed.extend_from_slice(&buffer[..poured]),
                Err(code) => return Some(code),
            }
        }
    };
    for some in bytes.chunks(at_once.min(room)) {
        ending = drain(&mut inbound, &mut passed);
        if ending.is_some() {
            break;
        }
        let mut some = some.to_vec();
        let kept = inbound.pass(&mut some);
        passed.extend_from_slice(&some[..kept]);
    }
    ending = ending.or_else(|| drain(&mut inbound, &mut passed));
    (frames(&passed), ending)
}

fn frames(mut bytes: &[u8]) -> Vec<Read> {
    let mut frames = Vec::new();
    while let [first, length, rest @ ..] = bytes {
        let (length, rest) = match length & 0x7F {
            126 => (usize::from(u16::from_be_bytes(*rest.first_chunk().unwrap())), &rest[2..]),
            127 => (u64::from_be_bytes(*rest.first_chunk().unwrap()) as usize, &rest[8..]),
            short => (usize::from(short), rest),
        };
        let (mask, rest) = rest.split_first_chunk::<4>().unwrap();
        let length = length.min(rest.len());
        let payload = rest[..length].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        frames.push((*first, payload.collect()));
        bytes = &rest[length..];
    }
    frames
}

fn inflated(frame: &[u8]) -> Vec<u8> {
    assert_eq!(frame[0], 0xC1);
    let header = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let mut text = Vec::with_capacity(200_000);
    let message = [&frame[header..], &TAIL].concat();
    Decompress::new(false).decompress_vec(&message, &mut text, FlushDecompress::Sync).unwrap();
    text
}

fn spoken(body: &str) -> Event {
    Event::Message(Message {
        room: RoomId::parse("g").unwrap(),
        seq: Seq(1),
        id: MessageId::new(),
        user: User { id: UserId::new(), name: Name::guest("a").unwrap() },
        body: Body::parse(body).unwrap(),
        at: Timestamp::from_millis(0),
        reply_to: None,
    })
}

#[test]
fn a_frame_is_compressed_once_for_all_who_have_it() {
    let words = "hello to everybody in this room, ".repeat(40);
    let frame = EncodedFrame::of_room(&words);
    let other = frame.clone();
    assert!(other.can_be_deflated_later());
    assert_eq!(inflated(frame.deflated()), frame.text());
    assert!(!other.can_be_deflated_later());
    assert_eq!(other.deflated().as_ptr(), frame.deflated().as_ptr(), "the same bytes");
    assert!(frame.deflated().len() < 120);
    let batch = encode_events(&[spoken(&words), spoken(&"x".repeat(100)), spoken("x")]);
    for (frame, becomes_shorter) in batch.iter().zip([true, true, false]) {
        assert_eq!(frame.is_deflated_from(Compression::All.from_bytes()), becomes_shorter);
        if becomes_shorter {
            assert!(frame.deflated().len() < frame.framed().len());
            assert_eq!(inflated(frame.deflated()), frame.text(), "the compressor forgets what was before");
        }
    }
}

#[test]
fn what_is_short_or_secret_or_does_not_get_shorter_stays_as_it_is() {
    let noise: Vec<char> = (0..2_000_u32).filter_map(|n| char::from_u32(n * 7_919 % 50_000 + 0x4E00)).collect();
    for (what, frame, wanted) in [
        ("short", EncodedFrame::of_room(&"x".repeat(1_000)), false),
        ("secret", EncodedFrame::new(&"x".repeat(5_000)), false),
        ("noise", EncodedFrame::of_room(&noise.iter().collect::<String>()), true),
        ("large", EncodedFrame::of_room(&"x".repeat(1_022)), true),
    ] {
        assert_eq!(frame.is_deflated_from(Compression::Large.from_bytes()), wanted, "{what}");
        assert!(!frame.is_deflated_from(Compression::Off.from_bytes()), "{what}");
        let (sent, plain) = (frame.deflated(), frame.framed());
        assert!(sent == plain || (inflated(sent) == frame.text() && sent.len() < plain.len()), "{what}");
    }
}

#[test]
fn what_would_inflate_to_more_than_a_frame_ends_it_and_what_came_before_is_heard() {
    let full = vec![b' '; FRAME_BYTES];
    let (read_full, ending) = read(&frame(FIN | COMPRESSED | TEXT, &deflated(&full)), 100, 1_024);
    assert_eq!((read_full, ending), (vec![(FIN | TEXT, full)], None), "the limit itself is allowed");
    let bomb = deflated(&vec![0; 50 << 20]);
    assert!(bomb.len() < FRAME_BYTES);
    let bytes =
        [frame(FIN | TEXT, b"before"), frame(FIN | COMPRESSED | TEXT, &bomb), frame(FIN | TEXT, b"behind")].concat();
    for at_once in [1, 100, usize::MAX] {
        let heard = read(&bytes, at_once, 70_000);
        assert_eq!(heard, (vec![(FIN | TEXT, b"before".to_vec())], Some(CloseCode::TooLarge)));
    }
    let mut announced = frame(FIN | COMPRESSED | TEXT, &[0; 70_000]);
    announced.truncate(20);
    assert_eq!(read(&announced, 1, 100).1, Some(CloseCode::TooLarge), "before it has come");
    let pieces = [frame(COMPRESSED | TEXT, &[0; 40_000]), frame(0, &[0; 40_000])].concat();
    assert_eq!(read(&pieces, 1_000, 1_000).1, Some(CloseCode::TooLarge), "in two pieces");
}

#[test]
fn what_breaks_the_rules_of_compression_has_the_right_code() {
    let whole = deflated(b"{}");
    let first = frame(COMPRESSED | TEXT, &whole);
    let mut unmasked = frame(FIN | COMPRESSED | TEXT, &whole);
    unmasked[1] &= 0x7F;
    for (what, bytes, code) in [
        ("no deflate at all", frame(FIN | COMPRESSED | TEXT, b"{\"type\":\"ping\"}"), Some(CloseCode::BadUtf8)),
        ("a new message amid another", [first.clone(), frame(FIN | TEXT, b"{}")].concat(), Some(CloseCode::Protocol)),
        (
            "another compressed one",
            [first.clone(), frame(FIN | COMPRESSED | TEXT, b"")].concat(),
            Some(CloseCode::Protocol),
        ),
        (
            "the bit in the second piece",
            [first.clone(), frame(FIN | COMPRESSED, b"")].concat(),
            Some(CloseCode::Protocol),
        ),
        ("without a mask", unmasked, Some(CloseCode::Protocol)),
        // These the library sees, and refuses.
        ("a compressed ping", frame(FIN | COMPRESSED | PING, b"x"), None),
        ("a compressed continuation of nothing", frame(FIN | COMPRESSED, b"x"), None),
        ("another reserved bit, too", frame(FIN | COMPRESSED | 0x20 | TEXT, b"x"), None),
    ] {
        let (heard, ending) = read(&bytes, 7, 64);
        assert_eq!(ending, code, "{what}");
        assert_eq!(heard.len(), usize::from(code.is_none()), "{what}: {heard:?}");
        if let [(first, _)] = heard.as_slice() {
            assert!(first & COMPRESSED != 0, "{what}");
        }
    }
}

#[test]
fn nothing_is_held_between_two_frames() {
    let mut inbound = Inbound::default();
    let plain = frame(FIN | TEXT, &[b'x'; 500]);
    let packed = frame(FIN | COMPRESSED | TEXT, &deflated(&[b'x'; 500]));
    for bytes in [&plain[..], &packed, &packed[..5], &packed[5..], &plain[..300], &plain[300..]] {
        let mut bytes = bytes.to_vec();
        inbound.pass(&mut bytes);
        while inbound.pour(&mut [0; 100]).unwrap() > 0 {}
        let whole = !matches!(bytes.len(), 5 | 300);
        assert_eq!(format!("{inbound:?}") == "Inbound(None)", whole, "{} bytes", bytes.len());
    }
}

#[test]
fn a_message_may_be_of_blocks_that_are_marked_as_last() {
    let mut message = Vec::with_capacity(1_000);
    for part in ["{\"type\":", "\"ping\"}"] {
        Compress::new(Level::best(), false).compress_vec(part.as_bytes(), &mut message, FlushCompress::Finish).unwrap();
    }
    message.push(0);
    let (heard, ending) = read(&frame(FIN | COMPRESSED | TEXT, &message), 3, 100);
    assert_eq!((heard, ending), (vec![(FIN | TEXT, b"{\"type\":\"ping\"}".to_vec())], None));
}

/// One message of a client: its text, into how many pieces it is cut, whether it is compressed, and whether there are
/// pings between the pieces.
type Said = (String, usize, bool, bool);

fn said() -> impl Strategy<Value = Said> {
    ("(\\PC{0,300}|[ab]{0,3000})", 1..5_usize, any::<bool>(), any::<bool>())
}

/// The same as bytes: as the client writes them, and as one reads them that knows nothing of compression.
fn written(said: &[Said]) -> (Vec<u8>, Vec<Read>) {
    let (mut bytes, mut plain) = (Vec::new(), Vec::new());
    for (text, pieces, compressed, pings) in said {
        let payload = if *compressed { deflated(text.as_bytes()) } else { text.clone().into_bytes() };
        let size = payload.len().div_ceil(*pieces).max(1);
        let cut: Vec<&[u8]> = if payload.is_empty() { vec![&[]] } else { payload.chunks(size).collect() };
        for (nth, piece) in cut.iter().enumerate() {
            let opcode = if nth > 0 { 0 } else { TEXT | if *compressed { COMPRESSED } else { 0 } };
            let first = opcode | if nth + 1 == cut.len() { FIN } else { 0 };
            bytes.extend(frame(first, piece));
            if !compressed {
                plain.push((first, piece.to_vec()));
            } else if first & FIN != 0 {
                plain.push((FIN | TEXT, text.clone().into_bytes()));
            }
            if *pings {
                bytes.extend(frame(FIN | PING, b"there?"));
                plain.push((FIN | PING, b"there?".to_vec()));
            }
        }
    }
    (bytes, plain)
}

proptest! {
    #[test]
    fn whatever_is_said_is_heard_however_it_is_compressed_cut_and_received(
        said in prop::collection::vec(said(), 0..6), at_once in 1..2_000_usize, room in 14..1_100_usize,
    ) {
        let (bytes, plain) = written(&said);
        prop_assert_eq!(read(&bytes, at_once, room), (plain, None));
    }

    #[test]
    fn whatever_comes_nothing_panics_and_it_is_the_same_however_it_is_received(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xC1), Just(0x80)], 0..300), at_once in 1..50_usize,
    ) {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let endings = [(at_once, &mut first), (usize::MAX, &mut second)].map(|(at_once, passed)| pass_all(&bytes, at_once, passed));
        prop_assert_eq!(endings[0], endings[1]);
        prop_assert_eq!(first, second);
    }

    #[test]
    fn whatever_a_room_says_is_read_by_whoever_inflates_it(text in "(\\PC{0,3000}|[ab ]{0,20000})") {
        let frame = EncodedFrame::of_room(&text);
        let sent = frame.deflated();
        prop_assert!(sent.len() <= frame.framed().len());
        if sent != frame.framed() {
            prop_assert_eq!(inflated(sent), frame.text());
        }
    }
}

fn pass_all(bytes: &[u8], at_once: usize, passed: &mut Vec<u8>) -> Option<CloseCode> {
    let (mut inbound, mut buffer) = (Inbound::default(), [0; 64]);
    for some in bytes.chunks(at_once) {
        let mut some = some.to_vec();
        let kept = inbound.pass(&mut some);
        passed.extend_from_slice(&some[..kept]);
        loop {
            match inbound.pour(&mut buffer) {
                Ok(0) => break,
                Ok(poured) => passed.extend_from_slice(&buffer[..poured]),
                Err(code) => return Some(code),
            }
        }
    }
    None
}
