//! Who follows what, and what is new there: pure, without an actor.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use greenroom_protocol::{LastMessage, RoomId, RoomKind, RoomRow, Seq, SessionId, UnreadCount, UserId};
use greenroom_storage::{Cursor, Head, Room, RoomInList};

use super::command::{PublicRoom, RoomNews};

/// What the lobby knows.
#[derive(Debug, Default)]
pub(crate) struct LobbyState {
    rooms: HashMap<RoomId, Board>,
    people: HashMap<UserId, Standing>,
}

/// The newest of one room.
#[derive(Debug)]
struct Board {
    room: Arc<Room>,
    head: Head,
    last: Option<LastMessage>,
    online_count: usize,
    /// Those online who have it in their list.
    followers: HashSet<UserId>,
}

/// A person who is online.
#[derive(Debug, Default)]
struct Standing {
    /// A set; mostly one, so that a list is the smallest form of it.
    sessions: Vec<SessionId>,
    /// How far they have read in the rooms of their list; nothing before it was read.
    list: Option<HashMap<RoomId, Cursor>>,
}

/// A notice to one person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) user: UserId,
    pub(crate) count: UnreadCount,
}

impl LobbyState {
    /// Takes the rooms that the store knows.
    pub(crate) fn know_rooms(&mut self, rooms: Vec<(Arc<Room>, Head)>) {
        for (room, head) in rooms {
            let board = self.board(&room);
            board.head = newer(board.head, head);
        }
    }

    /// A session has begun; says whether its person's list is to be read.
    pub(crate) fn enter(&mut self, session: SessionId, user: UserId) -> bool {
        let standing = self.people.entry(user).or_default();
        if !standing.sessions.contains(&session) {
            standing.sessions.reserve_exact(1);
            standing.sessions.push(session);
        }
        standing.list.is_none()
    }

    /// A session has ended.
    pub(crate) fn leave(&mut self, session: SessionId, user: UserId) {
        let Some(standing) = self.people.get_mut(&user) else { return };
        standing.sessions.retain(|of| *of != session);
        if standing.sessions.is_empty() {
            let followed = self.people.remove(&user).and_then(|standing| standing.list).unwrap_or_default();
            for room in followed.keys() {
                if let Some(board) = self.rooms.get_mut(room) {
                    board.followers.remove(&user);
                }
            }
        }
    }

    /// Takes a person's list from the store, and returns it as it is by now.
    pub(crate) fn know_list(&mut self, user: UserId, list: Vec<RoomInList>) -> Vec<RoomRow> {
        for row in list {
            self.know_row(user, row);
        }
        if let Some(standing) = self.people.get_mut(&user) {
            standing.list.get_or_insert_default();
        }
        self.list(user)
    }

    /// Takes one row of a person's list.
    pub(crate) fn know_row(&mut self, user: UserId, row: RoomInList) {
        let board = self.board(&row.room);
        board.head = newer(board.head, row.head);
        board.last = later(board.last.take(), row.last);
        if let Some(standing) = self.people.get_mut(&user) {
            self.rooms.entry(row.room.id.clone()).and_modify(|board| {
                board.followers.insert(user);
            });
            let cursor = standing.list.get_or_insert_default().entry(row.room.id.clone()).or_default();
            *cursor = further(*cursor, row.cursor);
        }
    }

    /// A person's list.
    pub(crate) fn list(&self, user: UserId) -> Vec<RoomRow> {
        let list = self.people.get(&user).and_then(|standing| standing.list.as_ref());
        let mut rows: Vec<RoomRow> =
            list.into_iter().flatten().filter_map(|(room, cursor)| self.row(room, *cursor)).collect();
        rows.sort_by(|a, b| a.room.cmp(&b.room));
        rows
    }

    /// One row of a person's list.
    pub(crate) fn row_of(&self, user: UserId, room: &RoomId) -> Option<RoomRow> {
        self.row(room, *self.people.get(&user)?.list.as_ref()?.get(room)?)
    }

    /// A room tells of itself; returns who is to be told.
    pub(crate) fn news(&mut self, news: RoomNews) -> Vec<Notice> {
        let room = news.room.id.clone();
        let board = self.board(&news.room);
        let moved = news.head.seq > board.head.seq;
        board.head = newer(board.head, news.head);
        board.last = later(board.last.take(), news.last);
        board.online_count = news.online_count;
        for (user, cursor) in news.said {
            self.move_cursor(user, &room, cursor);
        }
        if !moved {
            return Vec::new();
        }
        let followers = self.rooms.get(&room).map(|board| &board.followers);
        followers.into_iter().flatten().filter_map(|user| self.notice(*user, &room)).collect()
    }

    /// Somebody's cursors have moved; returns what to tell them, if they have read on.
    pub(crate) fn cursor_moved(&mut self, user: UserId, room: &RoomId, cursor: Cursor) -> Option<Notice> {
        self.move_cursor(user, room, cursor).then(|| self.notice(user, room))?
    }

    /// The sessions of a person.
    pub(crate) fn sessions(&self, user: UserId) -> impl Iterator<Item = SessionId> {
        self.people.get(&user).into_iter().flat_map(|standing| standing.sessions.iter().copied())
    }

    /// Whether a person is online and their list was read.
    pub(crate) fn knows_list(&self, user: UserId) -> bool {
        self.people.get(&user).is_some_and(|standing| standing.list.is_some())
    }

    /// The public rooms, and those in the list of a person who is online.
    pub(crate) fn directory(&self, user: Option<UserId>) -> Vec<PublicRoom> {
        let list = user.and_then(|user| self.people.get(&user)?.list.as_ref());
        self.shown(|room| list?.get(room).copied())
    }

    /// The public rooms, and those in a list that was read just now.
    pub(crate) fn directory_for(&self, list: &[RoomInList]) -> Vec<PublicRoom> {
        let list: HashMap<&RoomId, Cursor> = list.iter().map(|row| (&row.room.id, row.cursor)).collect();
        self.shown(|room| list.get(room).copied())
    }

    fn shown(&self, cursor: impl Fn(&RoomId) -> Option<Cursor>) -> Vec<PublicRoom> {
        let row = |board: &Board| {
            let cursor = cursor(&board.room.id);
            let mut row = board.row(cursor.unwrap_or_default());
            if cursor.is_none() {
                // Nothing is unread in a room that one has never entered.
                (row.unread, row.read_seq) = (0, Seq::ZERO);
            }
            let shown = board.room.kind == RoomKind::Group || cursor.is_some();
            shown.then_some(PublicRoom { row, online_count: board.online_count })
        };
        let mut rooms: Vec<PublicRoom> = self.rooms.values().filter_map(row).collect();
        rooms.sort_by(|a, b| a.row.room.cmp(&b.row.room));
        rooms
    }

    fn move_cursor(&mut self, user: UserId, room: &RoomId, cursor: Cursor) -> bool {
        let list = self.people.get_mut(&user).and_then(|standing| standing.list.as_mut());
        let Some(known) = list.and_then(|list| list.get_mut(room)) else { return false };
        let before = known.read;
        *known = further(*known, cursor);
        known.read > before
    }

    fn notice(&self, user: UserId, room: &RoomId) -> Option<Notice> {
        let RoomRow { room, last_seq, read_seq, unread, last, .. } = self.row_of(user, room)?;
        Some(Notice { user, count: UnreadCount { room, last_seq, read_seq, unread, last } })
    }

    fn row(&self, room: &RoomId, cursor: Cursor) -> Option<RoomRow> {
        self.rooms.get(room).map(|board| board.row(cursor))
    }

    fn board(&mut self, room: &Arc<Room>) -> &mut Board {
        self.rooms.entry(room.id.clone()).or_insert_with(|| Board {
            room: Arc::clone(room),
            head: Head::default(),
            last: None,
            online_count: 0,
            followers: HashSet::new(),
        })
    }
}

impl Board {
    fn row(&self, cursor: Cursor) -> RoomRow {
        RoomRow {
            room: self.room.id.clone(),
            kind: self.room.kind,
            title: self.room.title.clone(),
            last_seq: self.head.seq,
            read_seq: cursor.read,
            unread: self.head.ordinal.saturating_sub(cursor.read_ordinal),
            last: self.last.clone(),
            with: None,
        }
    }
}

fn newer(a: Head, b: Head) -> Head {
    if b.seq > a.seq { b } else { a }
}

fn later(a: Option<LastMessage>, b: Option<LastMessage>) -> Option<LastMessage> {
    let seq = |last: &Option<LastMessage>| last.as_ref().map(|last| last.seq);
    if seq(&b) > seq(&a) { b } else { a }
}

fn further(a: Cursor, b: Cursor) -> Cursor {
    let reader = if b.read > a.read { b } else { a };
    Cursor { delivered: a.delivered.max(b.delivered), ..reader }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_protocol::Epoch;
    use greenroom_storage::RoomKey;
    use uuid::Uuid;

    fn green() -> Arc<Room> {
        let id = RoomId::parse("green").unwrap();
        let (key, epoch) = (RoomKey(Uuid::now_v7()), Epoch::new());
        Arc::new(Room { key, id, kind: RoomKind::Group, title: "Green".into(), epoch })
    }

    fn head(seq: u64) -> Head {
        Head { seq: Seq(seq), ordinal: seq }
    }

    fn read(seq: u64) -> Cursor {
        Cursor { delivered: Seq(seq), read: Seq(seq), read_ordinal: seq }
    }

    fn news(room: &Arc<Room>, seq: u64) -> RoomNews {
        RoomNews { room: Arc::clone(room), head: head(seq), last: None, online_count: 1, said: Vec::new() }
    }

    fn follow(lobby: &mut LobbyState, room: &Arc<Room>, user: UserId, seq: u64) {
        let row = RoomInList { room: Arc::clone(room), head: head(seq), cursor: read(0), last: None };
        assert_eq!(lobby.know_list(user, vec![row]).len(), 1);
    }

    #[test]
    fn whoever_follows_a_room_hears_how_much_is_unread() {
        let (mut lobby, green, bob) = (LobbyState::default(), green(), UserId::new());
        assert!(lobby.enter(SessionId::new(), bob), "his list is to be read");
        follow(&mut lobby, &green, bob, 3);
        assert_eq!(lobby.list(bob)[0].unread, 3);
        let told = lobby.news(news(&green, 5));
        assert_eq!((told.len(), told[0].count.unread), (1, 5));
        assert!(lobby.news(news(&green, 5)).is_empty(), "nothing is new");
        let told = lobby.cursor_moved(bob, &green.id, read(4)).unwrap();
        assert_eq!(told.count.unread, 1);
        assert_eq!(lobby.cursor_moved(bob, &green.id, read(2)), None, "cursors never go back");
    }

    #[test]
    fn saying_something_leaves_nothing_unread() {
        let (mut lobby, green, bob) = (LobbyState::default(), green(), UserId::new());
        lobby.enter(SessionId::new(), bob);
        follow(&mut lobby, &green, bob, 3);
        let said = RoomNews { said: vec![(bob, read(4))], ..news(&green, 4) };
        assert_eq!(lobby.news(said)[0].count.unread, 0);
    }

    #[test]
    fn nobody_is_told_after_their_last_session_ended() {
        let (mut lobby, green, bob) = (LobbyState::default(), green(), UserId::new());
        let (phone, laptop) = (SessionId::new(), SessionId::new());
        lobby.enter(phone, bob);
        lobby.enter(laptop, bob);
        follow(&mut lobby, &green, bob, 0);
        lobby.leave(phone, bob);
        assert_eq!(lobby.news(news(&green, 1)).len(), 1);
        lobby.leave(laptop, bob);
        assert!(lobby.news(news(&green, 2)).is_empty());
        assert_eq!(lobby.directory(None).len(), 1);
    }
}
