//! People as the calls show them.

use greenroom_actors::{Account, Person, hue_of};
use greenroom_protocol::{Availability, Name, RoomId, Status, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accept::Edge;
use crate::problem::Problem;

/// Somebody, as others see them; their e-mail, and whether they are an admin, is there for themselves alone.
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
    status: Availability,
    /// When they were last connected, where they are not and it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    /// Whether they are here without an account.
    guest: bool,
    /// The direct room with whoever asks, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<Direct>,
    /// Only ever told to themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin: Option<bool>,
}

/// A direct room, as a list of people shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Direct {
    /// Which.
    room: RoomId,
    /// Messages after the last that was read.
    unread: u64,
}

impl Shown {
    fn new(account: Account, status: Option<Status>) -> Self {
        let Account { id, name, display_name, status_text, hue, .. } = account;
        let (guest, last_seen, direct, email, admin) = (false, None, None, None, None);
        Self { id, name, display_name, status_text, hue, status: status.into(), last_seen, guest, direct, email, admin }
    }
}

/// Accounts, as `viewer` sees them.
pub(super) async fn shown(edge: &Edge, viewer: UserId, accounts: Vec<Account>) -> Result<Vec<Shown>, Problem> {
    let people: Vec<UserId> = accounts.iter().map(|account| account.id).collect();
    let statuses = edge.engine.statuses(people.clone()).await.map_err(|_| Problem::unavailable())?;
    let mut seen = edge.engine.last_seen(people).await?;
    let mut rooms = edge.engine.direct_rooms(viewer).await?;
    let shown = accounts.into_iter().map(|account| {
        let status = statuses.get(&account.id).copied();
        let last_seen = seen.remove(&account.id).filter(|_| status.is_none());
        let direct = rooms.remove(&account.id).map(|row| Direct { room: row.room, unread: row.unread });
        Shown { last_seen, direct, ..Shown::new(account, status) }
    });
    Ok(shown.collect())
}

/// An account, as its owner sees it.
pub(super) async fn shown_to_themselves(edge: &Edge, account: Account) -> Shown {
    let (status, email, admin) = (status(edge, account.id).await, Some(account.email.clone()), Some(account.admin));
    Shown { email, admin, ..Shown::new(account, status) }
}

/// A guest, who has nothing but a name.
pub(super) async fn shown_guest(edge: &Edge, guest: Person) -> Shown {
    let (id, name) = (guest.user.id, guest.user.name);
    let (display_name, status_text, hue) = (String::new(), String::new(), hue_of(id));
    let status = status(edge, id).await.into();
    let (guest, last_seen, direct, email, admin) = (true, None, None, None, None);
    Shown { id, name, display_name, status_text, hue, status, last_seen, guest, direct, email, admin }
}

/// Where presence restarts, one is offline for oneself: an account that was made is not to be answered by an error.
async fn status(edge: &Edge, user: UserId) -> Option<Status> {
    edge.engine.statuses(vec![user]).await.ok()?.get(&user).copied()
}
