//! People as the calls show them.

use greenroom_actors::{Account, Person, hue_of};
use greenroom_protocol::{Name, Status, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accept::Edge;
use crate::problem::Problem;

/// Somebody, as others see them; their e-mail is there for themselves alone.
#[derive(Serialize, ToSchema)]
#[schema(as = Person)]
pub(crate) struct Shown {
    /// Who.
    id: UserId,
    /// What they are called.
    name: Name,
    /// What they want to be shown as; empty where they have not said.
    display_name: String,
    /// What they say of themselves.
    status_text: String,
    /// The hue of their picture, in degrees.
    #[schema(maximum = 359)]
    hue: u16,
    /// How reachable they are.
    #[schema(pattern = "^(online|away|dnd|offline)$")]
    status: &'static str,
    /// Whether they are here without an account.
    guest: bool,
    /// Only ever told to themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Shown {
    fn new(account: Account, status: Option<Status>) -> Self {
        let Account { id, name, display_name, status_text, hue, .. } = account;
        Self { id, name, display_name, status_text, hue, status: word(status), guest: false, email: None }
    }
}

/// Accounts, as others see them.
pub(super) async fn shown(edge: &Edge, accounts: Vec<Account>) -> Result<Vec<Shown>, Problem> {
    let people = accounts.iter().map(|account| account.id).collect();
    let statuses = edge.engine.statuses(people).await.map_err(|_| Problem::unavailable())?;
    let shown = accounts.into_iter().map(|account| {
        let status = statuses.get(&account.id).copied();
        Shown::new(account, status)
    });
    Ok(shown.collect())
}

/// An account, as its owner sees it.
pub(super) async fn shown_to_themselves(edge: &Edge, account: Account) -> Shown {
    let (status, email) = (status(edge, account.id).await, Some(account.email.clone()));
    Shown { email, ..Shown::new(account, status) }
}

/// A guest, who has nothing but a name.
pub(super) async fn shown_guest(edge: &Edge, guest: Person) -> Shown {
    let (id, name) = (guest.user.id, guest.user.name);
    let (display_name, status_text, hue) = (String::new(), String::new(), hue_of(id));
    let status = word(status(edge, id).await);
    Shown { id, name, display_name, status_text, hue, status, guest: true, email: None }
}

/// Where presence restarts, one is offline for oneself: an account that was made is not to be answered by an error.
async fn status(edge: &Edge, user: UserId) -> Option<Status> {
    edge.engine.statuses(vec![user]).await.ok()?.get(&user).copied()
}

fn word(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Online) => "online",
        Some(Status::Away) => "away",
        Some(Status::Dnd) => "dnd",
        None => "offline",
    }
}
