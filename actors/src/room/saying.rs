//! From a post to everybody's outbox.

use std::sync::Arc;

use greenroom_protocol::SessionId;
use greenroom_protocol::limits::PAGE_EVENTS;
use greenroom_storage::{Append, Page, PageFrom, RoomBatch, fault_point};

use super::actor::{RoomShell, now};
use super::command::Inside;
use super::state::{Announcement, Post};
use crate::clock;
use crate::dead_letters::PoisonCommand;
use crate::outbox::{Refusal, Settlement};
use crate::store::ReadFailed;

impl RoomShell {
    pub(super) fn post(&mut self, session: SessionId, post: Post) {
        let number = post.number;
        let id = self.id.clone();
        let taken = self.consider(session, post);
        match taken {
            Ok(append) => {
                fault_point::pass("room.before_append");
                if let Some(store) = &self.store {
                    store.append(append);
                }
            }
            Err(refusal) => {
                if let Some(living) = self.directory.session(session) {
                    living.outbox.settle(&id, &[Settlement { number, result: Err(refusal) }]);
                }
            }
        }
    }

    /// Decides on a post, with a note of it in the casebook meanwhile. One that was set aside is not looked
    /// at again: the store only tells whether it was stored before that.
    fn consider(&mut self, session: SessionId, post: Post) -> Result<Append, Refusal> {
        let casebook = Arc::clone(&self.casebook);
        let state = &mut self.open_room().state;
        let poison = state
            .person(session)
            .is_some_and(|person| !casebook.begin(PoisonCommand::Send { user: person.user.id, id: post.id }));
        if !poison {
            fault_point::pass_with("room.post", || post.id.to_string());
        }
        let taken = state.post(session, post, clock::now(), poison);
        casebook.done();
        taken
    }

    pub(super) fn committed(&mut self, batch: RoomBatch) {
        let announcement = self.open_room().state.announced(batch.events, batch.settled, now());
        self.announce(announcement);
    }

    pub(super) fn announce(&mut self, announcement: Announcement) {
        let Announcement { events, settlements, silent, hole_after } = announcement;
        let directory = Arc::clone(&self.directory);
        let id = self.id.clone();
        let open = self.open_room();
        open.fan_out.announce(&events, settlements, &directory);
        silent.iter().for_each(|user| open.tell_typing(&id, user, false));
        if let Some(after) = hole_after
            && !std::mem::replace(&mut open.reading_hole, true)
        {
            self.read(PageFrom::After(after), PAGE_EVENTS, Inside::HoleRead);
        }
    }

    pub(super) fn hole_read(&mut self, page: Result<Page, ReadFailed>) {
        let open = self.open_room();
        open.reading_hole = false;
        match page {
            Ok(page) => {
                let more = page.more;
                let mut announcement = open.state.announced(page.events, Vec::new(), now());
                if more {
                    announcement.hole_after = Some(open.state.head().seq);
                }
                self.announce(announcement);
            }
            Err(error) => {
                let after = open.state.head().seq;
                open.reading_hole = true;
                tracing::warn!(room = %self.id, %error, "a hole in the announcements can't be filled yet");
                self.read_later(PageFrom::After(after), Inside::HoleRead);
            }
        }
    }
}
