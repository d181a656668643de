//! What somebody wants of a room, and whether it breaks a rule: pure.

use std::collections::HashSet;
use std::time::Duration;

use greenroom_protocol::limits::{MEMBERS_PAGE, RETENTION_LEAST, RETENTION_MOST, TITLE_CHARS, TOPIC_CHARS};
use greenroom_protocol::{RoomId, RoomKind};
use uuid::Uuid;

use super::RoomFailed;
use crate::accounts::{FieldError, line};
use crate::directory::Person;

/// A room that somebody wants.
#[derive(Clone, Debug, Default)]
pub struct RoomWish {
    /// Its id on the wire; one that nobody can guess where it is left out.
    pub room: Option<String>,
    /// `group` or `private`; `group` where it is left out.
    pub kind: Option<String>,
    /// What it is called; its id where it is left out.
    pub title: Option<String>,
    /// What it is about.
    pub topic: Option<String>,
    /// Who is brought in at once; in a private room only.
    pub members: Vec<Person>,
}

/// What of a wish was checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) room: RoomId,
    pub(super) kind: RoomKind,
    pub(super) title: String,
    pub(super) topic: String,
    pub(super) members: Vec<Person>,
}

/// What of a room is to be otherwise; nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomEdit {
    /// What it is called.
    pub title: Option<String>,
    /// What it is about; empty for nothing.
    pub topic: Option<String>,
    /// For how long it keeps its events; for ever where that is said to be nothing.
    pub retention: Option<Option<Duration>>,
}

impl RoomWish {
    pub(super) fn check(self) -> Result<Checked, RoomFailed> {
        let mut errors = Vec::new();
        let mut wrong = |field, message: String| errors.push(FieldError { field, message });
        let room = match self.room.as_deref() {
            None => RoomId::parse(&format!("r-{}", Uuid::now_v7().simple())),
            Some(id) => RoomId::parse(id),
        };
        let room = room.map_err(|error| wrong("room", error.to_string())).ok();
        let kind = match self.kind.as_deref() {
            None | Some("group") => Some(RoomKind::Group),
            Some("private") => Some(RoomKind::Private),
            Some(_) => {
                wrong("kind", "a room is `group` or `private`".to_owned());
                None
            }
        };
        if kind == Some(RoomKind::Group) && !self.members.is_empty() {
            wrong("members", "everybody may come into a public room; members are for private ones".to_owned());
        }
        if self.members.len() > MEMBERS_PAGE {
            wrong("members", format!("at most {MEMBERS_PAGE} at once; add the others later"));
        }
        let of_id = || room.as_ref().map_or_else(|| "room".to_owned(), |room| room.as_str().to_owned());
        let title = title(&self.title.unwrap_or_else(of_id)).map_err(|message| wrong("title", message)).ok();
        let topic = topic(&self.topic.unwrap_or_default()).map_err(|message| wrong("topic", message)).ok();
        match (room, kind, title, topic) {
            (Some(room), Some(kind), Some(title), Some(topic)) if errors.is_empty() => {
                let (mut members, mut seen) = (self.members, HashSet::new());
                members.retain(|member| seen.insert(member.user.id));
                Ok(Checked { room, kind, title, topic, members })
            }
            _ => Err(RoomFailed::Invalid(errors)),
        }
    }
}

impl RoomEdit {
    pub(super) fn check(self) -> Result<Self, RoomFailed> {
        let mut errors = Vec::new();
        let mut kept = |field, checked: Option<Result<String, String>>| match checked? {
            Ok(text) => Some(text),
            Err(message) => {
                errors.push(FieldError { field, message });
                None
            }
        };
        let title = kept("title", self.title.as_deref().map(title));
        let topic = kept("topic", self.topic.as_deref().map(topic));
        let retention = self.retention;
        if retention.flatten().is_some_and(|time| !(RETENTION_LEAST..=RETENTION_MOST).contains(&time)) {
            let (least, most) = (RETENTION_LEAST.as_secs(), RETENTION_MOST.as_secs());
            let message = format!("a room keeps its events for {least} to {most} seconds, or for ever (null)");
            errors.push(FieldError { field: "retention_s", message });
        }
        if errors.is_empty() { Ok(Self { title, topic, retention }) } else { Err(RoomFailed::Invalid(errors)) }
    }
}

fn title(text: &str) -> Result<String, String> {
    match line(text, TITLE_CHARS)? {
        title if title.is_empty() => Err(format!("a title has 1 to {TITLE_CHARS} characters")),
        title => Ok(title),
    }
}

fn topic(text: &str) -> Result<String, String> {
    line(text, TOPIC_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(wish: RoomWish) -> Vec<&'static str> {
        match wish.check() {
            Err(RoomFailed::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_room_is_said_at_once() {
        let text = |text: &str| Some(text.to_owned());
        let wish = RoomWish { room: text("No Slug"), kind: text("secret"), title: text(" "), ..RoomWish::default() };
        assert_eq!(wrong(wish), ["room", "kind", "title"]);
        let long = RoomWish { topic: Some("x".repeat(501)), title: text("a\u{202e}b"), ..RoomWish::default() };
        assert_eq!(wrong(long), ["title", "topic"]);
    }

    #[test]
    fn a_room_without_an_id_has_one_that_nobody_can_guess() {
        let kind = Some("private".to_owned());
        let made = RoomWish { kind, title: Some("Attic".to_owned()), ..RoomWish::default() }.check().unwrap();
        assert_eq!((made.room.as_str().len(), made.title.as_str()), (34, "Attic"));
    }
}
