//! Secrets of prose: comments, and messages that quote what files say. Nobody knows how prose is to be read: what follows the
//! name of a secret goes, all of it.

use std::ops::Range;

use super::lines::{line_end, line_start};
use super::names::{is_secret_name, is_strong_name};

/// Whether a byte may belong to a name. Bytes beyond ASCII belong to letters.
pub(super) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || byte >= 0x80
}

/// The name around a place, not in front of `floor`.
pub(super) fn name_at(text: &str, at: usize, floor: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = (floor..at).rev().find(|place| !is_of_name(bytes[*place])).map_or(floor, |place| place + 1);
    let end = (at..bytes.len()).find(|place| !is_of_name(bytes[*place])).unwrap_or(bytes.len());
    start..end.max(at)
}

/// `key` and the like alone: words that sentences hold too.
pub(super) fn is_plain_word(name: &str) -> bool {
    matches!(name.trim_matches(['.', '-', '_']).to_ascii_lowercase().as_str(), "key" | "keys" | "token" | "tokens")
}

/// Hides what follows the first name of a secret in a range, and tells where that name ends. `hints` are places at which names may be.
pub(super) fn secrets(text: &str, range: Range<usize>, hints: &[usize], found: &mut Vec<Range<usize>>) -> Option<usize> {
    let from = hints.partition_point(|hint| *hint < range.start);
    let mut done = range.start;
    for hint in hints[from..].iter().take_while(|hint| **hint < range.end).filter(|hint| text.is_char_boundary(**hint)) {
        if *hint < done {
            continue;
        }
        let name = name_at(text, *hint, done);
        let end = name.end.min(range.end);
        done = end.max(hint + 1);
        let (name, rest) = (&text[name.start..end], &text[end..range.end]);
        let hides = if is_plain_word(name) { is_told(rest) } else { is_strong_name(name) || is_secret_name(name) };
        if hides {
            let told = rest.len() - rest.trim_start_matches([' ', '\t', ':', '=']).len();
            found.push(end + told..range.end);
            return Some(end);
        }
    }
    None
}

/// What is called a key's or a token's in comments as they are shipped: the "key manager" of "point it to key manager -->".
const TERMS: [&str; 8] = ["manager", "managers", "store", "stores", "validation", "validator", "endpoint", "endpoints"];

/// Whether what follows a word such as `key` tells one, and does not go on with a sentence.
fn is_told(rest: &str) -> bool {
    let rest = rest.trim().trim_end_matches("-->").trim_end();
    let first = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if TERMS.contains(&first) && !rest[first.len()..].contains([':', '=']) {
        return false;
    }
    let words = || rest.split_whitespace();
    let mixed = |word: &str| word.contains(|c: char| c.is_ascii_digit()) && word.contains(char::is_alphabetic);
    rest.starts_with([':', '=']) || matches!(words().next(), Some("is" | "was")) || words().count() <= 1 || words().any(mixed)
}

/// Secrets of comments that start with a `#` and end with their line; the next one too, where nothing is told in the first.
pub(super) fn of_hash_comments(text: &str, hints: &[usize], found: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for hint in hints {
        if *hint < done {
            continue;
        }
        let start = line_start(text, *hint).max(done);
        done = line_end(text, *hint);
        let Some(comment) = comment(&text[start..done]) else { continue };
        let Some(end) = secrets(text, start + comment..done, hints, found) else { continue };
        let told = text[end..done].split(|c: char| !c.is_alphanumeric());
        let opens = text[end..done].trim_end().ends_with([':', '=']);
        let nothing =
            opens || told.into_iter().all(|word| matches!(word, "" | "is" | "was" | "are" | "were" | "of" | "for" | "the"));
        let next = (done + 1).min(text.len());
        if nothing && text.is_char_boundary(next) && text[next..].trim_start_matches([' ', '\t']).starts_with(['#', '!']) {
            let end = line_end(text, next);
            found.push(next..end);
            done = end;
        }
    }
}

/// Where the comment of a line starts.
fn comment(line: &str) -> Option<usize> {
    let blanks = line.len() - line.trim_start().len();
    if line[blanks..].starts_with(['#', '!']) {
        return Some(blanks);
    }
    // A line end in front of a comment may be lost.
    [" #", "\t#", "# "].iter().filter_map(|mark| line.find(mark)).min()
}

/// Secrets between backquotes, in which messages quote files.
pub(super) fn of_quotes(text: &str, found: &mut Vec<Range<usize>>) {
    let marks: Vec<usize> = text.match_indices('`').map(|(at, _)| at).collect();
    for pair in marks.chunks_exact(2) {
        let (mut at, end) = (pair[0] + 1, pair[1]);
        while at < end {
            let name = name_at(text, at, at);
            if name.is_empty() {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            at = name.end;
            // A quote that is nothing but a name, or an element, tells no value.
            let rest = &text[name.end..end];
            if is_secret_name(&text[name.clone()]) && rest.contains(char::is_alphanumeric) {
                found.push(name.end..end);
                break;
            }
        }
    }
}

/// Keys and certificates in PEM: what stands between their marks, or looks like it where a mark is damaged.
pub(super) fn of_pem(text: &str, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(start) = ["BEGIN ", "PRIVATE KEY", "CERTIFICATE-"].iter().filter_map(|mark| text[at..].find(mark)).min() {
        let start = at + start;
        let line = line_end(text, start);
        let mark = &text[start..line];
        if !mark.contains("--") {
            at = line;
            continue;
        }
        // In one line, line ends written as `\n`.
        let mut end = line;
        let open = !mark.contains("-END") && !mark.contains("END ");
        while open && end < text.len() {
            let next = end + 1;
            end = line_end(text, next.min(text.len()));
            let body = &text[next.min(end)..end];
            if body.contains("--") && body.contains("KEY") || body.contains("-END") || body.contains("END ") {
                break;
            }
            // A line of settings stands behind a block that does not end.
            if body.contains(" = ")
                || body.contains(": ") && !body.contains("Proc-Type") && !body.contains("DEK-Info")
                || body.contains('<')
            {
                end = next - 1;
                break;
            }
        }
        found.push(start..end);
        at = end.max(line);
    }
}
