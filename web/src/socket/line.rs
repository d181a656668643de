//! The way out of one socket, which two tasks share: a writer, which writes for many sockets at a time, and the socket's
//! own, which waits where the system has no room, and says pings and goodbyes.
//!
//! Whatever is written goes through one [`Pipe`], under its lock. What the system did not take of it is kept there and
//! goes first the next time, so that nobody's frame begins within another's.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, ready};

use greenroom_actors::fault_point;
use greenroom_actors::outbox::{Outbox, Queue, Wire};
use greenroom_protocol::Compression;
use parking_lot::Mutex;
use socket2::SockRef;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

use super::gathering::gather;
use super::writers::Writer;

/// Bytes taken from the outbox at a time: enough to fill a system call, little to hold twice.
pub(super) const TAKE_BYTES: usize = 64 * 1024;

/// The way out of one socket.
#[derive(Debug)]
pub(super) struct Line {
    me: Weak<Self>,
    /// What there is to write; nothing before somebody is in.
    outbox: OnceLock<Weak<Outbox>>,
    pipe: Mutex<Pipe>,
    /// Whether a writer is to come by.
    called: AtomicBool,
    /// What is compressed.
    compression: Compression,
    /// Who writes; over TLS it is the socket's own task.
    writer: Option<Arc<Writer>>,
    /// Wakes the socket's own task.
    own: Notify,
}

/// What was written of a connection, and what wasn't.
#[derive(Debug, Default)]
struct Pipe {
    /// Nothing once the socket has ended.
    half: Option<OwnedWriteHalf>,
    /// What the system had no room for; it goes before anything else.
    rest: Vec<u8>,
    written: usize,
    /// Frames from the outbox.
    frames: u64,
    /// Whether the last frame was said (RFC 6455, section 5.5.1: nothing may come behind a goodbye).
    is_over: bool,
}

/// How writing went.
#[derive(Debug)]
pub(super) enum Progress {
    /// All is written; and whether the socket's own task has something to see to.
    Done { calls: bool },
    /// The system has no more room.
    Blocked,
    /// Nothing can be written any more.
    Broken,
}

impl Line {
    /// The line of a connection, and the connection for the socket's own task.
    pub(super) fn of(stream: TcpStream, writer: Arc<Writer>, compression: Compression) -> (Arc<Self>, Plain) {
        let (read, write) = stream.into_split();
        let line = Self::new(Pipe { half: Some(write), ..Pipe::default() }, Some(writer), compression);
        (Arc::clone(&line), Plain { read, line })
    }

    /// The line of a connection that only the socket's own task writes to.
    pub(super) fn of_one_task(compression: Compression) -> Arc<Self> {
        Self::new(Pipe::default(), None, compression)
    }

    fn new(pipe: Pipe, writer: Option<Arc<Writer>>, compression: Compression) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            outbox: OnceLock::new(),
            pipe: Mutex::new(pipe),
            called: AtomicBool::new(false),
            compression,
            writer,
            own: Notify::new(),
        })
    }

    /// From now on there is something to write.
    pub(super) fn connect(&self, outbox: &Arc<Outbox>) {
        // A socket has one outbox, for good.
        let _first = self.outbox.set(Arc::downgrade(outbox));
    }

    /// Whether a writer writes.
    pub(super) fn has_writer(&self) -> bool {
        self.writer.is_some()
    }

    /// Waits until the socket's own task is called, or was since the last time.
    pub(super) async fn calls(&self) {
        self.own.notified().await;
    }

    /// A writer comes by.
    pub(super) fn visit(&self, scratch: &mut Vec<u8>) {
        // First, so that whatever is queued from now on calls again.
        self.called.store(false, Ordering::Release);
        if !matches!(self.write(scratch), Progress::Done { calls: false }) {
            self.own.notify_one();
        }
    }

    /// Writes all that is queued, as far as the system has room.
    pub(super) fn write(&self, scratch: &mut Vec<u8>) -> Progress {
        let Some(outbox) = self.outbox.get().and_then(Weak::upgrade) else { return Progress::Done { calls: false } };
        let mut pipe = self.pipe.lock();
        if pipe.is_over {
            return Progress::Done { calls: false };
        }
        loop {
            match pipe.write_rest() {
                Ok(true) => {}
                Ok(false) => return Progress::Blocked,
                Err(_) => return Progress::Broken,
            }
            scratch.clear();
            let handed_out = gather(&outbox, self.compression, scratch);
            if handed_out.frames == 0 {
                return Progress::Done { calls: handed_out.calls };
            }
            fault_point::pass("socket.write");
            pipe.frames += handed_out.frames;
            if pipe.write(scratch).is_err() {
                return Progress::Broken;
            }
            if !handed_out.more && pipe.is_written() {
                return Progress::Done { calls: handed_out.calls };
            }
        }
    }

    /// What is compressed for this socket.
    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// Frames from the outbox that were written.
    pub(super) fn frames(&self) -> u64 {
        self.pipe.lock().frames
    }

    /// The socket ends, or a frame of it may be half written: nothing more goes out.
    pub(super) fn cut(&self) {
        self.pipe.lock().half = None;
        self.own.notify_one();
    }
}

impl Wire for Line {
    fn ready(&self, _queue: &mut Queue) {
        match &self.writer {
            None => self.own.notify_one(),
            Some(writer) => {
                if !self.called.swap(true, Ordering::AcqRel)
                    && let Some(me) = self.me.upgrade()
                {
                    writer.call(me);
                }
            }
        }
    }
}

impl Pipe {
    fn is_written(&self) -> bool {
        self.rest.is_empty()
    }

    /// Writes what was left; says whether that is all.
    fn write_rest(&mut self) -> io::Result<bool> {
        while !self.rest.is_empty() {
            let half = self.half.as_ref().ok_or(ErrorKind::BrokenPipe)?;
            match half.try_write(&self.rest[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if self.written == self.rest.len() {
                // An idle socket keeps no buffer.
                (self.rest, self.written) = (Vec::new(), 0);
            }
        }
        Ok(true)
    }

    /// Writes a whole frame behind what was left.
    fn say(&mut self, frame: &[u8]) -> io::Result<()> {
        if self.write_rest()? {
            return self.write(frame);
        }
        self.rest.extend_from_slice(frame);
        Ok(())
    }

    /// Writes whole frames, and keeps what the system has no room for; nothing may be left of those before.
    fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        debug_assert!(self.is_written(), "what was left goes first");
        let half = self.half.as_ref().ok_or(ErrorKind::BrokenPipe)?;
        // Past the runtime, which would look up first whether there is room: that is one more place in memory, cold for most
        // sockets. Where there is none, writing the rest tells the runtime.
        let written = match SockRef::from(half.as_ref()).send(frames) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        self.rest.extend_from_slice(&frames[written..]);
        Ok(())
    }
}

/// A connection without TLS: what its own task says goes by the line.
#[derive(Debug)]
pub(super) struct Plain {
    read: OwnedReadHalf,
    line: Arc<Line>,
}

impl Plain {
    /// The connection itself.
    pub(super) fn tcp(&self) -> &TcpStream {
        self.read.as_ref()
    }

    /// Reads what has come; waits where nothing has.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(cx, buffer)
    }

    /// Says a whole frame: behind whatever is being written, before what is queued.
    pub(super) fn say(&self, frame: &[u8]) -> io::Result<()> {
        self.line.pipe.lock().say(frame)
    }

    /// The same, of the last frame: no writer writes any more.
    pub(super) fn say_last(&self, frame: &[u8]) -> io::Result<()> {
        let mut pipe = self.line.pipe.lock();
        pipe.is_over = true;
        pipe.say(frame)
    }

    /// Writes what was left; waits where there is no room.
    pub(super) fn poll_rest(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.line.pipe.lock().write_rest()? {
            ready!(self.tcp().poll_write_ready(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the other side that nothing more comes.
    pub(super) fn shutdown(&self) -> io::Result<()> {
        SockRef::from(self.tcp()).shutdown(Shutdown::Write)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // Else the connection would be open for as long as a room remembers whose outbox it was.
        self.line.cut();
    }
}
