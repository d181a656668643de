use std::net::SocketAddr;
use std::process::Output;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::support::greenroom;

/// What a server does to one of its messages on the way to one of its people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Loses,
    Doubles,
    /// Tells it after the next one.
    Reorders,
    /// Acknowledges it, and tells nobody.
    Forgets,
    /// Tells it with the number of another.
    Renumbers,
}

/// The message that goes wrong.
const SEVENTH: u64 = 7;

/// Three people, thirty messages a second; a second is enough for the seventh.
const SMALL: [&str; 11] =
    ["fanout", "--members", "3", "--senders", "2", "--rate", "30", "--seconds", "1", "--warm-up", "0"];

async fn measured(arguments: &[&str]) -> (Output, Value) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("run.json");
    let mut command = greenroom();
    let output = command.arg("bench").args(arguments).arg("--json").arg(&file).output().await.expect("it runs");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, serde_json::from_str(&text).expect("JSON"))
}

async fn faults_of(wrong: Wrong) -> (Option<i32>, Value) {
    let url = format!("ws://{}", chat(wrong).await);
    let (output, measured) = measured(&[&SMALL[..], &["--url", &url]].concat()).await;
    (output.status.code(), measured["runs"][0]["faults"].clone())
}

fn figure(measured: &Value, name: &str) -> f64 {
    let figures = measured["runs"][0]["figures"].as_array().expect("figures");
    let figure = figures.iter().find(|figure| figure["name"] == name);
    figure.unwrap_or_else(|| panic!("no `{name}` in {figures:?}"))["value"].as_f64().expect("a number")
}

#[tokio::test]
async fn a_server_that_keeps_its_promises_is_found_without_fault() {
    let (code, faults) = faults_of(Wrong::Nothing).await;
    assert_eq!(code, Some(0), "{faults}");
    assert!(faults.as_object().unwrap().values().all(|count| *count == 0), "{faults}");
}

#[tokio::test]
async fn a_server_that_loses_doubles_or_reorders_is_found_out() {
    for (wrong, fault, counts) in [
        (Wrong::Loses, "lost", 1..=1),
        (Wrong::Doubles, "doubled", 1..=1),
        (Wrong::Reorders, "disordered", 1..=1),
        (Wrong::Forgets, "lost", 1..=1),
        // Whoever is told first is believed: the one, or its two others and its sender.
        (Wrong::Renumbers, "disordered", 1..=4),
    ] {
        let (code, faults) = faults_of(wrong).await;
        assert_eq!(code, Some(1), "{wrong:?}: {faults}");
        assert!(counts.contains(&faults[fault].as_u64().expect("a number")), "{wrong:?}: {faults}");
    }
}

#[tokio::test]
async fn every_scenario_measures_a_fresh_greenroom_and_finds_every_promise_kept() {
    let short = ["--seconds", "1", "--warm-up", "0"];
    for (scenario, told) in [
        (&["fanout", "--members", "5", "--in-flight", "4"][..], "deliveries"),
        (&["rooms", "--rooms", "3", "--members", "2", "--rate", "50"], "deliveries"),
        (&["ack", "--senders", "4"], "acks"),
        (&["idle", "--connections", "50", "--members", "10"], "joins"),
        (&["storm", "--connections", "50", "--members", "10"], "returns"),
        (&["mixed", "--rooms", "2", "--members", "3", "--rate", "20"], "deliveries"),
        (&["history", "--messages", "2000", "--readers", "2"], "pages"),
        (&["growth", "--messages", "1000,2000"], "memory, 2000 stored"),
        (&["failure", "--members", "3", "--rate", "50", "--every", "1", "--seconds", "2"], "crashes"),
    ] {
        let arguments = if scenario.contains(&"--seconds") { scenario.to_vec() } else { [scenario, &short].concat() };
        let (output, measured) = measured(&arguments).await;
        assert_eq!(output.status.code(), Some(0), "{scenario:?}: {output:?}");
        assert!(figure(&measured, told) > 0.0, "{scenario:?}");
    }
}

#[tokio::test]
async fn what_is_compressed_is_read_and_checked_like_everything_else() {
    let bytes = async |deflate: &str| {
        let (output, measured) = measured(&[&SMALL[..], &[deflate]].concat()).await;
        assert_eq!(output.status.code(), Some(0), "{deflate}: {output:?}");
        figure(&measured, "bytes a delivery")
    };
    let (plain, compressed) = (bytes("--deflate=off").await, bytes("--deflate=all").await);
    assert!(compressed < plain * 0.9, "{compressed} bytes a delivery, and {plain} without");
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("ws://{nobody}");
    let output = greenroom().args(["bench", "fanout", "--url", &url]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("refused"), "{output:?}");
}

/// People, by what is said to them, and how many messages there were.
#[derive(Default)]
struct Room {
    people: Vec<mpsc::Sender<String>>,
    messages: u64,
    held: Option<String>,
}

/// A chat with one room, which does wrong once.
async fn chat(wrong: Wrong) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let room = Arc::new(Mutex::new(Room::default()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(person(stream, Arc::clone(&room), wrong));
        }
    });
    address
}

async fn person(stream: TcpStream, room: Arc<Mutex<Room>>, wrong: Wrong) {
    let Ok(socket) = accept_async(stream).await else { return };
    let (mut sink, mut source) = socket.split();
    let (tell, mut told) = mpsc::channel(1_000);
    tokio::spawn(async move {
        while let Some(text) = told.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(Message::Text(text))) = source.next().await {
        let frame: Value = serde_json::from_str(&text).expect("JSON");
        let answer = match frame["type"].as_str() {
            Some("join") => {
                room.lock().people.push(tell.clone());
                format!(r#"{{"type":"joined","room":{}}}"#, frame["room"])
            }
            Some("send") => room.lock().say(&frame, wrong),
            _ => r#"{"type":"welcome"}"#.to_owned(),
        };
        tell.try_send(answer).expect("there is room");
    }
}

impl Room {
    fn say(&mut self, send: &Value, wrong: Wrong) -> String {
        self.messages += 1;
        let seq = self.messages;
        let message = |seq| {
            let (room, id, body) = (&send["room"], &send["id"], &send["body"]);
            format!(r#"{{"type":"message","room":{room},"seq":{seq},"id":{id},"body":{body}}}"#)
        };
        let last = self.people.len() - 1;
        for (nth, person) in self.people.iter().enumerate() {
            let tell = |text: String| person.try_send(text).expect("there is room");
            match wrong {
                Wrong::Forgets if seq == SEVENTH => {}
                Wrong::Loses if seq == SEVENTH && nth == last => {}
                Wrong::Doubles if seq == SEVENTH && nth == last => (0..2).for_each(|_| tell(message(seq))),
                Wrong::Reorders if seq == SEVENTH && nth == last => self.held = Some(message(seq)),
                Wrong::Renumbers if seq == SEVENTH && nth == last => tell(message(seq - 1)),
                _ => {
                    tell(message(seq));
                    if nth == last {
                        self.held.take().into_iter().for_each(tell);
                    }
                }
            }
        }
        format!(r#"{{"type":"ack","room":{},"id":{},"seq":{seq}}}"#, send["room"], send["id"])
    }
}
