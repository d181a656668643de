//! One client's connection: what it says, read frame by frame, and what the socket's own task says to it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use greenroom_actors::SocketPace;
use greenroom_protocol::CloseCode;
use greenroom_protocol::frames::{self, Item, Reader};
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

use super::stream::{Secure, Stream};

/// Bytes read at once: some twenty commands of somebody who sends many, and little to keep for somebody who has to wait.
const READ_BYTES: usize = 4 * 1024;

thread_local! {
    /// What all sockets of a thread read into. It is empty again before another has its turn, so an idle one holds none.
    static SCRATCH: RefCell<[u8; READ_BYTES]> = const { RefCell::new([0; READ_BYTES]) };
}

/// One client's connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Stream,
    reader: Reader,
    unread: Unread,
    /// Nothing where there are no limits.
    pace: Option<Box<SocketPace>>,
    /// Whether a goodbye was said, behind which nothing may be.
    is_over: bool,
}

/// What came.
#[derive(Debug)]
pub(super) enum Heard<T> {
    /// A text, and what was made of it.
    Text(T),
    /// Nothing but a sign of life. It may have been answered: what was said is to be written before more is read, so that
    /// whoever asks for ever and reads nothing is not read either.
    Sign,
}

impl Socket {
    /// `read` was read of the stream already; `inflates` says whether the client may compress.
    pub(super) fn new(stream: Stream, read: &[u8], inflates: bool, pace: Option<SocketPace>) -> Self {
        let mut unread = Unread::default();
        unread.keep(read);
        Self { stream, reader: Reader::new(inflates), unread, pace: pace.map(Box::new), is_over: false }
    }

    /// The connection below, which has the options of TCP.
    pub(super) fn tcp(&self) -> &TcpStream {
        self.stream.tcp()
    }

    /// The connection over TLS, if it is one.
    pub(super) fn secure(&mut self) -> Option<&mut Secure> {
        self.stream.secure()
    }

    /// Counts a text that is no command; says whether that was one too many.
    pub(super) fn is_malformed_too_often(&self) -> bool {
        self.pace.as_ref().is_some_and(|pace| pace.malformed().is_err())
    }

    /// Waits for what comes next; a text is read where it lies. May be interrupted and called again.
    ///
    /// # Errors
    /// The code to close with; nothing more is to be read then.
    pub(super) async fn hear<T>(&mut self, read: impl Fn(&str) -> T) -> Result<Heard<T>, CloseCode> {
        poll_fn(|cx| self.poll_hear(cx, &read)).await
    }

    fn poll_hear<T>(&mut self, cx: &mut Context<'_>, read: &impl Fn(&str) -> T) -> Poll<Result<Heard<T>, CloseCode>> {
        loop {
            let heard =
                if self.unread.is_empty() { ready!(self.poll_stream(cx, read))? } else { self.take_unread(read)? };
            if let Some(heard) = heard {
                return Poll::Ready(Ok(heard));
            }
        }
    }

    /// Reads of the stream, and keeps what comes behind what was heard.
    fn poll_stream<T>(
        &mut self,
        cx: &mut Context<'_>,
        read: &impl Fn(&str) -> T,
    ) -> Poll<Result<Option<Heard<T>>, CloseCode>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(self.stream.poll_read(cx, &mut buffer)).map_err(|_| CloseCode::Normal)?;
            let mut bytes = buffer.filled_mut();
            if bytes.is_empty() {
                // The connection has ended without a goodbye.
                return Poll::Ready(Err(CloseCode::Protocol));
            }
            let heard = self.take(&mut bytes, read)?;
            self.unread.keep(bytes);
            Poll::Ready(Ok(heard))
        })
    }

    /// The same of what was kept.
    fn take_unread<T>(&mut self, read: &impl Fn(&str) -> T) -> Result<Option<Heard<T>>, CloseCode> {
        let mut unread = std::mem::take(&mut self.unread);
        let mut bytes = unread.bytes();
        let heard = self.take(&mut bytes, read)?;
        let left = bytes.len();
        unread.keep_last(left);
        self.unread = unread;
        Ok(heard)
    }

    fn take<T>(&mut self, bytes: &mut &mut [u8], read: &impl Fn(&str) -> T) -> Result<Option<Heard<T>>, CloseCode> {
        let pace = self.pace.as_deref();
        let admit = || pace.map_or(Ok(()), |pace| pace.frame().map_err(|_too_often| CloseCode::Flooding));
        match self.reader.next(bytes, admit)? {
            None => Ok(None),
            Some(Item::Text(text)) => Ok(Some(Heard::Text(read(&text)))),
            Some(Item::Pong) => Ok(Some(Heard::Sign)),
            Some(Item::Ping(payload)) => {
                self.stream.say(&frames::pong(&payload)).map_err(|_| CloseCode::Normal)?;
                Ok(Some(Heard::Sign))
            }
            Some(Item::Close(payload)) => {
                self.say_last(&frames::close(&payload)).map_err(|_| CloseCode::Normal)?;
                Err(CloseCode::Normal)
            }
        }
    }

    /// Says a whole frame: behind whatever is being written, before what is queued.
    pub(super) fn say(&mut self, frame: &[u8]) -> io::Result<()> {
        self.stream.say(frame)
    }

    /// Says goodbye, unless the other side did so first and was answered.
    pub(super) fn say_goodbye(&mut self, code: CloseCode) -> io::Result<()> {
        if self.is_over { Ok(()) } else { self.say_last(&frames::goodbye(code)) }
    }

    fn say_last(&mut self, frame: &[u8]) -> io::Result<()> {
        self.is_over = true;
        self.stream.say_last(frame)
    }

    /// Waits until all that was said is with the system; may be interrupted and called again.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.stream.finish().await
    }

    /// Reads on until the other side has closed too. A connection that is closed with bytes unread is
    /// reset, and the reset may overtake the close frame.
    pub(super) async fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        loop {
            let read = poll_fn(|cx| {
                let mut ignored = [0; 1024];
                let mut buffer = ReadBuf::new(&mut ignored);
                self.stream.poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
            });
            if read.await? == 0 {
                return Ok(());
            }
        }
    }
}

/// What was read and not handed out yet: its client has commands under way, as many as it may, and is not read from
/// meanwhile.
#[derive(Debug, Default)]
struct Unread {
    bytes: Vec<u8>,
    /// So many at the front were handed out.
    taken: usize,
}

impl Unread {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Keeps these; there must be none.
    fn keep(&mut self, bytes: &[u8]) {
        debug_assert!(self.is_empty(), "what came before goes first");
        // Exactly as many: nothing is added before they are gone.
        self.bytes = bytes.to_vec();
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes[self.taken..]
    }

    /// All but so many were handed out.
    fn keep_last(&mut self, left: usize) {
        if left == 0 {
            *self = Self::default();
        } else {
            self.taken = self.bytes.len() - left;
        }
    }
}
