//! The fields of a request, read one by one, so that all that is wrong with them can be said at once.

use std::fmt;

use axum::body::HttpBody as _;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::problem::{FieldErrors, JsonBody, Problem};

/// A JSON object that is being read. It is never printed: some fields are secrets.
pub(crate) struct Fields {
    unread: Map<String, Value>,
    errors: FieldErrors,
}

/// An object whose fields are there once each: of two of a name, a proxy and we might take different ones.
struct Once(Map<String, Value>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Once;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Once, A::Error> {
                let mut read = Map::new();
                while let Some((name, value)) = fields.next_entry()? {
                    if read.insert(name, value).is_some() {
                        return Err(A::Error::custom("a field is there twice"));
                    }
                }
                Ok(Once(read))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let JsonBody(body) = JsonBody::<Box<RawValue>>::from_request(request, state).await?;
        // What was sent instead is not repeated: it may be a secret.
        if !body.get().starts_with('{') {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the body is to be a JSON object"));
        }
        let Once(unread) = serde_json::from_str(body.get()).map_err(|error| {
            if error.is_data() {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "a field is there twice")
            } else {
                Problem::new(StatusCode::BAD_REQUEST, "the body nests too deep, or has a number beyond all bounds")
            }
        })?;
        Ok(Self { unread, errors: FieldErrors::new() })
    }
}

/// The same where there need not be a body.
pub(crate) struct OptionalFields(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for OptionalFields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(Fields { unread: Map::new(), errors: FieldErrors::new() }));
        }
        Fields::from_request(request, state).await.map(Self)
    }
}

impl Fields {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.unread.contains_key(name)
    }

    /// A text; nothing where there is no such field.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        if let Value::String(text) = self.unread.remove(name)? {
            return Some(text);
        }
        self.wrong(name, "a text is wanted here")
    }

    /// A text that has to be there.
    pub(crate) fn needed(&mut self, name: &str) -> String {
        if !self.has(name) {
            return self.wrong(name, "this is needed").unwrap_or_default();
        }
        self.text(name).unwrap_or_default()
    }

    /// Texts; none where there is no such field.
    pub(crate) fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.unread.remove(name) else { return Vec::new() };
        serde_json::from_value(value)
            .ok()
            .or_else(|| self.wrong(name, "a list of texts is wanted here"))
            .unwrap_or_default()
    }

    /// A number; nothing where there is no such field.
    pub(crate) fn whole_number(&mut self, name: &str) -> Option<u64> {
        match self.unread.remove(name)?.as_u64() {
            Some(number) => Some(number),
            None => self.wrong(name, "a whole number is wanted here, not below 0"),
        }
    }

    /// A number, or null; nothing where there is no such field.
    pub(crate) fn number_or_null(&mut self, name: &str) -> Option<Option<u64>> {
        let value = self.unread.remove(name)?;
        if value.is_null() || value.is_u64() {
            return Some(value.as_u64());
        }
        self.wrong(name, "a whole number is wanted here, not below 0, or null")
    }

    /// Yes or no; nothing where there is no such field.
    pub(crate) fn choice(&mut self, name: &str) -> Option<bool> {
        match self.unread.remove(name)?.as_bool() {
            Some(choice) => Some(choice),
            None => self.wrong(name, "true or false is wanted here"),
        }
    }

    /// A small number. One that is too large becomes the largest, which is too large for every rule.
    pub(crate) fn number(&mut self, name: &str) -> Option<u16> {
        self.whole_number(name).map(|number| u16::try_from(number).unwrap_or(u16::MAX))
    }

    /// Ends the reading: what is left is passed over.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    /// Ends the reading: what is left is wrong.
    pub(crate) fn all_read(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.unread).keys() {
            self.wrong::<()>(name, "there is no such field, or it can't be changed");
        }
        self.done()
    }

    fn wrong<T>(&mut self, name: &str, message: &str) -> Option<T> {
        self.errors.insert(name.to_owned(), message.to_owned());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        Fields { unread: value.as_object().unwrap().clone(), errors: FieldErrors::new() }
    }

    #[test]
    fn what_is_there_is_read_and_what_is_not_is_nothing() {
        let mut fields = fields(json!({ "name": "Ana", "hue": 120, "far": 1_000_000, "admin": true }));
        assert_eq!((fields.text("name").as_deref(), fields.text("email")), (Some("Ana"), None));
        assert_eq!((fields.number("hue"), fields.number("far")), (Some(120), Some(u16::MAX)));
        assert_eq!((fields.choice("admin"), fields.choice("disabled")), (Some(true), None));
        assert!(fields.all_read().is_ok());
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let mut fields = fields(json!({ "name": 5, "hue": -1, "email": null, "role": "admin", "admin": "yes" }));
        assert_eq!(fields.choice("admin"), None);
        assert_eq!((fields.text("name"), fields.number("hue"), fields.text("email")), (None, None, None));
        assert_eq!(fields.needed("password"), "");
        let wrong: Vec<_> = fields.errors.keys().cloned().collect();
        assert_eq!(wrong, ["admin", "email", "hue", "name", "password"]);
        assert!(fields.all_read().is_err());
    }

    #[test]
    fn what_is_left_is_passed_over_or_wrong() {
        assert!(fields(json!({ "role": "admin" })).done().is_ok());
        assert!(fields(json!({ "role": "admin" })).all_read().is_err());
    }
}
