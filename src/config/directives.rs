//! Comments that are meant for us (`carbonlint: …`), and what of the file each is about: the line that it ends, else the
//! next line or element. What they say is not for this module.

use std::ops::Range;

use super::Format;
use super::xml::Tree;
use crate::source::{Content, Span};
use crate::start::Syntax;

/// What such a comment starts with.
const MARK: &str = "carbonlint:";
/// A value that goes on for more lines than this is covered in its first ones: an upper bound for the work, not for people.
const LINES: usize = 1000;

/// A comment that starts with `carbonlint:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What follows that, without the blanks around.
    pub text: String,
    /// Where that starts in [`Content::text`].
    pub at: usize,
    /// The whole comment.
    pub span: Span,
    /// What it is about: the comment, and its line or the next line or element.
    pub covers: Span,
}

/// A comment of any kind.
struct Comment {
    range: Range<usize>,
    /// Without its delimiters.
    inner: Range<usize>,
}

/// What a pass over a text finds.
#[derive(Default)]
struct Pass {
    comments: Vec<Comment>,
    /// Ends of lines outside of quotes, with how deep in brackets they are.
    ends: Vec<(usize, i32)>,
}

/// The comments of a file that are meant for us; `tree` where it is XML.
pub(super) fn find(content: &Content, format: Format, tree: Option<&Tree>) -> Vec<Directive> {
    let text = content.text();
    if !text.contains(MARK) {
        return Vec::new();
    }
    let pass = match format {
        Format::Xml => xml(text),
        Format::Toml => quoted(text, &["\"\"\"", "'''", "\"", "'"], &[("#", "\n")]),
        Format::Json => quoted(text, &["\"", "'"], &[("//", "\n"), ("/*", "*/")]),
        Format::Properties => lines(text, "\\", &|line| line.starts_with(['#', '!']).then_some(1)),
        Format::Script(Syntax::Batch) => lines(text, "^", &batch),
        Format::Script(_) => lines(text, "\\", &|line| line.starts_with('#').then_some(1)),
    };
    meant_for_us(content, &pass, tree)
}

/// The comments of a topology that are meant for us.
pub fn of_topology(content: &Content) -> Vec<Directive> {
    let text = content.text();
    if text.contains(MARK) { meant_for_us(content, &yaml(text), None) } else { Vec::new() }
}

fn meant_for_us(content: &Content, pass: &Pass, tree: Option<&Tree>) -> Vec<Directive> {
    let text = content.text();
    let own_line = own_line(text, &pass.comments);
    let mut found = Vec::new();
    // What follows a comment, known for the one behind it already: no comment is skipped twice.
    let mut following = text.len();
    for (index, comment) in pass.comments.iter().enumerate().rev() {
        let next = skip_blanks(text, comment.range.end);
        let is_comment = pass.comments.get(index + 1).is_some_and(|other| other.range.start == next);
        following = if is_comment { following } else { next };
        let inner = &text[comment.inner.clone()];
        let Some(said) = inner.trim_start().strip_prefix(MARK) else { continue };
        let covers = if own_line[index] {
            let end = match tree {
                Some(tree) => element_end(text, tree, following, comment.range.end),
                None => statement_end(text, &pass.ends, following),
            };
            // What is said of a file as a whole has its place at its start.
            let is_first = text[..comment.range.start].trim().is_empty();
            let is_outside =
                tree.is_some_and(|tree| tree.elements.first().is_some_and(|root| root.span.start as usize == following));
            if is_outside { 0..text.len() } else { (if is_first { 0 } else { comment.range.start })..end }
        } else {
            let start = text[..comment.range.start].rfind('\n').map_or(0, |newline| newline + 1);
            start..line_end(text, comment.range.end)
        };
        let at = comment.inner.end - said.trim_start().len();
        let disk = content.to_disk(covers.clone());
        found.push(Directive {
            text: said.trim().to_owned(),
            at,
            span: content.to_disk(comment.range.clone()),
            covers: Span::new(if covers.start == 0 { 0 } else { disk.start }, disk.end),
        });
    }
    found.reverse();
    found
}

/// Comments of a well-formed file: within values and tags no `<` starts anything.
fn xml(text: &str) -> Pass {
    let mut pass = Pass::default();
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let kinds = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let Some((open, close)) = kinds.into_iter().find(|(open, _)| text[start..].starts_with(open)) else {
            at = start + 1;
            continue;
        };
        let inside = start + open.len();
        let stop = text[inside..].find(close).map_or(text.len(), |found| inside + found);
        at = (stop + close.len()).min(text.len());
        if open == "<!--" {
            pass.comments.push(Comment { range: start..at, inner: inside..stop });
        }
    }
    pass
}

/// Comments of a format with quotes and brackets, in which a value may go on over lines.
fn quoted(text: &str, quotes: &[&str], comments: &[(&str, &str)]) -> Pass {
    let mut pass = Pass::default();
    let (mut at, mut depth) = (0, 0);
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(quote) = quotes.iter().find(|quote| rest.starts_with(**quote)) {
            at = quote_end(text, at + quote.len(), quote, quotes.len() == 2 || quote.starts_with('"'));
            continue;
        }
        if let Some((open, close)) = comments.iter().find(|(open, _)| rest.starts_with(open)) {
            let inside = at + open.len();
            let stop = text[inside..].find(close).map_or(text.len(), |found| inside + found);
            // The end of a line is none of the comment.
            let end = if *close == "\n" { stop } else { (stop + close.len()).min(text.len()) };
            pass.comments.push(Comment { range: at..end, inner: inside..stop });
            at = end;
            continue;
        }
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            '\n' => pass.ends.push((at, depth)),
            _ => {}
        }
        at += letter.len_utf8();
    }
    pass
}

/// Comments of YAML: within words `#` and quotes are letters.
fn yaml(text: &str) -> Pass {
    let mut pass = Pass::default();
    let (mut at, mut depth, mut before) = (0, 0, '\n');
    while let Some(letter) = text[at..].chars().next() {
        match letter {
            '#' if before.is_whitespace() => {
                let end = line_end(text, at);
                pass.comments.push(Comment { range: at..end, inner: at + 1..end });
                (at, before) = (end, ' ');
                continue;
            }
            // '' within single quotes is one of them: it ends a text, and the next begins.
            '"' | '\'' if before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':' | '\'') => {
                at = quote_end(text, at + 1, if letter == '"' { "\"" } else { "'" }, letter == '"');
                before = letter;
                continue;
            }
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            '\n' => pass.ends.push((at, depth)),
            _ => {}
        }
        at += letter.len_utf8();
        before = letter;
    }
    pass
}

/// Where a quoted text ends, its closing quote included.
fn quote_end(text: &str, from: usize, quote: &str, escapes: bool) -> usize {
    let mut at = from;
    while let Some(letter) = text[at..].chars().next() {
        if text[at..].starts_with(quote) {
            return at + quote.len();
        }
        at += letter.len_utf8();
        if escapes && letter == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    at
}

/// Comments of a format of lines, which go on in the next line after `goes_on`. `comment` says how long the start of a
/// comment is, if the line is one.
fn lines(text: &str, goes_on: &str, comment: &dyn Fn(&str) -> Option<usize>) -> Pass {
    let mut pass = Pass::default();
    let (mut at, mut continued) = (0, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        let trimmed = bare.trim_start();
        let start = at + bare.len() - trimmed.len();
        let end = at + bare.len();
        let open = (!continued).then(|| comment(trimmed)).flatten();
        if let Some(open) = open {
            pass.comments.push(Comment { range: start..end, inner: start + open..end });
        }
        let marks = bare.len() - bare.trim_end_matches(goes_on).len();
        continued = open.is_none() && marks % 2 == 1;
        pass.ends.push((at + line.len() - 1, i32::from(continued)));
        at += line.len();
    }
    pass
}

/// `rem` and `::`, which Windows knows as comments.
fn batch(line: &str) -> Option<usize> {
    let bare = line.trim_start_matches('@').trim_start();
    let before = line.len() - bare.len();
    let rem = bare.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("rem")) && bare[3..].starts_with([' ', '\t']);
    if rem { Some(before + 3) } else { bare.starts_with("::").then_some(before + 2) }
}

/// Of each comment, whether nothing but comments stands before it in its line.
fn own_line(text: &str, comments: &[Comment]) -> Vec<bool> {
    let mut own = Vec::with_capacity(comments.len());
    let (mut last_end, mut last_own) = (0, true);
    for comment in comments {
        let between = &text[last_end..comment.range.start];
        let is_own = match between.rfind('\n') {
            Some(newline) => between[newline..].trim().is_empty(),
            None => last_own && between.trim().is_empty(),
        };
        own.push(is_own);
        (last_end, last_own) = (comment.range.end, is_own);
    }
    own
}

fn skip_blanks(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    from + rest.len() - rest.trim_start().len()
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |newline| from + newline)
}

/// The end of the element at `next`, or of the text there; `comment_end` where the comment is the last of its element.
fn element_end(text: &str, tree: &Tree, next: usize, comment_end: usize) -> usize {
    let rest = &text[next..];
    if rest.is_empty() || rest.starts_with("</") {
        return comment_end;
    }
    match tree.elements.binary_search_by_key(&next, |element| element.span.start as usize) {
        Ok(index) => tree.elements[index].span.end as usize,
        Err(_) => next + rest[1..].find('<').map_or(rest.len(), |found| found + 1),
    }
}

/// The end of the line at `next`, of the last one where its value goes on.
fn statement_end(text: &str, ends: &[(usize, i32)], next: usize) -> usize {
    let after = ends.partition_point(|(at, _)| *at < next);
    let depth = after.checked_sub(1).map_or(0, |before| ends[before].1);
    let limit = ends.len().min(after + LINES);
    let end = ends[after..limit].iter().find(|(_, deep)| *deep <= depth).or(ends[after..limit].last());
    end.map_or(text.len(), |(at, _)| *at)
}
