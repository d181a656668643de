//! People as the calls show them.

use greenroom_actors::{Account, Person, hue_of};
use greenroom_protocol::{Availability, Name, RoomId, Status, Timestamp, UserId};
use serde::Serialize;

use crate::accept::Edge;
use crate::problem::Problem;

/// Somebody, as others see them; their e-mail is there for themselves alone.
#[derive(Serialize)]
pub(super) struct Shown {
    id: UserId,
    name: Name,
    display_name: String,
    status_text: String,
    hue: u16,
    status: Availability,
    /// When they were last connected, where they are not and it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    guest: bool,
    /// The direct room with whoever asks, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<Direct>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// A direct room, as a list of people shows it.
#[derive(Serialize)]
pub(super) struct Direct {
    room: RoomId,
    unread: u64,
}

impl Shown {
    fn new(account: Account, status: Option<Status>) -> Self {
        let Account { id, name, display_name, status_text, hue, .. } = account;
        let (guest, last_seen, direct, email) = (false, None, None, None);
        Self { id, name, display_name, status_text, hue, status: status.into(), last_seen, guest, direct, email }
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
    let (status, email) = (status(edge, account.id).await, Some(account.email.clone()));
    Shown { email, ..Shown::new(account, status) }
}

/// A guest, who has nothing but a name.
pub(super) async fn shown_guest(edge: &Edge, guest: Person) -> Shown {
    let (id, name) = (guest.user.id, guest.user.name);
    let (display_name, status_text, hue) = (String::new(), String::new(), hue_of(id));
    let status = status(edge, id).await.into();
    let (guest, last_seen, direct, email) = (true, None, None, None);
    Shown { id, name, display_name, status_text, hue, status, last_seen, guest, direct, email }
}

/// Where presence restarts, one is offline for oneself: an account that was made is not to be answered by an error.
async fn status(edge: &Edge, user: UserId) -> Option<Status> {
    edge.engine.statuses(vec![user]).await.ok()?.get(&user).copied()
}
