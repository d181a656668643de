//! Registering, signing in, signing out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use greenroom_actors::trail::{Act, Outcome};
use greenroom_actors::{AccountFailed, Registration, SignedIn, TooOften};
use greenroom_protocol::{Name, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::person::{Shown, shown_guest, shown_to_themselves};
use super::refusal::{invalid, no_guest};
use crate::accept::Edge;
use crate::address::Client;
use crate::bodies::{Registering, SigningIn};
use crate::caller::{Perhaps, caller};
use crate::cookie;
use crate::document::examples;
use crate::fields::Fields;
use crate::problem::{FieldErrors, Problem};
use crate::{request, trail};

/// What somebody gets who was not known before.
#[derive(Serialize, ToSchema)]
struct Entry {
    /// Who one is.
    user: Shown,
    /// What to show from now on: as a bearer token, or in the cookie that comes along.
    token: String,
    /// When it ends; a guest's does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// Makes an account, and signs its person in. A guest stays who they are.
#[utoipa::path(
    post, path = "/api/users", tag = "accounts", operation_id = "register",
    request_body(content = Registering, example = json!(examples::registering())),
    responses(
        (status = 201, description = "registered and signed in", body = Entry, headers(("set-cookie" = String, description = "The token as the cookie `greenroom_session`")), example = json!(examples::entry())),
        (status = 401, description = "the bearer token is not valid, or no longer"),
        (status = 409, description = "the name or the e-mail is somebody's"),
    ),
    security((), ("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn register(
    State(edge): State<Arc<Edge>>,
    Client { ip: from, .. }: Client,
    Perhaps(before): Perhaps,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let registration = Registration {
        email: fields.needed("email"),
        name: fields.needed("name"),
        password: fields.needed("password"),
        password_confirm: fields.needed("password_confirm"),
    };
    fields.done()?;
    // A slip of the finger costs no place among the few.
    registration.validate().map_err(invalid)?;
    if let Some(pace) = &edge.pace {
        pace.registration(from)?;
    }
    let signed_in = edge.engine.register(registration, before.map(|known| known.person).as_ref()).await?;
    request::is_by(signed_in.account.id);
    trail::note(Act::Register, Outcome::Done, "");
    Ok(entered(&edge, StatusCode::CREATED, signed_in).await)
}

/// Signs somebody in, or makes a guest.
#[utoipa::path(
    post, path = "/api/session", tag = "accounts", operation_id = "sign_in",
    request_body(content = SigningIn, example = json!(examples::signing_in())),
    responses(
        (status = 200, description = "signed in, or a new guest", body = Entry, headers(("set-cookie" = String, description = "The token as the cookie `greenroom_session`")), example = json!(examples::guest_entry())),
        (status = 401, description = "the e-mail or the password is wrong"),
        (status = 409, description = "the name is that of somebody who has an account, or looks like it"),
    ),
)]
pub(super) async fn sign_in(
    State(edge): State<Arc<Edge>>,
    Client { ip: from, .. }: Client,
    mut fields: Fields,
) -> Result<Response, Problem> {
    if fields.has("guest") && !fields.has("password") {
        let name = fields.needed("guest");
        fields.done()?;
        return be_guest(&edge, from, &name).await;
    }
    let (email, password) = (fields.needed("email"), fields.needed("password"));
    fields.done()?;
    if let Some(pace) = &edge.pace {
        let refused = |_: &TooOften| {
            trail::note_refusal(&edge.restraint, Act::Limit, Outcome::Refused, &trail::email_mark(&email));
        };
        pace.sign_in(from, &email).inspect_err(refused)?;
    }
    let signed_in = edge.engine.sign_in(&email, password).await;
    let signed_in = signed_in.inspect_err(|failed| {
        if *failed == AccountFailed::WrongPassword {
            trail::note(Act::SignIn, Outcome::Failed, &trail::email_mark(&email));
        }
    })?;
    request::is_by(signed_in.account.id);
    trail::note(Act::SignIn, Outcome::Done, "");
    Ok(entered(&edge, StatusCode::OK, signed_in).await)
}

async fn be_guest(edge: &Edge, from: IpAddr, name: &str) -> Result<Response, Problem> {
    let wrong = |error: greenroom_protocol::NameError| FieldErrors::from([("guest".to_owned(), error.to_string())]);
    let name = Name::guest(name).map_err(|error| Problem::invalid(wrong(error)))?;
    if let Some(pace) = &edge.pace {
        pace.guest(from)?;
    }
    let identity = edge.engine.guest(name).await.map_err(no_guest)?;
    let token = identity.token.ok_or_else(Problem::unavailable)?;
    request::is_by(identity.person.user.id);
    let user = shown_guest(edge, identity.person).await;
    Ok(hand_over(StatusCode::OK, Entry { user, token, expires_at: None }, cookie::LONGEST))
}

async fn entered(edge: &Edge, status: StatusCode, signed_in: SignedIn) -> Response {
    let SignedIn { account, token, until } = signed_in;
    let user = shown_to_themselves(edge, account).await;
    hand_over(status, Entry { user, token, expires_at: Some(until) }, left(until))
}

fn hand_over(status: StatusCode, entry: Entry, keep: Duration) -> Response {
    let cookie = cookie::set(&entry.token, keep, request::came_over_tls());
    (status, [(header::SET_COOKIE, cookie)], Json(entry)).into_response()
}

fn left(until: Timestamp) -> Duration {
    let until = UNIX_EPOCH + Duration::from_millis(u64::try_from(until.as_millis()).unwrap_or(0));
    until.duration_since(SystemTime::now()).unwrap_or_default()
}

/// Ends a sign-in and closes its sockets. Whoever is nobody already has nothing left to end.
#[utoipa::path(
    delete, path = "/api/session", tag = "accounts", operation_id = "sign_out",
    responses(
        (status = 204, description = "nobody is signed in any more", headers(("set-cookie" = String, description = "Clears the cookie"))),
    ),
    security((), ("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn sign_out(State(edge): State<Arc<Edge>>, headers: HeaderMap) -> Result<Response, Problem> {
    let known = match caller(&edge, &headers).await {
        Err(refused) if refused.status() == StatusCode::UNAUTHORIZED => None,
        known => known?,
    };
    if let Some(identity) = known
        && let Some(sign_in) = identity.sign_in
    {
        edge.engine.sign_out(identity.person.user.id, sign_in).await?;
        trail::note(Act::SignOut, Outcome::Done, "");
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::clear(request::came_over_tls()))]).into_response())
}
