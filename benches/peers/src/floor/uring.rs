//! All writes of a turn through one io_uring: one system call for up to [`ENTRIES`] sockets.
//!
//! No write may wait for its socket, so each is over, or refused, when the kernel has taken it in; [`Uring::submit`] has
//! all answers before it returns. That is what makes the borrowed bytes safe, and the only `unsafe` of the peers.

use std::io;
use std::os::fd::AsRawFd as _;

use io_uring::{IoUring, opcode, squeue, types};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::net::SendFlags;

use super::writer::{Letter, Mail, Short, Writer};

const ENTRIES: u32 = 512;

/// The ring.
pub struct Uring {
    ring: IoUring,
}

impl Uring {
    /// Fails where the kernel is too old (before 6.1), or doesn't permit io_uring.
    pub fn new() -> io::Result<Self> {
        Ok(Self { ring: IoUring::builder().setup_single_issuer().setup_defer_taskrun().build(ENTRIES)? })
    }

    #[expect(unsafe_code, reason = "the kernel reads the letters' bytes by address")]
    fn submit(&mut self, letters: &[Letter<'_, '_>], shorts: &mut Vec<Short>) -> io::Result<()> {
        for (index, letter) in (0..).zip(letters) {
            let entry = entry(letter).user_data(index);
            // SAFETY: the entry points at the letters' bytes, at their list of pieces and at their socket. All are
            // borrowed for longer than this call, and this call returns, or ends the process, only after the kernel
            // has answered every entry.
            unsafe { self.ring.submission().push(&entry) }.map_err(io::Error::other)?;
        }
        let mut answers = vec![Ok(0); letters.len()];
        let mut waiting = letters.len();
        while waiting > 0 {
            match self.ring.submit_and_wait(waiting) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    eprintln!("io_uring: {error}");
                    std::process::abort();
                }
                Ok(_) => {}
            }
            for answer in self.ring.completion() {
                let index = usize::try_from(answer.user_data()).expect("an index that was given above");
                answers[index] =
                    usize::try_from(answer.result()).map_err(|_| Errno::from_raw_os_error(-answer.result()));
                waiting -= 1;
            }
        }
        shorts.extend(letters.iter().zip(answers).filter_map(|(letter, answer)| letter.short(answer)));
        Ok(())
    }
}

fn entry(letter: &Letter<'_, '_>) -> squeue::Entry {
    let socket = types::Fd(letter.socket.as_raw_fd());
    match letter.pieces {
        [piece] => {
            let length = u32::try_from(piece.len()).expect("a turn's bytes for one socket");
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            opcode::Send::new(socket, piece.as_ptr(), length).flags(flags.bits().cast_signed()).build()
        }
        pieces => {
            let count = u32::try_from(pieces.len()).expect("a connection's rooms");
            // An IoSlice has the layout of an iovec; the standard library promises it.
            let flags = ReadWriteFlags::NOWAIT;
            opcode::Writev::new(socket, pieces.as_ptr().cast(), count).rw_flags(flags.bits().cast_signed()).build()
        }
    }
}

impl Writer for Uring {
    fn write(&mut self, mail: &Mail<'_>) -> io::Result<Vec<Short>> {
        let letters: Vec<_> = mail.letters().collect();
        let mut shorts = Vec::new();
        for some in letters.chunks(ENTRIES as usize) {
            self.submit(some, &mut shorts)?;
        }
        Ok(shorts)
    }
}
