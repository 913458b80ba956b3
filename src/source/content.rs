//! Bytes of a file, the text they stand for, and the way back from one to the other.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Span;

/// How to find out the encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// Byte-order mark, else the XML declaration, else UTF-8 (XML 1.0, appendix F).
    Xml,
    /// UTF-8 (TOML, YAML), with or without byte-order mark.
    Utf8,
    /// UTF-8, else ISO-8859-1, in which any bytes are a text (Java properties).
    Utf8OrLatin1,
}

/// Bytes that are no text of the encoding that the file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// Offset on disk of the first byte that does not fit.
    pub offset: usize,
    /// Name of the encoding that was expected, or the name that nobody knows.
    pub encoding: String,
    /// Whether the declared encoding itself is unknown.
    pub unknown: bool,
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The bytes of a file and the text that they encode.
#[derive(Debug)]
pub struct Content {
    text: String,
    /// `None` where the text's UTF-8 bytes are the bytes on disk.
    disk: Option<Disk>,
    error: Option<DecodeError>,
    undeclared_latin1: bool,
    lines: OnceLock<Vec<usize>>,
    /// How many characters begin before each multiple of [`STEP`] bytes of the text.
    characters: OnceLock<Vec<usize>>,
}

/// A line may be long and have many places: columns are counted from the last of these many bytes on.
const STEP: usize = 1024;

#[derive(Debug)]
struct Disk {
    bytes: Vec<u8>,
    /// Offsets (text, disk) from which on both advance alike, until the next pair.
    pairs: Vec<(usize, usize)>,
}

impl Content {
    /// Decodes the bytes of a file. Where they do not fit their encoding, the text is read as
    /// ISO-8859-1, so that places in it can still be shown, and [`Content::error`] says why.
    pub fn decode(bytes: Vec<u8>, kind: TextKind) -> Self {
        let (encoding, bom) = match detect(&bytes, kind) {
            Ok(found) => found,
            Err(error) => return Self::latin1(bytes, Some(error)),
        };
        match encoding {
            Declared::Latin1 => Self::latin1(bytes, None),
            Declared::Known(encoding) if encoding == UTF_8 && bom == 0 => match String::from_utf8(bytes) {
                Ok(text) => Self::plain(text),
                Err(error) if kind == TextKind::Utf8OrLatin1 => {
                    Self { undeclared_latin1: true, ..Self::latin1(error.into_bytes(), None) }
                }
                Err(error) => {
                    let offset = error.utf8_error().valid_up_to();
                    Self::latin1(error.into_bytes(), Some(misfit(offset, encoding)))
                }
            },
            Declared::Known(encoding) => Self::mapped(bytes, encoding, bom),
        }
    }

    /// Text that lies on disk as UTF-8 without byte-order mark.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text.into(), None, None)
    }

    fn new(text: String, disk: Option<Disk>, error: Option<DecodeError>) -> Self {
        Self { text, disk, error, undeclared_latin1: false, lines: OnceLock::new(), characters: OnceLock::new() }
    }

    fn latin1(bytes: Vec<u8>, error: Option<DecodeError>) -> Self {
        if bytes.is_ascii() {
            return Self::new(String::from_utf8(bytes).unwrap_or_default(), None, error);
        }
        let text = encoding_rs::mem::decode_latin1(&bytes).into_owned();
        let mut pairs = vec![(0, 0)];
        let mut at = 0;
        for (disk, byte) in bytes.iter().enumerate() {
            at += if byte.is_ascii() { 1 } else { 2 };
            if !byte.is_ascii() {
                pairs.push((at, disk + 1));
            }
        }
        Self::new(text, Some(Disk { bytes, pairs }), error)
    }

    /// Decodes byte by byte and notes where text and disk part: slow, and for rare encodings only.
    fn mapped(bytes: Vec<u8>, encoding: &'static Encoding, bom: usize) -> Self {
        if encoding == UTF_8 {
            return match std::str::from_utf8(&bytes[bom..]) {
                Ok(text) => {
                    let text = text.to_owned();
                    Self::new(text, Some(Disk { bytes, pairs: vec![(0, bom)] }), None)
                }
                Err(error) => {
                    let offset = bom + error.valid_up_to();
                    Self::latin1(bytes, Some(misfit(offset, encoding)))
                }
            };
        }
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let (mut text, mut pairs, mut start) = (String::with_capacity(bytes.len()), vec![(0, bom)], bom);
        for disk in bom..bytes.len() {
            let before = text.len();
            text.reserve(16);
            let last = disk + 1 == bytes.len();
            let (result, _, had_errors) = decoder.decode_to_string(&bytes[disk..=disk], &mut text, last);
            debug_assert!(matches!(result, CoderResult::InputEmpty), "room for one character was reserved");
            if had_errors {
                return Self::latin1(bytes, Some(misfit(start, encoding)));
            }
            if text.len() > before {
                pairs.push((text.len(), disk + 1));
                start = disk + 1;
            }
        }
        Self::new(text, Some(Disk { bytes, pairs }), None)
    }

    /// The bytes as they lie on disk.
    pub fn bytes(&self) -> &[u8] {
        self.disk.as_ref().map_or(self.text.as_bytes(), |disk| &disk.bytes)
    }

    /// The decoded text, without byte-order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why the bytes are no text of their encoding, if they are not.
    pub fn error(&self) -> Option<&DecodeError> {
        self.error.as_ref()
    }

    /// Whether the text was read as ISO-8859-1 since it is no UTF-8, without anything that declares it.
    pub fn is_undeclared_latin1(&self) -> bool {
        self.undeclared_latin1
    }

    /// The bytes on disk of a byte range of [`Content::text`].
    pub fn to_disk(&self, range: Range<usize>) -> Span {
        Span::new(self.disk_offset(range.start), self.disk_offset(range.end))
    }

    /// The byte range of [`Content::text`] that bytes on disk stand for.
    pub fn to_text(&self, span: Span) -> Range<usize> {
        self.text_offset(span.start)..self.text_offset(span.end)
    }

    /// The text of a span; empty where the span does not lie in the file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(self.to_text(span)).unwrap_or_default()
    }

    /// Line and column of a byte on disk. One past the end is the end.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let at = self.text_offset(offset).min(self.text.len());
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= at).max(1);
        let start = starts[line - 1];
        let in_line = start <= at && self.text.is_char_boundary(at);
        let column = if in_line { self.characters_before(at) - self.characters_before(start) } else { 0 };
        LineColumn { line, column: column + 1 }
    }

    /// The text of a line, counted from 1, without its end.
    pub fn line(&self, line: usize) -> &str {
        let starts = self.line_starts();
        let Some(start) = line.checked_sub(1).and_then(|index| starts.get(index)) else { return "" };
        let end = starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }

    fn characters_before(&self, at: usize) -> usize {
        // Of the bytes of a character only the first is none that continues one.
        let begin = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let bytes = self.text.as_bytes();
        let counted = self.characters.get_or_init(|| {
            let sums = bytes.chunks(STEP).scan(0, |sum, chunk| {
                *sum += begin(chunk);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        });
        let last = (at / STEP).min(counted.len() - 1);
        counted[last] + begin(bytes.get(last * STEP..at).unwrap_or_default())
    }

    fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect()
        })
    }

    fn disk_offset(&self, at: usize) -> usize {
        let Some(disk) = &self.disk else { return at };
        let index = disk.pairs.partition_point(|(text, _)| *text <= at).max(1) - 1;
        let (text, offset) = disk.pairs[index];
        (offset + at.saturating_sub(text)).min(disk.bytes.len())
    }

    fn text_offset(&self, offset: usize) -> usize {
        let Some(disk) = &self.disk else { return offset };
        let index = disk.pairs.partition_point(|(_, at)| *at <= offset).max(1) - 1;
        let (text, at) = disk.pairs[index];
        let limit = disk.pairs.get(index + 1).map_or(self.text.len(), |(next, _)| *next);
        (text + offset.saturating_sub(at)).min(limit)
    }
}

enum Declared {
    /// ISO-8859-1 as Java reads it, where 0x80 to 0x9F are control characters (the web's windows-1252 differs).
    Latin1,
    Known(&'static Encoding),
}

/// The encoding and the length of the byte-order mark.
fn detect(bytes: &[u8], kind: TextKind) -> Result<(Declared, usize), DecodeError> {
    if let Some((encoding, bom)) = Encoding::for_bom(bytes) {
        return Ok((Declared::Known(encoding), bom));
    }
    if kind != TextKind::Xml {
        return Ok((Declared::Known(UTF_8), 0));
    }
    match bytes {
        [b'<', 0, ..] => return Ok((Declared::Known(UTF_16LE), 0)),
        [0, b'<', ..] => return Ok((Declared::Known(UTF_16BE), 0)),
        _ => {}
    }
    let Some((name, offset)) = declared_encoding(bytes) else { return Ok((Declared::Known(UTF_8), 0)) };
    let label = name.to_ascii_lowercase();
    if matches!(label.as_str(), "iso-8859-1" | "iso8859-1" | "iso8859_1" | "latin1" | "latin-1" | "us-ascii" | "ascii") {
        return Ok((Declared::Latin1, 0));
    }
    match Encoding::for_label(label.as_bytes()) {
        // Declared in bytes that are plainly not UTF-16: a wrong declaration, which parsers of Java read as UTF-8.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok((Declared::Known(UTF_8), 0)),
        Some(encoding) => Ok((Declared::Known(encoding), 0)),
        None => Err(DecodeError { offset, encoding: name.into_owned(), unknown: true }),
    }
}

/// The `encoding` of an XML declaration at the very start, and where its name stands.
fn declared_encoding(bytes: &[u8]) -> Option<(Cow<'_, str>, usize)> {
    if !bytes.starts_with(b"<?xml") {
        return None;
    }
    let end = bytes.iter().take(1024).position(|byte| *byte == b'>')?;
    let declaration = &bytes[..end];
    let key = b"encoding";
    let at = declaration.windows(key.len()).position(|window| window == key)? + key.len();
    let open = at + declaration[at..].iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let close = open + 1 + declaration[open + 1..].iter().position(|byte| *byte == declaration[open])?;
    Some((String::from_utf8_lossy(&declaration[open + 1..close]), open + 1))
}

fn misfit(offset: usize, encoding: &'static Encoding) -> DecodeError {
    DecodeError { offset, encoding: encoding.name().to_owned(), unknown: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }

    #[test]
    fn latin1_places_are_those_on_disk() {
        let bytes = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>\xe4\xf6</a><b>1</b>".to_vec();
        let content = Content::decode(bytes.clone(), TextKind::Xml);
        let at = content.text().find("<b>").expect("b");
        let span = content.to_disk(at..at + 3);
        assert_eq!(&bytes[span.start..span.end], b"<b>");
        assert_eq!(content.slice(span), "<b>");
        assert_eq!(content.line_column(span.start), LineColumn { line: 2, column: 10 });
    }

    #[test]
    fn utf16_places_are_those_on_disk() {
        let bytes = utf16le("<a>ä€😀</a><b/>");
        let content = Content::decode(bytes.clone(), TextKind::Xml);
        assert_eq!(content.text(), "<a>ä€😀</a><b/>");
        let at = content.text().find("<b/>").expect("b");
        let span = content.to_disk(at..at + 4);
        assert_eq!(bytes.len(), span.end);
        assert_eq!(span.len(), 8);
        assert_eq!(content.to_text(span), at..at + 4);
    }

    #[test]
    fn a_byte_order_mark_counts_on_disk_only() {
        let content = Content::decode(b"\xef\xbb\xbf<a/>".to_vec(), TextKind::Xml);
        assert_eq!(content.text(), "<a/>");
        assert_eq!(content.to_disk(0..4), Span::new(3, 7));
    }

    #[test]
    fn what_is_no_utf_8_may_be_latin1_without_saying_so() {
        let latin1 = Content::decode(b"k=\xe4\x80".to_vec(), TextKind::Utf8OrLatin1);
        assert_eq!((latin1.text(), latin1.error(), latin1.is_undeclared_latin1()), ("k=\u{e4}\u{80}", None, true));
        assert_eq!(latin1.to_disk(2..4), Span::new(2, 3));
        let utf8 = Content::decode("k=\u{e4}".into(), TextKind::Utf8OrLatin1);
        assert_eq!((utf8.text(), utf8.is_undeclared_latin1()), ("k=\u{e4}", false));
    }

    #[test]
    fn bytes_that_do_not_fit_are_reported_at_their_place() {
        let content = Content::decode(b"<a>\xff</a>".to_vec(), TextKind::Xml);
        let error = content.error().expect("not UTF-8");
        assert_eq!((error.offset, error.unknown), (3, false));
        let unknown = Content::decode(b"<?xml version='1.0' encoding='klingon'?><a/>".to_vec(), TextKind::Xml);
        assert!(unknown.error().is_some_and(|error| error.unknown && error.encoding == "klingon"));
    }
}
