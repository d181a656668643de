//! The guests of a drill, conducted together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use greenroom_actors::Balance;
use greenroom_protocol::RoomId;
use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::client::{Doing, Orders, Phase, Recruit, live};
use super::history::{At, Evidence, Injected, Stored, Trace};
use super::reader;

/// How long the unanswered may take to settle once the last fault is over, and listeners to catch up.
const SETTLE: Duration = Duration::from_secs(40);

/// Guests, and the faults that they live through.
#[derive(Debug)]
pub(crate) struct Crowd {
    orders: watch::Sender<Orders>,
    members: Vec<(Arc<Doing>, JoinHandle<Trace>)>,
    pub(crate) rooms: Vec<RoomId>,
    start: Instant,
    faults: Vec<Injected>,
}

/// How many, where, and how much they talk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) clients: usize,
    pub(crate) rooms: usize,
    /// Rooms that one client joins.
    pub(crate) joins: usize,
    pub(crate) per_second: f64,
    pub(crate) window: usize,
    pub(crate) body_bytes: usize,
    /// Of the clients, those who say nothing.
    pub(crate) listeners: usize,
}

/// Twelve guests in four rooms, two each: 240 messages a second.
pub(crate) const USUAL: Size =
    Size { clients: 12, rooms: 4, joins: 2, per_second: 20.0, window: 16, body_bytes: 40, listeners: 0 };

impl Crowd {
    /// Sends them in.
    pub(crate) fn gather(size: Size, address: SocketAddr, rng: &mut StdRng) -> Self {
        let names = (0..size.rooms).filter_map(|room| RoomId::parse(&format!("room-{room}")).ok());
        let rooms: Vec<RoomId> = names.collect();
        let first = Orders {
            phase: Phase::Talking,
            per_second: size.per_second,
            window: size.window,
            body_bytes: size.body_bytes,
            cuts: 0,
            stay: None,
            read: false,
        };
        let (orders, _) = watch::channel(first);
        let start = Instant::now();
        let member = |client: usize| {
            let mine: Vec<_> = (0..size.joins).map(|nth| rooms[(client + nth) % rooms.len()].clone()).collect();
            let held = mine.iter().map(|_| AtomicU64::new(0)).collect();
            let doing = Arc::new(Doing { held, ..Doing::default() });
            let recruit = Recruit {
                client,
                address,
                rooms: mine,
                talks: client >= size.listeners,
                seed: rng.random(),
                start,
                orders: orders.subscribe(),
                doing: Arc::clone(&doing),
            };
            (doing, tokio::spawn(live(recruit)))
        };
        let members = (0..size.clients).map(member).collect();
        Self { orders, members, rooms, start, faults: Vec::new() }
    }

    /// Tells all of them something.
    pub(crate) fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.orders.send_modify(change);
    }

    /// Notes a fault that is injected now.
    pub(crate) fn fault(&mut self, what: impl Into<String>, room: Option<&RoomId>) {
        let fault = Injected { at: self.start.elapsed(), what: what.into(), room: room.cloned() };
        self.faults.push(fault);
    }

    /// What the clock of the drill shows.
    pub(crate) fn time(&self) -> At {
        self.start.elapsed()
    }

    /// Acknowledgements so far.
    pub(crate) fn acked(&self) -> u64 {
        self.members.iter().map(|(doing, _)| doing.acked.load(Ordering::Relaxed)).sum()
    }

    /// Refusals of sends so far.
    pub(crate) fn refused(&self) -> u64 {
        self.members.iter().map(|(doing, _)| doing.refused.load(Ordering::Relaxed)).sum()
    }

    /// How many are in all of their rooms.
    pub(crate) fn present(&self) -> usize {
        self.members.iter().filter(|(doing, _)| doing.present.load(Ordering::Relaxed)).count()
    }

    /// Waits until all are in all of their rooms.
    pub(crate) async fn all_present(&self, within: Duration) -> anyhow::Result<Duration> {
        let all = self.members.len();
        let took = until(within, || self.present() == all).await;
        took.with_context(|| format!("{} of {all} clients are in their rooms after {within:?}", self.present()))
    }

    /// Waits until those who sit in this room were given something new in it.
    pub(crate) async fn served_again(&self, room: &RoomId, within: Duration) -> anyhow::Result<Duration> {
        let place = self.rooms.iter().position(|other| other == room).context("there is no such room")?;
        let newest = || {
            let of = |(client, (doing, _)): (usize, &(Arc<Doing>, JoinHandle<Trace>))| {
                let here = doing.held.iter().enumerate().filter(|(nth, _)| (client + nth) % self.rooms.len() == place);
                here.map(|(_, held)| held.load(Ordering::Relaxed)).max()
            };
            self.members.iter().enumerate().filter_map(of).max().unwrap_or(0)
        };
        let before = newest();
        until(within, || newest() > before).await.with_context(|| format!("{room} is not served again"))
    }

    /// Waits until this many more sends were acknowledged.
    pub(crate) async fn more_acks(&self, more: u64, within: Duration) -> anyhow::Result<Duration> {
        let before = self.acked();
        let took = until(within, || self.acked() >= before + more).await;
        took.with_context(|| format!("{} acks in {within:?}, not {more}", self.acked() - before))
    }

    /// Waits until all are back, and sends that were made after the last fault succeed.
    pub(crate) async fn heal(&self, within: Duration) -> anyhow::Result<()> {
        self.all_present(within).await?;
        let open: usize = self.members.iter().map(|(doing, _)| doing.unanswered.load(Ordering::Relaxed)).sum();
        self.more_acks(open as u64 + 50, within).await.map(drop)
    }

    /// Lets everything settle, reads what is stored, and sends all home.
    pub(crate) async fn conclude(self, address: SocketAddr) -> anyhow::Result<Evidence> {
        self.settle().await;
        let stored = reader::read(address, &self.rooms).await.context("what is stored can't be read")?;
        let newest =
            self.rooms.iter().map(|room| stored.rooms.get(room).and_then(|log| log.last()).map_or(0, |k| k.seq));
        let newest: Vec<u64> = newest.collect();
        // Whoever does not catch up is found by the checker.
        let _caught_up = until(SETTLE, || {
            self.members.iter().enumerate().all(|(client, (doing, _))| {
                doing
                    .held
                    .iter()
                    .enumerate()
                    .all(|(nth, held)| held.load(Ordering::Relaxed) >= newest[(client + nth) % newest.len()])
            })
        })
        .await;
        let balance = reader::audit(address).await.context("the server's ledgers can't be audited")?;
        self.disperse(stored, balance).await
    }

    /// No new sends, until all have an answer. Those that get none are found by the checker.
    pub(crate) async fn settle(&self) {
        self.order(|orders| orders.phase = Phase::Settling);
        let settled = || self.members.iter().all(|(doing, _)| doing.unanswered.load(Ordering::Relaxed) == 0);
        let _settled = until(SETTLE, settled).await;
    }

    async fn disperse(self, stored: Stored, balance: Balance) -> anyhow::Result<Evidence> {
        self.order(|orders| orders.phase = Phase::Done);
        let mut traces = Vec::new();
        for (_doing, task) in self.members {
            traces.push(task.await.context("a client of the drill has crashed")?);
        }
        ensure!(!traces.is_empty(), "nobody came");
        Ok(Evidence { traces, stored, faults: self.faults, balance })
    }
}

/// Waits until something is so; says how long that took.
pub(crate) async fn until(within: Duration, mut so: impl FnMut() -> bool) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    while !so() {
        ensure!(begun.elapsed() < within, "not within {within:?}");
        sleep(Duration::from_millis(2)).await;
    }
    Ok(begun.elapsed())
}
