//! TOML as text: where statements and lines start, and values as they are written.

use std::ops::Range;

use super::change::RawEdit;

/// Dotted keys longer than this are taken for inline tables; looking further back would be quadratic in those.
const LONGEST_KEY: usize = 512;

/// Where the statement starts whose last key starts at `key`: the first of its dotted keys. Where a line holds more
/// than one statement (an inline table), the key itself.
pub(super) fn statement_start(text: &str, key: usize) -> usize {
    let from = key.saturating_sub(LONGEST_KEY);
    let window = &text.as_bytes()[from..key];
    let line = match window.iter().rposition(|byte| *byte == b'\n') {
        Some(newline) => &window[newline + 1..],
        None if from == 0 => window,
        None => return key,
    };
    if line.iter().any(|byte| b"{[=,#".contains(byte)) {
        return key;
    }
    key - line.trim_ascii_start().len()
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line ends, without its line end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    if end > at && text.as_bytes()[end - 1] == b'\r' { end - 1 } else { end }
}

/// The line end that a file uses around a place: that of the line before, else the first of the file.
pub(super) fn line_break(text: &str, at: usize) -> &'static str {
    let newline = text[..at].rfind('\n').or_else(|| text.find('\n'));
    if newline.is_some_and(|newline| text[..newline].ends_with('\r')) { "\r\n" } else { "\n" }
}

/// A value as people write it: numbers and booleans bare, all else in quotes.
pub(super) fn written(value: &str) -> String {
    if is_integer(value) || matches!(value, "true" | "false") { value.to_owned() } else { format!("\"{}\"", escaped(value)) }
}

/// Whether TOML reads it as a number, and writes it back the same.
pub(super) fn is_integer(value: &str) -> bool {
    value.parse::<i64>().is_ok_and(|number| number.to_string() == value)
}

/// Whether TOML reads it as a number with a point or an exponent: no `.5`, `5.` or `05.0`.
pub(super) fn is_float(value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = value.split_once(['e', 'E']).map_or((value, None), |(number, exponent)| (number, Some(exponent)));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    (fraction.is_some() || exponent.is_some())
        && digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
        && value.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A text for between double quotes.
pub(super) fn escaped(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            letter if letter.is_control() => {
                let digits = u32::from(letter);
                written.extend(['\\', 'u'].into_iter().chain(format!("{digits:04X}").chars()));
            }
            letter => written.push(letter),
        }
    }
    written
}

/// The edits that put a pair of square brackets around a range.
pub(super) fn in_brackets(range: Range<usize>) -> Vec<RawEdit> {
    vec![(range.start..range.start, "[".to_owned()), (range.end..range.end, "]".to_owned())]
}

/// A key as it is written: bare where it can be.
pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { format!("\"{}\"", escaped(name)) }
}
