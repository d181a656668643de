//! How a turn's writes are made.

use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags, send, sendmsg};

/// What one turn gives to whom: for each seat its socket, and the pieces that go to it in one write.
#[derive(Debug, Default)]
pub struct Mail<'a> {
    letters: Vec<(u32, BorrowedFd<'a>, usize)>,
    pieces: Vec<IoSlice<'a>>,
}

/// What one socket is given.
#[derive(Debug)]
pub struct Letter<'m, 'a> {
    pub seat: u32,
    pub socket: BorrowedFd<'a>,
    pub pieces: &'m [IoSlice<'a>],
}

/// A socket that took less than it was given, and how much; or that is broken.
#[derive(Debug)]
pub struct Short {
    pub seat: u32,
    pub taken: Result<usize, Errno>,
}

impl<'a> Mail<'a> {
    pub fn with_capacity(letters: usize) -> Self {
        Self { letters: Vec::with_capacity(letters), pieces: Vec::with_capacity(letters) }
    }

    pub fn add(&mut self, seat: u32, socket: BorrowedFd<'a>, pieces: impl Iterator<Item = &'a [u8]>) {
        self.pieces.extend(pieces.filter(|piece| !piece.is_empty()).map(IoSlice::new));
        self.letters.push((seat, socket, self.pieces.len()));
    }

    pub fn letters(&self) -> impl Iterator<Item = Letter<'_, 'a>> {
        let mut start = 0;
        self.letters.iter().map(move |&(seat, socket, end)| {
            let pieces = &self.pieces[start..end];
            start = end;
            Letter { seat, socket, pieces }
        })
    }
}

impl Letter<'_, '_> {
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len()).sum()
    }

    /// What is to be said of it when the kernel answered so; `None` where it took all.
    pub fn short(&self, answer: Result<usize, Errno>) -> Option<Short> {
        let taken = match answer {
            Err(Errno::AGAIN) => Ok(0),
            other => other,
        };
        (taken != Ok(self.len())).then_some(Short { seat: self.seat, taken })
    }
}

/// Makes the writes of a turn.
pub trait Writer {
    /// Gives each socket what it can take, without waiting, and says which took less.
    fn write(&mut self, mail: &Mail<'_>) -> io::Result<Vec<Short>>;
}

/// One system call a socket.
#[derive(Debug)]
pub struct Direct;

impl Writer for Direct {
    fn write(&mut self, mail: &Mail<'_>) -> io::Result<Vec<Short>> {
        let send = |letter: Letter<'_, '_>| {
            let answer = match letter.pieces {
                [piece] => send(letter.socket, piece, SendFlags::NOSIGNAL),
                pieces => sendmsg(letter.socket, pieces, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL),
            };
            letter.short(answer)
        };
        Ok(mail.letters().filter_map(send).collect())
    }
}
