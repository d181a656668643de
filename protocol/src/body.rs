//! What a person says.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::limits::BODY_BYTES;

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
        let end = self.0.char_indices().nth(PREVIEW_CHARS).map_or(self.0.len(), |(end, _)| end);
        self.0[..end].into()
    }
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

    proptest! {
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
