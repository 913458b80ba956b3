//! JSON as text: values as they are written.

use super::toml_text::is_integer;

/// A value as people write it: numbers and booleans bare, all else in quotes.
pub(super) fn written(value: &str) -> String {
    if is_integer(value) || matches!(value, "true" | "false") { value.to_owned() } else { quoted(value) }
}

/// A text in double quotes.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", escaped(value, '"'))
}

/// A text for between quotes. Letters beyond ASCII are escaped, for Jaggery reads files in the encoding of its machine.
pub(super) fn escaped(value: &str, quote: char) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            letter if letter == quote => written.extend(['\\', letter]),
            letter if letter.is_ascii() && !letter.is_control() => written.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    written.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    written
}
