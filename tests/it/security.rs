use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval};

use crate::support::lab::arm;
use crate::support::{GREEN, Guest, Host, Member, NoSocket, PASSWORD, Process, Server, call, raw_http, soon, until};

/// Longest that anybody may dawdle.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// The status of an answer; empty where the connection was ended without one.
fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn no_page_of_another_site_opens_a_socket() {
    let server = Server::start_with(|config| config.allow_origin = vec!["https://app.example".to_owned()]).await;
    let here = server.address();
    let upper = "HTTPS://APP.EXAMPLE".to_owned();
    let evil = ["https://evil.example", "null", "", "https://app.example.evil.com", "http://app.example", "file://"];
    let beside = [format!("http://{here}.evil.example"), format!("http://evil.example/{here}"), upper];
    for origin in evil.map(str::to_owned).into_iter().chain(beside) {
        let met = Guest::connect_with(&server, &[("origin", origin.clone())]).await;
        assert_eq!(met.err(), Some(NoSocket::Refused(403)), "{origin}");
    }
    Guest::connect_with(&server, &[("origin", "https://app.example".to_owned())]).await.expect("it is listed");
    // Alice has no browser, and so no origin.
    Guest::enter(&server, "Alice").await;
}

#[tokio::test]
async fn a_token_in_an_address_is_nobodys() {
    let server = Server::start().await;
    let alice = Member::register(&server, "Alice").await;
    alice.me(&server).await.is(StatusCode::OK);
    for name in ["token", "access_token", "greenroom_session", "authorization"] {
        let path = format!("/api/users/me?{name}={}", alice.token);
        call(&server, Method::GET, &path).answer().await.is(StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn nothing_is_compressed_that_a_stranger_could_measure_or_blow_up() {
    let server = Server::start().await;
    let answer = call(&server, Method::GET, "/api/health").header("accept-encoding", "gzip, br").answer().await;
    assert_eq!(answer.header("content-encoding"), "");
    let gzip = [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3];
    let bomb = call(&server, Method::POST, "/api/session").header("content-encoding", "gzip");
    let refused = bomb.body("application/json", gzip.to_vec()).answer().await;
    assert!(refused.status.is_client_error(), "{refused:?}");
}

#[tokio::test]
async fn a_request_that_two_readers_take_differently_is_refused() {
    let server = Server::start().await;
    let alice = Guest::enter(&server, "Alice").await;
    let smuggled = "GET /api/users/me HTTP/1.1\r\nHost: x\r\n\r\n";
    let post =
        |headers: &str, body: &str| format!("POST /api/session HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}{smuggled}");
    for (what, request) in [
        ("both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("both lengths, turned round", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
        ("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} ")),
        ("a length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")),
        ("a list of lengths", post("Content-Length: 2, 2\r\n", "{}")),
        ("a signed length", post("Content-Length: +2\r\n", "{}")),
        ("an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
        ("a space before a colon", post("Content-Length : 2\r\n", "{}")),
        ("a folded header", post("X: a\r\n b\r\n", "")),
        ("a bare line feed", "GET /api/health HTTP/1.1\nHost: x\r\n\r\n".to_owned()),
        ("a bare line feed within headers", "GET /api/health HTTP/1.1\r\nHost: x\nX: y\r\n\r\n".to_owned()),
        ("a NUL in a header", "GET /api/health HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n".to_owned()),
        ("a NUL in a name", "GET /api/health HTTP/1.1\r\nHost: x\r\nX\0: b\r\n\r\n".to_owned()),
    ] {
        let answer = raw_http(&server, &request).await;
        assert_eq!((status(&answer), answer.matches("HTTP/1.1 ").count()), ("400", 1), "{what}: {answer}");
    }
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(33 * 1024));
    assert_eq!(status(&raw_http(&server, &huge).await), "431");
    let chunked = "POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
                   f\r\n{\"guest\":\"Bob\"}\r\n0\r\n\r\n";
    let answer = raw_http(&server, format!("{chunked}{smuggled}")).await;
    assert_eq!((status(&answer), answer.matches("HTTP/1.1 ").count()), ("200", 1), "one answer, and an end: {answer}");
    assert!(alice.is_connected());
}

#[tokio::test]
async fn methods_that_nobody_needs_are_refused_and_nothing_says_what_runs_here() {
    let server = Server::start().await;
    for path in ["/", "/api/health", "/api/nothing", "/ws", "/nothing.js"] {
        for method in ["TRACE", "CONNECT", "TRACK", "PROPFIND", "FOO"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nX-Secret: echo\r\nConnection: close\r\n\r\n");
            let answer = raw_http(&server, &request).await;
            // CONNECT takes an authority, not a path.
            assert!(status(&answer) == "405" || (method == "CONNECT" && status(&answer) == "400"), "{answer}");
            assert!(!answer.contains("echo"), "{answer}");
        }
        let answer = raw_http(&server, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        let answer = answer.to_ascii_lowercase();
        let banner = ["server:", "x-powered-by", "hyper", "axum", env!("CARGO_PKG_VERSION")];
        let head = answer.split("\r\n\r\n").next().expect("a head");
        assert!(!banner.iter().any(|word| head.replace("http/1.1", "").contains(word)), "{head}");
    }
}

#[tokio::test]
async fn a_forged_address_makes_nobody_somebody_else() {
    let server = Server::start_with_limits().await;
    let mut answers = Vec::new();
    for n in 0..11 {
        let forged = format!("10.9.8.{n}");
        let body = json!({ "email": format!("nobody{n}@example.org"), "password": PASSWORD });
        let call = call(&server, Method::POST, "/api/session").json(&body).header("x-real-ip", &forged);
        let call = call.header("x-forwarded-for", &forged).header("forwarded", &format!("for={forged}"));
        answers.push(call.answer().await.status);
    }
    assert_eq!(answers.last(), Some(&StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
    // Whoever forwards what comes from elsewhere is not this machine.
    let metrics = call(&server, Method::GET, "/metrics").header("x-forwarded-for", "127.0.0.1").answer().await;
    assert_eq!(metrics.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_elsewhere_reads_nothing_and_looking_changes_nothing() {
    let server = Server::start().await;
    let alice = Member::register(&server, "Alice").await;
    let evil = "https://evil.example";
    for (method, path) in
        [(Method::GET, "/api/users/me"), (Method::OPTIONS, "/api/users/me"), (Method::GET, "/api/rooms")]
    {
        let asked = call(&server, method, path).header("origin", evil).header("cookie", &alice.cookie);
        let answer = asked.header("access-control-request-method", "PATCH").answer().await;
        let allowed = answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(allowed.count(), 0, "{answer:?}");
    }
    let forged = call(&server, Method::DELETE, "/api/session").header("cookie", &alice.cookie).header("origin", evil);
    forged.answer().await.is(StatusCode::FORBIDDEN);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let form = call(&server, Method::PATCH, "/api/users/me").header("cookie", &alice.cookie);
        let answer = form.body(kind, r#"{"status_text":"owned"}"#).answer().await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    let me = alice.me(&server).await.is(StatusCode::OK);
    assert_eq!(me.text("/status_text"), "");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_a_page_to_itself() {
    let server = Server::start().await;
    let headers = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ];
    let policy = [
        "default-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "connect-src 'self'",
        "require-trusted-types-for 'script'",
    ];
    for path in ["/", "/r/green", "/api/health", "/api/rooms", "/api/nothing", "/ws", "/metrics", "/nothing.js"] {
        let answer = call(&server, Method::GET, path).answer().await;
        for (name, value) in headers {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let said: Vec<_> = answer.header("content-security-policy").split(';').map(str::trim).collect();
        assert!(policy.iter().all(|rule| said.contains(rule)), "{path}: {said:?}");
        assert!(!said.iter().any(|rule| rule.contains("unsafe")), "{path}: {said:?}");
        let kind = answer.header("content-type");
        assert!(!kind.starts_with("text/") || kind.contains("charset=utf-8"), "{path}: {kind}");
        if path.starts_with("/api") || path == "/metrics" {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
        assert_eq!(answer.header("strict-transport-security"), "", "{path}: plain HTTP can't ask for TLS");
    }
}

#[tokio::test]
async fn strange_json_is_refused_at_once() {
    let server = Server::start().await;
    let twice = r#"{"email":"a@example.org","email":"b@example.org","password":"tall grass on tuesday"}"#;
    let big = format!(r#"{{"email":{},"password":"x"}}"#, "9".repeat(15_000));
    let far = r#"{"email":1e999999,"password":"x"}"#.to_owned();
    let deep = format!(r#"{{"email":{}"#, "[".repeat(15_000));
    let deep_objects = r#"{"a":"#.repeat(3_000);
    for body in [twice.to_owned(), big, far, deep, deep_objects, "\u{feff}{}".to_owned(), "{}{}".to_owned()] {
        let begun = Instant::now();
        let answer = call(&server, Method::POST, "/api/session").body("application/json", body.clone()).answer().await;
        let refused = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
        assert!(refused.contains(&answer.status), "{}: {answer:?}", &body[..40.min(body.len())]);
        assert!(begun.elapsed() < Duration::from_secs(1), "a refusal costs next to nothing");
    }
    Guest::enter(&server, "Alice").await;
}

#[tokio::test]
async fn whatever_goes_wrong_is_told_in_general_words_with_an_id_to_ask_by() {
    let server = Process::start(&["--lab"]).await;
    let forged = "0192f000-0000-7000-8000-000000000000";
    let mut ids = Vec::new();
    let malformed = call(&server, Method::POST, "/api/session").header("x-request-id", forged);
    let malformed = malformed.body("application/json", "{").answer().await;
    assert_eq!(malformed.status, StatusCode::BAD_REQUEST);
    ids.push(malformed);
    ids.push(call(&server, Method::GET, "/api/nothing").answer().await);
    arm(&server, "http.request", "panic", 1).await;
    let broken = call(&server, Method::GET, "/api/rooms").answer().await.is(StatusCode::INTERNAL_SERVER_ERROR);
    let said = broken.body.to_string();
    assert!(!["panic", ".rs", "fault", "/"].iter().any(|inner| broken.text("/detail").contains(inner)), "{said}");
    assert_eq!(broken.header("x-content-type-options"), "nosniff", "{broken:?}");
    let id = broken.text("/request_id").to_owned();
    ids.push(broken);
    for answer in &ids {
        assert_eq!(answer.text("/request_id"), answer.header("x-request-id"), "{answer:?}");
        assert_ne!(answer.header("x-request-id"), forged, "a client doesn't choose it");
        let parsed = uuid::Uuid::parse_str(answer.header("x-request-id")).expect("a UUID");
        assert_eq!(parsed.get_version_num(), 7);
    }
    call(&server, Method::GET, "/api/rooms").answer().await.is(StatusCode::OK);
    let log = async || server.log();
    let line = |log: &String| log.lines().any(|line| line.contains("panic") && line.contains(&id));
    until("the panic to be in the log, under its request", log, line).await;
}

/// What somebody does who only wants to hold a connection: the beginning, and what they drip after it.
const DAWDLERS: [(&str, &[u8]); 5] = [
    ("", b""),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: ", b"x"),
    ("POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", b" "),
    ("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Ver", b""),
    ("\r\n", b"\r\n"),
];

/// Dawdles until it is cut off; returns after how long.
async fn dawdle(host: &impl Host, begin: &str, drip: &'static [u8]) -> Duration {
    let begun = Instant::now();
    let stream = TcpStream::connect(host.address()).await.expect("the server accepts");
    let (mut reader, mut writer) = stream.into_split();
    writer.write_all(begin.as_bytes()).await.expect("written");
    let dripping = tokio::spawn(async move {
        let mut tick = interval(Duration::from_millis(500));
        while !drip.is_empty() {
            tick.tick().await;
            if writer.write_all(drip).await.is_err() {
                return;
            }
        }
        // Held open, and silent.
        std::future::pending::<()>().await;
    });
    let _how = soon("the connection to be ended", reader.read_to_end(&mut Vec::new())).await;
    dripping.abort();
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_who_dawdle_are_cut_off_and_alice_comes_in_meanwhile() {
    let server = Process::start(&[]).await;
    let alice = Member::register(&server, "Alice").await;
    let dawdlers =
        DAWDLERS.iter().cycle().take(500).map(async |(begin, drip)| (dawdle(&server, begin, drip).await, begin));
    let all = futures_util::future::join_all(dawdlers);
    let meanwhile = async {
        let begun = Instant::now();
        let mut guest = alice.again(&server).await.connects(&server).await;
        guest.join(GREEN).await;
        guest.says(GREEN, "still here").await;
        assert!(begun.elapsed() < Duration::from_secs(5), "she hardly notices: {:?}", begun.elapsed());
    };
    let (cut_off, ()) = tokio::join!(all, meanwhile);
    for (after, begin) in cut_off {
        assert!(after <= TEN_SECONDS, "{begin:?} after {after:?}");
    }
}

#[tokio::test]
async fn whoever_says_what_they_are_not_is_told_so_or_passed_over() {
    let server = Server::start().await;
    let mut mallory = Guest::enter(&server, "Mallory").await;
    mallory.join(GREEN).await;
    let id = greenroom_protocol::MessageId::new();
    let forged: Value = json!({
        "type": "send", "room": GREEN, "id": id, "body": "I am Alice", "seq": 99, "at": "1970-01-01T00:00:00.000Z",
        "user": { "id": "0192f000-0000-7000-8000-000000000000", "name": "Alice" }, "sender": "Alice", "role": "owner",
    });
    mallory.raw(forged.to_string()).await;
    assert_eq!(mallory.acked(id).await.seq.0, 1);
    let said = mallory.hears("I am Alice").await;
    assert_eq!((said.user.name.as_str(), said.seq.0), ("Mallory", 1));
}
