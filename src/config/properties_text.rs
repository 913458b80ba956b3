//! Properties as text: where lines end, and keys and values as they are written.

/// What Java takes for a blank in properties. Other white space is a letter like any other.
pub(super) fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\u{c}')
}

/// How many bytes of blanks a line starts with.
pub(super) fn blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(is_blank).len()
}

/// Whether a line goes on in the next one: an odd number of backslashes ends it.
pub(super) fn is_continued(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

/// Where the line of an offset starts, behind the line end before it.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// Where the line of an offset ends, without its line end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// Where the next line starts, of a line that ends at an offset.
pub(super) fn after_line(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    end + if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) }
}

/// The line end that a file uses around a place: that of the line before, else the next one.
pub(super) fn line_break(text: &str, at: usize) -> &'static str {
    let before = text[..at].rfind(['\n', '\r']);
    let Some(end) = before.or_else(|| text[at..].find(['\n', '\r']).map(|length| at + length)) else { return "\n" };
    match (text[..end].ends_with('\r'), &text[end..]) {
        (true, rest) if rest.starts_with('\n') => "\r\n",
        (_, rest) if rest.starts_with("\r\n") => "\r\n",
        (_, rest) if rest.starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// A value as it is written.
pub(super) fn written(value: &str) -> String {
    let mut written = part(value);
    if value.starts_with([' ', '=', ':']) {
        written.insert(0, '\\');
    }
    written
}

/// A part of a value as it is written. Letters beyond ASCII are escaped, for which encoding a reader takes is not known.
pub(super) fn part(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        push_escaped(letter, &mut written);
    }
    written
}

/// A key as it is written.
pub(super) fn key(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    for letter in name.chars() {
        if matches!(letter, ' ' | '=' | ':') || written.is_empty() && matches!(letter, '#' | '!') {
            written.push('\\');
        }
        push_escaped(letter, &mut written);
    }
    written
}

fn push_escaped(letter: char, written: &mut String) {
    match letter {
        '\\' => written.push_str("\\\\"),
        '\n' => written.push_str("\\n"),
        '\r' => written.push_str("\\r"),
        '\t' => written.push_str("\\t"),
        '\u{c}' => written.push_str("\\f"),
        letter if letter.is_ascii() && !letter.is_control() => written.push(letter),
        letter => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                written.push_str(&format!("\\u{unit:04X}"));
            }
        }
    }
}

/// A text that letters and UTF-16 units are added to, as Java does: a pair of surrogates is one letter.
#[derive(Default)]
pub(super) struct Unescaped {
    text: String,
    /// The first half of a pair whose second may follow.
    high: Option<u32>,
}

impl Unescaped {
    pub(super) fn push(&mut self, letter: char) {
        self.settle();
        self.text.push(letter);
    }

    pub(super) fn push_unit(&mut self, unit: u32) {
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                self.text.extend(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00)));
            }
            (high, unit) => {
                self.high = high;
                self.settle();
                match unit {
                    0xd800..=0xdbff => self.high = Some(unit),
                    unit => self.text.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)),
                }
            }
        }
    }

    /// The text; half of a pair alone is no letter.
    pub(super) fn finish(mut self) -> String {
        self.settle();
        self.text
    }

    fn settle(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}
