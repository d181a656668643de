//! A connection with TLS or without, as the socket's own task sees it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use greenroom_actors::outbox::Outbox;
use greenroom_protocol::Compression;
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::line::Plain;
use super::writing::Writing;

/// A connection. The box keeps the plain one, of which there may be many more, small.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Plain),
    Secure(Box<Secure>),
}

/// A connection over TLS, which only the socket's own task writes to.
#[derive(Debug)]
pub(super) struct Secure {
    tls: TlsStream<TcpStream>,
    writing: Writing,
}

impl Stream {
    /// A connection over TLS.
    pub(super) fn over(tls: TlsStream<TcpStream>) -> Self {
        Self::Secure(Box::new(Secure { tls, writing: Writing::default() }))
    }

    /// The connection below, which has the options of TCP.
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(plain) => plain.tcp(),
            Self::Secure(secure) => secure.tls.get_ref().0,
        }
    }

    /// The connection over TLS, if it is one.
    pub(super) fn secure(&mut self) -> Option<&mut Secure> {
        match self {
            Self::Plain(_) => None,
            Self::Secure(secure) => Some(secure),
        }
    }

    /// Reads what has come; waits where nothing has.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(plain) => plain.poll_read(cx, buffer),
            Self::Secure(secure) => Pin::new(&mut secure.tls).poll_read(cx, buffer),
        }
    }

    /// Says a whole frame: behind whatever is being written, before what is queued.
    pub(super) fn say(&mut self, frame: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(plain) => plain.say(frame),
            Self::Secure(secure) => {
                secure.writing.add(frame);
                Ok(())
            }
        }
    }

    /// The same, of the last frame.
    pub(super) fn say_last(&mut self, frame: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(plain) => plain.say_last(frame),
            Self::Secure(_) => self.say(frame),
        }
    }

    /// Waits until all that was said is with the system; may be interrupted and called again.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(plain) => poll_fn(|cx| plain.poll_rest(cx)).await,
            Self::Secure(secure) => secure.finish().await,
        }
    }

    /// Tells the other side that nothing more comes.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(plain) => plain.shutdown(),
            Self::Secure(secure) => secure.tls.shutdown().await,
        }
    }
}

impl Secure {
    /// Gathers what is queued behind what was said. Says how many frames it was.
    pub(super) fn gather(&mut self, outbox: &Outbox, compression: Compression) -> u64 {
        self.writing.gather(outbox, compression)
    }

    /// Whether all is with the system.
    pub(super) fn is_written(&self) -> bool {
        self.writing.is_done()
    }

    /// Writes on until it is; may be interrupted and called again.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.writing.finish(&mut self.tls).await
    }
}
