//! What requests and answers look like, once for all calls. Tests hold them against the schemas, and try the requests.

use serde_json::{Value, json};

pub(crate) fn person() -> Value {
    json!({
        "id": "01a1f87f-563c-7337-b2f0-636e53c565c2", "name": "bob", "display_name": "Bob", "status_text": "",
        "hue": 28, "status": "offline", "guest": false,
    })
}

pub(crate) fn me() -> Value {
    json!({
        "id": "01a1f87f-563c-7337-b2f0-636e53c565c1", "name": "ana", "display_name": "Ana M.",
        "status_text": "at lunch", "hue": 209, "status": "online", "guest": false, "email": "ana@example.org",
    })
}

pub(crate) fn people() -> Value {
    json!({ "users": [person()], "more": false })
}

pub(crate) fn profile_edit() -> Value {
    json!({ "display_name": "Ana M.", "status_text": "at lunch", "hue": 209 })
}

pub(crate) fn administered() -> Value {
    json!({
        "id": "01a1f87f-563c-7337-b2f0-636e53c565c2", "name": "bob", "display_name": "Bob", "email": "bob@example.org",
        "admin": false, "disabled": true, "created_at": "2026-11-20T09:30:00.000Z",
    })
}

pub(crate) fn administered_users() -> Value {
    json!({ "users": [administered()], "more": false })
}

pub(crate) fn new_account() -> Value {
    json!({ "email": "dora@example.org", "name": "dora", "password": "tall grass on tuesday", "admin": false })
}

pub(crate) fn administered_rooms() -> Value {
    let room = json!({
        "room": "attic", "kind": "private", "title": "The attic", "last_seq": 42, "online_count": 2,
    });
    json!({ "rooms": [room], "more": false })
}

pub(crate) fn registering() -> Value {
    let password = "tall grass on tuesday";
    json!({ "email": "ana@example.org", "name": "ana", "password": password, "password_confirm": password })
}

pub(crate) fn entry() -> Value {
    json!({ "user": me(), "token": "s1.4vT0c2Vyb29t", "expires_at": "2026-12-20T10:28:19.000Z" })
}

pub(crate) fn signing_in() -> Value {
    json!({ "guest": "carol" })
}

pub(crate) fn guest_entry() -> Value {
    let user = json!({
        "id": "01a1f87f-563c-7337-b2f0-636e53c565c3", "name": "carol", "display_name": "", "status_text": "",
        "hue": 113, "status": "offline", "guest": true,
    });
    json!({ "user": user, "token": "g1.4vT0c2Vyb29t" })
}

pub(super) fn user(name: &str) -> Value {
    let last = if name == "ana" { 1 } else { 2 };
    json!({ "id": format!("01a1f87f-563c-7337-b2f0-636e53c565c{last}"), "name": name })
}

fn member(name: &str, role: &str) -> Value {
    json!({ "id": user(name)["id"], "name": name, "role": role })
}

fn last() -> Value {
    json!({ "seq": 3, "user": user("bob"), "body": "hello", "at": "2026-11-20T09:30:00.000Z" })
}

pub(crate) fn room() -> Value {
    json!({
        "room": "attic", "kind": "private", "title": "The attic", "topic": "Old things", "role": "owner",
        "last_seq": 3, "read_seq": 2, "unread": 1, "last": last(), "online_count": 1,
        "members": [member("ana", "owner"), member("bob", "member")], "member_count": 2,
    })
}

pub(crate) fn direct_room() -> Value {
    json!({
        "room": "d-5d2f6f2f6c1b4a70", "kind": "direct", "title": "Direct", "role": "member",
        "last_seq": 1, "read_seq": 0, "unread": 0, "with": user("bob"), "online_count": 1,
        "members": [member("ana", "member"), member("bob", "member")], "member_count": 2,
    })
}

pub(crate) fn rooms() -> Value {
    let row = json!({
        "room": "general", "kind": "group", "title": "general", "last_seq": 3, "read_seq": 3, "unread": 0,
        "last": last(), "online_count": 2,
    });
    json!({ "rooms": [row] })
}

pub(crate) fn new_room() -> Value {
    json!({ "room": "attic", "kind": "private", "title": "The attic", "topic": "Old things", "members": ["bob"] })
}

pub(crate) fn with_whom() -> Value {
    json!({ "user": "bob" })
}

pub(crate) fn room_changes() -> Value {
    json!({ "title": "The attic", "topic": "Old things" })
}

pub(crate) fn members() -> Value {
    json!({ "members": [member("ana", "owner"), member("bob", "member")], "member_count": 2, "more": false })
}

pub(crate) fn member_role() -> Value {
    json!({ "role": "member" })
}

pub(crate) fn log_page() -> Value {
    let message = json!({
        "type": "message", "room": "attic", "seq": 3, "id": "0190f5c2-7d3e-7a11-8f00-2c5b7d6e9a01",
        "user": user("bob"), "body": "hello", "at": "2026-11-20T09:30:00.000Z",
    });
    json!({ "events": [message], "more": true, "first_seq": 1 })
}

pub(crate) fn words() -> Value {
    json!({ "id": "0190f5c2-7d3e-7a11-8f00-2c5b7d6e9a02", "body": "hello" })
}

pub(crate) fn ack() -> Value {
    json!({
        "room": "attic", "id": "0190f5c2-7d3e-7a11-8f00-2c5b7d6e9a02", "seq": 4, "at": "2026-11-20T09:30:01.000Z",
    })
}

pub(crate) fn health() -> Value {
    let store = json!({ "committed": 4, "applied": 4, "disk_full": false, "rebuilding": false, "damaged": 0 });
    let presence = json!({ "people": 1, "sessions": 2 });
    json!({ "status": "ok", "store": store, "rooms": 1, "poison": 0, "presence": presence })
}

pub(crate) fn set_aside() -> Value {
    let poison = json!({
        "at": "2026-11-20T09:30:00.000Z", "room": "general", "command": "send", "user": user("bob")["id"],
        "id": "0190f5c2-7d3e-7a11-8f00-2c5b7d6e9a03", "cause": "the actor panicked",
    });
    let unreadable = json!({ "room": "general", "seq": 7, "why": "its checksum is wrong" });
    json!({ "poison": [poison], "unreadable": [unreadable] })
}
