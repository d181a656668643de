//! A file of pages, each with its own checksum: one entry is read and checked without the rest.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use crate::checksum::{Checksum, u32_at};

const PAGE: usize = 4_096;
const DATA: usize = PAGE - 4;

/// A page's bytes, checked.
pub(crate) type Page = Box<[u8; PAGE]>;

/// Reads pages.
#[derive(Debug)]
pub(crate) struct Pages {
    file: File,
    checksum: Checksum,
}

impl Pages {
    pub(crate) fn new(file: File, checksum: Checksum) -> Self {
        Self { file, checksum }
    }

    /// Entries of `size` bytes that fit into a page.
    pub(crate) fn per_page(size: usize) -> u32 {
        (DATA / size) as u32
    }

    /// Pages that so many entries of `size` bytes take.
    pub(crate) fn count(entries: u32, size: usize) -> u32 {
        entries.div_ceil(Self::per_page(size))
    }

    /// A page, if it is whole.
    pub(crate) fn read(&self, page: u32) -> io::Result<Page> {
        let mut bytes = Box::new([0; PAGE]);
        self.file.read_exact_at(&mut *bytes, u64::from(page) * PAGE as u64)?;
        let sound = u32_at(&*bytes, DATA) == Some(sum(&bytes[..DATA], page, self.checksum));
        if sound { Ok(bytes) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// The entry of `SIZE` bytes with this number, in the section that begins at page `from`.
    pub(crate) fn entry<const SIZE: usize>(&self, from: u32, number: u32) -> io::Result<[u8; SIZE]> {
        let per_page = Self::per_page(SIZE);
        let page = self.read(from + number / per_page)?;
        let at = (number % per_page) as usize * SIZE;
        let mut entry = [0; SIZE];
        entry.copy_from_slice(&page[at..at + SIZE]);
        Ok(entry)
    }

    /// All `entries` of `size` bytes of the section that begins at page `from`.
    pub(crate) fn each(&self, from: u32, entries: u32, size: usize, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let per_page = Self::per_page(size);
        for page in 0..Self::count(entries, size) {
            let bytes = self.read(from + page)?;
            let count = per_page.min(entries - page * per_page) as usize;
            bytes[..count * size].chunks(size).for_each(&mut take);
        }
        Ok(())
    }
}

/// Writes pages, in memory.
#[derive(Debug)]
pub(crate) struct PageWriter {
    checksum: Checksum,
    bytes: Vec<u8>,
}

impl PageWriter {
    pub(crate) fn new(checksum: Checksum) -> Self {
        Self { checksum, bytes: Vec::new() }
    }

    /// Adds entries, all of the same size, on pages of their own.
    pub(crate) fn section<E: AsRef<[u8]>>(&mut self, entries: impl IntoIterator<Item = E>) {
        for entry in entries {
            let entry = entry.as_ref();
            if self.bytes.len() % PAGE + entry.len() > DATA {
                self.end_page();
            }
            self.bytes.extend_from_slice(entry);
        }
        if !self.bytes.len().is_multiple_of(PAGE) {
            self.end_page();
        }
    }

    fn end_page(&mut self) {
        let page = self.bytes.len() / PAGE;
        self.bytes.resize(page * PAGE + DATA, 0);
        let sum = sum(&self.bytes[page * PAGE..], page as u32, self.checksum);
        self.bytes.extend_from_slice(&sum.to_le_bytes());
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Of the page's number too: a page in the wrong place is wrong.
fn sum(data: &[u8], page: u32, checksum: Checksum) -> u32 {
    crc32c::crc32c_append(checksum.of(&page.to_le_bytes()), data)
}
