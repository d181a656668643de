//! A room before its log is open: it reads what it needs, and lets everybody wait.

use greenroom_protocol::limits::{ONLINE_USERS, PAGE_BYTES, PAGE_EVENTS};
use greenroom_protocol::{ErrorCode, RoomId, RoomKind};
use greenroom_storage::{NewRoom, Open, OpenRefused, Opened, PageFrom};

use super::actor::{READ_AGAIN, RoomShell};
use super::command::{Creation, Inside, JoinRequest, Loaded, RoomCommand};
use super::leaving::no_such_room;
use crate::call;
use crate::clock;
use crate::outbox::Refusal;
use crate::store::{ReadFailed, StoreHandle};

/// What a room knows before it is open, and who waits for it.
#[derive(Default)]
pub(super) struct Opening {
    /// What the store has said.
    pub(super) opened: Option<Opened>,
    /// Commands that came meanwhile, in their order.
    pub(super) waiting: Vec<Inside>,
    /// Reads of its log that have failed.
    pub(super) failures: u32,
}

impl Opening {
    /// Who may be named as the room's maker, should there be no such room: the first who may make one.
    pub(super) fn maker(&self, room: &RoomId) -> Option<NewRoom> {
        let maker = self.joins().find(|join| join.creation.take())?;
        let (title, by) = (room.as_str().to_owned(), maker.person.user.id);
        Some(NewRoom { kind: RoomKind::Group, title, by, at: clock::now() })
    }

    /// Those who want in.
    pub(super) fn joins(&self) -> impl Iterator<Item = &JoinRequest> {
        self.waiting
            .iter()
            .filter_map(|command| if let Inside::Join(entry) = command { Some(&*entry.request) } else { None })
    }
}

/// After so many reads that failed, five seconds, nobody waits any longer.
const PATIENCE: u32 = 10;

impl RoomShell {
    /// The log can't be read now. It is tried again, but whoever has waited for long is told so: not those who
    /// were in the room before, for what they have sent may be stored.
    pub(super) fn not_loaded(&mut self, error: &ReadFailed) {
        tracing::warn!(room = %self.id, %error, "the room can't be read yet");
        self.myself.tell_after(READ_AGAIN, || RoomCommand::LoadAgain);
        let id = self.id.clone();
        let Some(opening) = self.opening() else { return };
        opening.failures += 1;
        if opening.failures < PATIENCE {
            return;
        }
        let refusal = || Refusal::retry(ErrorCode::Unavailable, format!("the room {id} can't be read now"), 1_000);
        for command in std::mem::take(&mut opening.waiting) {
            if let Inside::History(request) = command {
                request.refuse(refusal());
            } else if let Inside::VisitorPost(post) = command {
                call::answer(post.reply, Err(refusal()));
            } else if let Inside::Join(entry) = &command
                && !entry.request.outbox.has_answered(&id, entry.request.join)
            {
                entry.request.refuse(&id, refusal());
            } else {
                opening.waiting.push(command);
            }
        }
    }

    /// Asks the store to open the log for this incarnation. Answered in the log's own order: whatever
    /// an earlier incarnation appended is settled by then.
    pub(super) fn open(&self, create: Option<NewRoom>) {
        let Some(store) = &self.store else { return };
        let myself = self.myself.clone();
        let reply = Box::new(move |opened| myself.tell(RoomCommand::Opened(opened)));
        store.open(Open { room: self.id.clone(), incarnation: self.incarnation, create, reply });
    }

    /// Reads the newest part of the log and how far people have got.
    pub(super) fn load(&self, opened: &Opened) {
        let (store, key) = (self.directory.store.clone(), opened.room.key);
        let myself = self.myself.clone();
        tokio::spawn(async move {
            let loaded = load(&store, key).await;
            myself.tell(RoomCommand::Loaded(loaded));
        });
    }
}

async fn load(store: &StoreHandle, key: greenroom_storage::RoomKey) -> Result<Loaded, ReadFailed> {
    let newest = store.page(key, PageFrom::Newest, PAGE_EVENTS, PAGE_BYTES).await?;
    let cursors = store.cursors(key, ONLINE_USERS).await?;
    Ok(Loaded { newest, cursors })
}

/// Whether somebody who comes to a room that could not be opened may make it: not where the disk is full,
/// which asking again at once would only ask for ever.
pub(super) fn may_be_made(refused: &OpenRefused, creation: &Creation) -> bool {
    *refused == OpenRefused::NotFound && creation.take()
}

/// What is said to those who wanted into a room that could not be opened.
pub(super) fn refusal(room: &RoomId, refused: &OpenRefused) -> Refusal {
    match refused {
        OpenRefused::NotFound | OpenRefused::Deleted => no_such_room(room),
        OpenRefused::Refused(reason) => {
            Refusal::retry(ErrorCode::Unavailable, format!("the room can't be opened now: {reason}"), 5_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_storage::Refused;

    #[test]
    fn a_room_is_made_where_there_is_none_and_not_while_the_disk_is_full() {
        let (allowed, forbidden) = (Creation::new(true, None), Creation::new(false, None));
        assert!(may_be_made(&OpenRefused::NotFound, &allowed));
        assert!(!may_be_made(&OpenRefused::NotFound, &forbidden));
        assert!(!may_be_made(&OpenRefused::Refused(Refused::DiskFull), &allowed));
    }
}
