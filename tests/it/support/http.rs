//! Calls over HTTP, as a client makes them that keeps nothing.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::{Host, soon};

/// A call that is being made up.
pub(crate) struct Call(RequestBuilder);

/// What came of it; the body is null where there is none, or it is no JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Begins a call.
pub(crate) fn call(host: &impl Host, method: Method, path: &str) -> Call {
    Call(reqwest::Client::new().request(method, host.url(path)))
}

impl Call {
    /// With a token.
    pub(crate) fn by(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub(crate) fn body(self, kind: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header("content-type", kind).body(body))
    }

    pub(crate) async fn answer(self) -> Answer {
        self.try_answer().await.expect("the server answers")
    }

    /// The same, where the server may well be gone.
    pub(crate) async fn try_answer(self) -> Result<Answer, reqwest::Error> {
        let response = soon("an answer", self.0.send()).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, headers, body })
    }
}

impl Answer {
    /// What it says under a JSON pointer, as text.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {self:?}"))
    }

    /// The body without what is different in each answer.
    pub(crate) fn said(&self) -> Value {
        let mut body = self.body.clone();
        body.as_object_mut().map(|fields| fields.remove("request_id"));
        body
    }

    /// A header, as text; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// The fields that were found wrong.
    pub(crate) fn wrong(&self) -> Vec<&str> {
        self.body["errors"].as_object().into_iter().flatten().map(|(field, _)| field.as_str()).collect()
    }

    /// Fails where the status is another; also where an error is not told as one.
    pub(crate) fn is(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        let problem = status.is_client_error() || status.is_server_error();
        assert_eq!(problem, self.header("content-type") == "application/problem+json", "{self:?}");
        self
    }
}
