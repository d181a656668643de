//! Ending a socket so that the other side learns why.

use futures_util::SinkExt as _;
use greenroom_protocol::CloseCode;
use greenroom_protocol::limits::{CLOSE, SOCKET_GOODBYE_BYTES, SOCKET_SEND_BYTES};
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::either::Either;

use super::line::Plain;
use super::metered::Metered;
use super::writing::Writing;

/// A connection as the library sees it. The box keeps the plain one, of which there may be many more, small.
pub(super) type Stream = Either<Plain, Box<TlsStream<TcpStream>>>;

/// The connection below, which has the options of TCP.
pub(super) fn tcp(stream: &Stream) -> &TcpStream {
    match stream {
        Either::Left(plain) => plain.tcp(),
        Either::Right(tls) => tls.get_ref().0,
    }
}

/// In a box, so that the futures which hand it on don't each keep room for all of it.
pub(super) type Socket = Box<WebSocketStream<Metered<Stream>>>;

/// Why reading has ended.
pub(super) fn code_of_reading(socket: &Socket, error: &Error) -> CloseCode {
    let stream = socket.get_ref();
    if stream.is_flooded() { CloseCode::Flooding } else { stream.verdict().unwrap_or_else(|| code_of(error)) }
}

/// What the library's error means in the words of the protocol.
pub(super) fn code_of(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(_) => CloseCode::TooLarge,
        Error::Utf8(_) => CloseCode::BadUtf8,
        Error::Protocol(_) | Error::AttackAttempt => CloseCode::Protocol,
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => CloseCode::Normal,
    }
}

/// Says goodbye with a code, within [`CLOSE`]. A peer that does not read finds it whenever it does: the
/// system keeps it behind what it holds already.
pub(super) async fn close(mut socket: Socket, mut unwritten: Writing, code: CloseCode) {
    let tcp = SockRef::from(tcp(socket.get_mut().uncounted()));
    let _unsupported = tcp.set_send_buffer_size(SOCKET_SEND_BYTES + SOCKET_GOODBYE_BYTES);
    let goodbye = async {
        unwritten.finish(socket.get_mut().uncounted()).await?;
        goodbye(&mut socket, code).await
    };
    // Whatever goes wrong from here on, the connection ends.
    let _cut_off = timeout(CLOSE, goodbye).await;
}

async fn goodbye(socket: &mut Socket, code: CloseCode) -> Result<(), Error> {
    let reason = code.meaning().into();
    let said = socket.send(Message::Close(Some(CloseFrame { code: code.number().into(), reason }))).await;
    if said.is_err() {
        // The other side said goodbye first; the library has the answer ready.
        socket.flush().await?;
    }
    linger(socket.get_mut().uncounted()).await?;
    Ok(())
}

/// Reads on until the other side has closed too. A connection that is closed with bytes unread is
/// reset, and the reset may overtake the close frame.
async fn linger(stream: &mut Stream) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}
