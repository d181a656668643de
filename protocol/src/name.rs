//! Names of people.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection as _};

use crate::limits::{ACCOUNT_NAME_MIN_CHARS, NAME_CHARS};

/// A person's name, in Unicode's compatibility form (NFKC): letters, digits, `_`, `-` and `.`, of
/// one script or a customary mixture such as Latin with Japanese. Cloning it is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schemas", schema(value_type = String, min_length = 1, max_length = 32))]
#[serde(try_from = "String")]
pub struct Name(Arc<str>);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or less than an account needs.
    #[error("a name has at least {0} character(s)")]
    TooShort(usize),
    /// More than [`NAME_CHARS`] characters.
    #[error("a name has at most {NAME_CHARS} characters")]
    TooLong,
    /// A character that is no letter, digit, `_`, `-` or `.`.
    #[error("a name has only letters, digits, '_', '-' and '.'")]
    Character,
    /// Letters of scripts that are not written together, as Cyrillic `а` in `alice`.
    #[error("a name doesn't mix the letters of different scripts")]
    MixedScripts,
}

impl Name {
    /// Parses the name of a guest: 1 to 32 characters.
    ///
    /// # Errors
    /// Where the text breaks a rule of names.
    pub fn guest(text: &str) -> Result<Self, NameError> {
        Self::parse(text, 1)
    }

    /// Parses the name of an account: 2 to 32 characters.
    ///
    /// # Errors
    /// Where the text breaks a rule of names.
    pub fn account(text: &str) -> Result<Self, NameError> {
        Self::parse(text, ACCOUNT_NAME_MIN_CHARS)
    }

    fn parse(text: &str, shortest: usize) -> Result<Self, NameError> {
        // The compatibility form of one character has at most 18, so this bounds the work below.
        if text.len() > NAME_CHARS * 4 {
            return Err(NameError::TooLong);
        }
        let name: String = text.nfkc().collect();
        let chars = name.chars().count();
        if chars < shortest {
            return Err(NameError::TooShort(shortest));
        }
        if chars > NAME_CHARS {
            return Err(NameError::TooLong);
        }
        if !name.chars().all(may_stand_in_a_name) || !name.chars().any(char::is_alphanumeric) {
            return Err(NameError::Character);
        }
        if name.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive {
            return Err(NameError::MixedScripts);
        }
        Ok(Self(name.into()))
    }

    /// What the name is taken for where case is not told apart. Names that share this skeleton, or share their
    /// [`looks`](Self::looks), are hard to tell apart in any script
    /// ([UTS #39](https://www.unicode.org/reports/tr39/), confusable detection).
    #[must_use]
    pub fn skeleton(&self) -> String {
        skeleton(&self.0.to_lowercase()).collect()
    }

    /// What the name looks like as it is written: a capital `I` is like an `l`, an `i` is not.
    #[must_use]
    pub fn looks(&self) -> String {
        skeleton(&self.0).collect::<String>().to_lowercase()
    }

    /// The name, normalised.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Marks count as letters: Devanagari or Thai can't be written without.
fn may_stand_in_a_name(c: char) -> bool {
    matches!(c, '_' | '-' | '.')
        || c.is_alphanumeric()
        || (c.general_category_group() == GeneralCategoryGroup::Mark
            && unicode_security::GeneralSecurityProfile::identifier_allowed(c))
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::guest(&text)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_of_many_scripts_have_names() {
        for name in ["ana", "Ana_2.b-c", "Zoë", "Иван", "محمد", "कृष्ण", "山田taro", "김철수", "สมชาย", "x"]
        {
            assert!(Name::guest(name).is_ok(), "{name}: {:?}", Name::guest(name));
        }
    }

    #[test]
    fn a_name_is_normalised() {
        assert_eq!(Name::guest("Ａｎａ").unwrap().as_str(), "Ana");
        assert_eq!(Name::guest("e\u{301}va").unwrap(), Name::guest("éva").unwrap());
    }

    #[test]
    fn a_name_that_deceives_is_refused() {
        assert_eq!(Name::guest("\u{430}lice"), Err(NameError::MixedScripts), "Cyrillic а in alice");
        for bad in ["a\u{200b}b", "a\u{202e}b", "a\u{7}", "a\0", "a b", "<b>", "😀", "...", "\u{301}"] {
            assert_eq!(Name::guest(bad), Err(NameError::Character), "{bad:?}");
        }
    }

    #[test]
    fn names_that_are_hard_to_tell_apart_are_alike() {
        let alike = |one: &str, other: &str| {
            let (one, other) = (Name::guest(one).unwrap(), Name::guest(other).unwrap());
            one.skeleton() == other.skeleton() || one.looks() == other.looks()
        };
        for (one, other) in [("alice", "ALICE"), ("alice", "aIice"), ("alice", "a1ice"), ("pay", "рау"), ("O0", "0o")]
        {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in [("alice", "alicia"), ("mail", "mall"), ("Ali", "All")] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_has_its_length() {
        assert_eq!(Name::guest(""), Err(NameError::TooShort(1)));
        assert_eq!(Name::account("a"), Err(NameError::TooShort(2)));
        assert!(Name::guest(&"a".repeat(32)).is_ok());
        assert_eq!(Name::guest(&"a".repeat(33)), Err(NameError::TooLong));
        assert_eq!(Name::guest(&"\u{fdfa}".repeat(20)), Err(NameError::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_name_stays_the_same_when_parsed_again(text in "\\PC{0,40}") {
            if let Ok(name) = Name::guest(&text) {
                prop_assert_eq!(Name::guest(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
