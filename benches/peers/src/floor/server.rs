//! The loop.

use std::io;
use std::mem;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{SocketFlags, accept_with, sockopt};

use super::batch::{Batch, Store};
use super::command::{Command, parse};
use super::connection::Connection;
use super::frame::{self, PING, PONG, TEXT, Unreadable, put};
use super::hall::{Hall, write};
use super::upgrade::{self, Request};
use super::writer::{Mail, Short, Writer};

const LISTENER: u64 = u64::MAX;
const STORE: u64 = u64::MAX - 1;
const READ: EventFlags = EventFlags::IN;

/// Serves until the process is ended.
pub fn serve(listener: &TcpListener, writer: impl Writer, store: impl Store) -> io::Result<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, listener, EventData::new_u64(LISTENER), READ)?;
    if let Some(wakes) = store.wakes() {
        epoll::add(&epoll, wakes, EventData::new_u64(STORE), READ)?;
    }
    let mut server = Server {
        epoll,
        writer,
        store,
        hall: Hall::default(),
        connections: Vec::new(),
        free: Vec::new(),
        left: Vec::new(),
        touched: Vec::new(),
        ready: Batch::default(),
        connected: 0,
    };
    let mut events: Vec<Event> = Vec::with_capacity(1024);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        events.clear();
        match epoll::wait(&server.epoll, spare_capacity(&mut events), None) {
            Err(Errno::INTR) => continue,
            result => result?,
        };
        server.turn(listener, &events, &mut buffer)?;
    }
}

struct Server<W, S> {
    epoll: OwnedFd,
    writer: W,
    store: S,
    hall: Hall,
    /// By seat; a place that is free has none.
    connections: Vec<Option<Connection>>,
    free: Vec<u32>,
    /// Free from the next turn on: this one may still have them in its list.
    left: Vec<u32>,
    /// Seats that are given something at the end of this turn.
    touched: Vec<u32>,
    ready: Batch,
    connected: u32,
}

/// Why a connection ends.
struct Over;

impl From<Unreadable> for Over {
    fn from(_: Unreadable) -> Self {
        Self
    }
}

impl<W: Writer, S: Store> Server<W, S> {
    fn turn(&mut self, listener: &TcpListener, events: &[Event], buffer: &mut [u8]) -> io::Result<()> {
        self.hall.begin_turn();
        for event in events {
            match event.data.u64() {
                LISTENER => self.accept(listener)?,
                STORE => {}
                seat => self.attend(u32::try_from(seat).expect("a seat"), event.flags, buffer)?,
            }
        }
        self.store.exchange(&mut self.hall.gathered, &mut self.ready)?;
        self.publish();
        self.give_out()
    }

    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let socket = match accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::CONNABORTED | Errno::INTR) => continue,
                result => result?,
            };
            sockopt::set_tcp_nodelay(&socket, true)?;
            let seat = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                u32::try_from(self.connections.len() - 1).expect("fewer connections than open files")
            });
            epoll::add(&self.epoll, &socket, EventData::new_u64(seat.into()), READ)?;
            self.connected += 1;
            self.connections[seat as usize] = Some(Connection::new(socket, self.connected));
        }
    }

    /// Does what a socket is ready for.
    fn attend(&mut self, seat: u32, flags: EventFlags, buffer: &mut [u8]) -> io::Result<()> {
        let Some(who) = &mut self.connections[seat as usize] else { return Ok(()) };
        if flags.contains(EventFlags::OUT) {
            who.touch(seat, &mut self.touched);
        }
        if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            return Ok(());
        }
        let heard = match rustix::io::read(&who.socket, &mut *buffer) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Ok(0) | Err(_) => Err(Over),
            Ok(length) if who.inbox.is_empty() => hear(&mut self.hall, seat, who, &mut buffer[..length]),
            Ok(length) => {
                let mut bytes = who.joined_with(&buffer[..length]);
                hear(&mut self.hall, seat, who, &mut bytes)
            }
        };
        if heard.is_err() {
            self.close(seat);
        } else if !who.outbox.is_empty() {
            who.touch(seat, &mut self.touched);
        }
        Ok(())
    }

    /// Lays what is ready into its rooms, and lists who is to be given something.
    fn publish(&mut self) {
        let Self { hall, connections, touched, ready, .. } = self;
        hall.publish(ready, |sender, serial, ack| {
            let Some(who) = connections[sender as usize].as_mut().filter(|who| who.serial == serial) else { return };
            who.outbox.extend_from_slice(ack);
            who.touch(sender, touched);
        });
        ready.clear();
        for &room in &hall.stirred {
            for &seat in &hall.rooms[room as usize].members {
                connections[seat as usize].as_mut().expect("members are connected").touch(seat, touched);
            }
        }
    }

    /// Gives everybody what this turn brought them.
    fn give_out(&mut self) -> io::Result<()> {
        let Self { hall, connections, touched, writer, .. } = self;
        let mut mail = Mail::with_capacity(touched.len());
        for &seat in &*touched {
            let Some(who) = &connections[seat as usize] else { continue };
            let news = who.rooms.iter().map(|&room| &*hall.rooms[room as usize].news);
            mail.add(seat, who.socket.as_fd(), [&*who.outbox].into_iter().chain(news));
        }
        let shorts = if touched.is_empty() { Vec::new() } else { writer.write(&mail)? };
        drop(mail);
        let mut shorts = shorts.into_iter().peekable();
        for seat in mem::take(&mut self.touched) {
            let short = shorts.next_if(|short| short.seat == seat);
            self.settle(seat, short)?;
        }
        self.hall.end_turn();
        self.free.append(&mut self.left);
        Ok(())
    }

    /// Keeps what a socket did not take, and listens for when it does.
    fn settle(&mut self, seat: u32, short: Option<Short>) -> io::Result<()> {
        let Some(who) = &mut self.connections[seat as usize] else { return Ok(()) };
        who.touched = false;
        let was_blocked = who.blocked;
        match short {
            None => {
                who.blocked = false;
                who.outbox = Vec::new();
            }
            Some(Short { taken: Ok(taken), .. }) => {
                who.blocked = true;
                for &room in &who.rooms {
                    who.outbox.extend_from_slice(&self.hall.rooms[room as usize].news);
                }
                who.outbox.drain(..taken);
            }
            Some(Short { taken: Err(_), .. }) => {
                self.close(seat);
                return Ok(());
            }
        }
        if who.is_too_slow() {
            self.close(seat);
        } else if who.blocked != was_blocked {
            let flags = if who.blocked { READ | EventFlags::OUT } else { READ };
            epoll::modify(&self.epoll, &who.socket, EventData::new_u64(seat.into()), flags)?;
        }
        Ok(())
    }

    fn close(&mut self, seat: u32) {
        if let Some(who) = self.connections[seat as usize].take() {
            self.hall.leave_all(seat, &who);
            self.left.push(seat);
        }
    }
}

/// Takes all that is whole from what was read, and lets the rest wait.
fn hear(hall: &mut Hall, seat: u32, who: &mut Connection, mut bytes: &mut [u8]) -> Result<(), Over> {
    if !who.upgraded {
        match upgrade::parse(bytes) {
            Request::NotWhole => {
                who.keep(bytes);
                return Ok(());
            }
            Request::NoUpgrade => return Err(Over),
            Request::Upgrade(answer, length) => {
                who.upgraded = true;
                who.outbox.extend_from_slice(answer.as_bytes());
                bytes = &mut bytes[length..];
            }
        }
    }
    while let Some((frame, length)) = frame::first(bytes)? {
        match frame.kind {
            TEXT => obey(hall, seat, who, frame.payload).ok_or(Over)?,
            PING => put(&mut who.outbox, PONG, |out| out.extend_from_slice(frame.payload)),
            PONG => {}
            _ => return Err(Over),
        }
        bytes = &mut bytes[length..];
    }
    who.keep(bytes);
    Ok(())
}

/// Does what was said; `None` where it can't be done, which ends the connection.
fn obey(hall: &mut Hall, seat: u32, who: &mut Connection, text: &[u8]) -> Option<()> {
    match parse(text)? {
        Command::Hello { name } => {
            who.name = name.into();
            let id = who.user_id();
            let welcome: [&[u8]; 5] =
                [br#"{"type":"welcome","user":{"id":""#, id.as_bytes(), br#"","name":""#, name, br#""}}"#];
            put(&mut who.outbox, TEXT, |out| write(out, &welcome));
        }
        Command::Join { room } => hall.join(seat, who, room),
        Command::Send { room, id, body } => hall.post(seat, who, room, id, body)?,
        Command::Ping => put(&mut who.outbox, TEXT, |out| out.extend_from_slice(br#"{"type":"pong"}"#)),
    }
    Some(())
}
