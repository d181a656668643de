//! From a post to everybody's outbox.

use std::sync::Arc;

use greenroom_protocol::limits::PAGE_EVENTS;
use greenroom_protocol::{MessageId, SessionId, UserId};
use greenroom_storage::{Append, Head, LogEvent, Page, PageFrom, RoomBatch, fault_point};

use super::actor::{RoomShell, now};
use super::command::{Inside, VisitorPost};
use super::leaving::out_with;
use super::state::{Announcement, Post, RoomState};
use crate::call;
use crate::clock;
use crate::dead_letters::PoisonCommand;
use crate::outbox::{Refusal, Settlement};
use crate::store::ReadFailed;

impl RoomShell {
    pub(super) fn post(&mut self, session: SessionId, post: Post) {
        let number = post.number;
        let id = self.id.clone();
        let taken = self.consider_post(session, post);
        self.says_again(session, taken.as_ref().ok().map(|append| append.ticket));
        match taken {
            Ok(append) => self.append(append),
            Err(refusal) => {
                if let Some(living) = self.directory.session(session) {
                    living.outbox.settle(&id, &[Settlement { number, result: Err(refusal) }]);
                }
            }
        }
    }

    /// Somebody says something who does not sit here.
    pub(super) fn visitor_post(&mut self, post: VisitorPost) {
        let VisitorPost { person, id, body, reply_to, reply } = post;
        let who = Some(person.user.id);
        let taken = self
            .consider(who, id, |state, poison| state.visitor_post(person, (id, body, reply_to), clock::now(), poison));
        match taken {
            Ok(append) => {
                self.open_room().visitors.insert(append.ticket, reply);
                self.append(append);
            }
            Err(refusal) => call::answer(reply, Err(refusal)),
        }
    }

    fn consider_post(&mut self, session: SessionId, post: Post) -> Result<Append, Refusal> {
        let who = self.open_room().state.person(session).map(|person| person.user.id);
        self.consider(who, post.id, |state, poison| state.post(session, post, clock::now(), poison))
    }

    /// Decides on a post, with a note of it in the casebook meanwhile. One that was set aside is not looked
    /// at again: the store only tells whether it was stored before that.
    fn consider(
        &mut self,
        who: Option<UserId>,
        id: MessageId,
        decide: impl FnOnce(&mut RoomState, bool) -> Result<Append, Refusal>,
    ) -> Result<Append, Refusal> {
        let casebook = Arc::clone(&self.casebook);
        let poison = who.is_some_and(|user| !casebook.begin(PoisonCommand::Send { user, id }));
        if !poison {
            fault_point::pass_with("room.post", || id.to_string());
        }
        let taken = decide(&mut self.open_room().state, poison);
        casebook.done();
        taken
    }

    fn append(&self, append: Append) {
        fault_point::pass("room.before_append");
        if let Some(store) = &self.store {
            store.append(append);
        }
    }

    pub(super) fn committed(&mut self, batch: RoomBatch) {
        let announcement = self.open_room().state.announced(batch.events, batch.settled, now());
        self.announce(announcement);
        if let Some(room) = batch.trimmed {
            self.trimmed(room.gone);
        }
        if batch.deleted {
            self.put_everybody_out();
        }
    }

    /// Events up to this one are no more, as the log announces, or a page of it tells before that. Whoever was not
    /// brought up to there can't be any more: they are told when they come back.
    pub(super) fn trimmed(&mut self, gone: Head) {
        let open = self.open_room();
        if gone.seq <= open.state.room().gone.seq {
            return;
        }
        open.fan_out.close_behind(gone.seq);
        open.state.trimmed(gone, now());
    }

    pub(super) fn announce(&mut self, announcement: Announcement) {
        let Announcement { events, settlements, answers, silent, hole_after } = announcement;
        self.hand_on(&events, settlements);
        let open = self.open_room();
        for (ticket, answer) in answers {
            if let Some(reply) = open.visitors.remove(&ticket) {
                call::answer(reply, answer);
            }
        }
        silent.iter().for_each(|user| self.tell_typing(user, false));
        if let Some(after) = hole_after
            && !std::mem::replace(&mut self.open_room().reading_hole, true)
        {
            self.read(PageFrom::After(after), PAGE_EVENTS, Inside::HoleRead);
        }
    }

    /// Hands events on to all who may have them: nobody gets the one with which they are out, or what comes behind it.
    fn hand_on(&mut self, events: &[LogEvent], mut settlements: Vec<(SessionId, Settlement)>) {
        let directory = Arc::clone(&self.directory);
        let mut rest = events;
        while let Some((at, user)) = rest.iter().enumerate().find_map(|(at, event)| Some((at, out_with(event)?))) {
            let (before, behind) = rest.split_at(at);
            let barrier = behind[0].event.seq();
            let before_it = |of: &mut (SessionId, Settlement)| matches!(of.1.result, Ok((seq, _)) if seq < barrier);
            let settled = settlements.extract_if(.., before_it).collect();
            self.open_room().fan_out.announce(before, settled, &directory);
            self.put_out_person(user);
            let (out, behind) = behind.split_at(1);
            self.open_room().fan_out.announce(out, Vec::new(), &directory);
            rest = behind;
        }
        self.open_room().fan_out.announce(rest, settlements, &directory);
    }

    pub(super) fn hole_read(&mut self, page: Result<Page, ReadFailed>) {
        let open = self.open_room();
        open.reading_hole = false;
        match page {
            Ok(page) => {
                self.trimmed(page.gone);
                let open = self.open_room();
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
