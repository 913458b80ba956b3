//! What is wrong with an XML file, in plain words.

use roxmltree::{Error, TextPos};

use super::malformed::{Malformed, TEMPLATE, line_of, merge_marker, stray_mark, template_mark};
use super::xml_scan::scan;
use crate::source::Content;

/// The parser compares attributes and namespaces of an element pairwise; beyond this many that takes too long.
const MOST_ATTRIBUTES: usize = 500;
/// Namespaces are even copied to every child.
const MOST_NAMESPACES: usize = 500;

/// Refuses what is well formed, but would keep the parser busy without end.
pub(super) fn check_excess(content: &Content) -> Result<(), Malformed> {
    let text = content.text();
    let equals = |piece: &str| piece.bytes().map(|byte| usize::from(byte == b'=')).sum::<usize>();
    if equals(text) <= MOST_ATTRIBUTES {
        return Ok(());
    }
    if let Some((at, _)) = text.match_indices("xmlns").nth(MOST_NAMESPACES) {
        return Err(Malformed::at(
            content,
            at..at + 5,
            format!("more than {MOST_NAMESPACES} declarations of namespaces; expected a few"),
        ));
    }
    let mut start = 0;
    for piece in text.split('<') {
        if equals(piece) > MOST_ATTRIBUTES && equals(tag(piece)) > MOST_ATTRIBUTES {
            let at = start.min(text.len());
            return Err(Malformed::at(
                content,
                at..at,
                format!("more than {MOST_ATTRIBUTES} attributes in one tag; expected a few"),
            ));
        }
        start += piece.len() + 1;
    }
    Ok(())
}

/// What belongs to the tag that a piece starts with; nothing for comments and the like.
fn tag(piece: &str) -> &str {
    if piece.starts_with(['!', '?', '/']) {
        return "";
    }
    let mut quote = None;
    let end = piece.find(|letter| match (quote, letter) {
        (None, '"' | '\'') => {
            quote = Some(letter);
            false
        }
        (None, '>') => true,
        (Some(open), letter) if open == letter => {
            quote = None;
            false
        }
        _ => false,
    });
    &piece[..end.unwrap_or(piece.len())]
}

/// Says what the parser found wrong.
pub(super) fn explain(content: &Content, error: &Error) -> Malformed {
    let text = content.text();
    let at = offset_of(text, error.pos());
    if matches!(error, Error::DtdDetected) {
        let at = text.find("<!DOCTYPE").unwrap_or_default();
        let message = "a DOCTYPE is not read: it may define entities without bounds; expected a file without one";
        return Malformed::at(content, at..(at + 9).min(text.len()), message);
    }
    if let Some(marker) = merge_marker(content) {
        return marker;
    }
    let found = scan(content).unwrap_or_else(|| plain(content, error, at));
    let scanned = content.to_text(found.span).start;
    if let Some(mark) = stray_mark(content, at).or_else(|| stray_mark(content, scanned)) {
        return mark;
    }
    with_template(content, found, scanned)
}

/// Names an unrendered template as the cause: at the place itself, or anywhere where it can only be one.
fn with_template(content: &Content, found: Malformed, at: usize) -> Malformed {
    let text = content.text();
    if let Some(mark) = template_mark(text, at) {
        let span = content.to_disk(mark);
        return Malformed { span, message: found.message, cause: Some(TEMPLATE.to_owned()), fix: None, twice: None };
    }
    let elsewhere = text.find("{%").or_else(|| text.find("<%"));
    match elsewhere {
        Some(mark) => found.because(format!("{TEMPLATE}: see line {}", line_of(content, mark))),
        None => found,
    }
}

/// The parser's word where nothing better is known.
fn plain(content: &Content, error: &Error, at: usize) -> Malformed {
    let end = at + content.text()[at..].chars().next().map_or(0, char::len_utf8);
    let message = match error {
        Error::NodesLimitReached => "more elements than any configuration file has".to_owned(),
        Error::UnknownNamespace(prefix, _) => {
            format!("the prefix `{prefix}` is not declared; expected `xmlns:{prefix}` in this tag or around it")
        }
        Error::DuplicatedNamespace(..) => "a namespace is declared twice in one tag; expected each at most once".to_owned(),
        Error::DuplicatedAttribute(name, _) => format!("attribute `{name}` is there twice; expected it once"),
        Error::NonXmlChar(letter, _) => format!("the control character U+{:04X}; expected text", u32::from(*letter)),
        Error::InvalidName(_) => {
            "a name that XML does not allow; expected a letter first, then letters, digits, `-`, `_` or `.`".to_owned()
        }
        Error::MalformedEntityReference(_) => "a reference to no character; expected `&amp;` or the number of one".to_owned(),
        _ => "this is not well formed; expected XML".to_owned(),
    };
    Malformed::at(content, at..end, message)
}

/// The offset of a position of the parser, which counts lines and characters from 1.
fn offset_of(text: &str, position: TextPos) -> usize {
    let start = match position.row {
        0 | 1 => 0,
        row => text.match_indices('\n').nth(row as usize - 2).map_or(text.len(), |(newline, _)| newline + 1),
    };
    let column = (position.col as usize).saturating_sub(1);
    text[start..].char_indices().nth(column).map_or(text.len(), |(at, _)| start + at)
}
