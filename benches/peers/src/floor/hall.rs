//! The rooms: who is in them, and what this turn brings them.

use std::collections::HashMap;
use std::time::SystemTime;

use super::batch::{Batch, Post};
use super::connection::Connection;
use super::frame::{TEXT, put};

/// All rooms, and what was said in them and is not out yet.
#[derive(Default)]
pub(super) struct Hall {
    pub(super) rooms: Vec<Room>,
    by_name: HashMap<Box<[u8]>, u32>,
    pub(super) gathered: Batch,
    /// Rooms with something to give out this turn.
    pub(super) stirred: Vec<u32>,
    /// This turn's time, written once.
    at: String,
}

/// A room.
pub(super) struct Room {
    name: Box<[u8]>,
    /// Of the newest message that was gathered.
    seq: u64,
    pub(super) members: Vec<u32>,
    /// The frames that this turn gives to every member.
    pub(super) news: Vec<u8>,
}

impl Hall {
    /// Every message of a turn has the same time.
    pub(super) fn begin_turn(&mut self) {
        self.at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    }

    pub(super) fn join(&mut self, seat: u32, who: &mut Connection, name: &[u8]) {
        let room = self.by_name.get(name).copied().unwrap_or_else(|| self.open(name));
        if !who.rooms.contains(&room) {
            who.rooms.push(room);
            self.rooms[room as usize].members.push(seat);
        }
        put(&mut who.outbox, TEXT, |out| write(out, &[br#"{"type":"joined","room":""#, name, br#""}"#]));
    }

    fn open(&mut self, name: &[u8]) -> u32 {
        let room = u32::try_from(self.rooms.len()).expect("fewer rooms than connections");
        self.rooms.push(Room { name: name.into(), seq: 0, members: Vec::new(), news: Vec::new() });
        self.by_name.insert(name.into(), room);
        room
    }

    /// Numbers a message and frames it, once for all; `None` where the sender has not joined the room.
    pub(super) fn post(&mut self, seat: u32, who: &Connection, room: &[u8], id: &[u8], body: &[u8]) -> Option<()> {
        let index = who.rooms.iter().copied().find(|&joined| &*self.rooms[joined as usize].name == room)?;
        let seq = &mut self.rooms[index as usize].seq;
        *seq += 1;
        let Batch { frames, acks, posts } = &mut self.gathered;
        let (seq, user, at) = (seq.to_string(), who.user_id(), self.at.as_bytes());
        let (seq, user) = (seq.as_bytes(), user.as_bytes());
        put(frames, TEXT, |out| {
            write(out, &[br#"{"type":"message","room":""#, room, br#"","seq":"#, seq, br#","id":""#, id]);
            write(out, &[br#"","user":{"id":""#, user, br#"","name":""#, &who.name, br#""},"body":""#, body]);
            write(out, &[br#"","at":""#, at, br#""}"#]);
        });
        put(acks, TEXT, |out| {
            write(out, &[br#"{"type":"ack","room":""#, room, br#"","id":""#, id, br#"","seq":"#, seq]);
            write(out, &[br#","at":""#, at, br#""}"#]);
        });
        let (frame_end, ack_end) = (frames.len(), acks.len());
        posts.push(Post { room: index, sender: seat, serial: who.serial, frame_end, ack_end });
        Some(())
    }

    /// Gives a batch to its rooms; `acknowledge` gets each post with the frame for its sender.
    pub(super) fn publish(&mut self, batch: &Batch, mut acknowledge: impl FnMut(u32, u32, &[u8])) {
        let (mut frame, mut ack) = (0, 0);
        for post in &batch.posts {
            let news = &mut self.rooms[post.room as usize].news;
            if news.is_empty() {
                self.stirred.push(post.room);
            }
            news.extend_from_slice(&batch.frames[frame..post.frame_end]);
            acknowledge(post.sender, post.serial, &batch.acks[ack..post.ack_end]);
            (frame, ack) = (post.frame_end, post.ack_end);
        }
    }

    /// What there was to give out has been given out.
    pub(super) fn end_turn(&mut self) {
        for room in self.stirred.drain(..) {
            self.rooms[room as usize].news.clear();
        }
    }

    pub(super) fn leave_all(&mut self, seat: u32, who: &Connection) {
        for &room in &who.rooms {
            let members = &mut self.rooms[room as usize].members;
            if let Some(place) = members.iter().position(|&member| member == seat) {
                members.swap_remove(place);
            }
        }
    }
}

/// Puts pieces of a text one after another.
pub(super) fn write(out: &mut Vec<u8>, pieces: &[&[u8]]) {
    for piece in pieces {
        out.extend_from_slice(piece);
    }
}
