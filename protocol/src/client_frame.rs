//! What a client may say.

use std::borrow::Cow;

use memchr::memchr2_iter;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::limits::{JSON_DEPTH, PAGE_DEFAULT, PAGE_EVENTS, REF_BYTES};
use crate::{Body, BodyError, Epoch, ErrorCode, MessageId, Name, RoomId, Seq, Status};

/// A client's own mark on a command; the reply carries it back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Ref {
    /// A number.
    Number(i64),
    /// A text of at most 128 bytes.
    Text(String),
}

/// One frame of a client.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientFrame {
    /// Comes back in the reply.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// What is asked for.
    #[serde(flatten)]
    pub command: Command,
}

/// What a client may ask for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Says who this is; the first frame of a socket.
    Hello(Hello),
    /// Enters a room, or resumes in it.
    Join(Join),
    /// Ends the stream of a room on this socket.
    Leave {
        /// Which room.
        room: RoomId,
    },
    /// Says something.
    Send(Send),
    /// Begins or ends typing.
    Typing(Typing),
    /// All events up to one have arrived.
    Delivered(CursorMove),
    /// All events up to one were looked at.
    Read(CursorMove),
    /// Asks for older or newer events.
    History(History),
    /// Says how reachable one is.
    Status(SetStatus),
    /// Asks whether the server is there.
    Ping,
}

/// Who this is: a new guest, or somebody with a token. Neither where the upgrade said it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Hello {
    /// The name of a new guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Name>,
    /// A token from an earlier `welcome` or sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Enters a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Join {
    /// Which room.
    pub room: RoomId,
    /// The last event that the client holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seq>,
    /// The life of the log that `since` belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// How many of the newest events, without `since`: 50 where nothing is said, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Join {
    /// How many of the newest events: 50 where nothing else is said, at most 200.
    #[must_use]
    pub fn limit(&self) -> usize {
        page_limit(self.limit)
    }
}

/// Says something in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Send {
    /// Where.
    pub room: RoomId,
    /// The idempotency key: the same one never makes a second message.
    pub id: MessageId,
    /// What.
    pub body: Body,
    /// The event that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// Begins or ends typing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct Typing {
    /// Where.
    pub room: RoomId,
    /// Whether one types.
    pub on: bool,
}

/// Moves a cursor; it never goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct CursorMove {
    /// In which room.
    pub room: RoomId,
    /// All events up to this one.
    pub seq: Seq,
}

/// Asks for a page of events: before one, after one, or the newest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct History {
    /// Of which room.
    pub room: RoomId,
    /// Those before this one, the newest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Those after this one, the oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// How many: 50 where nothing is said, at least 1, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl History {
    /// How many events: 50 where nothing else is said, at least 1, at most 200.
    #[must_use]
    pub fn limit(&self) -> usize {
        page_limit(self.limit).max(1)
    }
}

/// Says how reachable one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct SetStatus {
    /// How reachable.
    pub status: Status,
}

/// Why a frame is no command, as the `error` frame will say it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The frame's mark, where it could be read.
    pub reference: Option<Ref>,
    /// Which rule it breaks.
    pub code: ErrorCode,
    /// The same for a person, with what to do.
    pub message: String,
}

/// What every frame has; read first, so that even a refusal carries the `ref`.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(rename = "ref", default)]
    reference: Option<Ref>,
}

#[derive(Deserialize)]
struct Leave {
    room: RoomId,
}

/// [`Send`] before its body is looked at: a long body is refused in other words than a wrong field.
#[derive(Deserialize)]
struct RawSend<'a> {
    room: RoomId,
    id: MessageId,
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(default)]
    reply_to: Option<Seq>,
}

/// Head and fields of a `send` together.
#[derive(Deserialize)]
struct PlainSend<'a> {
    /// Known already; that there are not two of it is seen here.
    #[serde(rename = "type")]
    _kind: IgnoredAny,
    #[serde(rename = "ref", default)]
    reference: Option<Ref>,
    room: RoomId,
    id: MessageId,
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(default)]
    reply_to: Option<Seq>,
}

fn is_too_long(reference: Option<&Ref>) -> bool {
    matches!(reference, Some(Ref::Text(text)) if text.len() > REF_BYTES)
}

impl ClientFrame {
    /// Reads one text frame. Fields that it doesn't know are passed over.
    ///
    /// # Errors
    /// A [`Refusal`] with the code of the rule that the frame breaks.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match Self::parse_plain_send(text) {
            Some(send) => Ok(send),
            None => Self::parse_any(text),
        }
    }

    /// Nearly all frames are sends: one that looks like one, and is in order, is read in one go. With whatever else comes
    /// one begins anew.
    fn parse_plain_send(text: &str) -> Option<Self> {
        if !text.starts_with(r#"{"type":"send","#) || nests_too_deeply(text) {
            return None;
        }
        let PlainSend { _kind, reference, room, id, body, reply_to } = serde_json::from_str(text).ok()?;
        if is_too_long(reference.as_ref()) {
            return None;
        }
        let send = Send::parse(RawSend { room, id, body, reply_to }).ok()?;
        Some(Self { reference, command: Command::Send(send) })
    }

    fn parse_any(text: &str) -> Result<Self, Refusal> {
        if nests_too_deeply(text) {
            let message = format!("the frame nests deeper than {JSON_DEPTH} levels");
            return Err(Refusal { reference: None, code: ErrorCode::BadFrame, message });
        }
        let head: Head<'_> = serde_json::from_str(text).map_err(|error| Refusal {
            reference: None,
            code: ErrorCode::BadFrame,
            message: format!("a frame is a JSON object with a text `type`: {}", brief(&error)),
        })?;
        if is_too_long(head.reference.as_ref()) {
            let message = format!("a ref has at most {REF_BYTES} bytes");
            return Err(Refusal { reference: None, code: ErrorCode::Invalid, message });
        }
        match Command::parse(&head.kind, text) {
            Ok(command) => Ok(Self { reference: head.reference, command }),
            Err((code, message)) => Err(Refusal { reference: head.reference, code, message }),
        }
    }
}

impl Command {
    fn parse(kind: &str, text: &str) -> Result<Self, (ErrorCode, String)> {
        match kind {
            "hello" => fields(kind, text).map(Self::Hello),
            "join" => fields(kind, text).map(Self::Join),
            "leave" => fields(kind, text).map(|Leave { room }| Self::Leave { room }),
            "send" => Send::parse(fields(kind, text)?).map(Self::Send),
            "typing" => fields(kind, text).map(Self::Typing),
            "delivered" => fields(kind, text).map(Self::Delivered),
            "read" => fields(kind, text).map(Self::Read),
            "history" => fields(kind, text).and_then(one_direction).map(Self::History),
            "status" => fields(kind, text).map(Self::Status),
            "ping" => Ok(Self::Ping),
            unknown => {
                let shown: String = unknown.chars().take(40).collect();
                Err((ErrorCode::UnknownType, format!("there is no frame of type {shown:?}")))
            }
        }
    }
}

impl Send {
    fn parse(raw: RawSend<'_>) -> Result<Self, (ErrorCode, String)> {
        let body = Body::parse(&raw.body).map_err(|error| match error {
            BodyError::TooLong(_) => (ErrorCode::TooLarge, error.to_string()),
            BodyError::Blank | BodyError::Nul => (ErrorCode::Invalid, error.to_string()),
        })?;
        Ok(Self { room: raw.room, id: raw.id, body, reply_to: raw.reply_to })
    }
}

fn fields<'a, T: Deserialize<'a>>(kind: &str, text: &'a str) -> Result<T, (ErrorCode, String)> {
    serde_json::from_str(text).map_err(|error| {
        // What is wrong with the JSON itself was mostly seen with the head; a lone surrogate in a text is seen here.
        let code = if error.is_data() { ErrorCode::Invalid } else { ErrorCode::BadFrame };
        (code, format!("{kind}: {}", brief(&error)))
    })
}

/// What is wrong, in so many characters: serde quotes what it did not expect, however long it is.
fn brief(error: &serde_json::Error) -> String {
    const SHOWN: usize = 100;
    let whole = error.to_string();
    match whole.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

fn one_direction(history: History) -> Result<History, (ErrorCode, String)> {
    if history.before.is_some() && history.after.is_some() {
        return Err((ErrorCode::Invalid, "history: give `before` or `after`, not both".into()));
    }
    Ok(history)
}

fn page_limit(asked: Option<u64>) -> usize {
    asked.map_or(PAGE_DEFAULT, |limit| usize::try_from(limit).unwrap_or(PAGE_EVENTS).min(PAGE_EVENTS))
}

/// serde_json bounds the depth of what it builds, but skips unknown fields to any depth.
fn nests_too_deeply(text: &str) -> bool {
    // Hardly a frame has as many brackets, wherever they stand.
    if memchr2_iter(b'{', b'[', text.as_bytes()).nth(JSON_DEPTH).is_none() {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > JSON_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values for fields, most of them in order.
    fn any_value() -> impl Strategy<Value = String> {
        let plain = [
            "\"send\"",
            "\"join\"",
            "\"green\"",
            "\"hello\"",
            "\"a\\nb\"",
            "\" \"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "7",
            "0",
            "-1",
            "1.5",
            "null",
            "true",
            "[1]",
            "{\"a\":[[]]}",
            "\"01900000-0000-7000-8000-000000000001\"",
        ];
        prop_oneof![
            prop::sample::select(plain.to_vec()).prop_map(str::to_owned),
            Just(format!("{:?}", "x".repeat(8_001)))
        ]
    }

    fn any_field() -> impl Strategy<Value = String> {
        let names = prop::sample::select(vec!["type", "ref", "room", "id", "body", "reply_to", "extra"]);
        (names, any_value()).prop_map(|(name, value)| format!("{name:?}:{value}"))
    }

    proptest! {
        #[test]
        fn what_is_read_in_one_go_is_what_would_be_read_else(
            fields in prop::collection::vec(any_field(), 0..4), right in any::<[bool; 3]>(), end in prop::sample::select(vec!["}", "", "}}", "} "]),
        ) {
            let id = r#""id":"01900000-0000-7000-8000-000000000001""#;
            let whole = [r#""room":"green""#, id, r#""body":"hello""#].into_iter().zip(right);
            let whole = whole.filter(|(_, there)| *there).map(|(field, _)| field.to_owned());
            let fields: Vec<String> = fields.into_iter().chain(whole).collect();
            let text = format!(r#"{{"type":"send",{}{end}"#, fields.join(","));
            if let Some(send) = ClientFrame::parse_plain_send(&text) {
                prop_assert_eq!(ClientFrame::parse_any(&text), Ok(send));
            }
        }
    }

    #[test]
    fn a_plain_send_is_read_in_one_go() {
        let text =
            r#"{"type":"send","ref":7,"room":"green","id":"01900000-0000-7000-8000-000000000001","body":"a\nb","x":1}"#;
        assert_eq!(ClientFrame::parse_plain_send(text), ClientFrame::parse_any(text).ok());
        assert!(ClientFrame::parse_any(text).is_ok());
    }
}
