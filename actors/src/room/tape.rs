//! What a room is told, recorded so that its crash can be replayed. In the laboratory only, for it has what people say.

use std::time::Instant;

use greenroom_protocol::limits::{TAPE_BYTES, TAPE_STEPS};
use greenroom_protocol::{Body, Epoch, MessageId, Seq, SessionId, Timestamp, User, UserId};
use greenroom_storage::{Cursor, Head, LogEvent, Settled};
use serde::{Deserialize, Serialize};

use super::actor::{RoomShell, now};
use super::command::{Inside, JoinRequest, RoomCommand};
use super::state::Standing;
use crate::clock;
use crate::directory::Person;
use crate::fault::Fault;
use crate::observatory::{Told as _, millis};
use crate::outbox::SendNumber;

/// What one incarnation of a room was told, from a state on.
#[derive(Debug)]
pub(crate) struct Tape {
    began: Instant,
    bytes: usize,
    taped: Taped,
}

/// A state, and all that a room was told from there on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taped {
    /// Whether that is the state in which it opened; else it had been told this much before.
    pub steps_before: u64,
    /// The state.
    pub standing: Standing,
    /// What it was told, in its order; over the last of it, it failed.
    pub steps: Vec<TapedStep>,
}

/// One thing that a room was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TapedStep {
    /// 1, 2, 3 … since it opened.
    pub n: u64,
    /// Milliseconds since the state was noted.
    pub ms: f64,
    /// When, for what is stamped with the time.
    pub at: Timestamp,
    /// What kind of command it is.
    pub kind: String,
    /// Bytes that somebody has said in it.
    pub bytes: usize,
    /// What it is to the state.
    pub input: Input,
}

/// What a command is to a room's state.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Input {
    /// A session wants in.
    Join {
        /// Which.
        session: SessionId,
        /// Whose.
        person: Person,
        /// The session's number of the join.
        join: u64,
        /// The last event that its client holds.
        since: Option<Seq>,
        /// The life of the log that this belongs to.
        epoch: Option<Epoch>,
        /// How many of the newest events it wants.
        limit: usize,
        /// Cursors of its person, where they were read for it.
        cursor: Option<Cursor>,
        /// Whether it then sat there; not known of the join over which the room failed.
        sat: Option<bool>,
    },
    /// Somebody wants a page.
    History {
        /// The newest of those before this one.
        before: Option<Seq>,
        /// The oldest of those after this one.
        after: Option<Seq>,
        /// How many.
        limit: usize,
    },
    /// A session leaves.
    Leave {
        /// Which.
        session: SessionId,
    },
    /// A session says something.
    Post {
        /// Which.
        session: SessionId,
        /// The socket's number of it.
        number: SendNumber,
        /// The idempotency key.
        id: MessageId,
        /// What.
        body: Body,
        /// What it answers.
        reply_to: Option<Seq>,
    },
    /// Somebody says something who does not sit there.
    VisitorPost {
        /// Who.
        person: Person,
        /// The idempotency key.
        id: MessageId,
        /// What.
        body: Body,
        /// What it answers.
        reply_to: Option<Seq>,
    },
    /// A session says whether its person types.
    Typing {
        /// Which.
        session: SessionId,
        /// Whether.
        on: bool,
    },
    /// A session says how far it has got.
    MoveCursor {
        /// Which.
        session: SessionId,
        /// All up to this have arrived.
        delivered: Seq,
        /// All up to this were looked at.
        read: Seq,
    },
    /// The store has moved cursors.
    CursorsMoved {
        /// Whose, and to where.
        moved: Vec<(User, Cursor)>,
    },
    /// The store could not.
    CursorsKept {
        /// Whose, and to where.
        moves: Vec<(Person, Seq, Seq)>,
    },
    /// The log announces.
    Committed {
        /// Events.
        events: Vec<LogEvent>,
        /// What became of appends.
        settled: Vec<Settled>,
        /// The newest event that is no more, where some are.
        gone: Option<Head>,
        /// Whether the room is no more.
        deleted: bool,
    },
    /// What somebody has said is no more.
    Erased {
        /// Who.
        user: UserId,
    },
    /// Events were read that had been missing.
    HoleRead {
        /// Which.
        events: Vec<LogEvent>,
    },
    /// A fresh lobby is up.
    LobbyUp,
    /// Something may be due.
    Tick,
    /// It is nothing to the state.
    Nothing,
    /// The laboratory does something to the room, and with it the command that comes next, if that was a part of it.
    Laboratory {
        /// What.
        fault: String,
        /// The command over which the room was to fail.
        over: Option<Box<Input>>,
    },
}

/// A join whose outcome is to be noted.
pub(super) struct Awaited {
    session: SessionId,
}

impl Tape {
    pub(crate) fn new(standing: Standing) -> Self {
        Self { began: now(), bytes: 0, taped: Taped { steps_before: 0, standing, steps: Vec::new() } }
    }

    pub(crate) fn into_taped(self) -> Taped {
        self.taped
    }

    fn is_full(&self) -> bool {
        self.taped.steps.len() >= TAPE_STEPS || self.bytes >= TAPE_BYTES
    }

    /// Goes on from another state; what led there is let go.
    fn go_on_from(&mut self, standing: Standing) {
        let steps_before = self.taped.steps_before + self.taped.steps.len() as u64;
        self.taped = Taped { steps_before, standing, steps: Vec::new() };
        (self.began, self.bytes) = (now(), 0);
    }

    fn write(&mut self, kind: &str, bytes: usize, input: Input) {
        let n = self.taped.steps_before + self.taped.steps.len() as u64 + 1;
        let ms = millis(self.began.elapsed());
        self.bytes += bytes;
        self.taped.steps.push(TapedStep { n, ms, at: clock::now(), kind: kind.to_owned(), bytes, input });
    }
}

impl RoomShell {
    /// Records a command that is carried out next.
    pub(super) fn record(&mut self, command: &Inside) -> Option<Awaited> {
        if !self.directory.observatory.records() {
            return None;
        }
        let (input, bytes) = (input(command), bytes(command));
        let (kind, awaited) = (kind(command), awaited(command));
        let casebook = self.casebook.clone();
        let state = &self.open_room().state;
        casebook.with_tape(|tape| {
            if tape.is_full() {
                tape.go_on_from(state.standing());
            }
            tape.write(kind, bytes, input);
        });
        awaited
    }

    /// Notes whether a session then sat there.
    pub(super) fn record_outcome(&mut self, awaited: Option<Awaited>) {
        let Some(Awaited { session }) = awaited else { return };
        let seated = self.opened_room().is_some_and(|open| open.state.person(session).is_some());
        self.casebook.with_tape(|tape| {
            let last = tape.taped.steps.last_mut();
            if let Some(TapedStep { input: Input::Join { sat, .. }, .. }) = last {
                *sat = Some(seated);
            }
        });
    }

    /// Records what the laboratory does to the room, before it does.
    pub(super) fn record_blow(&self, command: &RoomCommand) {
        let (fault, over) = if let RoomCommand::Suffer(Fault::Panic) = command {
            ("panic", None)
        } else if let RoomCommand::Suffer(Fault::Hang) = command {
            ("hang", None)
        } else if self.myself.vitals().is_doomed() {
            let over = if let RoomCommand::Inside(inside) = command { Some(Box::new(input(inside))) } else { None };
            ("panic_next", over)
        } else {
            return;
        };
        let kind = self.myself.vitals().kind(command.kind());
        let blow = Input::Laboratory { fault: fault.to_owned(), over };
        self.casebook.with_tape(|tape| tape.write(kind, command.bytes(), blow));
    }
}

fn kind(command: &Inside) -> &'static str {
    match command {
        Inside::Join(_) => "join",
        Inside::JoinRead(..) => "join_read",
        Inside::History(_) => "history",
        Inside::HistoryRead(..) => "history_read",
        Inside::Leave { .. } => "leave",
        Inside::VisitorPost(_) => "visitor_post",
        Inside::Post { .. } => "post",
        Inside::Typing { .. } => "typing",
        Inside::MoveCursor { .. } => "move_cursor",
        Inside::Pull { .. } => "pull",
        Inside::PullRead { .. } => "pull_read",
        Inside::CursorsMoved(_) => "cursors_moved",
        Inside::CursorsKept(_) => "cursors_kept",
        Inside::Committed(_) => "committed",
        Inside::Erased { .. } => "erased",
        Inside::HoleRead(_) => "hole_read",
        Inside::Followed { .. } => "followed",
        Inside::LobbyUp => "lobby_up",
        Inside::Tick => "tick",
    }
}

/// Bytes that somebody has said in it.
fn bytes(command: &Inside) -> usize {
    if let Inside::Post { post, .. } = command {
        post.body.as_str().len()
    } else if let Inside::VisitorPost(post) = command {
        post.body.as_str().len()
    } else if let Inside::Committed(batch) = command {
        batch.events.iter().filter_map(|event| event.event.message()).map(|said| said.body.as_str().len()).sum()
    } else {
        0
    }
}

fn awaited(command: &Inside) -> Option<Awaited> {
    if let Inside::Join(entry) | Inside::JoinRead(entry, ..) = command {
        Some(Awaited { session: entry.request.session })
    } else {
        None
    }
}

/// What a command is to the state.
fn input(command: &Inside) -> Input {
    match command {
        Inside::Join(entry) => join(&entry.request, None),
        Inside::JoinRead(entry, _, read) => join(&entry.request, read.as_ref().ok().map(|(_, cursor)| *cursor)),
        Inside::History(request) => Input::History {
            before: request.history.before,
            after: request.history.after,
            limit: request.history.limit(),
        },
        Inside::Leave { session } => Input::Leave { session: *session },
        Inside::VisitorPost(post) => Input::VisitorPost {
            person: post.person.clone(),
            id: post.id,
            body: post.body.clone(),
            reply_to: post.reply_to,
        },
        Inside::Post { session, post } => Input::Post {
            session: *session,
            number: post.number,
            id: post.id,
            body: post.body.clone(),
            reply_to: post.reply_to,
        },
        Inside::Typing { session, on, .. } => Input::Typing { session: *session, on: *on },
        Inside::MoveCursor { session, delivered, read, .. } => {
            Input::MoveCursor { session: *session, delivered: *delivered, read: *read }
        }
        Inside::CursorsMoved(moved) => Input::CursorsMoved { moved: moved.clone() },
        Inside::CursorsKept(moves) => Input::CursorsKept { moves: moves.clone() },
        Inside::Committed(batch) => Input::Committed {
            events: batch.events.clone(),
            settled: batch.settled.clone(),
            gone: batch.trimmed.as_ref().map(|room| room.gone),
            deleted: batch.deleted,
        },
        Inside::Erased { user } => Input::Erased { user: *user },
        Inside::HoleRead(Ok(page)) => Input::HoleRead { events: page.events.clone() },
        Inside::LobbyUp => Input::LobbyUp,
        Inside::Tick => Input::Tick,
        Inside::HoleRead(Err(_))
        | Inside::HistoryRead(..)
        | Inside::Pull { .. }
        | Inside::PullRead { .. }
        | Inside::Followed { .. } => Input::Nothing,
    }
}

fn join(request: &JoinRequest, cursor: Option<Cursor>) -> Input {
    Input::Join {
        session: request.session,
        person: request.person.clone(),
        join: request.join,
        since: request.standpoint.since,
        epoch: request.standpoint.epoch,
        limit: request.standpoint.limit,
        cursor,
        sat: None,
    }
}
