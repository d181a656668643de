//! Rooms with more people than one actor sees to.

use greenroom_protocol::limits::RELAY_SESSIONS;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::lab::{balances, count, find, hurt, restarts, tree};

use crate::support::{GREEN, Guest, Process, Raw, call, until};

/// So many enter before the next so many do, so that nobody waits long to be accepted.
const AT_ONCE: usize = 50;

/// People who only listen.
async fn crowd(server: &Process, people: usize) {
    for first in (0..people).step_by(AT_ONCE) {
        let mut entering = tokio::task::JoinSet::new();
        for nth in first..people.min(first + AT_ONCE) {
            let mut socket = Raw::connect(server).await;
            entering.spawn(async move {
                socket.text(format!(r#"{{"type":"hello","guest":"listener{nth}"}}"#).as_bytes()).await;
                socket.text(format!(r#"{{"type":"join","room":"{GREEN}"}}"#).as_bytes()).await;
                while !socket.next_text().await.contains(r#""type":"joined""#) {}
                // From now on it is read for as long as the server goes on.
                tokio::spawn(async move { socket.late_ending().await });
            });
        }
        entering.join_all().await;
    }
}

/// The relays that live below a room.
async fn relays(server: &Process) -> Value {
    find(&tree(server).await, "room:green").expect("the room lives")["children"].clone()
}

#[tokio::test]
async fn a_relay_that_crashes_while_people_talk_loses_doubles_and_moves_nothing() {
    let server = Process::start(&["--lab", "--no-limits"]).await;
    let mut people = vec![Guest::enter(&server, "Alice").await];
    people[0].join(GREEN).await;
    crowd(&server, RELAY_SESSIONS - 1).await;
    assert_eq!(relays(&server).await.as_array().map(Vec::len), Some(0), "the room sees to a thousand itself");
    for name in ["Bob", "Carol", "Dave"] {
        let mut guest = Guest::enter(&server, name).await;
        guest.join(GREEN).await;
        people.push(guest);
    }
    let relay = relays(&server).await;
    assert_eq!(relay[0]["name"], "relay:green:1", "the others are at a relay: {relay}");
    let radius = call(&server, Method::GET, "/api/lab/blast-radius?actor=relay:green:1").answer().await.body;
    assert_eq!((&radius["next"], &radius["people"]), (&json!("restart"), &json!(RELAY_SESSIONS + 3)), "{radius}");
    assert!(radius["text"].as_str().is_some_and(|text| text.starts_with("relay:green:1 fails its room")), "{radius}");
    let said = people.len() as u64 * 10;
    for nth in 0..said {
        let speaker = usize::try_from(nth).expect("few") % people.len();
        if nth % 10 == 5 {
            let up = async || count(&tree(&server).await, "relay:green:");
            until("a relay", up, |relays| *relays > 0).await;
            let name = relays(&server).await[0]["name"].as_str().expect("a name").to_owned();
            hurt(&server, "crash", &name).await;
        }
        assert_eq!(people[speaker].says(GREEN, &format!("number {nth}")).await.seq.0, nth + 1);
    }
    for guest in &mut people {
        guest.log_up_to(GREEN, said).await;
        guest.is_heard().await;
        assert_eq!(guest.log(GREEN).len() as u64, said, "{} was told each once", guest.user().name);
    }
    let back = async || restarts(&tree(&server).await, "room:green");
    until("its room, each time", back, |restarts| *restarts == said / 10).await;
    balances(&server).await;
    let stories =
        async || call(&server, Method::GET, "/api/observatory/stories").answer().await.body["stories"].clone();
    let of_a_relay = |story: &Value| {
        let cause = story["cause"].as_str().is_some_and(|cause| cause.starts_with("relay:green:"));
        cause && story["actor"] == "room:green" && story["outcome"] == "recovered"
    };
    let told =
        |stories: &Value| stories.as_array().is_some_and(|all| all.iter().filter(|one| of_a_relay(one)).count() == 4);
    until("the story of each crash", stories, told).await;
}
