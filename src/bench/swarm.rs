//! Many sockets in one thread: a poller, one buffer to read into, and a little state for each.
//!
//! Nothing here belongs to the server that is measured: no runtime, no actor, no WebSocket library. So the load generator
//! costs no more than the leanest server does, and says how much that was.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use socket2::{Domain, Protocol, Type};

use super::frames::{self, Kind, Malformed};
use super::inflater::{Inflater, OFFER};

/// Bytes that are read at once: a burst for a socket in one system call.
const READ_BYTES: usize = 256 * 1024;

/// Sockets that are looked at between two looks at the clock.
const EVENTS: usize = 256;

/// Connections from one address before the next one is taken: the system has some 28,000 ports for each.
const SOCKETS_PER_ADDRESS: usize = 20_000;

/// What wakes the poller without a socket.
const ALARM: Token = Token(usize::MAX);

/// Which socket.
pub(crate) type SocketId = usize;

/// What happened to a socket.
#[derive(Debug)]
pub(crate) enum Said<'b> {
    /// The upgrade is done; it can be spoken to.
    Opened,
    /// A text or binary frame came.
    Frame(&'b [u8]),
    /// It is over.
    Ended(Ending),
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By a close frame.
    Closed(Option<u16>),
    /// Without one.
    Cut(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(Some(code)) => write!(f, "closed with {code}"),
            Self::Closed(None) => f.write_str("closed without a code"),
            Self::Cut(how) => f.write_str(how),
        }
    }
}

/// How sockets begin, and which frames they speak in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Upgrade {
    /// With its query.
    pub(crate) path: &'static str,
    pub(crate) subprotocol: Option<&'static str>,
    pub(crate) kind: Kind,
}

/// Sockets, and what wakes for them.
#[derive(Debug)]
pub(crate) struct Swarm {
    poll: Poll,
    sockets: Vec<Socket>,
    buffer: Box<[u8]>,
    server: SocketAddr,
    request: Vec<u8>,
    kind: Kind,
    dirty: VecDeque<SocketId>,
    rng: StdRng,
    /// Nothing where compression was not offered.
    inflater: Option<Inflater>,
    /// Bytes that came, HTTP and headers of frames included.
    pub(crate) bytes_in: u64,
}

#[derive(Debug)]
struct Socket {
    stream: Option<TcpStream>,
    is_open: bool,
    /// What came of a frame that isn't whole yet.
    held: Vec<u8>,
    out: Vec<u8>,
    written: usize,
    mask: [u8; 4],
}

impl Swarm {
    /// No socket yet; each will offer to read what is compressed, or won't.
    pub(crate) fn new(server: SocketAddr, upgrade: Upgrade, deflate: bool, seed: u64) -> io::Result<Self> {
        let Upgrade { path, subprotocol, kind } = upgrade;
        let subprotocol = subprotocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
        let offer = if deflate { format!("Sec-WebSocket-Extensions: {OFFER}\r\n") } else { String::new() };
        // One key for all: the server's answer to it proves nothing that a benchmark needs to know.
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{subprotocol}{offer}\r\n"
        );
        Ok(Self {
            poll: Poll::new()?,
            sockets: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            server,
            request: request.into_bytes(),
            kind,
            dirty: VecDeque::new(),
            rng: StdRng::seed_from_u64(seed),
            inflater: deflate.then(Inflater::new),
            bytes_in: 0,
        })
    }

    /// What wakes the swarm from another thread.
    pub(crate) fn waker(&self) -> io::Result<Waker> {
        Waker::new(self.poll.registry(), ALARM)
    }

    /// Begins one more connection.
    pub(crate) fn connect(&mut self) -> anyhow::Result<SocketId> {
        let id = self.sockets.len();
        let stream = self.open(id)?;
        let mask = self.rng.random();
        self.sockets.push(Socket {
            stream: Some(stream),
            is_open: false,
            held: Vec::new(),
            out: self.request.clone(),
            written: 0,
            mask,
        });
        Ok(id)
    }

    /// Begins a connection in the place of one that has ended.
    pub(crate) fn reconnect(&mut self, id: SocketId) -> anyhow::Result<()> {
        let stream = self.open(id)?;
        let socket = &mut self.sockets[id];
        socket.stream = Some(stream);
        socket.is_open = false;
        socket.held = Vec::new();
        socket.out = self.request.clone();
        socket.written = 0;
        Ok(())
    }

    fn open(&self, id: SocketId) -> anyhow::Result<TcpStream> {
        let socket = socket2::Socket::new(Domain::for_address(self.server), Type::STREAM, Some(Protocol::TCP))
            .context("no more sockets; raise the limit of open files (`ulimit -n`)")?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        if let Some(from) = self.source(id) {
            socket.bind(&SocketAddr::new(from, 0).into())?;
        }
        match socket.connect(&self.server.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
            Err(error) => bail!("can't connect to {}: {error}", self.server),
        }
        let mut stream = TcpStream::from_std(socket.into());
        self.poll.registry().register(&mut stream, Token(id), Interest::READABLE | Interest::WRITABLE)?;
        Ok(stream)
    }

    /// The address that a connection comes from; on loopback there are many, else the system chooses. It chooses for the
    /// first ones there, too: a port of an address that was asked for is looked for among all that earlier runs have left
    /// waiting, which takes milliseconds when few are free.
    fn source(&self, id: SocketId) -> Option<IpAddr> {
        let nth = u8::try_from(id / SOCKETS_PER_ADDRESS).ok()?;
        (self.server.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) && nth > 0)
            .then(|| IpAddr::V4(Ipv4Addr::new(127, 0, 0, nth.saturating_add(1))))
    }

    /// Queues a frame; [`Self::flush`] writes it.
    pub(crate) fn say(&mut self, id: SocketId, payload: &[u8]) {
        let socket = &mut self.sockets[id];
        if socket.stream.is_none() {
            return;
        }
        if socket.out.is_empty() {
            self.dirty.push_back(id);
        }
        frames::push(&mut socket.out, self.kind, payload, socket.mask);
    }

    /// Writes what is queued, all of a socket in one system call.
    pub(crate) fn flush(&mut self) {
        while let Some(id) = self.dirty.pop_front() {
            // An error shows when it is read, with what came before.
            let _unwritten = self.sockets[id].write();
        }
    }

    /// Cuts a connection, without a goodbye, as a network would.
    pub(crate) fn cut(&mut self, id: SocketId) {
        self.sockets[id].stream = None;
        self.sockets[id].out.clear();
    }

    /// Waits until something comes, for `patience` at most, and hands it on. `hear` may queue frames for the socket that it
    /// hears of; they are written before this returns.
    pub(crate) fn turn(
        &mut self,
        events: &mut Events,
        patience: Duration,
        hear: &mut dyn FnMut(SocketId, Said<'_>, Instant, &mut Reply<'_>),
    ) -> io::Result<()> {
        match self.poll.poll(events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in events.iter() {
            if event.token() == ALARM {
                continue;
            }
            let id = event.token().0;
            if event.is_writable()
                && let Err(error) = self.sockets[id].write()
            {
                self.end(id, Ending::Cut(error.to_string()), hear);
            } else if event.is_readable() || event.is_error() || event.is_read_closed() {
                self.read(id, hear);
            }
        }
        self.flush();
        Ok(())
    }

    fn read(&mut self, id: SocketId, hear: &mut dyn FnMut(SocketId, Said<'_>, Instant, &mut Reply<'_>)) {
        let Self { sockets, buffer, dirty, bytes_in, kind, inflater, .. } = self;
        let socket = &mut sockets[id];
        loop {
            // A call before may have cut it.
            let Some(stream) = &mut socket.stream else { return };
            let read = stream.read(buffer);
            let now = Instant::now();
            let ending = match read {
                Ok(0) => Some(Ending::Cut("cut off by the server".to_owned())),
                Ok(read) => {
                    *bytes_in += read as u64;
                    let was_empty = socket.out.is_empty();
                    let hear = |said: Said<'_>, reply: &mut Reply<'_>| hear(id, said, now, reply);
                    let ending = socket.take(&buffer[..read], *kind, inflater.as_mut(), hear);
                    if was_empty && !socket.out.is_empty() {
                        dirty.push_back(id);
                    }
                    if ending.is_none() && read < READ_BYTES {
                        return;
                    }
                    ending
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => None,
                Err(error) => Some(Ending::Cut(error.to_string())),
            };
            if let Some(ending) = ending {
                return self.end(id, ending, hear);
            }
        }
    }

    fn end(&mut self, id: SocketId, ending: Ending, hear: &mut dyn FnMut(SocketId, Said<'_>, Instant, &mut Reply<'_>)) {
        let socket = &mut self.sockets[id];
        socket.stream = None;
        let mut reply = Reply { out: &mut Vec::new(), kind: self.kind, mask: socket.mask };
        hear(id, Said::Ended(ending), Instant::now(), &mut reply);
    }
}

/// A place for frames that answer what was just heard.
#[derive(Debug)]
pub(crate) struct Reply<'s> {
    out: &'s mut Vec<u8>,
    kind: Kind,
    mask: [u8; 4],
}

impl Reply<'_> {
    /// Queues a frame.
    pub(crate) fn say(&mut self, payload: &[u8]) {
        frames::push(self.out, self.kind, payload, self.mask);
    }
}

impl Socket {
    fn write(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while self.written < self.out.len() {
            match stream.write(&self.out[self.written..]) {
                Ok(written) => self.written += written,
                // Not connected yet, or the system has no room; the poller tells when.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.written = 0;
        Ok(())
    }

    /// Takes bytes that came: the answer to the upgrade, then frames. Says how it ended, if it did.
    fn take(
        &mut self,
        bytes: &[u8],
        kind: Kind,
        mut inflater: Option<&mut Inflater>,
        mut hear: impl FnMut(Said<'_>, &mut Reply<'_>),
    ) -> Option<Ending> {
        let held = std::mem::take(&mut self.held);
        let joined: Vec<u8>;
        let mut rest = if held.is_empty() {
            bytes
        } else {
            joined = [held.as_slice(), bytes].concat();
            &joined
        };
        if !self.is_open {
            match upgraded(rest) {
                Ok(None) => {
                    self.held = rest.to_vec();
                    return None;
                }
                Ok(Some(frames)) => rest = frames,
                Err(answer) => return Some(Ending::Cut(format!("the upgrade was answered with {answer}"))),
            }
            self.is_open = true;
            hear(Said::Opened, &mut Reply { out: &mut self.out, kind, mask: self.mask });
        }
        loop {
            let frame = match frames::first(rest) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(malformed) => return Some(Ending::Cut(malformed.to_string())),
            };
            rest = &rest[frame.length..];
            match frame.kind {
                Kind::Text | Kind::Binary => {
                    let payload = match (frame.is_deflated, &mut inflater) {
                        (false, _) => Ok(frame.payload),
                        (true, Some(inflater)) => inflater.inflate(frame.payload),
                        (true, None) => Err(Malformed::Reserved),
                    };
                    let payload = match payload {
                        Ok(payload) => payload,
                        Err(malformed) => return Some(Ending::Cut(malformed.to_string())),
                    };
                    hear(Said::Frame(payload), &mut Reply { out: &mut self.out, kind, mask: self.mask });
                }
                Kind::Ping => frames::push(&mut self.out, Kind::Pong, frame.payload, self.mask),
                Kind::Pong => {}
                Kind::Close => {
                    let code = frame.payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                    return Some(Ending::Closed(code));
                }
            }
        }
        self.held = rest.to_vec();
        None
    }
}

/// What follows the answer to an upgrade; nothing where it isn't whole.
fn upgraded(bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    if line.starts_with(b"HTTP/1.1 101") {
        Ok(Some(&bytes[end + 4..]))
    } else {
        Err(String::from_utf8_lossy(line).into())
    }
}

/// Room for what the poller finds.
pub(crate) fn events() -> Events {
    Events::with_capacity(EVENTS)
}
