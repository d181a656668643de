//! One observer's socket.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use greenroom_actors::{Administrator, View};
use greenroom_protocol::CloseCode;
use greenroom_protocol::limits::{CLOSE, HEARTBEAT, HEARTBEAT_GRACE, OBSERVER_FRAME_BYTES};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::memory;
use crate::accept::Edge;
use crate::strict::Strict;
use crate::tls::Stream;

/// How often it is looked whether an observer is still an admin.
const STILL: Duration = Duration::from_secs(5);

/// One observer's socket.
pub(super) struct Feed {
    socket: Box<WebSocketStream<Stream>>,
    edge: Arc<Edge>,
    /// Who watches; nobody in particular where the laboratory is open to this machine.
    admin: Option<Administrator>,
    view: View,
    drill: Option<watch::Receiver<Value>>,
    /// Whether the drill has news that were not told.
    drill_news: bool,
    heard: Instant,
}

impl Feed {
    pub(super) async fn over(
        upgraded: Upgraded,
        edge: Arc<Edge>,
        admin: Option<Administrator>,
        view: View,
    ) -> Option<Self> {
        let Ok(parts) = upgraded.downcast::<TokioIo<Strict<Stream>>>() else {
            tracing::error!("an upgraded connection is none that was accepted here");
            return None;
        };
        let (stream, read) = (parts.io.into_inner().into_inner(), parts.read_buf.to_vec());
        let config = WebSocketConfig::default()
            .read_buffer_size(OBSERVER_FRAME_BYTES)
            .max_message_size(Some(OBSERVER_FRAME_BYTES))
            .max_frame_size(Some(OBSERVER_FRAME_BYTES));
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await;
        let drill = edge.config.drills.as_ref().map(|drills| drills.progress());
        Some(Self { socket: Box::new(socket), edge, admin, view, drill, drill_news: false, heard: Instant::now() })
    }

    /// Until the observer goes, or has to.
    pub(super) async fn run(mut self) {
        let code = match self.until_the_end().await {
            ControlFlow::Break(code) => code,
            ControlFlow::Continue(()) => CloseCode::Normal,
        };
        let frame = CloseFrame { code: code.number().into(), reason: code.meaning().into() };
        // Whatever goes wrong from here on, the connection ends.
        let goodbye = async {
            self.socket.send(Message::Close(Some(frame))).await?;
            while self.socket.next().await.is_some_and(|message| message.is_ok()) {}
            Ok::<_, Error>(())
        };
        let _cut_off = timeout(CLOSE, goodbye).await;
    }

    async fn until_the_end(&mut self) -> ControlFlow<CloseCode> {
        let stop = self.edge.stop.clone();
        let (mut tick, mut ping, mut look) = (Instant::now(), Instant::now() + HEARTBEAT, Instant::now() + STILL);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return ControlFlow::Break(CloseCode::GoingAway),
                message = self.socket.next() => {
                    self.heard = Instant::now();
                    self.take(message).await?;
                }
                () = sleep_until(tick) => {
                    self.tick().await?;
                    tick = Instant::now() + self.view.period();
                }
                () = sleep_until(ping) => {
                    if self.heard.elapsed() > HEARTBEAT + HEARTBEAT_GRACE {
                        return ControlFlow::Break(CloseCode::HeartbeatMissed);
                    }
                    self.send(Message::Ping(Bytes::new())).await?;
                    ping = Instant::now() + HEARTBEAT;
                }
                () = sleep_until(look) => {
                    if let Some(by) = self.admin
                        && !self.edge.engine.administers(by).await
                    {
                        return ControlFlow::Break(CloseCode::Unauthenticated);
                    }
                    look = Instant::now() + STILL;
                }
            }
        }
    }

    async fn take(&mut self, message: Option<Result<Message, Error>>) -> ControlFlow<CloseCode> {
        match message {
            Some(Ok(Message::Text(text))) => {
                if let Err(error) = self.view.hear(text.as_str()) {
                    let frame = json!({ "type": "error", "code": "invalid", "message": error.to_string() });
                    return self.send(Message::text(frame.to_string())).await;
                }
                ControlFlow::Continue(())
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => ControlFlow::Continue(()),
            Some(Ok(Message::Binary(_))) => ControlFlow::Break(CloseCode::Binary),
            Some(Ok(Message::Close(_))) | None => ControlFlow::Break(CloseCode::Normal),
            Some(Err(Error::Capacity(_))) => ControlFlow::Break(CloseCode::TooLarge),
            Some(Err(_)) => ControlFlow::Break(CloseCode::Normal),
        }
    }

    /// Tells what is due. Whoever does not read gets the next frame when they do: nothing waits for them meanwhile.
    async fn tick(&mut self) -> ControlFlow<CloseCode> {
        let drill = match &mut self.drill {
            Some(drill) => {
                self.drill_news |= drill.has_changed().unwrap_or(false);
                drill.borrow_and_update().clone()
            }
            None => Value::Null,
        };
        for frame in self.view.frames(memory::resident(), &drill).await {
            self.send(Message::text(frame)).await?;
        }
        if !self.view.is_paused() && std::mem::take(&mut self.drill_news) && !drill.is_null() {
            self.send(Message::text(drill.to_string())).await?;
        }
        ControlFlow::Continue(())
    }

    async fn send(&mut self, message: Message) -> ControlFlow<CloseCode> {
        match timeout(HEARTBEAT + HEARTBEAT_GRACE, self.socket.send(message)).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) => ControlFlow::Break(CloseCode::Normal),
            Err(_elapsed) => ControlFlow::Break(CloseCode::TooSlow),
        }
    }
}
