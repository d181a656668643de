//! The hot paths, one at a time, so that `scripts/instructions` can count what each executes.
//!
//! Time says little on a shared machine; the number of instructions is the same each time. Whatever is prepared before, and
//! taken apart after, is not counted: callgrind collects only within a function called `counted`.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use greenroom_actors::outbox::{Batch, Outbox, Queue, SendNumber, Subscription, Wire};
use greenroom_actors::{Person, Post, RoomState};
use greenroom_protocol::{
    Body, ClientFrame, EncodedFrame, Epoch, Event, Message, MessageId, Name, RoomId, RoomKind, Seq, SessionId,
    Timestamp, User, UserId, encode_events,
};
use greenroom_storage::{Head, Incarnation, LogEvent, Outcome, Room, RoomKey, Settled};
use uuid::Uuid;

/// How often each path is gone: its costs are those of one, and what happens once in a while is in it.
const TIMES: u64 = 1_000;

/// People in the room.
const PEOPLE: usize = 100;

/// Messages that are announced together.
const BATCH: u64 = 16;

/// Of so many commands one is timed where an observer watches an actor that handles a thousand a second.
const WATCHED: u32 = 64;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("read") => read::run(),
        Some("parse") => parse::run(),
        Some("room") => room::run(),
        Some("encode") => encode::run(),
        Some("fan-out") => fan_out::run(),
        Some("command") => command::run(),
        Some("watched") => watched::run(),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

fn green() -> RoomId {
    RoomId::parse("green").expect("a slug")
}

fn user(n: u128) -> User {
    User { id: UserId(Uuid::from_u128(n)), name: Name::guest("ana").expect("a name") }
}

fn body() -> Body {
    Body::parse(&"x".repeat(128)).expect("a body")
}

fn message(seq: u64) -> Event {
    Event::Message(Message {
        room: green(),
        seq: Seq(seq),
        id: MessageId(Uuid::from_u128(seq.into())),
        user: user(1),
        body: body(),
        at: Timestamp::from_millis(1_790_000_000_000),
        reply_to: None,
    })
}

/// A `send` as it is said.
fn send() -> String {
    let (id, body) = ("01900000-0000-7000-8000-000000000001", "x".repeat(128));
    format!(r#"{{"type":"send","room":"green","id":"{id}","body":"{body}"}}"#)
}

/// A frame with a `send` in it, as it comes from a socket.
mod read {
    use greenroom_protocol::frames::{Item, Reader};

    use super::*;

    pub(crate) fn run() {
        counted(&mut frame(&send()).repeat(TIMES as usize));
    }

    /// A client's frame with a text of 126 to 65,535 bytes.
    fn frame(text: &str) -> Vec<u8> {
        const MASK: [u8; 4] = [0x12, 0xAB, 0x00, 0x7F];
        let masked = text.bytes().zip(MASK.into_iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let header = [&[0x81, 0x80 | 126], &(text.len() as u16).to_be_bytes()[..], &MASK].concat();
        header.into_iter().chain(masked).collect()
    }

    #[inline(never)]
    fn counted(mut bytes: &mut [u8]) {
        let mut reader = Reader::new(true);
        while let Ok(Some(Item::Text(text))) = reader.next(&mut bytes, || Ok(())) {
            black_box(text.len());
        }
    }
}

/// The same, without what it came in.
mod parse {
    use super::*;

    pub(crate) fn run() {
        counted(&send());
    }

    #[inline(never)]
    fn counted(text: &str) {
        for _ in 0..TIMES {
            let _frame = black_box(ClientFrame::parse(black_box(text)).is_ok());
        }
    }
}

/// A post from the session to its settlement.
mod room {
    use super::*;

    pub(crate) fn run() {
        let room = Room::new(RoomKey(Uuid::from_u128(1)), green(), RoomKind::Group, "Green".into(), Epoch::new());
        let (now, head) = (Instant::now(), Head { seq: Seq(0), ordinal: 0 });
        let mut state = RoomState::new(Arc::new(room), Incarnation(1), head, Vec::new(), Vec::new(), now);
        let sessions: Vec<SessionId> = (0..PEOPLE as u128).map(|n| SessionId(Uuid::from_u128(n))).collect();
        for (n, session) in sessions.iter().enumerate() {
            state.sit(*session, Person { user: user(n as u128), guest: true }, 1, now);
        }
        let events = (1..=TIMES).map(|seq| LogEvent { event: message(seq), ordinal: seq }).collect();
        counted(&mut state, sessions[0], events, now);
    }

    #[inline(never)]
    fn counted(state: &mut RoomState, session: SessionId, events: Vec<LogEvent>, now: Instant) {
        for (event, n) in events.into_iter().zip(1..) {
            let id = MessageId(Uuid::from_u128(n.into()));
            let post = Post { number: SendNumber(n), id, body: body(), reply_to: None };
            let Ok(append) = state.post(session, post, Timestamp::from_millis(0), false) else { continue };
            let outcome = Outcome::Stored { seq: Seq(n), at: append.at };
            let settled = vec![Settled { incarnation: append.incarnation, ticket: append.ticket, outcome }];
            black_box(state.announced(vec![event], settled, now));
        }
    }
}

/// A command of a room on its way through the mailbox: counted, and timed now and then while somebody watches. What is
/// in the mailbox itself is ractor's, and not in it.
mod command {
    use greenroom_actors::{Told, Vitals};

    use super::*;

    pub(crate) struct Said(Body);

    impl Told for Said {
        const KINDS: &'static [&'static str] = &["said"];

        fn kind(&self) -> u8 {
            0
        }

        fn bytes(&self) -> usize {
            self.0.as_str().len()
        }
    }

    pub(crate) fn run() {
        let (vitals, said) = prepare(0);
        counted(&vitals, &said);
    }

    pub(crate) fn prepare(stride: u32) -> (Arc<Vitals>, Said) {
        let vitals = Vitals::new::<Said>();
        vitals.gauge().set_stride(stride);
        (vitals, Said(body()))
    }

    pub(crate) fn pass(vitals: &Vitals, said: &Said) {
        for _ in 0..TIMES {
            vitals.told_one();
            let in_hand = vitals.begin(black_box(said));
            vitals.done(&in_hand);
        }
    }

    #[inline(never)]
    fn counted(vitals: &Vitals, said: &Said) {
        pass(vitals, said);
    }
}

/// The same while somebody watches.
mod watched {
    use super::*;

    pub(crate) fn run() {
        let (vitals, said) = command::prepare(WATCHED);
        counted(&vitals, &said);
    }

    #[inline(never)]
    fn counted(vitals: &greenroom_actors::Vitals, said: &command::Said) {
        // Or the compiler would make one function of this and the one above.
        black_box(WATCHED);
        command::pass(vitals, said);
    }
}

/// A batch, encoded once for everybody.
mod encode {
    use super::*;

    pub(crate) fn run() {
        counted(&(1..=BATCH).map(message).collect::<Vec<_>>());
    }

    #[inline(never)]
    fn counted(events: &[Event]) {
        for _ in 0..TIMES / BATCH {
            black_box(encode_events(black_box(events)));
        }
    }
}

/// A batch, from the room into everybody's outbox and out of it into what is written.
mod fan_out {
    use super::*;

    struct NoWire;

    impl Wire for NoWire {
        fn ready(&self, _queue: &mut Queue) {}
    }

    pub(crate) fn run() {
        let outboxes: Vec<Arc<Outbox>> = (0..PEOPLE).map(|_| Outbox::new(Arc::new(NoWire))).collect();
        let mut scratch = Vec::with_capacity(64 * 1024);
        let mut subscriptions = Vec::new();
        for outbox in &outboxes {
            subscriptions.push(outbox.open(&green(), 1, Seq(0), EncodedFrame::new(&"joined"), false));
            write(outbox, &mut scratch);
        }
        let outboxes: Vec<_> = outboxes.into_iter().zip(subscriptions).collect();
        let batches = (0..TIMES / BATCH).map(|n| n * BATCH + 1).map(|first| {
            let events: Vec<Event> = (first..first + BATCH).map(message).collect();
            Batch::new(Seq(first), encode_events(&events))
        });
        counted(&outboxes, batches.collect(), &mut scratch);
    }

    #[inline(never)]
    fn counted(outboxes: &[(Arc<Outbox>, Subscription)], batches: Vec<Arc<Batch>>, scratch: &mut Vec<u8>) {
        let green = green();
        for batch in batches {
            for (outbox, subscription) in outboxes {
                outbox.offer(&green, *subscription, &batch, &[]);
                write(outbox, scratch);
            }
        }
    }

    fn write(outbox: &Outbox, scratch: &mut Vec<u8>) {
        scratch.clear();
        outbox.hand_out(usize::MAX, |frame| scratch.extend_from_slice(frame.framed()));
        black_box(&scratch);
    }
}
