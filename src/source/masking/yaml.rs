//! Secrets of YAML: values of keys that name one, in blocks and in flow, and what a start command holds.

use std::ops::Range;

use super::lines::{below, line_end};
use super::names::{is_secret_name, lacks_a_letter};
use super::script;

/// A walk over a text, from token to token.
struct Walk<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// How many flow maps and lists are open.
    depth: usize,
    /// `name: password` was seen: the `value` beside it is secret, before or behind.
    named: bool,
    beside: Option<(usize, usize)>,
    /// The end of the last value that was hidden so: each byte is looked at once.
    hidden: usize,
    found: Vec<Range<usize>>,
}

pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut walk = Walk { text, bytes: text.as_bytes(), depth: 0, named: false, beside: None, hidden: 0, found: Vec::new() };
    let (mut at, mut fresh) = (0, true);
    while let Some(byte) = walk.bytes.get(at) {
        match byte {
            b'#' if at == 0 || walk.bytes[at - 1].is_ascii_whitespace() => at = line_end(text, at).max(at + 1),
            b'\n' => {
                fresh = true;
                at += 1;
            }
            b'-' if fresh && walk.depth == 0 && walk.is_blank(at + 1) => {
                walk.next_entry();
                at += 1;
            }
            b'{' | b'[' if fresh || walk.depth > 0 => {
                walk.depth += 1;
                walk.next_entry();
                fresh = true;
                at += 1;
            }
            b'}' | b']' if walk.depth > 0 => {
                walk.depth -= 1;
                walk.next_entry();
                fresh = false;
                at += 1;
            }
            b',' if walk.depth > 0 => {
                fresh = true;
                at += 1;
            }
            byte if byte.is_ascii_whitespace() || *byte == b'?' && walk.is_blank(at + 1) => at += 1,
            _ if fresh => {
                (at, fresh) = walk.scalar(at);
            }
            _ => at = walk.end_of_plain(at).max(at + 1),
        }
    }
    walk.found
}

impl Walk<'_> {
    fn is_blank(&self, at: usize) -> bool {
        self.bytes.get(at).is_none_or(u8::is_ascii_whitespace)
    }

    fn next_entry(&mut self) {
        self.named = false;
        self.beside = None;
    }

    /// Hides the value in front of a name of a secret.
    fn hide_beside(&mut self) {
        let Some((key, value)) = self.beside.take().filter(|(_, value)| *value >= self.hidden) else { return };
        self.hidden = self.end_of_value(key, value);
        self.found.push(value..self.hidden);
    }

    /// One past the token that starts here: of a key, with its value where that is hidden. Whether another may start behind it.
    fn scalar(&mut self, start: usize) -> (usize, bool) {
        let quoted = matches!(self.bytes[start], b'"' | b'\'');
        let end = if quoted { self.after_quoted(start) } else { self.end_of_plain(start).max(start + 1) };
        let colon = (end..self.bytes.len()).find(|at| !matches!(self.bytes[*at], b' ' | b'\t')).unwrap_or(end);
        if self.bytes.get(colon) != Some(&b':') {
            return (end.max(start + 1), false);
        }
        let key = self.text[start..end].trim().trim_matches(['"', '\'']);
        let value = colon + 1;
        if is_secret_name(key) || self.named && key == "value" {
            let end = self.end_of_value(start, value);
            self.found.push(value..end);
            return (end, self.depth > 0);
        }
        if key == "start" || lacks_a_letter(key, "start") {
            let end = self.end_of_value(start, value);
            self.found.extend(
                script::secrets(&self.text[value..end]).into_iter().map(|secret| value + secret.start..value + secret.end),
            );
            return (end, self.depth > 0);
        }
        if key == "value" {
            self.beside = Some((start, value));
        } else if matches!(key, "name" | "key") {
            let line = &self.text[value..line_end(self.text, value)];
            let named = if self.depth > 0 { line.split([',', '}', ']']).next().unwrap_or_default() } else { line };
            if is_secret_name(named.trim().trim_matches(['"', '\''])) {
                self.named = true;
                self.hide_beside();
            }
        }
        let rest = self.text[value..line_end(self.text, value)].split(" #").next().unwrap_or_default().trim();
        if self.depth == 0 && rest.starts_with(['|', '>']) && rest[1..].bytes().all(|byte| b"+-0123456789".contains(&byte)) {
            return (self.end_of_block(start, value), true);
        }
        (value, true)
    }

    /// Where a text without quotes ends: at its `:`, its line's end or comment, and in flow at a comma or bracket.
    fn end_of_plain(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'\n' => break,
                b':' if self.is_blank(at + 1) => break,
                b':' if self.depth > 0 && self.bytes.get(at + 1).is_some_and(|next| b",[]{}".contains(next)) => break,
                b'#' if at > 0 && matches!(self.bytes[at - 1], b' ' | b'\t') => break,
                b',' | b'[' | b']' | b'{' | b'}' if self.depth > 0 => break,
                _ => at += 1,
            }
        }
        at
    }

    /// One past the text that starts at a quote.
    fn after_quoted(&self, start: usize) -> usize {
        let quote = self.bytes[start];
        let mut at = start + 1;
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'\\' if quote == b'"' => at += 2,
                byte if *byte == quote && quote == b'\'' && self.bytes.get(at + 1) == Some(&quote) => at += 2,
                byte if *byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    /// One past the value of a key.
    fn end_of_value(&self, key: usize, value: usize) -> usize {
        let first = (value..self.bytes.len()).find(|at| !self.bytes[*at].is_ascii_whitespace()).unwrap_or(value);
        let end = match self.bytes.get(first) {
            Some(b'{' | b'[') => self.after_brackets(first),
            Some(b'"' | b'\'') => self.after_quoted(first),
            _ => value,
        };
        if self.depth == 0 {
            // A text in quotes that starts below belongs to another key.
            let end = if self.text[value..first].contains('\n') { value } else { end };
            return end.max(self.end_of_block(key, value));
        }
        let mut end = end;
        while self.bytes.get(end).is_some_and(|byte| !b",}]".contains(byte)) {
            end += 1;
        }
        end
    }

    fn after_brackets(&self, start: usize) -> usize {
        let (mut at, mut depth) = (start, 0usize);
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'"' | b'\'' => {
                    at = self.after_quoted(at);
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
        at.min(self.bytes.len())
    }

    /// The end of the line of a key, and of the lines below that belong to it: indented deeper, or entries of a list.
    fn end_of_block(&self, key: usize, value: usize) -> usize {
        let start = self.text[..key].rfind('\n').map_or(0, |newline| newline + 1);
        let (line, indent) = (line_end(self.text, value), key - start);
        let mut end = below(self.text, line, indent);
        while let Some(rest) = self.text.get(end + 1..) {
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            if blanks != indent || !rest[blanks..].starts_with("- ") || self.text[start..key].contains('-') && blanks < indent {
                break;
            }
            end = below(self.text, line_end(self.text, end + 1), indent);
        }
        end
    }
}
