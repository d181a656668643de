//! A room that does what it is told to do: its log, and the incarnation that serves it.

use std::collections::HashMap;
use std::sync::Arc;

use greenroom_protocol::{
    Body, EncodedFrame, Epoch, ErrorCode, Event, Events, Joined, Message, MessageId, Name, RoomId, RoomKind, Seq,
    ServerFrame, Timestamp, User, UserId,
};
use uuid::Uuid;

use crate::address::held::Mailbox;
use crate::outbox::{Batch, Outbox, PastPage, Refusal, SendNumber, Settlement, Subscription};
use crate::room::{Inside, JoinRequest, Post, RoomCommand, RoomHandle};

pub(super) struct Room {
    pub(super) id: RoomId,
    pub(super) mailbox: Arc<Mailbox<RoomCommand>>,
    pub(super) log: Vec<MessageId>,
    stored: HashMap<MessageId, Seq>,
    /// Whether the session sits in this incarnation.
    seated: bool,
    subscription: Subscription,
    undecided: Vec<Post>,
    /// What was settled before, and may be settled again by somebody who is late.
    settled: Vec<Settlement>,
}

impl Room {
    pub(super) fn new(id: &str) -> Self {
        let id = RoomId::parse(id).expect("that is a slug");
        let (mailbox, log, stored) = (Mailbox::new(None), Vec::new(), HashMap::new());
        let (undecided, settled) = (Vec::new(), Vec::new());
        Self { id, mailbox, log, stored, seated: false, subscription: Subscription::default(), undecided, settled }
    }

    pub(super) fn handle(&self) -> RoomHandle {
        RoomHandle::new(self.mailbox.address())
    }

    pub(super) fn head(&self) -> Seq {
        Seq(self.log.len() as u64)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.mailbox.is_empty() && self.undecided.is_empty()
    }

    /// The incarnation dies with all that it has in hand; the next one has the log.
    pub(super) fn dies(&mut self) {
        self.mailbox.die();
        self.mailbox = Mailbox::new(None);
        self.seated = false;
        self.undecided.clear();
    }

    /// Takes the next command; where it may `refuse`, it does.
    pub(super) fn takes(&mut self, outbox: &Outbox, refuse: bool, page: usize) {
        let Some(command) = self.mailbox.next() else { return };
        if let RoomCommand::Inside(inside) = command {
            match inside {
                Inside::Join(entry) => self.join(&entry.request, refuse, page),
                Inside::Leave { .. } => self.seated = false,
                Inside::Post { post, .. } => self.post(post, outbox),
                Inside::Pull { .. } => self.pull(outbox, page),
                // Dropped: that gives back the permit, and answers.
                Inside::History(_) | Inside::Typing { .. } | Inside::MoveCursor { .. } => {}
                Inside::JoinRead(..)
                | Inside::HistoryRead(..)
                | Inside::PullRead { .. }
                | Inside::CursorsMoved(_)
                | Inside::CursorsKept(_)
                | Inside::Committed(_)
                | Inside::Erased { .. }
                | Inside::HoleRead(_)
                | Inside::Followed { .. }
                | Inside::LobbyUp
                | Inside::VisitorPost(_)
                | Inside::Tick => unreachable!("no session says that"),
            }
        }
    }

    pub(super) fn join(&mut self, join: &JoinRequest, refuse: bool, page: usize) {
        let outbox = &join.outbox;
        if outbox.has_answered(&self.id, join.join) {
            self.seated = true;
            join.handle.joined(self.id.clone(), join.join, self.handle());
            let (subscription, cursor) = outbox.resume(&self.id).unwrap_or_default();
            self.subscription = subscription;
            self.offer(outbox, cursor.next(), self.head(), &[]);
            outbox.ask_again(&self.id);
        } else if join.is_answered() {
            join.handle.join_refused(self.id.clone(), join.join);
        } else if refuse {
            join.refuse(&self.id, Refusal::retry(ErrorCode::Unavailable, "not now", 1));
        } else {
            self.seated = true;
            let since = join.standpoint.since.unwrap_or(Seq(self.head().0.saturating_sub(2))).min(self.head());
            let events = self.events(since, page);
            let last = Seq(since.0 + events.len() as u64);
            let more = last < self.head();
            self.subscription = outbox.open(&self.id, join.join, last, self.joined(join, events, more), more);
            join.done();
            join.handle.joined(self.id.clone(), join.join, self.handle());
        }
    }

    fn joined(&self, join: &JoinRequest, events: Vec<Event>, more: bool) -> EncodedFrame {
        EncodedFrame::new(&ServerFrame::Joined(Box::new(Joined {
            reference: join.reference.clone(),
            room: self.id.clone(),
            kind: RoomKind::Group,
            title: String::new(),
            topic: String::new(),
            role: None,
            last_seq: self.head(),
            read_seq: Seq::ZERO,
            events,
            epoch: Epoch(Uuid::nil()),
            first_seq: Seq(1),
            retention_s: None,
            reset: false,
            more,
            online_count: 1,
            online: Vec::new(),
            receipts: Vec::new(),
        })))
    }

    fn post(&mut self, post: Post, outbox: &Outbox) {
        if self.seated {
            self.undecided.push(post);
        } else {
            let result = Err(Refusal::new(ErrorCode::NotJoined, "join first"));
            outbox.settle(&self.id, &[Settlement { number: post.number, result }]);
        }
    }

    fn pull(&self, outbox: &Outbox, page: usize) {
        let Some(after) = outbox.cursor(&self.id).filter(|_| self.seated) else { return };
        self.page(outbox, after, page);
    }

    /// A page, perhaps one that nobody waits for.
    pub(super) fn page(&self, outbox: &Outbox, after: Seq, page: usize) {
        let events = self.events(after, page);
        let last = Seq(after.0 + events.len() as u64);
        let more = last < self.head();
        let events = EncodedFrame::new(&ServerFrame::Events(Events { room: self.id.clone(), events, more }));
        outbox.catch_up(&self.id, self.subscription, &PastPage { after, last, more, events });
    }

    /// The log announces some of what was posted, with somebody else's words before it where `others` say so.
    pub(super) fn commits(&mut self, outbox: &Outbox, count: usize, others: usize, refuses: bool) {
        let first = self.head().next();
        (0..others).for_each(|_| self.log.push(MessageId(Uuid::nil())));
        let count = count.min(self.undecided.len());
        let posts: Vec<Post> = self.undecided.drain(..count).collect();
        let settlements: Vec<Settlement> = posts.into_iter().map(|post| self.decide(post, refuses)).collect();
        if self.seated {
            self.offer(outbox, first, self.head(), &settlements);
        }
        // As for somebody who has left meanwhile; where they were settled with the offer, it changes nothing.
        outbox.settle(&self.id, &settlements);
        self.settled.extend(settlements);
    }

    fn decide(&mut self, post: Post, refuses: bool) -> Settlement {
        let number = post.number;
        let stored = self.stored.get(&post.id).copied();
        if refuses && stored.is_none() {
            return Settlement { number, result: Err(Refusal::retry(ErrorCode::Unavailable, "full", 1)) };
        }
        let seq = stored.unwrap_or_else(|| {
            self.log.push(post.id);
            self.head()
        });
        self.stored.insert(post.id, seq);
        Settlement { number, result: Ok((seq, Timestamp::from_millis(0))) }
    }

    /// Offers what somebody who is late still has.
    pub(super) fn offers_late(&self, outbox: &Outbox, first: u64, count: u64) {
        let first = Seq(1 + first % (self.head().0 + 1));
        let last = Seq((first.0 + count).min(self.head().0));
        let some = self.settled.len().saturating_sub(4);
        self.offer(outbox, first, last, &self.settled[some..]);
        outbox.settle(
            &self.id,
            &[Settlement { number: SendNumber(u64::MAX), result: Ok((first, Timestamp::from_millis(0))) }],
        );
    }

    fn offer(&self, outbox: &Outbox, first: Seq, last: Seq, settlements: &[Settlement]) {
        if first > last {
            return outbox.settle(&self.id, settlements);
        }
        let frames = (first.0..=last.0).map(|seq| EncodedFrame::new(&ServerFrame::Message(self.message(seq))));
        outbox.offer(&self.id, self.subscription, &Batch::new(first, frames.collect()), settlements);
    }

    fn events(&self, after: Seq, page: usize) -> Vec<Event> {
        (after.0 + 1..=self.head().0).take(page).map(|seq| Event::Message(self.message(seq))).collect()
    }

    fn message(&self, seq: u64) -> Message {
        let name = Name::guest("ana").expect("that is a name");
        Message {
            room: self.id.clone(),
            seq: Seq(seq),
            id: self.log[usize::try_from(seq - 1).unwrap_or(usize::MAX)],
            user: User { id: UserId(Uuid::nil()), name },
            body: Body::parse("hello").expect("that is a body"),
            at: Timestamp::from_millis(0),
            reply_to: None,
        }
    }
}
