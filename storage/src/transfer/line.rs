//! The lines.

use greenroom_protocol::{Body, Epoch, MemberChange, MessageId, Name, Role, RoomId, RoomKind, Seq, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::accounts::{Access, Account};

/// The version of this form. It changes when an older program would misread what a newer one writes.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line {
    Greenroom(Header),
    Secret(SecretLine),
    User(UserLine),
    SignIn(SignInLine),
    Seen(SeenLine),
    Room(RoomLine),
    Follow(FollowLine),
    Unfollow(FollowLine),
    Message(MessageLine),
    Member(MemberLine),
    RoomEdited(RoomEditedLine),
    RoomDeleted(RoomDeletedLine),
    Trimmed(TrimmedLine),
    Erased(ErasedLine),
    Lost(LostLine),
    Cursor(CursorLine),
    End(End),
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) version: u32,
    /// The program that wrote it.
    pub(super) greenroom: String,
    pub(super) at: Timestamp,
    pub(super) store: Uuid,
    /// The newest record that is in it.
    pub(super) last_record: u64,
    /// Whether passwords and the like are in it.
    pub(super) secrets: bool,
    /// The only room that is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<RoomId>,
}

/// What signs the tokens of guests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretLine {
    pub(super) guest_tokens: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserLine {
    pub(super) id: UserId,
    pub(super) name: Name,
    pub(super) guest: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<AccountLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountLine {
    pub(super) name: Name,
    pub(super) email: String,
    pub(super) display_name: String,
    pub(super) status_text: String,
    pub(super) hue: u16,
    pub(super) created: Timestamp,
    /// Whether they administer the server.
    #[serde(default)]
    pub(super) admin: bool,
    /// Whether they may come in.
    #[serde(default)]
    pub(super) access: Access,
    /// The hash; without it nobody signs in until a new one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInLine {
    pub(super) user: UserId,
    pub(super) token_hash: String,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// When somebody was last connected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeenLine {
    pub(super) user: UserId,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomLine {
    pub(super) id: RoomId,
    pub(super) key: Uuid,
    pub(super) kind: RoomKind,
    pub(super) title: String,
    pub(super) epoch: Epoch,
    pub(super) by: UserId,
    pub(super) at: Timestamp,
    /// Whose direct room it is: its id follows from them and from the store's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) between: Option<[UserId; 2]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowLine {
    pub(super) room: RoomId,
    pub(super) user: UserId,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageLine {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    pub(super) id: MessageId,
    pub(super) user: UserId,
    pub(super) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reply_to: Option<Seq>,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberLine {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    pub(super) user: UserId,
    pub(super) change: MemberChange,
    /// What they may do from then on; nothing where they are out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<Role>,
    pub(super) by: UserId,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomEditedLine {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    /// Whether it was made with this.
    pub(super) created: bool,
    pub(super) title: String,
    pub(super) topic: String,
    /// For how long it keeps its events; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retention_s: Option<u64>,
    pub(super) by: UserId,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomDeletedLine {
    pub(super) room: RoomId,
    pub(super) by: UserId,
    pub(super) at: Timestamp,
}

/// The events up to this one are no more: they were older than they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrimmedLine {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    /// How many messages there were up to it.
    pub(super) messages: u64,
}

/// A message was here, and is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErasedLine {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
}

/// The events up to this one are lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LostLine {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    /// How many messages there were up to it.
    pub(super) messages: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CursorLine {
    pub(super) room: RoomId,
    pub(super) user: UserId,
    pub(super) delivered: Seq,
    pub(super) read: Seq,
    /// How many messages there were up to `read`.
    pub(super) read_messages: u64,
}

/// The last line: without it, the end is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) lines: u64,
}

impl AccountLine {
    pub(super) fn of(account: Account, secrets: bool) -> Self {
        let Account { name, email, display_name, status_text, hue, password, created, admin, access, .. } = account;
        let password = secrets.then_some(password);
        Self { name, email, display_name, status_text, hue, created, admin, access, password }
    }

    pub(super) fn account(self, id: UserId) -> Account {
        let Self { name, email, display_name, status_text, hue, created, admin, access, password } = self;
        let password = password.unwrap_or_default();
        Account { id, name, email, display_name, status_text, hue, password, created, admin, access }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/operations.md");

    /// One line of each type, with all that it may have.
    fn each() -> Vec<Line> {
        let (id, at, name) = (Uuid::from_u128(1), Timestamp::from_millis(0), Name::account("Ana").unwrap());
        let (user, room, seq) = (UserId(id), RoomId::parse("green").unwrap(), Seq(1));
        let header = Header {
            version: VERSION,
            greenroom: "1".into(),
            at,
            store: id,
            last_record: 1,
            secrets: true,
            room: Some(room.clone()),
        };
        let account = AccountLine {
            name: name.clone(),
            email: "ana@example.org".into(),
            display_name: "Ana".into(),
            status_text: "here".into(),
            hue: 1,
            created: at,
            admin: true,
            access: Access::Open,
            password: Some("$argon2id$".into()),
        };
        let made = RoomLine {
            id: room.clone(),
            key: id,
            kind: RoomKind::Group,
            title: "Green".into(),
            epoch: Epoch(id),
            by: user,
            at,
            between: Some([user, user]),
        };
        let member = MemberLine {
            room: room.clone(),
            seq,
            user,
            change: MemberChange::Added,
            role: Some(Role::Member),
            by: user,
            at,
        };
        let (title, topic) = ("Green".to_owned(), "grass".to_owned());
        let edited = RoomEditedLine {
            room: room.clone(),
            seq,
            created: true,
            title,
            topic,
            retention_s: Some(60),
            by: user,
            at,
        };
        let said = MessageLine {
            room: room.clone(),
            seq,
            id: MessageId(id),
            user,
            at,
            reply_to: Some(seq),
            body: Body::parse("hello").unwrap(),
        };
        vec![
            Line::Greenroom(header),
            Line::Secret(SecretLine { guest_tokens: "base64".into() }),
            Line::User(UserLine { id: user, name, guest: false, account: Some(account) }),
            Line::SignIn(SignInLine { user, token_hash: "base64".into(), from: at, until: at }),
            Line::Seen(SeenLine { user, at }),
            Line::Room(made),
            Line::Follow(FollowLine { room: room.clone(), user, at }),
            Line::Unfollow(FollowLine { room: room.clone(), user, at }),
            Line::Message(said),
            Line::Member(member),
            Line::RoomEdited(edited),
            Line::RoomDeleted(RoomDeletedLine { room: room.clone(), by: user, at }),
            Line::Trimmed(TrimmedLine { room: room.clone(), seq, messages: 1 }),
            Line::Erased(ErasedLine { room: room.clone(), seq, at }),
            Line::Lost(LostLine { room: room.clone(), seq, messages: 1 }),
            Line::Cursor(CursorLine { room, user, delivered: seq, read: seq, read_messages: 1 }),
            Line::End(End { lines: 9 }),
        ]
    }

    /// The names of all fields but the type's.
    fn fields(value: &Value, found: &mut BTreeSet<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            found.insert(name.clone());
            fields(value, found);
        }
        found.remove("type");
    }

    #[test]
    fn a_line_survives_a_round_trip_and_takes_no_field_that_it_does_not_know() {
        for line in each() {
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
            let more = text.replacen('{', "{\"colour\":1,", 1);
            assert!(serde_json::from_str::<Line>(&more).unwrap_err().to_string().contains("colour"), "{more}");
        }
    }

    #[test]
    fn the_table_of_lines_has_every_type_and_every_field() {
        let table = DOCUMENT.split_once("<!-- lines:").expect("the document has the mark").1;
        let rows: Vec<_> = table.lines().skip(3).take_while(|line| line.starts_with('|')).collect();
        let quoted =
            |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        let told = rows.iter().map(|row| {
            let cells: Vec<_> = row.split('|').collect();
            (quoted(cells[1]).pop_first().expect("a type"), quoted(cells[2]))
        });
        let is = each().into_iter().map(|line| {
            let value = serde_json::to_value(line).unwrap();
            let mut names = BTreeSet::new();
            fields(&value, &mut names);
            (value["type"].as_str().expect("a type").to_owned(), names)
        });
        assert_eq!(told.collect::<Vec<_>>(), is.collect::<Vec<_>>());
    }
}
