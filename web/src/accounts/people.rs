//! What people say of themselves, and who there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use greenroom_actors::trail::{Act, Outcome};
use greenroom_actors::{AccountFailed, ProfileChange};
use greenroom_protocol::Name;
use serde::Serialize;
use utoipa::ToSchema;

use super::person::{Shown, shown, shown_guest, shown_to_themselves};
use crate::accept::Edge;
use crate::address::Client;
use crate::bodies::ProfileEdit;
use crate::caller::Somebody;
use crate::document::examples;
use crate::fields::Fields;
use crate::paging::Which;
use crate::problem::{PathOf, Problem, QueryOf};
use crate::trail;

/// A page of people.
#[derive(Serialize, ToSchema)]
pub(super) struct People {
    /// By name, a hundred at most.
    users: Vec<Shown>,
    /// Whether there are more behind the last.
    more: bool,
}

/// Who one is.
#[utoipa::path(
    get, path = "/api/users/me", tag = "accounts", operation_id = "me",
    responses(
        (status = 200, description = "who one is", body = Shown, example = json!(examples::me())),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn me(State(edge): State<Arc<Edge>>, Somebody(identity): Somebody) -> Result<Json<Shown>, Problem> {
    if identity.person.guest {
        return Ok(Json(shown_guest(&edge, identity.person).await));
    }
    let account = edge.engine.account(&identity.person.user.id.to_string()).await?;
    let account = account.ok_or_else(Problem::unavailable)?;
    Ok(Json(shown_to_themselves(&edge, account).await))
}

/// Changes what one says of oneself.
#[utoipa::path(
    patch, path = "/api/users/me", tag = "accounts", operation_id = "change_me",
    request_body(content = ProfileEdit, example = json!(examples::profile_edit())),
    responses(
        (status = 200, description = "who one is now", body = Shown, example = json!(examples::me())),
        (status = 403, description = "a guest has nothing to change; register first"),
        (status = 409, description = "the name or the e-mail is somebody's"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn change(
    State(edge): State<Arc<Edge>>,
    Client { ip: from, .. }: Client,
    Somebody(identity): Somebody,
    mut fields: Fields,
) -> Result<Json<Shown>, Problem> {
    let Some(here) = identity.sign_in else {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a guest has nothing to change; register first"));
    };
    let change = profile(&mut fields);
    fields.all_read()?;
    let user = identity.person.user.id;
    if let (Some(pace), Some(_)) = (&edge.pace, &change.current_password) {
        // Whoever has found an open page guesses here as well as anywhere.
        pace.sign_in(from, &user.to_string())?;
    }
    let credentials = (change.password.is_some(), change.email.is_some());
    let changed = edge.engine.change_account(user, change, here).await.inspect_err(|failed| {
        if *failed == AccountFailed::WrongPassword {
            trail::note(Act::ChangeCredentials, Outcome::Failed, "");
        }
    });
    let account = changed.map_err(unchanged)?;
    match credentials {
        (true, true) => {
            trail::note(Act::ChangeCredentials, Outcome::Done, "password and e-mail; all other sign-ins have ended")
        }
        (true, false) => trail::note(Act::ChangeCredentials, Outcome::Done, "password; all other sign-ins have ended"),
        (false, true) => trail::note(Act::ChangeCredentials, Outcome::Done, "e-mail"),
        (false, false) => {}
    }
    Ok(Json(shown_to_themselves(&edge, account).await))
}

fn profile(fields: &mut Fields) -> ProfileChange {
    ProfileChange {
        name: fields.text("name"),
        display_name: fields.text("display_name"),
        status_text: fields.text("status_text"),
        hue: fields.number("hue"),
        email: fields.text("email"),
        password: fields.text("password"),
        current_password: fields.text("current_password"),
    }
}

/// Whoever is signed in is not told that they are nobody where they mistype their password.
fn unchanged(failed: AccountFailed) -> Problem {
    if failed == AccountFailed::WrongPassword {
        let message = "a new e-mail or password needs the password until now, and this is not it";
        return Problem::invalid(BTreeMap::from([("current_password".to_owned(), message.to_owned())]));
    }
    failed.into()
}

/// Those whose names begin like `query`, behind `after`.
#[utoipa::path(
    get, path = "/api/users", tag = "accounts", operation_id = "users",
    params(Which),
    responses(
        (status = 200, description = "a page of people, by name", body = People, example = json!(examples::people())),
        (status = 422, description = "`after` is no name"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn list(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<People>, Problem> {
    let (accounts, more) = edge.engine.accounts(&which.query, which.after(Name::guest)?).await?;
    Ok(Json(People { users: shown(&edge, identity.person.user.id, accounts).await?, more }))
}

/// Somebody, by id or by name.
#[utoipa::path(
    get, path = "/api/users/{user}", tag = "accounts", operation_id = "user",
    params(("user" = String, Path, description = "Somebody's id, or the name of their account", example = "bob")),
    responses(
        (status = 200, description = "somebody", body = Shown, example = json!(examples::person())),
        (status = 404, description = "nobody of this id or name has an account"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn one(
    State(edge): State<Arc<Edge>>,
    Somebody(identity): Somebody,
    PathOf(user): PathOf<String>,
) -> Result<Json<Shown>, Problem> {
    let nobody = || Problem::new(StatusCode::NOT_FOUND, "nobody of this id or name has an account");
    let account = edge.engine.account(&user).await?.ok_or_else(nobody)?;
    shown(&edge, identity.person.user.id, vec![account]).await?.pop().map(Json).ok_or_else(nobody)
}
