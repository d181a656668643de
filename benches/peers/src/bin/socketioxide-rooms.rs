//! Rooms on socketioxide, WebSocket transport only: its own rooms, its adapter in memory. Each frame is an event `frame`.
//!
//! Handlers are async functions, as its documentation shows, and run as tasks of their own: under load messages of one
//! sender may overtake each other.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::serve::ListenerExt as _;
use axum::{Router, serve};
use clap::Parser;
use greenroom_peers::listen::Listen;
use greenroom_peers::words::{Said, Told, User, now};
use socketioxide::extract::{Data, SocketRef};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::{SocketIo, TransportType};
use tokio::net::TcpListener;

/// Packets that wait for one socket; more are lost. The library's 128 would lose some at the loads that are measured.
const MOST_WAITING: usize = 1024;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    listen: Listen,
}

/// By name, the number of the newest message; whoever holds it gives the next one out, so that the order is everybody's.
type Rooms = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<u64>>>>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::from_std(Arguments::parse().listen.open()?)?.tap_io(|socket| {
        socket.set_nodelay(true).expect("a socket that was just accepted");
    });
    let builder = SocketIo::builder().transports([TransportType::Websocket]).max_buffer_size(MOST_WAITING);
    let (layer, io) = builder.build_layer();
    let rooms = Rooms::default();
    // A handler that is set once somebody is connected misses what they say first.
    let listen = async move |socket: SocketRef| {
        socket.on("frame", async move |socket: SocketRef, Data(said): Data<Said>| answer(&socket, said, &rooms).await);
        Ok::<_, Infallible>(())
    };
    io.ns("/", (async || {}).with(listen));
    serve(listener, Router::new().layer(layer)).await
}

/// A socket that is gone can't be told anything, and that is no error here.
async fn answer(socket: &SocketRef, said: Said, rooms: &Rooms) {
    let tell = |told: &Told<'_>| drop(socket.emit("frame", told));
    match said {
        Said::Hello { guest } => {
            let user = User::guest(guest);
            tell(&Told::Welcome { user: &user });
            socket.extensions.insert(user);
        }
        Said::Join { room } => {
            tell(&Told::Joined { room: &room });
            socket.join(room);
        }
        Said::Send { room, id, body } => {
            let Some(user) = socket.extensions.get::<User>() else { return };
            let last =
                Arc::clone(rooms.lock().unwrap_or_else(PoisonError::into_inner).entry(room.clone()).or_default());
            let at = now();
            let mut last = last.lock().await;
            *last += 1;
            let message = Told::Message { room: &room, seq: *last, id, user: &user, body: &body, at: &at };
            drop(socket.within(room.clone()).emit("frame", &message).await);
            tell(&Told::Ack { room: &room, id, seq: *last, at: &at });
        }
        Said::Ping => tell(&Told::Pong),
    }
}
