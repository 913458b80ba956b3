//! Secrets of TOML: values of keys that name one, over as many lines as they have, and all values of tables that do.

use std::ops::Range;

use super::names::{is_secret_name, is_strong_name};

/// Whether all that a table holds is secret. A single word such as `token` is the name of what is said of them.
pub(super) fn is_secret_table(header: &str) -> bool {
    let parts = header.split(|c: char| matches!(c, '.' | '[' | ']' | '"' | '\'') || c.is_whitespace());
    parts.into_iter().any(|part| is_strong_name(part) || matches!(part, "keys" | "tokens" | "api_keys"))
}

fn is_secret_key(key: &str) -> bool {
    is_secret_name(key.trim_matches(['"', '\''])) || key.rsplit_once('.').is_some_and(|(table, _)| is_secret_table(table))
}

pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at, mut in_secret) = (Vec::new(), 0, false);
    while at < bytes.len() {
        at += text[at..].len() - text[at..].trim_start().len();
        let line = end_of_line(bytes, at);
        match bytes.get(at) {
            None => break,
            Some(b'#') => at = line,
            Some(b'[') => {
                in_secret = is_secret_table(&text[at..line]);
                at = line;
            }
            Some(_) => {
                let Some(sign) = sign(bytes, at, line) else {
                    found.extend(in_secret.then_some(at..line));
                    at = line;
                    continue;
                };
                let key = text[at..sign].trim();
                let secret = in_secret || is_secret_key(key);
                at = value(text, sign + 1, secret, &mut found);
            }
        }
    }
    found
}

fn end_of_line(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length)
}

/// Where the `=` of a statement stands.
fn sign(bytes: &[u8], at: usize, line: usize) -> Option<usize> {
    let mut next = at;
    while next < line {
        match bytes[next] {
            b'=' => return Some(next),
            b'"' | b'\'' => next = after_string(bytes, next),
            b'#' => return None,
            _ => next += 1,
        }
    }
    None
}

/// One past the value behind a `=`. All of it is hidden where its key is secret, else the values of such keys in it.
fn value(text: &str, start: usize, secret: bool, found: &mut Vec<Range<usize>>) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (start, 0usize);
    // The bracket depth at which the value of a secret key started, and where.
    let mut hidden = secret.then_some((0usize, start));
    let mut word = start;
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => {
                word = at;
                at = after_string(bytes, at);
                continue;
            }
            b'#' => {
                at = end_of_line(bytes, at);
                continue;
            }
            b'[' | b'{' => depth += 1,
            byte @ (b']' | b'}' | b',') => {
                if let Some((_, from)) = hidden.filter(|(level, _)| *level > 0 && *level == depth) {
                    found.push(from..at);
                    hidden = None;
                }
                depth = depth.saturating_sub(usize::from(byte != b','));
            }
            b'=' => {
                if hidden.is_none() && depth > 0 && is_secret_key(text[word..at].trim()) {
                    hidden = Some((depth, at + 1));
                }
                word = at + 1;
            }
            b'\n' if depth == 0 => break,
            // An array that is not closed does not swallow the tables behind it.
            b'\n' if is_header(bytes, at + 1) => break,
            _ => {}
        }
        if !matches!(bytes[at], byte if byte.is_ascii_alphanumeric() || b"_-.=\"' \t".contains(&byte)) {
            word = at + 1;
        }
        at += 1;
    }
    if let Some((_, from)) = hidden {
        found.push(from..at);
    }
    at
}

/// Whether a line is `[name]`, with none of what values are made of.
fn is_header(bytes: &[u8], at: usize) -> bool {
    let line = bytes[at..end_of_line(bytes, at)].trim_ascii();
    let inner = line.iter().position(|byte| *byte != b'[').unwrap_or_default();
    inner > 0
        && line[inner..].first().is_some_and(u8::is_ascii_alphabetic)
        && line.ends_with(b"]")
        && line[inner..].iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-]".contains(byte))
}

/// One past the string of TOML that starts at a quote, in bytes. A string of one line ends with it, closed or not.
pub fn after_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let long = bytes[at..].starts_with(&[quote; 3]);
    let mut next = at + if long { 3 } else { 1 };
    while let Some(byte) = bytes.get(next) {
        match byte {
            b'\\' if quote == b'"' && (long || bytes.get(next + 1) != Some(&b'\n')) => next += 1,
            b'\n' if !long => return next,
            byte if *byte == quote && !long => return next + 1,
            byte if *byte == quote && bytes[next..].starts_with(&[quote; 3]) => {
                // Up to two quotes in front of the closing three are part of the text.
                let more = bytes[next + 3..].iter().take(2).take_while(|byte| **byte == quote).count();
                return next + 3 + more;
            }
            _ => {}
        }
        next += 1;
    }
    bytes.len()
}
