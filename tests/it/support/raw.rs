//! A WebSocket client without manners: it writes any bytes, and reads when it likes.

use flate2::{Decompress, FlushDecompress};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::inbox::Ending;
use super::{Host, soon};

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

/// The part of a frame's first byte that says what it is.
const OPCODE: u8 = 0x0f;

/// The bit of a frame's first byte that says that it is compressed.
const COMPRESSED: u8 = 0x40;

/// A connection that was upgraded by hand.
pub(crate) struct Raw<S = TcpStream> {
    stream: S,
    unread: Vec<u8>,
    /// The answer to the upgrade.
    pub(crate) head: String,
}

impl Raw {
    /// Upgrades.
    pub(crate) async fn connect(host: &impl Host) -> Self {
        Self::connect_offering(host, "").await
    }

    /// Upgrades, and offers these extensions.
    pub(crate) async fn connect_offering(host: &impl Host, extensions: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Left to itself the system would read megabytes ahead for whoever does not read.
        socket.set_recv_buffer_size(64 * 1024).expect("a small buffer");
        let stream = socket.connect(host.address()).await.expect("the server accepts");
        Self::upgrade(stream, host, extensions).await
    }

    /// Ends with a reset, as when a computer is switched off and on again.
    pub(crate) fn resets(self) {
        self.stream.set_zero_linger().expect("a socket that can be reset");
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    /// Upgrades a connection.
    pub(crate) async fn upgrade(mut stream: S, host: &impl Host, extensions: &str) -> Self {
        let offer = match extensions {
            "" => String::new(),
            some => format!("Sec-WebSocket-Extensions: {some}\r\n"),
        };
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n",
            host.address()
        );
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut raw = Self { stream, unread: Vec::new(), head: String::new() };
        raw.head = raw.until_blank_line().await;
        assert!(raw.head.starts_with("HTTP/1.1 101 "), "not upgraded: {}", raw.head);
        raw
    }

    async fn until_blank_line(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.unread.drain(..end + 4).collect();
                return String::from_utf8(head).expect("headers are text");
            }
            assert!(self.read_more().await, "the connection ended before the response");
        }
    }

    /// Writes bytes as they are.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        // A server that has closed already says why on the reading side.
        let _gone = self.stream.write_all(bytes).await;
        let _gone = self.stream.flush().await;
    }

    /// Writes a whole text frame, masked with noughts.
    pub(crate) async fn text(&mut self, text: &[u8]) {
        self.bytes(&frame(0x80 | TEXT, true, text)).await;
    }

    /// Reads until the connection ends, and says how it did.
    pub(crate) async fn ending(&mut self) -> Ending {
        soon("the connection to end", self.late_ending()).await
    }

    /// The same, however long it takes.
    pub(crate) async fn late_ending(&mut self) -> Ending {
        let mut ending = Ending::Cut;
        loop {
            while let Some((first, payload)) = self.next_frame() {
                if first & OPCODE == CLOSE {
                    let code = payload.first_chunk::<2>().map_or(1005, |code| u16::from_be_bytes(*code));
                    ending = Ending::Closed(code);
                }
            }
            if !self.read_more().await {
                return ending;
            }
        }
    }

    /// Reads the next text frame.
    pub(crate) async fn next_text(&mut self) -> String {
        self.next_message().await.1
    }

    /// Reads the next text frame, and says whether it was compressed.
    pub(crate) async fn next_message(&mut self) -> (bool, String) {
        let message = async {
            loop {
                match self.next_frame() {
                    Some((first, text)) if first & OPCODE == TEXT => {
                        let compressed = first & COMPRESSED != 0;
                        let text = if compressed { inflated(text) } else { text };
                        return (compressed, String::from_utf8(text).expect("text frames are text"));
                    }
                    Some(_other) => {}
                    None => assert!(self.read_more().await, "the connection ended before a text frame"),
                }
            }
        };
        soon("a text frame", message).await
    }

    /// Reads the next frame of any kind: its first byte, and its payload; nothing where the connection has ended.
    pub(crate) async fn next_of_any_kind(&mut self) -> Option<(u8, Vec<u8>)> {
        let frame = async {
            loop {
                if let Some(frame) = self.next_frame() {
                    return Some(frame);
                }
                if !self.read_more().await {
                    return None;
                }
            }
        };
        soon("a frame, or the end", frame).await
    }

    /// Takes a frame of the server, which masks nothing, from what was read: its first byte, and its payload.
    fn next_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let [first, length, rest @ ..] = self.unread.as_slice() else { return None };
        let (length, more_header) = match length {
            126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 2),
            127 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?, 8),
            short => (usize::from(*short), 0),
        };
        let (first, payload) = (*first, rest.get(more_header..more_header + length)?.to_vec());
        self.unread.drain(..2 + more_header + length);
        Some((first, payload))
    }

    async fn read_more(&mut self) -> bool {
        let mut more = vec![0; 64 * 1024];
        match self.stream.read(&mut more).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.unread.extend_from_slice(&more[..read]);
                true
            }
        }
    }
}

/// What a compressed message says.
fn inflated(mut message: Vec<u8>) -> Vec<u8> {
    message.extend([0, 0, 0xff, 0xff]);
    let mut text = Vec::with_capacity(1024 * 1024);
    let inflated = Decompress::new(false).decompress_vec(&message, &mut text, FlushDecompress::Sync);
    inflated.expect("what the server compresses can be inflated");
    text
}

/// Writes an HTTP request as it is, without what a client library would mend, and reads the whole answer.
pub(crate) async fn raw_http(host: &impl Host, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(host.address()).await.expect("the server accepts");
    // Where the server has heard enough before the end, it says why on the reading side.
    let _closed = stream.write_all(request.as_ref()).await;
    let mut answer = Vec::new();
    let _reset = soon("the whole answer", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A client's frame. `first` is its first byte: FIN, RSV bits and opcode.
pub(crate) fn frame(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let mask_bit = if masked { 0x80 } else { 0 };
    let mut frame = vec![first];
    match u8::try_from(payload.len()) {
        Ok(short @ ..126) => frame.push(mask_bit | short),
        _longer => {
            frame.push(mask_bit | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    if masked {
        frame.extend([0; 4]);
    }
    frame.extend(payload);
    frame
}
