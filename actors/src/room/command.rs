use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use greenroom_protocol::{
    Body, EncodedFrame, ErrorCode, History, MessageId, Ref, RoomId, Seq, SessionId, User, UserId,
};
use greenroom_storage::{Cursor, LogEvent, OpenRefused, Opened, Page, RoomBatch};

use super::state::{JoinPlan, Post, Posted, Standpoint};
use crate::call::Answer;
use crate::directory::Person;
use crate::fault::Fault;
use crate::ledger::RoomLedger;
use crate::observatory::kinds;
use crate::outbox::{Outbox, Permit, Refusal};
use crate::pace::{PersonPace, TooOften};
use crate::session::SessionHandle;
use crate::store::ReadFailed;

/// A session that wants into a room, or back into it.
pub(crate) struct JoinRequest {
    pub(crate) session: SessionId,
    pub(crate) handle: SessionHandle,
    pub(crate) person: Person,
    pub(crate) outbox: Arc<Outbox>,
    /// The session's number of this `join`. The same number again is the same `join`, repeated because a room died.
    pub(crate) join: u64,
    pub(crate) standpoint: Standpoint,
    /// Whether the room may be made where there is none.
    pub(crate) creation: Creation,
    pub(crate) reference: Option<Ref>,
    /// Whether the client has its answer. Repetitions of this `join` may still be on their way to a room.
    pub(crate) answered: AtomicBool,
}

/// The right of a `join` to make its room. It is taken from its person's bucket where the room turns out to be missing,
/// and once, however often the `join` is repeated.
pub(crate) struct Creation {
    allowed: bool,
    pace: Option<Arc<PersonPace>>,
    taken: OnceLock<Result<(), TooOften>>,
}

impl Creation {
    pub(crate) fn new(allowed: bool, pace: Option<&Arc<PersonPace>>) -> Self {
        Self { allowed, pace: pace.cloned(), taken: OnceLock::new() }
    }

    /// Whether the room may be made.
    pub(crate) fn take(&self) -> bool {
        let take = || self.pace.as_ref().map_or(Ok(()), |pace| pace.room_creation());
        self.allowed && self.taken.get_or_init(take).is_ok()
    }

    /// Why it may not, where that is for making too many.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let TooOften(wait) = self.taken.get()?.err()?;
        Some(Refusal::too_often(wait))
    }
}

impl JoinRequest {
    /// Says why it can't be, once.
    pub(crate) fn refuse(&self, room: &RoomId, refusal: Refusal) {
        if !self.answered.swap(true, Ordering::Relaxed) {
            self.outbox.reply(refusal.frame(self.reference.clone()));
        }
        self.handle.join_refused(room.clone(), self.join);
    }

    /// The client has `joined`.
    pub(crate) fn done(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Whether it needs no answer any more.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }
}

/// One way of a join to a room.
pub(crate) struct Entry {
    pub(crate) request: Arc<JoinRequest>,
    /// Given back when the room is done with it; there is none where the join is repeated because a room died.
    _permit: Option<Permit>,
}

impl Entry {
    pub(crate) fn new(request: Arc<JoinRequest>, permit: Option<Permit>) -> Self {
        Self { request, _permit: permit }
    }
}

/// Somebody asks for a page. Dropped without an answer, as in the mailbox of an actor that dies, it
/// answers by itself that one may ask again.
pub(crate) struct HistoryRequest {
    pub(crate) user: UserId,
    outbox: Arc<Outbox>,
    pub(crate) history: History,
    reference: Option<Ref>,
    answered: bool,
    /// Given back with the answer.
    _permit: Permit,
}

impl HistoryRequest {
    pub(crate) fn new(
        user: UserId,
        outbox: Arc<Outbox>,
        history: History,
        reference: Option<Ref>,
        permit: Permit,
    ) -> Box<Self> {
        Box::new(Self { user, outbox, history, reference, answered: false, _permit: permit })
    }

    pub(crate) fn reference(&self) -> Option<Ref> {
        self.reference.clone()
    }

    pub(crate) fn answer(mut self, frame: EncodedFrame) {
        self.answered = true;
        self.outbox.reply(frame);
    }

    pub(crate) fn refuse(self, refusal: Refusal) {
        let frame = refusal.frame(self.reference());
        self.answer(frame);
    }
}

impl Drop for HistoryRequest {
    fn drop(&mut self) {
        if !self.answered {
            let refusal = Refusal::retry(ErrorCode::Unavailable, "the room was restarted, ask again", 100);
            self.outbox.reply(refusal.frame(self.reference()));
        }
    }
}

/// What may be asked of a room before one knows its actor; goes through `rooms`, which starts the room where needed.
pub(crate) enum Enter {
    Join(Entry),
    History(Box<HistoryRequest>),
    Post(Box<VisitorPost>),
}

/// Somebody says something without sitting here, as over HTTP. Dropped without an answer, it is not known what
/// became of it; asked again with the same id, it is.
pub(crate) struct VisitorPost {
    pub(crate) person: Person,
    pub(crate) id: MessageId,
    pub(crate) body: Body,
    pub(crate) reply_to: Option<Seq>,
    pub(crate) reply: Answer<Result<Posted, Refusal>>,
}

/// What the newest part of a log looks like, for a room that opens.
pub(crate) struct Loaded {
    pub(crate) newest: Page,
    pub(crate) cursors: Vec<(User, Cursor)>,
}

/// What a room is asked, whatever phase it is in.
pub(crate) enum RoomCommand {
    /// The store has opened the log for this incarnation, or there is no such room.
    Opened(Result<Opened, OpenRefused>),
    /// The newest part of the log was read.
    Loaded(Result<Loaded, ReadFailed>),
    /// A read that the opening needs failed a while ago: try again.
    LoadAgain,
    /// `rooms` lets somebody in. These are counted, so that `rooms` knows whether one is still on its way.
    Entered(Enter),
    /// What only an open room can do; it waits until the room is open.
    Inside(Inside),
    /// A fresh store is up: what was undecided is submitted again.
    StoreUp,
    /// `rooms` agrees that nobody needs the room.
    Close,
    /// An observer looks at the room.
    Look { reply: Answer<RoomSnapshot> },
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
    /// The same, on one of the room's relays.
    RelaySuffers(u64, Fault),
}

/// What an open room is asked.
pub(crate) enum Inside {
    /// A session wants in, or comes back.
    Join(Entry),
    /// The cursor that a join needs was read, and the page, where the room did not have it in memory.
    JoinRead(Entry, Box<JoinPlan>, Result<(Option<Page>, Cursor), ReadFailed>),
    /// A session asks for a page.
    History(Box<HistoryRequest>),
    /// The page that somebody asked for was read.
    HistoryRead(Box<HistoryRequest>, Result<Page, ReadFailed>),
    /// A session leaves, or has ended.
    Leave { session: SessionId },
    /// Somebody says something who does not sit here.
    VisitorPost(Box<VisitorPost>),
    /// A session says something.
    Post { session: SessionId, post: Post },
    /// A session says whether its person types.
    Typing { session: SessionId, on: bool, permit: Permit },
    /// A session says how far it has got.
    MoveCursor { session: SessionId, delivered: Seq, read: Seq, permit: Permit },
    /// A session's socket has space for more of what it missed.
    Pull { session: SessionId },
    /// A page of what a session missed was read.
    PullRead { session: SessionId, after: Seq, page: Result<Page, ReadFailed> },
    /// The store has moved cursors.
    CursorsMoved(Vec<(User, Cursor)>),
    /// The store could not: the moves are to be kept.
    CursorsKept(Vec<(Person, Seq, Seq)>),
    /// The log announces a durable batch.
    Committed(RoomBatch),
    /// What somebody has said until now is no more.
    Erased { user: UserId },
    /// Events that were missing before a batch were read.
    HoleRead(Result<Page, ReadFailed>),
    /// The store has recorded a follower: whether that is news.
    Followed { person: Person, new: bool },
    /// A fresh lobby is up: it is to be told of this room.
    LobbyUp,
    /// Something may be due: a window ends, a typist falls silent, nobody needs the room.
    Tick,
}

impl From<Inside> for RoomCommand {
    fn from(inside: Inside) -> Self {
        Self::Inside(inside)
    }
}

impl From<Enter> for Inside {
    fn from(enter: Enter) -> Self {
        match enter {
            Enter::Join(join) => Self::Join(join),
            Enter::History(request) => Self::History(request),
            Enter::Post(post) => Self::VisitorPost(post),
        }
    }
}

/// A room as an observer sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RoomSnapshot {
    /// Which.
    pub room: RoomId,
    /// Which life of its actor.
    pub incarnation: u64,
    /// The newest event that was announced.
    pub last_seq: Seq,
    /// People who are here.
    pub online: usize,
    /// What became of what it was given, looked up this moment.
    pub ledger: RoomLedger,
}

kinds!(RoomCommand {
    opened = Self::Opened(_),
    loaded = Self::Loaded(_),
    load_again = Self::LoadAgain,
    join = Self::Entered(Enter::Join(_)) | Self::Inside(Inside::Join(_)),
    join_read = Self::Inside(Inside::JoinRead(..)),
    history = Self::Entered(Enter::History(_)) | Self::Inside(Inside::History(_)),
    history_read = Self::Inside(Inside::HistoryRead(..)),
    leave = Self::Inside(Inside::Leave { .. }),
    visitor_post [post.body.as_str().len()] = Self::Entered(Enter::Post(post)) | Self::Inside(Inside::VisitorPost(post)),
    post [post.body.as_str().len()] = Self::Inside(Inside::Post { post, .. }),
    typing = Self::Inside(Inside::Typing { .. }),
    move_cursor = Self::Inside(Inside::MoveCursor { .. }),
    pull = Self::Inside(Inside::Pull { .. }),
    pull_read = Self::Inside(Inside::PullRead { .. }),
    cursors_moved = Self::Inside(Inside::CursorsMoved(_)),
    cursors_kept = Self::Inside(Inside::CursorsKept(_)),
    committed [said_in(&batch.events)] = Self::Inside(Inside::Committed(batch)),
    erased = Self::Inside(Inside::Erased { .. }),
    hole_read = Self::Inside(Inside::HoleRead(_)),
    followed = Self::Inside(Inside::Followed { .. }),
    lobby_up = Self::Inside(Inside::LobbyUp),
    tick = Self::Inside(Inside::Tick),
    store_up = Self::StoreUp,
    close = Self::Close,
    look = Self::Look { .. },
    suffer = Self::Suffer(_),
    relay_suffers = Self::RelaySuffers(..),
});

/// Bytes that people have said in these events.
fn said_in(events: &[LogEvent]) -> usize {
    events.iter().filter_map(|event| event.event.message()).map(|message| message.body.as_str().len()).sum()
}
