//! What the calls want in their bodies, for the documents. The calls read field by field
//! ([`Fields`](crate::fields::Fields)), so that all that is wrong can be said at once.
#![expect(dead_code, reason = "they are described, and never made")]

use greenroom_protocol::{MessageId, Role, RoomId, Seq};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new account.
#[derive(ToSchema)]
pub(crate) struct Registering {
    /// Nobody else is told it.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// What others call one; nobody else has it, nor one that looks like it.
    #[schema(min_length = 2, max_length = 32)]
    name: String,
    /// None of those that are tried first.
    #[schema(format = Password, min_length = 8, max_length = 256)]
    password: String,
    /// The same again.
    #[schema(format = Password, min_length = 8, max_length = 256)]
    password_confirm: String,
}

/// An account that an admin makes for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// Where they can be reached.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// What they are called; nobody else is, nor by a name that looks like it.
    #[schema(min_length = 2, max_length = 32)]
    name: String,
    /// Their password, until they change it.
    #[schema(format = Password, min_length = 8, max_length = 256)]
    password: String,
    /// Whether they are to administer, too.
    #[serde(default)]
    admin: bool,
}

/// What is to be otherwise about somebody's access; at least one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessChanges {
    /// Whether they administer.
    admin: Option<bool>,
    /// Whether they can't come in.
    disabled: Option<bool>,
}

/// Somebody who has an account, or a new guest.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SigningIn {
    /// Somebody who has an account.
    Account {
        /// The e-mail that they registered with.
        email: String,
        /// Their password.
        #[schema(format = Password)]
        password: String,
    },
    /// A new guest.
    Guest {
        /// What others call them.
        #[schema(min_length = 1, max_length = 32)]
        guest: String,
    },
}

/// What is to be otherwise about oneself; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileEdit {
    /// What others call one.
    #[schema(min_length = 2, max_length = 32)]
    name: Option<String>,
    /// What one wants to be shown as; empty for the name.
    #[schema(max_length = 64)]
    display_name: Option<String>,
    /// What one says of oneself.
    #[schema(max_length = 140)]
    status_text: Option<String>,
    /// The hue of one's picture, in degrees.
    #[schema(maximum = 359)]
    hue: Option<u16>,
    /// A new e-mail; with `current_password`.
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    /// A new password; with `current_password`. All other sign-ins end.
    #[schema(format = Password, min_length = 8, max_length = 256)]
    password: Option<String>,
    /// The password until now.
    #[schema(format = Password)]
    current_password: Option<String>,
}

/// A room that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRoom {
    /// Its id; one that nobody can guess where it is left out.
    room: Option<RoomId>,
    /// `group` is public, and what it is where nothing is said.
    #[schema(pattern = "^(group|private)$")]
    kind: Option<String>,
    /// What it is called; its id where it is left out.
    #[schema(min_length = 1, max_length = 80)]
    title: Option<String>,
    /// What it is about.
    #[schema(max_length = 500)]
    topic: Option<String>,
    /// Who is brought in at once, by id or name; only into a private room.
    #[schema(max_items = 200)]
    members: Option<Vec<String>>,
}

/// The other person of a direct room.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithWhom {
    /// Their id or name.
    user: String,
}

/// What is to be otherwise about a room; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomChanges {
    /// What it is called.
    #[schema(min_length = 1, max_length = 80)]
    title: Option<String>,
    /// What it is about; empty for nothing.
    #[schema(max_length = 500)]
    topic: Option<String>,
    /// For how many seconds it keeps what is said; `null` for ever.
    #[schema(minimum = 60, maximum = 3_153_600_000_u64, extensions(("x-null-means" = json!("for ever"))))]
    retention_s: Option<u64>,
}

/// What somebody is to be in a room.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberRole {
    /// What they may do; where nothing is said they become a member, or stay what they are.
    role: Option<Role>,
}

/// Something to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// The idempotency key, made by whoever says it.
    id: MessageId,
    /// What: 8,000 bytes at most, and not blank.
    #[schema(min_length = 1, max_length = 8_000)]
    body: String,
    /// The place of the message that it answers.
    reply_to: Option<Seq>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_protocol::limits;
    use serde_json::Value;
    use utoipa::PartialSchema;

    /// A macro takes no names for numbers, so here they are compared.
    #[test]
    fn the_bounds_that_are_described_are_those_that_hold() {
        let bound = |schema: utoipa::openapi::RefOr<utoipa::openapi::Schema>, field: &str, of: &str| {
            let schema: Value = serde_json::to_value(schema).unwrap();
            let field = &schema["properties"][field];
            field[of].as_u64().unwrap_or_else(|| panic!("no {of} in {schema}")) as usize
        };
        let (least, most) = (*limits::PASSWORD_CHARS.start(), *limits::PASSWORD_CHARS.end());
        for (field, of, limit) in [
            ("email", "maxLength", limits::EMAIL_CHARS),
            ("name", "minLength", limits::ACCOUNT_NAME_MIN_CHARS),
            ("name", "maxLength", limits::NAME_CHARS),
            ("password", "minLength", least),
            ("password", "maxLength", most),
        ] {
            assert_eq!(bound(Registering::schema(), field, of), limit, "{field}");
            assert_eq!(bound(NewAccount::schema(), field, of), limit, "{field}");
            assert_eq!(bound(ProfileEdit::schema(), field, of), limit, "{field}");
        }
        assert_eq!(bound(Registering::schema(), "password_confirm", "maxLength"), most);
        assert_eq!(bound(ProfileEdit::schema(), "display_name", "maxLength"), limits::DISPLAY_NAME_CHARS);
        assert_eq!(bound(ProfileEdit::schema(), "status_text", "maxLength"), limits::STATUS_TEXT_CHARS);
        for room in [NewRoom::schema, RoomChanges::schema] {
            assert_eq!(bound(room(), "title", "maxLength"), limits::TITLE_CHARS);
            assert_eq!(bound(room(), "topic", "maxLength"), limits::TOPIC_CHARS);
        }
        assert_eq!(bound(NewRoom::schema(), "members", "maxItems"), limits::MEMBERS_PAGE);
        assert_eq!(bound(Words::schema(), "body", "maxLength"), limits::BODY_BYTES);
    }
}
