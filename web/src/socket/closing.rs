//! Ending a socket so that the other side learns why.

use greenroom_protocol::CloseCode;
use greenroom_protocol::limits::{CLOSE, SOCKET_GOODBYE_BYTES, SOCKET_SEND_BYTES};
use socket2::SockRef;
use tokio::time::timeout;

use super::connection::Socket;

/// Says goodbye with a code, within [`CLOSE`]. A peer that does not read finds it whenever it does: the
/// system keeps it behind what it holds already.
pub(super) async fn close(mut socket: Socket, code: CloseCode) {
    let tcp = SockRef::from(socket.tcp());
    let _unsupported = tcp.set_send_buffer_size(SOCKET_SEND_BYTES + SOCKET_GOODBYE_BYTES);
    let goodbye = async {
        socket.say_goodbye(code)?;
        socket.finish().await?;
        socket.linger().await
    };
    // Whatever goes wrong from here on, the connection ends.
    let _cut_off = timeout(CLOSE, goodbye).await;
}
