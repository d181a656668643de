use std::time::Duration;

use greenroom_actors::{Capsule, Replayed, supervision};
use greenroom_protocol::MessageId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::lab::{crash_until_the_budget_is_spent, hurt, lab};
use crate::support::{GREEN, Guest, Member, Observer, Process, call, greenroom, said, until};

fn steps(story: &Value) -> Vec<&str> {
    story["steps"].as_array().expect("steps").iter().map(|step| step["what"].as_str().expect("a kind")).collect()
}

#[tokio::test]
async fn the_death_of_a_room_is_told_with_what_was_measured_and_nothing_is_lost() {
    let server = Process::start(&["--lab"]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.says(GREEN, "before").await;
    let mut observer = Observer::watch(&server).await;
    let radius = call(&server, Method::GET, "/api/lab/blast-radius?actor=room:green").answer().await;
    assert_eq!((&radius.body["people"], &radius.body["next"]), (&json!(2), &json!("restart")), "{radius:?}");
    assert_eq!(radius.body["restarts"], json!(["room:green"]));

    hurt(&server, "crash", "room:green").await;
    alice.says(GREEN, "after").await;
    bob.hears("after").await;
    let story = observer.story_of("room:green").await;
    assert_eq!(story["outcome"], "recovered", "{story}");
    assert_eq!((&story["lost"], &story["doubled"], &story["waited"]), (&json!(0), &json!(0), &json!(2)), "{story}");
    assert_eq!((&story["people"], &story["by_lab"], &story["command"]), (&json!(2), &json!(true), &json!("suffer")));
    let told = steps(&story);
    assert_eq!(told[..3], ["crashed", "decided", "restarted"], "{story}");
    for step in ["restored", "came_back", "replayed", "audited"] {
        assert!(told.contains(&step), "{step} in {story}");
    }
    assert_eq!(story["path"], json!(["room:green", "rooms"]));
    assert!(story["took_ms"].as_f64() > Some(0.0) && story["restored_events"].as_u64() >= Some(1), "{story}");
    let end = story["end"].as_str().expect("an end");
    assert!(end.starts_with("recovered in ") && end.ends_with("0 lost, 0 doubled, 2 people waited"), "{end}");
    assert_eq!(bob.conversation(GREEN), ["before", "after"]);
    assert!(observer.events.iter().any(|event| event["kind"] == "crash" && event["story"] == story["n"]));
}

#[tokio::test]
async fn what_was_unanswered_when_a_room_died_is_counted_and_answered_once() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut observer = Observer::watch(&server).await;
    // The room dies over this very message, which so has no answer yet.
    assert_eq!(lab(&server, "panic-next", json!({ "actor": "room:green" })).await, StatusCode::ACCEPTED);
    let id = MessageId::new();
    alice.tell(said(GREEN, id, "over this")).await;
    assert_eq!(alice.acked(id).await.seq.0, 1);
    let story = observer.story_of("room:green").await;
    assert_eq!((&story["outcome"], &story["lost"]), (&json!("recovered"), &json!(0)), "{story}");
    // What comes first is chance: the message, or the tick that ends a window.
    if story["command"] == "post" {
        assert_eq!(story["replayed"], 1, "{story}");
    }
    assert_eq!(alice.conversation(GREEN), ["over this"]);
}

#[tokio::test]
async fn a_room_that_keeps_failing_is_told_as_quarantined_and_shown_so() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut observer = Observer::watch(&server).await;
    crash_until_the_budget_is_spent(&server, "room:green", &supervision::ROOM).await;
    let quarantined = |story: &Value| story["outcome"] == "quarantined";
    observer.until("the quarantine", |_, seen| seen.stories.values().any(quarantined)).await;
    let story = observer.stories.values().find(|story| quarantined(story)).expect("it was seen").clone();
    assert!(steps(&story).contains(&"quarantined"), "{story}");
    observer
        .until("its row", |_, seen| seen.rows.get("room:green").is_some_and(|row| row["state"] == "escalated"))
        .await;
    assert!(observer.rows["room:green"]["until_ms"].is_number(), "{}", observer.rows["room:green"]);
}

#[tokio::test]
async fn an_escalation_is_written_down_before_the_process_ends() {
    let mut server = Process::start(&["--lab"]).await;
    crash_until_the_budget_is_spent(&server, "lobby", &supervision::PART).await;
    assert_eq!(server.end().await.0.code(), Some(1));
    let server = server.restart().await;
    let page = call(&server, Method::GET, "/api/observatory/stories?limit=1").answer().await;
    let story = &page.body["stories"][0];
    assert_eq!((&story["outcome"], &story["earlier"]), (&json!("escalated"), &json!(true)), "{page:?}");
    assert_eq!(story["end"], "escalated to engine: the process ends", "{story}");
}

#[tokio::test]
async fn stories_survive_a_restart_and_a_file_that_is_torn() {
    let mut server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    for actor in ["room:green", "presence", "store"] {
        let mut observer = Observer::watch(&server).await;
        observer.stories.clear();
        hurt(&server, "crash", actor).await;
        alice.says(GREEN, "still here").await;
        let story = observer.story_of(actor).await;
        assert_eq!((&story["outcome"], &story["lost"]), (&json!("recovered"), &json!(0)), "{story}");
    }
    server.terminate().await;
    let file = server.home().data().join("stories");
    let mut bytes = std::fs::read(&file).expect("stories are kept");
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 3);
    bytes[40] ^= 1;
    bytes.extend_from_slice(b"00000000 {\"n\":");
    std::fs::write(&file, bytes).expect("written");

    let server = server.restart().await;
    let page = call(&server, Method::GET, "/api/observatory/stories").answer().await;
    let told: Vec<&Value> = page.body["stories"].as_array().expect("stories").iter().map(|one| &one["actor"]).collect();
    assert_eq!(told, ["store", "presence"], "{page:?}");
    let mut alice = alice.again(&server).await;
    alice.join(GREEN).await;
    hurt(&server, "crash", "room:green").await;
    let newest = async || call(&server, Method::GET, "/api/observatory/stories?limit=1").answer().await.body;
    let goes_on = |page: &Value| page["stories"][0]["n"] == 4 && page["stories"][0]["actor"] == "room:green";
    until("a story whose number goes on", newest, goes_on).await;
}

#[tokio::test]
async fn the_feed_is_a_snapshot_and_numbered_changes_until_one_asks_anew() {
    let server = Process::start(&["--lab"]).await;
    let mut observer = Observer::watch(&server).await;
    assert_eq!((observer.n, &observer.snapshot["lab"]), (1, &json!(true)));
    for name in ["engine", "store", "presence", "lobby", "rooms", "sessions", "shard:0"] {
        assert!(observer.rows.contains_key(name), "{name}: {}", observer.snapshot);
    }
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    observer.until("the room", |_, seen| seen.rows.contains_key("room:green")).await;
    observer.says(json!({ "type": "snapshot" })).await;
    observer.until("another snapshot", |frame, _| frame["type"] == "snapshot").await;
    assert!(observer.rows.contains_key("room:green") && observer.n > 2);

    observer.says(json!({ "type": "rate", "per_second": 3 })).await;
    let error = observer.until("a refusal", |frame, _| frame["type"] == "error").await;
    assert_eq!((&error["code"], &error["message"]), (&json!("invalid"), &json!("per_second is 1, 2 or 5")));
    observer.says(json!({ "type": "rate", "per_second": 5 })).await;
    observer.says(json!({ "type": "pause", "on": true })).await;
    observer.says(json!({ "type": "pause", "on": false })).await;
    let fresh = observer.until("a snapshot after the pause", |frame, _| frame["type"] == "snapshot").await;
    assert_eq!(fresh["per_second"], 5);

    observer.says(json!({ "type": "look", "actor": "room:green" })).await;
    alice.says(GREEN, "four").await;
    let told = |frame: &Value, _: &Observer| {
        frame["type"] == "detail" && frame["last"].to_string().contains(r#"{"bytes":4,"kind":"post"}"#)
    };
    let detail = observer.until("the room from near", told).await;
    assert_eq!((&detail["summary"]["last_seq"], &detail["ledger"]["balances"]), (&json!(1), &json!(true)), "{detail}");
    assert!(!detail.to_string().contains("four"), "nobody's words are shown");
    observer.says(json!({ "type": "look", "actor": "room:attic" })).await;
    let nobody = observer.until("nobody", |frame, _| frame["type"] == "detail" && frame["alive"] == false).await;
    assert_eq!(nobody["actor"], "room:attic");
}

#[tokio::test]
async fn a_room_is_busy_while_people_talk_there_and_idle_when_they_are_silent() {
    let server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut observer = Observer::watch(&server).await;
    let is = |state: &'static str| {
        move |_: &Value, seen: &Observer| seen.rows.get("room:green").is_some_and(|row| row["state"] == state)
    };
    observer.until("an idle room", is("idle")).await;
    alice.says(GREEN, "anybody here?").await;
    observer.until("a busy room", is("busy")).await;
    observer.until("an idle room again", is("idle")).await;
}

#[tokio::test]
async fn a_crowd_of_sessions_is_folded_and_unfolded_a_page_at_a_time() {
    let server = Process::start(&["--lab"]).await;
    let mut crowd = Vec::new();
    for n in 0..60 {
        crowd.push(Guest::enter(&server, &format!("Guest{n}")).await);
    }
    let mut observer = Observer::watch(&server).await;
    let folded = |seen: &Observer| -> u64 {
        let shards =
            seen.folds.values().filter(|fold| fold["name"].as_str().is_some_and(|name| name.starts_with("shard:")));
        shards.filter_map(|fold| fold["count"].as_u64()).sum()
    };
    assert_eq!(folded(&observer), 60, "{}", observer.snapshot);
    let shown = observer.rows.keys().filter(|name| name.starts_with("session:")).count();
    assert!(shown < 60, "they are not shown one by one: {shown}");
    observer.says(json!({ "type": "list", "search": "session:", "page": 1 })).await;
    let list = observer.until("the second page", |frame, _| frame["type"] == "list").await;
    assert_eq!((&list["total"], &list["pages"], &list["page"]), (&json!(60), &json!(2), &json!(1)), "{list}");
    let names: Vec<String> = serde_json::from_value(list["names"].clone()).expect("names");
    assert_eq!(names.len(), 10);
    observer.until("their rows", |_, seen| names.iter().all(|name| seen.rows.contains_key(name))).await;
    let one = crowd[0].actor();
    observer.says(json!({ "type": "list", "search": one, "page": 0 })).await;
    let found = observer.until("the one", |frame, _| frame["type"] == "list" && frame["total"] == 1).await;
    assert_eq!(found["names"], json!([one]));
}

#[tokio::test]
async fn the_observatory_is_for_admins_and_with_the_laboratory_for_this_machine() {
    let closed = Process::start(&[]).await;
    let bob = Member::register(&closed, "bob").await;
    let bearer = |token: &str| format!("Bearer {token}");
    let stranger = bearer(&bob.token);
    for headers in [vec![], vec![("authorization", &*stranger)], vec![("authorization", "Bearer s1.nonsense")]] {
        assert_eq!(Observer::try_watch(&closed, &headers).await.err(), Some(404), "{headers:?}");
    }
    for path in ["/api/observatory/stories", "/api/observatory/capsules/1-room-green.json", "/api/lab/drills"] {
        call(&closed, Method::GET, path).by(&bob.token).answer().await.is(StatusCode::NOT_FOUND);
    }
    let data = closed.home().data();
    let done = async |what: &str| {
        let status = greenroom().args(["admin", what, "bob", "--data"]).arg(&data).status().await.expect("it runs");
        assert!(status.success(), "{what}");
    };
    let second = Member::register(&closed, "ada").await;
    let promoted = greenroom().args(["admin", "promote", "ada", "--data"]).arg(&data).status().await.expect("it runs");
    assert!(promoted.success() && !second.token.is_empty());
    done("promote").await;
    let mut observer = Observer::try_watch(&closed, &[("authorization", &stranger)]).await.expect("an admin may");
    assert_eq!(observer.snapshot["lab"], false);
    call(&closed, Method::GET, "/api/observatory/stories").by(&bob.token).answer().await.is(StatusCode::OK);
    let evil = [("authorization", &*stranger), ("origin", "https://evil.example")];
    assert_eq!(Observer::try_watch(&closed, &evil).await.err(), Some(403));
    done("demote").await;
    assert_eq!(observer.closed().await, 4401, "whoever is no admin any more sees nothing more");

    let open = Process::start(&["--lab"]).await;
    assert!(Observer::try_watch(&open, &[]).await.is_ok());
    let elsewhere = [("x-forwarded-for", "192.0.2.1")];
    assert_eq!(Observer::try_watch(&open, &elsewhere).await.err(), Some(404));
}

#[tokio::test]
async fn the_crash_of_a_room_is_replayed_from_its_capsule_to_the_same_command() {
    let mut server = Process::start(&["--lab"]).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    for n in 0..5 {
        alice.says(GREEN, &format!("message {n}")).await;
    }
    let mut observer = Observer::watch(&server).await;
    hurt(&server, "crash", "room:green").await;
    let story = observer.story_of("room:green").await;
    let name = story["capsule"].as_str().expect("a capsule").to_owned();
    let path = format!("/api/observatory/capsules/{name}");
    let fetched = async || call(&server, Method::GET, &path).answer().await.status;
    until("the capsule to be written", fetched, |status| *status == StatusCode::OK).await;
    server.terminate().await;

    let file = server.home().data().join("capsules").join(&name);
    let capsule = Capsule::read(&std::fs::read(&file).expect("it is there")).expect("a capsule");
    let mut kinds = Vec::new();
    assert_eq!(capsule.replay(|step| kinds.push(step.kind.clone())), Replayed::Laboratory);
    assert_eq!(kinds.last().map(String::as_str), Some("suffer"), "{kinds:?}");
    assert!(
        kinds.iter().filter(|kind| *kind == "post").count() == 5 && kinds.contains(&"join".to_owned()),
        "{kinds:?}"
    );
    let replayed = greenroom().arg("replay").arg(&file).output().await.expect("it runs");
    let text = String::from_utf8_lossy(&replayed.stdout).into_owned();
    assert!(replayed.status.success() && text.contains("crashed here by the laboratory"), "{text}");

    let bytes = std::fs::read(&file).expect("it is there");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("written");
    let damaged = greenroom().arg("replay").arg(&file).output().await.expect("it runs");
    let text = String::from_utf8_lossy(&damaged.stderr).into_owned();
    assert_eq!(damaged.status.code(), Some(1), "{text}");
    assert!(text.contains("is no crash capsule, or it is damaged"), "{text}");
}

#[tokio::test]
async fn a_drill_runs_beside_the_server_with_its_verdict_on_the_feed() {
    let server = Process::start(&["--lab"]).await;
    let mut observer = Observer::watch(&server).await;
    let drills = call(&server, Method::GET, "/api/lab/drills").answer().await;
    assert!(drills.body["drills"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "poison")));
    assert_eq!(lab(&server, "drill", json!({ "drill": "fire" })).await, StatusCode::NOT_FOUND);
    assert_eq!(lab(&server, "drill", json!({ "drill": "poison" })).await, StatusCode::ACCEPTED);
    assert_eq!(lab(&server, "drill", json!({ "drill": "poison" })).await, StatusCode::CONFLICT);
    observer.until("its beginning", |frame, _| frame["type"] == "drill" && frame["state"] == "running").await;
    let over = |frame: &Value, _: &Observer| frame["type"] == "drill" && frame["state"] != "running";
    let mut verdict = Value::Null;
    // A debug build on a busy computer takes its time.
    let begun = Instant::now();
    while verdict.is_null() && begun.elapsed() < Duration::from_secs(120) {
        if let Ok(frame) = timeout(Duration::from_secs(15), observer.until("its end", over)).await {
            verdict = frame;
        }
    }
    assert_eq!(verdict["state"], "passed", "{verdict}");
    assert_eq!(verdict["result"]["report"]["lost"], 0, "{verdict}");

    assert_eq!(lab(&server, "drill", json!({ "drill": "kill-nine" })).await, StatusCode::ACCEPTED);
    let stopped = call(&server, Method::DELETE, "/api/lab/drill").answer().await;
    stopped.is(StatusCode::ACCEPTED);
    let last = observer.until("its end", |frame, _| frame["type"] == "drill" && frame["state"] == "stopped").await;
    assert_eq!(last["drill"], "kill-nine");
}
