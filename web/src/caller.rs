//! Who asks over HTTP.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::{Administrator, HelloFailed, Identity};

use crate::accept::Edge;
use crate::cookie;
use crate::origin;
use crate::pace::calls::Known;
use crate::problem::Problem;
use crate::request;

/// The token that a request carries: in its `Authorization`, else in its cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| cookie::token(headers))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who asks; nobody where the request doesn't say.
pub(crate) async fn caller(edge: &Edge, headers: &HeaderMap) -> Result<Option<Identity>, Problem> {
    match token(headers) {
        Some(token) => {
            let identity = edge.engine.bearer(token).await.map_err(unidentified)?;
            request::is_by(identity.person.user.id);
            Ok(Some(identity))
        }
        None => Ok(None),
    }
}

/// The same, where it may have been found out already.
async fn known(extensions: &Extensions, headers: &HeaderMap, edge: &Edge) -> Result<Option<Identity>, Problem> {
    match extensions.get::<Known>() {
        Some(Known(known)) => known.clone().map_err(unidentified),
        None => caller(edge, headers).await,
    }
}

/// Who asks; nobody is refused before their request is read any further.
pub(crate) struct Somebody(pub(crate) Identity);

impl FromRequestParts<Arc<Edge>> for Somebody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        somebody(&parts.extensions, &parts.headers, edge).await.map(Self)
    }
}

async fn somebody(extensions: &Extensions, headers: &HeaderMap, edge: &Edge) -> Result<Identity, Problem> {
    let nobody = || Problem::new(StatusCode::UNAUTHORIZED, "sign in first: with a bearer token, or the cookie");
    known(extensions, headers, edge).await?.ok_or_else(nobody)
}

/// Lets admins through, and says who they are; to everybody else who is somebody there is nothing here.
pub(crate) async fn only_admins(
    State(edge): State<Arc<Edge>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let identity = somebody(request.extensions(), request.headers(), &edge).await?;
    if !identity.admin {
        return Err(Problem::nothing_here());
    }
    request.extensions_mut().insert(administrator(&identity));
    Ok(next.run(request).await)
}

/// An admin, who acts by the request in hand.
pub(crate) fn administrator(identity: &Identity) -> Administrator {
    let asked = request::current();
    let (from, request) = (asked.as_ref().map(|asked| asked.from), asked.map(|asked| asked.id));
    Administrator::Admin { user: identity.person.user.id, from, request }
}

/// Who asks, where a stranger may ask too: a cookie that is left over from earlier makes a stranger, while whoever
/// shows a bearer token that is no longer good is to know.
pub(crate) struct Perhaps(pub(crate) Option<Identity>);

impl FromRequestParts<Arc<Edge>> for Perhaps {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        match known(&parts.extensions, &parts.headers, edge).await {
            Err(refused) if refused.status() == StatusCode::UNAUTHORIZED && bearer(&parts.headers).is_none() => {
                Ok(Self(None))
            }
            known => known.map(Self),
        }
    }
}

fn unidentified(error: HelloFailed) -> Problem {
    match error {
        HelloFailed::Unavailable => Problem::unavailable(),
        HelloFailed::Nobody | HelloFailed::BadToken | HelloFailed::NameTaken => {
            Problem::new(StatusCode::UNAUTHORIZED, error.to_string())
        }
    }
}

/// Refuses what a page of another site makes a browser ask for, with the cookie that the browser adds by itself
/// (cross-site request forgery). No browser adds a bearer token by itself.
pub(crate) async fn no_other_site(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let (asks, site) = (text(header::ORIGIN), text(FETCH_SITE));
    let place = edge.place(text(header::HOST));
    if request.method().is_safe() || bearer(headers).is_some() || origin::may_change(asks, site, place) {
        next.run(request).await
    } else {
        Problem::new(StatusCode::FORBIDDEN, "a page of another site may not do this").into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_the_authorization_before_the_cookie() {
        let mut headers = HeaderMap::new();
        assert_eq!(token(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("theme=dark; greenroom_session=c1; x=y"));
        assert_eq!(token(&headers), Some("c1"));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer b1"));
        assert_eq!(token(&headers), Some("b1"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic b1"));
        assert_eq!(token(&headers), Some("c1"));
    }
}
