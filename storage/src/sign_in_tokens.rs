//! What somebody shows who is signed in: 256 random bits, of which only a hash is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::TokenHash;

/// Tells it from a guest's token.
const VERSION: &str = "s1.";

/// A token, to be handed over once.
pub struct SignInToken {
    /// What its owner shows.
    pub text: String,
    /// What is stored of it.
    pub hash: TokenHash,
}

impl SignInToken {
    /// A new one.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits)?;
        let text = format!("{VERSION}{}", BASE64.encode(bits));
        Ok(Self { hash: hash(&text), text })
    }

    /// What is stored of a token; nothing where the text is of another kind.
    #[must_use]
    pub fn hash_of(text: &str) -> Option<TokenHash> {
        (text.len() == VERSION.len() + 43 && text.starts_with(VERSION)).then(|| hash(text))
    }
}

/// The bits are random, so a fast hash is enough: there is nothing to guess.
fn hash(text: &str) -> TokenHash {
    blake3::derive_key("greenroom 2026 sign-in token v1", text.as_bytes())
}

impl std::fmt::Debug for SignInToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignInToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_no_two_are_the_same() {
        let (one, other) = (SignInToken::new().unwrap(), SignInToken::new().unwrap());
        assert_ne!(one.text, other.text);
        assert_eq!(SignInToken::hash_of(&one.text), Some(one.hash));
        for bad in ["", "s1.", "g1.AAAA.BBBB", &one.text[..45], &format!("{}x", one.text)] {
            assert_eq!(SignInToken::hash_of(bad), None, "{bad}");
        }
    }
}
