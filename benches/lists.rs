//! What a person's list of rooms costs, and that it costs the same however long the rooms' logs are.
//!
//! A thousand public rooms, all in one person's list, with ten thousand and a million messages in all;
//! `GREENROOM_BENCH_MESSAGES=10000000` adds ten million.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use greenroom_actors::{Durability, Engine, SessionConfig};
use greenroom_protocol::{Body, MessageId, Name, RoomId, RoomKind, Timestamp, User, UserId};
use greenroom_storage::{
    Announce, Append, Fatal, Follow, Incarnation, Intent, NewRoom, Open, Options, RoomBatch, RoomKey, Store, Ticket,
};

const ROOMS: u64 = 1_000;

/// Appends under way at once.
const WINDOW: u64 = 4_000;

struct Settlements(std::sync::mpsc::SyncSender<u64>);

impl Announce for Settlements {
    fn committed(&self, batch: RoomBatch) {
        // The filling counts them; when it has ended nobody does.
        let _ended = self.0.send(batch.settled.len() as u64);
    }

    fn erased(&self, _: UserId) {}

    fn failed(&self, fatal: Fatal) {
        panic!("{fatal}");
    }
}

/// A person who follows a thousand rooms, and somebody who has said all there is in them.
fn filled(dir: &Path, messages: u64) -> User {
    let (settle, settled) = sync_channel(1 << 16);
    let options = Options { dir: dir.to_owned(), durability: Durability::Relaxed, retention: None };
    let store = Store::start(options, Arc::new(Settlements(settle))).expect("an empty directory starts");
    let person = |name| User { id: UserId::new(), name: Name::guest(name).expect("a name") };
    let (reader, writer) = (person("ana"), person("bob"));
    let rooms: Vec<RoomKey> = (0..ROOMS).map(|n| opened(&store, n, &writer)).collect();
    for room in &rooms {
        let (user, at) = (reader.clone(), Timestamp::from_millis(0));
        store.submit(Intent::Follow(Follow { room: *room, user, guest: true, at, reply: Box::new(|_| ()) }));
    }
    let body = Body::parse(&"x".repeat(100)).expect("a body");
    let mut waiting = 0;
    for n in 0..messages {
        store.submit(Intent::Append(Append {
            room: rooms[(n % ROOMS) as usize],
            incarnation: Incarnation(1),
            ticket: Ticket(n / ROOMS + 1),
            user: writer.clone(),
            guest: true,
            id: MessageId(uuid::Uuid::now_v7()),
            body: body.clone(),
            reply_to: None,
            at: Timestamp::from_millis(0),
            probe: false,
        }));
        waiting += 1;
        while waiting > WINDOW || (n + 1 == messages && waiting > 0) {
            waiting -= settled.recv().expect("the store lives");
        }
    }
    store.close();
    reader
}

fn opened(store: &Store, n: u64, by: &User) -> RoomKey {
    let (opened, open) = sync_channel(1);
    let new = NewRoom { kind: RoomKind::Group, title: format!("Room {n}"), by: by.id, at: Timestamp::from_millis(0) };
    store.submit(Intent::Open(Open {
        room: RoomId::parse(&format!("room-{n}")).expect("a slug"),
        incarnation: Incarnation(1),
        create: Some(new),
        reply: Box::new(move |answer| opened.send(answer).expect("the bench waits")),
    }));
    open.recv().expect("an answer").expect("a new room").room.key
}

fn lists(criterion: &mut Criterion) {
    let more = std::env::var("GREENROOM_BENCH_MESSAGES").map(|text| text.parse().expect("a number"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("a list of 1,000 rooms");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    for messages in [10_000, 1_000_000].into_iter().chain(more) {
        // Beside the build, not in /tmp, which may be memory.
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let reader = filled(dir.path(), messages);
        let config = SessionConfig { room_creation: true };
        let started = Engine::start(
            Options { dir: dir.path().to_owned(), durability: Durability::Relaxed, retention: None },
            config,
            None,
        );
        let engine = runtime.block_on(started).expect("the engine starts");
        group.bench_function(BenchmarkId::new("messages in all", messages), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let rooms = engine.rooms(Some(reader.id)).await.expect("a list");
                assert_eq!(rooms.len() as u64, ROOMS);
                assert!(rooms.iter().all(|shown| shown.row.unread == messages / ROOMS), "all of it is unread");
            });
        });
        assert!(runtime.block_on(engine.stop(Duration::from_secs(10))), "it stops");
    }
    group.finish();
}

criterion_group!(benches, lists);
criterion_main!(benches);
