//! What may be in an account: pure.

use greenroom_protocol::limits::{DISPLAY_NAME_CHARS, EMAIL_CHARS, PASSWORD_CHARS, STATUS_TEXT_CHARS};
use greenroom_protocol::{Name, UserId};
use greenroom_storage::Account;

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Which.
    pub field: &'static str,
    /// For the person.
    pub message: String,
}

/// Somebody who wants an account.
#[derive(Clone)]
pub struct Registration {
    /// Where they can be reached.
    pub email: String,
    /// What they want to be called.
    pub name: String,
    /// Their password.
    pub password: String,
    /// The same again.
    pub password_confirm: String,
}

/// What of a registration was checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) email: String,
    pub(super) name: Name,
}

/// What somebody changes about themselves; nothing stays as it is.
#[derive(Clone, Default)]
pub struct ProfileChange {
    /// The name that is theirs alone.
    pub name: Option<String>,
    /// The name that they want to be shown by; empty for none.
    pub display_name: Option<String>,
    /// What they are about.
    pub status_text: Option<String>,
    /// The hue of their picture, in degrees.
    pub hue: Option<u16>,
    /// A new e-mail.
    pub email: Option<String>,
    /// A new password.
    pub password: Option<String>,
    /// The password until now, which a new one needs.
    pub current_password: Option<String>,
}

impl Registration {
    /// Whether it breaks no rule; what is taken is not looked at.
    ///
    /// # Errors
    /// All that is wrong, field by field.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        self.check().map(|_fields| ())
    }

    pub(super) fn check(&self) -> Result<Fields, Vec<FieldError>> {
        let mut errors = Vec::new();
        let email = kept(&mut errors, "email", email(&self.email));
        let name = kept(&mut errors, "name", name(&self.name));
        let about = [self.name.as_str(), self.email.as_str()];
        kept(&mut errors, "password", password(&self.password, &about));
        if self.password != self.password_confirm {
            let message = "the two passwords are not the same".to_owned();
            errors.push(FieldError { field: "password_confirm", message });
        }
        match (email, name) {
            (Some(email), Some(name)) if errors.is_empty() => Ok(Fields { email, name }),
            _ => Err(errors),
        }
    }
}

impl ProfileChange {
    /// The account as it is to be, but for the password.
    pub(super) fn apply(&self, before: &Account) -> Result<Account, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut after = before.clone();
        if let Some(wanted) = &self.name {
            after.name = kept(&mut errors, "name", name(wanted)).unwrap_or(after.name);
        }
        if let Some(wanted) = &self.email {
            after.email = kept(&mut errors, "email", email(wanted)).unwrap_or(after.email);
        }
        if let Some(wanted) = &self.display_name {
            let shown = line(wanted, DISPLAY_NAME_CHARS);
            after.display_name = kept(&mut errors, "display_name", shown).unwrap_or_default();
        }
        if let Some(wanted) = &self.status_text {
            after.status_text = kept(&mut errors, "status_text", line(wanted, STATUS_TEXT_CHARS)).unwrap_or_default();
        }
        if let Some(wanted) = self.hue {
            let hue = if wanted < 360 { Ok(wanted) } else { Err("a hue is 0 to 359 degrees".to_owned()) };
            after.hue = kept(&mut errors, "hue", hue).unwrap_or_default();
        }
        if let Some(wanted) = &self.password {
            let about = [before.name.as_str(), before.email.as_str()];
            kept(&mut errors, "password", password(wanted, &about));
        }
        if errors.is_empty() { Ok(after) } else { Err(errors) }
    }
}

/// The hue of somebody's picture until they choose one.
#[must_use]
pub fn hue_of(id: UserId) -> u16 {
    u16::try_from(id.0.as_u128() % 360).unwrap_or(0)
}

fn kept<T>(errors: &mut Vec<FieldError>, field: &'static str, checked: Result<T, String>) -> Option<T> {
    checked.map_err(|message| errors.push(FieldError { field, message })).ok()
}

fn email(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.len() > EMAIL_CHARS {
        return Err(format!("an e-mail address has at most {EMAIL_CHARS} characters"));
    }
    let options = email_address::Options::default().without_display_text().with_required_tld();
    match email_address::EmailAddress::parse_with_options(text, options) {
        Ok(address) => Ok(address.to_string()),
        Err(error) => Err(format!("this is no e-mail address: {error}")),
    }
}

fn name(text: &str) -> Result<Name, String> {
    let name = Name::account(text).map_err(|error| error.to_string())?;
    // Each caller is `me` in the paths of calls.
    if name.as_str().eq_ignore_ascii_case("me") {
        return Err("this name means everybody; take another".to_owned());
    }
    Ok(name)
}

/// A line of text without what deceives or breaks a page.
pub(crate) fn line(text: &str, longest: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > longest {
        return Err(format!("at most {longest} characters"));
    }
    let deceives = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(deceives) {
        return Err("no line breaks, control characters or changes of direction".to_owned());
    }
    Ok(text.to_owned())
}

/// A password is long enough, and not one of those that are tried first. `about` is what others know of the person.
fn password(text: &str, about: &[&str]) -> Result<(), String> {
    let chars = text.chars().count();
    if !PASSWORD_CHARS.contains(&chars) {
        return Err(format!("a password has {} to {} characters", PASSWORD_CHARS.start(), PASSWORD_CHARS.end()));
    }
    // Whoever guesses tries so many first, even where each try takes a second.
    const TRIED_FIRST: u64 = 100_000;
    if zxcvbn::zxcvbn(text, about).guesses() < TRIED_FIRST {
        return Err("this password is among those that are tried first; take a longer or less usual one".to_owned());
    }
    Ok(())
}

impl std::fmt::Debug for Registration {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registration({})", self.name)
    }
}

impl std::fmt::Debug for ProfileChange {
    /// Without the passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProfileChange")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(name: &str, email: &str, password: &str) -> Registration {
        let (name, email, password) = (name.to_owned(), email.to_owned(), password.to_owned());
        Registration { name, email, password_confirm: password.clone(), password }
    }

    fn wrong(registration: &Registration) -> Vec<&'static str> {
        let errors = registration.check().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_field_by_field() {
        let good = registration("Ana", " ana@example.org ", "tall grass on tuesday");
        assert_eq!(good.check().map(|fields| fields.email), Ok("ana@example.org".to_owned()));
        assert_eq!(wrong(&registration("A", "ana", "short")), ["email", "name", "password"]);
        let differs = Registration { password_confirm: "tall grass".into(), ..good };
        assert_eq!(wrong(&differs), ["password_confirm"]);
    }

    #[test]
    fn nobody_is_called_what_everybody_calls_themselves() {
        assert_eq!(wrong(&registration("Me", "me@example.org", "tall grass on tuesday")), ["name"]);
    }

    #[test]
    fn a_password_that_is_tried_first_is_refused() {
        for bad in ["password", "12345678", "qwertyuiop", "anaanaana", "ana@example.org", "Password1"] {
            assert_eq!(wrong(&registration("ana", "ana@example.org", bad)), ["password"], "{bad}");
        }
        let long = "a tall tree ".repeat(30);
        assert_eq!(wrong(&registration("ana", "ana@example.org", &long)), ["password"], "too long");
        let chinese = "红色的高山上有一匹马在唱歌";
        assert!(wrong(&registration("ana", "ana@example.org", chinese)).is_empty());
    }

    #[test]
    fn no_address_that_leads_nowhere_is_taken() {
        for bad in [
            "",
            "@",
            "a@",
            "@b.org",
            "a b@c.org",
            "a@b",
            "a@b..org",
            "Ana <a@b.org>",
            &format!("{}@b.org", "a".repeat(300)),
        ] {
            assert_eq!(wrong(&registration("ana", bad, "tall grass on tuesday")), ["email"], "{bad}");
        }
    }

    #[test]
    fn what_one_says_of_oneself_is_one_honest_line() {
        assert_eq!(line("  at lunch ", 20), Ok("at lunch".into()));
        for bad in ["two\nlines", "ab\u{202e}cd", "x\u{0}", &"x".repeat(21)] {
            assert!(line(bad, 20).is_err(), "{bad:?}");
        }
    }
}
