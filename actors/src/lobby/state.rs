//! Who follows what, and what is new there: pure, without an actor.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use greenroom_protocol::limits::LARGE_ROOM;
use greenroom_protocol::{
    Availability, LastMessage, PersonStatus, RoomId, RoomKind, RoomRow, Seq, SessionId, Status, Timestamp, UnreadCount,
    User, UserId,
};
use greenroom_storage::{Cursor, Head, Room, RoomInList, RoomKey, Sight};

use super::command::{PublicRoom, RoomNews};

/// What the lobby knows.
#[derive(Debug, Default)]
pub(crate) struct LobbyState {
    rooms: HashMap<RoomId, Board>,
    people: HashMap<UserId, Standing>,
    /// Whose messages are no more, up to which time: a room that has not heard of it yet must not bring one back.
    erased: HashMap<UserId, Timestamp>,
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
    /// Who this is; nobody before the first session has said so.
    user: Option<User>,
    /// How reachable they say that they are.
    status: Status,
    /// The rooms of their list; nothing before it was read.
    list: Option<HashMap<RoomId, Listed>>,
}

/// A room in the list of a person who is online.
#[derive(Debug, Default)]
struct Listed {
    /// How far they have read.
    cursor: Cursor,
    /// The other person of a direct room, and when they were last connected before they are.
    with: Option<(User, Option<Timestamp>)>,
}

/// Somebody who is to hear how reachable another is, for the sake of a room that they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acquaintance {
    pub(crate) user: UserId,
    pub(crate) shares: RoomKey,
}

/// A notice to one person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) user: UserId,
    pub(crate) key: RoomKey,
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
    pub(crate) fn enter(&mut self, session: SessionId, user: &User) -> bool {
        let standing = self.people.entry(user.id).or_default();
        standing.user = Some(user.clone());
        if !standing.sessions.contains(&session) {
            standing.sessions.reserve_exact(1);
            standing.sessions.push(session);
        }
        standing.list.is_none()
    }

    /// A session has ended; returns who is to hear that the person is gone, where it was their last.
    pub(crate) fn leave(&mut self, session: SessionId, user: UserId) -> Option<(User, Vec<Acquaintance>)> {
        let standing = self.people.get_mut(&user)?;
        standing.sessions.retain(|of| *of != session);
        if !standing.sessions.is_empty() {
            return None;
        }
        let (gone, acquaintances) = (standing.user.clone()?, self.acquaintances(user));
        let followed = self.people.remove(&user).and_then(|standing| standing.list).unwrap_or_default();
        for room in followed.keys() {
            if let Some(board) = self.rooms.get_mut(room) {
                board.followers.remove(&user);
            }
        }
        Some((gone, acquaintances))
    }

    /// Somebody says how reachable they are; says whether that is news.
    pub(crate) fn set_status(&mut self, user: UserId, status: Status) -> bool {
        let Some(standing) = self.people.get_mut(&user) else { return false };
        std::mem::replace(&mut standing.status, status) != status
    }

    /// How reachable somebody is who is online.
    pub(crate) fn status(&self, user: UserId) -> Option<PersonStatus> {
        let standing = self.people.get(&user)?;
        let (user, status) = (standing.user.clone()?, Some(standing.status).into());
        Some(PersonStatus { user, status, last_seen: None })
    }

    /// Those online who share a direct or private room with somebody, each with one such room.
    pub(crate) fn acquaintances(&self, user: UserId) -> Vec<Acquaintance> {
        let mut found: HashMap<UserId, RoomKey> = HashMap::new();
        for board in self.shared_rooms(user) {
            found.extend(board.followers.iter().filter(|other| **other != user).map(|other| (*other, board.room.key)));
        }
        found.into_iter().map(|(user, shares)| Acquaintance { user, shares }).collect()
    }

    /// How reachable those are with whom somebody shares a direct or private room: those who are online, and the
    /// others of direct rooms.
    pub(crate) fn people_around(&self, user: UserId) -> Vec<PersonStatus> {
        let online = self.acquaintances(user).into_iter().filter_map(|other| self.status(other.user));
        let list = self.people.get(&user).and_then(|standing| standing.list.as_ref());
        let with = list.into_iter().flat_map(HashMap::values).filter_map(|listed| listed.with.as_ref());
        let offline = with
            .filter(|(other, _)| !self.people.contains_key(&other.id))
            .map(|(other, seen)| PersonStatus { user: other.clone(), status: Availability::Offline, last_seen: *seen });
        online.chain(offline).collect()
    }

    /// Rooms of somebody's list where people know each other, but for those where too many are online.
    fn shared_rooms(&self, user: UserId) -> impl Iterator<Item = &Board> {
        let list = self.people.get(&user).and_then(|standing| standing.list.as_ref());
        let boards = list.into_iter().flat_map(HashMap::keys).filter_map(|room| self.rooms.get(room));
        boards.filter(|board| board.is_shared())
    }

    /// Those online who have a room in their list in which people know each other.
    pub(crate) fn acquainted_in(&self, room: &RoomId) -> impl Iterator<Item = (UserId, RoomKey)> {
        let board = self.rooms.get(room).filter(|board| board.is_shared());
        board.into_iter().flat_map(|board| board.followers.iter().map(|user| (*user, board.room.key)))
    }

    /// Takes a person's list from the store.
    pub(crate) fn know_list(&mut self, user: UserId, list: Vec<RoomInList>) {
        for row in list {
            self.know_row(user, row);
        }
        if let Some(standing) = self.people.get_mut(&user) {
            standing.list.get_or_insert_default();
        }
    }

    /// Takes one row of a person's list.
    pub(crate) fn know_row(&mut self, user: UserId, row: RoomInList) {
        self.learn(&row.room, row.head, row.last);
        if let Some(standing) = self.people.get_mut(&user) {
            self.rooms.entry(row.room.id.clone()).and_modify(|board| {
                board.followers.insert(user);
            });
            let listed = standing.list.get_or_insert_default().entry(row.room.id.clone()).or_default();
            listed.cursor = further(listed.cursor, row.cursor);
            listed.with = row.with;
        }
    }

    /// A room is no longer in a person's list; says whether it was.
    pub(crate) fn forget_row(&mut self, user: UserId, room: &RoomId) -> bool {
        if let Some(board) = self.rooms.get_mut(room) {
            board.followers.remove(&user);
        }
        let list = self.people.get_mut(&user).and_then(|standing| standing.list.as_mut());
        list.is_some_and(|list| list.remove(room).is_some())
    }

    /// A room is no more; returns whose list it was in.
    pub(crate) fn forget_room(&mut self, room: &RoomId) -> Vec<UserId> {
        let followers = self.rooms.remove(room).map(|board| board.followers).unwrap_or_default();
        for user in &followers {
            if let Some(list) = self.people.get_mut(user).and_then(|standing| standing.list.as_mut()) {
                list.remove(room);
            }
        }
        followers.into_iter().collect()
    }

    /// A room has changed; returns who is to be told, if it is called or about something else.
    pub(crate) fn changed(&mut self, room: &Arc<Room>, head: Head) -> Vec<UserId> {
        let gone = self.rooms.get(&room.id).map(|board| board.room.gone).unwrap_or_default();
        let board = self.board(room);
        board.head = newer(board.head, head);
        let before = std::mem::replace(&mut board.room, Arc::clone(room));
        let last = board.last.take();
        let lost_last = last.as_ref().is_some_and(|last| last.seq <= room.gone.seq);
        board.last = last.filter(|_| !lost_last);
        let same = (&before.title, &before.topic, before.retention) == (&room.title, &room.topic, room.retention);
        if !same || lost_last {
            return board.followers.iter().copied().collect();
        }
        // What is no more is unread no longer.
        let followers = self.rooms.get(&room.id).map(|board| &board.followers);
        let unread = |user: &&UserId| {
            let listed = self.people.get(user).and_then(|standing| standing.list.as_ref()?.get(&room.id));
            let read = listed.map_or(u64::MAX, |listed| listed.cursor.read_ordinal);
            gone.ordinal.max(read) < room.gone.ordinal
        };
        followers.into_iter().flatten().filter(unread).copied().collect()
    }

    /// What somebody has said until now is no more.
    pub(crate) fn erased(&mut self, user: UserId, now: Timestamp) {
        self.erased.insert(user, now);
        for board in self.rooms.values_mut() {
            board.last = board.last.take().filter(|last| last.user.id != user);
        }
    }

    /// A person's list, by what they see of each room.
    pub(crate) fn list(&self, user: UserId, sight: impl Fn(&RoomId) -> Sight) -> Vec<RoomRow> {
        let list = self.people.get(&user).and_then(|standing| standing.list.as_ref());
        let rows = list.into_iter().flatten().filter_map(|(room, listed)| self.row(room, Some(listed), sight(room)));
        let mut rows: Vec<RoomRow> = rows.collect();
        rows.sort_by(|a, b| a.room.cmp(&b.room));
        rows
    }

    /// One row of a person's list.
    pub(crate) fn row_of(&self, user: UserId, room: &RoomId, sight: Sight) -> Option<RoomRow> {
        let listed = self.people.get(&user)?.list.as_ref()?.get(room)?;
        self.row(room, Some(listed), sight)
    }

    /// A room tells of itself; returns who is to be told. Nobody is whose sessions all have the room open: they hear it from
    /// there, and of a big room nearly everybody does.
    pub(crate) fn news(&mut self, news: RoomNews, is_elsewhere: impl Fn(SessionId) -> bool) -> Vec<Notice> {
        let room = news.room.id.clone();
        let moved = news.head.seq > self.board(&news.room).head.seq;
        let board = self.learn(&news.room, news.head, news.last);
        board.online_count = news.online_count;
        for (user, cursor) in news.said {
            self.move_cursor(user, &room, cursor);
        }
        if !moved {
            return Vec::new();
        }
        let followers = self.rooms.get(&room).map(|board| &board.followers);
        let is_elsewhere = |user: &&UserId| self.sessions(**user).any(&is_elsewhere);
        followers.into_iter().flatten().filter(is_elsewhere).filter_map(|user| self.notice(*user, &room)).collect()
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
    pub(crate) fn directory(&self, user: Option<UserId>, sight: impl Fn(&RoomId) -> Sight) -> Vec<PublicRoom> {
        let list = user.and_then(|user| self.people.get(&user)?.list.as_ref());
        self.shown(|room| list?.get(room), sight)
    }

    /// The public rooms, and those in a list that was read just now.
    pub(crate) fn directory_for(&mut self, list: Vec<RoomInList>, sight: impl Fn(&RoomId) -> Sight) -> Vec<PublicRoom> {
        for row in &list {
            self.learn(&row.room, row.head, row.last.clone());
        }
        let listed = |row: RoomInList| (row.room.id.clone(), Listed { cursor: row.cursor, with: row.with });
        let list: HashMap<RoomId, Listed> = list.into_iter().map(listed).collect();
        self.shown(|room| list.get(room), sight)
    }

    fn shown<'a>(
        &'a self,
        listed: impl Fn(&RoomId) -> Option<&'a Listed>,
        sight: impl Fn(&RoomId) -> Sight,
    ) -> Vec<PublicRoom> {
        let row = |board: &Board| {
            let id = &board.room.id;
            let row = self.row(id, listed(id), sight(id))?;
            Some(PublicRoom { row, online_count: board.online_count })
        };
        let mut rooms: Vec<PublicRoom> = self.rooms.values().filter_map(row).collect();
        rooms.sort_by(|a, b| a.row.room.cmp(&b.row.room));
        rooms
    }

    fn move_cursor(&mut self, user: UserId, room: &RoomId, cursor: Cursor) -> bool {
        let list = self.people.get_mut(&user).and_then(|standing| standing.list.as_mut());
        let Some(known) = list.and_then(|list| list.get_mut(room)) else { return false };
        let before = known.cursor.read;
        known.cursor = further(known.cursor, cursor);
        known.cursor.read > before
    }

    /// What is unread for somebody who has the room in their list. Whether they may still hear it is not known here.
    fn notice(&self, user: UserId, room: &RoomId) -> Option<Notice> {
        let listed = self.people.get(&user)?.list.as_ref()?.get(room)?;
        let board = self.rooms.get(room)?;
        let count = UnreadCount {
            room: room.clone(),
            last_seq: board.head.seq,
            read_seq: listed.cursor.read,
            unread: board.unread(listed.cursor),
            last: board.last.clone(),
        };
        Some(Notice { user, key: board.room.key, count })
    }

    /// A room as somebody sees it; nothing where they may not know of it.
    fn row(&self, room: &RoomId, listed: Option<&Listed>, sight: Sight) -> Option<RoomRow> {
        let Sight::Open(place) = sight else { return None };
        let board = self.rooms.get(room)?;
        Some(RoomRow {
            room: room.clone(),
            kind: place.room.kind,
            title: place.room.title.clone(),
            topic: place.room.topic.clone(),
            role: place.role,
            retention_s: place.room.retention.map(|time| time.as_secs()),
            last_seq: board.head.seq,
            read_seq: listed.map_or(Seq::ZERO, |listed| listed.cursor.read),
            // Nothing is unread in a room that one has never entered.
            unread: listed.map_or(0, |listed| board.unread(listed.cursor)),
            last: board.last.clone(),
            with: listed.and_then(|listed| listed.with.as_ref()).map(|(user, _)| user.clone()),
        })
    }

    /// Takes where a room's log ends and the newest message, but for one that is no more.
    fn learn(&mut self, room: &Arc<Room>, head: Head, last: Option<LastMessage>) -> &mut Board {
        let last = last.filter(|last| self.erased.get(&last.user.id).is_none_or(|until| last.at > *until));
        let board = self.board(room);
        board.head = newer(board.head, head);
        let last = last.filter(|last| last.seq > board.room.gone.seq);
        board.last = later(board.last.take(), last);
        board
    }

    fn board(&mut self, room: &Arc<Room>) -> &mut Board {
        let board = self.rooms.entry(room.id.clone()).or_insert_with(|| Board {
            room: Arc::clone(room),
            head: Head::default(),
            last: None,
            online_count: 0,
            followers: HashSet::new(),
        });
        if room.gone.seq > board.room.gone.seq {
            board.room = Arc::new(Room { gone: room.gone, ..(*board.room).clone() });
        }
        board
    }
}

impl Board {
    /// Whether people know each other there, and not too many of them are online.
    fn is_shared(&self) -> bool {
        self.room.kind != RoomKind::Group && self.followers.len() <= LARGE_ROOM
    }

    fn unread(&self, cursor: Cursor) -> u64 {
        self.room.messages_behind(cursor.read_ordinal, self.head)
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
    use greenroom_protocol::{Epoch, Name};
    use greenroom_storage::Place;
    use uuid::Uuid;

    fn green() -> Arc<Room> {
        let id = RoomId::parse("green").unwrap();
        let (key, epoch) = (RoomKey(Uuid::now_v7()), Epoch::new());
        Arc::new(Room::new(key, id, RoomKind::Group, "Green".into(), epoch))
    }

    fn open(room: &Arc<Room>) -> Sight {
        Sight::Open(Place { room: Arc::clone(room), head: head(0), role: None, changed: Seq::ZERO })
    }

    fn person(id: UserId) -> User {
        User { id, name: Name::guest("bob").unwrap() }
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

    fn anywhere(_: SessionId) -> bool {
        true
    }

    fn follow(lobby: &mut LobbyState, room: &Arc<Room>, user: UserId, seq: u64) {
        let (room, head) = (Arc::clone(room), head(seq));
        let row = RoomInList { room: Arc::clone(&room), head, cursor: read(0), last: None, role: None, with: None };
        lobby.know_list(user, vec![row]);
        assert_eq!(lobby.list(user, |_| open(&room)).len(), 1);
        assert!(lobby.list(user, |_| Sight::Hidden).is_empty(), "what one may not see is not in one's list");
    }

    #[test]
    fn whoever_follows_a_room_hears_how_much_is_unread() {
        let (mut lobby, green, bob) = (LobbyState::default(), green(), UserId::new());
        assert!(lobby.enter(SessionId::new(), &person(bob)), "his list is to be read");
        follow(&mut lobby, &green, bob, 3);
        assert_eq!(lobby.list(bob, |_| open(&green))[0].unread, 3);
        let told = lobby.news(news(&green, 5), anywhere);
        assert_eq!((told.len(), told[0].count.unread), (1, 5));
        assert!(lobby.news(news(&green, 5), anywhere).is_empty(), "nothing is new");
        assert!(lobby.news(news(&green, 6), |_| false).is_empty(), "he has it on the screen");
        let told = lobby.cursor_moved(bob, &green.id, read(4)).unwrap();
        assert_eq!(told.count.unread, 2);
        assert_eq!(lobby.cursor_moved(bob, &green.id, read(2)), None, "cursors never go back");
    }

    #[test]
    fn what_is_no_more_is_unread_to_nobody_and_shown_in_no_list() {
        let (mut lobby, green, [bob, eve]) = (LobbyState::default(), green(), [UserId::new(), UserId::new()]);
        let (user, at) = (person(eve), Timestamp::from_millis(0));
        let last = |seq| LastMessage { seq: Seq(seq), user: user.clone(), body: "hi".into(), at, mentions: Vec::new() };
        for (user, seen) in [(bob, 1), (eve, 5)] {
            lobby.enter(SessionId::new(), &person(user));
            follow(&mut lobby, &green, user, 5);
            lobby.cursor_moved(user, &green.id, read(seen));
        }
        lobby.news(RoomNews { last: Some(last(5)), ..news(&green, 6) }, anywhere);
        let trimmed = |gone| Arc::new(Room { gone: head(gone), ..(*green).clone() });
        assert_eq!(lobby.changed(&trimmed(3), head(6)), [bob], "to whom something of it was unread");
        let row = |lobby: &LobbyState, user| lobby.list(user, |_| open(&green)).remove(0);
        assert_eq!((row(&lobby, bob).unread, row(&lobby, eve).unread), (3, 1));
        assert!(lobby.changed(&trimmed(3), head(6)).is_empty(), "it is no news any more");
        assert_eq!(row(&lobby, bob).last.map(|last| last.seq), Some(Seq(5)));
        assert_eq!(lobby.changed(&trimmed(5), head(6)).len(), 2, "all see the last message go");
        lobby.news(RoomNews { last: Some(last(5)), ..news(&green, 7) }, anywhere);
        assert_eq!(row(&lobby, bob).last, None, "a room that has not heard of it yet doesn't bring it back");
        lobby.news(RoomNews { last: Some(last(8)), ..news(&green, 8) }, anywhere);
        assert!(row(&lobby, bob).last.is_some());
        lobby.erased(eve, Timestamp::from_millis(0));
        lobby.news(RoomNews { last: Some(last(8)), ..news(&green, 9) }, anywhere);
        assert_eq!(row(&lobby, bob).last, None, "what she said is erased");
        let later = LastMessage { at: Timestamp::from_millis(1), ..last(10) };
        lobby.news(RoomNews { last: Some(later), ..news(&green, 10) }, anywhere);
        assert_eq!(row(&lobby, bob).last.map(|last| last.seq), Some(Seq(10)), "and what she says since is not");
    }

    #[test]
    fn saying_something_leaves_nothing_unread() {
        let (mut lobby, green, bob) = (LobbyState::default(), green(), UserId::new());
        lobby.enter(SessionId::new(), &person(bob));
        follow(&mut lobby, &green, bob, 3);
        let said = RoomNews { said: vec![(bob, read(4))], ..news(&green, 4) };
        assert_eq!(lobby.news(said, anywhere)[0].count.unread, 0);
    }

    #[test]
    fn nobody_is_told_after_their_last_session_ended() {
        let (mut lobby, green, bob) = (LobbyState::default(), green(), UserId::new());
        let (phone, laptop) = (SessionId::new(), SessionId::new());
        lobby.enter(phone, &person(bob));
        lobby.enter(laptop, &person(bob));
        follow(&mut lobby, &green, bob, 0);
        assert_eq!(lobby.leave(phone, bob), None, "he is still there");
        assert_eq!(lobby.news(news(&green, 1), anywhere).len(), 1);
        assert_eq!(lobby.leave(laptop, bob), Some((person(bob), Vec::new())));
        assert!(lobby.news(news(&green, 2), anywhere).is_empty());
        assert_eq!(lobby.directory(None, |_| open(&green)).len(), 1);
    }

    #[test]
    fn those_who_share_a_private_room_hear_of_each_other_and_no_others_do() {
        let mut lobby = LobbyState::default();
        let (ana, bob, eve) = (UserId::new(), UserId::new(), UserId::new());
        let private = Arc::new(Room { kind: RoomKind::Private, ..(*green()).clone() });
        let public = Arc::new(Room { id: RoomId::parse("hall").unwrap(), ..(*green()).clone() });
        let phone = SessionId::new();
        lobby.enter(phone, &person(ana));
        lobby.enter(SessionId::new(), &person(bob));
        lobby.enter(SessionId::new(), &person(eve));
        for (user, room) in [(ana, &private), (bob, &private), (ana, &public), (eve, &public)] {
            let (room, head) = (Arc::clone(room), head(0));
            let row = RoomInList { room, head, cursor: read(0), last: None, role: None, with: None };
            lobby.know_row(user, row);
        }
        let around = |lobby: &LobbyState, user| {
            lobby.people_around(user).into_iter().map(|person| (person.user.id, person.status)).collect::<Vec<_>>()
        };
        assert_eq!(around(&lobby, ana), [(bob, Availability::Online)]);
        assert!(lobby.set_status(bob, Status::Away) && !lobby.set_status(bob, Status::Away));
        assert_eq!(around(&lobby, ana), [(bob, Availability::Away)]);
        assert!(around(&lobby, eve).is_empty());
        let (gone, told) = lobby.leave(phone, ana).unwrap();
        assert_eq!((gone.id, told), (ana, vec![Acquaintance { user: bob, shares: private.key }]));
    }
}
