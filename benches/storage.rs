//! What the disk costs: appending durably by batch size, and a page of history at a million messages.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenroom_protocol::{Body, MessageId, Name, RoomId, RoomKind, Seq, Timestamp, User, UserId};
use greenroom_storage::{
    Announce, Append, Durability, Fatal, Incarnation, Intent, NewRoom, Open, Options, PageFrom, RoomBatch, RoomKey,
    Store, Ticket,
};

/// Tells how many appends were settled.
struct Settlements(SyncSender<usize>);

impl Announce for Settlements {
    fn committed(&self, batch: RoomBatch) {
        // The bench counts them; when it has ended nobody does.
        let _ended = self.0.send(batch.settled.len());
    }

    fn erased(&self, _: UserId) {}

    fn failed(&self, fatal: Fatal) {
        panic!("{fatal}");
    }
}

struct Bench {
    store: Store,
    settled: Receiver<usize>,
    room: RoomKey,
    user: User,
    body: Body,
    next: u64,
    _dir: tempfile::TempDir,
}

impl Bench {
    fn start() -> Self {
        // Beside the build, not in /tmp, which may be memory.
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let (settle, settled) = sync_channel(1 << 16);
        let options = Options { dir: dir.path().to_owned(), durability: Durability::Fsync, retention: None };
        let store = Store::start(options, Arc::new(Settlements(settle))).expect("an empty directory starts");
        let user = User { id: UserId::new(), name: Name::guest("ana").expect("a name") };
        let (opened, open) = sync_channel(1);
        let at = Timestamp::from_millis(0);
        let create = NewRoom { kind: RoomKind::Group, title: "Green".into(), by: user.id, at };
        store.submit(Intent::Open(Open {
            room: RoomId::parse("green").expect("a slug"),
            incarnation: Incarnation(1),
            create: Some(create),
            reply: Box::new(move |answer| opened.send(answer).expect("the bench waits")),
        }));
        let room = open.recv().expect("an answer").expect("a new room").room.key;
        let body = Body::parse(&"x".repeat(200)).expect("a body");
        Self { store, settled, room, user, body, next: 0, _dir: dir }
    }

    /// Appends so many messages at once, and waits until all are durable.
    fn append(&mut self, count: u64) {
        for _ in 0..count {
            self.next += 1;
            self.store.submit(Intent::Append(Append {
                room: self.room,
                incarnation: Incarnation(1),
                ticket: Ticket(self.next),
                user: self.user.clone(),
                guest: true,
                id: MessageId(uuid::Uuid::now_v7()),
                body: self.body.clone(),
                reply_to: None,
                at: Timestamp::from_millis(0),
                probe: false,
            }));
        }
        let mut missing = usize::try_from(count).expect("a small number");
        while missing > 0 {
            missing -= self.settled.recv().expect("the store lives");
        }
    }
}

fn journal_append(criterion: &mut Criterion) {
    let mut bench = Bench::start();
    let mut group = criterion.benchmark_group("durable append of 200-byte bodies");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    for batch in [1_u64, 16, 256] {
        group.throughput(Throughput::Elements(batch));
        group.bench_function(BenchmarkId::new("in flight", batch), |bencher| bencher.iter(|| bench.append(batch)));
    }
    group.finish();
    bench.store.close();
}

/// The page before a random place, so that it comes from the index and the journal.
fn history_page(criterion: &mut Criterion) {
    const MESSAGES: u64 = 1_000_000;
    let mut bench = Bench::start();
    let begun = Instant::now();
    while bench.next < MESSAGES {
        bench.append(4_000);
    }
    while bench.store.health().applied < bench.store.health().committed {
        std::thread::yield_now();
    }
    tell(&format!("{MESSAGES} messages stored and indexed in {:.1} s", begun.elapsed().as_secs_f64()));
    let mut place = 7;
    criterion.bench_function("history page of 50 at a million messages", |bencher| {
        bencher.iter(|| {
            place = (place * 48_271) % 2_147_483_647;
            let before = Seq(place % (MESSAGES - 50) + 51);
            let page = bench.store.page(bench.room, PageFrom::Before(before), 50, 128 * 1024).expect("a page");
            assert_eq!(page.events.len(), 50);
        });
    });
    bench.store.close();
}

#[allow(clippy::print_stderr, reason = "progress of the longest part")]
fn tell(progress: &str) {
    eprintln!("{progress}");
}

criterion_group!(benches, journal_append, history_page);
criterion_main!(benches);
