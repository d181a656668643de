//! What a person says.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::limits::{BODY_BYTES, NAME_CHARS, PREVIEW_MENTIONS};

/// Characters of a body that a list shows.
pub const PREVIEW_CHARS: usize = 120;

/// A message's text, byte for byte as it was sent. Cloning it is cheap.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schemas", schema(value_type = String, min_length = 1, max_length = 8_000))]
#[serde(try_from = "String")]
pub struct Body(Arc<str>);

/// Why a text is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing but white space.
    #[error("a message says something: its body is blank")]
    Blank,
    /// More than [`BODY_BYTES`] bytes.
    #[error("a body has at most {BODY_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// A NUL character, which many programs take for the end.
    #[error("a body has no NUL character")]
    Nul,
}

impl Body {
    /// Takes a text as it is, or refuses it.
    ///
    /// # Errors
    /// Where it is blank, too long, or has a NUL character.
    pub fn parse(text: &str) -> Result<Self, BodyError> {
        if text.len() > BODY_BYTES {
            Err(BodyError::TooLong(text.len()))
        } else if text.trim().is_empty() {
            Err(BodyError::Blank)
        } else if text.contains('\0') {
            Err(BodyError::Nul)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first [`PREVIEW_CHARS`] characters.
    #[must_use]
    pub fn preview(&self) -> String {
        self.0[..self.cut().unwrap_or(self.0.len())].into()
    }

    /// Where the preview ends, in bytes, if it is not the whole.
    fn cut(&self) -> Option<usize> {
        let head = self.0.as_bytes().get(..PREVIEW_CHARS)?;
        if head.is_ascii() {
            return (self.0.len() > PREVIEW_CHARS).then_some(PREVIEW_CHARS);
        }
        self.0.char_indices().nth(PREVIEW_CHARS).map(|(end, _)| end)
    }

    /// Names after an `@` that the preview cuts off, each once, the first [`PREVIEW_MENTIONS`] of them: whoever is called
    /// there should hear of it all the same.
    #[must_use]
    pub fn mentions_behind_preview(&self) -> Vec<String> {
        let text = self.as_str();
        let Some(cut) = self.cut() else { return Vec::new() };
        let mut found: Vec<String> = Vec::new();
        for (at, sign) in text.match_indices('@') {
            // An address, or a sign of something else.
            if text[..at].ends_with(|before: char| before == '@' || is_of_name(before)) {
                continue;
            }
            let called: String =
                text[at + sign.len()..].chars().take_while(|c| is_of_name(*c)).take(NAME_CHARS).collect();
            let name = called.trim_end_matches(['.', '-']);
            let is_cut = at + sign.len() + name.len() > cut;
            if is_cut && name.starts_with(|c| !matches!(c, '.' | '-')) && !found.iter().any(|other| other == name) {
                found.push(name.to_owned());
            }
            if found.len() == PREVIEW_MENTIONS {
                break;
            }
        }
        found
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

impl TryFrom<String> for Body {
    type Error = BodyError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Only the length: what people say is never logged.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blank_nul_and_too_long_are_refused() {
        assert_eq!(Body::parse(""), Err(BodyError::Blank));
        assert_eq!(Body::parse(" \n\t\u{a0}"), Err(BodyError::Blank));
        assert_eq!(Body::parse("a\0b"), Err(BodyError::Nul));
        assert_eq!(Body::parse(&"é".repeat(4_001)), Err(BodyError::TooLong(8_002)));
        assert!(Body::parse(&"é".repeat(4_000)).is_ok());
    }

    #[test]
    fn a_preview_has_so_many_characters_of_any_kind() {
        for character in ["a", "é", "🙂"] {
            for count in [1, PREVIEW_CHARS - 1, PREVIEW_CHARS, PREVIEW_CHARS + 1, 200] {
                let body = Body::parse(&character.repeat(count)).unwrap();
                assert_eq!(body.preview(), character.repeat(count.min(PREVIEW_CHARS)), "{count} of {character}");
            }
        }
        let late = format!("{}é!", "a".repeat(PREVIEW_CHARS - 1));
        assert_eq!(Body::parse(&late).unwrap().preview(), late[..late.len() - 1]);
    }

    #[test]
    fn whoever_is_called_behind_the_preview_is_told_by_name() {
        let called = |text: &str| Body::parse(text).unwrap().mentions_behind_preview();
        let long = "é".repeat(PREVIEW_CHARS - 4);
        assert_eq!(called("@ana, and nobody else"), [""; 0], "the preview has it");
        assert_eq!(called(&format!("@ana {long} @bob, @Zoë.")), ["bob", "Zoë"]);
        assert_eq!(called(&format!("{long} @ana @bob")), ["ana", "bob"], "cut within the name");
        assert_eq!(called(&format!("{long} me@ana.org @@bob @ @.. @dan @dan")), ["dan"]);
        assert_eq!(called(&format!("{long} @{}", "a".repeat(7_000))), ["a".repeat(NAME_CHARS)]);
        let crowd: String = (0..40).map(|n| format!(" @user{n}")).collect();
        assert_eq!(called(&format!("{long}{crowd}")).len(), PREVIEW_MENTIONS);
    }

    proptest! {
        #[test]
        fn what_is_called_stands_in_the_text(text in any::<String>()) {
            if let Ok(body) = Body::parse(&text) {
                for name in body.mentions_behind_preview() {
                    let call = format!("@{name}");
                    prop_assert!(text.contains(&call));
                }
            }
        }

        #[test]
        fn a_body_is_kept_byte_for_byte(text in any::<String>()) {
            if let Ok(body) = Body::parse(&text) {
                prop_assert_eq!(body.as_str(), &text);
                let json = serde_json::to_string(&body).unwrap();
                prop_assert_eq!(serde_json::from_str::<Body>(&json).unwrap(), body);
            }
        }
    }
}
