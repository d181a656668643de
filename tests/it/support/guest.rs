//! A person with a WebSocket client.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_protocol::{
    Ack, Body, ClientFrame, Command, CursorMove, ErrorFrame, Event, Hello, History, HistoryPage, Join, Joined, Message,
    MessageId, Name, Presence, Ref, Send, Seq, ServerFrame, Typing, User, Welcome,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::Message as Wire;
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::frames::{log_of, reference_of};
use super::inbox::{Ending, Inbox};
use super::{Host, bodies, room, soon};

/// Sends of a busy writer without an ack: half of what the server allows.
const WINDOW: usize = 16;

/// A person. What the server says is read all the time, and kept until a test asks for it.
pub(crate) struct Guest {
    sink: SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Wire>,
    inbox: Arc<Inbox>,
    reader: tokio::task::JoinHandle<()>,
    welcome: Option<Box<Welcome>>,
    next_ref: i64,
}

/// Why a socket could not be opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoSocket {
    /// With this HTTP status.
    Refused(u16),
    /// There is no server to ask, or none that answers.
    Unreachable(String),
}

/// The command that a test writes most.
pub(crate) fn said(place: &str, id: MessageId, body: &str) -> Command {
    let body = Body::parse(body).expect("a body that is none is sent as raw text");
    Command::Send(Send { room: room(place), id, body, reply_to: None })
}

impl Guest {
    // --- coming ---

    /// Opens a socket, and says nothing yet.
    pub(crate) async fn connect(host: &impl Host) -> Self {
        Self::connect_with(host, &[]).await.expect("the server takes a WebSocket")
    }

    /// Opens a socket with these headers.
    pub(crate) async fn connect_with(host: &impl Host, headers: &[(&'static str, String)]) -> Result<Self, NoSocket> {
        let url = format!("ws://{}/ws", host.address());
        let mut request = url.into_client_request().expect("a good address");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a good header");
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        let stream = match soon("an upgrade", connect_async(request)).await {
            Ok((stream, _)) => stream,
            Err(Error::Http(response)) => return Err(NoSocket::Refused(response.status().as_u16())),
            Err(error) => return Err(NoSocket::Unreachable(error.to_string())),
        };
        let (sink, mut stream) = stream.split();
        let inbox = Arc::new(Inbox::default());
        let heard = Arc::clone(&inbox);
        let reader = tokio::spawn(async move {
            let ending = loop {
                match stream.next().await {
                    Some(Ok(Wire::Text(text))) => heard.put(text.as_str()),
                    Some(Ok(Wire::Close(close))) => {
                        break Ending::Closed(close.map_or(1005, |close| close.code.into()));
                    }
                    Some(Ok(Wire::Binary(_) | Wire::Ping(_) | Wire::Pong(_) | Wire::Frame(_))) => {}
                    Some(Err(_)) | None => break Ending::Cut,
                }
            };
            heard.end(ending);
        });
        Ok(Self { sink, inbox, reader, welcome: None, next_ref: 1 })
    }

    /// Comes for the first time.
    pub(crate) async fn enter(host: &impl Host, name: &str) -> Self {
        let guest = Some(Name::guest(name).expect("a good name"));
        let mut newcomer = Self::connect(host).await;
        newcomer.hello(Hello { guest, token: None }).await;
        newcomer
    }

    /// Comes back with a token from earlier.
    pub(crate) async fn come_back(host: &impl Host, token: &str) -> Self {
        let mut guest = Self::connect(host).await;
        guest.hello(Hello { guest: None, token: Some(token.to_owned()) }).await;
        guest
    }

    /// The same person with another socket.
    pub(crate) async fn again(&self, host: &impl Host) -> Self {
        Self::come_back(host, self.token()).await
    }

    /// Says who this is, and is welcomed.
    pub(crate) async fn hello(&mut self, hello: Hello) -> &Welcome {
        let answer = self.ask(Command::Hello(hello)).await;
        assert!(matches!(answer, ServerFrame::Welcome(_)), "not welcome: {answer:?}");
        self.welcome()
    }

    // --- who this is ---

    pub(crate) fn welcome(&self) -> &Welcome {
        self.welcome.as_ref().expect("has said hello")
    }

    pub(crate) fn user(&self) -> &User {
        &self.welcome().user
    }

    pub(crate) fn token(&self) -> &str {
        self.welcome().token.as_deref().expect("a guest gets a token")
    }

    /// The name of this connection's actor.
    pub(crate) fn actor(&self) -> String {
        format!("session:{}", self.welcome().session)
    }

    // --- saying ---

    /// Writes any text as one frame.
    pub(crate) async fn raw(&mut self, text: impl Into<String>) {
        self.wire(Wire::Text(Utf8Bytes::from(text.into()))).await;
    }

    /// Writes any frame.
    pub(crate) async fn wire(&mut self, frame: Wire) {
        // A server that has closed meanwhile says why on the reading side.
        let _gone = soon("the server to read", self.sink.send(frame)).await;
    }

    /// Writes several frames at once.
    pub(crate) async fn pipeline(&mut self, texts: &[String]) {
        for text in texts {
            let frame = Wire::Text(Utf8Bytes::from(text.clone()));
            self.sink.feed(frame).await.expect("frames are gathered before they are written");
        }
        soon("the server to read", self.sink.flush()).await.expect("written");
    }

    /// Gives a command, and does not wait for what comes of it.
    pub(crate) async fn tell(&mut self, command: Command) -> Ref {
        let reference = Ref::Number(self.next_ref);
        self.next_ref += 1;
        let frame = ClientFrame { reference: Some(reference.clone()), command };
        self.raw(serde_json::to_string(&frame).expect("frames are JSON")).await;
        reference
    }

    /// Gives a command, and waits for its reply.
    pub(crate) async fn ask(&mut self, command: Command) -> ServerFrame {
        let what = format!("the reply to {command:?}");
        self.try_ask(command).await.unwrap_or_else(|ending| self.inbox.give_up(&what, ending))
    }

    /// The same, where the socket may well end before.
    pub(crate) async fn try_ask(&mut self, command: Command) -> Result<ServerFrame, Ending> {
        let what = format!("the reply to {command:?}");
        let reference = self.tell(command).await;
        let reply = |frame: &ServerFrame| (reference_of(frame) == Some(&reference)).then(|| frame.clone());
        let reply = self.inbox.try_take(&what, reply).await?;
        if let ServerFrame::Welcome(welcome) = &reply {
            self.welcome = Some(welcome.clone());
        }
        Ok(reply)
    }

    /// Gives a command that is to be refused.
    pub(crate) async fn refused(&mut self, command: Command) -> ErrorFrame {
        match self.ask(command).await {
            ServerFrame::Error(error) => error,
            other => panic!("this ought to be refused, and was answered by {other:?}"),
        }
    }

    pub(crate) async fn join(&mut self, place: &str) -> Joined {
        self.join_as(Join { room: room(place), since: None, epoch: None, limit: None }).await
    }

    /// Resumes where an earlier `joined` of this room ended.
    pub(crate) async fn resume(&mut self, place: &str, since: u64, earlier: &Joined) -> Joined {
        self.join_as(Join { room: room(place), since: Some(Seq(since)), epoch: Some(earlier.epoch), limit: None }).await
    }

    pub(crate) async fn join_as(&mut self, join: Join) -> Joined {
        match self.ask(Command::Join(join)).await {
            ServerFrame::Joined(joined) => *joined,
            other => panic!("not let in: {other:?}"),
        }
    }

    /// Says something, and waits until it is stored.
    pub(crate) async fn says(&mut self, place: &str, body: &str) -> Ack {
        self.says_as(place, MessageId::new(), body).await
    }

    /// Says something with an id of one's own choice.
    pub(crate) async fn says_as(&mut self, place: &str, id: MessageId, body: &str) -> Ack {
        match self.ask(said(place, id, body)).await {
            ServerFrame::Ack(ack) => ack,
            other => panic!("not stored: {other:?}"),
        }
    }

    /// Says many things as fast as the server stores them; returns each ack in the order of sending.
    pub(crate) async fn says_many(&mut self, place: &str, texts: impl IntoIterator<Item = String>) -> Vec<Ack> {
        let (mut acks, mut waiting) = (Vec::new(), VecDeque::new());
        for text in texts {
            if waiting.len() == WINDOW {
                acks.push(self.acked(waiting.pop_front().expect("as many as the window")).await);
            }
            let id = MessageId::new();
            self.tell(said(place, id, &text)).await;
            waiting.push_back(id);
        }
        for id in waiting {
            acks.push(self.acked(id).await);
        }
        acks
    }

    pub(crate) async fn types(&mut self, place: &str, on: bool) {
        self.tell(Command::Typing(Typing { room: room(place), on })).await;
    }

    pub(crate) async fn reads(&mut self, place: &str, seq: u64) {
        self.tell(Command::Read(CursorMove { room: room(place), seq: Seq(seq) })).await;
    }

    pub(crate) async fn receives(&mut self, place: &str, seq: u64) {
        self.tell(Command::Delivered(CursorMove { room: room(place), seq: Seq(seq) })).await;
    }

    pub(crate) async fn leave(&mut self, place: &str) {
        let answer = self.ask(Command::Leave { room: room(place) }).await;
        assert!(matches!(&answer, ServerFrame::Left(left) if left.reason.is_none()), "{answer:?}");
    }

    /// A page of the past; `ask` says which.
    pub(crate) async fn history(&mut self, place: &str, ask: impl FnOnce(&mut History)) -> HistoryPage {
        let mut history = History { room: room(place), before: None, after: None, limit: None };
        ask(&mut history);
        match self.ask(Command::History(history)).await {
            ServerFrame::History(page) => page,
            other => panic!("no history: {other:?}"),
        }
    }

    /// The whole past, page by page.
    pub(crate) async fn whole_history(&mut self, place: &str) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        loop {
            let after = events.last().map_or(Seq::ZERO, Event::seq);
            let page = self.history(place, |ask| (ask.after, ask.limit) = (Some(after), Some(200))).await;
            assert!(!page.more || !page.events.is_empty(), "an empty page has nothing after it");
            events.extend(page.events);
            if !page.more {
                return events;
            }
        }
    }

    /// Waits until the server has carried out all that was said before. It answers a `ping` in order.
    pub(crate) async fn is_heard(&mut self) {
        let pong = self.ask(Command::Ping).await;
        assert!(matches!(pong, ServerFrame::Pong { .. }), "{pong:?}");
    }

    // --- hearing ---

    /// Waits until a send is acknowledged.
    pub(crate) async fn acked(&self, id: MessageId) -> Ack {
        self.acked_times(id, 1).await.swap_remove(0)
    }

    /// The same, where the socket may well end before.
    pub(crate) async fn try_acked(&self, id: MessageId) -> Result<Ack, Ending> {
        self.inbox.try_acked(id, 1).await.map(|mut acks| acks.swap_remove(0))
    }

    /// Waits until the sends of one id are all acknowledged.
    pub(crate) async fn acked_times(&self, id: MessageId, times: usize) -> Vec<Ack> {
        self.inbox.try_acked(id, times).await.unwrap_or_else(|ending| self.inbox.give_up("an ack", ending))
    }

    /// Waits for a frame that was not asked for before.
    pub(crate) async fn hears_frame<T>(&self, what: &str, pick: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        self.inbox.take(what, pick).await
    }

    /// Waits for a message with this body.
    pub(crate) async fn hears(&self, body: &str) -> Message {
        let what = format!("somebody to say {body:?}");
        let pick = |frame: &ServerFrame| match frame {
            ServerFrame::Message(message) if message.body.as_str() == body => Some(message.clone()),
            _ => None,
        };
        self.hears_frame(&what, pick).await
    }

    /// Waits for an error that answers nothing in particular.
    pub(crate) async fn hears_error(&self) -> ErrorFrame {
        self.hears_frame(
            "an error",
            |frame| if let ServerFrame::Error(error) = frame { Some(error.clone()) } else { None },
        )
        .await
    }

    /// Waits for a presence frame that `good` wants.
    pub(crate) async fn sees(&self, what: &str, good: impl Fn(&Presence) -> bool) -> Presence {
        let pick = |frame: &ServerFrame| match frame {
            ServerFrame::Presence(presence) if good(presence) => Some(presence.clone()),
            _ => None,
        };
        self.hears_frame(what, pick).await
    }

    /// All that was heard until now.
    pub(crate) fn heard(&self) -> Vec<ServerFrame> {
        self.inbox.frames()
    }

    /// A room's log as this socket was told it; see [`log_of`].
    pub(crate) fn log(&self, place: &str) -> Vec<Event> {
        log_of(&self.heard(), place)
    }

    /// Waits until the log has come to this place, and returns it.
    pub(crate) async fn log_up_to(&self, place: &str, seq: u64) -> Vec<Event> {
        let here = room(place);
        let reached = |frame: &&ServerFrame| {
            let last = match frame {
                ServerFrame::Joined(joined) if joined.room == here => joined.events.last().map(Event::seq),
                ServerFrame::Events(events) if events.room == here => events.events.last().map(Event::seq),
                ServerFrame::Message(message) if message.room == here => Some(message.seq),
                _ => None,
            };
            last >= Some(Seq(seq))
        };
        // The newest is looked at first: a busy log is long.
        let what = format!("event {seq} of {place}");
        self.inbox.all(&what, |frames| frames.iter().rev().any(reached).then_some(())).await;
        self.log(place)
    }

    /// What people said in a room, as this socket was told it.
    pub(crate) fn conversation(&self, place: &str) -> Vec<String> {
        bodies(&self.log(place)).into_iter().map(ToOwned::to_owned).collect()
    }

    // --- going ---

    /// Waits until the server has closed, and says how.
    pub(crate) async fn ended(&self) -> Ending {
        self.inbox.ended().await
    }

    /// Waits until the server has closed with a code.
    pub(crate) async fn closed(&self) -> u16 {
        match self.ended().await {
            Ending::Closed(code) => code,
            Ending::Cut => panic!("the connection was cut without a close frame"),
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.inbox.is_open()
    }

    /// Says goodbye, as a client does that is closed.
    pub(crate) async fn goes(mut self) {
        self.wire(Wire::Close(None)).await;
        self.ended().await;
    }

    /// Is gone from one moment to the next, as when a laptop is shut.
    pub(crate) fn vanishes(self) {
        drop(self);
    }
}

impl Drop for Guest {
    /// Both halves of the socket must be gone for the connection to be.
    fn drop(&mut self) {
        self.reader.abort();
    }
}
