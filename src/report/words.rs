//! Small things that several reports share: counting words, colours, wrapping, aligned columns.

use std::borrow::Cow;

use crate::catalogue::Severity;
use crate::source::mask_text;

use super::Style;

/// What a piece of text is, and so its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// A finding of that severity.
    Severity(Severity),
    /// What is said first.
    Strong,
    /// A way out.
    Help,
    /// A line that goes.
    Removed,
    /// A line that comes.
    Added,
    /// What only accompanies.
    Faint,
}

impl Style {
    /// The text in its colour, where colours are wanted.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Severity(Severity::Error) => "1;31",
            Ink::Severity(Severity::Warning) => "1;33",
            Ink::Severity(Severity::Info) | Ink::Help => "1;36",
            Ink::Strong => "1",
            Ink::Removed => "31",
            Ink::Added => "32",
            Ink::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// What stands for text that was left out.
    pub(super) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Columns to write in: a terminal narrower than this wraps by itself.
    pub(super) fn columns(self) -> usize {
        self.width.clamp(60, 400)
    }
}

/// Characters that move the cursor, colour or reorder text, or end a line: a file that holds them must not reach
/// the terminal with them, and a message with them must not break a format of one line each.
pub fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text on one line, without characters that a terminal would obey.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let safe = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        c if is_unsafe(c) => '?',
        c => c,
    };
    Cow::Owned(text.chars().map(safe).collect())
}

/// A text that quotes what files say, without secrets and on one line.
pub fn said(text: &str) -> String {
    clean(&mask_text(text)).into_owned()
}

/// `1 error`, `2 errors`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The first few of several, and how many there are more.
pub fn some_of(names: &[&str], limit: usize) -> String {
    let shown = names.iter().take(limit).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Breaks a text between words so that lines fit; the first may be shorter or longer than the rest.
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let limit = if lines.len() == 1 { first } else { rest };
        if used > 0 && used + 1 + length > limit {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

/// A heading and a text behind it, wrapped, further lines indented: `  note: …`.
pub fn paragraph(style: Style, heading: (Ink, &str), text: &str, indent: usize) -> String {
    let before = indent + heading.1.chars().count() + 1;
    let limit = |used: usize| style.columns().saturating_sub(used).max(30);
    let lines = wrap(&clean(text), limit(before), limit(indent + 4));
    let margin = format!("\n{}", " ".repeat(indent + 4));
    format!("{}{} {}\n", " ".repeat(indent), style.paint(heading.0, heading.1), lines.join(&margin))
}

/// Rows with their columns aligned, two spaces apart, each with `indent` before it.
pub fn table(rows: &[Vec<String>], indent: &str) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let length = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
    let widths: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| length(row, column)).max().unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width + 2 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
