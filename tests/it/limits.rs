use std::time::Duration;

use futures_util::future::join_all;
use greenroom::config::Config;
use greenroom_protocol::limits::{Bucket, Cap, JOINED_ROOMS};
use greenroom_protocol::{
    Command, CursorMove, ErrorCode, ErrorFrame, Hello, History, Join, MessageId, Name, Seq, ServerFrame, SetStatus,
    Status, Typing,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    ATTIC, Answer, Ending, GREEN, Guest, Host, NoSocket, Process, Raw, Server, bodies, call, frame, room, said, until,
};

/// A server where these come as seldom as that.
async fn with_rates(rates: &[(Bucket, &str)]) -> Server {
    Server::start_with(|config| set_rates(config, rates)).await
}

fn set_rates(config: &mut Config, rates: &[(Bucket, &str)]) {
    config.no_limits = false;
    for (bucket, rate) in rates {
        config.limits.set_rate(*bucket, rate.parse().expect("a rate"));
    }
}

fn is_too_often(error: &ErrorFrame) {
    assert_eq!(error.code, ErrorCode::RateLimited, "{error:?}");
    assert!(error.retry_after_ms.is_some_and(|wait| wait > 0), "{error:?}");
}

fn hello(guest: Option<&str>, token: Option<&str>) -> Command {
    let guest = guest.map(|name| Name::guest(name).expect("a good name"));
    Command::Hello(Hello { guest, token: token.map(str::to_owned) })
}

/// A refusal over HTTP that says when to come again.
fn is_429(answer: Answer) {
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!(wait > 0 && wait <= 3_600, "{answer:?}");
    answer.is(StatusCode::TOO_MANY_REQUESTS);
}

// --- commands ---

#[tokio::test]
async fn whoever_says_too_much_is_told_when_to_go_on_and_what_was_refused_was_not_said() {
    let server = with_rates(&[(Bucket::Sends, "3, then 20/min")]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    for text in ["one", "two", "three"] {
        alice.says(GREEN, text).await;
    }
    let id = MessageId::new();
    let refused = alice.refused(said(GREEN, id, "four")).await;
    is_too_often(&refused);
    assert!(refused.retry_after_ms <= Some(3_000), "{refused:?}");
    assert_eq!(bodies(&bob.whole_history(GREEN).await), ["one", "two", "three"]);
    bob.says(GREEN, "I have my own").await;
    // Not for something to happen, but as long as one is told to.
    tokio::time::sleep(Duration::from_millis(refused.retry_after_ms.expect("seen"))).await;
    alice.says_as(GREEN, id, "four").await;
    assert_eq!(bodies(&bob.whole_history(GREEN).await), ["one", "two", "three", "I have my own", "four"]);
}

#[tokio::test]
async fn all_sockets_of_a_person_share_what_they_may_say_and_coming_back_gives_nothing_new() {
    let server = with_rates(&[(Bucket::Sends, "4/h")]).await;
    let (mut here, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let mut there = here.again(&server).await;
    for alice in [&mut here, &mut there] {
        alice.join(GREEN).await;
        alice.says(GREEN, "one").await;
        alice.says(GREEN, "two").await;
    }
    is_too_often(&here.refused(said(GREEN, MessageId::new(), "three")).await);
    is_too_often(&there.refused(said(GREEN, MessageId::new(), "three")).await);
    let token = here.token().to_owned();
    here.goes().await;
    there.goes().await;
    let mut back = Guest::come_back(&server, &token).await;
    back.join(GREEN).await;
    is_too_often(&back.refused(said(GREEN, MessageId::new(), "three")).await);
    bob.join(GREEN).await;
    bob.says(GREEN, "hello").await;
}

#[tokio::test]
async fn each_kind_of_command_has_a_pace_of_its_own() {
    use Bucket::{Cursors, History as Pages, Joins, Pings, Sends, Statuses, Typing as Signs};
    let server =
        with_rates(&[Cursors, Pages, Joins, Pings, Sends, Statuses, Signs].map(|bucket| (bucket, "1/h"))).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let cursor = || CursorMove { room: room(GREEN), seq: Seq(1) };
    let commands: [fn() -> Command; 5] = [
        || Command::Join(Join { room: room(GREEN), since: None, epoch: None, limit: None }),
        || said(GREEN, MessageId::new(), "hello"),
        || Command::History(History { room: room(GREEN), before: None, after: None, limit: None }),
        || Command::Ping,
        || Command::Status(SetStatus { status: Status::Away }),
    ];
    for command in &commands[..4] {
        let answer = alice.ask(command()).await;
        assert!(!matches!(answer, ServerFrame::Error(_)), "{answer:?}");
    }
    alice.tell(commands[4]()).await;
    alice.types(GREEN, true).await;
    alice.tell(Command::Read(cursor())).await;
    for command in commands {
        is_too_often(&alice.refused(command()).await);
    }
    is_too_often(&alice.refused(Command::Typing(Typing { room: room(GREEN), on: false })).await);
    is_too_often(&alice.refused(Command::Delivered(cursor())).await);
    assert!(alice.is_connected(), "whoever asks now and then stays");
}

#[tokio::test]
async fn rooms_are_made_at_a_pace_and_entered_at_another() {
    let server = with_rates(&[(Bucket::RoomCreations, "2/h")]).await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    bob.join("bobs").await;
    alice.join(GREEN).await;
    alice.join(ATTIC).await;
    let third = || Command::Join(Join { room: room("third"), since: None, epoch: None, limit: None });
    is_too_often(&alice.refused(third()).await);
    assert_eq!(alice.refused(said("third", MessageId::new(), "hello")).await.code, ErrorCode::NotJoined);
    alice.join("bobs").await;
    alice.join(GREEN).await;
    bob.join("third").await;
    alice.join("third").await;
}

#[tokio::test]
async fn a_client_that_comes_back_to_all_its_rooms_is_not_refused_by_any_limit() {
    let mut server = Server::start().await;
    let rooms: Vec<String> = (0..JOINED_ROOMS).map(|n| format!("room-{n}")).collect();
    let mut alice = Guest::enter(&server, "Alice").await;
    for room in &rooms {
        alice.join(room).await;
        alice.tell(said(room, MessageId::new(), "hello")).await;
    }
    alice.is_heard().await;
    let token = alice.token().to_owned();
    for strict in [false, true] {
        server.configure(|config| {
            config.no_limits = false;
            if strict {
                config.limits = greenroom_protocol::limits::Limits::strict();
            }
        });
        server.restart().await;
        let mut windows = join_all((0..2).map(|_| Guest::come_back(&server, &token))).await;
        for window in windows.iter_mut().take(if strict { 1 } else { 2 }) {
            for place in &rooms {
                window.tell(Command::Join(Join { room: room(place), since: None, epoch: None, limit: None })).await;
                window.receives(place, 1).await;
                window.reads(place, 1).await;
            }
            window.is_heard().await;
            let joined = |frame: &&ServerFrame| matches!(frame, ServerFrame::Joined(_));
            let count = async || window.heard().iter().filter(joined).count();
            until("every room to be joined", count, |count| *count == rooms.len()).await;
            let refused: Vec<_> =
                window.heard().into_iter().filter(|frame| matches!(frame, ServerFrame::Error(_))).collect();
            assert!(refused.is_empty(), "{refused:?}");
        }
    }
}

// --- flooding ---

#[tokio::test]
async fn whoever_goes_on_sending_into_refusals_is_shown_the_door() {
    let server = Server::start_with_limits().await;
    let (mut mallory, mut bob) = (Guest::enter(&server, "Mallory").await, Guest::enter(&server, "Bob").await);
    mallory.join(GREEN).await;
    bob.join(GREEN).await;
    let send = |n| {
        let id = MessageId::new();
        format!(r#"{{"type":"send","room":"{GREEN}","ref":{n},"id":"{id}","body":"{n}"}}"#)
    };
    mallory.pipeline(&(0..100).map(send).collect::<Vec<_>>()).await;
    assert_eq!(mallory.closed().await, 4429);
    let heard = mallory.heard();
    let acked = heard.iter().filter(|frame| matches!(frame, ServerFrame::Ack(_))).count();
    let refusals: Vec<_> = heard
        .iter()
        .filter_map(|frame| if let ServerFrame::Error(error) = frame { Some(error) } else { None })
        .collect();
    refusals.iter().for_each(|error| is_too_often(error));
    assert!(!refusals.is_empty() && refusals.len() < 60, "{} refusals", refusals.len());
    assert!(acked <= 40, "{acked} were stored");
    bob.says(GREEN, "that was that").await;
    let log = bob.whole_history(GREEN).await;
    assert!(log.len() > acked && log.len() < 50, "what was acknowledged is there: {} of {acked}", log.len());
}

/// Writes the same bytes again and again, until the server has enough.
async fn floods(host: &impl Host, greeting: Option<&str>, bytes: Vec<u8>) -> Ending {
    let mut mallory = Raw::connect(host).await;
    if let Some(greeting) = greeting {
        mallory.text(greeting.as_bytes()).await;
        assert!(mallory.next_text().await.contains("welcome"));
    }
    let bytes = bytes.repeat(2_000);
    mallory.bytes(&bytes).await;
    mallory.ending().await
}

#[tokio::test]
async fn floods_of_frames_that_are_no_commands_end_their_socket_and_hinder_nobody() {
    let server = Server::start_with_limits().await;
    let mut bob = Guest::enter(&server, "Bob").await;
    bob.join(GREEN).await;
    const EMPTY_TEXT: u8 = 0x81;
    const FIRST_FRAGMENT: u8 = 0x01;
    const PING: u8 = 0x89;
    const PONG: u8 = 0x8a;
    let mut fragments = frame(FIRST_FRAGMENT, true, b"x");
    fragments.extend(frame(0x00, true, b"x").repeat(9));
    fragments.extend(frame(0x80, true, b"x"));
    let kinds = [
        frame(PING, true, b""),
        frame(PING, true, &[7; 125]),
        frame(PONG, true, b""),
        frame(EMPTY_TEXT, true, b""),
        frame(0x81, true, b"{\"type\":\"dance\"}"),
        frame(0x81, true, b"no json"),
        fragments,
    ];
    for (n, kind) in kinds.into_iter().enumerate() {
        let greeting = format!(r#"{{"type":"hello","guest":"mallory-{n}"}}"#);
        assert_eq!(floods(&server, Some(&greeting), kind).await, Ending::Closed(4429), "kind {n}");
        bob.says(GREEN, "still here").await;
    }
    let endless = [frame(FIRST_FRAGMENT, true, b""), frame(0x00, true, b"").repeat(5)].concat();
    let mut mallory = Raw::connect(&server).await;
    mallory.bytes(&endless).await;
    mallory.bytes(&frame(0x00, true, b"").repeat(5_000)).await;
    assert_eq!(mallory.ending().await, Ending::Closed(4429), "fragments without an end, and without a hello");
    assert_eq!(floods(&server, None, frame(PING, true, b"")).await, Ending::Closed(4429), "before hello");
    bob.is_heard().await;
}

// --- sockets ---

#[tokio::test]
async fn a_person_has_so_many_sockets_and_the_next_is_refused_until_one_is_gone() {
    let server = Server::start_with_limits().await;
    let first = Guest::enter(&server, "Alice").await;
    let token = first.token().to_owned();
    let mut sockets = vec![first];
    for _ in 1..20 {
        sockets.push(Guest::come_back(&server, &token).await);
    }
    let mut late = Guest::connect(&server).await;
    is_too_often(&late.refused(hello(None, Some(&token))).await);
    assert_eq!(late.closed().await, 4429);
    let bearer = [("authorization", format!("Bearer {token}"))];
    let refused = Guest::connect_with(&server, &bearer).await.err();
    assert_eq!(refused, Some(NoSocket::Refused(429)));
    is_429(upgrade(&server, &token).await);
    Guest::enter(&server, "Bob").await.is_heard().await;

    sockets.pop().expect("one of twenty").goes().await;
    let again = async || Guest::connect_with(&server, &bearer).await.err();
    until("a place to be free", again, Option::is_none).await;
    sockets.push(Guest::come_back(&server, &token).await);
    for alice in &mut sockets {
        alice.is_heard().await;
    }
}

/// Asks for an upgrade as HTTP sees it.
async fn upgrade(host: &impl Host, token: &str) -> Answer {
    let asks = call(host, Method::GET, "/ws").header("connection", "upgrade").header("upgrade", "websocket");
    let asks = asks.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if token.is_empty() { asks.answer().await } else { asks.by(token).answer().await }
}

#[tokio::test]
async fn an_address_has_so_many_sockets_and_those_who_are_in_stay() {
    let server = Server::start_with_limits().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let mut crowd = Vec::new();
    for _ in 1..100 {
        crowd.push(Raw::connect(&server).await);
    }
    is_429(upgrade(&server, "").await);
    alice.is_heard().await;
    crowd.pop().expect("somebody").resets();
    let again = async || Guest::connect_with(&server, &[]).await.err();
    until("a place to be free", again, Option::is_none).await;
}

#[tokio::test]
async fn the_server_has_so_many_sockets_and_those_who_are_in_stay() {
    let server = Server::start_with(|config| {
        config.no_limits = false;
        config.limits.set_cap(Cap::Sockets, 2);
    })
    .await;
    let (mut alice, _bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    assert_eq!(Guest::connect_with(&server, &[]).await.err(), Some(NoSocket::Refused(503)));
    alice.is_heard().await;
}

#[tokio::test]
async fn sockets_are_opened_and_guests_made_at_a_pace_from_one_address() {
    let server = with_rates(&[(Bucket::Guests, "2/h"), (Bucket::Upgrades, "5/h")]).await;
    let alice = Guest::enter(&server, "Alice").await;
    call(&server, Method::POST, "/api/session").json(&json!({ "guest": "Bob" })).answer().await.is(StatusCode::OK);
    is_429(call(&server, Method::POST, "/api/session").json(&json!({ "guest": "Eve" })).answer().await);
    let mut eve = Guest::connect(&server).await;
    is_too_often(&eve.refused(hello(Some("Eve"), None)).await);
    assert_eq!(eve.closed().await, 4429);
    let mut again = alice.again(&server).await;
    again.is_heard().await;
    alice.again(&server).await;
    alice.again(&server).await;
    is_429(upgrade(&server, "").await);
    again.is_heard().await;
}

// --- calls ---

#[tokio::test]
async fn calls_are_counted_for_whoever_makes_them_and_else_for_the_address() {
    let rates = [(Bucket::Requests, "5/h"), (Bucket::AnonymousRequests, "3/h"), (Bucket::MessageReads, "2/h")];
    let server = with_rates(&rates).await;
    let (alice, bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let me = async |who: &Guest| call(&server, Method::GET, "/api/users/me").by(who.token()).answer().await;
    let reads = async |who: &Guest| {
        call(&server, Method::GET, "/api/rooms/green/messages?limit=1").by(who.token()).answer().await
    };
    for _ in 0..5 {
        me(&alice).await.is(StatusCode::OK);
    }
    is_429(me(&alice).await);
    for _ in 0..2 {
        assert_ne!(reads(&alice).await.status, StatusCode::TOO_MANY_REQUESTS, "reading messages is counted by itself");
    }
    is_429(reads(&alice).await);
    me(&bob).await.is(StatusCode::OK);

    let rooms = async || call(&server, Method::GET, "/api/rooms").answer().await;
    rooms().await;
    rooms().await;
    let forged = call(&server, Method::GET, "/api/rooms").by("g1.forged").answer().await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    is_429(rooms().await);
    is_429(call(&server, Method::GET, "/api/rooms").by("g1.forged").answer().await);
    for path in ["/api/health", "/metrics", "/", "/api/set-aside"] {
        assert_ne!(call(&server, Method::GET, path).answer().await.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    me(&bob).await.is(StatusCode::OK);
}

#[tokio::test]
async fn the_strict_preset_and_the_file_hold_in_the_program() {
    let home = crate::support::Home::new();
    let file = home.path().join("greenroom.toml");
    std::fs::write(&file, "no_limits = false\n[limits]\nsends = \"2/h\"\n").expect("written");
    let file = file.to_str().expect("a path that is text").to_owned();
    let flags = ["--limits", "strict", "--no-limits", "false", "--config", &file];
    let process = Process::start_in(home, &flags).await;
    let mut alice = Guest::enter(&process, "Alice").await;
    alice.join(GREEN).await;
    alice.says(GREEN, "one").await;
    alice.says(GREEN, "two").await;
    is_too_often(&alice.refused(said(GREEN, MessageId::new(), "three")).await);
    let reads = async || call(&process, Method::GET, "/api/rooms/green/messages").by(alice.token()).answer().await;
    for _ in 0..10 {
        assert_ne!(reads().await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    is_429(reads().await);
    let metrics = reqwest::get(process.url("/metrics")).await.expect("an answer").text().await.expect("text");
    for line in ["{bucket=\"sends\"} 1", "{bucket=\"message_reads\"} 1", "{bucket=\"sockets_of_user\"} 0"] {
        assert!(metrics.contains(&format!("greenroom_rate_limited_total{line}\n")), "{line} in {metrics}");
    }
}

#[tokio::test]
async fn without_limits_nobody_is_refused() {
    let server = Server::start_with(|config| {
        set_rates(config, &Bucket::ALL.map(|bucket| (bucket, "1/h")));
        Cap::ALL.into_iter().for_each(|cap| config.limits.set_cap(cap, 1));
        config.no_limits = true;
    })
    .await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let mut bob = alice.again(&server).await;
    for guest in [&mut alice, &mut bob] {
        guest.join(GREEN).await;
        guest.says_many(GREEN, (0..50).map(|n| n.to_string())).await;
        guest.is_heard().await;
        guest.is_heard().await;
    }
    let rooms = async || call(&server, Method::GET, "/api/rooms").by(alice.token()).answer().await.status;
    assert_eq!((rooms().await, rooms().await), (StatusCode::OK, StatusCode::OK));
}

// --- proxies ---

async fn signs_in(host: &impl Host, forwarded: (&str, &str)) -> StatusCode {
    let body = json!({ "email": format!("{}@example.org", MessageId::new()), "password": "a guess or two" });
    let asks = call(host, Method::POST, "/api/session").header(forwarded.0, forwarded.1).json(&body);
    asks.answer().await.status
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_about_whom_it_speaks_for_and_nobody_else_is() {
    let mut server = Server::start_with(|config| {
        set_rates(config, &[(Bucket::SignIns, "2/h")]);
        config.trusted_proxy =
            vec!["127.0.0.0/8".parse().expect("a network"), "10.0.0.0/8".parse().expect("a network")];
    })
    .await;
    const FOR: &str = "x-forwarded-for";
    let (wrong, too_often) = (StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..2 {
        assert_eq!(signs_in(&server, (FOR, "192.0.2.1")).await, wrong);
    }
    assert_eq!(signs_in(&server, (FOR, "192.0.2.1")).await, too_often);
    assert_eq!(signs_in(&server, (FOR, "203.0.113.5, 192.0.2.1")).await, too_often, "what they forge is no address");
    assert_eq!(signs_in(&server, (FOR, "192.0.2.1, 10.2.3.4")).await, too_often, "through two proxies");
    assert_eq!(signs_in(&server, ("forwarded", "for=192.0.2.1")).await, too_often);
    assert_eq!(signs_in(&server, (FOR, "192.0.2.2")).await, wrong, "somebody else");
    let here = call(&server, Method::GET, "/api/set-aside").header(FOR, "127.0.0.1").answer().await;
    assert_eq!(here.status, StatusCode::NOT_FOUND, "what is for this machine is not for whom it forwards");

    server.configure(|config| config.trusted_proxy = vec!["10.0.0.0/8".parse().expect("a network")]);
    server.restart().await;
    let answers = [
        signs_in(&server, (FOR, "10.0.0.1")).await,
        signs_in(&server, (FOR, "192.0.2.8")).await,
        signs_in(&server, (FOR, "192.0.2.9")).await,
        signs_in(&server, ("forwarded", "for=192.0.2.10")).await,
    ];
    assert_eq!(answers, [wrong, wrong, too_often, too_often], "whoever is not trusted is who they are");
}

#[tokio::test]
async fn the_log_names_whom_a_trusted_proxy_speaks_for_and_no_forged_address() {
    let home = crate::support::Home::new();
    let trusting = ["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"];
    let mut process = Process::start_in(home, &trusting).await;
    signs_in(&process, ("x-forwarded-for", "203.0.113.5, 192.0.2.1")).await;
    let log = process.whole_log().await;
    assert!(log.contains("192.0.2.1") && !log.contains("203.0.113.5"), "{log}");
    let mut process = Process::start(&[]).await;
    signs_in(&process, ("x-forwarded-for", "192.0.2.1")).await;
    let log = process.whole_log().await;
    assert!(log.contains("127.0.0.1") && !log.contains("192.0.2.1"), "{log}");
}

#[tokio::test]
async fn whoever_floods_is_named_in_the_log() {
    let process = Process::start(&["--no-limits", "false"]).await;
    let mallory = Guest::enter(&process, "Mallory").await;
    let id = mallory.user().id.to_string();
    let greeting = format!(r#"{{"type":"hello","token":"{}"}}"#, mallory.token());
    assert_eq!(floods(&process, Some(&greeting), frame(0x89, true, b"")).await, Ending::Closed(4429));
    let named = |log: &String| {
        log.lines().any(|line| line.contains("flooding") && line.contains(&id) && line.contains("127.0.0.1"))
    };
    until("a line about it", async || process.log(), named).await;
}
