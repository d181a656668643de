//! Requests that one reader takes for one and another for two (request smuggling) are refused before hyper sees them.
//!
//! hyper ends a line at a bare line feed, takes the same `Content-Length` twice, and prefers `Transfer-Encoding` to
//! `Content-Length` where there are both. All of that is allowed, and each of it is where a proxy before us may see
//! something else. So the heads of requests are looked at on their way in, and the byte that breaks a rule is made a
//! NUL, which no head may hold: hyper answers 400 and ends the connection.
//!
//! Where a body ends is known by its `Content-Length` alone. After a chunked body, or a wish to upgrade, nothing more
//! is looked at, and [`is_last`] has the connection end with the answer.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::http::{HeaderMap, header};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection whose incoming heads are looked at.
#[derive(Debug)]
pub(crate) struct Strict<S> {
    stream: S,
    at: At,
}

/// Where in a connection the next byte is.
#[derive(Debug)]
enum At {
    Head(Head),
    /// In a body with so many bytes to come.
    Body(u64),
    /// Behind what can be followed.
    Beyond,
}

/// Bytes of the longest header name that matters.
const NAME: usize = "transfer-encoding".len();

/// What has shown of a head.
#[derive(Debug, Default)]
struct Head {
    /// Whether the request line is behind us.
    in_headers: bool,
    /// The beginning of this line, in small letters.
    line: [u8; NAME],
    /// How long this line is until now.
    len: usize,
    /// The name that this line began with, once its colon has come.
    named: Option<Named>,
    after_return: bool,
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    ContentLength,
    Other,
}

/// What a byte of a head means.
enum Seen {
    Fine,
    /// The head ends here.
    End,
    Broken,
}

/// Whether a request is to be the last of its connection, unless it turns it into something else.
pub(crate) fn is_last(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING) || headers.contains_key(header::UPGRADE)
}

impl<S> Strict<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, at: At::Head(Head::default()) }
    }

    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl At {
    fn look(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            match self {
                Self::Head(head) => {
                    let Some(end) = head.look(bytes) else { return };
                    bytes = &mut bytes[end..];
                    *self = head.followed_by();
                }
                Self::Body(left) => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = &mut bytes[here..];
                    *left -= here as u64;
                    if *left == 0 {
                        *self = Self::Head(Head::default());
                    }
                }
                Self::Beyond => return,
            }
        }
    }
}

impl Head {
    /// Looks at bytes of it; returns where it ends, if it does. A byte that breaks a rule is made a NUL.
    fn look(&mut self, bytes: &mut [u8]) -> Option<usize> {
        for (place, byte) in bytes.iter_mut().enumerate() {
            match self.take(*byte) {
                Seen::Fine => {}
                Seen::End => return Some(place + 1),
                Seen::Broken => *byte = 0,
            }
        }
        None
    }

    fn take(&mut self, byte: u8) -> Seen {
        let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
        match byte {
            b'\n' if !after_return => return Seen::Broken,
            b'\n' => return self.end_line(),
            b'\r' => {}
            b':' if self.in_headers && self.named.is_none() => return self.end_name(),
            _ => self.go_on(byte),
        }
        Seen::Fine
    }

    fn go_on(&mut self, byte: u8) {
        if self.named == Some(Named::ContentLength)
            && let (Some(length), digit @ b'0'..=b'9') = (self.length, byte)
        {
            self.length = Some(length.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
        }
        if let Some(place) = self.line.get_mut(self.len) {
            *place = byte.to_ascii_lowercase();
        }
        self.len += 1;
    }

    fn end_name(&mut self) -> Seen {
        let name = self.line.get(..self.len).unwrap_or_default();
        let is_length = name == b"content-length";
        let repeated = is_length && self.length.is_some();
        self.chunked |= name == b"transfer-encoding";
        self.upgrade |= name == b"upgrade";
        if is_length {
            self.length = Some(0);
        }
        self.named = Some(if is_length { Named::ContentLength } else { Named::Other });
        self.len += 1;
        if repeated || (self.chunked && self.length.is_some()) { Seen::Broken } else { Seen::Fine }
    }

    fn end_line(&mut self) -> Seen {
        let empty = self.len == 0;
        (self.len, self.named) = (0, None);
        if empty && self.in_headers {
            return Seen::End;
        }
        // An empty line before a request is passed over.
        self.in_headers |= !empty;
        Seen::Fine
    }

    fn followed_by(&self) -> At {
        match self.length {
            _ if self.chunked || self.upgrade => At::Beyond,
            Some(length @ 1..) => At::Body(length),
            Some(0) | None => At::Head(Self::default()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.at.look(&mut buffer.filled_mut()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What hyper would read, where the bytes come in pieces of this size.
    fn passed_on(text: &str, piece: usize) -> String {
        let mut at = At::Head(Head::default());
        let mut bytes = text.as_bytes().to_vec();
        bytes.chunks_mut(piece).for_each(|piece| at.look(piece));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn honest_requests_are_passed_on_as_they_are() {
        let bodies = "POST / HTTP/1.1\r\nContent-Length:  13 \r\nX: a:b\r\n\r\none\ntwo\n\n\n\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\n";
        let upgrade = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\u{1}\n\nContent-Length: 1\r\nContent-Length: 1";
        let other = "GET / HTTP/1.1\r\nX-Content-Length: 3\r\nContent-Lengths: 3\r\nContent-Length: 0\r\n\r\n";
        for text in [bodies, chunked, upgrade, other] {
            for piece in [1, 2, 7, 1_000] {
                assert_eq!(passed_on(text, piece), text);
            }
        }
    }

    #[test]
    fn a_request_that_could_be_read_as_two_is_broken_before_it_is_read() {
        let two = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\nHost: x\r\n\r\n";
        for text in [
            "GET / HTTP/1.1\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\n\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\nContent-length: 3\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nX: y\r\nContent-Length: 3\r\n\r\nabc",
            two,
        ] {
            for piece in [1, 2, 7, 1_000] {
                assert!(passed_on(text, piece).contains('\0'), "{text:?}");
            }
        }
        assert!(passed_on(two, 1).starts_with("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\0"));
    }
}
