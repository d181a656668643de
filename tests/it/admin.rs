use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use greenroom_protocol::{Command, ErrorCode, Hello, Name, ServerFrame};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::support::lab::find;
use crate::support::{
    Answer, GREEN, Guest, Home, Host, Member, PASSWORD, Process, bodies, call, greenroom, registration, room, soon,
    until,
};

/// What must be over once an admin says so is over within this time.
const TWO_SECONDS: Duration = Duration::from_secs(2);

/// Types a command of the operator's.
async fn operator(data: &Path, words: &[&str]) -> Output {
    let mut command = greenroom();
    command.arg("admin").args(words).arg("--data").arg(data).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.ok();
    drop(stdin);
    timeout(Duration::from_secs(120), child.wait_with_output()).await.expect("in time").expect("it ran")
}

/// Types a command that is carried out; returns what it prints as JSON.
async fn done(data: &Path, words: &[&str]) -> Value {
    let output = operator(data, &[words, &["--json"]].concat()).await;
    assert!(output.status.success(), "{words:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Types a command that is refused; returns what it says.
async fn refused(data: &Path, words: &[&str]) -> String {
    let output = operator(data, words).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{words:?}: {output:?}");
    String::from_utf8(output.stderr).expect("text")
}

async fn create(data: &Path, name: &str) -> Output {
    let email = format!("{name}@example.org");
    operator(data, &["create", "--email", &email, "--name", name, "--password-stdin"]).await
}

async fn signs_in(host: &impl Host, name: &str) -> Member {
    let answer = Member::sign_in(host, &format!("{name}@example.org"), PASSWORD).await;
    Member::of(&answer.is(StatusCode::OK))
}

/// A server that has an admin.
async fn house(flags: &[&str]) -> (Process, PathBuf, Member) {
    let process = Process::start(&[&["--no-limits"], flags].concat()).await;
    let data = process.home().data();
    assert!(create(&data, "ada").await.status.success(), "{}", process.log());
    let ada = signs_in(&process, "ada").await;
    (process, data, ada)
}

async fn administer(host: &impl Host, by: &Member, method: Method, path: &str, body: Value) -> Answer {
    let call = call(host, method, &format!("/api/admin/{path}")).by(&by.token);
    if body.is_null() { call.answer().await } else { call.json(&body).answer().await }
}

async fn is_nobody(host: &impl Host, token: &str) {
    call(host, Method::GET, "/api/users/me").by(token).answer().await.is(StatusCode::UNAUTHORIZED);
    let mut guest = Guest::connect(host).await;
    let hello = Command::Hello(Hello { guest: None, token: Some(token.to_owned()) });
    assert_eq!(guest.refused(hello).await.code, ErrorCode::Unauthenticated);
}

fn names(list: &Value) -> Vec<&str> {
    list["users"].as_array().expect("users").iter().map(|user| user["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn the_first_admin_is_made_before_there_is_a_server_and_there_is_none_by_default() {
    let home = Home::new();
    let said = refused(&home.data(), &["list"]).await;
    assert!(said.contains(home.data().to_str().unwrap()) && said.contains("--data"), "{said}");
    assert!(!home.data().exists(), "looking makes nothing");

    let process = Process::start_in(home, &[]).await;
    let data = process.home().data();
    assert_eq!(done(&data, &["list"]).await, json!({ "users": [] }));
    let mut process = process;
    process.terminate().await;

    let ada = create(&data, "ada").await;
    assert!(ada.status.success(), "{ada:?}");
    assert!(!String::from_utf8_lossy(&[ada.stdout, ada.stderr].concat()).contains(PASSWORD));
    let mut process = process.restart().await;
    let ada = signs_in(&process, "ada").await;
    assert_eq!(ada.me(&process).await.is(StatusCode::OK).body["admin"], true);
    let users = administer(&process, &ada, Method::GET, "users", Value::Null).await.is(StatusCode::OK);
    assert_eq!(names(&users.body), ["ada"]);
    assert!(!process.whole_log().await.contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_make_the_same_admin_at_once_one_does() {
    let process = Process::start(&[]).await;
    let data = process.home().data();
    let made = join_all((0..50).map(|_| create(&data, "ada"))).await;
    assert_eq!(made.iter().filter(|output| output.status.success()).count(), 1);
    for other in made.iter().filter(|output| !output.status.success()) {
        let said = String::from_utf8_lossy(&other.stderr);
        assert!(said.contains("has an account"), "{said}");
    }
    let list = done(&data, &["list"]).await;
    assert_eq!((names(&list), &list["users"][0]["admin"]), (vec!["ada"], &true.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_who_make_the_same_admin_at_once_without_a_server_one_does() {
    let home = Home::new();
    let data = home.data();
    let made = join_all((0..10).map(|_| create(&data, "ada"))).await;
    assert_eq!(made.iter().filter(|output| output.status.success()).count(), 1, "{made:?}");
    let others = made.iter().filter(|output| !output.status.success());
    assert!(others.map(|other| String::from_utf8_lossy(&other.stderr)).all(|said| said.contains("has an account")));
    let process = Process::start_in(home, &[]).await;
    signs_in(&process, "ada").await;
}

#[tokio::test]
async fn the_operators_commands_do_the_same_with_and_without_a_server() {
    let (mut process, data, ada) = house(&[]).await;
    Member::register(&process, "Bob").await;
    let mut socket = ada.connects(&process).await;
    socket.join(GREEN).await;
    socket.says(GREEN, "hello").await;
    let rooms = done(&data, &["rooms"]).await;
    let green = json!({ "room": GREEN, "kind": "group", "title": GREEN, "last_seq": 1, "online_count": 1 });
    assert_eq!(rooms["rooms"], json!([green]));

    for runs in [true, false] {
        assert_eq!(names(&done(&data, &["list"]).await), ["ada", "Bob"], "{runs}");
        assert_eq!(names(&done(&data, &["list", "--query", "b"]).await), ["Bob"]);
        assert_eq!(names(&done(&data, &["list", "--query", "BOB@example.org"]).await), ["Bob"]);
        for (command, field, value) in [
            ("promote", "admin", true),
            ("disable", "disabled", true),
            ("enable", "disabled", false),
            ("demote", "admin", false),
        ] {
            assert_eq!(done(&data, &[command, "bob"]).await[field], value, "{command}");
        }
        assert_eq!(done(&data, &["sign-out", "bob"]).await, json!({}));
        assert!(refused(&data, &["disable", "nobody"]).await.contains("nobody of this"));
        for command in ["demote", "disable", "delete"] {
            assert!(refused(&data, &[command, "ada"]).await.contains("last admin"), "{command}");
        }
        let table = operator(&data, &["list"]).await;
        let table = String::from_utf8(table.stdout).unwrap();
        assert!(table.starts_with("id ") && table.contains("bob@example.org"), "{table}");
        if runs {
            process.terminate().await;
        }
    }
    assert_eq!(done(&data, &["rooms"]).await["rooms"][0]["last_seq"], 1);
    done(&data, &["delete", "bob"]).await;
    assert_eq!(names(&done(&data, &["list"]).await), ["ada"]);
}

#[tokio::test]
async fn the_operators_socket_is_the_owners_alone_and_one_that_was_left_behind_is_no_obstacle() {
    let mut process = Process::start(&[]).await;
    let socket = process.home().data().join("admin.sock");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    process.kill_9().await;
    assert!(socket.exists(), "nobody was left to remove it");
    assert_eq!(done(&process.home().data(), &["list"]).await, json!({ "users": [] }));
    let mut process = process.restart().await;
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(done(&process.home().data(), &["list"]).await, json!({ "users": [] }));
    process.terminate().await;
    assert!(!socket.exists(), "it ended in order");
}

#[tokio::test]
async fn a_server_whose_directory_is_too_deep_for_a_socket_serves_and_the_operator_is_told() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("deep".repeat(40)).join("data");
    let flags = ["serve", "--listen", "127.0.0.1:0", "--data"];
    let mut server = greenroom().args(flags).arg(&data).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = [0; 9];
    let listens = server.stdout.as_mut().unwrap().read_exact(&mut first);
    soon("the server to listen", listens).await.unwrap();
    assert_eq!(&first, b"listening");
    let said = refused(&data, &["list"]).await;
    assert!(said.contains("too long for a socket"), "{said}");
    server.kill().await.unwrap();
    assert_eq!(done(&data, &["list"]).await, json!({ "users": [] }), "without a server it works");
}

#[tokio::test]
async fn nobody_but_admins_learns_that_there_is_administration() {
    let (process, _, ada) = house(&[]).await;
    let (bob, guest) = (Member::register(&process, "Bob").await, Guest::enter(&process, "Carol").await);
    let known = [
        (Method::GET, "users"),
        (Method::POST, "users"),
        (Method::PATCH, "users/ada"),
        (Method::DELETE, "users/ada"),
        (Method::DELETE, "users/ada/sessions"),
        (Method::GET, "rooms"),
        (Method::DELETE, "rooms/green"),
    ];
    let unknown = [(Method::PUT, "users"), (Method::GET, "users/ada"), (Method::GET, "nothing"), (Method::GET, "")];
    for (method, path) in known.into_iter().chain(unknown) {
        let path = format!("/api/admin/{path}");
        for token in [&bob.token, guest.token()] {
            let answer = call(&process, method.clone(), &path).by(token).json(&json!({ "admin": true })).answer().await;
            let nowhere = call(&process, method.clone(), "/api/nowhere").by(token).answer().await;
            assert_eq!(answer.is(StatusCode::NOT_FOUND).said(), nowhere.said(), "{method} {path}");
        }
        call(&process, method.clone(), &path).answer().await.is(StatusCode::UNAUTHORIZED);
        call(&process, method, &path).by("s1.nonsense").answer().await.is(StatusCode::UNAUTHORIZED);
    }
    let users = administer(&process, &ada, Method::GET, "users", Value::Null).await.is(StatusCode::OK);
    assert_eq!(names(&users.body), ["ada", "Bob"], "and nothing was done");
    assert_eq!(users.body["users"][1]["admin"], false);
}

#[tokio::test]
async fn an_admin_is_told_what_is_wrong_with_what_they_ask_for() {
    let (process, _, ada) = house(&[]).await;
    let wrong = async |method, path, body| {
        administer(&process, &ada, method, path, body).await.is(StatusCode::UNPROCESSABLE_ENTITY)
    };
    assert_eq!(wrong(Method::PATCH, "users/ada", json!({ "disabled": "no" })).await.wrong(), ["disabled"]);
    assert_eq!(wrong(Method::PATCH, "users/ada", json!({ "name": "eve" })).await.wrong(), ["name"]);
    wrong(Method::PATCH, "users/ada", json!({})).await;
    assert_eq!(wrong(Method::GET, "users?after=%00", Value::Null).await.wrong(), ["after"]);
    assert_eq!(wrong(Method::GET, "rooms?after=%20", Value::Null).await.wrong(), ["after"]);
    let short = json!({ "email": "x", "name": "x", "password": "x" });
    assert_eq!(wrong(Method::POST, "users", short).await.wrong(), ["email", "name", "password"]);
    administer(&process, &ada, Method::DELETE, "users/nobody", Value::Null).await.is(StatusCode::NOT_FOUND);

    let bob = json!({ "email": "bob@example.org", "name": "bob", "password": PASSWORD });
    let made = administer(&process, &ada, Method::POST, "users", bob.clone()).await.is(StatusCode::CREATED);
    assert_eq!((&made.body["admin"], made.body.get("token")), (&false.into(), None));
    signs_in(&process, "bob").await;
    let taken = administer(&process, &ada, Method::POST, "users", bob).await.is(StatusCode::CONFLICT);
    assert!(!taken.wrong().is_empty(), "{taken:?}");
}

#[tokio::test]
async fn a_page_of_another_site_administers_nothing_with_an_admins_cookie() {
    let (process, _, ada) = house(&["--lab"]).await;
    Member::register(&process, "Bob").await;
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        for (method, path) in [
            (Method::PATCH, "/api/admin/users/bob"),
            (Method::DELETE, "/api/admin/users/bob"),
            (Method::POST, "/api/admin/users"),
            (Method::POST, "/api/lab/fail-next-sync"),
        ] {
            let forged = call(&process, method, path).header("cookie", &ada.cookie).header(name, value);
            let answer = forged.header("x-forwarded-for", "192.0.2.1").json(&json!({ "admin": true })).answer().await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name}");
        }
    }
    let honest = call(&process, Method::PATCH, "/api/admin/users/bob").header("cookie", &ada.cookie);
    let honest = honest.header("origin", &process.url("")).json(&json!({ "admin": true })).answer().await;
    assert_eq!(honest.is(StatusCode::OK).body["admin"], true);
}

#[tokio::test]
async fn somebody_who_is_disabled_is_out_within_two_seconds_and_in_again_when_enabled() {
    let (mut process, data, ada) = house(&[]).await;
    let bob = Member::register(&process, "Bob").await;
    let phone = bob.again(&process).await;
    let (mut one, two) = (bob.connects(&process).await, phone.connects(&process).await);
    let mut adas = ada.connects(&process).await;
    one.join(GREEN).await;
    one.says(GREEN, "hello").await;

    let body = json!({ "disabled": true });
    let changed = administer(&process, &ada, Method::PATCH, "users/bob", body.clone()).await.is(StatusCode::OK);
    assert_eq!((changed.text("/id"), &changed.body["disabled"]), (bob.id.as_str(), &true.into()));
    let closed = async { (one.closed().await, two.closed().await) };
    assert_eq!(timeout(TWO_SECONDS, closed).await, Ok((4401, 4401)));
    adas.join(GREEN).await;
    administer(&process, &ada, Method::PATCH, "users/bob", body).await.is(StatusCode::OK);

    for restarted in [false, true] {
        is_nobody(&process, &bob.token).await;
        is_nobody(&process, &phone.token).await;
        let right = Member::sign_in(&process, &bob.email, PASSWORD).await.is(StatusCode::UNAUTHORIZED);
        let wrong = Member::sign_in(&process, &bob.email, "another password").await.is(StatusCode::UNAUTHORIZED);
        assert_eq!(right.said(), wrong.said(), "they are not told");
        if !restarted {
            process.terminate().await;
            process = process.restart().await;
        }
    }
    let others = call(&process, Method::POST, "/api/users").json(&registration("Bob")).answer().await;
    others.is(StatusCode::CONFLICT);

    done(&data, &["enable", "bob"]).await;
    is_nobody(&process, &bob.token).await;
    let again = bob.again(&process).await;
    assert_eq!(again.id, bob.id);
    assert_eq!(again.connects(&process).await.join(GREEN).await.last_seq.0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_signs_in_at_the_very_moment_when_they_are_disabled_is_not_in_afterwards() {
    let (process, _, ada) = house(&[]).await;
    let mut both = (0, 0);
    for round in 0..10 {
        let bob = Member::register(&process, &format!("bob{round}")).await;
        let path = format!("users/{}", bob.id);
        let sign_ins = join_all((0..4).map(|_| Member::sign_in(&process, &bob.email, PASSWORD)));
        let disable = async {
            // Hashing takes some milliseconds: so some of them come before it, and some after it.
            let beside = Member::sign_in(&process, "nobody@example.org", PASSWORD);
            if round % 2 == 0 {
                beside.await;
            }
            administer(&process, &ada, Method::PATCH, &path, json!({ "disabled": true })).await
        };
        let (answers, disabled) = tokio::join!(sign_ins, disable);
        disabled.is(StatusCode::OK);
        for answer in &answers {
            if answer.status == StatusCode::OK {
                both.0 += 1;
                is_nobody(&process, &Member::of(answer).token).await;
            } else {
                both.1 += 1;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
            }
        }
        is_nobody(&process, &bob.token).await;
    }
    assert!(both.0 > 0 && both.1 > 0, "some came in, and some did not: {both:?}");
}

#[tokio::test]
async fn whoever_is_signed_out_by_an_admin_signs_in_again() {
    let (process, data, ada) = house(&[]).await;
    let bob = Member::register(&process, "Bob").await;
    let socket = bob.connects(&process).await;
    let path = format!("users/{}/sessions", bob.id);
    administer(&process, &ada, Method::DELETE, &path, Value::Null).await.is(StatusCode::NO_CONTENT);
    assert_eq!(timeout(TWO_SECONDS, socket.closed()).await, Ok(4401));
    is_nobody(&process, &bob.token).await;
    let socket = bob.again(&process).await.connects(&process).await;
    done(&data, &["sign-out", "Bob"]).await;
    assert_eq!(timeout(TWO_SECONDS, socket.closed()).await, Ok(4401));
    ada.me(&process).await.is(StatusCode::OK);
}

#[tokio::test]
async fn of_somebody_who_is_deleted_what_they_said_stays_under_a_name_that_nobody_else_gets() {
    let (mut process, _, ada) = house(&[]).await;
    let mut guest = Guest::enter(&process, "Bob").await;
    guest.join(GREEN).await;
    guest.says(GREEN, "as a guest").await;
    let guests_token = guest.token().to_owned();
    let answer = call(&process, Method::POST, "/api/users").by(&guests_token).json(&registration("Bob")).answer().await;
    let bob = Member::of(&answer.is(StatusCode::CREATED));
    bob.change(&process, json!({ "display_name": "Robert B.", "status_text": "at sea" })).await.is(StatusCode::OK);
    let mut socket = bob.connects(&process).await;
    socket.join(GREEN).await;
    socket.says(GREEN, "with an account").await;

    administer(&process, &ada, Method::DELETE, "users/bob", Value::Null).await.is(StatusCode::NO_CONTENT);
    assert_eq!(timeout(TWO_SECONDS, socket.closed()).await, Ok(4401));
    administer(&process, &ada, Method::DELETE, "users/bob", Value::Null).await.is(StatusCode::NOT_FOUND);
    for restarted in [false, true] {
        is_nobody(&process, &bob.token).await;
        is_nobody(&process, &guests_token).await;
        Member::sign_in(&process, &bob.email, PASSWORD).await.is(StatusCode::UNAUTHORIZED);
        let get = async |path: &str| call(&process, Method::GET, path).by(&ada.token).answer().await;
        for user in ["Bob", &bob.id] {
            get(&format!("/api/users/{user}")).await.is(StatusCode::NOT_FOUND);
        }
        assert_eq!(names(&get("/api/users").await.is(StatusCode::OK).body), ["ada"]);
        assert_eq!(names(&get("/api/admin/users").await.is(StatusCode::OK).body), ["ada"]);
        let direct = call(&process, Method::POST, "/api/direct").by(&ada.token).json(&json!({ "user": bob.id }));
        assert_eq!(direct.answer().await.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["user"]);

        let mut mallory = Guest::connect(&process).await;
        let hello = Command::Hello(Hello { guest: Some(Name::guest("B0b").unwrap()), token: None });
        assert_eq!(mallory.refused(hello).await.code, ErrorCode::Conflict);
        let mut adas = ada.connects(&process).await;
        adas.join(GREEN).await;
        let log = adas.log_up_to(GREEN, 2).await;
        assert_eq!(bodies(&log), ["as a guest", "with an account"]);
        assert!(log.iter().filter_map(|event| event.message()).all(|message| message.user.name.as_str() == "Bob"));
        if !restarted {
            process.terminate().await;
            process = process.restart().await;
        }
    }
    let mut form = registration("Bobby");
    form["email"] = bob.email.clone().into();
    let bobby = call(&process, Method::POST, "/api/users").json(&form).answer().await.is(StatusCode::CREATED);
    assert_ne!(bobby.text("/user/id"), bob.id, "the e-mail is free, and whoever has it is somebody else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_demote_each_other_at_once_one_stays() {
    let (process, data, ada) = house(&[]).await;
    assert!(create(&data, "bea").await.status.success());
    let bea = signs_in(&process, "bea").await;
    let race = async |change: Value| {
        let one = administer(&process, &ada, Method::PATCH, "users/bea", change.clone());
        let other = administer(&process, &bea, Method::PATCH, "users/ada", change);
        let (one, other) = tokio::join!(one, other);
        assert!((one.status == StatusCode::OK) != (other.status == StatusCode::OK), "{one:?} {other:?}");
        let list = done(&data, &["list"]).await;
        let able = |user: &&Value| user["admin"] == true && user["disabled"] == false;
        assert_eq!(list["users"].as_array().unwrap().iter().filter(able).count(), 1, "{list}");
    };
    for _ in 0..15 {
        race(json!({ "admin": false })).await;
        for name in ["ada", "bea"] {
            done(&data, &["promote", name]).await;
        }
    }
    race(json!({ "disabled": true })).await;
}

#[tokio::test]
async fn somebody_who_is_demoted_administers_nothing_more_from_that_moment_on() {
    let (process, data, ada) = house(&[]).await;
    assert!(create(&data, "bea").await.status.success());
    let bea = signs_in(&process, "bea").await;
    administer(&process, &bea, Method::GET, "users", Value::Null).await.is(StatusCode::OK);
    let demote = json!({ "admin": false });
    administer(&process, &ada, Method::PATCH, "users/bea", demote.clone()).await.is(StatusCode::OK);
    administer(&process, &bea, Method::GET, "users", Value::Null).await.is(StatusCode::NOT_FOUND);
    assert_eq!(bea.me(&process).await.is(StatusCode::OK).body["admin"], false, "and is still somebody");
    let last = administer(&process, &ada, Method::PATCH, "users/ada", demote).await.is(StatusCode::CONFLICT);
    assert!(last.text("/detail").contains("last admin"), "{last:?}");
}

#[tokio::test]
async fn what_is_for_this_machine_is_for_admins_elsewhere_too() {
    let (process, data, ada) = house(&["--lab"]).await;
    let (bob, carol) = (Member::register(&process, "Bob").await, Guest::enter(&process, "Carol").await);
    let elsewhere = |method, path: &str| call(&process, method, path).header("x-forwarded-for", "192.0.2.1");
    let status = async |call: crate::support::Call| call.answer().await.status;
    for path in ["/metrics", "/api/set-aside", "/api/lab/tree"] {
        assert_eq!(status(elsewhere(Method::GET, path)).await, StatusCode::NOT_FOUND, "{path}");
        for stranger in [&bob.token, carol.token(), "s1.nonsense"] {
            assert_eq!(status(elsewhere(Method::GET, path).by(stranger)).await, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(status(elsewhere(Method::GET, path).by(&ada.token)).await, StatusCode::OK, "{path}");
        assert_eq!(status(elsewhere(Method::GET, path).header("cookie", &ada.cookie)).await, StatusCode::OK, "{path}");
        assert_eq!(status(call(&process, Method::GET, path)).await, StatusCode::OK, "{path}");
    }
    let crash = json!({ "actor": "presence" });
    let crashed = elsewhere(Method::POST, "/api/lab/crash").by(&ada.token).json(&crash);
    assert_eq!(status(crashed).await, StatusCode::ACCEPTED);
    let tree = elsewhere(Method::GET, "/api/lab/tree").by(&ada.token).answer().await;
    assert!(find(&tree.body, "presence").is_some());

    // Whoever hears the events as an admin hears none any more that come after.
    assert!(create(&data, "bea").await.status.success());
    let bea = signs_in(&process, "bea").await;
    let client = reqwest::Client::new().get(process.url("/api/lab/events")).bearer_auth(&bea.token);
    let mut events = client.header("x-forwarded-for", "192.0.2.1").send().await.unwrap();
    let mut guest = Guest::enter(&process, "Dave").await;
    guest.join(GREEN).await;
    let heard = soon("an event", events.chunk()).await.unwrap().expect("the first event");
    assert!(heard.starts_with(b"data: "), "{heard:?}");
    done(&data, &["demote", "bea"]).await;
    guest.goes().await;
    // Alive or not, the stream would be kept open by comments.
    let rest = async {
        let mut rest = String::new();
        while let Some(chunk) = events.chunk().await.unwrap() {
            rest += &String::from_utf8_lossy(&chunk);
        }
        rest
    };
    let rest = soon("the end of the events", rest).await;
    assert!(!rest.contains("\"stop\""), "{rest}");
}

#[tokio::test]
async fn who_did_what_to_whom_is_in_the_log() {
    let (mut process, data, ada) = house(&[]).await;
    let bob = Member::register(&process, "Bob").await;
    administer(&process, &ada, Method::PATCH, "users/bob", json!({ "disabled": true })).await.is(StatusCode::OK);
    done(&data, &["delete", "bob"]).await;
    administer(&process, &ada, Method::DELETE, "users/ada", Value::Null).await.is(StatusCode::CONFLICT);
    let log = process.whole_log().await;
    let told = |outcome: &str, about: &str, by: Option<&str>| {
        let mut audit = log.lines().filter(|line| line.contains("greenroom::audit"));
        let told = [r#"act="administer""#.to_owned(), format!(r#"outcome="{outcome}""#), format!(r#"about="{about}"#)];
        let from = by.map(|by| format!("user={by} from=127.0.0.1 request_id="));
        audit.any(|line| {
            let by = from.as_ref().map_or(!line.contains("user="), |from| line.contains(from));
            by && told.iter().all(|word| line.contains(word))
        })
    };
    assert!(told("done", &format!("create an admin ada {}", ada.id), None), "{log}");
    assert!(told("done", &format!("disable Bob {}", bob.id), Some(&ada.id)), "{log}");
    assert!(told("done", &format!("delete Bob {}", bob.id), None), "{log}");
    assert!(told("refused", &format!("delete ada {}: this is the last admin", ada.id), Some(&ada.id)), "{log}");
    assert!(!log.contains("@example.org") && !log.contains(PASSWORD) && !log.contains("s1."), "{log}");
}

#[tokio::test]
async fn a_room_that_an_admin_deletes_is_gone_for_everybody_who_is_in_it() {
    let (mut process, data, ada) = house(&[]).await;
    let bob = Member::register(&process, "Bob").await;
    let make = json!({ "room": "plans", "title": "Plans", "kind": "private" });
    call(&process, Method::POST, "/api/rooms").by(&bob.token).json(&make).answer().await.is(StatusCode::CREATED);
    let mut socket = bob.connects(&process).await;
    for place in ["plans", GREEN] {
        socket.join(place).await;
        socket.says(place, "hello").await;
    }
    let ids = async || {
        let rooms = done(&data, &["rooms"]).await;
        let rows = rooms["rooms"].as_array().unwrap().iter();
        rows.map(|row| row["room"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, [GREEN, "plans"], "also those that ada is no member of");

    administer(&process, &ada, Method::DELETE, "rooms/plans", Value::Null).await.is(StatusCode::NO_CONTENT);
    assert_eq!(done(&data, &["delete-room", GREEN]).await, json!({}));
    for place in ["plans", GREEN] {
        let left =
            |frame: &ServerFrame| matches!(frame, ServerFrame::Left(left) if left.room.as_str() == place).then_some(());
        socket.hears_frame("that the room is gone", left).await;
        let path = format!("/api/rooms/{place}");
        call(&process, Method::GET, &path).by(&bob.token).answer().await.is(StatusCode::NOT_FOUND);
        assert!(refused(&data, &["delete-room", place]).await.contains("no such room"));
    }
    assert_eq!(ids().await, [""; 0]);
    assert!(refused(&data, &["delete-room", "No Room"]).await.contains("no such room"));
    let log = process.whole_log().await;
    let told = |outcome: &str, of: &str, by: &str| {
        let told = [format!(r#"outcome="{outcome}""#), format!(r#"about="delete the room {of}"#), by.to_owned()];
        log.lines().any(|line| told.iter().all(|word| line.contains(word)))
    };
    assert!(told("done", r#"plans""#, &ada.id) && told("done", &format!(r#"{GREEN}""#), ""), "{log}");
    assert!(told("refused", "plans: there is no such room", ""), "{log}");
}

#[tokio::test]
async fn lists_of_people_and_rooms_go_on_where_a_page_ends() {
    let (process, data, ada) = house(&[]).await;
    let mut host = ada.connects(&process).await;
    for n in 0..105 {
        host.join(&format!("room-{n:03}")).await;
    }
    let first = administer(&process, &ada, Method::GET, "rooms?query=room-", Value::Null).await.is(StatusCode::OK);
    assert_eq!((first.body["rooms"].as_array().unwrap().len(), &first.body["more"]), (100, &true.into()));
    let all = done(&data, &["rooms", "--query", "room-"]).await;
    let ids: Vec<_> =
        all["rooms"].as_array().unwrap().iter().map(|row| row["room"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, (0..105).map(|n| format!("room-{n:03}")).collect::<Vec<_>>());
    let online = async || done(&data, &["rooms", "--query", "room-104"]).await["rooms"][0]["online_count"].clone();
    assert_eq!(online().await, 1);
    host.leave(room("room-104").as_str()).await;
    until("the room to be empty", online, |online| *online == 0).await;
}
