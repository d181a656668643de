//! Every peer in Rust does what it is measured for: all hear all, in one order, and the sender is told.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client};

/// Longer than any of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        let mut process = command.args(arguments).stdout(Stdio::piped()).spawn().expect("the peer starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the peer says something");
        let address = line.trim().strip_prefix("listening on http://").expect("it says where it listens").to_owned();
        Self { process, address }
    }

    fn guest(&self, name: &str) -> Guest {
        let mut guest = Guest { socket: self.connect("/ws"), event: false };
        guest.enter(name);
        guest
    }

    fn socket_io_guest(&self, name: &str) -> Guest {
        let mut guest = Guest { socket: self.connect("/socket.io/?EIO=4&transport=websocket"), event: true };
        assert!(guest.text().starts_with('0'), "Engine.IO opens");
        guest.socket.send(Message::text("40")).expect("it can be said");
        assert!(guest.text().starts_with("40"), "Socket.IO connects");
        guest.enter(name);
        guest
    }

    fn connect(&self, path: &str) -> WebSocket<TcpStream> {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        client(format!("ws://{}{path}", self.address), stream).expect("it upgrades").0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("it runs until it is ended");
        self.process.wait().expect("it has ended");
    }
}

struct Guest {
    socket: WebSocket<TcpStream>,
    /// Frames are Socket.IO's events.
    event: bool,
}

impl Guest {
    fn enter(&mut self, name: &str) {
        self.say(&json!({"type": "hello", "guest": name}));
        assert_eq!(self.hear()["type"], "welcome");
        self.say(&json!({"type": "join", "room": "green"}));
        let joined = self.hear();
        assert_eq!((&joined["type"], &joined["room"]), (&json!("joined"), &json!("green")));
    }

    fn say(&mut self, frame: &Value) {
        let text = if self.event { format!(r#"42["frame",{frame}]"#) } else { frame.to_string() };
        self.socket.send(Message::text(text)).expect("it can be said");
    }

    fn send(&mut self, n: u64) {
        let body = format!("message {n} \"quoted\" \\ é");
        self.say(&json!({"type": "send", "room": "green", "id": id(n), "body": body}));
    }

    fn hear(&mut self) -> Value {
        let text = self.text();
        let frame = match text.strip_prefix(r#"42["frame","#) {
            Some(event) if self.event => event.strip_suffix(']').expect("it is a list"),
            _ => &text,
        };
        serde_json::from_str(frame).expect("frames are JSON")
    }

    fn text(&mut self) -> String {
        loop {
            match self.socket.read().expect("something comes in time") {
                // Engine.IO asks whether anybody is there.
                Message::Text(text) if self.event && text == "2" => {
                    self.socket.send(Message::text("3")).expect("it can be said");
                }
                Message::Text(text) => return text.to_string(),
                other => panic!("no other frames come: {other:?}"),
            }
        }
    }

    /// The numbers of `count` messages as they come, and of `acks` acknowledgements.
    fn gather(&mut self, count: usize, acks: usize) -> (Vec<u64>, Vec<u64>) {
        let (mut heard, mut acked) = (Vec::new(), Vec::new());
        while heard.len() < count || acked.len() < acks {
            let frame = self.hear();
            let seq = frame["seq"].as_u64().expect("it is numbered");
            match frame["type"].as_str() {
                Some("message") => {
                    assert_eq!(frame["room"], "green");
                    assert_eq!(frame["user"]["name"], "ana");
                    assert_eq!(frame["id"], id(seq), "messages keep the order of their sender");
                    assert_eq!(frame["body"], format!("message {seq} \"quoted\" \\ é"));
                    assert_eq!(frame["at"].as_str().expect("it has a time").len(), 24);
                    heard.push(seq);
                }
                Some("ack") => {
                    assert_eq!(frame["id"], id(seq));
                    acked.push(seq);
                }
                _ => panic!("nothing else comes: {frame}"),
            }
        }
        (heard, acked)
    }
}

fn id(n: u64) -> String {
    format!("0190f5c2-0000-7000-8000-{n:012}")
}

/// Two in a room, three messages, all at once and one by one.
fn talk(server: &Server) {
    let (mut ana, mut bob) = (server.guest("ana"), server.guest("bob"));
    for n in 1..=3 {
        ana.send(n);
    }
    assert_eq!(ana.gather(3, 3), (vec![1, 2, 3], vec![1, 2, 3]));
    assert_eq!(bob.gather(3, 0).0, [1, 2, 3]);
    for n in 4..=6 {
        ana.send(n);
        assert_eq!(ana.gather(1, 1), (vec![n], vec![n]));
        assert_eq!(bob.gather(1, 0).0, [n]);
    }
    bob.say(&json!({"type": "ping"}));
    assert_eq!(bob.hear()["type"], "pong");

    // Whoever goes leaves the room to the others.
    drop(bob);
    let mut carl = server.guest("carl");
    ana.send(7);
    assert_eq!(ana.gather(1, 1), (vec![7], vec![7]));
    assert_eq!(carl.gather(1, 0).0, [7]);
}

#[test]
fn all_hear_all_at_the_limit() {
    talk(&Server::start(env!("CARGO_BIN_EXE_limit"), &[]));
}

#[test]
fn what_is_acknowledged_is_in_the_file() {
    let data = tempfile::tempdir().expect("a place for it");
    let server = Server::start(env!("CARGO_BIN_EXE_append"), &["--data", data.path().to_str().expect("plain")]);
    talk(&server);
    let journal = std::fs::read(data.path().join("journal")).expect("there is a journal");
    let text = String::from_utf8_lossy(&journal);
    assert!((1..=7).all(|n| text.contains(&id(n))));
}

#[test]
fn all_hear_all_through_io_uring() {
    talk(&Server::start(env!("CARGO_BIN_EXE_limit-uring"), &[]));
}

#[test]
fn all_hear_all_with_axum() {
    talk(&Server::start(env!("CARGO_BIN_EXE_axum-broadcast"), &[]));
}

/// One message at a time: several would be answered by several tasks.
#[test]
fn all_hear_all_with_socketioxide() {
    let server = Server::start(env!("CARGO_BIN_EXE_socketioxide-rooms"), &[]);
    let (mut ana, mut bob) = (server.socket_io_guest("ana"), server.socket_io_guest("bob"));
    for n in 1..=6 {
        ana.send(n);
        assert_eq!(ana.gather(1, 1), (vec![n], vec![n]));
        assert_eq!(bob.gather(1, 0).0, [n]);
    }
    bob.say(&json!({"type": "ping"}));
    assert_eq!(bob.hear()["type"], "pong");
}

/// Somebody who doesn't read keeps nobody from hearing, and gets all of it in the end.
#[test]
fn whoever_reads_late_hears_all_the_same() {
    for program in [env!("CARGO_BIN_EXE_limit"), env!("CARGO_BIN_EXE_limit-uring")] {
        let server = Server::start(program, &[]);
        let (mut ana, mut bob) = (server.guest("ana"), server.guest("bob"));
        let body = "x".repeat(8000);
        // More than fits the buffers of the kernel, less than closes a connection.
        for n in 1..=900 {
            ana.say(&json!({"type": "send", "room": "green", "id": id(n), "body": body}));
            while ana.hear()["seq"] != n {}
        }
        let mut last = 0;
        while last < 900 {
            let seq = bob.hear()["seq"].as_u64().expect("it is numbered");
            assert_eq!(seq, last + 1);
            last = seq;
        }
    }
}
