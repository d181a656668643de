//! What a guest shows to be the same guest again.
//!
//! A token holds the person itself, signed with a key of this data directory, so that a guest who
//! never writes costs the store nothing: `g1.<payload>.<signature>`, both in base64url. The payload
//! is the id's 16 bytes and the name; the signature is 16 bytes of BLAKE3, keyed, over the version
//! and the payload.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use greenroom_protocol::{Name, User, UserId};
use uuid::Uuid;

const VERSION: &str = "g1";
const SIGNATURE_BYTES: usize = 16;
const ID_BYTES: usize = 16;

/// The longest token that is looked at: a name has at most 32 characters, each at most 4 bytes.
const LONGEST: usize = 512;

/// Issues and verifies the tokens of guests.
#[derive(Clone)]
pub struct GuestTokens {
    key: [u8; 32],
}

impl GuestTokens {
    /// Signs with a key derived from the data directory's secret.
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self { key: blake3::derive_key("greenroom 2026 guest token v1", secret) }
    }

    /// A token that stands for this person until the data directory's secret is changed.
    #[must_use]
    pub fn issue(&self, user: &User) -> String {
        let name = user.name.as_str();
        let mut payload = Vec::with_capacity(ID_BYTES + name.len());
        payload.extend_from_slice(user.id.0.as_bytes());
        payload.extend_from_slice(name.as_bytes());
        let signature = self.sign(&payload);
        format!("{VERSION}.{}.{}", BASE64.encode(&payload), BASE64.encode(&signature.as_bytes()[..SIGNATURE_BYTES]))
    }

    /// The person for whom this token was issued here; none where it is forged, foreign or broken.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<User> {
        if token.len() > LONGEST {
            return None;
        }
        let mut parts = token.split('.');
        let (version, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let payload = BASE64.decode(payload).ok()?;
        let signature: [u8; SIGNATURE_BYTES] = BASE64.decode(signature).ok()?.try_into().ok()?;
        let mut expected = [0; SIGNATURE_BYTES];
        expected.copy_from_slice(&self.sign(&payload).as_bytes()[..SIGNATURE_BYTES]);
        if !same_in_constant_time(&signature, &expected) {
            return None;
        }
        let (id, name) = payload.split_at_checked(ID_BYTES)?;
        let name = Name::guest(std::str::from_utf8(name).ok()?).ok()?;
        Some(User { id: UserId(Uuid::from_slice(id).ok()?), name })
    }

    fn sign(&self, payload: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(VERSION.as_bytes()).update(payload);
        hasher.finalize()
    }
}

/// How long it takes tells nothing about where the two differ.
fn same_in_constant_time(one: &[u8; SIGNATURE_BYTES], other: &[u8; SIGNATURE_BYTES]) -> bool {
    std::hint::black_box(u128::from_ne_bytes(*one) ^ u128::from_ne_bytes(*other)) == 0
}

/// The key stays out of logs.
impl std::fmt::Debug for GuestTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuestTokens")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn alice() -> User {
        User { id: UserId::new(), name: Name::guest("Alice").unwrap() }
    }

    #[test]
    fn a_token_gives_back_its_person() {
        let tokens = GuestTokens::new(&[7; 32]);
        let alice = alice();
        assert_eq!(tokens.verify(&tokens.issue(&alice)), Some(alice));
    }

    #[test]
    fn a_token_of_another_house_is_refused() {
        let token = GuestTokens::new(&[8; 32]).issue(&alice());
        assert_eq!(GuestTokens::new(&[7; 32]).verify(&token), None);
    }

    #[test]
    fn a_token_with_any_character_changed_is_refused() {
        let tokens = GuestTokens::new(&[7; 32]);
        let token = tokens.issue(&alice());
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(tokens.verify(std::str::from_utf8(&forged).unwrap()), None, "changed at {place}");
        }
        assert_eq!(tokens.verify(&format!("{token}.")), None);
        assert_eq!(tokens.verify(&token[..token.len() - 1]), None);
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_a_token(text in any::<String>()) {
            prop_assert_eq!(GuestTokens::new(&[7; 32]).verify(&text), None);
        }
    }
}
