//! A reader of XML for files that are none: finds the first thing that is wrong, and tells what it was meant to be.
//!
//! The parser knows only that the grammar broke; this one remembers which element was opened where. It runs on broken
//! files only, without recursion, once over the text.

use std::cell::RefCell;
use std::ops::Range;

use super::malformed::{Malformed, line_of};
use super::xml::is_blank;
use crate::source::Content;

/// The first trouble in the text, if it is of a kind that is known here.
pub(super) fn scan(content: &Content) -> Option<Malformed> {
    let mut scanner = Scanner { content, text: content.text(), at: 0, open: Vec::new(), root: false, bare: RefCell::default() };
    let other = scanner.run().err();
    let bare = scanner.bare.take();
    match (bare.first(), other) {
        (None, other) => other,
        // Mended all at once, where nothing else is wrong: one alone would leave the next.
        (Some(first), None) => Some(scanner.bare_ampersand(*first).mended_at(content, &bare, "&amp;")),
        (Some(first), Some(_)) => Some(scanner.bare_ampersand(*first)),
    }
}

struct Scanner<'a> {
    content: &'a Content,
    text: &'a str,
    at: usize,
    /// Names of the elements that are open.
    open: Vec<Range<usize>>,
    root: bool,
    /// Where an `&` starts no reference.
    bare: RefCell<Vec<usize>>,
}

type Checked = Result<(), Malformed>;

impl<'a> Scanner<'a> {
    fn run(&mut self) -> Checked {
        while self.at < self.text.len() {
            let tag = self.text[self.at..].find('<').map_or(self.text.len(), |next| self.at + next);
            self.check_text(self.at..tag)?;
            self.at = tag;
            if tag < self.text.len() {
                self.markup()?;
            }
        }
        self.check_end()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn trouble(&self, range: Range<usize>, message: impl Into<String>) -> Malformed {
        Malformed::at(self.content, range, message)
    }

    fn line(&self, at: usize) -> usize {
        line_of(self.content, at)
    }

    fn name(&self, range: &Range<usize>) -> &'a str {
        &self.text[range.clone()]
    }

    /// An element for a message. One that starts in the middle of a text may be a piece of a secret and goes unnamed.
    fn called(&self, name: &Range<usize>) -> String {
        let before = self.text[..name.start - 1].chars().next_back();
        let apart = before.is_none_or(|letter| letter.is_whitespace() || letter == '>');
        if apart { format!("`{}`", self.name(name)) } else { "an element in the middle of a text".to_owned() }
    }

    /// An element whose tag does not end: its name is known where it closes, for else a secret may be a part of it.
    fn called_open(&self, name: &Range<usize>) -> String {
        let rest = &self.text[name.end..];
        if rest[..rest.find('<').unwrap_or(rest.len())].contains("/>") {
            return self.called(name);
        }
        let close = format!("</{}", self.name(name));
        let ends = |at: usize| self.text[at + close.len()..].starts_with(|c: char| c == '>' || c.is_whitespace());
        let closes = rest.match_indices(&close).any(|(at, _)| ends(name.end + at));
        if closes { self.called(name) } else { "an element".to_owned() }
    }

    fn check_text(&self, range: Range<usize>) -> Checked {
        let piece = &self.text[range.clone()];
        if self.open.is_empty() && !piece.trim().is_empty() {
            let start = range.start + piece.len() - piece.trim_start().len();
            let place = if self.root { "behind" } else { "in front of" };
            let end = start + self.text[start..].chars().next().map_or(0, char::len_utf8);
            return Err(self.trouble(start..end, format!("text {place} the root element; expected nothing there")));
        }
        if let Some(at) = piece.find("]]>").map(|at| range.start + at) {
            let found = self.trouble(at..at + 3, "`]]>` in a text; expected `]]&gt;`");
            return Err(found.because("the start of a CDATA section is missing, or it is closed twice"));
        }
        self.check_references(range)
    }

    /// Every `&` has to start a reference that XML knows without a DOCTYPE.
    fn check_references(&self, range: Range<usize>) -> Checked {
        let piece = &self.text[range.clone()];
        for (offset, _) in piece.match_indices('&') {
            let at = range.start + offset;
            let name = piece[offset + 1..].split([';', '&', ' ', '<', '\n']).next().unwrap_or_default();
            let closed = piece[offset + 1 + name.len()..].starts_with(';');
            let wordlike = name.starts_with(|first: char| first.is_alphabetic() || first == '#')
                && name.chars().skip(1).all(char::is_alphanumeric);
            if !(closed && wordlike) {
                self.bare.borrow_mut().push(at);
                continue;
            }
            if !name.starts_with('#') && !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
                let message =
                    "a reference that XML does not know; expected `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;` or a number";
                return Err(self.trouble(at..at + name.len() + 2, message).because("a bare `&`, or an entity of HTML"));
            }
        }
        Ok(())
    }

    fn bare_ampersand(&self, at: usize) -> Malformed {
        let found = self.trouble(at..at + 1, "a bare `&`; expected `&amp;`");
        found.because("`&` starts a reference in XML and has to be escaped")
    }

    fn markup(&mut self) -> Checked {
        let rest = self.rest();
        if rest.starts_with("<!--") {
            return self.comment();
        }
        if rest.starts_with("<![CDATA[") {
            return self.skip_to("]]>", "a CDATA section");
        }
        if rest.starts_with("<?") {
            if rest.starts_with("<?xml") && rest[5..].starts_with(char::is_whitespace) && self.at > 0 {
                return Err(self.late_declaration());
            }
            return self.skip_to("?>", "a processing instruction");
        }
        if rest.starts_with("</") {
            return self.close();
        }
        if rest[1..].starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':')) {
            return self.open();
        }
        let found = self.trouble(self.at..self.at + 1, "a `<` that starts no element; expected `&lt;`");
        Err(found.because("`<` starts a tag in XML and has to be escaped"))
    }

    fn late_declaration(&self) -> Malformed {
        let before = &self.text[..self.at];
        let found =
            self.trouble(self.at..self.at + 5, "an XML declaration that is not at the start of the file; expected it first");
        if is_blank(before) {
            let edit = super::Edit { span: self.content.to_disk(0..self.at), text: String::new() };
            let title = "remove what stands in front of the XML declaration".to_owned();
            return Malformed { fix: Some((title, vec![edit])), ..found.because("blanks or empty lines stand in front of it") };
        }
        found.because("two files were joined, or something was put in front of the first line")
    }

    fn skip_to(&mut self, end: &str, what: &str) -> Checked {
        let Some(found) = self.rest().find(end) else {
            let message = format!("{what} that is not closed; expected `{end}`");
            return Err(self
                .trouble(self.at..self.at + 2, message)
                .because(format!("the file is cut off, or `{end}` is missing")));
        };
        self.at += found + end.len();
        Ok(())
    }

    fn comment(&mut self) -> Checked {
        let start = self.at;
        let inner = &self.text[start + 4..];
        let dashes = inner.find("--").map(|at| start + 4 + at);
        if let Some(at) = dashes.filter(|at| !self.text[*at..].starts_with("-->")) {
            let found = self
                .trouble(at..at + 2, format!("`--` in the comment of line {}; expected `-->` or other dashes", self.line(start)));
            let nested = self.text[..at].ends_with("<!");
            let ours = inner.trim_start().starts_with("carbonlint:");
            let cause = match (nested, ours) {
                (true, _) => "comments cannot lie in each other",
                (_, true) => {
                    "XML allows no `--` within a comment: write the reason behind a colon, `carbonlint: ignore RULE: why`"
                }
                _ => "XML allows no `--` within a comment",
            };
            return Err(found.because(cause));
        }
        self.skip_to("-->", "a comment")
    }

    /// The name of the tag at an offset.
    fn name_at(&self, start: usize) -> Range<usize> {
        let ends = |letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '/' | '=' | '"' | '\'' | '&' | ';');
        let length = self.text[start..].find(ends).unwrap_or(self.text.len() - start);
        start..start + length
    }

    fn close(&mut self) -> Checked {
        let start = self.at;
        let name = self.name_at(start + 2);
        let rest = &self.text[name.end..];
        let blanks = rest.len() - rest.trim_start().len();
        if !rest[blanks..].starts_with('>') {
            let found = self.trouble(start..name.end, "a closing tag that does not end; expected `>`");
            return Err(found.because("the `>` is missing, or the file is cut off"));
        }
        self.at = name.end + blanks + 1;
        if self.open.last().is_some_and(|open| self.name(open) == self.name(&name)) {
            self.open.pop();
            return Ok(());
        }
        Err(self.mismatch(start..self.at, &name))
    }

    fn mismatch(&self, tag: Range<usize>, name: &Range<usize>) -> Malformed {
        let closing = format!("</{}>", self.name(name));
        let Some(top) = self.open.last() else {
            return self.trouble(tag, format!("`{closing}` closes nothing; expected no more than one root element"));
        };
        let opened = format!("{}, opened in line {},", self.called(top), self.line(top.start));
        if let Some(outer) = self.open.iter().rev().find(|open| self.name(open) == self.name(name)) {
            let message =
                format!("`{closing}` closes the element of line {}, but {opened} is still open within", self.line(outer.start));
            let twice = self.open.iter().rev().nth(1).is_some_and(|below| self.name(below) == self.name(top));
            let cause = if twice { "the `/` of its closing tag is missing" } else { "its closing tag is missing" };
            return self.trouble(tag, message).because(cause);
        }
        if let Some(lost) = self.lost_bracket(top.end, tag.start, self.name(name)) {
            let message = format!(
                "`{closing}` closes nothing: `{}>` in line {} is no tag; expected `<` in front of it",
                self.name(name),
                self.line(lost)
            );
            let start = lost..lost + name.len();
            return self.trouble(start, message).because("a `<` was lost");
        }
        let known = self.text.contains(&format!("<{}", self.name(name)));
        let closing = if known { format!("`{closing}`") } else { "a closing tag".to_owned() };
        self.trouble(tag, format!("{closing} where {opened} is still open; expected the closing tag of that"))
            .because("the two tags are spelled differently, or one of them is missing")
    }

    /// Where `name>` stands without its bracket.
    fn lost_bracket(&self, from: usize, to: usize, name: &str) -> Option<usize> {
        let piece = &self.text[from..to];
        let found = piece.rfind(&format!("{name}>"))?;
        let apart = piece[..found].chars().next_back().is_none_or(|before| before.is_whitespace() || before == '>');
        apart.then_some(from + found)
    }

    fn open(&mut self) -> Checked {
        let name = self.name_at(self.at + 1);
        if self.open.is_empty() && self.root {
            let found = self.trouble(name.clone(), "a second root element; expected one that holds everything");
            return Err(found.because("two files were joined, or the root element is closed too early"));
        }
        self.root = true;
        self.at = name.end;
        let mut names: Vec<&str> = Vec::new();
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            self.at += blanks;
            let rest = self.rest();
            if rest.starts_with("/>") {
                self.at += 2;
                return Ok(());
            }
            if rest.starts_with('>') {
                self.at += 1;
                self.open.push(name);
                return Ok(());
            }
            if rest.is_empty() || rest.starts_with('<') {
                let message = format!("the tag of {} does not end; expected `>`", self.called_open(&name));
                let cause = if rest.is_empty() { "the file is cut off" } else { "the `>` is missing" };
                return Err(self.trouble(name.start - 1..name.end, message).because(cause));
            }
            if blanks == 0 {
                let message = format!("no blank in front of an attribute of {}; expected one", self.called_open(&name));
                return Err(self.trouble(self.at..self.at, message).because(quote_cause(&names)));
            }
            self.attribute(&name, &mut names)?;
        }
    }

    fn attribute(&mut self, element: &Range<usize>, names: &mut Vec<&'a str>) -> Checked {
        let attribute = self.name_at(self.at);
        let of = || self.called_open(element);
        let here = self.at..self.at + self.rest().chars().next().map_or(0, char::len_utf8);
        let rest = self.text[attribute.end..].trim_start();
        if attribute.is_empty() || !rest.starts_with('=') {
            let message =
                format!("something that is no attribute in the tag of {}; expected a name, `=` and a quoted value", of());
            return Err(self.trouble(here, message).because(quote_cause(names)));
        }
        let value = rest[1..].trim_start();
        let start = self.text.len() - value.len();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let Some(quote) = quote else {
            return Err(self.trouble(attribute, format!("an attribute of {} without quotes; expected its value in quotes", of())));
        };
        let stop = value[1..].find([quote, '<']).map_or(self.text.len(), |end| start + 1 + end);
        if !self.text[stop..].starts_with(quote) {
            let name = self.name(&attribute);
            let found =
                self.trouble(attribute, format!("the value of attribute `{name}` of {} is not closed; expected {quote}", of()));
            return Err(found.because("an unbalanced quote"));
        }
        let name = self.name(&attribute);
        if names.contains(&name) {
            return Err(self.trouble(attribute, format!("attribute `{name}` of {} is there twice; expected it once", of())));
        }
        self.check_references(start + 1..stop)?;
        names.push(name);
        self.at = stop + 1;
        Ok(())
    }

    fn check_end(&self) -> Checked {
        let end = self.text.len();
        if let Some(name) = self.open.last() {
            let message = format!(
                "the file ends, but {} of line {} is still open; expected its closing tag",
                self.called(name),
                self.line(name.start)
            );
            let cause =
                if self.open.len() > 1 { "the file is cut off" } else { "the file is cut off, or the closing tag is missing" };
            return Err(self.trouble(end..end, message).because(cause));
        }
        if self.root { Ok(()) } else { Err(self.trouble(0..0, "no element in the file; expected a root element")) }
    }
}

fn quote_cause(names: &[&str]) -> String {
    match names.last() {
        Some(name) => format!("an unbalanced quote in or behind the value of `{name}`"),
        None => "a blank in the name, or a lost quote".to_owned(),
    }
}
