//! What is wrong with a JSON file, in plain words.

use std::ops::Range;

use jsonc_parser::ParseStringErrorKind;
use jsonc_parser::errors::ParseErrorKind;

use super::json_tree::Tree;
use super::malformed::{Malformed, TEMPLATE, line_of, merge_marker, stray_mark, template_mark};
use super::properties_text::{line_end, line_start};
use super::toml_trouble::clamp;
use crate::source::Content;

/// Deeper than any real configuration nests; the parser recurses.
const DEEPEST: usize = 100;

const UNBALANCED: &str = "an unbalanced quote, or none around a text";

/// Refuses what would make the parser recurse without bounds, and a text that goes over the end of its line: JavaScript does,
/// and the parser would only stumble over what follows its next quote.
pub(super) fn check(content: &Content) -> Result<(), Malformed> {
    let text = content.text();
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => match after_text(bytes, at) {
                Some(next) => {
                    at = next;
                    continue;
                }
                None => return Err(explained(content, at..at + 1, || open_text(content, at))),
            },
            b'/' if bytes[at..].starts_with(b"//") => {
                at = line_end(text, at);
                continue;
            }
            b'/' if bytes[at..].starts_with(b"/*") => {
                let Some(length) = text[at + 2..].find("*/") else { break };
                at += length + 4;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            let message = format!("more than {DEEPEST} brackets in each other; expected a configuration");
            return Err(explained(content, at..at + 1, || Malformed::at(content, at..at + 1, message)));
        }
        at += 1;
    }
    Ok(())
}

/// One past the text that starts at a quote, where its line closes it. A backslash at the end of a line joins the next one.
fn after_text(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let mut next = at + 1;
    loop {
        match bytes.get(next)? {
            b'\\' if bytes[next..].starts_with(b"\\\r\n") => next += 3,
            b'\\' => next += 2,
            b'\n' | b'\r' => return None,
            byte if *byte == quote => return Some(next + 1),
            _ => next += 1,
        }
    }
}

fn open_text(content: &Content, at: usize) -> Malformed {
    let quote = &content.text()[at..=at];
    Malformed::at(content, at..at + 1, format!("a text that its line does not close; expected `{quote}` behind it"))
        .because(UNBALANCED)
}

/// A file without any value.
pub(super) fn nothing(content: &Content) -> Malformed {
    Malformed::at(content, 0..0, "nothing but comments; expected a JSON document")
}

/// What tells more than the grammar, else what the grammar says.
fn explained(content: &Content, range: Range<usize>, otherwise: impl FnOnce() -> Malformed) -> Malformed {
    if let Some(marker) = merge_marker(content).or_else(|| stray_mark(content, range.start)) {
        return marker;
    }
    match template_mark(content.text(), range.start) {
        Some(mark) => Malformed::at(content, mark, "a mark of a template; expected a key or a value").because(TEMPLATE),
        None => otherwise(),
    }
}

/// Says what the parser found wrong.
pub(super) fn explain(content: &Content, kind: &ParseErrorKind, range: Range<usize>) -> Malformed {
    let range = clamp(content.text(), range);
    explained(content, range.clone(), || plain(content, kind, range))
}

fn plain(content: &Content, kind: &ParseErrorKind, range: Range<usize>) -> Malformed {
    use ParseErrorKind as E;
    let text = content.text();
    let at = |message: &str| Malformed::at(content, range.clone(), message);
    match kind {
        E::UnterminatedObject | E::UnterminatedArray => {
            let (open, close) = if matches!(kind, E::UnterminatedObject) { ('{', '}') } else { ('[', ']') };
            let line = line_of(content, range.start);
            let end = text.trim_end().len();
            let message = format!("the file ends, but the `{open}` of line {line} is still open; expected `{close}`");
            Malformed::at(content, end..end, message).because("the file is cut off, or a bracket is missing")
        }
        E::UnterminatedCommentBlock => at("a comment that is not closed; expected `*/`"),
        E::MultipleRootJsonValues => match text.get(range.clone()).unwrap_or_default() {
            close @ ("}" | "]") => {
                at(&format!("a `{close}` that closes nothing; expected the end of the file")).because("a bracket too many")
            }
            _ => at("something behind the last bracket; expected the end of the file").because("a bracket too many before it"),
        },
        E::ExpectedComma => missing_comma(content, range),
        E::ExpectedColonAfterObjectKey => at("no `:` behind a key; expected one").because(UNBALANCED),
        E::UnexpectedTokenInObject if text.get(range.clone()) == Some(",") => {
            at("a second `,`; expected a key").because("a `,` too many")
        }
        E::UnexpectedTokenInObject => at("no key; expected one, or `}`").because("a bracket or a key is missing"),
        E::UnexpectedComma => at("a `,` where no value stands before it; expected a value").because("a `,` too many"),
        E::UnexpectedCloseBrace | E::UnexpectedCloseBracket => {
            let close = text.get(range.clone()).unwrap_or_default();
            at(&format!("a `{close}` in the place of a value; expected a value")).because("a value or a bracket is missing")
        }
        E::ExpectedObjectValue => at("no value behind a key; expected one").because("the file is cut off"),
        E::String(ParseStringErrorKind::UnterminatedStringLiteral) => at("a text that is not closed").because(UNBALANCED),
        E::String(_) => at("an escape that JavaScript does not know; expected one such as `\\\\`, `\\\"` or `\\u0041`")
            .because("a backslash that stands for itself (in a path of Windows) has to be written `\\\\`"),
        E::ExpectedDigit | E::ExpectedDigitFollowingNegativeSign | E::ExpectedPlusMinusOrDigitInNumberLiteral => {
            at("a number without digits; expected some")
        }
        _ => {
            let found = at("neither key nor value; expected a text in quotes, a number, `true`, `false` or a bracket");
            let line = &text[line_start(text, range.start)..line_end(text, range.start)];
            if line.matches('"').count() % 2 == 1 { found.because(UNBALANCED) } else { found }
        }
    }
}

/// A comma that would mend the file is the only way to.
fn missing_comma(content: &Content, range: Range<usize>) -> Malformed {
    let text = content.text();
    let found = Malformed::at(content, range.clone(), "no `,` behind a value; expected one");
    let (before, after) = text.split_at(range.start);
    if Tree::parses(&format!("{before},{after}")) {
        return found.because("a line was added behind one that had been the last").mended_by("write a `,`", ",");
    }
    found.because(UNBALANCED)
}
