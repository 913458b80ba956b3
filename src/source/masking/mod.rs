//! Secrets never leave: values of passwords, secrets, keys and tokens are starred out of any text
//! that may be shown, and so is the user part of URLs.
//!
//! Works on raw text, not on a parsed tree, so that broken files are covered too. A mask replaces
//! every byte by `*`, so that places stay.

mod broken;
mod json;
mod lines;
mod markup;
mod names;
mod patterns;
mod prose;
mod script;
mod toml;
mod yaml;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_files;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use lines::{line_end, line_start, of_line};
use markup::of_tag;
pub(crate) use names::is_secret_name;
use patterns::PATTERNS;

pub(crate) use toml::after_string as after_toml_string;

/// How a file is written, as far as its secrets need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// XML.
    Xml,
    /// TOML.
    Toml,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// A start script or the options of a service wrapper.
    Script,
    /// Java properties.
    Properties,
    /// Anything else: a message, a piece of a file.
    Text,
}

impl Kind {
    /// The kind of a file, by its name.
    pub fn of(name: &str) -> Self {
        let ending = name.rsplit(['.', '/']).next().unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "xml" => Self::Xml,
            "json" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            "properties" => Self::Properties,
            "sh" | "bat" => Self::Script,
            "conf" if name.ends_with("wrapper.conf") => Self::Script,
            "toml" | "conf" => Self::Toml,
            _ => Self::Text,
        }
    }
}

/// Where secrets stand in a text, as byte ranges, sorted by their start. Only tags and lines with a hint are looked at.
fn secrets(text: &str, kind: Kind, broken: bool) -> Vec<Range<usize>> {
    let patterns = &PATTERNS;
    let Some(regex) = patterns.hint.regex() else { return std::iter::once(0..text.len()).collect() };
    let hints: Vec<usize> = regex.find_iter(text).map(|hint| hint.start()).collect();
    // Commands hold secrets without a name.
    let mut found = match kind {
        Kind::Script => script::secrets(text),
        Kind::Yaml => yaml::secrets(text),
        _ => Vec::new(),
    };
    if !hints.is_empty() {
        of_tags_and_lines(text, kind, &hints, &mut found);
        found.extend(patterns.cut_user.captures_iter(text).filter_map(|captures| captures.get(1)).map(|user| user.range()));
        prose::of_pem(text, &mut found);
        if kind == Kind::Toml {
            found.extend(toml::secrets(text));
        }
        if matches!(kind, Kind::Xml | Kind::Properties | Kind::Text) {
            found.extend(markup::secrets(text, &hints));
        }
        if kind == Kind::Json || json::may_be(text) {
            found.extend(json::secrets(text, is_secret_name));
        }
        if matches!(kind, Kind::Toml | Kind::Yaml | Kind::Properties | Kind::Text) {
            prose::of_hash_comments(text, &hints, &mut found);
        }
    }
    if broken && kind != Kind::Script {
        broken::secrets(text, kind, &hints, &mut found);
    }
    found.retain(|range| !names_only(&text[range.clone()]));
    found.sort_by_key(|range| (range.start, range.end));
    found
}

fn of_tags_and_lines(text: &str, kind: Kind, hints: &[usize], found: &mut Vec<Range<usize>>) {
    let mut unclosed = HashSet::new();
    // The last `<` or `>` before a hint tells whether it stands in a tag; found step by step, so that each byte is seen once.
    let (mut bracket, mut seen) = (None, 0);
    let (mut tag_done, mut line_done) = (0, 0);
    for hint in hints {
        if let Some(at) = text[seen..*hint].rfind(['<', '>']) {
            bracket = Some(seen + at);
        }
        seen = *hint;
        if let Some(start) = bracket.filter(|at| text.as_bytes()[*at] == b'<' && *at >= tag_done) {
            let before = found.len();
            of_tag(&PATTERNS, text, start, &mut unclosed, found);
            // What lies in a secret is starred out already.
            tag_done = found[before..].iter().map(|range| range.end).max().unwrap_or_default().max(start + 1);
        }
        if *hint >= line_done {
            let start = line_start(text, *hint).max(line_done);
            let end = line_end(text, *hint);
            line_done = of_line(&PATTERNS, text, start..end, kind == Kind::Properties, found);
        }
    }
}

/// Whether a text is made of placeholders: it names a secret, and holds none. One with a default, `${x:y}`, may.
fn names_only(text: &str) -> bool {
    let mut rest = text.trim().trim_end_matches([',', ';']).trim_matches(['"', '\'']);
    while let Some(inner) = ["${", "$ref{", "$env{", "$sys{", "$secret{"].iter().find_map(|mark| rest.strip_prefix(mark)) {
        let Some(end) = inner.find('}').filter(|end| *end > 0) else { return false };
        if !inner[..end].chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            return false;
        }
        rest = &inner[end + 1..];
        rest = rest.strip_prefix(':').unwrap_or(rest);
    }
    rest.is_empty()
}

/// The text of a file with every secret starred out, of the same length in bytes and with the same lines.
/// `broken` is said of a file that does not parse: there, the rest of every line that names a secret goes.
pub fn mask_file(text: &str, kind: Kind, broken: bool) -> Cow<'_, str> {
    starred(text, secrets(text, kind, broken))
}

/// A piece of a text whose kind is not known, with every secret starred out.
pub fn mask(text: &str, broken: bool) -> Cow<'_, str> {
    mask_file(text, Kind::Text, broken)
}

/// The text with ranges starred out that are sorted by their start.
fn starred(text: &str, found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        let range = range.start.max(at)..range.end.max(at);
        masked.push_str(&text[at..range.start]);
        for c in text[range.clone()].chars() {
            match c {
                c if c.is_whitespace() => masked.push(c),
                c => masked.push_str(&"****"[..c.len_utf8()]),
            }
        }
        at = range.end;
    }
    masked.push_str(&text[at..]);
    Cow::Owned(masked)
}

/// A text that quotes values (a message, a reason), without the user parts of its URLs.
pub fn mask_user_info(text: &str) -> Cow<'_, str> {
    if !text.contains(['@', '%', '&']) {
        return Cow::Borrowed(text);
    }
    let patterns = &PATTERNS;
    let mut masked = text.to_owned();
    let ranges: Vec<_> = patterns.user.captures_iter(text).filter_map(|c| c.get(1)).map(|user| user.range()).collect();
    for range in ranges.into_iter().rev() {
        masked.replace_range(range, "***");
    }
    Cow::Owned(masked)
}

/// A short text of our own that quotes what a file says: user parts and whatever follows a secret's name.
pub fn mask_text(text: &str) -> String {
    let text = mask_user_info(text);
    let mut found = secrets(&text, Kind::Text, false);
    prose::of_quotes(&text, &mut found);
    found.sort_by_key(|range| (range.start, range.end));
    starred(&text, found).into_owned()
}
