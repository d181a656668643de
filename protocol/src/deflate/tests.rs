use flate2::{Decompress, FlushDecompress};
use proptest::prelude::*;

use super::*;
use crate::{Body, EncodedFrame, Event, Message, MessageId, Name, RoomId, Seq, Timestamp, User, UserId, encode_events};

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

proptest! {
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
