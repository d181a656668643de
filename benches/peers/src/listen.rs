//! How every peer begins: where it listens, how many sockets it may hold, and the one line that says it is there.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The kernel cuts it to `net.core.somaxconn`; the library's 128 would drop what a storm of connections brings.
const BACKLOG: i32 = 4096;

/// What every peer is told.
#[derive(clap::Args, Debug)]
pub struct Listen {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

impl Listen {
    /// Listens, without blocking, and says so on stdout.
    pub fn open(&self) -> io::Result<TcpListener> {
        raise_open_files()?;
        let family = if self.listen.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &self.listen)?;
        listen(&socket, BACKLOG)?;
        let listener = TcpListener::from(socket);
        writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
        Ok(listener)
    }
}

/// How a program ends that only ends where it can't go on.
#[must_use]
pub fn end(result: io::Result<()>) -> ExitCode {
    if let Err(error) = result {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A connection is an open file, and the soft limit is often 1,024.
fn raise_open_files() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?)
}
