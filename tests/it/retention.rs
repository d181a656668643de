use std::path::Path;
use std::time::Duration;

use greenroom_protocol::{Command, Event, History, ServerFrame};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    ATTIC, Answer, GREEN, Guest, Host, Member, PASSWORD, Process, Server, call, greenroom, room, seqs, until,
};

/// Where a log begins, as whoever is in the room is told.
async fn first_seq(guest: &mut Guest) -> u64 {
    guest.history(GREEN, |_| {}).await.first_seq.0
}

#[tokio::test]
async fn what_is_older_than_the_server_keeps_it_is_no_more_for_anybody() {
    let server = Server::start_with(|config| config.retention = Some(Duration::from_secs(2))).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    let earlier = bob.join(GREEN).await;
    for n in 1..=3 {
        alice.says(GREEN, &format!("soon forgotten {n}")).await;
    }
    bob.hears("soon forgotten 1").await;
    let away = bob.token().to_owned();
    bob.goes().await;
    let begins = async || first_seq(&mut alice).await;
    until("all of it to be no more", begins, |first| *first == 4).await;
    let mut bob = Guest::come_back(&server, &away).await;
    let rows = &bob.welcome().rooms;
    assert_eq!((rows.len(), rows[0].unread, rows[0].last.is_none(), rows[0].last_seq.0), (1, 0, true, 3));
    let joined = bob.resume(GREEN, 1, &earlier).await;
    assert!(joined.reset && joined.events.is_empty(), "{joined:?}");
    assert_eq!((joined.first_seq.0, joined.last_seq.0), (4, 3));
    let ack = alice.says(GREEN, "something new").await;
    assert_eq!((ack.seq.0, bob.hears("something new").await.seq.0), (4, 4), "places are never given out again");
    let page = call(&server, Method::GET, "/api/rooms/green/messages?after=0").by(bob.token()).answer().await;
    let page = page.is(StatusCode::OK);
    assert!(page.body["first_seq"].as_u64().is_some_and(|first| first >= 4), "{page:?}");
}

async fn asks(host: &impl Host, guest: &Guest, method: Method, path: &str, body: Value) -> Answer {
    call(host, method, path).by(guest.token()).json(&body).answer().await
}

#[tokio::test]
async fn owners_say_for_how_long_a_room_keeps_what_is_said_and_all_members_hear_it() {
    let server = Server::start_with(|config| config.no_limits = true).await;
    let (alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let path = format!("/api/rooms/{ATTIC}");
    let wish = json!({ "room": ATTIC, "kind": "private", "members": [bob.user().id] });
    asks(&server, &alice, Method::POST, "/api/rooms", wish).await.is(StatusCode::CREATED);
    let member = format!("{path}/members/{}", bob.user().id);
    asks(&server, &alice, Method::PUT, &member, json!({ "role": "moderator" })).await.is(StatusCode::CREATED);
    assert_eq!(bob.join(ATTIC).await.retention_s, None);

    asks(&server, &bob, Method::PATCH, &path, json!({ "retention_s": 3_600 })).await.is(StatusCode::FORBIDDEN);
    for wrong in [json!(59), json!(3_153_600_001_u64), json!(-60), json!("1h"), json!(60.5)] {
        let refused = asks(&server, &alice, Method::PATCH, &path, json!({ "retention_s": wrong })).await;
        assert_eq!(refused.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["retention_s"]);
    }
    let changed = asks(&server, &alice, Method::PATCH, &path, json!({ "retention_s": 3_600 })).await;
    assert_eq!(changed.is(StatusCode::OK).body["retention_s"], 3_600);
    let heard = |wanted: Option<u64>| {
        move |frame: &ServerFrame| match frame {
            ServerFrame::Room(changed) if changed.retention_s == wanted => Some(changed.title.clone()),
            _ => None,
        }
    };
    assert_eq!(bob.hears_frame("the room to forget", heard(Some(3_600))).await, ATTIC);
    let listed = |frame: &ServerFrame| match frame {
        ServerFrame::Rooms(changed) => changed.rooms.iter().find_map(|row| row.retention_s),
        _ => None,
    };
    assert_eq!(bob.hears_frame("the same in the list", listed).await, 3_600);
    // Another change leaves it as it is; only null is for ever again.
    let titled = asks(&server, &bob, Method::PATCH, &path, json!({ "title": "Loft" })).await.is(StatusCode::OK);
    assert_eq!(titled.body["retention_s"], 3_600);
    let for_ever = asks(&server, &alice, Method::PATCH, &path, json!({ "retention_s": null })).await;
    assert!(for_ever.is(StatusCode::OK).body.get("retention_s").is_none());
    assert_eq!(bob.hears_frame("the room to remember again", heard(None)).await, "Loft");
}

async fn operator(data: &Path, words: &[&str]) -> String {
    let output = greenroom().arg("admin").args(words).arg("--data").arg(data).output().await.expect("it runs");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Whether these words are anywhere in the journal.
fn is_on_disk(data: &Path, words: &str) -> bool {
    let journal = std::fs::read_dir(data.join("journal")).expect("a journal");
    journal.flatten().any(|entry| {
        // One that is being replaced is there under its name all the time, but for the others.
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

/// The places of what was erased in a log, and the bodies that are left.
fn left_of(events: &[Event]) -> (Vec<u64>, Vec<&str>) {
    let erased = events.iter().filter(|event| matches!(event, Event::Erased { .. })).map(|event| event.seq().0);
    let left = events.iter().filter_map(Event::message).map(|message| message.body.as_str());
    (erased.collect(), left.collect())
}

#[tokio::test]
async fn what_somebody_has_said_is_erased_with_their_account_or_without_it() {
    let process = Process::start(&["--no-limits"]).await;
    let data = process.home().data();
    let mut carol = Guest::enter(&process, "Carol").await;
    carol.join(GREEN).await;
    let bob = Member::register(&process, "Bob").await;
    let (mut bobs, mut dan) = (bob.connects(&process).await, Guest::enter(&process, "Dan").await);
    bobs.join(GREEN).await;
    dan.join(GREEN).await;
    bobs.says(GREEN, "my address is 7 Elm Street").await;
    dan.says(GREEN, "I am Dan and I owe you").await;
    carol.says(GREEN, "noted").await;
    bobs.says(GREEN, "please forget it").await;
    assert!(is_on_disk(&data, "7 Elm Street") && is_on_disk(&data, "I owe you"));

    assert!(operator(&data, &["delete", "Bob", "--erase"]).await.contains("is erased"));
    let (erased, left) = (vec![1, 4], vec!["I am Dan and I owe you", "noted"]);
    // Also whoever was there all the time, in a room that has it in memory, is shown it no more.
    assert_eq!(left_of(&carol.whole_history(GREEN).await), (erased.clone(), left.clone()));
    let mut eve = Guest::enter(&process, "Eve").await;
    assert_eq!(left_of(&eve.join(GREEN).await.events), (erased.clone(), left));
    let rows = call(&process, Method::GET, "/api/rooms").by(carol.token()).answer().await.is(StatusCode::OK);
    assert!(rows.body["rooms"][0].get("last").is_none(), "the last message was his: {rows:?}");

    let id = dan.user().id.to_string();
    operator(&data, &["erase", &id]).await;
    let forgotten = |frame: &ServerFrame| match frame {
        ServerFrame::Forgotten(forgotten) if forgotten.user == dan.user().id => Some(forgotten.clone()),
        _ => None,
    };
    let told = carol.hears_frame("that it is to be forgotten", forgotten).await;
    assert_eq!((told.room.as_str(), told.up_to.0), (GREEN, 4), "at once, and without asking");
    assert_eq!(left_of(&carol.whole_history(GREEN).await), (vec![1, 2, 4], vec!["noted"]));
    assert_eq!(dan.says(GREEN, "I am still here").await.seq.0, 5);
    let last = async || call(&process, Method::GET, "/api/rooms").by(carol.token()).answer().await.body;
    until("what he says since to be in the list", last, |list| list["rooms"][0]["last"]["body"] == "I am still here")
        .await;
    assert!(carol.is_connected() && dan.is_connected());

    let mut process = process;
    process.kill_9().await;
    let process = process.restart().await;
    let mut carol = carol.again(&process).await;
    let events = carol.join(GREEN).await.events;
    assert_eq!(left_of(&events), (vec![1, 2, 4], vec!["noted", "I am still here"]));
    assert_eq!(seqs(&events), [1, 2, 3, 4, 5], "all keep their places");
    let on_disk =
        async || [is_on_disk(&data, "7 Elm Street"), is_on_disk(&data, "I owe you"), is_on_disk(&data, "noted")];
    until("it to have left the disk", on_disk, |on_disk| *on_disk == [false, false, true]).await;
    assert_eq!(left_of(&carol.whole_history(GREEN).await), (vec![1, 2, 4], vec!["noted", "I am still here"]));
    let refused = Member::sign_in(&process, "bob@example.org", PASSWORD).await;
    refused.is(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_has_asked_for_a_page_before_it_is_no_more_and_reads_it_after_loses_nothing_else() {
    let server = Server::start_with(|config| config.retention = Some(Duration::from_secs(1))).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    alice.says_many(GREEN, (0..300).map(|n| format!("{n}"))).await;
    let begins = async || first_seq(&mut alice).await;
    until("all of it to be no more", begins, |first| *first == 301).await;
    let ask = |before, after| Command::History(History { room: room(GREEN), before, after, limit: Some(200) });
    for (before, after) in [(Some(150), None), (None, Some(20)), (None, None), (Some(301), None)] {
        let answer = alice.ask(ask(before.map(greenroom_protocol::Seq), after.map(greenroom_protocol::Seq))).await;
        let ServerFrame::History(page) = answer else { panic!("{answer:?}") };
        assert!(page.events.is_empty() && !page.more, "{before:?} {after:?}: {page:?}");
    }
}
