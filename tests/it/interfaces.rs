use std::collections::{BTreeMap, BTreeSet};

use greenroom_protocol::{ClientFrame, CloseCode, Command, ErrorCode, History, Join, MessageId, ServerFrame};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Contract, GREEN, Guest, Host, Member, Operation, Server, call, greenroom, room, said};

async fn open_server() -> Server {
    Server::start_with(|config| config.no_limits = true).await
}

/// A call that a test makes by its name in the document.
struct Step<'a> {
    id: &'a str,
    by: Option<&'a str>,
    path: &'a [(&'a str, &'a str)],
    query: &'a str,
    /// The example of the document where nothing else is said.
    body: Option<Value>,
    status: u16,
}

impl<'a> Step<'a> {
    fn new(id: &'a str, by: Option<&'a str>, status: u16) -> Self {
        Self { id, by, path: &[], query: "", body: None, status }
    }

    fn at(self, path: &'a [(&'a str, &'a str)]) -> Self {
        Self { path, ..self }
    }
}

async fn take(host: &impl Host, contract: &Contract, step: Step<'_>) -> Answer {
    let operation = contract.operation(step.id);
    let path = operation.path_of(step.path) + step.query;
    let mut request = call(host, operation.method.clone(), &path);
    if let Some(token) = step.by {
        request = request.by(token);
    }
    if operation.takes_body() {
        let example = operation.example().unwrap_or_else(|| panic!("{} has no example", step.id)).clone();
        request = request.json(&step.body.unwrap_or(example));
    }
    let answer = request.answer().await;
    assert_eq!(answer.status.as_u16(), step.status, "{}: {answer:?}", step.id);
    contract.check(&operation, &answer);
    answer
}

/// Somebody whom the operator has made an admin.
async fn admin_of(server: &Server) -> Member {
    let ada = Member::register(server, "ada").await;
    let data = server.data();
    let promoted = greenroom().args(["admin", "promote", "ada", "--data"]).arg(data).status().await.expect("it runs");
    assert!(promoted.success());
    ada
}

#[tokio::test]
async fn whoever_does_as_the_examples_say_is_answered_as_they_say() {
    let server = open_server().await;
    let contract = Contract::of(&server, "/api/openapi.json").await;
    let mut taken = BTreeSet::new();
    let bob = Member::register(&server, "bob").await;
    let ana = Member::of(&take(&server, &contract, Step::new("register", None, 201)).await).token;
    let carol = take(&server, &contract, Step::new("sign_in", None, 200)).await.text("/user/id").to_owned();
    let by_ana = |id, status| Step::new(id, Some(&ana), status);
    let admin = admin_of(&server).await;
    let by_admin = |id, status| Step::new(id, Some(&admin.token), status);
    let attic = [("room", "attic")];
    let steps = [
        by_ana("me", 200),
        by_ana("change_me", 200),
        Step { query: "?query=an&after=aaa", ..by_ana("users", 200) },
        by_ana("user", 200).at(&[("user", "bob")]),
        by_ana("make_room", 201),
        by_ana("make_room", 409),
        by_ana("direct_room", 201),
        by_ana("direct_room", 200),
        by_ana("room", 200).at(&attic),
        by_ana("edit_room", 200).at(&attic),
        by_ana("put_member", 200).at(&[("room", "attic"), ("user", "bob")]),
        by_ana("say", 201).at(&attic),
        by_ana("say", 200).at(&attic),
        Step { query: "?limit=2&after=0", ..by_ana("messages", 200).at(&attic) },
        Step { query: "?limit=2&after=0", ..Step::new("messages", Some(&bob.token), 200).at(&attic) },
        Step { query: "?before=1&after=0", ..by_ana("messages", 422).at(&attic) },
        by_ana("members", 200).at(&attic),
        by_ana("rooms", 200),
        Step::new("rooms", None, 200),
        by_ana("remove_member", 204).at(&[("room", "attic"), ("user", "bob")]),
        by_ana("delete_room", 204).at(&attic),
        by_ana("delete_room", 404).at(&attic),
        by_admin("admin_users", 200),
        by_admin("admin_create_user", 201),
        by_admin("admin_create_user", 409),
        by_admin("admin_change_user", 200).at(&[("user", "bob")]),
        by_admin("admin_sign_out_user", 204).at(&[("user", "bob")]),
        by_admin("admin_erase", 204).at(&[("user", "bob")]),
        by_admin("admin_delete_user", 204).at(&[("user", "bob")]),
        by_admin("admin_delete_user", 404).at(&[("user", "bob")]),
        by_admin("admin_rooms", 200),
        Step { body: Some(json!({ "room": "cellar" })), ..by_ana("make_room", 201) },
        by_admin("admin_delete_room", 204).at(&[("room", "cellar")]),
        by_admin("admin_delete_room", 404).at(&[("room", "cellar")]),
        by_ana("admin_rooms", 404),
        Step::new("admin_rooms", None, 401),
        Step::new("health", None, 200),
        Step::new("set_aside", None, 200),
        Step::new("metrics", None, 200),
        Step::new("openapi", None, 200),
        Step::new("asyncapi", None, 200),
        Step::new("docs", None, 200),
        by_ana("sign_out", 204),
        by_ana("me", 401),
    ];
    assert!(!carol.is_empty());
    for step in steps {
        taken.insert(step.id.to_owned());
        take(&server, &contract, step).await;
    }
    taken.extend(["register".to_owned(), "sign_in".to_owned()]);
    let all: BTreeSet<String> = contract.operations().into_iter().map(|operation| operation.id).collect();
    assert_eq!(taken, all, "each call of the document is tried");
}

#[tokio::test]
async fn every_example_of_the_calls_is_as_its_schema_wants_it() {
    let server = Server::start().await;
    let contract = Contract::of(&server, "/api/openapi.json").await;
    assert_eq!(contract.document["openapi"], "3.1.0");
    for operation in contract.operations() {
        let Operation { id, .. } = &operation;
        if let Some(schema) = operation.body_schema() {
            let example = operation.example().unwrap_or_else(|| panic!("{id} wants a body and shows none"));
            assert_eq!(contract.wrong_with(schema, example), [""; 0], "{id}: {example}");
        }
        for (status, kind, content) in operation.answers() {
            let example = content.get("example").unwrap_or_else(|| panic!("{id} shows no answer {status}"));
            if kind.ends_with("json") {
                assert_eq!(contract.wrong_with(&content["schema"], example), [""; 0], "{id}, {status}: {example}");
            }
        }
        let succeeds = operation.answers().map(|(status, ..)| status).any(|status| status.starts_with('2'));
        assert!(succeeds || operation.method == Method::DELETE, "{id} shows no answer where all is well");
    }
    let fields = contract.wrong_with(&json!({ "$ref": "#/components/schemas/RoomView" }), &json!({ "room": "attic" }));
    assert!(!fields.is_empty(), "schemas want something");
}

/// What Mallory sends instead of bodies: the type, and the bytes.
const BODIES: [(&str, &str); 8] = [
    ("application/json", ""),
    ("application/json", "{"),
    ("application/json", "[]"),
    ("application/json", "null"),
    (
        "application/json",
        r#"{"body": null, "title": 5, "user": [], "guest": {}, "members": "x", "role": "king", "hue": 1e99}"#,
    ),
    (
        "application/json",
        r#"{"room": "No Slug", "kind": "direct", "title": "", "topic": "\u0000", "id": "x", "body": " "}"#,
    ),
    ("text/plain", "{}"),
    ("application/x-www-form-urlencoded", "guest=mallory"),
];

#[tokio::test]
async fn whatever_mallory_sends_instead_is_refused_in_a_way_that_is_documented() {
    let server = open_server().await;
    let contract = Contract::of(&server, "/api/openapi.json").await;
    let mallory = Member::register(&server, "mallory").await;
    let mut seen: BTreeMap<StatusCode, usize> = BTreeMap::new();
    for operation in contract.operations() {
        // It would end her token.
        let tokens =
            if operation.id == "sign_out" { vec![None] } else { vec![None, Some("s1.no"), Some(&*mallory.token)] };
        for token in tokens {
            for place in ["general", "No%20Slug", "%FF", "%00", "..%2f", "-", "\u{1F600}"] {
                for query in
                    ["", "?limit=0", "?limit=99999999999999999999", "?before=-1&after=x", "?query=%FF&after=%00"]
                {
                    let path = operation.path_of(&[("room", place), ("user", place)]) + query;
                    let answer = refusal(&server, &operation, &path, token, None).await;
                    contract.check(&operation, &answer);
                    *seen.entry(answer.status).or_default() += 1;
                }
            }
            for body in BODIES.iter().filter(|_| operation.takes_body()) {
                let path = operation.path_of(&[("room", "general"), ("user", "me")]);
                let answer = refusal(&server, &operation, &path, token, Some(*body)).await;
                contract.check(&operation, &answer);
                *seen.entry(answer.status).or_default() += 1;
            }
        }
    }
    for status in [400, 401, 404, 415, 422] {
        assert!(seen.iter().any(|(seen, _)| seen.as_u16() == status), "nothing is answered {status}: {seen:?}");
    }
    assert!(seen.keys().all(|status| !status.is_server_error()), "{seen:?}");
}

async fn refusal(
    host: &impl Host,
    operation: &Operation,
    path: &str,
    token: Option<&str>,
    body: Option<(&str, &str)>,
) -> Answer {
    let mut request = call(host, operation.method.clone(), path);
    if let Some(token) = token {
        request = request.by(token);
    }
    if let Some((kind, body)) = body {
        request = request.body(kind, body.to_owned());
    }
    request.answer().await
}

#[tokio::test]
async fn the_page_of_the_calls_has_each_of_them_and_no_scripts() {
    let server = Server::start().await;
    let contract = Contract::of(&server, "/api/openapi.json").await;
    let page = reqwest::get(server.url("/api/docs")).await.expect("an answer").text().await.expect("text");
    for Operation { id, .. } in contract.operations() {
        assert!(page.contains(&format!("<article id=\"call-{id}\">")), "{id} is not on the page");
    }
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("http:"), "nothing from elsewhere");
    let style = reqwest::get(server.url("/api/docs/style.css")).await.expect("an answer");
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
}

/// The schema of a frame by the side that says it and its type.
fn payload<'a>(contract: &'a Contract, side: &str, kind: &str) -> &'a Value {
    let message = &contract.document["components"]["messages"][format!("{side}.{kind}")];
    assert!(!message.is_null(), "{side}.{kind} is not in the document");
    &message["payload"]
}

#[tokio::test]
async fn what_people_hear_over_their_sockets_is_as_its_document_says() {
    let server = open_server().await;
    let contract = Contract::of(&server, "/api/asyncapi.json").await;
    let (mut alice, mut bob) = (Guest::enter(&server, "Alice").await, Guest::enter(&server, "Bob").await);
    let mut carol = Guest::enter(&server, "Carol").await;
    alice.join(GREEN).await;
    bob.join(GREEN).await;
    alice.types(GREEN, true).await;
    let said_first = alice.says(GREEN, "hello").await;
    bob.hears("hello").await;
    bob.reads(GREEN, said_first.seq.0).await;
    carol.join(GREEN).await;
    carol.ask(Command::Leave { room: room(GREEN) }).await;
    alice.ask(Command::History(History { room: room(GREEN), before: None, after: None, limit: None })).await;
    carol.refused(said(GREEN, MessageId::new(), "am I in?")).await;
    let wish = json!({ "room": "attic", "kind": "private", "title": "Attic", "members": [bob.user().id] });
    let made = call(&server, Method::POST, "/api/rooms").by(alice.token()).json(&wish).answer().await;
    made.is(StatusCode::CREATED);
    alice.join("attic").await;
    alice.says("attic", "between us").await;
    bob.hears_frame("a badge", |frame| matches!(frame, ServerFrame::Unread(_)).then_some(())).await;
    alice.is_heard().await;
    let mut heard = BTreeSet::new();
    for frame in [&alice, &bob, &carol].into_iter().flat_map(Guest::heard) {
        let frame = serde_json::to_value(frame).expect("frames are JSON");
        let kind = frame["type"].as_str().expect("a type").to_owned();
        let wrong = contract.wrong_with(payload(&contract, "server", &kind), &frame);
        assert!(wrong.is_empty(), "{frame}: {wrong:?}");
        heard.insert(kind);
    }
    for kind in ["ack", "error", "history", "joined", "left", "message", "rooms", "typing", "unread", "welcome"] {
        assert!(heard.contains(kind), "{kind} was not heard: {heard:?}");
    }
}

#[tokio::test]
async fn every_frame_has_an_example_that_is_as_its_schema_wants_it() {
    let server = Server::start().await;
    let contract = Contract::of(&server, "/api/asyncapi.json").await;
    for (key, message) in contract.document["components"]["messages"].as_object().expect("messages") {
        let example = &message["examples"][0]["payload"];
        let kind = key.split_once('.').expect("a side and a type").1;
        assert_eq!(example["type"], kind, "{key} has an example");
        assert_eq!(contract.wrong_with(&message["payload"], example), [""; 0], "{key}: {example}");
        let read = match key.starts_with("client.") {
            true => ClientFrame::parse(&example.to_string()).is_ok(),
            false => serde_json::from_value::<ServerFrame>(example.clone()).is_ok(),
        };
        assert!(read, "{key} is read: {example}");
    }
}

/// One of each command, as a client writes it.
fn commands() -> Vec<Value> {
    let join = Command::Join(Join { room: room(GREEN), since: None, epoch: None, limit: Some(50) });
    let typed = [join, Command::Leave { room: room(GREEN) }, said(GREEN, MessageId::new(), "hello"), Command::Ping];
    let mut commands: Vec<Value> =
        typed.iter().map(|command| serde_json::to_value(command).expect("commands are JSON")).collect();
    commands.extend([
        json!({ "type": "hello", "guest": "ana" }),
        json!({ "type": "typing", "room": GREEN, "on": true }),
        json!({ "type": "delivered", "room": GREEN, "seq": 1 }),
        json!({ "type": "read", "room": GREEN, "seq": 1 }),
        json!({ "type": "history", "room": GREEN, "before": 5, "limit": 10 }),
        json!({ "type": "status", "status": "away" }),
    ]);
    commands
}

#[tokio::test]
async fn what_a_client_may_say_is_in_the_document_and_nothing_else_is() {
    let server = Server::start().await;
    let contract = Contract::of(&server, "/api/asyncapi.json").await;
    let mut alice = Guest::enter(&server, "Alice").await;
    alice.join(GREEN).await;
    let mut kinds = BTreeSet::new();
    for command in commands() {
        let kind = command["type"].as_str().expect("a type").to_owned();
        let schema = payload(&contract, "client", &kind);
        assert_eq!(contract.wrong_with(schema, &command), [""; 0], "{command}");
        let mut marked = command.clone();
        marked["ref"] = json!("r1");
        assert_eq!(contract.wrong_with(schema, &marked), [""; 0], "{marked}");
        for (field, _) in command.as_object().expect("an object") {
            let mut without = marked.clone();
            without.as_object_mut().expect("an object").remove(field);
            let documented = !contract.wrong_with(schema, &without).is_empty();
            // What the server thinks of it: hello is said once.
            let refused = kind != "hello" && is_refused(&mut alice, &without).await;
            assert!(kind == "hello" || documented == refused, "{without}: refused {refused}, documented {documented}");
        }
        let mut odd = command.clone();
        odd["type"] = json!("dance");
        assert!(!contract.wrong_with(schema, &odd).is_empty(), "{odd}");
        odd["type"] = json!(kind);
        odd["colour"] = json!("green");
        assert!(!contract.wrong_with(schema, &odd).is_empty(), "{odd}");
        kinds.insert(format!("client.{kind}"));
    }
    let messages = contract.document["components"]["messages"].as_object().expect("messages");
    let documented: BTreeSet<String> = messages.keys().filter(|key| key.starts_with("client.")).cloned().collect();
    assert_eq!(kinds, documented);
}

/// Whether the server refuses a frame for what it is; other refusals are of no account.
async fn is_refused(guest: &mut Guest, frame: &Value) -> bool {
    let before = guest.heard().len();
    guest.raw(frame.to_string()).await;
    guest.is_heard().await;
    let is_about_form = |frame: &ServerFrame| match frame {
        ServerFrame::Error(error) => {
            matches!(error.code, ErrorCode::BadFrame | ErrorCode::Invalid | ErrorCode::UnknownType)
        }
        _ => false,
    };
    // Whatever is refused for its form is so before the next frame is read.
    guest.heard()[before..].iter().any(is_about_form)
}

#[tokio::test]
async fn the_document_of_the_socket_has_every_code_and_holds_together() {
    let server = Server::start().await;
    let Contract { document, .. } = Contract::of(&server, "/api/asyncapi.json").await;
    assert_eq!(document["asyncapi"], "3.0.0");
    let codes = document["components"]["messages"]["server.error"]["x-codes"].as_array().expect("codes");
    let names: Vec<&str> = codes.iter().filter_map(|code| code["code"].as_str()).collect();
    assert_eq!(names, ErrorCode::ALL.map(ErrorCode::name));
    let closes = document["channels"]["socket"]["x-closes"].as_array().expect("closes");
    let numbers: Vec<u64> = closes.iter().filter_map(|close| close["code"].as_u64()).collect();
    assert_eq!(numbers, CloseCode::ALL.map(|code| u64::from(code.number())));
    assert!(!document.to_string().contains("[`"), "what is written for Rust's own documents is not for others");
    let mut references = Vec::new();
    gather_references(&document, &mut references);
    assert!(references.len() > 100, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("nothing from elsewhere");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn gather_references(value: &Value, found: &mut Vec<String>) {
    if let Some(reference) = value["$ref"].as_str() {
        found.push(reference.to_owned());
    }
    let fields = value.as_object().into_iter().flatten().map(|(_, part)| part);
    fields.chain(value.as_array().into_iter().flatten()).for_each(|part| gather_references(part, found));
}

#[tokio::test]
async fn the_guide_to_http_has_every_call_in_its_table() {
    const GUIDE: &str = include_str!("../../docs/http.md");
    let server = Server::start().await;
    let contract = Contract::of(&server, "/api/openapi.json").await;
    let table = GUIDE.split_once("<!-- calls:").expect("the guide has the mark").1;
    let rows: BTreeSet<&str> = table.lines().skip(3).take_while(|line| line.starts_with('|')).collect();
    let calls: BTreeSet<String> = contract.operations().iter().map(Operation::row).collect();
    assert_eq!(rows, calls.iter().map(String::as_str).collect());
}
