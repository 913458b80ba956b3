//! Files that do not parse: nobody knows where a value ends. What follows the name of a secret goes with its line, and the
//! lines below go up to the one that starts something new.

use std::ops::Range;

use super::Kind;
use super::lines::{below, line_end, line_start};
use super::names::{end_of_strong, is_secret_name};
use super::prose::{is_plain_word, name_at};

/// Bytes of a value in brackets that are waited for.
const LONGEST: usize = 10_000;

/// Lines around the name of a secret in which its value may stand in an element or key called so.
const AROUND: usize = 4;

/// How the name of a value is written, a letter missing or not.
const VALUES: [&str; 7] = ["value", "string", "alue", "vlue", "vaue", "vale", "valu"];

pub(super) fn secrets(text: &str, kind: Kind, hints: &[usize], found: &mut Vec<Range<usize>>) {
    let (mut done, mut seen) = (0, 0);
    for hint in hints {
        if *hint < done {
            continue;
        }
        let name = name_at(text, *hint, done);
        done = name.end.max(hint + 1);
        let word = &text[name.clone()];
        if !is_secret_name(word) || is_plain_word(word) && !is_key(text, name.end, kind) || text[..name.start].ends_with("</") {
            continue;
        }
        let start = name.start + end_of_strong(word).unwrap_or(word.len());
        let line = line_end(text, name.end);
        let end = match kind {
            Kind::Xml if text[start..line].contains('<') => line,
            Kind::Xml => text[line..].find('<').map_or(text.len(), |tag| line + tag),
            Kind::Yaml => deeper(text, name.start, line).max(bracketed(text, start)).max(following(text, line)),
            _ => bracketed(text, start).max(following(text, line)),
        };
        found.push(start..end);
        if kind == Kind::Xml {
            if let Some(at) = text[seen..name.start].rfind(['<', '>']) {
                found.extend(in_front(text, seen + at..name.start));
            }
            seen = name.start;
        }
        values_around(text, line_start(text, name.start)..line, found);
        done = end;
    }
    match kind {
        Kind::Toml => of_tables(text, found),
        Kind::Yaml => of_commands(text, found),
        _ => {}
    }
}

/// The values in front of a name in the same tag: their quotes may be lost, and so may the names of their attributes.
fn in_front(text: &str, tag: Range<usize>) -> Option<Range<usize>> {
    let sign = text[tag.clone()].starts_with('<').then(|| text[tag.clone()].find('='))??;
    Some(tag.start + sign + 1..tag.end)
}

/// Start commands whose key is damaged.
fn of_commands(text: &str, found: &mut Vec<Range<usize>>) {
    let (mut at, mut done) = (0, 0);
    for line in text.split_inclusive('\n') {
        let command = at >= done && ["start", ".sh", ".bat", " -D", "JAVA_"].iter().any(|mark| line.contains(mark));
        if let Some(first) =
            ["start", ": "].iter().filter_map(|mark| line.find(mark).map(|at| at + mark.len())).min().filter(|_| command)
        {
            let start = at + first;
            done = deeper(text, at, line_end(text, at));
            let found_in = super::script::secrets(&text[start..done]);
            found.extend(found_in.into_iter().map(|secret| start + secret.start..start + secret.end));
        }
        at += line.len();
    }
}

/// Where the bracket closes that a value opens with. One that does not close soon is not waited for.
fn bracketed(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let opens = rest.trim_start_matches(['"', '\'', ' ', '\t', '=', ':']);
    if !opens.starts_with(['{', '[']) {
        return start;
    }
    let mut depth = 0usize;
    for (at, c) in opens.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 || at > LONGEST {
            return text.len() - opens.len() + at;
        }
    }
    text.len()
}

/// Whether a word such as `key` is followed by a value.
fn is_key(text: &str, end: usize, kind: Kind) -> bool {
    let rest = text[end..].trim_start_matches(['"', '\'', ' ', '\t']);
    rest.starts_with([':', '>']) || rest.starts_with('=') && kind != Kind::Xml
}

/// The end of the lines below that are indented deeper than that of a name.
fn deeper(text: &str, name: usize, line: usize) -> usize {
    let start = line_start(text, name);
    let blanks = text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len();
    below(text, line, blanks)
}

/// The end of the lines below up to the first that starts something new.
fn following(text: &str, line: usize) -> usize {
    let mut end = line;
    while end < text.len() {
        let next = line_end(text, end + 1);
        if is_statement(&text[end + 1..next]) {
            break;
        }
        end = next;
    }
    end
}

/// Whether a line is the header of a table, or a key with its value.
fn is_statement(line: &str) -> bool {
    let line = line.trim();
    if is_header(line) {
        return true;
    }
    let line = line.trim_start_matches(['#', '!', '-', '{', '"', '\'', ' ', '\t', ',']);
    let name = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
    let rest = line[name..].trim_start_matches(['"', '\'', ' ', '\t']);
    // What is left of a line of base64 ends with the sign.
    name > 0 && rest.starts_with(['=', ':']) && !rest[1..].trim_start_matches('=').trim().is_empty()
}

/// Whether a line is the header of a table, maybe without one of its brackets.
fn is_header(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default().trim();
    if !line.starts_with('[') && (!line.ends_with(']') || line.contains('[')) {
        return false;
    }
    let inner = line.trim_matches(['[', ']']);
    inner.len() < line.len()
        && inner.starts_with(|c: char| c.is_ascii_alphabetic())
        && inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ' | '"' | '\''))
}

/// Whether what follows a bracket is the name of a table of secrets.
fn opens_secret_table(inner: &str) -> bool {
    let header = inner.split(']').next().unwrap_or_default();
    is_header(&format!("[{header}]")) && super::toml::is_secret_table(header)
}

/// Tables whose name is that of secrets, line by line: what a lost quote makes of those in front of them is not asked.
fn of_tables(text: &str, found: &mut Vec<Range<usize>>) {
    let (mut at, mut secret) = (0, false);
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let header = if body.starts_with('[') { body.split_once(']').map_or(body, |(header, _)| header) } else { body };
        if is_header(body) || body.starts_with('[') && is_header(header) {
            secret = super::toml::is_secret_table(header);
            if secret && header.len() < body.len() {
                found.push(at + line.find(header).unwrap_or_default() + header.len()..at + line.len());
            }
        } else if secret {
            found.push(at..at + line.len());
        } else if let Some(inner) = line.split('[').skip(1).find(|inner| opens_secret_table(inner)) {
            // Its own line end was lost, or that of the line before.
            secret = true;
            found.push(at + (inner.as_ptr().addr() - line.as_ptr().addr())..at + line.len());
        }
        at += line.len();
    }
}

/// `<Value>` beside `<Name>password</Name>`, wherever one of the two is damaged.
fn values_around(text: &str, line: Range<usize>, found: &mut Vec<Range<usize>>) {
    let lower = text[line.clone()].to_ascii_lowercase();
    if !(lower.contains("name") || lower.contains("key")) {
        return;
    }
    let mut start = line.start;
    for _ in 0..AROUND {
        start = if start == 0 { 0 } else { line_start(text, start - 1) };
    }
    let mut at = start;
    for _ in 0..=2 * AROUND {
        let end = line_end(text, at);
        let lower = text[at..end].to_ascii_lowercase();
        if let Some(value) = VALUES.iter().filter_map(|word| lower.find(word)).min() {
            let tag = text[end..].find('<').map_or(text.len(), |tag| end + tag);
            found.push(at + value..if lower[value..].contains('<') { end } else { tag });
        }
        if end == text.len() {
            break;
        }
        at = end + 1;
    }
}
