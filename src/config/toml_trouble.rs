//! What is wrong with a TOML file, in plain words.

use std::ops::Range;

use super::change::to_disk;
use super::malformed::{Malformed, TEMPLATE, Twice, line_of, merge_marker, stray_mark, template_mark};
use super::toml_text::{in_brackets, line_end, line_start};
use crate::source::{Content, after_toml_string};

/// More parts than any real key has; the parser builds a table for each, one in the other.
const MOST_DOTS: usize = 300;

/// Refuses what would make the parser's tables nest without bounds.
pub(super) fn check_excess(content: &Content) -> Result<(), Malformed> {
    let text = content.text();
    let bytes = text.as_bytes();
    let (mut at, mut dots, mut depth, mut outermost, mut behind_string) = (0, 0usize, 0usize, 0, true);
    while let Some(byte) = bytes.get(at) {
        match byte {
            // Within a bare word a quote opens nothing.
            b'"' | b'\'' if at == 0 || behind_string || b".=,[]{} \t#\r\n".contains(&bytes[at - 1]) => {
                at = after_toml_string(bytes, at);
                behind_string = true;
                continue;
            }
            b'#' => {
                at = line_end(text, at).max(at + 1);
                behind_string = false;
                continue;
            }
            b'.' => dots += 1,
            b'[' | b'{' => {
                outermost = if depth == 0 { at } else { outermost };
                depth += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' if depth == 0 => dots = 0,
            _ => {}
        }
        if dots > MOST_DOTS {
            let message = format!("more than {MOST_DOTS} dots in one statement; expected keys of a few parts");
            let found = Malformed::at(content, at..at + 1, message);
            let open = depth > 0;
            let cause = || format!("the bracket opened in line {} is not closed", line_of(content, outermost));
            return Err(if open { found.because(cause()) } else { found });
        }
        behind_string = false;
        at += 1;
    }
    Ok(())
}

/// Says what the parser found wrong.
pub(super) fn explain(content: &Content, error: &toml::de::Error) -> Malformed {
    let text = content.text();
    let range = error.span().map_or(text.len()..text.len(), |span| clamp(text, span));
    let at = range.start;
    if let Some(marker) = merge_marker(content).or_else(|| stray_mark(content, at)) {
        return marker;
    }
    if let Some(mark) = template_mark(text, at) {
        return Malformed::at(content, mark, "a mark of a template; expected a key or a value").because(TEMPLATE);
    }
    let message = error.message();
    if message.starts_with("duplicate key") {
        return duplicate(content, range);
    }
    if is_bare(message, &text[range.clone()]) {
        return bare(content, range);
    }
    let found = Malformed::at(content, range, plain(message));
    if text[at..].starts_with(CURLED) {
        return found.because(CURLY);
    }
    let quotes = text[line_start(text, at)..line_end(text, at)].matches('"').count();
    if message.contains("string") || quotes % 2 == 1 {
        return found.because("an unbalanced quote, or none around a text");
    }
    if at >= text.trim_end().len() && message.starts_with("unclosed") {
        return found.because("the file is cut off, or a bracket is missing");
    }
    found
}

/// Whether the parser stumbled over a word where a value stands: it takes `three` for a `true` gone wrong. What holds a quote
/// is another matter.
fn is_bare(message: &str, word: &str) -> bool {
    let begins = ["invalid boolean", "invalid float; expected `", "invalid float, expected `", "string values must be quoted"];
    begins.iter().any(|begin| message.starts_with(begin)) && !word.contains(['"', '\'', '\n'])
}

/// A word where a value stands. It is not shown: it may be a secret.
fn bare(content: &Content, range: Range<usize>) -> Malformed {
    let word = content.text()[range.clone()].trim();
    let lower = word.to_lowercase();
    if matches!(lower.as_str(), "true" | "false") {
        return Malformed::at(content, range, format!("`{lower}` is written with a capital; expected lower case"));
    }
    if word.is_empty() {
        return Malformed::at(content, range, "there is no value; expected a number, `true`, `false` or a text in quotes");
    }
    Malformed::at(content, range, "this is no value; expected a number, `true`, `false` or a text in quotes")
        .because(if word.starts_with(CURLED) { CURLY } else { "no quotes around a text" })
}

/// Quotes of a word processor.
const CURLED: [char; 8] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}'];

const CURLY: &str = "curly quotes, as word processors write them; expected straight ones";

/// The parser's words without its jargon.
fn plain(message: &str) -> String {
    let words = message.replace("basic string", "text in double quotes").replace("literal string", "text in single quotes");
    let words = words.replace("key-value pairs", "settings").replace("key-value pair", "setting");
    words.replacen(", expected ", "; expected ", 1)
}

fn duplicate(content: &Content, range: Range<usize>) -> Malformed {
    let text = content.text();
    let start = line_start(text, range.start);
    let line = text[start..line_end(text, range.start)].trim();
    let table = line.starts_with('[');
    // Of a table its whole name, and not only the last part.
    let key = if table { header(line) } else { text[range.clone()].trim() };
    let what = if table { "table" } else { "key" };
    let mut message = format!("the {what} `{key}` is defined twice; expected each at most once");
    let first = first_definition(&text[..start], line, key, table);
    if let Some(first) = first {
        message = format!("{message}, it is defined in line {} already", line_of(content, first));
    }
    let of_list = table && !line.starts_with("[[") && first.is_some_and(|first| text[first..].trim_start().starts_with("[["));
    let listed = line.find(']').filter(|_| of_list).map(|close| {
        let open = start + (text[start..].len() - text[start..].trim_start().len());
        (key.to_owned(), to_disk(content, in_brackets(open..open + close)))
    });
    let first =
        first.map(|first| content.to_disk(first..first + text[first..].lines().next().map_or(0, |line| line.trim_end().len())));
    let twice = Some(Box::new(Twice { what: format!("the {what} `{key}`"), first, listed }));
    let found = Malformed::at(content, range, message);
    Malformed { twice, ..found.because(format!("a {what} was copied, or added without looking for the one that is there")) }
}

/// Where the same header stands, or the same key since the last header.
fn first_definition(before: &str, line: &str, key: &str, table: bool) -> Option<usize> {
    let mut end = before.len();
    let mut found = None;
    for candidate in before.split_inclusive('\n').rev() {
        end -= candidate.len();
        let candidate = candidate.trim();
        if table && same_header(candidate, line) {
            found = Some(end);
        } else if !table && candidate.starts_with('[') {
            break;
        } else if !table && candidate.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.'])) {
            found = Some(end);
        }
    }
    found
}

fn same_header(one: &str, other: &str) -> bool {
    one.starts_with('[') && header(one) == header(other)
}

/// The name between the brackets of a header.
fn header(line: &str) -> &str {
    line.split(']').next().unwrap_or_default().trim_start_matches('[').trim()
}

/// The range, where it lies on characters of the text.
pub(super) fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(range.start);
    start..floor(range.end).max(start)
}
