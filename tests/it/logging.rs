use std::path::PathBuf;
use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::{
    GREEN, Guest, Home, Host as _, Member, PASSWORD, Process, call, greenroom, raw_http, soon, until,
};

/// A server that keeps its logs in files, too.
async fn server(flags: &[&str]) -> (Process, PathBuf) {
    let home = Home::new();
    let logs = home.path().join("logs");
    let all = [&["--log-dir", logs.to_str().expect("text")], flags].concat();
    let server = Process::start_in(home, &all).await;
    (server, logs)
}

/// The records of a file, each of which is a line of JSON.
fn records(file: PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("the log file is there");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("one record, one line: {line}")))
        .collect()
}

fn fields<'a>(records: &'a [Value], message: &str) -> Vec<&'a Value> {
    records.iter().map(|record| &record["fields"]).filter(|fields| fields["message"] == message).collect()
}

#[tokio::test]
async fn every_request_and_every_socket_has_its_record_in_a_file_of_its_own() {
    let (mut server, logs) = server(&[]).await;
    let alice = Member::register(&server, "Alice").await;
    let asked = call(&server, Method::GET, "/api/users?query=secret-search").by(&alice.token);
    let asked = asked.header("x-forwarded-for", "10.9.8.7").answer().await.is(StatusCode::OK);
    let mut guest = alice.connects(&server).await;
    guest.join(GREEN).await;
    guest.goes().await;
    let closed = async || records(logs.join("requests.log"));
    until("the socket's end to be noted", closed, |records| !fields(records, "socket closed").is_empty()).await;
    server.terminate().await;

    let requests = records(logs.join("requests.log"));
    let list = fields(&requests, "request")
        .into_iter()
        .find(|record| record["path"] == "/api/users" && record["method"] == "GET");
    let list = list.expect("its record");
    assert_eq!(
        (&list["status"], &list["from"], &list["user"]),
        (&200.into(), &"127.0.0.1".into(), &alice.id.clone().into())
    );
    assert_eq!(list["request_id"], asked.header("x-request-id"));
    assert!(list["ms"].as_f64().is_some_and(|ms| ms > 0.0) && list["bytes"].as_u64() > Some(0), "{list}");
    let (opened, closed) = (fields(&requests, "socket opened"), fields(&requests, "socket closed"));
    assert_eq!((opened.len(), closed.len()), (1, 1));
    for record in [opened[0], closed[0]] {
        assert_eq!((&record["user"], &record["from"]), (&alice.id.clone().into(), &"127.0.0.1".into()), "{record}");
        assert!(record["session"].is_string(), "{record}");
    }
    assert_eq!((&closed[0]["code"], &closed[0]["frames_in"]), (&1000.into(), &2.into()), "{}", closed[0]);
    let rest = records(logs.join("greenroom.log"));
    assert!(
        rest.iter().all(|record| record["target"] != "greenroom::request" && record["target"] != "greenroom::audit")
    );
    let last = rest.last().expect("its last words");
    assert_eq!(last["fields"]["message"], "stopped and flushed", "the last line is not lost");
    assert!(!server.log().contains("secret-search") && !server.log().contains("10.9.8.7"), "{}", server.log());
}

#[tokio::test]
async fn the_trail_says_who_was_let_in_and_who_was_refused() {
    // Whoever logs little, too, knows who came in.
    let home = Home::new();
    let logs = home.path().join("logs");
    let mut command = greenroom();
    command.env("RUST_LOG", "error");
    let flags = ["--log-dir", logs.to_str().expect("text"), "--no-limits", "false"];
    let mut server = Process::start_as(command, home, &flags).await;
    let alice = Member::register(&server, "Alice").await;
    let again = alice.again(&server).await;
    Member::sign_in(&server, &alice.email, "not her password").await.is(StatusCode::UNAUTHORIZED);
    Member::sign_in(&server, "Nobody@Example.org", "some password").await.is(StatusCode::UNAUTHORIZED);
    let change = json!({ "password": "a new one on tuesday", "current_password": PASSWORD });
    alice.change(&server, change).await.is(StatusCode::OK);
    again.me(&server).await.is(StatusCode::UNAUTHORIZED);
    let forged = call(&server, Method::DELETE, "/api/session").header("origin", "https://evil.example");
    forged.header("cookie", &alice.cookie).answer().await.is(StatusCode::FORBIDDEN);
    alice.signs_out(&server).await;
    let mut mallory = Guest::connect(&server).await;
    mallory.raw(r#"{"type":"hello","token":"s1.forged"}"#).await;
    assert_eq!(mallory.closed().await, 4401);
    for _ in 0..10 {
        Member::sign_in(&server, "mallory@example.org", "guess").await;
    }
    server.terminate().await;

    let trail = records(logs.join("audit.log"));
    let mut acts = Vec::new();
    for record in &trail {
        let fields = &record["fields"];
        assert!(record["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "when, in UTC: {record}");
        assert_eq!(fields["from"], "127.0.0.1", "where: {record}");
        assert!(fields["request_id"].is_string() && fields["about"].is_string(), "{record}");
        let act = (fields["act"].as_str().expect("what"), fields["outcome"].as_str().expect("how"));
        let known = fields["user"] == alice.id.as_str();
        assert_eq!(known, act.1 == "done", "who, where it is known: {record}");
        acts.push(act);
    }
    let expected = [
        ("register", "done"),
        ("sign_in", "done"),
        ("sign_in", "failed"),
        ("sign_in", "failed"),
        ("change_credentials", "done"),
        ("access", "refused"),
        ("access", "refused"),
        ("sign_out", "done"),
        ("sign_in", "failed"),
    ];
    assert_eq!(acts[..expected.len()], expected, "{acts:?}");
    assert!(acts[expected.len()..].contains(&("limit", "refused")), "{acts:?}");
    let tried = trail.iter().map(|record| record["fields"]["about"].as_str().unwrap_or_default());
    assert!(
        !tried.clone().any(|about| about.contains('@') || about.to_lowercase().contains("nobody")),
        "no e-mail in clear"
    );
    assert!(tried.clone().any(|about| about.starts_with("email:")));
}

#[tokio::test]
async fn a_log_that_nobody_reads_holds_nobody_up() {
    let home = Home::new();
    let mut command = greenroom();
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(home.data());
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().expect("piped"));
    soon("the server to listen", stdout.read_line(&mut line)).await.expect("its first line");
    let url = line.trim_end().strip_prefix("listening on ").expect("where").to_owned();
    // Several times what a pipe holds.
    let client = reqwest::Client::new();
    for _ in 0..2_000 {
        let answer = soon("an answer", client.get(format!("{url}/api/health")).send()).await.expect("it answers");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let pid = server.id().expect("it runs").to_string();
    assert!(Command::new("kill").arg(&pid).status().await.expect("kill is there").success());
    let ended = soon("the end", server.wait()).await.expect("waited for");
    assert!(ended.success(), "in order, though its last words go nowhere: {ended}");
}

#[tokio::test]
async fn whatever_mallory_writes_one_record_stays_one_line() {
    for format in ["text", "json"] {
        let (mut server, logs) = server(&["--log-format", format]).await;
        let mut mallory = Guest::enter(&server, "Mallory").await;
        mallory.join(GREEN).await;
        mallory.raw("{\"type\":\"send\",\"room\":\"green\r\n2026 INFO forged\u{1b}[2J\"").await;
        mallory.hears_error().await;
        mallory.raw(r#"{"type":"hello\r\nforged\u001b[31m%n\u0000"}"#).await;
        mallory.hears_error().await;
        for name in ["x\r\nforged", "\u{1b}[2J", "%n%s", "\"forged\"", "a\0b"] {
            call(&server, Method::POST, "/api/session").json(&json!({ "guest": name })).answer().await;
            let body = json!({ "email": name, "password": name });
            call(&server, Method::POST, "/api/session").header("user-agent", "forged%n").json(&body).answer().await;
        }
        for path in
            ["/x%0d%0aforged", "/%1b[2J", "/%n%00", "/\"forged\"", "/\u{1b}[31mforged", "/é\u{85}forged\u{2028}"]
        {
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nReferer: forged\r\nConnection: close\r\n\r\n");
            raw_http(&server, &request).await;
        }
        mallory.goes().await;
        server.terminate().await;

        let log = server.log();
        assert!(log.lines().count() > 10, "{log}");
        assert!(!log.contains(['\u{1b}', '\r', '\0', '\u{85}', '\u{2028}']), "{log:?}");
        for line in log.lines() {
            let whole =
                if format == "json" { line.starts_with('{') && line.ends_with('}') } else { line.starts_with("20") };
            assert!(whole && !line.starts_with("2026 INFO forged"), "{line:?}");
        }
        for file in ["greenroom.log", "requests.log", "audit.log"] {
            records(logs.join(file));
        }
    }
}

#[tokio::test]
async fn no_password_no_token_and_nothing_that_people_say_is_in_any_log() {
    let home = Home::new();
    let logs = home.path().join("logs");
    let mut command = greenroom();
    command.env("RUST_LOG", "trace");
    let mut server = Process::start_as(command, home, &["--lab", "--log-dir", logs.to_str().expect("text")]).await;
    let alice = Member::register(&server, "Alice").await;
    let again = alice.again(&server).await;
    Member::sign_in(&server, &alice.email, "a guess of mallory").await.is(StatusCode::UNAUTHORIZED);
    call(&server, Method::GET, "/api/users/me").header("cookie", &alice.cookie).answer().await.is(StatusCode::OK);
    let mut guest = Guest::enter(&server, "Gus").await;
    let mut member = alice.connects(&server).await;
    for person in [&mut guest, &mut member] {
        person.join(GREEN).await;
        person.says(GREEN, "what nobody else is to read").await;
    }
    guest.raw(r#"{"type":"send","room":"green","id":7,"body":"what was not even sent"}"#).await;
    guest.hears_error().await;
    // An actor that dies in the middle has a lot to say.
    assert_eq!(
        crate::support::lab::lab(&server, "crash", json!({ "actor": "room:green" })).await,
        StatusCode::ACCEPTED
    );
    member.says(GREEN, "what nobody else is to read, again").await;
    let change =
        json!({ "password": "the new one on tuesday", "current_password": PASSWORD, "email": "new@example.org" });
    alice.change(&server, change).await.is(StatusCode::OK);
    let metrics =
        soon("metrics", reqwest::get(server.url("/metrics"))).await.expect("an answer").text().await.expect("text");
    let tokens = [alice.token.clone(), again.token.clone(), guest.token().to_owned()];
    guest.goes().await;
    server.terminate().await;

    let mut written = vec![("metrics", metrics), ("standard error", server.log())];
    for file in ["greenroom.log", "requests.log", "audit.log"] {
        written.push((file, std::fs::read_to_string(logs.join(file)).expect("a log file")));
    }
    assert!(written[1].1.contains("TRACE") || written[1].1.contains("DEBUG"), "all is logged that can be");
    let said = ["what nobody else is to read", "what was not even sent"];
    let passwords = [PASSWORD, "the new one on tuesday", "a guess of mallory"];
    let emails = [alice.email.as_str(), "new@example.org"];
    let secrets = said.into_iter().chain(passwords).chain(emails).chain(tokens.iter().map(String::as_str));
    for secret in secrets {
        assert!(secret.len() > 8, "long enough to be nothing else");
        for (place, text) in &written {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret:?} in {place}");
        }
    }
}
