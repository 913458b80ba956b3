//! From offsets of decoded text to bytes on disk, for a document that outlives its text.

use crate::source::{Content, Span};

/// A byte range of a document's text. Files of 4 GiB are refused before anything is built of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Slice {
    pub start: u32,
    pub end: u32,
}

impl Slice {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: narrow(start), end: narrow(end) }
    }

    /// A text put behind a pool, and its place there.
    pub(super) fn kept(pool: &mut String, text: &str) -> Self {
        let start = pool.len();
        pool.push_str(text);
        Self::new(start, pool.len())
    }

    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// An offset or index as it is stored.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Offsets (text, disk) from which on both advance alike, until the next pair. Empty where they are the same.
#[derive(Debug, Default)]
pub(super) struct DiskMap(Vec<(u32, u32)>);

impl DiskMap {
    pub(super) fn new(content: &Content) -> Self {
        let text = content.text();
        if std::ptr::eq(content.bytes().as_ptr(), text.as_ptr()) {
            return Self::default();
        }
        let mut map = Self(vec![(0, disk_offset(content, 0))]);
        let mut at = 0;
        while at < text.len() {
            let run = text.as_bytes()[at..].iter().take_while(|byte| byte.is_ascii()).count();
            if run > 0 && map.advance(content, at, run) {
                at += run;
            } else {
                let step = text[at..].chars().next().map_or(1, char::len_utf8);
                map.advance(content, at, step);
                at += step;
            }
        }
        map
    }

    /// Notes where the disk is after a stretch of text. Says no, and notes nothing, where a stretch of several
    /// characters takes more bytes than characters, for then each has to be looked at.
    fn advance(&mut self, content: &Content, at: usize, length: usize) -> bool {
        let from = disk_offset(content, at);
        let to = disk_offset(content, at + length);
        let alike = (to - from) as usize == length;
        if !alike && content.text().as_bytes()[at].is_ascii() && length > 1 {
            return false;
        }
        self.note(at, from);
        if !alike {
            self.note(at + length, to);
        }
        true
    }

    fn note(&mut self, at: usize, disk: u32) {
        if self.offset(narrow(at)) != disk {
            self.0.push((narrow(at), disk));
        }
    }

    fn offset(&self, at: u32) -> u32 {
        let index = self.0.partition_point(|(text, _)| *text <= at);
        let Some((text, disk)) = index.checked_sub(1).and_then(|index| self.0.get(index)) else { return at };
        disk + (at - text)
    }

    /// The bytes on disk of a slice of the text.
    pub(super) fn span(&self, slice: Slice) -> Span {
        Span::new(self.offset(slice.start) as usize, self.offset(slice.end) as usize)
    }
}

fn disk_offset(content: &Content, at: usize) -> u32 {
    narrow(content.to_disk(at..at).start)
}
