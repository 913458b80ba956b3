//! A buffer that stays when somebody seeks within it: a zip's directory is read entry by entry, with a seek before each.

use std::io::{self, Read, Seek, SeekFrom};

const SIZE: usize = 64 * 1024;

/// A reader with a buffer.
pub(super) struct Buffer<R> {
    inner: R,
    bytes: Vec<u8>,
    /// Where the buffer's first byte lies.
    start: u64,
    position: u64,
}

impl<R: Read + Seek> Buffer<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, bytes: Vec::new(), start: 0, position: 0 }
    }

    /// The bytes that are at hand from here on.
    fn rest(&self) -> &[u8] {
        let at = self.position.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.bytes.get(at..)).unwrap_or_default()
    }

    fn fill(&mut self) -> io::Result<()> {
        self.inner.seek(SeekFrom::Start(self.position))?;
        self.start = self.position;
        self.bytes.resize(SIZE, 0);
        let read = loop {
            match self.inner.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.bytes.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }
}

impl<R: Read + Seek> Read for Buffer<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest().is_empty() {
            self.fill()?;
        }
        let rest = self.rest();
        let length = rest.len().min(into.len());
        into[..length].copy_from_slice(&rest[..length]);
        self.position += length as u64;
        Ok(length)
    }
}

impl<R: Read + Seek> Seek for Buffer<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let outside = || io::Error::new(io::ErrorKind::InvalidInput, "a place before the start of the file");
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(by) => self.position.checked_add_signed(by).ok_or_else(outside)?,
            SeekFrom::End(_) => self.inner.seek(to)?,
        };
        Ok(self.position)
    }
}
