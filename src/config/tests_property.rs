//! XML and TOML of any kind: nothing panics, every place lies in the file, and what an edit yields reads back.

use std::ops::Range;

use proptest::prelude::*;

use super::tests::{toml_path, xml_path};
use super::*;
use crate::source::TextKind;

/// A file of some bytes, and what it is parsed to.
pub(super) struct File {
    pub content: Content,
    pub document: Document,
}

impl File {
    pub(super) fn read(bytes: &[u8], format: Format) -> Result<Self, Malformed> {
        let kind = if format == Format::Xml { TextKind::Xml } else { TextKind::Utf8 };
        let content = Content::decode(bytes.to_vec(), kind);
        let document = Document::parse(&content, format)?;
        Ok(Self { content, document })
    }

    /// The file after edits: `None` where new text has no bytes in its encoding. Edits that do not parse are a mistake.
    pub(super) fn after(&self, edits: &[Edit]) -> Option<Self> {
        let bytes = self.content.bytes();
        for edit in edits {
            self.assert_lies_in_the_file(edit.span);
        }
        let after = apply(bytes, edits, &self.content)?;
        let (first, last) = (edits.iter().map(|edit| edit.span.start).min()?, edits.iter().map(|edit| edit.span.end).max()?);
        assert!(after.starts_with(&bytes[..first]) && after.ends_with(&bytes[last..]), "{edits:?} changed other bytes");
        Some(Self::read(&after, self.document.format()).unwrap_or_else(|why| panic!("{why:?} after {edits:?} in {self}")))
    }

    #[track_caller]
    pub(super) fn assert_lies_in_the_file(&self, span: Span) {
        assert_lies_in(&self.content, span);
    }

    pub(super) fn texts(&self, path: &Path) -> Vec<String> {
        self.document.find(path).into_iter().map(|found| found.text).collect()
    }
}

impl std::fmt::Display for File {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.content.text())
    }
}

/// Asserts that a span lies in a file and starts and ends between characters.
#[track_caller]
pub(super) fn assert_lies_in(content: &Content, span: Span) {
    let Range { start, end } = content.to_text(span);
    let text = content.text();
    assert!(span.start <= span.end && span.end <= content.bytes().len(), "{span:?} in {text:?}");
    assert!(start <= end && text.is_char_boundary(start) && text.is_char_boundary(end), "{span:?} in {text:?}");
    assert_eq!(content.to_disk(start..end), span, "in the middle of a character of {text:?}");
}

/// Looks all paths up and tries every edit of what is found.
fn exercise(file: &File, paths: &[Path], value: &str) {
    for path in paths {
        let found = file.document.find(path);
        for found in found.iter().chain(&file.document.find_commented(path)) {
            file.assert_lies_in_the_file(found.span);
            file.assert_lies_in_the_file(found.element);
            assert!(!found.exact || file.content.slice(found.span) == found.text, "{found:?} in {file}");
            assert!(found.element.start <= found.span.start && found.span.end <= found.element.end, "{found:?} in {file}");
        }
        if let Some(after) = set(&file.document, &file.content, path, value, &[]).and_then(|edits| file.after(&edits)) {
            assert_eq!(after.texts(path).first().map(String::as_str), Some(value), "{path} in {after}");
        }
        for (index, one) in found.iter().enumerate() {
            change_one(file, path, one, index, value);
        }
    }
}

fn change_one(file: &File, path: &Path, found: &Found, index: usize, value: &str) {
    let start = found.text.char_indices().nth(1).map_or(0, |(at, _)| at);
    let part = Change::Part { range: start..found.text.len(), text: value.to_owned() };
    let whole = format!("{}{value}", &found.text[..start]);
    for (what, wanted) in [(Change::Value(value.to_owned()), value), (part, whole.as_str())] {
        let edits = change(&file.document, &file.content, found, &what);
        if let Some(after) = edits.and_then(|edits| file.after(&edits)) {
            let mut texts = file.texts(path);
            wanted.clone_into(&mut texts[index]);
            assert_eq!(after.texts(path), texts, "{path} {what:?} in {file}");
        }
    }
    if let Some(edits) = change(&file.document, &file.content, found, &Change::Remove) {
        let after = file.after(&edits).expect("nothing to encode");
        assert!(after.texts(path).len() < file.texts(path).len(), "{path} in {after}");
    }
}

fn soup(tokens: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(tokens), 0..24).prop_map(|tokens| tokens.concat())
}

const XML: &[&str] = &[
    "<a>",
    "</a>",
    "<b>",
    "</b>",
    "<b/>",
    "<b x='1' y=\"&amp;\">",
    "<b x='é'/>",
    "<c:b xmlns:c='u'/>",
    "1",
    "é",
    "😀",
    " ",
    "\n",
    "\r\n\t",
    "<!--b>1</b-->",
    "<!-- <b x='1'>2</b> -->",
    "<!--b/-->",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&lt;",
    "&#65;",
    "&#0;",
    "&",
    "<?p?>",
    "<",
    ">",
    "'",
    "\"",
    "=",
    "{%",
    "<%",
    "\u{feff}",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a>",
    "\n<<<<<<< HEAD\n",
    "\0",
    "\u{1}",
];

const TOML: &[&str] = &[
    "a",
    "b",
    "é",
    "\"a\"",
    "'b'",
    ".",
    " = ",
    "1",
    "1.5",
    "0x1F",
    "true",
    "nan",
    "1979-05-27",
    "\"",
    "'",
    "\"x\"",
    "'y'",
    "\"\"\"",
    "'''",
    "\\",
    "\\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    "# c",
    "\na = 1",
    "\n[a]\n",
    "\n[[b]]\n",
    "\nb = [1, \"é\"]\n",
    "\na.b = 'x'\n",
    "\nb = {a = 1, b.c = \"😀\"}\n",
    "{{",
    "\u{feff}",
    "\n<<<<<<< HEAD\n",
    "\0",
];

fn xml_paths() -> Vec<Path> {
    ["/a", "/a/b", "//b", "/a/a/b", "/a/b/@x", "//b/@z", "/a//b[@x='1']", "//*", "//*[not(@x='1')]/@y"].map(xml_path).into()
}

fn toml_paths() -> Vec<Path> {
    ["a", "b", "a.b", "b.a", "a[].b", "b[].a", "b[]", "a.b.c", "b.b.c", "\"a.b\"", "x.y"].map(toml_path).into()
}

fn try_all(bytes: &[u8], value: &str) {
    for (format, paths) in [(Format::Xml, xml_paths()), (Format::Toml, toml_paths())] {
        let kind = if format == Format::Xml { TextKind::Xml } else { TextKind::Utf8 };
        let content = Content::decode(bytes.to_vec(), kind);
        match File::read(bytes, format) {
            Ok(file) => exercise(&file, &paths, value),
            Err(malformed) => {
                assert!(!malformed.message.is_empty());
                assert_lies_in(&content, malformed.span);
                for span in malformed.twice.iter().filter_map(|twice| twice.first) {
                    assert_lies_in(&content, span);
                }
                if let Some((title, edits)) = &malformed.fix {
                    let mended = apply(bytes, edits, &content).expect("a fix can be written");
                    // What else is wrong is another trouble, and comes later; of marks in a row each.
                    let left = File::read(&mended, format).err().map(|left| (left.message, left.span));
                    let same = left.is_some_and(|left| left == (malformed.message, malformed.span));
                    assert!(!same || mended.len() < bytes.len(), "{title}: {:?}", content.text());
                }
            }
        }
    }
}

/// Values with what has to be escaped, and any others.
pub(super) fn values() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9é\"'<>&\\\\ \\]\n\r\t.=-]{0,8}", "-?[0-9.e]{1,4}", any::<String>()]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        try_all(text.as_bytes(), "7");
    }

    #[test]
    fn any_bytes_are_read_or_refused(start in prop::sample::select(vec![&b""[..], b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        try_all(&[start, &bytes].concat(), "7");
    }

    #[test]
    fn what_xml_is_made_of_is_read_or_refused(text in soup(XML), value in values()) {
        try_all(text.as_bytes(), &value);
        try_all(format!("<a>{text}</a>").as_bytes(), &value);
    }

    #[test]
    fn what_toml_is_made_of_is_read_or_refused(text in soup(TOML), value in values()) {
        try_all(text.as_bytes(), &value);
    }
}
