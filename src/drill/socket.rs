//! A WebSocket of a client: frames in, frames out.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_protocol::{ClientFrame, Command, Ref, ServerFrame};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Frames that wait to be written. Who sends keeps fewer unanswered than that.
const QUEUE: usize = 2_048;

/// How long a server may take to accept.
const CONNECT: Duration = Duration::from_secs(10);

pub(crate) type Stream = WebSocketStream<TcpStream>;

/// Connects; with `receive_buffer` bytes of the kernel's for what is not read yet.
pub(crate) async fn connect(address: SocketAddr, receive_buffer: Option<u32>) -> anyhow::Result<Stream> {
    let connecting = async {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let tcp = socket.connect(address).await?;
        tcp.set_nodelay(true)?;
        let (stream, _response) = client_async(format!("ws://{address}/ws"), tcp).await?;
        anyhow::Ok(stream)
    };
    timeout(CONNECT, connecting).await.context("no connection in time")?
}

/// What comes from a socket.
#[derive(Debug)]
pub(crate) enum Incoming {
    Frame(Box<ServerFrame>),
    /// A text that is no frame of the protocol.
    Nonsense(String),
    /// The end, with the close code where there was one.
    End(Option<u16>),
}

/// A connected socket: a task writes, so that a server that does not read never keeps us from reading.
#[derive(Debug)]
pub(crate) struct Socket {
    incoming: SplitStream<Stream>,
    outgoing: mpsc::Sender<Utf8Bytes>,
}

impl Socket {
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let (sink, incoming) = connect(address, None).await?.split();
        let (outgoing, queue) = mpsc::channel(QUEUE);
        tokio::spawn(write(sink, queue));
        Ok(Self { incoming, outgoing })
    }

    /// Queues a frame. False where the queue is full or the socket has ended: reading will tell.
    pub(crate) fn send(&self, reference: Option<Ref>, command: Command) -> bool {
        self.outgoing.try_send(encode(reference, command)).is_ok()
    }

    /// The next of what comes.
    pub(crate) async fn next(&mut self) -> Incoming {
        next(&mut self.incoming).await
    }
}

/// One frame as text.
pub(crate) fn encode(reference: Option<Ref>, command: Command) -> Utf8Bytes {
    serde_json::to_string(&ClientFrame { reference, command }).expect("a frame is always JSON").into()
}

/// The next frame, or the end.
async fn next(incoming: &mut SplitStream<Stream>) -> Incoming {
    loop {
        match incoming.next().await {
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(frame) => Incoming::Frame(frame),
                    Err(error) => Incoming::Nonsense(format!("{error}: {text}")),
                };
            }
            Some(Ok(Message::Close(close))) => return Incoming::End(close.map(|close| close.code.into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_))) => return Incoming::Nonsense("a binary frame".to_owned()),
            Some(Err(_)) | None => return Incoming::End(None),
        }
    }
}

async fn write(mut sink: SplitSink<Stream, Message>, mut queue: mpsc::Receiver<Utf8Bytes>) {
    while let Some(text) = queue.recv().await {
        let mut written = sink.feed(Message::Text(text)).await;
        while let Ok(text) = queue.try_recv() {
            written = written.and(sink.feed(Message::Text(text)).await);
        }
        if written.and(sink.flush().await).is_err() {
            return;
        }
    }
    // The client has let go. Whether the server hears a goodbye or just the end makes no difference to it.
    let _ended = sink.close().await;
}
