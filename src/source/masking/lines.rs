//! Secrets of a line: keys and values, options of a command, user parts of URLs.

use std::ops::Range;

use super::names::is_secret_name;
use super::patterns::Patterns;

/// Where the line of an offset starts. A lone carriage return ends lines too, in properties.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let ends = |place: &usize| bytes[*place] == b'\n' || bytes[*place] == b'\r' && bytes.get(place + 1) != Some(&b'\n');
    (0..at).rev().find(ends).map_or(0, |end| end + 1)
}

/// Where the line of an offset ends; the carriage return in front of a newline is part of it.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let mut from = at;
    while let Some(end) = text[from..].find(['\n', '\r']).map(|length| from + length) {
        if !text[end..].starts_with("\r\n") {
            return end;
        }
        from = end + 1;
    }
    text.len()
}

/// The end of the lines in which the one that ends at an offset goes on, for it ends with an odd number of backslashes.
pub(super) fn continued(text: &str, start: usize, end: usize) -> usize {
    let (mut start, mut end) = (start, end);
    loop {
        let line = text[start..end].trim_end_matches('\r');
        let odd = (line.len() - line.trim_end_matches('\\').len()) % 2 == 1;
        if !odd || end == text.len() {
            return end;
        }
        start = end + 1;
        end = line_end(text, start);
    }
}

/// Secrets of a line: keys and values, options of a command, user parts of URLs. Where a value stands below its key, the
/// lines below.
pub(super) fn of_line(patterns: &Patterns, text: &str, range: Range<usize>, exact: bool, found: &mut Vec<Range<usize>>) -> usize {
    let (line, start) = (&text[range.clone()], range.start);
    let (before, mut done) = (found.len(), range.end);
    if line.trim_start().strip_prefix("? ").is_some_and(|key| is_secret_name(key.trim())) {
        done = below(text, range.end, line.len() - line.trim_start().len());
        found.push(range.end..done);
    }
    if let Some(captures) = patterns.pair.captures_iter(line).next()
        && let Some(key) = captures.get(1).filter(|key| is_secret_name(key.as_str()))
    {
        match captures.get(2) {
            Some(value) if !value.as_str().starts_with(['|', '>']) => found.push(start + value.start()..start + value.end()),
            _ => {
                done = below(text, range.end, key.start());
                found.push(range.end..done);
            }
        }
    }
    let (alone, value) = of_spaced(patterns, line, exact);
    found.extend(value.map(|value| start + value.start..start + value.end));
    of_pairs(patterns, text, start..start + line.len(), found);
    for pattern in [&patterns.query, &patterns.system, &patterns.option] {
        for captures in pattern.captures_iter(line) {
            let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            if is_secret_name(key.as_str()) {
                found.push(start + value.start()..start + value.end());
            }
        }
    }
    for captures in patterns.quoted.captures_iter(line) {
        let (Some(all), Some(key)) = (captures.get(0), captures.get(1)) else { continue };
        let value = &line[all.end()..];
        let end = value.find(['"', '\'', '<', '>', ' ', '\t']).unwrap_or(value.len());
        if is_secret_name(key.as_str()) && key.as_str() != "key" {
            found.push(start + all.end()..start + all.end() + end);
        }
    }
    for captures in patterns.attribute.captures_iter(line) {
        if let (Some(key), Some(value)) = (captures.get(1), captures.get(2).or(captures.get(3)))
            && is_secret_name(key.as_str())
            && key.as_str() != "key"
        {
            found.push(start + value.start()..start + value.end());
        }
    }
    for captures in patterns.lost_at.captures_iter(line) {
        let (Some(all), Some(secret)) = (captures.get(0), captures.get(1)) else { continue };
        // A port that is misspelt is short, and one that was not filled in says what it is.
        let broker = all.as_str().starts_with("amqp");
        if broker || secret.len() > 5 && !secret.as_str().to_ascii_lowercase().contains("port") {
            found.push(start + secret.start()..start + secret.end());
        }
    }
    let always = [&patterns.scheme, &patterns.encoded, &patterns.user, &patterns.plain_user, &patterns.thin];
    for captures in always.into_iter().flat_map(|pattern| pattern.captures_iter(line)) {
        found.extend(captures.get(1).map(|secret| start + secret.start()..start + secret.end()));
    }
    let last = start + line.trim_end_matches(['\r', '\\']).len();
    if alone || found[before..].iter().any(|secret| secret.end >= last) {
        let end = continued(text, start, range.end);
        found.push(range.end..end);
        done = done.max(end);
    }
    done
}

/// Secrets of `{key: value, …}` and the like. A value in quotes or brackets ends with them.
fn of_pairs(patterns: &Patterns, text: &str, line: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut done = line.start;
    for captures in patterns.inline.captures_iter(&text[line.clone()]) {
        let (Some(all), Some(key)) = (captures.get(0), captures.get(1)) else { continue };
        if line.start + all.start() < done || !is_secret_name(key.as_str()) {
            continue;
        }
        let value = &text[line.start + all.end()..line.end];
        let blanks = value.len() - value.trim_start().len();
        let (mut quote, mut depth, mut length, mut escaped) = (None, 0usize, value.len(), false);
        for (at, c) in value.char_indices().skip(blanks) {
            if escaped || c == '\\' {
                escaped = !escaped;
                continue;
            }
            match (quote, c) {
                (Some(open), c) => quote = Some(open).filter(|open| *open != c),
                (None, '"' | '\'') => quote = Some(c),
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') if depth > 0 => depth -= 1,
                (None, '}' | ',') if depth == 0 => {
                    length = at;
                    break;
                }
                _ => {}
            }
        }
        done = line.start + all.end() + length;
        found.push(line.start + all.end() + blanks.min(length)..done);
    }
}

/// Whether a line is the name of a secret alone, and the value that stands behind such a name and blanks.
fn of_spaced(patterns: &Patterns, line: &str, exact: bool) -> (bool, Option<Range<usize>>) {
    let Some(captures) = patterns.spaced.captures_iter(line).next() else { return (false, None) };
    let Some(key) = captures.get(1).map(|key| key.as_str()).filter(|key| is_secret_name(key)) else { return (false, None) };
    // Prose that starts with such a word has more of them.
    let prose = |value: &str| !exact && !key.trim_end_matches('.').contains(['.', '_']) && value.contains([' ', '\t']);
    let value = captures.get(2).filter(|value| !value.as_str().starts_with(['=', ':']) && !prose(value.as_str()));
    (captures.get(2).is_none(), value.map(|value| value.range()))
}

/// The end of the lines behind `end` that are indented deeper than `indent`, or start with `:` (a YAML value).
pub(super) fn below(text: &str, end: usize, indent: usize) -> usize {
    let mut at = end;
    while let Some(rest) = text.get(at + 1..).filter(|_| text[at..].starts_with('\n')) {
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let blanks = line.len() - line.trim_start().len();
        if !line.trim().is_empty() && blanks <= indent && !line[blanks..].starts_with(':') {
            break;
        }
        at += 1 + line.len();
    }
    at
}
