use std::time::Duration;

use greenroom_protocol::limits::HEADER;
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval};

use crate::support::{ATTIC, GREEN, Guest, Host as _, Server, soon, until};

async fn get(server: &Server, path: &str) -> Response {
    soon("an answer", reqwest::get(server.url(path))).await.expect("the server answers")
}

async fn rooms_of(server: &Server, token: Option<&str>) -> Value {
    let mut request = reqwest::Client::new().get(server.url("/api/rooms"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = soon("an answer", request.send()).await.expect("the server answers");
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.expect("JSON")
}

/// Writes an HTTP request as it is, without what a client library would mend, and reads the whole answer.
async fn raw_http(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("the server accepts");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    let _reset = soon("the whole answer", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_health_names_each_part() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let response = get(&server, "/api/health").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let health: Value = response.json().await.unwrap();
    assert_eq!(health["status"], "ok", "{health}");
    assert_eq!((&health["rooms"], &health["presence"]["people"]), (&1.into(), &1.into()), "{health}");
    assert!(health["store"].is_object(), "{health}");
}

#[tokio::test]
async fn the_rooms_are_listed_for_strangers_and_for_those_who_follow_them() {
    let server = Server::start().await;
    assert_eq!(rooms_of(&server, None).await["rooms"], Value::Array(Vec::new()));
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    alice.join(GREEN).await;
    alice.join(ATTIC).await;
    bob.join(GREEN).await;
    alice.says(GREEN, "one").await;
    alice.says(GREEN, "two").await;
    bob.log_up_to(GREEN, 2).await;

    let told = |rooms: &Value| rooms["rooms"][1]["last_seq"] == 2 && rooms["rooms"][1]["online_count"] == 2;
    let open = until("both rooms to be listed", async || rooms_of(&server, None).await, told).await;
    assert_eq!((&open["rooms"][0]["room"], &open["rooms"][1]["room"]), (&ATTIC.into(), &GREEN.into()), "{open}");
    let green = &open["rooms"][1];
    assert_eq!((&green["kind"], &green["unread"], &green["read_seq"]), (&"group".into(), &0.into(), &0.into()));
    assert!(green["title"].is_string(), "{green}");

    let own = rooms_of(&server, Some(bob.token())).await;
    assert_eq!((&own["rooms"][1]["unread"], &own["rooms"][1]["last"]["body"]), (&2.into(), &"two".into()), "{own}");
    let token = bob.token().to_owned();
    bob.goes().await;
    let own = rooms_of(&server, Some(&token)).await;
    assert_eq!(own["rooms"][1]["unread"], 2, "also while he has no socket: {own}");
}

async fn is_problem(response: Response, status: StatusCode) {
    let url = response.url().clone();
    assert_eq!(response.status(), status, "{url}");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{url}");
    let problem: Value = response.json().await.expect("JSON");
    assert_eq!(problem["status"], status.as_u16(), "{url}: {problem}");
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{url}: {problem}");
}

#[tokio::test]
async fn what_cannot_be_done_over_http_is_answered_by_a_problem() {
    let server = Server::start().await;
    for path in ["/api/nothing", "/api/rooms/green/nothing", "/api/lab/crash"] {
        is_problem(get(&server, path).await, StatusCode::NOT_FOUND).await;
    }
    let client = reqwest::Client::new();
    for (method, path) in [(Method::DELETE, "/api/health"), (Method::PATCH, "/api/rooms"), (Method::PUT, "/ws")] {
        let response = client.request(method, server.url(path)).send().await.unwrap();
        assert!(response.headers().contains_key(header::ALLOW), "{path} says what it takes");
        is_problem(response, StatusCode::METHOD_NOT_ALLOWED).await;
    }
    let forged = client.get(server.url("/api/rooms")).bearer_auth("nonsense").send().await.unwrap();
    is_problem(forged, StatusCode::UNAUTHORIZED).await;
    is_problem(get(&server, "/ws").await, StatusCode::BAD_REQUEST).await;
    let crash = client.post(server.url("/api/lab/crash")).json(&serde_json::json!({"actor": "store"})).send().await;
    is_problem(crash.unwrap(), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn every_answer_says_what_browsers_may_do_with_it() {
    let server = Server::start().await;
    for path in ["/", "/api/health", "/api/nothing", "/nothing.js"] {
        let response = get(&server, path).await;
        let headers: &HeaderMap = response.headers();
        for name in
            ["content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy"]
        {
            assert!(headers.contains_key(name), "{path} without {name}: {headers:?}");
        }
        assert!(!headers.contains_key("server") && !headers.contains_key("access-control-allow-origin"), "{headers:?}");
    }
    let health = get(&server, "/api/health").await;
    assert_eq!(health.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() {
    let server = Server::start().await;
    for path in [
        "/../Cargo.toml",
        "/assets/../../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/assets/%00",
        "/.git/config",
        "/r/../../etc/passwd",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address());
        let answer = raw_http(&server, &request).await;
        assert!(!answer.contains("root:") && !answer.contains("[package]"), "{path}: {answer}");
        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400") || answer.contains("text/"),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn requests_that_are_none_end_their_connection_only() {
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
    for request in ["\x16\x03\x01 TLS?\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", &huge] {
        let answer = raw_http(&server, request).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(alice.is_connected());
    assert_eq!(get(&server, "/api/health").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_upgrade_may_ask_for_the_subprotocol() {
    let server = Server::start().await;
    let upgrade = |protocols: &str| {
        format!(
            "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocols}\r\n",
            server.address()
        )
    };
    for (asked, granted) in [
        ("", false),
        ("Sec-WebSocket-Protocol: greenroom.v1\r\n", true),
        ("Sec-WebSocket-Protocol: chat, greenroom.v1\r\n", true),
        ("Sec-WebSocket-Protocol: chat\r\n", false),
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(upgrade(asked).as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let byte = soon("the response", stream.read_u8()).await.unwrap();
            head.push(byte.into());
        }
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the key of RFC 6455 is answered by its answer: {head}");
        let answer = head.to_ascii_lowercase().contains("sec-websocket-protocol: greenroom.v1");
        assert_eq!(answer, granted, "{asked}");
    }
    let wrong = upgrade("Connection: close\r\n").replace("Version: 13", "Version: 7");
    assert!(raw_http(&server, &wrong).await.starts_with("HTTP/1.1 4"));
}

/// Waits until the server has ended a connection, and says after how long.
async fn cut_off(mut stream: TcpStream, since: Instant) -> Duration {
    let _reset = soon("the connection to be ended", stream.read_to_end(&mut Vec::new())).await;
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_a_connection_and_asks_for_nothing_is_cut_off() {
    let server = Server::start().await;
    let mut alice = Guest::enter(&server, "Alice").await;
    let begun = Instant::now();
    let silent = TcpStream::connect(server.address()).await.unwrap();
    let mut half = TcpStream::connect(server.address()).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: x").await.unwrap();
    let dribble = TcpStream::connect(server.address()).await.unwrap();
    let (reader, mut writer) = dribble.into_split();
    let dribbling = tokio::spawn(async move {
        // A byte at a time, as if the line were slow: each alone would be soon enough.
        let mut tick = interval(Duration::from_millis(500));
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            tick.tick().await;
            if writer.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    });
    let mut reader = reader;
    let dribbled = async {
        let _reset = soon("the dribble to be ended", reader.read_to_end(&mut Vec::new())).await;
        begun.elapsed()
    };
    let (silent, half, dribbled) = tokio::join!(cut_off(silent, begun), cut_off(half, begun), dribbled);
    dribbling.abort();
    let early = HEADER - Duration::from_secs(1);
    assert!(
        silent > early && half > early && dribbled > early,
        "not before their time: {silent:?} {half:?} {dribbled:?}"
    );
    alice.is_heard().await;
}

#[tokio::test]
async fn the_laboratory_is_open_where_it_was_asked_for_only() {
    let server = Server::start_with(|config| config.lab = true).await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let client = reqwest::Client::new();
    let crash = async |actor: &str| {
        let request = client.post(server.url("/api/lab/crash")).json(&serde_json::json!({ "actor": actor }));
        request.send().await.expect("the server answers")
    };
    assert_eq!(crash("room:green").await.status(), StatusCode::ACCEPTED);
    assert_eq!(crash(&alice.actor()).await.status(), StatusCode::ACCEPTED);
    assert_eq!(alice.closed().await, 1011);
    for nobody in ["room:attic", "session:none", "", "room:", "everything"] {
        is_problem(crash(nobody).await, StatusCode::NOT_FOUND).await;
    }
}
