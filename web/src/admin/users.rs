//! People as admins see them, and what admins do to their accounts.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use greenroom_actors::{Access, AccessChange, Account, Act, Administrator, Engine, Registration};
use greenroom_protocol::{Name, Timestamp, UserId};
use serde::Serialize;

use crate::fields::Fields;
use crate::paging::Which;
use crate::problem::Problem;

/// An account, as admins see it.
#[derive(Serialize)]
pub(super) struct Administered {
    id: UserId,
    name: Name,
    display_name: String,
    email: String,
    admin: bool,
    disabled: bool,
    created_at: Timestamp,
}

/// A page of them.
#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<Administered>,
    more: bool,
}

impl From<Account> for Administered {
    fn from(account: Account) -> Self {
        let disabled = account.access == Access::Disabled;
        let Account { id, name, display_name, email, admin, created, .. } = account;
        Self { id, name, display_name, email, admin, disabled, created_at: created }
    }
}

/// `GET /api/admin/users`: those whose names begin like `query`, behind `after`; or the one with that e-mail.
pub(super) async fn list(State(engine): State<Engine>, which: Which) -> Result<Json<Users>, Problem> {
    let (accounts, more) = engine.accounts_for_admin(&which.query, which.after(Name::guest)?).await?;
    Ok(Json(Users { users: accounts.into_iter().map(Administered::from).collect(), more }))
}

/// `POST /api/admin/users`: makes an account for somebody, an admin's where `admin` says so.
pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    mut fields: Fields,
) -> Result<(StatusCode, Json<Administered>), Problem> {
    let password = fields.needed("password");
    let registration = Registration {
        email: fields.needed("email"),
        name: fields.needed("name"),
        password_confirm: password.clone(),
        password,
    };
    let admin = fields.choice("admin").unwrap_or(false);
    fields.all_read()?;
    let account = engine.appoint(by, registration, admin).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

/// `PATCH /api/admin/users/{user}`: whether they are an admin, and whether they are disabled.
pub(super) async fn change(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    user: Result<Path<String>, PathRejection>,
    mut fields: Fields,
) -> Result<Json<Administered>, Problem> {
    let change = AccessChange { admin: fields.choice("admin"), disabled: fields.choice("disabled") };
    fields.all_read()?;
    if change == AccessChange::default() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "say `admin` or `disabled`"));
    }
    let account = engine.administer(by, &named(user)?, Act::Change(change)).await?;
    Ok(Json(account.into()))
}

/// `DELETE /api/admin/users/{user}`: ends their account, and what it says of them.
pub(super) async fn delete(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    user: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    engine.administer(by, &named(user)?, Act::Delete).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/admin/users/{user}/sessions`: signs them out everywhere.
pub(super) async fn sign_out(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    user: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    engine.administer(by, &named(user)?, Act::SignOut).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn named(user: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    user.map(|Path(user)| user).map_err(|bad| Problem::new(bad.status(), bad.body_text()))
}
