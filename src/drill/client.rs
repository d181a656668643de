//! One guest: talks and listens, comes back whenever its socket ends, and repeats what had no answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use greenroom_protocol::{Body, Command, CursorMove, Epoch, Hello, Join, MessageId, Name, Ref, RoomId, Send, Seq};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until, timeout};

use super::history::{At, Digest, Fact, Trace};
use super::socket::{Incoming, Socket};

mod hearing;

/// After so long without an answer the socket is thought dead.
const PATIENCE: Duration = Duration::from_secs(15);

/// Between two signs of a client that it has read.
const READING: Duration = Duration::from_millis(100);

/// How often whoever goes does so with the whole socket.
const CUTS: f64 = 0.1;

/// What all clients are told to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Orders {
    pub(crate) phase: Phase,
    /// Sends of each client.
    pub(crate) per_second: f64,
    /// Unanswered sends of each client, at most.
    pub(crate) window: usize,
    /// Bytes of a body, about.
    pub(crate) body_bytes: usize,
    /// Grows by one each time that all are to cut their sockets.
    pub(crate) cuts: u64,
    /// How long they stay, about, before they leave a room or cut their socket, and come back; for good where nothing.
    pub(crate) stay: Option<Duration>,
    /// Whether they say how far they have read.
    pub(crate) read: bool,
}

/// What a client does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Sends new messages.
    Talking,
    /// Sends nothing new, but settles what is unanswered.
    Settling,
    /// Goes.
    Done,
}

/// How a client is doing, for whoever conducts the drill.
#[derive(Debug, Default)]
pub(crate) struct Doing {
    pub(crate) unanswered: AtomicUsize,
    pub(crate) acked: AtomicU64,
    pub(crate) refused: AtomicU64,
    /// In all of its rooms.
    pub(crate) present: AtomicBool,
    /// The last event that it holds, in the order of its rooms.
    pub(crate) held: Vec<AtomicU64>,
}

/// What a client is made of.
#[derive(Debug)]
pub(crate) struct Recruit {
    pub(crate) client: usize,
    pub(crate) address: SocketAddr,
    pub(crate) rooms: Vec<RoomId>,
    /// Otherwise it only listens.
    pub(crate) talks: bool,
    pub(crate) seed: u64,
    pub(crate) start: Instant,
    pub(crate) orders: watch::Receiver<Orders>,
    pub(crate) doing: Arc<Doing>,
}

/// One send without an answer.
#[derive(Debug)]
struct Unanswered {
    send: Send,
    since: Instant,
}

/// What is held of one room.
#[derive(Debug, Default)]
struct Held {
    last: Option<(u64, Epoch)>,
    /// Since when a `join` or a `leave` has no answer.
    asked: Option<Instant>,
    entered: bool,
    /// How far the server was told that it has read.
    read: u64,
}

struct Client {
    recruit: Recruit,
    trace: Trace,
    rng: StdRng,
    token: Option<String>,
    rooms: BTreeMap<RoomId, Held>,
    /// In the order of their sending.
    unanswered: Vec<Unanswered>,
    count: u64,
    next_send: Instant,
    rejoin_at: Option<Instant>,
    go_at: Option<Instant>,
    next_read: Instant,
}

/// Lives until it is told to go; gives back all that it did and saw.
pub(crate) async fn live(recruit: Recruit) -> Trace {
    let mut rng = StdRng::seed_from_u64(recruit.seed);
    // So that those who talk seldom don't all begin at once.
    let silence = rng.random_range(0.0..1.0) / recruit.orders.borrow().per_second.max(0.001);
    let mut client = Client {
        trace: Trace { client: recruit.client, ..Trace::default() },
        rng,
        token: None,
        rooms: recruit.rooms.iter().map(|room| (room.clone(), Held::default())).collect(),
        unanswered: Vec::new(),
        count: 0,
        next_send: Instant::now() + Duration::from_secs_f64(silence),
        rejoin_at: None,
        go_at: None,
        next_read: Instant::now(),
        recruit,
    };
    while client.recruit.orders.borrow().phase != Phase::Done {
        client.visit().await;
        let pause = Duration::from_millis(client.rng.random_range(10..100));
        sleep(pause).await;
    }
    client.trace
}

impl Client {
    /// One socket, from its beginning to its end.
    async fn visit(&mut self) {
        let Ok(mut socket) = Socket::connect(self.recruit.address).await else { return };
        self.fact(Fact::Connected);
        let name = format!("drill-{}", self.recruit.client);
        let hello = match self.token.clone() {
            Some(token) => Hello { token: Some(token), guest: None },
            None => Hello { guest: Name::guest(&name).ok(), token: None },
        };
        socket.send(None, Command::Hello(hello));
        let end = self.stay(&mut socket).await;
        self.recruit.doing.present.store(false, Ordering::Relaxed);
        if end == Ended::Done {
            let here = self.rooms.iter().filter(|(_, held)| held.entered);
            self.trace.listening = here.map(|(room, _)| room.clone()).collect();
            return;
        }
        if let Ended::ByServer(code) = end {
            self.fact(Fact::Closed(code));
        }
        (self.go_at, self.rejoin_at) = (None, None);
        for held in self.rooms.values_mut() {
            (held.asked, held.entered) = (None, false);
        }
        let ids: Vec<_> = self.unanswered.iter().map(|u| (u.send.room.clone(), u.send.id)).collect();
        for (room, id) in ids {
            self.fact(Fact::Unanswered { room, id });
        }
    }

    async fn stay(&mut self, socket: &mut Socket) -> Ended {
        let cuts = self.recruit.orders.borrow().cuts;
        loop {
            let orders = *self.recruit.orders.borrow_and_update();
            if orders.phase == Phase::Done {
                return Ended::Done;
            }
            if orders.cuts != cuts || self.is_out_of_patience() {
                return Ended::ByUs;
            }
            self.plan_to_go(orders);
            let talks = orders.phase == Phase::Talking
                && self.recruit.talks
                && orders.per_second > 0.0
                && self.unanswered.len() < orders.window
                && self.rooms.values().any(|held| held.entered);
            tokio::select! {
                incoming = socket.next() => match incoming {
                    Incoming::Frame(frame) => self.hear(*frame, socket),
                    Incoming::Nonsense(text) => self.trace.oddities.push(format!("no frame of the protocol: {text}")),
                    Incoming::End(code) => return Ended::ByServer(code),
                },
                () = sleep_until(self.next_send.into()), if talks => self.talk(orders, socket),
                () = sleep_until(self.rejoin_at.unwrap_or(self.next_send).into()), if self.rejoin_at.is_some() => {
                    self.join(socket);
                }
                () = sleep_until(self.go_at.unwrap_or(self.next_send).into()), if self.go_at.is_some() => {
                    if self.go(orders, socket) {
                        return Ended::ByUs;
                    }
                }
                _changed = timeout(PATIENCE / 10, self.recruit.orders.changed()) => {}
            }
        }
    }

    /// Whether something has been without an answer for too long. A room that it can't enter is another matter.
    fn is_out_of_patience(&mut self) -> bool {
        let unanswered = |held: &Held| held.asked.is_some_and(|since| since.elapsed() > PATIENCE);
        if let Some((room, _)) = self.rooms.iter().find(|(_, held)| unanswered(held)) {
            self.trace.oddities.push(format!("no answer to a join or leave of {room} within {PATIENCE:?}"));
            return true;
        }
        let entered = |room| self.rooms.get(room).is_some_and(|held| held.entered);
        self.unanswered.iter().any(|one| one.since.elapsed() > PATIENCE && entered(&one.send.room))
    }

    /// Chooses when to go, once it is in all of its rooms, where it is not to stay for good.
    fn plan_to_go(&mut self, orders: Orders) {
        let restless = orders.stay.filter(|_| orders.phase == Phase::Talking);
        let Some(stay) = restless.filter(|_| self.rooms.values().all(|held| held.entered)) else {
            self.go_at = None;
            return;
        };
        let share = self.rng.random_range(0.0..2.0);
        self.go_at.get_or_insert_with(|| Instant::now() + stay.mul_f64(share));
    }

    /// Says one last thing, and goes: by leaving a room, or with the whole socket. Says whether it is the latter.
    fn go(&mut self, orders: Orders, socket: &Socket) -> bool {
        self.go_at = None;
        if self.recruit.talks && self.unanswered.len() < orders.window {
            // What is said in going is beside what is said by and by.
            let next_send = self.next_send;
            self.talk(orders, socket);
            self.next_send = next_send;
        }
        if self.rng.random_bool(CUTS) {
            return true;
        }
        let nth = self.rng.random_range(0..self.rooms.len());
        if let Some((room, held)) = self.rooms.iter_mut().nth(nth) {
            (held.asked, held.entered) = (Some(Instant::now()), false);
            socket.send(None, Command::Leave { room: room.clone() });
        }
        self.show();
        false
    }

    /// Joins every room that it is not in.
    fn join(&mut self, socket: &Socket) {
        self.rejoin_at = None;
        for (room, held) in self.rooms.iter_mut().filter(|(_, held)| !held.entered && held.asked.is_none()) {
            held.asked = Some(Instant::now());
            let (since, epoch) = held.last.map(|(seq, epoch)| (Seq(seq), epoch)).unzip();
            let join = Join { room: room.clone(), since, epoch, limit: None };
            socket.send(Some(Ref::Text(format!("join {room}"))), Command::Join(join));
        }
    }

    /// Says something new in one of the rooms that it is in.
    fn talk(&mut self, orders: Orders, socket: &Socket) {
        let wait = Duration::from_secs_f64(self.rng.random_range(0.5..1.5) / orders.per_second);
        self.next_send =
            (self.next_send + wait).max(Instant::now().checked_sub(Duration::from_secs(1)).unwrap_or(self.next_send));
        let here: Vec<&RoomId> = self.rooms.iter().filter(|(_, held)| held.entered).map(|(room, _)| room).collect();
        let room = here[self.rng.random_range(0..here.len())].clone();
        self.count += 1;
        let mut text = format!("client {} number {} ", self.recruit.client, self.count);
        text.extend(std::iter::repeat_n('x', orders.body_bytes.saturating_sub(text.len())));
        let Ok(body) = Body::parse(&text) else { return };
        let send = Send { room, id: MessageId::new(), body, reply_to: None };
        self.unanswered.push(Unanswered { send: send.clone(), since: Instant::now() });
        self.say(send, socket);
    }

    fn say(&mut self, send: Send, socket: &Socket) {
        let body = Digest::of(send.body.as_str());
        self.fact(Fact::Invoked { room: send.room.clone(), id: send.id, body });
        self.recruit.doing.unanswered.store(self.unanswered.len(), Ordering::Relaxed);
        socket.send(Some(Ref::Text(send.id.to_string())), Command::Send(send));
    }

    /// Says how far it has read in one of its rooms, now and then.
    fn read(&mut self, room: &RoomId, socket: &Socket) {
        if !self.recruit.orders.borrow().read || Instant::now() < self.next_read {
            return;
        }
        let Some(held) = self.rooms.get_mut(room).filter(|held| held.entered) else { return };
        let Some((last, _)) = held.last.filter(|(last, _)| *last > held.read) else { return };
        held.read = last;
        self.next_read = Instant::now() + READING;
        socket.send(None, Command::Read(CursorMove { room: room.clone(), seq: Seq(last) }));
        self.fact(Fact::Read { room: room.clone(), seq: last });
    }

    fn answered(&mut self, id: MessageId) {
        self.unanswered.retain(|unanswered| unanswered.send.id != id);
        self.recruit.doing.unanswered.store(self.unanswered.len(), Ordering::Relaxed);
    }

    /// Shows how far it is.
    fn show(&self) {
        let doing = &self.recruit.doing;
        doing.present.store(self.rooms.values().all(|held| held.entered), Ordering::Relaxed);
        for (room, shown) in self.recruit.rooms.iter().zip(&doing.held) {
            let held = self.rooms.get(room).and_then(|held| held.last).map_or(0, |(seq, _)| seq);
            shown.store(held, Ordering::Relaxed);
        }
    }

    fn fact(&mut self, fact: Fact) {
        let at: At = self.recruit.start.elapsed();
        self.trace.facts.push((at, fact));
    }
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Done,
    ByUs,
    ByServer(Option<u16>),
}
