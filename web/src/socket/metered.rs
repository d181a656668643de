//! A connection whose frames are counted as their bytes go by, and inflated where the client may compress.
//!
//! The library puts fragments together and answers pings by itself, so that what it hands out says little of what was
//! sent. Counted here are the frames of the wire: commands, fragments, pings, pongs, and empty ones.

use std::io::{self, Cursor, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use greenroom_actors::SocketPace;
use greenroom_protocol::{CloseCode, Inbound};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;

/// The longest header of a masked frame.
const HEADER: usize = 14;

/// A connection whose frames are counted.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    frames: Frames,
    /// Nothing where there are no limits.
    pace: Option<Box<SocketPace>>,
    flooded: bool,
    /// Whether the client may compress.
    inflates: bool,
    /// What it compresses, as the library is to read it.
    inbound: Inbound,
    /// What is wrong with what it has compressed; nothing more is read then.
    verdict: Option<CloseCode>,
}

impl<S> Metered<S> {
    /// `read` was read of it already.
    pub(super) fn new(stream: S, read: &[u8], pace: Option<SocketPace>) -> Self {
        let pace = pace.map(Box::new);
        let (frames, inbound) = (Frames::default(), Inbound::default());
        let mut metered = Self { stream, frames, pace, flooded: false, inflates: false, inbound, verdict: None };
        metered.count(read);
        metered
    }

    /// From now on the client may compress; `read` is what was read of it already, and was not handed on.
    pub(super) fn inflate_after(&mut self, read: Vec<u8>) {
        (self.inflates, self.inbound) = (true, Inbound::after(read));
    }

    /// Why nothing more is read, where that is because of what was compressed.
    pub(super) fn verdict(&self) -> Option<CloseCode> {
        self.verdict
    }

    /// Whether more has come than may; nothing more is read then.
    pub(super) fn is_flooded(&self) -> bool {
        self.flooded
    }

    /// The connection itself.
    pub(super) fn uncounted(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The same, to look at.
    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Counts a text that is no command; says whether that was one too many.
    pub(super) fn is_malformed_too_often(&self) -> bool {
        self.pace.as_ref().is_some_and(|pace| pace.malformed().is_err())
    }

    fn count(&mut self, bytes: &[u8]) {
        let Some(pace) = &self.pace else { return };
        for _ in 0..self.frames.begun_in(bytes) {
            if pace.frame().is_err() {
                self.flooded = true;
                return;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.inflates {
            return self.poll_inflated(cx, buf);
        }
        self.poll_counted(cx, buf).map_ok(|_before| ())
    }
}

impl<S: AsyncRead + Unpin> Metered<S> {
    /// Reads, and says how many bytes were in the buffer before.
    fn poll_counted(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        if self.flooded {
            return Poll::Ready(Err(io::Error::other("too many frames")));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.count(&buf.filled()[before..]);
        Poll::Ready(Ok(before))
    }

    /// Reads until there is something for the library.
    fn poll_inflated(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.inbound.pour(buf.initialize_unfilled()) {
                Ok(0) => {}
                Ok(poured) => {
                    buf.advance(poured);
                    return Poll::Ready(Ok(()));
                }
                Err(code) => {
                    self.verdict = Some(code);
                    return Poll::Ready(Err(io::Error::other(code.meaning())));
                }
            }
            let before = ready!(self.poll_counted(cx, buf))?;
            let bytes = &mut buf.filled_mut()[before..];
            let (came, kept) = (bytes.len(), self.inbound.pass(bytes));
            buf.set_filled(before + kept);
            if came == 0 || kept > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Where in the stream of frames the last bytes ended.
#[derive(Debug, Default)]
struct Frames {
    /// A header of which not all has come.
    header: [u8; HEADER],
    length: usize,
    /// Bytes of the payload that are still to come.
    payload: u64,
}

impl Frames {
    /// How many frames begin in the next bytes.
    fn begun_in(&mut self, mut bytes: &[u8]) -> u32 {
        let mut begun = 0;
        loop {
            let passed = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
            self.payload -= passed as u64;
            bytes = &bytes[passed..];
            if bytes.is_empty() {
                return begun;
            }
            begun += u32::from(self.length == 0);
            bytes = self.header(bytes);
        }
    }

    /// Takes what belongs to a header, and gives back the rest.
    fn header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let before = self.length;
        let more = bytes.len().min(HEADER - before);
        self.header[before..before + more].copy_from_slice(&bytes[..more]);
        let mut cursor = Cursor::new(&self.header[..before + more]);
        match FrameHeader::parse(&mut cursor) {
            Ok(Some((_, payload))) => {
                let ended = usize::try_from(cursor.position()).unwrap_or(HEADER);
                (self.length, self.payload) = (0, payload);
                &bytes[ended.saturating_sub(before)..]
            }
            Ok(None) => {
                self.length = before + more;
                &bytes[more..]
            }
            Err(_) => {
                // The library refuses it just as well, and the socket ends.
                self.payload = u64::MAX;
                &[]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame with so many bytes.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match length {
            0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(vec![0x81; length]);
        frame
    }

    #[test]
    fn frames_of_any_kind_are_counted_however_their_bytes_arrive() {
        const TEXT: u8 = 0x81;
        const FIRST: u8 = 0x01;
        const NEXT: u8 = 0x00;
        const PING: u8 = 0x89;
        let frames = [
            frame(TEXT, 5),
            frame(TEXT, 0),
            frame(FIRST, 1),
            frame(NEXT, 0),
            frame(PING, 125),
            frame(NEXT, 300),
            frame(TEXT, 70_000),
            frame(PING, 0),
        ];
        let bytes = frames.concat();
        for at_once in [1, 2, 3, 7, 13, 14, 15, 100, 1_024, bytes.len()] {
            let mut counted = Frames::default();
            let begun: u32 = bytes.chunks(at_once).map(|some| counted.begun_in(some)).sum();
            assert_eq!(begun, 8, "{at_once} bytes at once");
        }
    }

    #[test]
    fn bytes_that_are_no_frames_are_left_to_the_library() {
        let mut counted = Frames::default();
        assert_eq!(counted.begun_in(&[0x83, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0]), 1);
        assert_eq!(counted.begun_in(&[0x81; 2_000]), 0);
    }
}
