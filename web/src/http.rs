//! The calls over HTTP.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use greenroom_actors::PublicRoom;
use serde::Serialize;

use crate::accept::Edge;
use crate::problem::Problem;

/// The cookie that carries a token where a browser can't set a header.
const COOKIE: &str = "greenroom_session";

/// The token that a request carries: in its `Authorization`, else in its cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| cookie(headers))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// `GET /api/health`
pub(crate) async fn health(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.health().await))
}

/// `GET /api/set-aside`: commands that crashed their room twice, and stored events that can't be read.
pub(crate) async fn set_aside(State(edge): State<Arc<Edge>>) -> Response {
    fresh(Json(edge.engine.set_aside()))
}

#[derive(Serialize)]
struct Rooms {
    rooms: Vec<PublicRoom>,
}

/// `GET /api/rooms`: the public ones, and the caller's where they say who they are.
pub(crate) async fn rooms(State(edge): State<Arc<Edge>>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = match token(&headers) {
        Some(token) => match edge.engine.bearer(token).await {
            Ok(identity) => Some(identity.person.user.id),
            Err(error) => return Err(Problem::new(StatusCode::UNAUTHORIZED, error.to_string())),
        },
        None => None,
    };
    let rooms = edge.engine.rooms(caller).await.map_err(|_| Problem::unavailable())?;
    Ok(fresh(Json(Rooms { rooms })))
}

/// What is true now may not be a moment later: nobody is to keep it.
fn fresh(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
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
