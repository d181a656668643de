//! The calls and commands are taken from the server's own documents, so that none is forgotten: whoever adds one is
//! asked here who may.

use greenroom_protocol::{ErrorCode, ServerFrame};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Contract, Guest, Member, Operation, Server, call};

/// A room that never was.
const NOWHERE: &str = "nowhere";

/// What somebody is to the room in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anonymous,
    Guest,
    Stranger,
    ExMember,
    Member,
    Moderator,
    Owner,
}

impl Who {
    const ALL: [Self; 7] =
        [Self::Anonymous, Self::Guest, Self::Stranger, Self::ExMember, Self::Member, Self::Moderator, Self::Owner];

    fn belongs(self) -> bool {
        match self {
            Self::Member | Self::Moderator | Self::Owner => true,
            Self::Anonymous | Self::Guest | Self::Stranger | Self::ExMember => false,
        }
    }
}

/// What a call comes to for a member, a moderator and an owner: the table of `actors/src/membership/rules.rs`.
fn allowed(call: &str) -> [u16; 3] {
    match call {
        "room" | "members" | "messages" => [200, 200, 200],
        "say" => [201, 201, 201],
        "edit_room" => [403, 200, 200],
        "put_member" => [403, 201, 201],
        "remove_member" => [403, 204, 204],
        "delete_room" => [403, 403, 204],
        unknown => panic!("{unknown} is a call about a room: say here who may make it"),
    }
}

/// The people, and as many rooms as it takes.
struct House {
    server: Server,
    guest: Guest,
    people: Vec<(Who, Member)>,
    /// Somebody whom owners and moderators may put out, and somebody whom they may bring in.
    paul: Member,
    newcomer: Member,
    rooms: usize,
}

impl House {
    async fn open() -> Self {
        let server = Server::start_with(|config| {
            config.no_limits = true;
            // Where everybody may make a room by entering it, none is hidden that would be made.
            config.no_room_creation = true;
        })
        .await;
        let mut people = Vec::new();
        for (who, name) in [
            (Who::Stranger, "stranger"),
            (Who::ExMember, "eve"),
            (Who::Member, "mary"),
            (Who::Moderator, "mo"),
            (Who::Owner, "olga"),
        ] {
            people.push((who, Member::register(&server, name).await));
        }
        let (paul, newcomer) = (Member::register(&server, "paul").await, Member::register(&server, "newt").await);
        let guest = Guest::enter(&server, "Gus").await;
        Self { server, guest, people, paul, newcomer, rooms: 0 }
    }

    fn member(&self, who: Who) -> &Member {
        &self.people.iter().find(|(is, _)| *is == who).expect("somebody with an account").1
    }

    fn token(&self, who: Who) -> Option<&str> {
        match who {
            Who::Anonymous => None,
            Who::Guest => Some(self.guest.token()),
            Who::Stranger | Who::ExMember | Who::Member | Who::Moderator | Who::Owner => Some(&self.member(who).token),
        }
    }

    async fn asks(&self, who: Who, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = call(&self.server, method, path);
        if let Some(token) = self.token(who) {
            request = request.by(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.answer().await
    }

    /// A private room with an owner, a moderator, two members, one who was, and something that was said.
    async fn room(&mut self) -> String {
        self.rooms += 1;
        let room = format!("attic-{}", self.rooms);
        let path = format!("/api/rooms/{room}");
        let [eve, mary, mo] = [Who::ExMember, Who::Member, Who::Moderator].map(|who| self.member(who).id.clone());
        let wish = json!({ "room": room, "kind": "private", "members": [eve, mary, mo, self.paul.id] });
        self.asks(Who::Owner, Method::POST, "/api/rooms", Some(&wish)).await.is(StatusCode::CREATED);
        let role = json!({ "role": "moderator" });
        let moderator = self.asks(Who::Owner, Method::PUT, &format!("{path}/members/{mo}"), Some(&role)).await;
        moderator.is(StatusCode::CREATED);
        let words = json!({ "id": uuid::Uuid::now_v7(), "body": "between us" });
        let said = self.asks(Who::ExMember, Method::POST, &format!("{path}/messages"), Some(&words)).await;
        said.is(StatusCode::CREATED);
        self.asks(Who::Owner, Method::DELETE, &format!("{path}/members/{eve}"), None).await.is(StatusCode::NO_CONTENT);
        room
    }

    /// All that its owner can see of a room.
    async fn sight(&self, room: &str) -> [Value; 3] {
        let path = format!("/api/rooms/{room}");
        let look = |of: &str| {
            let path = format!("{path}{of}");
            async move { self.asks(Who::Owner, Method::GET, &path, None).await.body }
        };
        [look("").await, look("/members").await, look("/messages").await]
    }

    /// Makes a call about a room.
    async fn tries(&self, who: Who, operation: &Operation, room: &str) -> Answer {
        let user = if operation.id == "remove_member" { &self.paul.id } else { &self.newcomer.id };
        let path = operation.path_of(&[("room", room), ("user", user)]);
        let example = operation.example();
        assert_eq!(example.is_some(), operation.takes_body(), "{} has an example of its body", operation.id);
        self.asks(who, operation.method.clone(), &path, example).await
    }
}

/// What an answer says, without what is different each time.
fn said(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    body
}

/// Whether its doorkeeper is to decide about a call. What is for admins is for no member of any room as such.
fn is_about_a_room(operation: &Operation) -> bool {
    operation.path.contains("{room}") && !operation.path.starts_with("/api/admin/")
}

#[tokio::test]
async fn every_call_about_a_room_is_for_those_who_belong_there_and_for_nobody_else() {
    let mut house = House::open().await;
    let contract = Contract::of(&house.server, "/api/openapi.json").await;
    let operations = contract.operations();
    let about_rooms: Vec<_> = operations.into_iter().filter(is_about_a_room).collect();
    assert!(about_rooms.len() >= 8, "{about_rooms:?}");
    for operation in &about_rooms {
        let allowed = allowed(&operation.id);
        for who in Who::ALL {
            let room = house.room().await;
            let before = house.sight(&room).await;
            assert!(before.iter().all(Value::is_object), "its owner sees it: {before:?}");
            let answer = house.tries(who, operation, &room).await;
            let case = format!("{who:?} calls {}: {answer:?}", operation.id);
            match who {
                Who::Anonymous => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{case}"),
                Who::Guest | Who::Stranger | Who::ExMember => {
                    let none = house.tries(who, operation, NOWHERE).await;
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{case}");
                    assert_eq!((answer.status, said(&answer)), (none.status, said(&none)), "as if there were none");
                }
                Who::Member => assert_eq!(answer.status.as_u16(), allowed[0], "{case}"),
                Who::Moderator => assert_eq!(answer.status.as_u16(), allowed[1], "{case}"),
                Who::Owner => assert_eq!(answer.status.as_u16(), allowed[2], "{case}"),
            }
            contract.check(operation, &answer);
            if operation.method == Method::GET || !answer.status.is_success() {
                assert_eq!(house.sight(&room).await, before, "nothing has changed: {case}");
            } else {
                assert_ne!(house.sight(&room).await, before, "something has changed: {case}");
            }
        }
    }
}

/// A command about a room, with fields that are right.
fn command(kind: &str, room: &str) -> Value {
    match kind {
        "join" | "leave" | "history" => json!({ "type": kind, "room": room }),
        "send" => json!({ "type": kind, "room": room, "id": uuid::Uuid::now_v7(), "body": "hello?" }),
        "typing" => json!({ "type": kind, "room": room, "on": true }),
        "delivered" | "read" => json!({ "type": kind, "room": room, "seq": 1 }),
        unknown => panic!("{unknown} is a command about a room: say here what it looks like"),
    }
}

/// The commands that name a room, as the server's document has them.
fn about_rooms(contract: &Contract) -> Vec<String> {
    let messages = contract.document["components"]["messages"].as_object().expect("messages");
    let about = messages.iter().filter_map(|(key, message)| {
        let kind = key.strip_prefix("client.")?;
        let wrong = contract.wrong_with(&message["payload"], &json!({ "type": kind, "room": 5 }));
        // What knows no such field says so, and nothing of its type.
        wrong.iter().any(|wrong| wrong.contains("at /room")).then(|| kind.to_owned())
    });
    about.collect()
}

/// What comes of a command, without its mark, and with the room's name blotted out.
async fn answer(guest: &mut Guest, kind: &str, room: &str) -> Option<Value> {
    let mark = format!("{kind} {room}");
    let mut frame = command(kind, room);
    frame["ref"] = json!(mark);
    guest.raw(frame.to_string()).await;
    // Whatever a room is asked for, it has answered when it has answered this.
    let last = format!("{mark} then");
    let mut then = command("history", room);
    then["ref"] = json!(last);
    guest.raw(then.to_string()).await;
    let is = |frame: &ServerFrame, mark: &str| {
        let frame = serde_json::to_value(frame).expect("frames are JSON");
        (frame["ref"] == mark).then_some(frame)
    };
    guest.hears_frame("an answer", |frame| is(frame, &last)).await;
    guest.is_heard().await;
    let answer = guest.heard().iter().find_map(|frame| is(frame, &mark))?;
    let text = answer.to_string().replace(&mark, "").replace(room, "ROOM");
    Some(serde_json::from_str(&text).expect("it was JSON"))
}

#[tokio::test]
async fn every_command_about_a_room_is_for_those_who_belong_there_and_for_nobody_else() {
    let mut house = House::open().await;
    let contract = Contract::of(&house.server, "/api/asyncapi.json").await;
    let kinds = about_rooms(&contract);
    assert!(kinds.len() >= 7, "{kinds:?}");
    for kind in &kinds {
        for who in Who::ALL {
            let room = house.room().await;
            let before = house.sight(&room).await;
            let Some(token) = house.token(who) else {
                let mut nobody = Guest::connect(&house.server).await;
                nobody.raw(command(kind, &room).to_string()).await;
                assert_eq!(nobody.hears_error().await.code, ErrorCode::Unauthenticated, "{kind}");
                assert_eq!(nobody.closed().await, 4401);
                continue;
            };
            let mut socket = Guest::come_back(&house.server, token).await;
            if who.belongs() {
                if kind != "join" {
                    socket.join(&room).await;
                }
                let answer = answer(&mut socket, kind, &room).await;
                let refused = answer.as_ref().is_some_and(|answer| answer["type"] == "error");
                assert!(!refused, "{who:?} says {kind}: {answer:?}");
                continue;
            }
            let hidden = answer(&mut socket, kind, &room).await;
            let none = answer(&mut socket, kind, NOWHERE).await;
            let case = format!("{who:?} says {kind}: {hidden:?}");
            assert_eq!(hidden, none, "as if there were none: {case}");
            if let Some(answer) = &hidden {
                assert!(["error", "left"].contains(&answer["type"].as_str().unwrap_or_default()), "{case}");
            }
            let heard = socket.heard();
            assert!(!heard.iter().any(|frame| format!("{frame:?}").contains("between us")), "{case}: {heard:?}");
            assert_eq!(house.sight(&room).await, before, "nothing has changed: {case}");
        }
    }
}
