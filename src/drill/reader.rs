//! Reads all that a server has stored, with a fresh guest, from both ends.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use greenroom_actors::Balance;
use greenroom_protocol::{
    Command, Event, Hello, History, HistoryPage, Join, Name, Ref, RoomId, Send, Seq, ServerFrame,
};
use tokio::time::{Instant, timeout};

use super::history::{Kept, Said, Stored};
use super::socket::{Incoming, Socket};

/// For each answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A room that was hit by a fault a moment ago is asked again for this long.
const TRIES: Duration = Duration::from_secs(30);

/// Before it is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// Reads these rooms. A reader who is sent away comes again for a while, as any client does, and says so.
pub(crate) async fn read(address: SocketAddr, rooms: &[RoomId]) -> anyhow::Result<Stored> {
    read_within(TRIES, address, rooms).await
}

/// The same, with a while of the caller's.
pub(crate) async fn read_within(tries: Duration, address: SocketAddr, rooms: &[RoomId]) -> anyhow::Result<Stored> {
    let begun = Instant::now();
    let mut refusals = Vec::new();
    loop {
        match attempt(address, rooms).await {
            Ok(stored) => return Ok(Stored { refusals, ..stored }),
            Err(refused) if begun.elapsed() > tries => return Err(refused),
            Err(refused) => refusals.push(format!("{refused:#}")),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Has the server audit its ledgers.
pub(crate) async fn audit(address: SocketAddr) -> anyhow::Result<Balance> {
    let url = format!("http://{address}/api/lab/audit");
    let answer = reqwest::Client::new().post(url).timeout(ANSWER).send().await?.error_for_status()?;
    Ok(answer.json().await?)
}

/// Reads these rooms, unless anything is in the way.
pub(crate) async fn attempt(address: SocketAddr, rooms: &[RoomId]) -> anyhow::Result<Stored> {
    Regular::default().read(address, rooms).await
}

/// A reader who is the same guest each time.
#[derive(Debug, Default)]
pub(crate) struct Regular {
    token: Option<String>,
}

impl Regular {
    /// Reads these rooms, unless anything is in the way.
    pub(crate) async fn read(&mut self, address: SocketAddr, rooms: &[RoomId]) -> anyhow::Result<Stored> {
        let mut reader = Reader { socket: Socket::connect(address).await? };
        let hello = match self.token.clone() {
            Some(token) => Hello { guest: None, token: Some(token) },
            None => Hello { guest: Some(Name::guest("reader")?), token: None },
        };
        if let ServerFrame::Welcome(welcome) = reader.ask(Command::Hello(hello)).await.context("hello")? {
            self.token = welcome.token.or(self.token.take());
        }
        reader.all(rooms).await
    }
}

/// Says one thing, as a fresh guest. Gives back why it was refused, or nothing where it was acknowledged.
pub(crate) async fn say(address: SocketAddr, send: Send) -> anyhow::Result<Option<String>> {
    let mut speaker = Reader { socket: Socket::connect(address).await? };
    let guest = Some(Name::guest("speaker")?);
    speaker.ask(Command::Hello(Hello { guest, token: None })).await.context("hello")?;
    let join = Join { room: send.room.clone(), since: None, epoch: None, limit: Some(0) };
    speaker.ask(Command::Join(join)).await.context("join")?;
    speaker.socket.send(Some(Ref::Number(2)), Command::Send(send));
    loop {
        match speaker.socket.next().await {
            Incoming::Frame(frame) => {
                if let ServerFrame::Error(error) = *frame {
                    return Ok(Some(error.message));
                } else if let ServerFrame::Ack(_) = *frame {
                    return Ok(None);
                }
            }
            Incoming::Nonsense(text) => bail!("no frame of the protocol: {text}"),
            Incoming::End(code) => bail!("the socket ended ({code:?})"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Forth,
    Back,
}

struct Reader {
    socket: Socket,
}

impl Reader {
    async fn all(&mut self, rooms: &[RoomId]) -> anyhow::Result<Stored> {
        let mut stored = Stored::default();
        for room in rooms {
            let join = Join { room: room.clone(), since: None, epoch: None, limit: Some(0) };
            self.ask(Command::Join(join)).await.with_context(|| format!("join of {room}"))?;
            let forth = self.log(room, Direction::Forth).await?;
            let back = self.log(room, Direction::Back).await?;
            stored.rooms.insert(room.clone(), forth);
            stored.backwards.insert(room.clone(), back);
        }
        Ok(stored)
    }

    async fn log(&mut self, room: &RoomId, direction: Direction) -> anyhow::Result<Vec<Kept>> {
        let mut log: Vec<Event> = Vec::new();
        loop {
            let (before, after) = match direction {
                Direction::Forth => (None, Some(log.last().map_or(Seq::ZERO, Event::seq))),
                Direction::Back => (log.first().map(Event::seq), None),
            };
            let page = self.page(History { room: room.clone(), before, after, limit: Some(200) }).await?;
            let empty = page.events.is_empty();
            match direction {
                Direction::Forth => log.extend(page.events),
                Direction::Back => drop(log.splice(0..0, page.events)),
            }
            if !page.more {
                return Ok(log.iter().map(|event| Kept { seq: event.seq().0, said: Said::of(event) }).collect());
            }
            if empty {
                bail!("an empty page of {room} says that there is more");
            }
        }
    }

    async fn page(&mut self, history: History) -> anyhow::Result<HistoryPage> {
        let answer = self.ask(Command::History(history)).await?;
        if let ServerFrame::History(page) = answer { Ok(page) } else { bail!("not a page of history: {answer:?}") }
    }

    /// Asks, and waits for the answer; what comes between is passed over.
    async fn ask(&mut self, command: Command) -> anyhow::Result<ServerFrame> {
        let mine = Ref::Number(1);
        self.socket.send(Some(mine.clone()), command);
        let answered = async {
            loop {
                let frame = match self.socket.next().await {
                    Incoming::Frame(frame) => *frame,
                    Incoming::Nonsense(text) => bail!("no frame of the protocol: {text}"),
                    Incoming::End(code) => bail!("the reader's socket ended ({code:?})"),
                };
                if reference(&frame) == Some(&mine) {
                    if let ServerFrame::Error(error) = frame {
                        bail!("{}: {}", error.code.name(), error.message);
                    }
                    return Ok(frame);
                }
            }
        };
        timeout(ANSWER, answered).await.context("the reader gets no answer")?
    }
}

fn reference(frame: &ServerFrame) -> Option<&Ref> {
    match frame {
        ServerFrame::Welcome(welcome) => welcome.reference.as_ref(),
        ServerFrame::Joined(joined) => joined.reference.as_ref(),
        ServerFrame::History(page) => page.reference.as_ref(),
        ServerFrame::Error(error) => error.reference.as_ref(),
        ServerFrame::Events(_)
        | ServerFrame::Left(_)
        | ServerFrame::Ack(_)
        | ServerFrame::Message(_)
        | ServerFrame::Member(_)
        | ServerFrame::Room(_)
        | ServerFrame::Erased { .. }
        | ServerFrame::Forgotten(_)
        | ServerFrame::Unreadable { .. }
        | ServerFrame::Typing(_)
        | ServerFrame::Receipt(_)
        | ServerFrame::Presence(_)
        | ServerFrame::Unread(_)
        | ServerFrame::Rooms(_)
        | ServerFrame::People(_)
        | ServerFrame::Pong { .. } => None,
    }
}
