//! Positions of the protocol: lines and columns from 0, columns in the units that were agreed on.

use gen_lsp_types::{Position, PositionEncodingKind, Range};

/// What columns count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of 16 bits: what every client understands.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The name of it.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Utf32 => text.chars().count(),
        }
    }

    fn of_char(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// The lines of a text, ended by `\n`, `\r\n` or `\r` as the protocol has it ([`crate::source`] knows `\n` alone).
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Byte offsets at which lines start; the first is 0.
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of a text.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        Self { starts: std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect() }
    }

    /// Line from 0 of a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1) - 1
    }

    /// A line, from 0, without its end.
    pub fn text<'a>(&self, text: &'a str, line: usize) -> &'a str {
        let Some(start) = self.starts.get(line) else { return "" };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        text.get(*start..end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }

    /// The position of a byte offset in `text`; the end where it lies beyond.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(offset);
        let before = text.get(self.starts[line]..offset).unwrap_or_default();
        Position { line: number(line), character: number(encoding.units(before)) }
    }

    /// The range of byte offsets in `text`.
    pub fn range(&self, text: &str, range: &std::ops::Range<usize>, encoding: Encoding) -> Range {
        Range { start: self.position(text, range.start, encoding), end: self.position(text, range.end, encoding) }
    }

    /// The byte offset of a position: within its line, as the protocol wants it, the end of the text beyond its last line.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line) else { return text.len() };
        let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
        let (mut units, mut at) = (0, *start);
        for c in self.text(text, line).chars() {
            units += encoding.of_char(c);
            if units > wanted {
                break;
            }
            at += c.len_utf8();
        }
        at
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_in_the_units_that_were_agreed_on() {
        let text = "a😀ä1\nb";
        let lines = Lines::new(text);
        let at = text.find('1').expect("1");
        let column = |encoding| lines.position(text, at, encoding).character;
        assert_eq!((column(Encoding::Utf8), column(Encoding::Utf16), column(Encoding::Utf32)), (7, 4, 3));
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            assert_eq!(lines.offset(text, lines.position(text, at, encoding), encoding), at);
        }
    }

    #[test]
    fn every_line_end_of_the_protocol_counts() {
        let text = "a\r\nb\rc\nd";
        let lines = Lines::new(text);
        let line = |what| lines.position(text, text.find(what).expect("there"), Encoding::Utf16).line;
        assert_eq!([line('a'), line('b'), line('c'), line('d')], [0, 1, 2, 3]);
    }

    #[test]
    fn a_position_beyond_its_line_is_the_end_of_it() {
        let text = "ab\r\nc";
        let lines = Lines::new(text);
        let offset = |line, character| lines.offset(text, Position { line, character }, Encoding::Utf16);
        assert_eq!((offset(0, 99), offset(1, 99), offset(7, 0)), (2, 5, 5));
        let wide = "😀x";
        assert_eq!(Lines::new(wide).offset(wide, Position { line: 0, character: 1 }, Encoding::Utf16), 0);
    }
}
