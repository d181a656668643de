use std::sync::Arc;

use greenroom_protocol::{LastMessage, RoomId, RoomRow, SessionId, Status, TypingChanged, User, UserId};
use greenroom_storage::{Cursor, Head, Room, RoomInList, RoomKey};
use serde::Serialize;

use crate::call::Answer;
use crate::fault::Fault;
use crate::observatory::kinds;
use crate::outbox::Outbox;
use crate::store::ReadFailed;

/// What a room tells of itself, once for all that happened in a window.
pub(crate) struct RoomNews {
    pub(crate) room: Arc<Room>,
    pub(crate) head: Head,
    pub(crate) last: Option<LastMessage>,
    pub(crate) online_count: usize,
    /// Cursors of those who said something.
    pub(crate) said: Vec<(UserId, Cursor)>,
}

/// A room as `GET /api/rooms` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
pub struct PublicRoom {
    /// What everybody's list has.
    #[serde(flatten)]
    pub row: RoomRow,
    /// How many people are in it.
    pub online_count: usize,
}

/// What the lobby is asked.
pub(crate) enum LobbyCommand {
    /// The engine has made it the lobby that everybody tells: it reads what there is. What was told before that, to
    /// nobody, it finds there.
    Begin,
    /// A session has begun, and wants its person's list.
    Enter {
        session: SessionId,
        user: User,
        outbox: Arc<Outbox>,
        /// Whether they were made a moment ago, so that their list is empty.
        fresh: bool,
        reply: Option<Answer<Result<Vec<RoomRow>, ReadFailed>>>,
    },
    /// A person's list was read from the store.
    ListRead { user: UserId, list: Result<Vec<RoomInList>, ReadFailed> },
    /// The sessions' supervisor saw a session end.
    Leave { session: SessionId, user: UserId },
    /// Presence says how reachable somebody is.
    Status { user: UserId, status: Status },
    /// A room tells of itself.
    News(Box<RoomNews>),
    /// A room says that somebody's cursors have moved.
    CursorMoved { user: UserId, room: RoomId, cursor: Cursor },
    /// A room says that somebody types, or no longer does.
    Typing(TypingChanged),
    /// A room came into somebody's list, or out of it.
    Listed { user: UserId, room: RoomId, key: RoomKey },
    /// What somebody's list has of a room was read: nothing where it is not in it.
    RowRead { user: UserId, room: RoomId, asked: u64, row: Option<Box<RoomInList>> },
    /// A room or its members have changed.
    Changed { room: RoomId },
    /// A room is no more.
    Gone { room: RoomId },
    /// What somebody has said until now is no more.
    Erased { user: UserId },
    /// The directory of rooms could not be read a while ago: try again.
    ReadRooms,
    /// All rooms were read from the store.
    RoomsRead(Vec<(Arc<Room>, Head)>),
    /// Somebody over HTTP wants the public rooms, and the ones in `user`'s list.
    List { user: Option<UserId>, reply: Answer<Vec<PublicRoom>> },
    /// The list of somebody who asks over HTTP and is not online was read.
    ListFor { user: UserId, list: Vec<RoomInList>, reply: Answer<Vec<PublicRoom>> },
    /// The fault laboratory inflicts a fault.
    Suffer(Fault),
}

kinds!(LobbyCommand {
    begin = Self::Begin,
    enter = Self::Enter { .. },
    list_read = Self::ListRead { .. },
    leave = Self::Leave { .. },
    status = Self::Status { .. },
    news = Self::News(_),
    cursor_moved = Self::CursorMoved { .. },
    typing = Self::Typing(_),
    listed = Self::Listed { .. },
    row_read = Self::RowRead { .. },
    changed = Self::Changed { .. },
    gone = Self::Gone { .. },
    erased = Self::Erased { .. },
    read_rooms = Self::ReadRooms,
    rooms_read = Self::RoomsRead(_),
    list = Self::List { .. },
    list_for = Self::ListFor { .. },
    suffer = Self::Suffer(_),
});
