use greenroom_actors::supervision;
use greenroom_protocol::{ErrorCode, MessageId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::lab::{arm, arm_for, crash_until_the_budget_is_spent, find, hurt, lab, tree};
use crate::support::{GREEN, Guest, Host as _, Process, call, said, until};

/// Some actor of a kind.
fn first(tree: &Value, kind: &str) -> Option<Value> {
    if tree["kind"] == kind {
        return Some(tree.clone());
    }
    tree["children"].as_array()?.iter().find_map(|child| first(child, kind))
}

#[tokio::test]
async fn a_message_that_crashes_its_room_twice_is_refused_and_everybody_else_goes_on() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut mallory) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Mallory").await);
    alice.join(GREEN).await;
    mallory.join(GREEN).await;
    let poison = MessageId::new();
    arm_for(&server, "room.post", "panic", poison).await;

    assert_eq!(mallory.refused(said(GREEN, poison, "boom")).await.code, ErrorCode::Internal);
    assert_eq!(alice.says(GREEN, "What was that?").await.seq.0, 1);
    assert_eq!(mallory.says(GREEN, "Sorry").await.seq.0, 2);
    assert_eq!(find(&tree(&server).await, "room:green").expect("it lives")["restarts"], 2);
    let health: Value = reqwest::get(server.url("/api/health")).await.unwrap().json().await.unwrap();
    assert_eq!(health["poison"], 1);
    let aside: Value = reqwest::get(server.url("/api/set-aside")).await.unwrap().json().await.unwrap();
    assert_eq!((&aside["poison"][0]["id"], &aside["poison"][0]["room"]), (&json!(poison), &json!(GREEN)), "{aside}");
    assert_eq!((&aside["poison"][0]["command"], &aside["unreadable"]), (&json!("send"), &json!([])), "{aside}");
    assert_eq!(mallory.refused(said(GREEN, poison, "boom")).await.code, ErrorCode::Internal, "it stays aside");
    assert_eq!(alice.conversation(GREEN), ["What was that?", "Sorry"]);
}

#[tokio::test]
async fn the_log_of_a_panic_names_the_room_that_had_it() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let id = MessageId::new();
    arm_for(&server, "room.post", "panic", id).await;
    alice.refused(said(GREEN, id, "boom")).await;
    let of_panics = async || server.log().lines().filter(|line| line.contains("place=")).collect::<Vec<_>>().join("\n");
    until("the panic to be logged", of_panics, |lines| lines.contains("actor=\"room:green\"")).await;
}

#[tokio::test]
async fn a_poison_message_for_a_room_where_nobody_sits_crashes_it_twice_and_no_more() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let token = alice.token().to_owned();
    alice.goes().await;
    let poison = MessageId::new();
    arm_for(&server, "room.post", "panic", poison).await;

    let posts = async |id: MessageId| {
        let words = json!({ "id": id, "body": "boom" });
        call(&server, Method::POST, "/api/rooms/green/messages").by(&token).json(&words).answer().await
    };
    let refused = posts(poison).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR, "{refused:?}");
    let metrics = reqwest::get(server.url("/metrics")).await.unwrap().text().await.unwrap();
    let panics = metrics.lines().find(|line| line.contains("panic") && line.contains("\"room\""));
    assert_eq!(panics.and_then(|line| line.rsplit(' ').next()), Some("2"), "{metrics}");
    assert_eq!(posts(MessageId::new()).await.status, StatusCode::CREATED, "the room goes on");
}

#[tokio::test]
async fn a_poison_message_that_was_stored_before_is_acknowledged_not_refused() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let id = MessageId::new();
    let first = alice.says_as(GREEN, id, "fine at first").await;
    arm_for(&server, "room.post", "panic", id).await;
    assert_eq!(alice.says_as(GREEN, id, "fine at first").await.seq, first.seq);
    assert_eq!(find(&tree(&server).await, "room:green").expect("it lives")["restarts"], 2, "it did crash");
}

#[tokio::test]
async fn a_room_that_hangs_is_ended_and_comes_back_with_nothing_lost() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let mut bob = bob;
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.says(GREEN, "before").await;
    hurt(&server, "hang", "room:green").await;
    assert_eq!(alice.says(GREEN, "into the silence").await.seq.0, 2);
    bob.hears("into the silence").await;
    assert_eq!(find(&tree(&server).await, "room:green").expect("it lives")["restarts"], 1);
}

#[tokio::test]
async fn whoever_comes_while_the_lobby_hangs_waits_for_it_and_is_not_ended_for_that() {
    let server = Process::start(&["--lab"]).await;
    assert_eq!(lab(&server, "hang", json!({ "actor": "lobby" })).await, StatusCode::ACCEPTED);
    let mut alice = Guest::enter(&server, "Alice").await;
    assert_eq!(find(&tree(&server).await, "lobby").expect("it lives")["restarts"], 1, "it did hang");
    alice.join(GREEN).await;
    assert_eq!(alice.says(GREEN, "at last").await.seq.0, 1);
}

#[tokio::test]
async fn a_sync_that_fails_ends_the_process_and_acknowledges_nothing() {
    let mut server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let joined = alice.join(GREEN).await;
    alice.says(GREEN, "safe").await;
    assert_eq!(lab(&server, "fail-next-sync", json!({})).await, StatusCode::ACCEPTED);
    let lost = MessageId::new();
    alice.tell(said(GREEN, lost, "never acknowledged")).await;
    let (status, _) = server.end().await;
    assert_eq!(status.code(), Some(1));
    assert!(alice.try_acked(lost).await.is_err(), "nothing is acknowledged after a failed sync");

    let server = server.restart().await;
    let mut alice = alice.again(&server).await;
    let back = alice.resume(GREEN, 1, &joined).await;
    assert!(back.last_seq.0 >= 1, "what was acknowledged is there: {back:?}");
    assert_eq!(alice.says_as(GREEN, lost, "never acknowledged").await.seq.0, 2, "and the rest can be said again");
}

#[tokio::test]
async fn a_part_that_keeps_failing_ends_the_program_with_the_reason() {
    let mut server = Process::start(&["--lab"]).await;
    crash_until_the_budget_is_spent(&server, "lobby", &supervision::PART).await;
    let (status, _) = server.end().await;
    assert_eq!(status.code(), Some(1), "{}", server.log());
    assert!(server.log().contains("lobby failed too often"), "{}", server.log());
}

#[tokio::test]
async fn a_kill_at_any_step_of_a_message_s_way_loses_and_doubles_nothing() {
    let steps = [
        "socket.frame",
        "socket.write",
        "session.send",
        "room.post",
        "room.before_append",
        "store.submit",
        "journal.before_write",
        "journal.after_write",
        "journal.after_sync",
        "room.fan_out",
    ];
    let mut server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let mut joined = alice.join(GREEN).await;
    for (before, step) in steps.into_iter().enumerate() {
        arm(&server, step, "kill", 1).await;
        let id = MessageId::new();
        alice.tell(said(GREEN, id, step)).await;
        assert_eq!(server.end().await.0.code(), None, "{step}: it was killed");
        server = server.restart().await;
        alice = alice.again(&server).await;
        joined = alice.resume(GREEN, before as u64, &joined).await;
        assert_eq!(alice.says_as(GREEN, id, step).await.seq.0, before as u64 + 1, "{step}");
    }
    let told: Vec<String> = alice.whole_history(GREEN).await.iter().filter_map(body).collect();
    assert_eq!(told, steps);
}

fn body(event: &greenroom_protocol::Event) -> Option<String> {
    event.message().map(|message| message.body.as_str().to_owned())
}

#[tokio::test]
async fn whoever_watches_sees_the_tree_and_what_happens_in_it() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut events = reqwest::get(server.url("/api/lab/events")).await.expect("a stream");
    let before = tree(&server).await;
    for name in ["engine", "store", "presence", "lobby", "rooms", "sessions", "room:green", &alice.actor()] {
        let actor = find(&before, name).unwrap_or_else(|| panic!("{name} in {before}"));
        assert_eq!(actor["status"], "running", "{name}");
        assert!(actor["handled"].is_u64() && actor["mailbox"].is_u64() && actor["uptime_ms"].is_u64(), "{actor}");
    }
    hurt(&server, "crash", "lobby").await;
    let mut heard = String::new();
    while !heard.contains("\"restart\"") {
        let chunk = events.chunk().await.expect("the stream goes on").expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(heard.contains("\"actor\":\"lobby\"") && heard.contains("\"panic\""), "{heard}");
    let restarts = async || find(&tree(&server).await, "lobby").map(|lobby| lobby["restarts"].clone());
    until("the lobby to be up again", restarts, |restarts| *restarts == Some(json!(1))).await;

    let flood = json!({ "actor": "lobby", "messages": 10_000 });
    assert_eq!(lab(&server, "flood", flood).await, StatusCode::ACCEPTED);
    assert_eq!(alice.says(GREEN, "still here").await.seq.0, 1);
    let nowhere = json!({ "point": "nowhere", "strike": "panic" });
    assert_eq!(lab(&server, "fault", nowhere).await, StatusCode::NOT_FOUND);
    let keyless = json!({ "point": "journal.sync", "strike": "fail", "key": "any" });
    assert_eq!(lab(&server, "fault", keyless).await, StatusCode::UNPROCESSABLE_ENTITY, "it would never strike");
}

async fn metrics(server: &Process, forwarded_for: Option<&str>) -> (StatusCode, String) {
    let mut call = reqwest::Client::new().get(server.url("/metrics"));
    if let Some(whom) = forwarded_for {
        call = call.header("x-forwarded-for", whom);
    }
    let answer = call.send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn the_metrics_balance_and_only_this_machine_sees_them() {
    let server = Process::start(&[]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.says(GREEN, "one").await;
    bob.says(GREEN, "two").await;
    let expected = [
        "greenroom_posts_settled_total{outcome=\"stored\"} 2",
        "greenroom_deliveries_owed_total 4",
        "greenroom_deliveries_handed_over_total 4",
        "greenroom_sends_settled_total{outcome=\"acked\"} 2",
        "greenroom_ledger_imbalances_total 0",
        "greenroom_actors{kind=\"session\"} 2",
        "greenroom_ack_seconds_count 2",
    ];
    until(
        "the books to have all of it",
        async || metrics(&server, None).await.1,
        |text| expected.iter().all(|line| text.lines().any(|is| is == *line)),
    )
    .await;
    let (status, body) = metrics(&server, Some("192.0.2.1")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "a proxy passes on somebody from elsewhere: {body}");
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own_where_one_is_asked_for() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
    let server = Process::start(&["--metrics-listen", &free.to_string()]).await;
    let elsewhere = reqwest::Client::new().get(format!("http://{free}/metrics")).header("x-forwarded-for", "192.0.2.1");
    let text = elsewhere.send().await.expect("an answer").text().await.expect("text");
    assert!(text.contains("greenroom_up 1"), "{text}");
    let nothing_else = reqwest::get(format!("http://{free}/api/health")).await.expect("an answer");
    assert_eq!(nothing_else.status(), StatusCode::NOT_FOUND);
    assert_eq!(metrics(&server, None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_room_and_a_session_can_be_looked_at() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "hello").await;
    let look = async |name: &str| {
        let answer = reqwest::get(server.url(&format!("/api/lab/actors/{name}"))).await.expect("an answer");
        let status = answer.status();
        (status, answer.json::<Value>().await.expect("JSON"))
    };
    let (status, green) = look("room:green").await;
    assert_eq!((status, &green["ledger"]["deliveries"]["handed_over"]), (StatusCode::OK, &json!(1)), "{green}");
    let session = first(&tree(&server).await, "session").expect("Alice's");
    let (status, session) = look(session["name"].as_str().expect("a name")).await;
    assert_eq!((status, &session["user"]["name"]), (StatusCode::OK, &json!("Alice")), "{session}");
    assert_eq!((&session["rooms"], &session["ledger"]["sends"]["acked"]), (&json!(["green"]), &json!(1)));
    for unknown in ["room:nowhere", "engine", "nobody"] {
        assert_eq!(look(unknown).await.0, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn a_room_that_nobody_needs_can_be_ended_without_its_minute() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let passivate = json!({ "actor": "room:green" });
    assert_eq!(lab(&server, "passivate", passivate.clone()).await, StatusCode::ACCEPTED);
    assert_eq!(alice.says(GREEN, "still here").await.seq.0, 1, "somebody sits in it");
    assert_eq!(find(&tree(&server).await, "room:green").expect("it lives")["restarts"], 0);
    alice.leave(GREEN).await;
    let ended = async || lab(&server, "passivate", passivate.clone()).await;
    until("the room to end", ended, |answer| *answer == StatusCode::NOT_FOUND).await;
    alice.join(GREEN).await;
    assert_eq!(alice.conversation(GREEN), ["still here"], "and it is back for whoever comes");
}
