//! Splits a Bourne shell's script into words and operators. It reads forward only: what is opened and never closed ends where
//! the script does, as in a shell.

use std::ops::Range;

use super::parts::{self, Part, Use, is_name, is_of_name};

/// A word or an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(Vec<Part<'t>>),
    /// The end of a line.
    Line,
    /// `;`, `&`, `|`, `(`, `)`, `;;`, `&&`, `||`.
    Operator(&'t str),
}

/// `${A:-${B:-…}}`: nobody goes deeper. What does is not known.
const DEEPEST: usize = 8;

/// Where a stretch of text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Bare,
    Quotes,
    Braces { quoted: bool },
}

/// A here-document whose text starts behind the line.
struct Here {
    end: String,
    /// `<<-`: tabs before the end do not count.
    dash: bool,
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    here: Vec<Here>,
    /// Whether a shell has yet to take this text out of quotes: `\"` is a quote, `\$` a dollar.
    escaped: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, range: Range<usize>, escaped: bool) -> Self {
        Self { text: &text[..range.end], at: range.start, here: Vec::new(), escaped }
    }

    /// The byte behind what was read last.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn starts(&self, with: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(with.as_bytes())
    }

    /// Goes behind the next byte that a test holds for, or to the end.
    fn past(&mut self, is: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| is(*byte)).map_or(rest.len(), |found| found + 1);
    }

    /// The length of a backslash with the end of a line behind it.
    fn continued(&self) -> Option<usize> {
        ["\\\n", "\\\r\n"].into_iter().find(|mark| self.starts(mark)).map(str::len)
    }

    /// Behind a backslash, the length of the character that it escapes.
    fn escaped(&self) -> usize {
        self.text[self.at..].chars().next().map_or(0, char::len_utf8)
    }

    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let byte = self.peek()?;
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.here_documents();
                    return Some(Token::Line);
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.continued().is_some() => self.at += self.continued().unwrap_or(1),
                b'#' => self.at += self.text.as_bytes()[self.at..].iter().take_while(|byte| **byte != b'\n').count(),
                b'<' | b'>' => self.redirect(),
                b'(' if self.starts("((") => {
                    let start = self.at;
                    self.at += 1;
                    self.skip(b')', true);
                    return Some(Token::Word(vec![Part::Unknown(start..self.at)]));
                }
                b';' | b'&' | b'|' | b'(' | b')' => {
                    // `&>`: both outputs to a file.
                    if self.starts("&>") {
                        self.at += 1;
                        continue;
                    }
                    let double = matches!(byte, b';' | b'&' | b'|') && self.byte(1) == Some(byte);
                    let operator = &self.text[self.at..self.at + 1 + usize::from(double)];
                    self.at += operator.len();
                    return Some(Token::Operator(operator));
                }
                _ => return Some(Token::Word(self.parts(Within::Bare, 0))),
            }
        }
    }

    /// Skips `> file`, and takes down where a here-document ends.
    fn redirect(&mut self) {
        if self.starts("<<") && !self.starts("<<<") {
            return self.here_document();
        }
        // `<(…)`: the output of a command as a file.
        if self.byte(1) == Some(b'(') {
            self.at += 2;
            return self.skip(b')', false);
        }
        while matches!(self.peek(), Some(b'<' | b'>' | b'&' | b'|')) {
            self.at += 1;
        }
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.parts(Within::Bare, 0);
    }

    fn here_document(&mut self) {
        self.at += 2;
        let dash = self.peek() == Some(b'-');
        self.at += usize::from(dash);
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let start = self.at;
        self.parts(Within::Bare, 0);
        let end: String = self.text[start..self.at].chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
        if !end.is_empty() {
            self.here.push(Here { end, dash });
        }
    }

    /// Skips the texts of here-documents.
    fn here_documents(&mut self) {
        for here in std::mem::take(&mut self.here) {
            loop {
                let start = self.at;
                self.past(|byte| byte == b'\n');
                let line = self.text[start..self.at].trim_end_matches(['\n', '\r']);
                if self.at == start || (if here.dash { line.trim_start_matches('\t') } else { line }) == here.end {
                    break;
                }
            }
        }
    }

    /// Reads to the end of a word, of a quotation or of `${…}`.
    fn parts(&mut self, within: Within, depth: usize) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut start = self.at;
        let quoted = matches!(within, Within::Quotes | Within::Braces { quoted: true });
        let flush = |parts: &mut Vec<Part<'t>>, range: Range<usize>| {
            if !range.is_empty() {
                parts.push(Part::Text { range, quoted });
            }
        };
        while let Some(byte) = self.peek() {
            if self.escaped && byte == b'\\' && matches!(self.byte(1), Some(b'"' | b'$' | b'`')) {
                flush(&mut parts, start..self.at);
                self.at += 1;
                start = self.at;
                continue;
            }
            let ends = match within {
                Within::Bare => b" \t\r\n;&|()<>".contains(&byte),
                Within::Quotes => byte == b'"',
                Within::Braces { .. } => byte == b'}',
            };
            if ends {
                break;
            }
            let here = self.at;
            match byte {
                b'\\' => {
                    flush(&mut parts, start..here);
                    if let Some(length) = self.continued() {
                        self.at += length;
                        start = self.at;
                    } else {
                        let literal = within == Within::Quotes && !matches!(self.byte(1), Some(b'$' | b'`' | b'"' | b'\\'));
                        self.at += 1;
                        start = if literal { here } else { self.at };
                        self.at += if literal { 0 } else { self.escaped() };
                    }
                }
                b'\'' if !quoted => {
                    flush(&mut parts, start..here);
                    self.at += 1;
                    self.past(|byte| byte == b'\'');
                    let closed = self.at > here + 1 && self.text.as_bytes()[self.at - 1] == b'\'';
                    let range = here + 1..self.at - usize::from(closed);
                    parts.extend(Some(Part::Text { range, quoted: true }).filter(|_| self.at > here + 1 + usize::from(closed)));
                    start = self.at;
                }
                b'"' => {
                    flush(&mut parts, start..here);
                    self.at += 1;
                    parts.extend(self.parts(Within::Quotes, depth));
                    self.at += usize::from(self.peek().is_some());
                    start = self.at;
                }
                b'`' => {
                    flush(&mut parts, start..here);
                    self.at += 1;
                    self.backquotes();
                    parts.push(Part::Unknown(here..self.at));
                    start = self.at;
                }
                b'$' => {
                    flush(&mut parts, start..here);
                    start = self.dollar(&mut parts, quoted, depth);
                }
                _ => self.at += 1,
            }
        }
        flush(&mut parts, start..self.at);
        parts
    }

    /// Reads what a dollar starts, and returns where text goes on: at the dollar, where it is none of them.
    fn dollar(&mut self, parts: &mut Vec<Part<'t>>, quoted: bool, depth: usize) -> usize {
        let here = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                let part = self.braces(quoted, depth);
                parts.push(part);
            }
            Some(b'(') => {
                self.at += 1;
                self.skip(b')', self.peek() == Some(b'('));
                parts.push(Part::Unknown(here..self.at));
            }
            Some(b'*' | b'@') => {
                self.at += 1;
                parts.push(Part::Given(here..self.at));
            }
            Some(b'?' | b'#' | b'!' | b'$' | b'-' | b'0'..=b'9') => {
                self.at += 1;
                parts.push(Part::Unknown(here..self.at));
            }
            // `$'…'` and `$"…"` are quotes.
            Some(b'\'' | b'"') if !quoted => {}
            Some(byte) if is_of_name(byte) => {
                let name = self.name();
                parts.push(Part::Variable(name, Use::Plain, here..self.at));
            }
            _ => return here,
        }
        self.at
    }

    fn name(&mut self) -> &'t str {
        let start = self.at;
        self.at += self.text.as_bytes()[start..].iter().take_while(|byte| is_of_name(**byte)).count();
        &self.text[start..self.at]
    }

    /// Reads `${…}` from behind the brace to behind the other.
    fn braces(&mut self, quoted: bool, depth: usize) -> Part<'t> {
        let start = self.at - "${".len();
        if depth >= DEEPEST {
            self.skip(b'}', false);
            return Part::Unknown(start..self.at);
        }
        let given = matches!(self.peek(), Some(b'*' | b'@'));
        let name = self.name();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            self.skip(b'}', false);
            return if given { Part::Given(start..self.at) } else { Part::Unknown(start..self.at) };
        }
        // `${X[@]}`: all of a list.
        let list = ["[@]", "[*]"].into_iter().find(|list| self.starts(list)).map_or(0, str::len);
        self.at += list;
        let colon = usize::from(self.peek() == Some(b':'));
        let operator = self.byte(colon).filter(|byte| b"-=+?".contains(byte));
        self.at += operator.map_or(0, |_| colon + 1);
        let plain = self.peek() == Some(b'}');
        let rest = self.parts(Within::Braces { quoted }, depth + 1);
        self.at += usize::from(self.peek().is_some());
        let used = match operator {
            Some(b'-') => Use::Default(rest),
            Some(b'=') => Use::Set(rest),
            Some(b'+') => Use::Alternate(rest),
            Some(_) => Use::Plain,
            None if plain => Use::Plain,
            None => Use::Changed,
        };
        Part::Variable(name, used, start..self.at)
    }

    /// Skips to behind the end of `` `…` ``.
    fn backquotes(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'`' => return,
                b'\\' => self.at += self.escaped(),
                _ => {}
            }
        }
    }

    /// Skips to behind the parenthesis or brace that closes one that is open, with all that is quoted, nested or a
    /// here-document in between. In arithmetic, `<<` is none.
    fn skip(&mut self, close: u8, arithmetic: bool) {
        let mut open = vec![close];
        let mut before = b' ';
        while let (Some(byte), Some(close)) = (self.peek(), open.last().copied()) {
            if byte == b'\n' && !self.here.is_empty() {
                self.at += 1;
                self.here_documents();
                before = byte;
                continue;
            }
            let blank = before.is_ascii_whitespace();
            self.at += 1;
            match byte {
                _ if byte == close => _ = open.pop(),
                b'\\' => self.at += self.escaped(),
                b'"' => open.push(b'"'),
                b'\'' if close != b'"' => self.past(|byte| byte == b'\''),
                b'{' if before == b'$' => open.push(b'}'),
                b'(' if close == b')' || before == b'$' => open.push(b')'),
                // The end of the line is looked at once more: a here-document may follow it.
                b'#' if close == b')' && blank && !arithmetic => {
                    self.at += self.text.as_bytes()[self.at..].iter().take_while(|byte| **byte != b'\n').count();
                }
                b'<' if close == b')' && !arithmetic && self.starts("<") && !self.starts("<<") => {
                    self.at -= 1;
                    self.here_document();
                }
                // The third of `<<<`.
                b'<' if self.starts("<<") => self.at += 2,
                _ => {}
            }
            before = byte;
        }
    }
}

/// What a command says that is put in place by its output, from behind `$(` or `` ` ``: the variables that it names, and the words
/// that it prints. What other commands say is not known.
pub(super) fn printed(text: &str, range: Range<usize>) -> (Vec<&str>, Vec<Vec<Part<'_>>>) {
    let mut names: Vec<&str> = Vec::new();
    for piece in text[range.clone()].split('$').skip(1) {
        let name = piece.strip_prefix('{').unwrap_or(piece);
        let length = name.bytes().take_while(|byte| is_of_name(*byte)).count();
        names.extend(Some(&name[..length]).filter(|name| is_name(name)));
    }
    names.sort_unstable();
    names.dedup();
    let mut words = Vec::new();
    let (mut first, mut prints) = (true, false);
    let mut lexer = Lexer::new(text, range, false);
    while let Some(token) = lexer.next() {
        let Token::Word(mut word) = token else {
            (first, prints) = (true, false);
            continue;
        };
        if first {
            prints = matches!(parts::head(text, &word), "echo" | "printf" | "print");
        } else if prints {
            // Commands within commands are not asked.
            word.retain(|part| matches!(part, Part::Text { .. }));
            words.push(word);
        }
        first = false;
    }
    (names, words)
}
