//! What frames look like, once for each kind. Tests hold them against the schemas.

use serde_json::{Value, json};

use super::examples::{direct_room, log_page, user};

const AT: &str = "2026-11-20T09:30:00.000Z";
const EPOCH: &str = "01a1f87f-563c-7337-b2f0-636e53c565e1";

/// What a client says; nothing for a type that there is not.
pub(super) fn said(kind: &str) -> Option<Value> {
    let frame = match kind {
        "hello" => json!({ "type": "hello", "guest": "ana", "ref": 1 }),
        "join" => json!({ "type": "join", "room": "attic", "since": 3, "epoch": EPOCH, "ref": 2 }),
        "leave" => json!({ "type": "leave", "room": "attic", "ref": 3 }),
        "send" => {
            let id = "0190f5c2-7d3e-7a11-8f00-2c5b7d6e9a02";
            json!({ "type": "send", "room": "attic", "id": id, "body": "hello", "reply_to": 3, "ref": "r4" })
        }
        "typing" => json!({ "type": "typing", "room": "attic", "on": true }),
        "delivered" => json!({ "type": "delivered", "room": "attic", "seq": 4 }),
        "read" => json!({ "type": "read", "room": "attic", "seq": 4 }),
        "history" => json!({ "type": "history", "room": "attic", "before": 3, "limit": 50, "ref": 5 }),
        "status" => json!({ "type": "status", "status": "away" }),
        "ping" => json!({ "type": "ping", "ref": 6 }),
        _unknown => return None,
    };
    Some(frame)
}

/// What the server says; nothing for a type that there is not.
pub(super) fn heard(kind: &str) -> Option<Value> {
    let (ana, bob, room) = (user("ana"), user("bob"), "attic");
    let message = log_page()["events"][0].clone();
    let row = row();
    let frame = match kind {
        "welcome" => welcome(),
        "joined" => joined(),
        "events" => json!({ "type": "events", "room": room, "events": [message], "more": false }),
        "left" => json!({ "type": "left", "room": room, "reason": "removed" }),
        "ack" => json!({ "type": "ack", "ref": "r4", "room": room, "id": message["id"], "seq": 4, "at": AT }),
        "message" => message,
        "member" => json!({
            "type": "member", "room": room, "seq": 2, "user": bob, "change": "added", "role": "member", "by": ana,
            "at": AT,
        }),
        "room" => json!({
            "type": "room", "room": room, "seq": 1, "change": "created", "title": "The attic", "by": ana, "at": AT,
        }),
        "erased" => json!({ "type": "erased", "room": room, "seq": 6 }),
        "forgotten" => json!({ "type": "forgotten", "room": room, "user": bob["id"], "up_to": 6 }),
        "unreadable" => json!({ "type": "unreadable", "room": room, "seq": 7 }),
        "typing" => json!({ "type": "typing", "room": room, "user": bob, "on": true }),
        "receipt" => json!({ "type": "receipt", "room": room, "user": bob, "delivered": 4, "read": 3 }),
        "presence" => json!({ "type": "presence", "room": room, "online_count": 2, "joined": [bob], "left": [] }),
        "unread" => json!({
            "type": "unread", "room": row["room"], "last_seq": 1, "read_seq": 0, "unread": row["unread"],
        }),
        "rooms" => json!({ "type": "rooms", "rooms": [row], "gone": ["cellar"] }),
        "people" => json!({ "type": "people", "users": [{ "user": bob, "status": "away" }] }),
        "history" => json!({
            "type": "history", "ref": 5, "room": room, "events": [message], "more": true, "first_seq": 1,
        }),
        "pong" => json!({ "type": "pong", "ref": 6 }),
        "error" => json!({ "type": "error", "ref": 2, "code": "not_found", "message": "there is no room attic" }),
        _unknown => return None,
    };
    Some(frame)
}

fn welcome() -> Value {
    let limits = json!({
        "body_bytes": 8_000, "frame_bytes": 65_536, "page_events": 200, "unacknowledged_sends": 32,
        "joined_rooms": 256, "name_chars": 32,
    });
    json!({
        "type": "welcome", "ref": 1, "session": "01a1f87f-563c-7337-b2f0-636e53c565d1", "user": user("ana"),
        "guest": true, "token": "g1.4vT0c2Vyb29t", "server_time": AT, "heartbeat_ms": 25_000, "limits": limits,
        "rooms": [row()],
    })
}

fn joined() -> Value {
    let receipt = json!({ "user": user("bob"), "delivered": 3, "read": 3 });
    json!({
        "type": "joined", "ref": 2, "room": "attic", "kind": "private", "title": "The attic", "role": "owner",
        "last_seq": 3, "read_seq": 2, "events": log_page()["events"], "epoch": EPOCH, "first_seq": 1, "reset": false,
        "more": false, "online_count": 1, "online": [user("ana")], "receipts": [receipt],
    })
}

/// A row of a list of rooms.
fn row() -> Value {
    let mut row = direct_room();
    if let Some(fields) = row.as_object_mut() {
        fields.retain(|field, _| !["members", "member_count", "online_count"].contains(&field.as_str()));
    }
    row
}
