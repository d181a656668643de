//! Somebody who watches the observatory's feed.

use std::collections::HashMap;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Host, soon};

/// Somebody who watches; what the frames say is put together as a page does it.
pub(crate) struct Observer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The number of the last snapshot or delta.
    pub(crate) n: u64,
    pub(crate) snapshot: Value,
    /// Rows by name.
    pub(crate) rows: HashMap<String, Value>,
    pub(crate) folds: HashMap<String, Value>,
    /// Stories by number.
    pub(crate) stories: HashMap<u64, Value>,
    pub(crate) events: Vec<Value>,
    /// Bytes of all frames.
    pub(crate) bytes: usize,
}

impl Observer {
    /// Begins to watch, with these headers; the status of the refusal where that may not be.
    pub(crate) async fn try_watch(host: &impl Host, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{}/api/observatory", host.address());
        let mut request = url.into_client_request().expect("an address");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header");
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        let socket = match soon("the upgrade", connect_async(request)).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(response)) => return Err(response.status().as_u16()),
            Err(error) => panic!("no feed: {error}"),
        };
        let (rows, folds, stories) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut observer =
            Self { socket, n: 0, snapshot: Value::Null, rows, folds, stories, events: Vec::new(), bytes: 0 };
        observer.until("the snapshot", |frame, _| frame["type"] == "snapshot").await;
        Ok(observer)
    }

    pub(crate) async fn watch(host: &impl Host) -> Self {
        Self::try_watch(host, &[]).await.expect("whoever is on this machine may watch")
    }

    pub(crate) async fn says(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.expect("said");
    }

    /// Reads frames until this holds; gives back the frame with which it does.
    pub(crate) async fn until(&mut self, what: &str, good: impl Fn(&Value, &Self) -> bool) -> Value {
        let reads = async {
            loop {
                let frame = self.next().await;
                if good(&frame, self) {
                    return frame;
                }
            }
        };
        soon(what, reads).await
    }

    /// The code with which the feed ends.
    pub(crate) async fn closed(&mut self) -> u16 {
        let reads = async {
            while let Some(message) = self.socket.next().await {
                if let Ok(Message::Close(Some(frame))) = message {
                    return frame.code.into();
                }
            }
            0
        };
        soon("the end of the feed", reads).await
    }

    /// The story of an actor, once it is over.
    pub(crate) async fn story_of(&mut self, actor: &str) -> Value {
        let over = |story: &Value| story["actor"] == actor && story["outcome"] != "open";
        self.until(&format!("the end of the story of {actor}"), |_, seen| seen.stories.values().any(over)).await;
        self.stories.values().find(|story| over(story)).expect("it was seen").clone()
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = self.socket.next().await.expect("the feed goes on").expect("a message");
            let Message::Text(text) = message else { continue };
            self.bytes += text.len();
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            self.take(&frame);
            return frame;
        }
    }

    fn take(&mut self, frame: &Value) {
        let kind = frame["type"].as_str().expect("a type");
        if kind != "snapshot" && kind != "delta" {
            return;
        }
        let n = frame["n"].as_u64().expect("a number");
        assert_eq!(n, self.n + 1, "no gap: {frame}");
        self.n = n;
        if kind == "snapshot" {
            self.snapshot = frame.clone();
            self.rows.clear();
            self.folds.clear();
        }
        let of = |field: &str| frame[field].as_array().cloned().unwrap_or_default();
        for gone in of("gone") {
            self.rows.remove(gone.as_str().expect("a name")).expect("only what was shown is taken away");
        }
        for row in of("actors") {
            let name = row["name"].as_str().expect("a name").to_owned();
            let whole = row.get("kind").is_some();
            assert!(whole || self.rows.contains_key(&name), "a change of a row that was not shown: {row}");
            let seen = self.rows.entry(name).or_insert_with(|| row.clone());
            for (field, value) in row.as_object().expect("an object") {
                seen[field] = value.clone();
            }
        }
        for fold in of("folds") {
            self.folds.insert(fold["name"].as_str().expect("a name").to_owned(), fold);
        }
        for story in of("stories") {
            self.stories.insert(story["n"].as_u64().expect("a number"), story);
        }
        self.events.extend(of("events"));
    }
}
