//! Words of a script as they are written, and the fields into which they fall once a variable of them is used.

use std::ops::Range;

/// A stretch of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// What stands for itself: bytes of the script, without quotes and escapes.
    Text {
        /// Where.
        range: Range<usize>,
        /// Whether quotes are around it.
        quoted: bool,
    },
    /// A variable, what becomes of its value, and where it stands.
    Variable(&'t str, Use<'t>, Range<usize>),
    /// The arguments of the script: `$*`, `%*`.
    Given(Range<usize>),
    /// What only a shell can say: `$(…)`, `$1`.
    Unknown(Range<usize>),
}

impl Part<'_> {
    /// Where it stands.
    pub(super) fn range(&self) -> Range<usize> {
        match self {
            Self::Text { range, .. } | Self::Variable(.., range) | Self::Given(range) | Self::Unknown(range) => range.clone(),
        }
    }
}

/// What becomes of the value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use<'t> {
    /// It is put there as it is: `$X`, `%X%`.
    Plain,
    /// Something else stands for it where it is missing: `${X:-…}`.
    Default(Vec<Part<'t>>),
    /// And the variable has it from then on: `${X:=…}`.
    Set(Vec<Part<'t>>),
    /// Something else is put there, if it has a value: `${X:+…}`.
    Alternate(Vec<Part<'t>>),
    /// It is cut or replaced: `${X%…}`, `%X:~0,1%`.
    Changed,
}

/// What a field is made of: a word of a command line, or a part of one where a text falls apart at blanks.
pub(super) type Field<'t> = Vec<Part<'t>>;

/// When a text falls apart at its blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// Never: it is a word already.
    Never,
    /// At those outside quotes.
    Outside,
    /// At all of them: quotes are gone when a shell takes the value of a variable apart.
    Everywhere,
}

/// Takes parts apart at blanks.
pub(super) fn fields<'t>(text: &str, parts: &[Part<'t>], split: Split) -> Vec<Field<'t>> {
    let mut fields = Vec::new();
    let mut field: Field<'t> = Vec::new();
    for part in parts {
        match part {
            Part::Text { range, quoted } if split == Split::Everywhere || split == Split::Outside && !quoted => {
                let mut start = range.start;
                for word in text[range.clone()].split_inclusive(char::is_whitespace) {
                    let end = start + word.trim_end().len();
                    if end > start {
                        field.push(Part::Text { range: start..end, quoted: *quoted });
                    }
                    start += word.len();
                    if end < start && !field.is_empty() {
                        fields.push(std::mem::take(&mut field));
                    }
                }
            }
            other => field.push(other.clone()),
        }
    }
    fields.extend(Some(field).filter(|field| !field.is_empty()));
    fields
}

/// The text of parts that are nothing but text, and its bytes from the first to the last.
pub(super) fn literal(text: &str, parts: &[Part<'_>]) -> Option<(String, Range<usize>)> {
    let mut value = String::new();
    let mut whole: Option<Range<usize>> = None;
    for part in parts {
        let Part::Text { range, .. } = part else { return None };
        value.push_str(&text[range.clone()]);
        whole = Some(whole.map_or(range.start, |whole| whole.start)..range.end);
    }
    Some((value, whole?))
}

/// The text with which parts start.
pub(super) fn head<'t>(text: &'t str, parts: &[Part<'_>]) -> &'t str {
    match parts.first() {
        Some(Part::Text { range, .. }) => &text[range.clone()],
        _ => "",
    }
}

/// The text with which parts end.
pub(super) fn tail<'t>(text: &'t str, parts: &[Part<'_>]) -> &'t str {
    match parts.last() {
        Some(Part::Text { range, .. }) => &text[range.clone()],
        _ => "",
    }
}

/// The parts without the first bytes of the text with which they start.
pub(super) fn without<'t>(parts: &[Part<'t>], bytes: usize) -> Vec<Part<'t>> {
    let mut rest = parts.to_vec();
    if let Some(Part::Text { range, .. }) = rest.first_mut() {
        range.start = (range.start + bytes).min(range.end);
        if range.start == range.end {
            rest.remove(0);
        }
    }
    rest
}

/// The name and the length of an assignment at the start of a word: `NAME=`, `NAME+=`; and whether it appends.
pub(super) fn assignment<'t>(text: &'t str, parts: &[Part<'_>]) -> Option<(&'t str, usize, bool)> {
    let Some(Part::Text { quoted: false, .. }) = parts.first() else { return None };
    let head = head(text, parts);
    let equals = head.find('=')?;
    let name = head[..equals].strip_suffix('+').unwrap_or(&head[..equals]);
    is_name(name).then_some((name, equals + 1, name.len() < equals))
}

/// Whether a text is the name of a variable of a shell.
pub(super) fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty() && text.bytes().all(is_of_name)
}

/// Whether a byte may stand in the name of a variable of a shell.
pub(super) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
