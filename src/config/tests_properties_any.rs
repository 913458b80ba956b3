//! Java properties of any text: they read as Java reads them, and edits change nothing else.

use proptest::prelude::*;

use super::tests_properties::key;
use super::*;

/// Texts made of what the grammar is made of.
fn texts() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("a"),
        Just("b"),
        Just("ab.c"),
        Just("="),
        Just(":"),
        Just(" "),
        Just("\t"),
        Just("\u{c}"),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("\\"),
        Just("\\\n"),
        Just("\\\r\n  "),
        Just("\\\\"),
        Just("#"),
        Just("!"),
        Just("\na=1"),
        Just("\\u0041"),
        Just("\\ud83d"),
        Just("\\ude00"),
        Just("\u{e4}"),
        Just("\u{1f600}"),
        Just("\\ "),
        Just("\n# b = 2"),
    ];
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

fn read(text: &str) -> Option<(Content, Document)> {
    let content = Content::plain(text);
    let document = Document::parse(&content, Format::Properties).ok()?;
    Some((content, document))
}

/// The keys and values of a text by the letter of `java.util.Properties`, the last of a key counting; `None` where it throws.
fn java(text: &str) -> Option<Vec<(String, String)>> {
    let mut read: Vec<(String, String)> = Vec::new();
    for line in logical_lines(&text.encode_utf16().collect::<Vec<_>>()) {
        let letter = |at: usize| char::from_u32(line[at].into()).unwrap_or('x');
        let (mut end, mut start, mut sign, mut escaped) = (0, line.len(), false, false);
        while end < line.len() {
            match letter(end) {
                '=' | ':' if !escaped => {
                    (start, sign) = (end + 1, true);
                    break;
                }
                ' ' | '\t' | '\u{c}' if !escaped => {
                    start = end + 1;
                    break;
                }
                letter => escaped = letter == '\\' && !escaped,
            }
            end += 1;
        }
        while start < line.len() {
            match letter(start) {
                ' ' | '\t' | '\u{c}' => {}
                '=' | ':' if !sign => sign = true,
                _ => break,
            }
            start += 1;
        }
        let (key, value) = (convert(&line[..end])?, convert(&line[start..])?);
        read.retain(|(other, _)| *other != key);
        read.push((key, value));
    }
    read.retain(|(key, _)| !key.is_empty());
    Some(read)
}

/// `Properties.LineReader`.
fn logical_lines(units: &[u16]) -> Vec<Vec<u16>> {
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    let (mut skip, mut comment, mut appended, mut escaped, mut skip_newline) = (true, false, false, false, false);
    for (at, unit) in units.iter().enumerate() {
        let letter = char::from_u32((*unit).into()).unwrap_or('x');
        if std::mem::take(&mut skip_newline) && letter == '\n' {
            continue;
        }
        if skip {
            if matches!(letter, ' ' | '\t' | '\u{c}') || !appended && matches!(letter, '\r' | '\n') {
                continue;
            }
            (skip, appended) = (false, false);
        }
        if line.is_empty() && !comment && matches!(letter, '#' | '!') {
            comment = true;
            continue;
        }
        if !matches!(letter, '\n' | '\r') {
            line.push(*unit);
            escaped = letter == '\\' && !escaped;
        } else if comment || line.is_empty() {
            (comment, skip, escaped) = (false, true, false);
            line.clear();
        } else if escaped {
            line.pop();
            escaped = false;
            if at + 1 == units.len() {
                break;
            }
            (skip, appended, skip_newline) = (true, true, letter == '\r');
        } else {
            lines.push(std::mem::take(&mut line));
            skip = true;
        }
    }
    if !line.is_empty() && !comment {
        if escaped && line.last() == Some(&u16::from(b'\\')) {
            line.pop();
        }
        lines.push(line);
    }
    lines
}

/// `Properties.loadConvert`.
fn convert(units: &[u16]) -> Option<String> {
    let (mut converted, mut at) = (Vec::new(), 0);
    while let Some(unit) = units.get(at) {
        at += 1;
        if *unit != u16::from(b'\\') {
            converted.push(*unit);
            continue;
        }
        let escaped = *units.get(at)?;
        at += 1;
        converted.push(match u8::try_from(escaped) {
            Ok(b'u') => {
                let digits = String::from_utf16(units.get(at..at + 4)?).ok()?;
                at += 4;
                u16::from_str_radix(&digits, 16).ok()?
            }
            Ok(b't') => 9,
            Ok(b'n') => 10,
            Ok(b'f') => 12,
            Ok(b'r') => 13,
            _ => escaped,
        });
    }
    Some(String::from_utf16_lossy(&converted))
}

/// All keys with the values that count, and how often each stands, in the order of their keys.
fn all(text: &str) -> Option<Vec<(String, String)>> {
    let mut read = java(text)?;
    read.sort();
    Some(read)
}

/// The text after the edits.
fn edited(content: &Content, edits: &[Edit]) -> String {
    String::from_utf8(apply(content.bytes(), edits, content).expect("bytes")).expect("UTF-8")
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn what_is_read_is_what_java_reads(text in texts()) {
        let java = java(&text);
        let read = read(&text);
        prop_assert_eq!(java.is_some(), read.is_some());
        if let Some((java, (_, document))) = java.zip(read) {
            for (name, value) in java {
                let found = document.find(&key(&name));
                prop_assert_eq!(found.first().map(|found| found.text.as_str()), Some(value.as_str()), "{:?}", name);
            }
        }
    }

    #[test]
    fn places_spell_out_values(text in texts()) {
        if let Some((content, document)) = read(&text) {
            for name in ["a", "b", "ab.c"] {
                for found in document.find(&key(name)).into_iter().chain(document.find_commented(&key(name))) {
                    prop_assert_eq!(found.exact, content.slice(found.span) == found.text);
                    prop_assert!(found.element.start <= found.span.start && found.span.end <= found.element.end);
                }
            }
        }
    }

    #[test]
    fn what_is_set_reads_back_and_nothing_else_changes(
        text in texts(), name in "[ab#!=:\\\\ ä.]{1,4}", value in any::<String>(), sibling in prop_oneof!["a", "b", "x"],
    ) {
        if let Some((content, document)) = read(&text)
            && let Some(edits) = set(&document, &content, &key(&name), &value, &[sibling])
        {
            let after = edited(&content, &edits);
            let mut wanted = all(&text).expect("read before");
            wanted.retain(|(other, _)| *other != name);
            wanted.push((name.clone(), value.clone()));
            wanted.sort();
            prop_assert_eq!(all(&after), Some(wanted), "{:?}", after);
            let (content, document) = read(&after).expect("it parses");
            let again = set(&document, &content, &key(&name), &value, &[]).map(|edits| edited(&content, &edits));
            prop_assert_eq!(again, Some(after), "the same value again changes nothing");
        }
    }

    #[test]
    fn what_is_changed_reads_back_and_what_is_removed_is_gone(text in texts(), value in any::<String>()) {
        let parsed = read(&text);
        let found = parsed.as_ref().map_or_else(Vec::new, |(_, document)| document.find(&key("a")));
        if let (Some((content, document)), Some(first)) = (&parsed, found.first()) {
            let values_after = |what: &Change| {
                let edits = change(document, content, first, what)?;
                let (_, document) = read(&edited(content, &edits)).expect("it parses");
                Some(document.find(&key("a")).into_iter().map(|found| found.text).collect::<Vec<_>>())
            };
            let part = Change::Part { range: 0..first.text.len(), text: value.clone() };
            for what in [Change::Value(value.clone()), part] {
                let after = values_after(&what);
                prop_assert!(after.is_none_or(|after| after.len() == found.len() && after[0] == value));
            }
            let after = values_after(&Change::Remove);
            prop_assert!(after.is_none_or(|after| after.len() + 1 == found.len()));
        }
    }
}
