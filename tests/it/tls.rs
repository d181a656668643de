use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message as Wire;

use crate::support::tls::Certificate;
use crate::support::{Home, Host as _, Process, greenroom, raw_http, registration, soon, until};

/// Longest that anybody may dawdle.
const TEN_SECONDS: Duration = Duration::from_secs(10);

async fn server() -> (Process, Certificate) {
    let home = Home::new();
    let certificate = Certificate::make(home.path());
    let server = Process::start_in(home, &certificate.flags()).await;
    (server, certificate)
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_stay_there_and_the_cookie_is_sent_nowhere_else() {
    let (server, certificate) = server().await;
    for path in ["/", "/api/health", "/api/nothing", "/ws"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = certificate.ask(&server, &request).await;
        assert!(answer.contains("strict-transport-security: max-age=63072000; includeSubDomains\r\n"), "{answer}");
    }
    let body = registration("Alice").to_string();
    let register = format!(
        "POST /api/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = certificate.ask(&server, &register).await;
    let cookie = answer.lines().find(|line| line.starts_with("set-cookie: ")).expect("a cookie");
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Secure"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn people_talk_over_tls_and_only_pages_that_came_over_it_may() {
    let (server, certificate) = server().await;
    let here = server.address();
    let connect = async |origin: &str| {
        let mut request = format!("wss://{here}/ws").into_client_request().expect("a good address");
        request.headers_mut().insert("origin", HeaderValue::from_str(origin).expect("a good header"));
        soon("an upgrade", client_async(request, certificate.connect(&server).await.expect("TLS"))).await
    };
    for origin in [format!("http://{here}"), "null".to_owned(), "https://evil.example".to_owned()] {
        assert!(connect(&origin).await.is_err(), "{origin}");
    }
    let (mut alice, _) = connect(&format!("https://{here}")).await.expect("a page of this server connects");
    let long = "x".repeat(7_900);
    let send = |n: u32| {
        let id = uuid::Uuid::from_u128(n.into());
        format!(r#"{{"type":"send","room":"green","id":"{id}","body":"{n} {long}"}}"#)
    };
    for text in [r#"{"type":"hello","guest":"Alice"}"#, r#"{"type":"join","room":"green"}"#] {
        alice.send(Wire::text(text)).await.expect("sent");
    }
    for n in 0..100 {
        alice.send(Wire::text(send(n))).await.expect("sent");
    }
    let mut acks = 0;
    while acks < 100 {
        let frame = soon("a frame", alice.next()).await.expect("it is open").expect("a frame");
        acks += usize::from(frame.to_text().expect("text").starts_with(r#"{"type":"ack""#));
    }
    alice.send(Wire::text("x".repeat(70_000))).await.expect("sent");
    let close = async {
        loop {
            match alice.next().await.expect("it says why it ends") {
                Ok(Wire::Close(close)) => return close.expect("a reason").code,
                other => other.expect("frames until then"),
            };
        }
    };
    assert_eq!(u16::from(soon("the close", close).await), 1009);
}

#[tokio::test]
async fn whoever_speaks_plainly_where_tls_is_spoken_is_told_so_and_let_go() {
    let (server, _) = server().await;
    let here = server.address();
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (path, more) in [("/", ""), ("/api/health", ""), ("/ws", upgrade)] {
        let begun = Instant::now();
        let answer = raw_http(&server, format!("GET {path} HTTP/1.1\r\nHost: {here}\r\n{more}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
        assert!(begun.elapsed() < TEN_SECONDS / 2, "at once");
    }
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let (server, certificate) = server().await;
    for (asked, agreed) in [(vec!["h2", "http/1.1"], Some("http/1.1")), (vec![], None)] {
        let stream = certificate.connect_offering(&server, &asked).await.expect("they agree");
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes));
    }
    assert!(certificate.connect_offering(&server, &["h2"]).await.is_err());
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let answer = certificate.ask(&server, preface).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn whoever_dawdles_over_a_handshake_is_cut_off() {
    let (server, certificate) = server().await;
    let begun = Instant::now();
    let half = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01];
    let (mut silent, mut hello) =
        (TcpStream::connect(server.address()).await.unwrap(), TcpStream::connect(server.address()).await.unwrap());
    hello.write_all(&half).await.unwrap();
    let mut shaken = certificate.connect(&server).await.expect("TLS");
    let ends = async {
        let (mut one, mut two, mut three) = (Vec::new(), Vec::new(), Vec::new());
        let _how =
            tokio::join!(silent.read_to_end(&mut one), hello.read_to_end(&mut two), shaken.read_to_end(&mut three));
    };
    soon("all of them to be cut off", ends).await;
    assert!(begun.elapsed() < TEN_SECONDS, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_from_the_next_connection_on() {
    let (server, old) = server().await;
    old.connect(&server).await.expect("the first certificate is shown");
    std::fs::write(&old.certificate, "nonsense").unwrap();
    server.signal("HUP").await;
    let log = async || server.log();
    until("the bad file to be noticed", log, |log| log.contains("the certificate until now is kept")).await;
    old.connect(&server).await.expect("a file that can't be used changes nothing");
    let new = Certificate::make(server.home().path());
    assert!(new.connect(&server).await.is_err(), "nobody has asked yet");
    server.signal("HUP").await;
    until("the new certificate", async || new.connect(&server).await.is_ok(), |shown| *shown).await;
    assert!(old.connect(&server).await.is_err());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_and_nothing_is_served() {
    let home = Home::new();
    let one = Certificate::make(home.path());
    let other = Home::new();
    let other = Certificate::make(other.path());
    let [cert_flag, cert, key_flag, key] = one.flags();
    let [.., other_key] = other.flags();
    for (flags, said) in [
        (vec![cert_flag, cert], "--tls-key"),
        (vec![key_flag, key], "--tls-cert"),
        (vec![cert_flag, "/nowhere.pem", key_flag, key], "/nowhere.pem"),
        (vec![cert_flag, key, key_flag, key], "holds no certificate"),
        (vec![cert_flag, cert, key_flag, cert], "holds no private key"),
        (vec![cert_flag, cert, key_flag, other_key], "can't be used together"),
    ] {
        let mut command = greenroom();
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(home.data()).args(&flags);
        let output = soon("the program to end", command.output()).await.expect("it runs");
        let error = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(output.stdout.is_empty() && error.contains(said), "{flags:?}: {error}");
    }
}
