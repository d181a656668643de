//! Coming into a room, and coming back into it.

use std::collections::hash_map;
use std::sync::Arc;

use greenroom_protocol::limits::PAGE_BYTES;
use greenroom_protocol::{CloseCode, EncodedFrame, ErrorCode, Joined, RoomKind};
use greenroom_storage::{Cursor, Follow, LogEvent, Page, PageFrom, RoomKey};

use super::actor::{Follower, OpenRoom, RoomShell, now};
use super::command::{Entry, Inside, JoinRequest};
use super::fan_out::encode;
use super::handle::RoomHandle;
use super::leaving::no_such_room;
use super::pages::cut;
use super::state::JoinPlan;
use crate::clock;
use crate::dead_letters::PoisonCommand;
use crate::directory::Person;
use crate::outbox::Refusal;
use crate::relay::Arrival;
use crate::store::ReadFailed;

impl RoomShell {
    pub(super) fn join(&mut self, entry: Entry) {
        let join = Arc::clone(&entry.request);
        self.is_back(&join);
        if join.outbox.has_answered(&self.id, join.join) {
            return self.resume(&join);
        }
        let put_out = self.open_room().state.is_put_out(join.session);
        if join.is_answered() && (put_out || join.outbox.owes(&self.id)) {
            // It was put out, and waits for answers; or it called on this room before it could know.
            return self.put_out_and_answer(&join);
        }
        if join.is_answered() {
            // It was refused, or the session has left since.
            return join.handle.join_refused(self.id.clone(), join.join);
        }
        if !self.casebook.begin(PoisonCommand::Join { session: join.session, join: join.join }) {
            let refusal = Refusal::new(ErrorCode::Internal, "this join crashed the room, and was set aside");
            return join.refuse(&self.id, refusal);
        }
        let open = self.open_room();
        let plan = open.state.plan_join(&join.standpoint);
        let cursor = open.state.cursor(join.person.user.id);
        match plan.events.clone() {
            Some(events) if cursor.is_some() => self.finish_join(&join, &plan, events),
            _ => self.read_for_join(entry, plan),
        }
        self.casebook.done();
    }

    fn read_for_join(&mut self, entry: Entry, plan: JoinPlan) {
        let (store, myself) = (self.directory.store.clone(), self.myself.clone());
        let (key, user) = (self.open_room().state.room().key, entry.request.person.user.id);
        let page = plan.events.is_none().then_some((plan.from, plan.limit, PAGE_BYTES));
        tokio::spawn(async move {
            let read = store.for_join(key, user, page).await;
            myself.tell(Inside::JoinRead(entry, Box::new(plan), read));
        });
    }

    pub(super) fn join_read(&mut self, entry: Entry, plan: JoinPlan, read: Result<(Option<Page>, Cursor), ReadFailed>) {
        let join = Arc::clone(&entry.request);
        match read {
            Ok((page, cursor)) => {
                let state = &mut self.open_room().state;
                state.know_cursor(&join.person.user, cursor);
                if let Some(page) = page {
                    self.trimmed(page.gone);
                    return self.finish_join(&join, &plan, page.events);
                }
                // More may have come meanwhile, and so much that the beginning is no longer in memory.
                match state.page(plan.from, plan.limit) {
                    Some(events) => self.finish_join(&join, &plan, events),
                    None => self.read_for_join(entry, JoinPlan { events: None, ..plan }),
                }
            }
            Err(error) => {
                let message = format!("the room can't be read now: {error}");
                join.refuse(&self.id, Refusal::retry(ErrorCode::Unavailable, message, 1_000));
            }
        }
    }

    pub(super) fn finish_join(&mut self, join: &JoinRequest, plan: &JoinPlan, mut events: Vec<LogEvent>) {
        if join.is_answered() {
            return;
        }
        if !self.admits(&join.person) {
            return join.refuse(&self.id, no_such_room(&self.id));
        }
        if !self.sit(join) {
            return;
        }
        let role = self.role(&join.person);
        let open = self.open_room();
        let head = open.state.head().seq;
        cut(&mut events, head);
        let room = Arc::clone(open.state.room());
        // While the page was read, what comes next may have gone.
        let reset = plan.reset || join.standpoint.since.is_some_and(|since| since < room.gone.seq);
        let since = join.standpoint.since.filter(|_| !reset);
        let last = events.last().map_or_else(|| since.unwrap_or(head), |event| event.event.seq());
        let joined = Joined {
            reference: join.reference.clone(),
            room: room.id.clone(),
            kind: room.kind,
            title: room.title.clone(),
            topic: room.topic.clone(),
            role,
            last_seq: head,
            read_seq: open.state.cursor(join.person.user.id).unwrap_or_default().read,
            events: events.into_iter().map(|event| event.event).collect(),
            epoch: room.epoch,
            first_seq: room.first_seq(),
            retention_s: room.retention.map(|time| time.as_secs()),
            reset,
            more: last < head,
            online_count: open.state.online_count(),
            online: open.state.online(),
            receipts: open.state.receipts(),
        };
        let behind = joined.more;
        let frame = EncodedFrame::joined(&joined);
        let misses = head.0.saturating_sub(last.0);
        let subscription = join.outbox.open(&room.id, join.join, last, frame, behind);
        let outbox = Arc::clone(&join.outbox);
        open.fan_out.add(join.session, Arrival { outbox, subscription, misses, missed: None }, head);
        join.done();
        self.welcome(join);
        if room.kind == RoomKind::Group {
            self.follow(room.key, &join.person);
        }
    }

    /// Brings back a session whose `join` was answered by an earlier life of this room.
    pub(super) fn resume(&mut self, join: &JoinRequest) {
        if !self.admits(&join.person) {
            return self.put_out_and_answer(join);
        }
        if !self.sit(join) {
            return;
        }
        self.welcome(join);
        let Some((subscription, cursor)) = join.outbox.resume(&self.id) else { return };
        if cursor < self.open_room().state.room().gone.seq {
            // What comes next is no more, which `joined` tells whoever comes back.
            return join.outbox.close(CloseCode::TooSlow);
        }
        let OpenRoom { state, fan_out, .. } = self.open_room();
        let (outbox, head) = (Arc::clone(&join.outbox), state.head().seq);
        let newest_only = || state.page(PageFrom::Newest, 1).unwrap_or_default();
        let missed = encode(&state.missed(cursor).unwrap_or_else(newest_only));
        let misses = head.0.saturating_sub(cursor.0);
        fan_out.add(join.session, Arrival { outbox, subscription, misses, missed }, head);
        join.outbox.ask_again(&self.id);
    }

    /// Says whether the session still wants to be here, and this `join` is new.
    pub(super) fn sit(&mut self, join: &JoinRequest) -> bool {
        if !self.directory.is_seated(&self.id, join.session) {
            return false;
        }
        self.open_room().state.sit(join.session, join.person.clone(), join.join, now())
    }

    pub(super) fn welcome(&self, join: &JoinRequest) {
        join.handle.joined(self.id.clone(), join.join, RoomHandle::new(self.myself.clone()));
    }

    pub(super) fn follow(&mut self, key: RoomKey, person: &Person) {
        if let hash_map::Entry::Vacant(vacant) = self.open_room().followers.entry(person.user.id) {
            vacant.insert(Follower::OnItsWay(person.clone()));
            self.submit_follow(key, person.clone());
        }
    }

    pub(super) fn submit_follow(&self, key: RoomKey, person: Person) {
        let Some(store) = &self.store else { return };
        let (myself, user, guest) = (self.myself.clone(), person.user.clone(), person.guest);
        let reply = Box::new(move |recorded: Result<bool, _>| {
            // Where the disk is full, it is tried again when the person comes the next time.
            if let Ok(new) = recorded {
                myself.tell(Inside::Followed { person, new });
            }
        });
        store.follow(Follow { room: key, user, guest, at: clock::now(), reply });
    }

    pub(super) fn followed(&mut self, person: Person, new: bool) {
        let open = self.open_room();
        open.followers.insert(person.user.id, Follower::Recorded);
        let key = open.state.room().key;
        if new {
            self.directory.lobby.listed(person.user.id, self.id.clone(), key);
        }
    }
}
