//! What the engine's parts cost: the room's rules, encoding once, and the fan-out to a thousand outboxes.

use std::sync::Arc;
use std::time::Instant;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenroom_actors::outbox::{Batch, Outbox, Queue, SendNumber, Wire};
use greenroom_actors::{Person, Post, RoomState};
use greenroom_protocol::{
    Body, EncodedFrame, Epoch, Event, Message, MessageId, Name, RoomId, RoomKind, Seq, SessionId, Timestamp, User,
    UserId, encode_events,
};
use greenroom_storage::{Head, Incarnation, LogEvent, Outcome, Room, RoomKey, Settled, fault_point};

fn green() -> RoomId {
    RoomId::parse("green").expect("a slug")
}

fn user() -> User {
    User { id: UserId::new(), name: Name::guest("ana").expect("a name") }
}

fn body() -> Body {
    Body::parse(&"x".repeat(128)).expect("a body")
}

fn event(seq: u64, user: &User) -> Event {
    Event::Message(Message {
        room: green(),
        seq: Seq(seq),
        id: MessageId::new(),
        user: user.clone(),
        body: body(),
        at: Timestamp::from_millis(1_790_000_000_000),
        reply_to: None,
    })
}

/// One post from the session to its settlement, in a room of a thousand people.
fn room_rules(criterion: &mut Criterion) {
    let (key, epoch) = (RoomKey(uuid::Uuid::now_v7()), Epoch::new());
    let room = Arc::new(Room::new(key, green(), RoomKind::Group, "Green".into(), epoch));
    let now = Instant::now();
    let head = Head { seq: Seq(0), ordinal: 0 };
    let mut state = RoomState::new(room, Incarnation(1), head, Vec::new(), Vec::new(), now);
    let sessions: Vec<SessionId> = (0..1_000).map(|_| SessionId::new()).collect();
    for session in &sessions {
        state.sit(*session, Person { user: user(), guest: true }, 1, now);
    }
    let (ana, body) = (user(), body());
    let mut seq = 0;
    criterion.bench_function("room/post and announcement, 1000 seats", |bencher| {
        bencher.iter(|| {
            seq += 1;
            let post =
                Post { number: SendNumber(seq), id: MessageId(uuid::Uuid::nil()), body: body.clone(), reply_to: None };
            let append = state.post(sessions[0], post, Timestamp::from_millis(0), false).expect("she sits here");
            let outcome = Outcome::Stored { seq: Seq(seq), at: append.at };
            let settled = vec![Settled { incarnation: append.incarnation, ticket: append.ticket, outcome }];
            let event = LogEvent { event: event(seq, &ana), ordinal: seq };
            state.announced(vec![event], settled, now)
        });
    });
}

/// A batch encoded once into one buffer, by its size.
fn encode_once(criterion: &mut Criterion) {
    let ana = user();
    let mut group = criterion.benchmark_group("encode once");
    for size in [1_u64, 16, 256] {
        let events: Vec<Event> = (1..=size).map(|seq| event(seq, &ana)).collect();
        group.throughput(Throughput::Elements(size));
        group.bench_with_input(BenchmarkId::from_parameter(size), &events, |bencher, events| {
            bencher.iter(|| encode_events(events));
        });
    }
    group.finish();
}

struct NoWire;

impl Wire for NoWire {
    fn ready(&self, _queue: &mut Queue) {}
}

/// One announced batch into a thousand outboxes and out of them again, without sockets.
fn fan_out(criterion: &mut Criterion) {
    let ana = user();
    let outboxes: Vec<Arc<Outbox>> = (0..1_000).map(|_| Outbox::new(Arc::new(NoWire))).collect();
    let joined = EncodedFrame::new(&"joined");
    let mut subscriptions = Vec::new();
    for outbox in &outboxes {
        subscriptions.push(outbox.open(&green(), 1, Seq(0), joined.clone(), false));
        outbox.hand_out(usize::MAX, |frame| {
            std::hint::black_box(frame.framed());
        });
    }
    let mut group = criterion.benchmark_group("fan-out to 1000 outboxes");
    let mut next = 1;
    for size in [1_u64, 16] {
        group.throughput(Throughput::Elements(1_000 * size));
        group.bench_function(BenchmarkId::new("messages a batch", size), |bencher| {
            bencher.iter_batched(
                || {
                    let first = next;
                    next += size;
                    let events: Vec<Event> = (first..next).map(|seq| event(seq, &ana)).collect();
                    Batch::new(Seq(first), encode_events(&events))
                },
                |batch| {
                    for (outbox, subscription) in outboxes.iter().zip(&subscriptions) {
                        outbox.offer(&green(), *subscription, &batch, &[]);
                        outbox.hand_out(usize::MAX, |frame| {
                            std::hint::black_box(frame.framed());
                        });
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Passing a fault point that nobody has armed, as every message does several times.
fn inert_fault_point(criterion: &mut Criterion) {
    criterion.bench_function("fault point, inert", |bencher| {
        bencher.iter(|| fault_point::pass(std::hint::black_box("room.fan_out")));
    });
}

criterion_group!(benches, room_rules, encode_once, fan_out, inert_fault_point);
criterion_main!(benches);
