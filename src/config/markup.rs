//! XML as text: values as they are written, indentation and line ends.

use super::toml_text::line_start;

/// A value as the text of an element, or `None` where XML has no way to write it.
pub(super) fn text(value: &str) -> Option<String> {
    escape(value, |letter| match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#13;"),
        _ => None,
    })
}

/// A value as that of an attribute in the given quotes.
pub(super) fn attribute(value: &str, quote: char) -> Option<String> {
    escape(value, |letter| match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' if quote == '"' => Some("&quot;"),
        '\'' if quote == '\'' => Some("&apos;"),
        '\n' => Some("&#10;"),
        '\r' => Some("&#13;"),
        '\t' => Some("&#9;"),
        _ => None,
    })
}

fn escape(value: &str, entity: impl Fn(char) -> Option<&'static str>) -> Option<String> {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        if matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') {
            return None;
        }
        match entity(letter) {
            Some(entity) => written.push_str(entity),
            None => written.push(letter),
        }
    }
    Some(written)
}

/// The blanks before a place, where nothing else stands before it on its line.
pub(super) fn indentation(text: &str, at: usize) -> Option<&str> {
    let before = &text[line_start(text, at)..at];
    before.trim_matches([' ', '\t']).is_empty().then_some(before)
}

/// The name in the tag that starts a piece of XML, with its prefix.
pub(super) fn tag_name(element: &str) -> &str {
    let name = element.strip_prefix('<').unwrap_or(element);
    name.split([' ', '\t', '\r', '\n', '/', '>']).next().unwrap_or_default()
}
