//! People as admins see them, and what admins do to their accounts.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use greenroom_actors::{Access, AccessChange, Account, Act, Administrator, Engine, Registration};
use greenroom_protocol::{Name, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::bodies::{AccessChanges, NewAccount};
use crate::document::examples;
use crate::fields::Fields;
use crate::paging::Which;
use crate::problem::{PathOf, Problem, QueryOf};

/// An account, as admins see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Administered {
    /// Who.
    id: UserId,
    /// What they are called.
    name: Name,
    /// What they want to be shown as; empty where they have not said.
    display_name: String,
    /// Where they can be reached.
    email: String,
    /// Whether they administer, too.
    admin: bool,
    /// Whether they can't come in at the moment.
    disabled: bool,
    /// Since when.
    created_at: Timestamp,
}

/// A page of accounts, as admins see them.
#[derive(Serialize, ToSchema)]
#[schema(as = AdministeredUsers)]
pub(crate) struct Users {
    /// By name.
    users: Vec<Administered>,
    /// Whether there are more behind these.
    more: bool,
}

impl From<Account> for Administered {
    fn from(account: Account) -> Self {
        let disabled = account.access == Access::Disabled;
        let Account { id, name, display_name, email, admin, created, .. } = account;
        Self { id, name, display_name, email, admin, disabled, created_at: created }
    }
}

/// Those whose names begin like `query`, behind `after`; or the one with that e-mail.
#[utoipa::path(
    get, path = "/api/admin/users", tag = "administration", operation_id = "admin_users",
    params(Which),
    responses(
        (status = 200, description = "a page of accounts", body = Users, example = json!(examples::administered_users())),
        (status = 404, description = "whoever asks is no admin"),
        (status = 422, description = "`after` is no name"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn list(State(engine): State<Engine>, QueryOf(which): QueryOf<Which>) -> Result<Json<Users>, Problem> {
    let (accounts, more) = engine.accounts_for_admin(&which.query, which.after(Name::guest)?).await?;
    Ok(Json(Users { users: accounts.into_iter().map(Administered::from).collect(), more }))
}

/// Makes an account for somebody, an admin's where `admin` says so.
#[utoipa::path(
    post, path = "/api/admin/users", tag = "administration", operation_id = "admin_create_user",
    request_body(content = NewAccount, example = json!(examples::new_account())),
    responses(
        (status = 201, description = "made; they sign in by themselves", body = Administered, example = json!(examples::administered())),
        (status = 404, description = "whoever asks is no admin"),
        (status = 409, description = "the name or the e-mail is somebody's"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
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

/// Whether somebody is an admin, and whether they can come in.
#[utoipa::path(
    patch, path = "/api/admin/users/{user}", tag = "administration", operation_id = "admin_change_user",
    params(("user" = String, Path, description = "an id or a name", example = "bob")),
    request_body(content = AccessChanges, example = json!({ "disabled": true })),
    responses(
        (status = 200, description = "as they are now", body = Administered, example = json!(examples::administered())),
        (status = 404, description = "nobody has this account, or whoever asks is no admin"),
        (status = 409, description = "there is to be an admin"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn change(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    PathOf(user): PathOf<String>,
    mut fields: Fields,
) -> Result<Json<Administered>, Problem> {
    let change = AccessChange { admin: fields.choice("admin"), disabled: fields.choice("disabled") };
    fields.all_read()?;
    if change == AccessChange::default() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "say `admin` or `disabled`"));
    }
    let account = engine.administer(by, &user, Act::Change(change)).await?;
    Ok(Json(account.into()))
}

/// What is to become of what somebody has said.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Legacy {
    /// Whether it is erased with the account; else it stays, under their name.
    #[serde(default)]
    erase: bool,
}

/// Ends somebody's account, and what it says of them.
#[utoipa::path(
    delete, path = "/api/admin/users/{user}", tag = "administration", operation_id = "admin_delete_user",
    params(("user" = String, Path, description = "an id or a name", example = "bob"), Legacy),
    responses(
        (status = 204, description = "deleted; the name is nobody else's"),
        (status = 404, description = "nobody has this account, or whoever asks is no admin"),
        (status = 409, description = "there is to be an admin"),
        (status = 422, description = "`erase` is `true` or `false`"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn delete(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    PathOf(user): PathOf<String>,
    QueryOf(Legacy { erase }): QueryOf<Legacy>,
) -> Result<StatusCode, Problem> {
    engine.administer(by, &user, Act::Delete { erase }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases all that somebody has said until now, in all rooms. They stay, and may say more.
#[utoipa::path(
    delete, path = "/api/admin/users/{user}/messages", tag = "administration", operation_id = "admin_erase",
    params(("user" = String, Path, description = "an id or a name; of guests and of those who are deleted, an id", example = "bob")),
    responses(
        (status = 204, description = "nobody can read it any more; it leaves the disk soon"),
        (status = 404, description = "nobody of this name or id has written here, or whoever asks is no admin"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn erase(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    PathOf(user): PathOf<String>,
) -> Result<StatusCode, Problem> {
    engine.erase(by, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs somebody out everywhere.
#[utoipa::path(
    delete, path = "/api/admin/users/{user}/sessions", tag = "administration", operation_id = "admin_sign_out_user",
    params(("user" = String, Path, description = "an id or a name", example = "bob")),
    responses(
        (status = 204, description = "signed out; their sockets are closed"),
        (status = 404, description = "nobody has this account, or whoever asks is no admin"),
    ),
    security(("bearer" = []), ("cookie" = [])),
)]
pub(super) async fn sign_out(
    State(engine): State<Engine>,
    Extension(by): Extension<Administrator>,
    PathOf(user): PathOf<String>,
) -> Result<StatusCode, Problem> {
    engine.administer(by, &user, Act::SignOut).await?;
    Ok(StatusCode::NO_CONTENT)
}
