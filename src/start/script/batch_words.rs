//! Splits a batch file into statements, each with the conditions under which it runs.

use std::ops::Range;

use super::parts::{Field, Part, Split, Use, fields, is_of_name};
use super::values::JAVA_OPTS;

/// A statement.
#[derive(Debug)]
pub(super) struct Statement<'t> {
    pub(super) kind: Kind<'t>,
    /// Whether it stands behind `if`, `else` or `for`.
    pub(super) perhaps: bool,
    /// The variable that is empty where it runs, if that is all.
    pub(super) empty: Option<&'t str>,
}

/// What a statement does.
#[derive(Debug)]
pub(super) enum Kind<'t> {
    Label(&'t str),
    /// To a label, or to the end.
    Goto(Option<&'t str>),
    /// With the bytes of the value.
    Set(&'t str, Vec<Part<'t>>, Range<usize>),
    Command(Vec<Field<'t>>),
}

/// Commands whose arguments are texts.
const SAY: [&str; 16] = [
    "echo", "title", "type", "find", "findstr", "more", "cd", "chdir", "del", "rmdir", "mkdir", "color", "pause", "setlocal",
    "endlocal", "path",
];

/// Reads the statements of a batch file.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut reader = Reader { text, at: 0, blocks: Vec::new(), perhaps: false, empty: None, statements: Vec::new() };
    while reader.statement().is_some() {}
    reader.statements
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Blocks that are open, and whether what is in each runs under a condition.
    blocks: Vec<bool>,
    /// Whether a condition stands before, in this line.
    perhaps: bool,
    /// The variable that is empty, if that is the only one.
    empty: Option<&'t str>,
    statements: Vec<Statement<'t>>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// The longest text here whose bytes a test holds for; goes behind it.
    fn taken(&mut self, is: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        self.at += self.text.as_bytes()[start..].iter().take_while(|byte| is(**byte)).count();
        &self.text[start..self.at]
    }

    fn blanks(&mut self) {
        loop {
            self.taken(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'@'));
            match self.continued() {
                Some(length) => self.at += length,
                None => return,
            }
        }
    }

    /// The length of a caret with the end of a line behind it.
    fn continued(&self) -> Option<usize> {
        ["^\n", "^\r\n"].into_iter().find(|mark| self.text.as_bytes()[self.at..].starts_with(mark.as_bytes())).map(str::len)
    }

    fn line(&mut self) {
        self.taken(|byte| byte != b'\n');
    }

    fn push(&mut self, kind: Kind<'t>) {
        let inner = self.blocks.last() == Some(&true);
        self.statements.push(Statement { kind, perhaps: self.perhaps || inner, empty: self.empty.filter(|_| !inner) });
    }

    /// Reads a statement or what stands before one; `None` at the end.
    fn statement(&mut self) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'\n' => {
                self.at += 1;
                (self.perhaps, self.empty) = (false, None);
            }
            b'&' | b'|' | b'<' | b'>' => self.at += 1,
            b'(' => {
                self.at += 1;
                self.blocks.push(self.perhaps || self.blocks.last() == Some(&true));
                (self.perhaps, self.empty) = (false, None);
            }
            b')' => {
                self.at += 1;
                self.perhaps = self.blocks.pop().unwrap_or(self.perhaps);
            }
            b':' => {
                self.at += 1;
                let label = self.taken(|byte| !byte.is_ascii_whitespace() && !b":&|".contains(&byte));
                if !label.is_empty() {
                    self.push(Kind::Label(label));
                }
                self.line();
            }
            _ => self.command(),
        }
        Some(())
    }

    fn command(&mut self) {
        let start = self.at;
        let word = self.taken(is_of_name).to_lowercase();
        match word.as_str() {
            "rem" => self.line(),
            "if" => self.condition(),
            "else" => self.add_condition(None),
            "for" => self.repeated(),
            "set" => self.set(),
            "exit" => {
                self.push(Kind::Goto(None));
                self.skip();
            }
            "goto" => {
                self.taken(|byte| matches!(byte, b' ' | b'\t' | b':'));
                let label = self.taken(|byte| !byte.is_ascii_whitespace() && !b":&|()".contains(&byte));
                self.push(Kind::Goto(Some(label).filter(|label| !label.eq_ignore_ascii_case("eof"))));
                self.skip();
            }
            word if SAY.contains(&word) => self.skip(),
            _ => {
                self.at = start;
                let parts = self.parts(b"", false);
                if self.at == start {
                    // A quote that closes nothing, and the like.
                    self.at += self.text[start..].chars().next().map_or(1, char::len_utf8);
                }
                let fields = fields(self.text, &parts, Split::Outside);
                if !fields.is_empty() {
                    self.push(Kind::Command(fields));
                }
            }
        }
    }

    /// Skips the rest of a command.
    fn skip(&mut self) {
        self.parts(b"", false);
    }

    fn add_condition(&mut self, empty: Option<&'t str>) {
        self.empty = empty.filter(|_| !self.perhaps);
        self.perhaps = true;
    }

    /// Reads the condition of an `if`.
    fn condition(&mut self) {
        let mut not = false;
        let first = loop {
            self.blanks();
            let token = self.token();
            match token.to_lowercase().as_str() {
                "not" => not = true,
                "/i" => {}
                _ => break token,
            }
        };
        self.blanks();
        let empty = match first.to_lowercase().as_str() {
            "defined" => Some(self.token()).filter(|_| not),
            "exist" | "errorlevel" | "cmdextversion" => {
                self.token();
                None
            }
            _ => {
                let sign = if self.text[self.at..].starts_with("==") {
                    self.at += 2;
                    "=="
                } else {
                    self.token()
                };
                self.blanks();
                let second = self.token();
                let equal = matches!(sign.to_lowercase().as_str(), "==" | "equ") != not;
                let bare = |text: &'t str| text.trim_matches(['"', '[', ']', '\'']);
                let name = bare(first).strip_prefix('%').and_then(|name| name.strip_suffix('%'));
                name.filter(|_| equal && bare(second).is_empty())
            }
        };
        self.add_condition(empty.map(canonical));
    }

    /// A word of a condition, with its quotes.
    fn token(&mut self) -> &'t str {
        let start = self.at;
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' => break,
                b' ' | b'\t' | b'\r' if !quoted => break,
                b'=' if !quoted && self.byte(1) == Some(b'=') => break,
                _ => {}
            }
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Reads `for … in (…) do`.
    fn repeated(&mut self) {
        let mut variable = "";
        loop {
            self.blanks();
            let token = self.taken(|byte| !byte.is_ascii_whitespace() && byte != b'(');
            if token.is_empty() {
                break;
            }
            if token.eq_ignore_ascii_case("in") {
                break;
            }
            if let Some(name) = token.strip_prefix('%').filter(|name| name.starts_with('%')) {
                variable = name;
            }
        }
        self.add_condition(None);
        self.blanks();
        if self.peek() == Some(b'(') {
            let start = self.at;
            self.at += 1;
            let list = self.parts(b")", false);
            self.at += usize::from(self.peek() == Some(b')'));
            self.blanks();
            if !variable.is_empty() {
                self.push(Kind::Set(variable, list, start..self.at));
            }
            if self.text.get(self.at..self.at + 2).is_some_and(|word| word.eq_ignore_ascii_case("do")) {
                self.at += 2;
            }
        }
    }

    fn set(&mut self) {
        self.taken(|byte| matches!(byte, b' ' | b'\t'));
        if self.peek() == Some(b'/') {
            return self.skip();
        }
        let quoted = self.peek() == Some(b'"');
        self.at += usize::from(quoted);
        let name = self.taken(|byte| !b"=\n\"&|<>()".contains(&byte));
        if self.peek() != Some(b'=') {
            return self.skip();
        }
        self.at += 1;
        let start = self.at;
        let value = self.parts(b"", quoted);
        self.push(Kind::Set(canonical(name), value, start..self.at));
    }

    /// Reads to the end of a command, or to one of some bytes outside quotes. Quotes around a whole assignment hold no text
    /// together: `wrapped`.
    fn parts(&mut self, until: &[u8], wrapped: bool) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut quoted = wrapped;
        let mut start = self.at;
        let flush = |parts: &mut Vec<Part<'t>>, range: Range<usize>, quoted: bool| {
            if !range.is_empty() {
                parts.push(Part::Text { range, quoted: quoted != wrapped });
            }
        };
        while let Some(byte) = self.peek() {
            let here = self.at;
            let closes = byte == b')' && !self.blocks.is_empty();
            if byte == b'\n' || !quoted && (matches!(byte, b'&' | b'|') || closes || until.contains(&byte)) {
                break;
            }
            match byte {
                b'"' => {
                    flush(&mut parts, start..here, quoted);
                    quoted = !quoted;
                    self.at += 1;
                    start = self.at;
                }
                b'^' if !quoted => {
                    flush(&mut parts, start..here, quoted);
                    let continued = self.continued();
                    self.at += continued.unwrap_or(1);
                    start = self.at;
                    if continued.is_none() {
                        self.at += self.text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
                    }
                }
                b'<' | b'>' if !quoted => {
                    flush(&mut parts, start..here, quoted);
                    self.redirect();
                    start = self.at;
                }
                b'%' | b'!' => {
                    if let Some((part, length)) = self.variable(byte) {
                        flush(&mut parts, start..here, quoted);
                        parts.push(part);
                        self.at += length;
                        start = self.at;
                    } else {
                        self.at += 1;
                    }
                }
                _ => self.at += 1,
            }
        }
        flush(&mut parts, start..self.at, quoted);
        parts
    }

    /// Skips `> file`.
    fn redirect(&mut self) {
        self.taken(|byte| b"<>&".contains(&byte));
        self.taken(|byte| matches!(byte, b' ' | b'\t'));
        let closes = !self.blocks.is_empty();
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            quoted ^= byte == b'"';
            let ends = byte.is_ascii_whitespace() || matches!(byte, b'&' | b'|') || byte == b')' && closes;
            if byte == b'\n' || ends && !quoted {
                return;
            }
            self.at += 1;
        }
    }

    /// The variable that starts here, and its length.
    fn variable(&self, sign: u8) -> Option<(Part<'t>, usize)> {
        let (start, rest) = (self.at, &self.text.as_bytes()[self.at + 1..]);
        let whole = |length: usize| start..start + length;
        if sign == b'%' {
            match rest.first()? {
                b'*' => return Some((Part::Given(whole(2)), 2)),
                b'0'..=b'9' => return Some((Part::Unknown(whole(2)), 2)),
                b'~' => {
                    let length = 2 + rest[1..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                    let length = length + usize::from(rest.get(length - 1).is_some_and(u8::is_ascii_digit));
                    return Some((Part::Unknown(whole(length)), length));
                }
                b'%' if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => {
                    return Some((Part::Variable(&self.text[start + 1..start + 3], Use::Plain, whole(3)), 3));
                }
                b'%' => return None,
                _ => {}
            }
        }
        let name = rest.iter().take_while(|byte| is_of_name(**byte) || b".()#-".contains(byte)).count();
        let text = &self.text[start + 1..start + 1 + name];
        match rest.get(name)? {
            _ if name == 0 => None,
            byte if *byte == sign => Some((Part::Variable(canonical(text), Use::Plain, whole(name + 2)), name + 2)),
            b':' => {
                let end = rest[name..].iter().position(|byte| *byte == sign || *byte == b'\n')?;
                let length = name + end + 2;
                (rest[name + end] == sign).then(|| (Part::Variable(canonical(text), Use::Changed, whole(length)), length))
            }
            _ => None,
        }
    }
}

/// Names of variables are the same in either case.
fn canonical(name: &str) -> &str {
    let known = [JAVA_OPTS, "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"];
    known.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
}
