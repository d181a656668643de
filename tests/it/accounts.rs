use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use greenroom_protocol::{Command, ErrorCode, Hello, Name, Timestamp};
use greenroom_storage::{Announce, Change, Durability, Fatal, Intent, Options, RoomBatch, SignIn, SignInToken, Store};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::lab::{arm, hurt};
use crate::support::{ATTIC, GREEN, Guest, Host, Member, PASSWORD, Process, Server, call, registration, until};

/// A server where as many people as a test needs may come from one address.
async fn open_server() -> Server {
    Server::start_with(|config| config.no_limits = true).await
}

fn hello(token: &str) -> Command {
    Command::Hello(Hello { guest: None, token: Some(token.to_owned()) })
}

/// Says hello with something that is no longer good.
async fn is_nobody(host: &impl Host, token: &str) {
    call(host, Method::GET, "/api/users/me").by(token).answer().await.is(StatusCode::UNAUTHORIZED);
    let mut guest = Guest::connect(host).await;
    assert_eq!(guest.refused(hello(token)).await.code, ErrorCode::Unauthenticated);
    assert_eq!(guest.closed().await, 4401);
}

#[tokio::test]
async fn whoever_registers_comes_back_after_a_restart_with_the_token_and_with_the_password() {
    let mut server = Server::start().await;
    let answer = call(&server, Method::POST, "/api/users").json(&registration("Alice")).answer().await;
    let answer = answer.is(StatusCode::CREATED);
    let (user, id) = (&answer.body["user"], answer.text("/user/id"));
    assert!(user["hue"].as_u64().is_some_and(|hue| hue < 360), "{user}");
    let expected = json!({ "id": id, "name": "Alice", "display_name": "", "status_text": "", "hue": user["hue"],
        "status": "offline", "guest": false, "email": "alice@example.org", "admin": false });
    assert_eq!(*user, expected);
    assert!(answer.text("/expires_at").ends_with('Z'), "{answer:?}");
    let alice = Member::of(&answer);

    let mut socket = alice.connects(&server).await;
    assert!(!socket.welcome().guest && socket.welcome().token.is_none(), "{:?}", socket.welcome());
    socket.join(GREEN).await;
    socket.says(GREEN, "hello").await;
    server.restart().await;

    let again = alice.again(&server).await;
    assert_eq!(again.id, alice.id);
    for alice in [&alice, &again] {
        assert_eq!(alice.me(&server).await.is(StatusCode::OK).text("/email"), "alice@example.org");
        let mut socket = alice.connects(&server).await;
        assert_eq!(socket.join(GREEN).await.last_seq.0, 1);
    }
}

#[tokio::test]
async fn a_guest_who_registers_keeps_who_they_are_and_what_they_have_read() {
    let server = Server::start().await;
    let (mut guest, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    guest.join(GREEN).await;
    bob.join(GREEN).await;
    bob.says(GREEN, "one").await;
    bob.says(GREEN, "two").await;
    guest.log_up_to(GREEN, 2).await;
    guest.reads(GREEN, 1).await;
    let (token, id) = (guest.token().to_owned(), guest.user().id.to_string());
    let read = async || {
        let rooms = call(&server, Method::GET, "/api/rooms").by(&token).answer().await;
        rooms.body["rooms"][0]["read_seq"].clone()
    };
    until("what was read to be known", read, |read| *read == 1).await;

    let me = call(&server, Method::GET, "/api/users/me").by(&token).answer().await.is(StatusCode::OK);
    assert_eq!((me.text("/id"), &me.body["guest"], me.body.get("email")), (id.as_str(), &true.into(), None));
    let answer = call(&server, Method::POST, "/api/users").by(&token).json(&registration("Alice")).answer().await;
    let alice = Member::of(&answer.is(StatusCode::CREATED));
    assert_eq!(alice.id, id);
    assert_eq!(guest.closed().await, 4401, "the socket was the guest's");

    let mut socket = alice.connects(&server).await;
    let row = &socket.welcome().rooms[0];
    assert_eq!((row.room.as_str(), row.read_seq.0, row.unread), (GREEN, 1, 1));
    assert_eq!(socket.join(GREEN).await.read_seq.0, 1);
    is_nobody(&server, &token).await;
    let again = call(&server, Method::POST, "/api/users").by(&token).json(&registration("Carol")).answer().await;
    again.is(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_else_takes_a_name_that_is_somebodys_nor_one_that_looks_like_it() {
    let server = Server::start().await;
    Member::register(&server, "Alice").await;
    for name in ["Alice", "ALICE", "a1ice", "Ａｌｉｃｅ"] {
        let mut mallory = Guest::connect(&server).await;
        let guest = Some(Name::guest(name).unwrap());
        let refused = mallory.refused(Command::Hello(Hello { guest, token: None })).await;
        assert_eq!((refused.code, mallory.closed().await), (ErrorCode::Conflict, 4401), "{name}");

        let guest = call(&server, Method::POST, "/api/session").json(&json!({ "guest": name })).answer().await;
        assert_eq!(guest.is(StatusCode::CONFLICT).wrong(), ["guest"], "{name}");
        let mut form = registration(name);
        form["email"] = "mallory@example.org".into();
        let member = call(&server, Method::POST, "/api/users").json(&form).answer().await;
        assert_eq!(member.is(StatusCode::CONFLICT).wrong(), ["name"], "{name}");
    }
    for name in ["\u{430}lice", "Al\u{200b}ice", "<b>", ""] {
        let guest = call(&server, Method::POST, "/api/session").json(&json!({ "guest": name })).answer().await;
        assert_eq!(guest.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["guest"], "{name:?}");
    }
    let mut form = registration("Mallory");
    form["email"] = "ALICE@example.org".into();
    let taken = call(&server, Method::POST, "/api/users").json(&form).answer().await;
    assert_eq!(taken.is(StatusCode::CONFLICT).wrong(), ["email"]);
}

#[tokio::test]
async fn a_guest_over_http_has_a_token_and_a_cookie_and_nothing_to_change() {
    let server = Server::start().await;
    let answer = call(&server, Method::POST, "/api/session").json(&json!({ "guest": "Dave" })).answer().await;
    let answer = answer.is(StatusCode::OK);
    assert_eq!((answer.text("/user/name"), &answer.body["user"]["guest"]), ("Dave", &true.into()));
    let token = answer.text("/token");
    assert!(answer.header("set-cookie").starts_with(&format!("greenroom_session={token}; HttpOnly")), "{answer:?}");
    let dave = Guest::come_back(&server, token).await;
    assert!(dave.welcome().guest);
    let change = call(&server, Method::PATCH, "/api/users/me").by(token).json(&json!({ "hue": 5 })).answer().await;
    assert!(change.is(StatusCode::FORBIDDEN).text("/detail").contains("register"));
    let out = call(&server, Method::DELETE, "/api/session").by(token).answer().await.is(StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("greenroom_session=; "), "{out:?}");
    call(&server, Method::GET, "/api/users/me").by(token).answer().await.is(StatusCode::OK);
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_sign_in_and_no_other() {
    let server = Server::start().await;
    let (alice, bob) = (Member::register(&server, "Alice").await, Member::register(&server, "Bob").await);
    let phone = alice.again(&server).await;
    let (one, two) = (alice.connects(&server).await, alice.connects(&server).await);
    let (mut on_phone, mut bobs) = (phone.connects(&server).await, bob.connects(&server).await);

    alice.signs_out(&server).await;
    let closed = async { (one.closed().await, two.closed().await) };
    assert_eq!(timeout(Duration::from_secs(2), closed).await, Ok((4401, 4401)), "within two seconds");
    is_nobody(&server, &alice.token).await;
    alice.signs_out(&server).await;
    call(&server, Method::DELETE, "/api/session").answer().await.is(StatusCode::NO_CONTENT);
    for socket in [&mut on_phone, &mut bobs] {
        socket.join(ATTIC).await;
    }
    phone.me(&server).await.is(StatusCode::OK);
}

#[tokio::test]
async fn whoever_signs_out_and_does_not_wait_for_the_answer_is_out_all_the_same() {
    let process = Process::start(&["--lab"]).await;
    let alice = Member::register(&process, "Alice").await;
    let socket = alice.connects(&process).await;
    arm(&process, "journal.sync", "delay", 1).await;
    let answer = call(&process, Method::DELETE, "/api/session").by(&alice.token).answer();
    assert!(timeout(Duration::from_millis(500), answer).await.is_err(), "the disk takes two seconds");
    assert_eq!(socket.closed().await, 4401);
    is_nobody(&process, &alice.token).await;
}

#[tokio::test]
async fn somebody_is_signed_in_at_a_hundred_places_and_then_the_earliest_ends() {
    let server = open_server().await;
    let alice = Member::register(&server, "Alice").await;
    let socket = alice.connects(&server).await;
    let second = alice.again(&server).await;
    for _ in 2..100 {
        alice.again(&server).await;
    }
    alice.me(&server).await.is(StatusCode::OK);
    alice.again(&server).await;
    assert_eq!(socket.closed().await, 4401);
    is_nobody(&server, &alice.token).await;
    second.me(&server).await.is(StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_ends_every_other_sign_in() {
    let server = Server::start().await;
    let alice = Member::register(&server, "Alice").await;
    let (phone, laptop) = (alice.again(&server).await, alice.again(&server).await);
    let (mut here, on_phone) = (alice.connects(&server).await, phone.connects(&server).await);

    let new = "short grass on friday";
    for current in [None, Some("wrong")] {
        let change = json!({ "password": new, "current_password": current.unwrap_or("") });
        let refused = alice.change(&server, change).await;
        assert_eq!(refused.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["current_password"]);
    }
    phone.me(&server).await.is(StatusCode::OK);
    alice.change(&server, json!({ "password": new, "current_password": PASSWORD })).await.is(StatusCode::OK);

    assert_eq!(on_phone.closed().await, 4401);
    is_nobody(&server, &phone.token).await;
    is_nobody(&server, &laptop.token).await;
    here.join(GREEN).await;
    alice.me(&server).await.is(StatusCode::OK);
    Member::sign_in(&server, &alice.email, PASSWORD).await.is(StatusCode::UNAUTHORIZED);
    Member::sign_in(&server, &alice.email, new).await.is(StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_new_passwords_at_once_one_is_and_a_new_email_brings_no_old_password_back() {
    let server = open_server().await;
    for round in 0..5 {
        let alice = Member::register(&server, &format!("Alice{round}")).await;
        let phone = alice.again(&server).await;
        let news = ["short grass on friday", "green grass on monday"];
        let renew = |new: &str| json!({ "password": new, "current_password": PASSWORD });
        let email = json!({ "email": format!("new{round}@example.org"), "current_password": PASSWORD });
        let (one, other, moved) = tokio::join!(
            alice.change(&server, renew(news[0])),
            phone.change(&server, renew(news[1])),
            alice.change(&server, email),
        );
        let changed = [one.status, other.status].iter().filter(|status| **status == StatusCode::OK).count();
        assert_eq!(changed, 1, "{one:?} {other:?}");
        let email = if moved.status == StatusCode::OK { format!("new{round}@example.org") } else { alice.email };
        let good = if one.status == StatusCode::OK { news[0] } else { news[1] };
        Member::sign_in(&server, &email, PASSWORD).await.is(StatusCode::UNAUTHORIZED);
        Member::sign_in(&server, &email, good).await.is(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_are_answered_alike() {
    let server = Server::start().await;
    Member::register(&server, "Alice").await;
    let wrong = Member::sign_in(&server, "alice@example.org", "tall grass on friday").await;
    let unknown = Member::sign_in(&server, "nobody@example.org", PASSWORD).await;
    let (wrong, unknown) = (wrong.is(StatusCode::UNAUTHORIZED), unknown.is(StatusCode::UNAUTHORIZED));
    // But for the request's own id.
    let said = |answer: &crate::support::Answer| {
        let fields = answer.body.as_object().expect("a problem").iter();
        fields.filter(|(name, _)| *name != "request_id").map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(said(&wrong), said(&unknown));
    assert_eq!(wrong.body.to_string().len(), unknown.body.to_string().len());
    let names = |answer: &crate::support::Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert!(!wrong.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_field_by_field() {
    let server = Server::start_with_limits().await;
    let register = async |form: Value| call(&server, Method::POST, "/api/users").json(&form).answer().await;
    let bad = json!({ "email": "alice", "name": "A", "password": "short", "password_confirm": "other" });
    let all = ["email", "name", "password", "password_confirm"];
    assert_eq!(register(bad).await.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), all);
    assert_eq!(register(json!({})).await.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), all);
    let kinds = json!({ "email": 1, "name": null, "password": [], "password_confirm": {} });
    assert_eq!(register(kinds).await.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), all);
    // None of these was counted: there is space for all the registrations of an hour.
    for n in 0..10 {
        register(registration(&format!("person{n}"))).await.is(StatusCode::CREATED);
    }
    let one_more = register(registration("person10")).await.is(StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = one_more.header("retry-after").parse().expect("seconds");
    assert!((300..=360).contains(&wait), "a place comes back every six minutes: {one_more:?}");
    let nothing = call(&server, Method::POST, "/api/session").json(&json!({})).answer().await;
    assert_eq!(nothing.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["email", "password"]);
}

#[tokio::test]
async fn a_body_that_is_none_is_refused_for_what_it_is() {
    let server = Server::start().await;
    let post = |path| call(&server, Method::POST, path);
    for path in ["/api/users", "/api/session"] {
        post(path).body("application/json", "{\"email\":").answer().await.is(StatusCode::BAD_REQUEST);
        let other = post(path).body("application/json", "\"a secret\"").answer().await;
        assert!(!other.is(StatusCode::UNPROCESSABLE_ENTITY).text("/detail").contains("secret"));
        for kind in ["text/plain", "application/x-www-form-urlencoded"] {
            post(path).body(kind, "{}").answer().await.is(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let long = json!({ "email": "a".repeat(20_000) });
        post(path).json(&long).answer().await.is(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let alice = Member::register(&server, "Alice").await;
    let nobody = call(&server, Method::PATCH, "/api/users/me").json(&json!({ "hue": 1 })).answer().await;
    assert_eq!(nobody.is(StatusCode::UNAUTHORIZED).header("www-authenticate"), "Bearer");
    alice.me(&server).await.is(StatusCode::OK);
}

#[tokio::test]
async fn people_say_of_themselves_what_they_like_and_nothing_else() {
    let server = Server::start().await;
    let alice = Member::register(&server, "Alice").await;
    Member::register(&server, "Bob").await;
    let said = json!({ "display_name": "Alice W.", "status_text": "at lunch", "hue": 210 });
    let me = alice.change(&server, said).await.is(StatusCode::OK);
    let shown = |user: &Value| (user["display_name"].clone(), user["status_text"].clone(), user["hue"].clone());
    let wanted = ("Alice W.".into(), "at lunch".into(), 210.into());
    assert_eq!(shown(&me.body), wanted);
    assert_eq!(shown(&alice.me(&server).await.body), wanted);

    let refused = async |change: Value| alice.change(&server, change).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused(json!({ "id": "x", "guest": true, "role": "admin" })).await.wrong(), ["guest", "id", "role"]);
    assert_eq!(refused(json!({ "hue": 360 })).await.wrong(), ["hue"]);
    assert_eq!(refused(json!({ "hue": "red" })).await.wrong(), ["hue"]);
    assert_eq!(refused(json!({ "status_text": "two\nlines" })).await.wrong(), ["status_text"]);
    assert_eq!(refused(json!({ "email": "a@example.org" })).await.wrong(), ["current_password"]);
    let taken = alice.change(&server, json!({ "name": "BOB" })).await.is(StatusCode::CONFLICT);
    assert_eq!(taken.wrong(), ["name"]);
    let move_in = json!({ "email": "bob@example.org", "current_password": PASSWORD });
    assert_eq!(alice.change(&server, move_in).await.is(StatusCode::CONFLICT).wrong(), ["email"]);

    alice.change(&server, json!({ "name": "Alicia" })).await.is(StatusCode::OK);
    assert_eq!(alice.connects(&server).await.user().name.as_str(), "Alicia");
    Guest::enter(&server, "Alice").await;
}

#[tokio::test]
async fn people_are_found_by_id_by_name_and_page_by_page_without_their_emails() {
    let server = open_server().await;
    let bob = Member::register(&server, "Bob").await;
    for n in 0..102 {
        Member::register(&server, &format!("person{n}")).await;
    }
    let get = async |path: &str| call(&server, Method::GET, path).by(&bob.token).answer().await;
    let mut names = BTreeSet::new();
    let first = get("/api/users?query=person").await.is(StatusCode::OK);
    let last = first.text("/users/99/name").to_owned();
    let rest = get(&format!("/api/users?query=person&after={last}")).await.is(StatusCode::OK);
    assert_eq!((&first.body["more"], &rest.body["more"]), (&true.into(), &false.into()));
    for page in [&first, &rest] {
        for user in page.body["users"].as_array().unwrap() {
            assert!(user.get("email").is_none() && user["guest"] == false, "{user}");
            names.insert(user["name"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(names.len(), 102);
    assert_eq!(get("/api/users?query=nobody").await.is(StatusCode::OK).body, json!({ "users": [], "more": false }));
    assert_eq!(get("/api/users?after=%00").await.is(StatusCode::UNPROCESSABLE_ENTITY).wrong(), ["after"]);

    let _socket = bob.connects(&server).await;
    for user in ["Bob", "bob", &bob.id] {
        let found = get(&format!("/api/users/{user}")).await.is(StatusCode::OK);
        assert_eq!((found.text("/id"), found.body.get("email")), (bob.id.as_str(), None));
        assert_eq!(found.text("/status"), "online");
    }
    // An id without its hyphens may be a name.
    let hex = Member::register(&server, &bob.id.replace('-', "")).await;
    let found = get(&format!("/api/users/{}", bob.id.replace('-', ""))).await.is(StatusCode::OK);
    assert_eq!(found.text("/id"), hex.id);
    for nobody in ["Bobo", "B0b", "00000000-0000-7000-8000-000000000000", "%20"] {
        get(&format!("/api/users/{nobody}")).await.is(StatusCode::NOT_FOUND);
    }
    for path in ["/api/users", "/api/users/Bob", "/api/users/me"] {
        call(&server, Method::GET, path).answer().await.is(StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn the_cookie_is_as_good_as_the_token_for_calls_and_for_the_socket() {
    let server = Server::start().await;
    let answer = call(&server, Method::POST, "/api/users").json(&registration("Alice")).answer().await;
    let cookie = answer.header("set-cookie").to_owned();
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=2591"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let alice = Member::of(&answer);
    let me = call(&server, Method::GET, "/api/users/me").header("cookie", &alice.cookie).answer().await;
    assert_eq!(me.is(StatusCode::OK).text("/id"), alice.id);
    let mut socket = Guest::connect_with(&server, &[("cookie", alice.cookie.clone())]).await.unwrap();
    let welcome = socket.hello(Hello { guest: None, token: None }).await;
    assert_eq!(welcome.user.id.to_string(), alice.id);

    let out = call(&server, Method::DELETE, "/api/session").header("cookie", &alice.cookie);
    let out = out.header("origin", &server.url("")).header("sec-fetch-site", "same-origin").answer().await;
    assert!(out.is(StatusCode::NO_CONTENT).header("set-cookie").contains("Max-Age=0"));
    assert_eq!(socket.closed().await, 4401);
    // The browser may still send what was good once: one can sign in and register all the same.
    let form = registration("Bob");
    let bob = call(&server, Method::POST, "/api/users").header("cookie", &alice.cookie).json(&form).answer().await;
    bob.is(StatusCode::CREATED);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_with_somebodys_cookie() {
    let server = Server::start().await;
    let alice = Member::register(&server, "Alice").await;
    let (evil, null) = (("origin", "https://evil.example"), ("origin", "null"));
    let (cross, same_site) = (("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"));
    for (name, value) in [evil, null, cross, same_site] {
        for (method, path, body) in [
            (Method::PATCH, "/api/users/me", json!({ "status_text": "I like evil" })),
            (Method::DELETE, "/api/session", json!({})),
            (Method::POST, "/api/session", json!({ "email": alice.email, "password": PASSWORD })),
            (Method::POST, "/api/users", registration("Bob")),
        ] {
            let forged = call(&server, method, path).header("cookie", &alice.cookie).header(name, value).json(&body);
            forged.answer().await.is(StatusCode::FORBIDDEN);
        }
    }
    let me = alice.me(&server).await.is(StatusCode::OK);
    assert_eq!(me.text("/status_text"), "");
    let honest = call(&server, Method::PATCH, "/api/users/me").header("cookie", &alice.cookie);
    let honest = honest.header("origin", &server.url("")).json(&json!({ "status_text": "fine" }));
    honest.answer().await.is(StatusCode::OK);
    let by_token = call(&server, Method::PATCH, "/api/users/me").by(&alice.token).header("origin", "https://a.example");
    by_token.json(&json!({ "hue": 1 })).answer().await.is(StatusCode::OK);
}

#[tokio::test]
async fn whoever_tries_too_often_is_told_when_to_try_again() {
    let mut server = Server::start_with_limits().await;
    let alice = Member::register(&server, "Alice").await;
    let tries = async |server: &Server| {
        let mut answers = Vec::new();
        for n in 0..30 {
            // A forged address is no other address.
            let body = json!({ "email": format!("nobody{n}@example.org"), "password": "a guess or two" });
            let call = call(server, Method::POST, "/api/session").header("x-forwarded-for", &format!("10.0.0.{n}"));
            answers.push(call.json(&body).answer().await);
        }
        answers
    };
    let answers = tries(&server).await;
    let (looked_at, too_many) = answers.split_at(10);
    assert!(looked_at.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED), "{looked_at:?}");
    // A place comes back every six seconds.
    let refused: Vec<_> = too_many.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert!(refused.len() > 10, "{too_many:?}");
    for answer in refused {
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=6).contains(&wait), "{answer:?}");
    }
    alice.me(&server).await.is(StatusCode::OK);

    server.configure(|config| config.no_limits = true);
    server.restart().await;
    let answers = tries(&server).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED), "{answers:?}");
}

#[tokio::test]
async fn whoever_finds_an_open_page_guesses_no_faster_there() {
    let server = Server::start_with_limits().await;
    let alice = Member::register(&server, "Alice").await;
    let guess = json!({ "password": "short grass on friday", "current_password": "a guess" });
    let mut answers = Vec::new();
    for _ in 0..15 {
        answers.push(alice.change(&server, guess.clone()).await.status);
    }
    assert_eq!(answers[..10], [StatusCode::UNPROCESSABLE_ENTITY; 10]);
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
    alice.change(&server, json!({ "hue": 5 })).await.is(StatusCode::OK);
}

#[tokio::test]
async fn an_account_outlives_a_kill_right_after_it_was_made() {
    let mut process = Process::start(&["--no-limits"]).await;
    for n in 0..5 {
        let person = Member::register(&process, &format!("person{n}")).await;
        process.kill_9().await;
        process = process.restart().await;
        assert_eq!(person.me(&process).await.is(StatusCode::OK).text("/id"), person.id);
        person.again(&process).await;
    }
    let log = process.whole_log().await;
    assert!(!log.contains(PASSWORD) && !log.contains("s1.") && !log.contains("@example.org"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_store_loses_no_account_that_was_answered() {
    let process = Process::start(&["--no-limits", "--lab"]).await;
    let register = async |name: String| {
        let answer = call(&process, Method::POST, "/api/users").json(&registration(&name)).answer().await;
        if answer.status == StatusCode::CREATED {
            return Some(Member::of(&answer));
        }
        answer.is(StatusCode::SERVICE_UNAVAILABLE);
        None
    };
    let mut members = Vec::new();
    for round in 0..4 {
        let name = |n| format!("person-{round}-{n}");
        let six = join_all((0..6).map(|n| register(name(n))));
        let ((), made) = tokio::join!(hurt(&process, "crash", "store"), six);
        members.extend(made.into_iter().flatten());
        // Whoever was told to ask again may: what was not answered was not made.
        members.push(register(name(6)).await.expect("the store is back"));
    }
    assert!(members.len() > 4, "some were made while it crashed");
    for member in &members {
        assert_eq!(member.me(&process).await.is(StatusCode::OK).text("/id"), member.id);
    }
}

#[tokio::test]
async fn a_body_that_trickles_in_is_not_waited_for() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::start().await;
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let head =
        "POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let began = Instant::now();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = timeout(Duration::from_secs(15), stream.read(&mut answer)).await.expect("in time").unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer[..read]));
    assert!(began.elapsed() >= greenroom_protocol::limits::REQUEST, "a slow phone has its time");
}

/// Hears nothing.
struct Nobody;

impl Announce for Nobody {
    fn committed(&self, _batch: RoomBatch) {}

    fn erased(&self, _: greenroom_protocol::UserId) {}

    fn failed(&self, fatal: Fatal) {
        panic!("{fatal}");
    }
}

/// Signs somebody in for so many milliseconds, behind the back of a server that has stopped; returns their token.
fn signed_in_for(dir: PathBuf, name: &str, millis: i64) -> String {
    let options = Options { dir, durability: Durability::Fsync, retention: None };
    let store = Store::start(options, Arc::new(Nobody)).expect("the server has stopped");
    let account = store.account_by_name(&Name::account(name).expect("a name")).expect("read").expect("an account");
    let token = SignInToken::new().expect("randomness");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let from = Timestamp::from_millis(i64::try_from(now).expect("before the year 292277026"));
    let until = Timestamp::from_millis(from.as_millis() + millis);
    let (told, answer) = std::sync::mpsc::channel();
    let reply = Box::new(move |changed| told.send(changed).expect("a test waits for its answer"));
    let sign_in = SignIn { user: account.id, from, until };
    store.submit(Intent::Change(Change::sign_in(&account, token.hash, sign_in, reply)));
    answer.recv().expect("an answer").expect("signed in");
    store.close();
    token.text
}

#[tokio::test]
async fn a_sign_in_that_is_over_ends_the_socket_that_rests_on_it() {
    let mut process = Process::start(&[]).await;
    let alice = Member::register(&process, "Alice").await;
    process.terminate().await;
    let dir = process.home().data();
    let token = tokio::task::spawn_blocking(move || signed_in_for(dir, "Alice", 5_000)).await.expect("it is signed in");
    let process = process.restart().await;
    let (short, long) = (Guest::come_back(&process, &token).await, alice.connects(&process).await);
    assert_eq!(short.closed().await, 4401);
    assert!(long.is_connected(), "the other sign-in goes on");
    is_nobody(&process, &token).await;
}

#[tokio::test]
async fn whoever_takes_another_name_is_heard_under_it_at_once() {
    let server = open_server().await;
    let (alice, mut bob) = (Member::register(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let socket = alice.connects(&server).await;
    bob.join(GREEN).await;
    alice.change(&server, json!({ "name": "Alicia" })).await.is(StatusCode::OK);
    assert_eq!(socket.closed().await, 1012, "her client comes back by itself");
    let mut socket = alice.connects(&server).await;
    assert_eq!(socket.user().name.as_str(), "Alicia");
    socket.join(GREEN).await;
    socket.says(GREEN, "hello").await;
    assert_eq!(bob.hears("hello").await.user.name.as_str(), "Alicia");
}
