//! The chat that tutorials show: axum, one tokio `broadcast` channel a room, one task for each
//! socket that listens to it.
//!
//! Buffers are the library's. What differs from the tutorials: TCP_NODELAY, several rooms, and acknowledgements.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use axum::{Router, serve};
use clap::Parser;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_peers::listen::Listen;
use greenroom_peers::words::{Said, Told, User, now};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinSet;

/// Messages that a room keeps for its slowest member, who misses what is older. Tutorials have 100; this loses nothing at the
/// loads that are measured.
const KEPT: usize = 1024;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
}

/// The rooms, by name.
type Rooms = Arc<Mutex<HashMap<String, Room>>>;

/// What is said in it next has the number behind the last; the lock keeps numbers in the order of the channel.
#[derive(Clone)]
struct Room {
    last: Arc<Mutex<u64>>,
    news: broadcast::Sender<Utf8Bytes>,
}

/// Tasks of a socket take turns at it.
type Sink = Arc<tokio::sync::Mutex<SplitSink<WebSocket, Message>>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::from_std(Arguments::parse().listen.open()?)?.tap_io(|socket| {
        socket.set_nodelay(true).expect("a socket that was just accepted");
    });
    let rooms = Rooms::default();
    serve(listener, Router::new().route("/ws", get(upgrade)).with_state(rooms)).await
}

async fn upgrade(upgrade: WebSocketUpgrade, State(rooms): State<Rooms>) -> Response {
    upgrade.on_upgrade(|socket| chat(socket, rooms))
}

async fn chat(socket: WebSocket, rooms: Rooms) {
    let (sink, mut stream) = socket.split();
    let sink = Arc::new(tokio::sync::Mutex::new(sink));
    // They end with it, when this function does.
    let mut listeners = JoinSet::new();
    let mut joined: HashMap<String, Room> = HashMap::new();
    let mut user = User::default();
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let Ok(said) = serde_json::from_str(&text) else { break };
        let reply = match said {
            Said::Hello { guest } => {
                user = User::guest(guest);
                Told::Welcome { user: &user }.text()
            }
            Said::Join { room } => {
                let found =
                    rooms.lock().unwrap_or_else(PoisonError::into_inner).entry(room.clone()).or_default().clone();
                let news = found.news.subscribe();
                // Nothing of the room comes before this.
                let mut first = sink.lock().await;
                if first.send(Message::text(Told::Joined { room: &room }.text())).await.is_err() {
                    break;
                }
                listeners.spawn(listen(news, Arc::clone(&sink)));
                joined.insert(room, found);
                continue;
            }
            Said::Send { room, id, body } => {
                let Some(found) = joined.get(&room) else { break };
                let at = now();
                let seq =
                    found.say(|seq| Told::Message { room: &room, seq, id, user: &user, body: &body, at: &at }.text());
                Told::Ack { room: &room, id, seq, at: &at }.text()
            }
            Said::Ping => Told::Pong.text(),
        };
        if sink.lock().await.send(Message::text(reply)).await.is_err() {
            break;
        }
    }
}

async fn listen(mut news: broadcast::Receiver<Utf8Bytes>, sink: Sink) {
    loop {
        let sent = match news.recv().await {
            Ok(text) => sink.lock().await.send(Message::Text(text)).await.is_ok(),
            Err(RecvError::Lagged(_)) => true,
            Err(RecvError::Closed) => false,
        };
        if !sent {
            return;
        }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { last: Arc::default(), news: broadcast::channel(KEPT).0 }
    }
}

impl Room {
    fn say(&self, text: impl FnOnce(u64) -> String) -> u64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        // The sender has joined, so somebody listens.
        let _listeners = self.news.send(text(*last).into());
        *last
    }
}
