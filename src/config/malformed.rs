//! Files that could not be read: what is wrong, where, and the likely cause. Messages quote names of elements and keys,
//! never values: these may be secrets.

use std::ops::Range;

use super::{Edit, Format};
use crate::source::{Content, DecodeError, Span};

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong and what was expected, in plain words.
    pub message: String,
    /// The likely cause, where one can be told.
    pub cause: Option<String>,
    /// The bytes at fault.
    pub span: Span,
    /// A title and edits that mend it, where there is only one way to.
    pub fix: Option<(String, Vec<Edit>)>,
    /// What is defined twice, where that is all that is wrong.
    pub twice: Option<Box<Twice>>,
}

/// A table or key of TOML that is defined twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// What it is: "the table `server`".
    pub what: String,
    /// Where it is defined for the first time.
    pub first: Option<Span>,
    /// Of a single table behind one of a list: its name, and the edits that make it a further one of the list.
    pub listed: Option<(String, Vec<Edit>)>,
}

impl Malformed {
    /// Something wrong at a range of the text.
    pub(super) fn at(content: &Content, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None, span: content.to_disk(range), fix: None, twice: None }
    }

    pub(super) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Mended by replacing the bytes at fault.
    pub(super) fn mended_by(mut self, title: &str, text: &str) -> Self {
        self.fix = Some((title.to_owned(), vec![Edit { span: self.span, text: text.to_owned() }]));
        self
    }
}

impl Malformed {
    /// Mended by writing every `&` of these offsets as a reference.
    pub(super) fn mended_at(mut self, content: &Content, offsets: &[usize], text: &str) -> Self {
        let edit = |at: &usize| Edit { span: content.to_disk(*at..at + 1), text: text.to_owned() };
        let title = match offsets.len() {
            1 => "write `&` as `&amp;`".to_owned(),
            several => format!("write {several} times `&` as `&amp;`"),
        };
        self.fix = Some((title, offsets.iter().map(edit).collect()));
        self
    }
}

/// A byte-order mark as text, and how it looks where its bytes were read as ISO-8859-1.
const MARKS: [&str; 2] = ["\u{feff}", "\u{ef}\u{bb}\u{bf}"];

/// What can be said before any grammar is asked.
pub(super) fn check_text(content: &Content, format: Format) -> Result<(), Malformed> {
    let text = content.text();
    let undecodable = content.error();
    let wide = undecodable.is_some_and(|error| error.encoding.starts_with("UTF-16"));
    if let Some(at) = text.find('\0').filter(|_| !wide) {
        return Err(Malformed::at(content, at..at + 1, format!("a zero byte; expected {}", expected(format)))
            .because("this is binary data, or the file was damaged"));
    }
    if let Some(error) = undecodable {
        return Err(undecoded(content, error));
    }
    if u32::try_from(content.bytes().len().max(text.len()).saturating_mul(2)).is_err() {
        return Err(Malformed::at(content, 0..0, "a file of more than 2 GiB; expected a configuration file"));
    }
    if matches!(format, Format::Xml | Format::Json) && text.trim().is_empty() {
        return Err(Malformed::at(content, 0..0, format!("an empty file; expected {}", expected(format))));
    }
    stray_mark(content, 0).map_or(Ok(()), Err)
}

fn expected(format: Format) -> &'static str {
    match format {
        Format::Xml => "an XML document",
        Format::Toml => "a TOML document",
        Format::Properties => "Java properties",
        Format::Json => "a JSON document",
        Format::Script(_) => "a script",
    }
}

fn undecoded(content: &Content, error: &DecodeError) -> Malformed {
    let DecodeError { offset, encoding, unknown } = error;
    if *unknown {
        let span = Span::new(*offset, offset + encoding.len());
        let message = format!("`{encoding}` is the name of no known encoding; expected one such as `UTF-8`");
        return Malformed { message, cause: None, span, fix: None, twice: None };
    }
    let declared = super::encode::declared_encoding(content.text()).is_some();
    let source = if declared { "which the file declares" } else { "in which a file is read that declares no other" };
    let message = match content.bytes().get(*offset) {
        Some(byte) => format!("byte 0x{byte:02X} does not fit {encoding}, {source}"),
        None => format!("the file ends in the middle of a character of {encoding}, {source}"),
    };
    let latin1 = encoding == "UTF-8" && content.bytes().get(*offset).is_some_and(|byte| *byte >= 0xa0);
    let cause = latin1.then(|| "the file was saved as ISO-8859-1 or windows-1252".to_owned());
    Malformed {
        message,
        cause,
        span: Span::new(*offset, (offset + 1).min(content.bytes().len()).max(*offset)),
        fix: None,
        twice: None,
    }
}

/// A byte-order mark at an offset, or behind blanks there.
pub(super) fn stray_mark(content: &Content, at: usize) -> Option<Malformed> {
    let rest = content.text().get(at..)?;
    let start = at + rest.len() - rest.trim_start().len();
    let mark = MARKS.iter().find(|mark| content.text()[start..].starts_with(**mark))?;
    let place = if start == 0 { "a second byte-order mark" } else { "a byte-order mark inside the file" };
    Some(
        Malformed::at(content, start..start + mark.len(), format!("{place}; expected none"))
            .because("an editor or a script wrote the mark in front of text that was not the first of the file")
            .mended_by("remove the byte-order mark", ""),
    )
}

/// The first line that a version control system left behind in a conflict.
pub(super) fn merge_marker(content: &Content) -> Option<Malformed> {
    let text = content.text();
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let at = starts.into_iter().find(|at| {
        let line = &text.as_bytes()[*at..];
        (line.starts_with(b"<<<<<<<") || line.starts_with(b">>>>>>>")) && line.get(7).is_none_or(u8::is_ascii_whitespace)
    })?;
    Some(
        Malformed::at(content, at..at + 7, "a marker of a merge conflict; expected configuration")
            .because("a merge conflict was committed unresolved"),
    )
}

/// Where the line of an offset holds the mark of a template, if it does.
pub(super) fn template_mark(text: &str, at: usize) -> Option<Range<usize>> {
    let start = super::toml_text::line_start(text, at);
    let line = &text[start..super::toml_text::line_end(text, at)];
    let found = ["{{", "{%", "<%"].iter().filter_map(|mark| line.find(mark)).min()?;
    Some(start + found..start + found + 2)
}

/// The cause to name where a template mark stands.
pub(super) const TEMPLATE: &str = "this is a template that was not rendered";

/// Line of an offset of the text, counted from 1.
pub(super) fn line_of(content: &Content, at: usize) -> usize {
    content.line_column(content.to_disk(at..at).start).line
}
