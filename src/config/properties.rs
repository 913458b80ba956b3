//! The statements of a properties file as one flat list, each with its places.
//!
//! Read as `java.util.Properties.load` reads: logical lines first, then key, separator and value, then escapes. Any text
//! is fine but for a `\u` without its digits, which Java refuses with the whole file.

use std::iter::Peekable;
use std::ops::Range;

use super::Found;
use super::disk::{DiskMap, Slice};
use super::malformed::{Malformed, merge_marker};
use super::path::Path;
use super::properties_text::{Unescaped, after_line, blanks, is_blank, is_continued, line_end};
use crate::source::{Content, Span};

#[derive(Debug)]
pub(super) struct Tree {
    /// The file's text, and after it keys and values that differ from what is written.
    pool: String,
    /// In document order, those of comments too.
    statements: Vec<Statement>,
}

#[derive(Debug)]
pub(super) struct Statement {
    key: Slice,
    text: Slice,
    /// The written value, from its first letter to its last.
    pub place: Slice,
    /// From the key (of a comment, from its mark) to the end of its last line.
    pub element: Slice,
    /// Where the key starts and ends.
    pub key_place: Slice,
    /// Whether anything stands between key and value.
    pub separated: bool,
    pub exact: bool,
    pub commented: bool,
}

/// A `\u` that four digits do not follow, at an offset of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadEscape(pub usize);

impl Tree {
    pub(super) fn parse(content: &Content) -> Result<Self, Malformed> {
        if let Some(marker) = merge_marker(content) {
            return Err(marker);
        }
        let tree = Self::read(content.text(), is_marked(content)).map_err(|BadEscape(at)| {
            Malformed::at(content, at..at + 2, "a `\\u` without four hexadecimal digits behind it; expected `\\u` and the digits")
                .because("a backslash that stands for itself (in a path of Windows) has to be written `\\\\`")
        })?;
        match unread_start(content, &tree) {
            Some(malformed) => Err(malformed),
            None => Ok(tree),
        }
    }

    /// Reads a text; `marked` says that a byte-order mark stands in front of it.
    pub(super) fn read(text: &str, marked: bool) -> Result<Self, BadEscape> {
        let mut tree = Self { pool: text.to_owned(), statements: Vec::new() };
        let mut lines = Lines { text, at: 0, marked, pieces: Vec::new() };
        while let Some(line) = lines.next_line() {
            match line {
                Line::Statement(element) => tree.push(text, element, &lines.pieces, marked)?,
                Line::Comment(element) => tree.push_comment(text, element),
            }
        }
        Ok(tree)
    }

    fn push(&mut self, text: &str, element: Range<usize>, pieces: &[Slice], marked: bool) -> Result<(), BadEscape> {
        let mut parts = Parts::split(text, pieces)?;
        if marked && element.start == 0 {
            // Java knows no byte-order mark: it is the first letter of the first key.
            parts.key.insert(0, '\u{feff}');
        }
        self.keep(text, &parts, element, false);
        Ok(())
    }

    /// A comment that would be a statement of one line if its marks went. Prose is none: it has no separator.
    fn push_comment(&mut self, text: &str, element: Range<usize>) {
        let comment = &text[element.clone()];
        let body = comment.trim_start_matches(['#', '!', ' ', '\t']);
        if body.is_empty() || is_continued(body) {
            return;
        }
        let pieces = [Slice::new(element.end - body.len(), element.end)];
        if let Some(parts) = Parts::split(text, &pieces).ok().filter(|parts| parts.signed) {
            self.keep(text, &parts, element, true);
        }
    }

    fn keep(&mut self, text: &str, parts: &Parts, element: Range<usize>, commented: bool) {
        let exact = parts.place.of(text) == parts.value;
        let statement = Statement {
            key: if parts.key_place.of(text) == parts.key { parts.key_place } else { Slice::kept(&mut self.pool, &parts.key) },
            text: if exact { parts.place } else { Slice::kept(&mut self.pool, &parts.value) },
            place: parts.place,
            element: Slice::new(element.start, element.end),
            key_place: parts.key_place,
            separated: parts.separated,
            exact,
            commented,
        };
        self.statements.push(statement);
    }

    pub(super) fn key_of(&self, statement: &Statement) -> &str {
        statement.key.of(&self.pool)
    }

    pub(super) fn value_of(&self, statement: &Statement) -> &str {
        statement.text.of(&self.pool)
    }

    /// The active statements, in document order.
    pub(super) fn active(&self) -> impl DoubleEndedIterator<Item = &Statement> {
        self.statements.iter().filter(|statement| !statement.commented)
    }

    /// The commented-out statements, in document order.
    pub(super) fn commented(&self) -> impl DoubleEndedIterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.commented)
    }

    /// The statement whose value Java keeps: the last one of the key.
    pub(super) fn counting(&self, key: &str) -> Option<&Statement> {
        self.active().rfind(|statement| self.key_of(statement) == key)
    }

    /// The statement that counts, then the others of the key in document order.
    pub(super) fn find(&self, path: &Path, disk: &DiskMap) -> Vec<Found> {
        let mut found = self.found(self.active(), path, disk);
        if let Some(counting) = found.pop() {
            found.insert(0, counting);
        }
        found
    }

    pub(super) fn find_commented(&self, path: &Path, disk: &DiskMap) -> Vec<Found> {
        self.found(self.commented(), path, disk)
    }

    fn found<'t>(&self, statements: impl Iterator<Item = &'t Statement>, path: &Path, disk: &DiskMap) -> Vec<Found> {
        let Some(key) = path.property() else { return Vec::new() };
        let of_key = statements.filter(|statement| self.key_of(statement) == key);
        let found = of_key.map(|statement| Found {
            text: self.value_of(statement).to_owned(),
            span: disk.span(statement.place),
            exact: statement.exact,
            element: disk.span(statement.element),
            parent: 0,
        });
        found.collect()
    }
}

/// What Java makes of a byte-order mark: it reads bytes of ISO-8859-1, in which UTF-16 is no text, and the mark of UTF-8 a part
/// of the first key. In front of a comment it does no harm.
fn unread_start(content: &Content, tree: &Tree) -> Option<Malformed> {
    let start = content.to_disk(0..0).start;
    let mark = Span::new(0, start);
    let malformed = |message: String| Malformed { message, cause: None, span: mark, fix: None, twice: None };
    if content.bytes().starts_with(&[0xff, 0xfe]) || content.bytes().starts_with(&[0xfe, 0xff]) {
        let message = "properties in UTF-16, of which Java reads no key; expected ISO-8859-1 or ASCII".to_owned();
        return Some(malformed(message).because("an editor or PowerShell saved the file as \"Unicode\""));
    }
    let first = tree.active().next().filter(|first| start > 0 && first.element.start == 0)?;
    let key = tree.key_of(first).trim_start_matches('\u{feff}');
    let message = format!("a byte-order mark, which Java takes for a part of the first key: `{key}` is not set; expected none");
    let is_key = !key.is_empty() && !key.starts_with(['#', '!']);
    is_key.then(|| {
        malformed(message).because("an editor wrote the mark in front of the text").mended_by("remove the byte-order mark", "")
    })
}

/// Whether a byte-order mark stands in front of the text.
pub(super) fn is_marked(content: &Content) -> bool {
    content.to_disk(0..0).start > 0
}

enum Line {
    /// A statement; its letters are in [`Lines::pieces`].
    Statement(Range<usize>),
    Comment(Range<usize>),
}

/// Logical lines: statements with their continuations, and comments. Both start behind blanks and go to the end of a line.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    marked: bool,
    /// Parts of the text that make up the statement: without blanks in front of lines, and without backslashes at their ends.
    pieces: Vec<Slice>,
}

impl Lines<'_> {
    fn next_line(&mut self) -> Option<Line> {
        while self.at < self.text.len() {
            let marked = self.marked && self.at == 0;
            let line = self.natural(marked);
            let body = &self.text[line.clone()];
            // A backslash around nothing: the next line starts anew.
            if body.is_empty() || body == "\\" && !marked {
                continue;
            }
            if body.starts_with(['#', '!']) && !marked {
                return Some(Line::Comment(line));
            }
            let start = line.start;
            return Some(Line::Statement(start..self.statement(line)));
        }
        None
    }

    /// The next line of the file, without the blanks in front of it and without its end.
    fn natural(&mut self, with_blanks: bool) -> Range<usize> {
        let end = line_end(self.text, self.at);
        let line = &self.text[self.at..end];
        let start = if with_blanks { self.at } else { self.at + blanks(line) };
        self.at = after_line(self.text, end);
        start..end
    }

    /// Gathers the pieces of a statement from its first line on; says where it ends.
    fn statement(&mut self, mut line: Range<usize>) -> usize {
        self.pieces.clear();
        loop {
            let continued = is_continued(&self.text[line.clone()]);
            let piece = Slice::new(line.start, line.end - usize::from(continued));
            self.pieces.push(piece);
            if !continued || self.at >= self.text.len() {
                return line.end;
            }
            line = self.natural(false);
        }
    }
}

/// A statement taken apart.
struct Parts {
    key: String,
    key_place: Slice,
    separated: bool,
    /// Whether the separator has a `=` or `:`.
    signed: bool,
    value: String,
    place: Slice,
}

impl Parts {
    fn split(text: &str, pieces: &[Slice]) -> Result<Self, BadEscape> {
        let letters = pieces.iter().flat_map(|piece| {
            let start = piece.start as usize;
            piece.of(text).char_indices().map(move |(at, letter)| (start + at, letter))
        });
        let mut letters = letters.peekable();
        let last = pieces.last().map_or(0, |piece| piece.end as usize);
        let start = letters.peek().map_or(last, |(at, _)| *at);
        let (key, key_end) = unescape(&mut letters, start, |letter| is_blank(letter) || matches!(letter, '=' | ':'))?;
        let (mut separated, mut signed) = (false, false);
        while let Some((_, letter)) = letters.next_if(|(_, letter)| is_blank(*letter) || !signed && matches!(letter, '=' | ':')) {
            separated = true;
            signed |= !is_blank(letter);
        }
        let from = letters.peek().map_or(last, |(at, _)| *at);
        let (value, end) = unescape(&mut letters, from, |_| false)?;
        Ok(Self { key, key_place: Slice::new(start, key_end), separated, signed, value, place: Slice::new(from, end) })
    }
}

/// Reads letters and escapes up to one that ends them; with where the last of them ends.
fn unescape(
    letters: &mut Peekable<impl Iterator<Item = (usize, char)>>,
    start: usize,
    ends: impl Fn(char) -> bool,
) -> Result<(String, usize), BadEscape> {
    let (mut read, mut end) = (Unescaped::default(), start);
    while let Some((at, letter)) = letters.next_if(|(_, letter)| !ends(*letter)) {
        end = at + letter.len_utf8();
        if letter != '\\' {
            read.push(letter);
            continue;
        }
        let Some((place, escaped)) = letters.next() else { break };
        end = place + escaped.len_utf8();
        match escaped {
            'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    let (place, digit) = letters.next().ok_or(BadEscape(at))?;
                    unit = unit * 16 + digit.to_digit(16).ok_or(BadEscape(at))?;
                    end = place + 1;
                }
                read.push_unit(unit);
            }
            't' => read.push('\t'),
            'r' => read.push('\r'),
            'n' => read.push('\n'),
            'f' => read.push('\u{c}'),
            itself => read.push(itself),
        }
    }
    Ok((read.finish(), end))
}
