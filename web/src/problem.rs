//! HTTP errors as `application/problem+json` (RFC 9457). HTTP statuses of refusals appear only here,
//! in the calls themselves and in the router.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use greenroom_actors::TooOften;
use greenroom_protocol::limits::REQUEST;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::request;

/// What is wrong with which field.
pub(crate) type FieldErrors = BTreeMap<String, String>;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    errors: FieldErrors,
    retry_after: Option<Duration>,
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'a> {
    /// Always `about:blank`: the status says what it is.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The status, in words.
    title: &'a str,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, for a person.
    detail: &'a str,
    /// What is wrong with which field.
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    #[serde(skip_serializing_if = "FieldErrors::is_empty")]
    errors: &'a FieldErrors,
    /// What to quote when one asks somebody who can read the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: FieldErrors::new(), retry_after: None }
    }

    /// There is nothing of that path, or nothing that whoever asks may know of.
    pub(crate) fn nothing_here() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing here")
    }

    /// A part that should answer does not; the request may succeed later.
    pub(crate) fn unavailable() -> Self {
        Self::later(StatusCode::SERVICE_UNAVAILABLE, "a part of the server restarts; ask again", Duration::from_secs(1))
    }

    /// The same request may succeed after this time.
    pub(crate) fn later(status: StatusCode, detail: impl Into<String>, after: Duration) -> Self {
        Self { retry_after: Some(after), ..Self::new(status, detail) }
    }

    /// Some fields break a rule.
    pub(crate) fn invalid(errors: FieldErrors) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "some fields are not valid") }
    }

    /// What this field says is somebody's already.
    pub(crate) fn taken(field: &str, detail: &str) -> Self {
        let errors = FieldErrors::from([(field.to_owned(), detail.to_owned())]);
        Self { errors, ..Self::new(StatusCode::CONFLICT, detail) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<TooOften> for Problem {
    fn from(TooOften(wait): TooOften) -> Self {
        Self::later(StatusCode::TOO_MANY_REQUESTS, "too often; try again later", wait)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("error");
        let Self { status, detail, errors, retry_after } = &self;
        let request_id = request::current().map(|asked| asked.id);
        let body = Body { kind: "about:blank", title, status: status.as_u16(), detail, errors, request_id };
        let mut response = (*status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // What is refused now may be granted a moment later.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = retry_after {
            // Whoever comes a moment too early waits all over again.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_millis().div_ceil(1_000).max(1) as u64));
        }
        if *status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What is said of people and rooms is for who has asked.
pub(crate) async fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a path names; what can't be read is a problem like any other.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(path)| Self(path)).map_err(|bad| Problem::new(bad.status(), bad.body_text()))
    }
}

/// What a query asks for; what can't be read is a problem like any other.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(query)| Self(query)).map_err(|bad| Problem::new(bad.status(), bad.body_text()))
    }
}

/// A JSON body; one that is none, or not what was asked for, or takes too long, is a problem like any other.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match timeout(REQUEST, Json::from_request(request, state)).await {
            Ok(Ok(Json(body))) => Ok(Self(body)),
            Ok(Err(rejection)) => Err(Problem::new(rejection.status(), rejection.body_text())),
            Err(_elapsed) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body takes too long")),
        }
    }
}
