//! What can be read of what is stored: all that rooms, sessions and the lobby know of the store's reading side.

use std::sync::Arc;

use greenroom_protocol::{Seq, User, UserId};
use greenroom_storage::{Cursor, Head, Health, Page, PageFrom, ReadError, Room, RoomInList, RoomKey, Store};

/// Reads, and cursors, which are moved where they are read. Each means what [`Store`]'s own of that name means.
pub(crate) trait Archive {
    fn page(&self, room: RoomKey, from: PageFrom, limit: usize, max_bytes: usize) -> Result<Page, ReadError>;
    fn rooms(&self) -> Vec<(Arc<Room>, Head)>;
    fn rooms_of(&self, user: UserId) -> Result<Vec<RoomInList>, ReadError>;
    fn room_in_list(&self, user: UserId, room: RoomKey) -> Result<Option<RoomInList>, ReadError>;
    fn cursors(&self, room: RoomKey, limit: usize) -> Result<Vec<(User, Cursor)>, ReadError>;
    fn cursor(&self, room: RoomKey, user: UserId) -> Result<Cursor, ReadError>;
    fn move_cursor(&self, room: RoomKey, user: &User, guest: bool, to: (Seq, Seq)) -> Result<Cursor, ReadError>;
    fn health(&self) -> Health;
}

impl Archive for Store {
    fn page(&self, room: RoomKey, from: PageFrom, limit: usize, max_bytes: usize) -> Result<Page, ReadError> {
        Store::page(self, room, from, limit, max_bytes)
    }

    fn rooms(&self) -> Vec<(Arc<Room>, Head)> {
        Store::rooms(self)
    }

    fn rooms_of(&self, user: UserId) -> Result<Vec<RoomInList>, ReadError> {
        Store::rooms_of(self, user)
    }

    fn room_in_list(&self, user: UserId, room: RoomKey) -> Result<Option<RoomInList>, ReadError> {
        Store::room_in_list(self, user, room)
    }

    fn cursors(&self, room: RoomKey, limit: usize) -> Result<Vec<(User, Cursor)>, ReadError> {
        Store::cursors(self, room, limit)
    }

    fn cursor(&self, room: RoomKey, user: UserId) -> Result<Cursor, ReadError> {
        Store::cursor(self, room, user)
    }

    fn move_cursor(&self, room: RoomKey, user: &User, guest: bool, to: (Seq, Seq)) -> Result<Cursor, ReadError> {
        let (delivered, read) = to;
        Store::move_cursor(self, room, user, guest, delivered, read)
    }

    fn health(&self) -> Health {
        Store::health(self)
    }
}
