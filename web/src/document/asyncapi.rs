//! The socket as AsyncAPI: each frame by the schema of its type.

use greenroom_protocol::{CloseCode, Command, ErrorCode, Reconnect, Ref, ServerFrame};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::frames;
use super::openapi::never_null;

/// Which frame of the server answers which command, where it is carried out.
const REPLIES: [(&str, &str); 6] = [
    ("hello", "welcome"),
    ("join", "joined"),
    ("leave", "left"),
    ("send", "ack"),
    ("history", "history"),
    ("ping", "pong"),
];

/// One kind of frame.
struct Kind {
    name: String,
    payload: Value,
}

pub(super) fn document() -> Value {
    let (said, heard) = (kinds::<Command>(), kinds::<ServerFrame>());
    let mut messages = Map::new();
    for kind in &said {
        let reference = json!({ "type": "object", "properties": { "ref": { "$ref": "#/components/schemas/Ref" } } });
        let payload = json!({ "allOf": [kind.payload, reference] });
        messages.insert(format!("client.{}", kind.name), message(kind, payload, frames::said(&kind.name)));
    }
    for kind in &heard {
        messages
            .insert(format!("server.{}", kind.name), message(kind, kind.payload.clone(), frames::heard(&kind.name)));
    }
    let of_channel =
        messages.keys().map(|key| (key.clone(), json!({ "$ref": format!("#/components/messages/{key}") })));
    let of_channel: Map<String, Value> = of_channel.collect();
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Greenroom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What crosses the WebSocket: one JSON object is one text frame, and its kind is in `type`. \
                The first is `hello`, within 10 seconds. Fields and types that one doesn't know are to be passed over.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": { "here": { "host": "localhost:3000", "protocol": "ws" } },
        "channels": {
            "socket": {
                "address": "/ws",
                "description": "May be asked for with the subprotocol `greenroom.v1`. `permessage-deflate` may be offered, too.",
                "messages": of_channel,
                "bindings": { "ws": { "method": "GET", "bindingVersion": "0.1.0" } },
                "x-closes": closes(),
            },
        },
        "operations": operations(&said, &heard),
        "components": { "messages": messages, "schemas": schemas() },
    });
    document["components"]["messages"]["server.error"]["x-codes"] = codes();
    never_null(&mut document);
    document
}

fn message(kind: &Kind, payload: Value, example: Option<Value>) -> Value {
    let examples: Vec<Value> = example.into_iter().map(|frame| json!({ "payload": frame })).collect();
    json!({ "name": kind.name, "summary": kind.payload["description"], "payload": payload, "examples": examples })
}

/// The variants of an enum that is told apart by `type`.
fn kinds<T: PartialSchema>() -> Vec<Kind> {
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    let variants = schema["oneOf"].as_array().cloned().unwrap_or_default();
    let named = variants.into_iter().filter_map(|payload| {
        let tag = "/properties/type/enum/0";
        let parts = payload["allOf"].as_array().into_iter().flatten();
        let name = parts.chain([&payload]).find_map(|part| part.pointer(tag)?.as_str())?.to_owned();
        Some(Kind { name, payload })
    });
    named.collect()
}

fn schemas() -> Map<String, Value> {
    let mut all = vec![(Ref::name().into_owned(), Ref::schema())];
    Ref::schemas(&mut all);
    Command::schemas(&mut all);
    ServerFrame::schemas(&mut all);
    all.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect()
}

fn operations(said: &[Kind], heard: &[Kind]) -> Map<String, Value> {
    let channel = json!({ "$ref": "#/channels/socket" });
    let message = |side: &str, name: &str| json!({ "$ref": format!("#/channels/socket/messages/{side}.{name}") });
    let commands = said.iter().map(|Kind { name, .. }| {
        let reply = REPLIES.iter().filter(|(command, _)| command == name).map(|(_, reply)| message("server", reply));
        let replies: Vec<Value> = reply.chain([message("server", "error")]).collect();
        let operation = json!({
            "action": "receive",
            "channel": channel,
            "messages": [message("client", name)],
            "reply": { "channel": channel, "messages": replies },
        });
        (name.clone(), operation)
    });
    let all: Vec<Value> = heard.iter().map(|kind| message("server", &kind.name)).collect();
    commands.chain([("tell".to_owned(), json!({ "action": "send", "channel": channel, "messages": all }))]).collect()
}

fn codes() -> Value {
    let row = |code: ErrorCode| json!({ "code": code, "meaning": code.meaning(), "retry": code.retry() });
    ErrorCode::ALL.map(row).into()
}

fn closes() -> Value {
    let row = |code: CloseCode| {
        let reconnect = match code.reconnect() {
            Reconnect::No => "no",
            Reconnect::AtOnce => "at once",
            Reconnect::WithJitter => "with jitter",
            Reconnect::AfterSignIn => "after signing in",
            Reconnect::Later => "later",
        };
        json!({ "code": code.number(), "meaning": code.meaning(), "reconnect": reconnect })
    };
    CloseCode::ALL.map(row).into()
}
