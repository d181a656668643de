//! A client as it should be: it comes back after every end, resumes where it was, and sends again
//! what was not acknowledged.

use std::net::SocketAddr;

use greenroom_protocol::{Ack, Command, Event, Hello, Join, Joined, MessageId, Seq, ServerFrame, User};

use super::inbox::Ending;
use super::{Guest, Host, a_moment, room, said, soon};

/// Sends that it has under way at a time.
const WINDOW: usize = 8;

/// A person whom no end of a connection stops.
pub(crate) struct Steady {
    address: Address,
    room: &'static str,
    token: String,
    user: User,
    guest: Guest,
    /// The answer to the last `join`.
    joined: Joined,
    /// The room's log as it was told to connections that have ended.
    held: Vec<Event>,
    /// How each connection ended.
    pub(crate) endings: Vec<Ending>,
    /// Everything that was acknowledged.
    pub(crate) acks: Vec<Ack>,
}

#[derive(Clone, Copy)]
struct Address(SocketAddr);

impl Host for Address {
    fn address(&self) -> SocketAddr {
        self.0
    }
}

impl Steady {
    pub(crate) async fn enter(host: &impl Host, name: &str, room: &'static str) -> Self {
        let mut guest = Guest::enter(host, name).await;
        let joined = guest.join(room).await;
        let (token, user) = (guest.token().to_owned(), guest.user().clone());
        let (address, held) = (Address(host.address()), joined.events.clone());
        assert!(held.is_empty(), "a steady client comes to a new room");
        Self { address, room, token, user, guest, joined, held, endings: Vec::new(), acks: Vec::new() }
    }

    pub(crate) fn user(&self) -> &User {
        &self.user
    }

    pub(crate) fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Says so many things, whatever happens meanwhile.
    pub(crate) async fn says_many(&mut self, count: usize) {
        let name = self.user.name.clone();
        let first = self.acks.len();
        let texts: Vec<_> = (first..first + count).map(|n| (MessageId::new(), format!("{name} {n}"))).collect();
        let windows: Vec<_> = texts.chunks(WINDOW).map(<[_]>::to_vec).collect();
        for mut waiting in windows {
            while !waiting.is_empty() {
                waiting = self.tries_to_say(waiting).await;
            }
        }
    }

    /// Returns what was not acknowledged.
    async fn tries_to_say(&mut self, texts: Vec<(MessageId, String)>) -> Vec<(MessageId, String)> {
        for (id, text) in &texts {
            self.guest.tell(said(self.room, *id, text)).await;
        }
        let mut left = Vec::new();
        let mut ended = None;
        for (id, text) in texts {
            match self.guest.try_acked(id).await {
                Ok(ack) => self.acks.push(ack),
                Err(ending) => {
                    ended = Some(ending);
                    left.push((id, text));
                }
            }
        }
        if let Some(ending) = ended {
            self.comes_back(ending).await;
        }
        left
    }

    /// Waits until the log has come to this place.
    pub(crate) async fn hears_up_to(&mut self, seq: u64) {
        while self.log().last().map_or(0, |event| event.seq().0) < seq {
            if self.guest.is_connected() {
                self.guest.log_up_to(self.room, seq).await;
            } else {
                let ending = self.guest.ended().await;
                self.comes_back(ending).await;
            }
        }
    }

    /// The room's log, over all connections. Fails where it is not one gapless order.
    pub(crate) fn log(&self) -> Vec<Event> {
        let mut log = self.held.clone();
        log.extend(self.guest.log(self.room));
        let in_order = log.iter().enumerate().all(|(n, event)| event.seq() == Seq(n as u64 + 1));
        assert!(in_order, "{} has one gapless log over {} connections", self.user.name, self.endings.len() + 1);
        log
    }

    async fn comes_back(&mut self, ending: Ending) {
        self.endings.push(ending);
        self.held = self.log();
        let since = Seq(self.held.len() as u64);
        let back = async {
            while !self.tries_to_come_back(since).await {
                a_moment().await;
            }
        };
        soon("the server to be back", back).await;
    }

    async fn tries_to_come_back(&mut self, since: Seq) -> bool {
        let Ok(mut guest) = Guest::connect_with(&self.address, &[]).await else { return false };
        let hello = Command::Hello(Hello { guest: None, token: Some(self.token.clone()) });
        let Ok(ServerFrame::Welcome(welcome)) = guest.try_ask(hello).await else { return false };
        assert_eq!(welcome.user, self.user, "a token is one guest's for ever");
        let join = Join { room: room(self.room), since: Some(since), epoch: Some(self.joined.epoch), limit: None };
        let Ok(ServerFrame::Joined(joined)) = guest.try_ask(Command::Join(join)).await else { return false };
        assert!(!joined.reset, "nothing that was told is taken back: {since:?} of {:?}", joined.last_seq);
        (self.guest, self.joined) = (guest, *joined);
        true
    }
}
