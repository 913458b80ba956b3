//! Secrets never leave: values of passwords, secrets, keys and tokens are starred out of any text
//! that may be shown, and so is the user part of URLs.
//!
//! Works on raw text, not on a parsed tree, so that broken files are covered too. A mask replaces
//! every byte by `*`, so that places stay.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What names a secret: an element, attribute or key whose last word is one of these, or which holds
/// `password` or `secret` anywhere. `KeyValidatorClientType` and `TokenURL` are none.
fn is_secret_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    if ["password", "passwd", "passphrase", "secret", "credential"].iter().any(|word| lower.contains(word)) {
        return true;
    }
    last_word(name).is_some_and(|word| matches!(word.as_str(), "key" | "keys" | "token" | "tokens" | "pwd" | "pass" | "apikey"))
}

/// The last word of `camelCase`, `snake_case`, `kebab-case` or `dotted.name`, in lower case.
fn last_word(name: &str) -> Option<String> {
    let part = name.rsplit(|c: char| !c.is_alphanumeric()).find(|part| !part.is_empty())?;
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in part.char_indices() {
        if c.is_uppercase() && before.is_some_and(char::is_lowercase) {
            start = at;
        }
        before = Some(c);
    }
    Some(part[start..].to_lowercase())
}

// ASCII classes: names of secrets are ASCII, and tables of Unicode letters cost more than all the rest of a small run.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        hint: Regex::new(r"(?i)passw|passphrase|secret|credential|key|token|pwd|pass|@").ok()?,
        attribute: Regex::new(r#"([0-9A-Za-z_:.\-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"#).ok()?,
        pair: Regex::new(r#"^[ \t#;]*(?:-[ \t]+)?["']?([0-9A-Za-z_][0-9A-Za-z_.\-]*)["']?[ \t]*[=:][ \t]*(\S.*)$"#).ok()?,
        inline: Regex::new(r#"[{,]\s*["']?([0-9A-Za-z_.\-]+)["']?\s*[=:]\s*("[^"]*"|'[^']*'|[^,}\s]+)"#).ok()?,
        system: Regex::new(r"-D([0-9A-Za-z_.\-]+)=(\S+)").ok()?,
        user: Regex::new(r#"[A-Za-z][0-9A-Za-z_+.\-]*://([^\s/@"'<>]+(?:@[^\s/@"'<>]+)*)@"#).ok()?,
        plain_user: Regex::new(r#"(?:^|[\s"'=>,])([^\s/@"'<>:,]+:[^\s/@"'<>]+)@[0-9A-Za-z_\[]"#).ok()?,
        line: Regex::new(r"(?i)(?:password|passwd|passphrase|secret|credential|token|private.?key|api.?key)(.*)$").ok()?,
    })
});

struct Patterns {
    /// Without one of these, nothing secret is near.
    hint: Regex,
    attribute: Regex,
    pair: Regex,
    inline: Regex,
    system: Regex,
    user: Regex,
    plain_user: Regex,
    line: Regex,
}

/// Where secrets stand in a text, as byte ranges, sorted by their start. Only tags and lines with a hint are looked at.
fn secrets(text: &str, broken: bool) -> Vec<Range<usize>> {
    let Some(patterns) = PATTERNS.as_ref() else { return std::iter::once(0..text.len()).collect() };
    let mut found = Vec::new();
    // The last `<` or `>` before a hint tells whether it stands in a tag; found step by step, so that each byte is seen once.
    let (mut bracket, mut seen) = (None, 0);
    let (mut tag_done, mut line_done) = (0, 0);
    for hint in patterns.hint.find_iter(text).map(|hint| hint.start()) {
        if let Some(at) = text[seen..hint].rfind(['<', '>']) {
            bracket = Some(seen + at);
        }
        seen = hint;
        if let Some(start) = bracket.filter(|at| text.as_bytes()[*at] == b'<' && *at >= tag_done) {
            tag_done = start + 1;
            of_tag(patterns, text, start, &mut found);
        }
        if hint >= line_done {
            let start = text[..hint].rfind('\n').map_or(0, |at| at + 1).max(line_done);
            line_done = text[hint..].find('\n').map_or(text.len(), |at| hint + at);
            of_line(patterns, &text[start..line_done], start, broken, &mut found);
        }
    }
    found.sort_by_key(|range| (range.start, range.end));
    found
}

/// Secrets of the tag that starts at `<`, and of the text behind it.
fn of_tag(patterns: &Patterns, text: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let inside = text[start + 1..].trim_start_matches("!--").trim_start();
    let from = text.len() - inside.len();
    let end = inside.find(['<', '>']).map_or(text.len(), |at| from + at);
    let markup = &text[from..end];
    let name =
        markup.find(|c: char| !(c.is_alphanumeric() || matches!(c, ':' | '_' | '.' | '-'))).map_or(markup, |at| &markup[..at]);
    let pairs = || {
        patterns
            .attribute
            .captures_iter(markup)
            .filter_map(|pair| Some((local_name(pair.get(1)?.as_str()), pair.get(2).or(pair.get(3))?)))
    };
    let named = pairs().any(|(key, value)| matches!(key, "name" | "key") && is_secret_name(value.as_str()));
    let secret = named || is_secret_name(local_name(name));
    for (key, value) in pairs() {
        if is_secret_name(key) && key != "key" || secret && key == "value" {
            found.push(from + value.start()..from + value.end());
        }
    }
    if secret && text[end..].starts_with('>') {
        found.push(end + 1..end_of_text(text, end + 1));
    }
}

/// Where the text of an element ends: at the next tag; CDATA sections and comments belong to it.
fn end_of_text(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        at += text[at..].find('<').unwrap_or(text.len() - at);
        let rest = &text[at..];
        let close = match rest {
            _ if rest.starts_with("<![CDATA[") => "]]>",
            _ if rest.starts_with("<!--") => "-->",
            _ => return at,
        };
        match rest.find(close) {
            Some(length) => at += length + close.len(),
            None => return text.len(),
        }
    }
}

/// Secrets of a line: keys and values, options of a command, user parts of URLs.
fn of_line(patterns: &Patterns, line: &str, start: usize, broken: bool, found: &mut Vec<Range<usize>>) {
    for pattern in [&patterns.pair, &patterns.inline, &patterns.system] {
        for captures in pattern.captures_iter(line) {
            let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            if is_secret_name(key.as_str()) {
                found.push(start + value.start()..start + value.end());
            }
        }
    }
    let whole: &[&Regex] =
        if broken { &[&patterns.user, &patterns.plain_user, &patterns.line] } else { &[&patterns.user, &patterns.plain_user] };
    for captures in whole.iter().flat_map(|pattern| pattern.captures_iter(line)) {
        found.extend(captures.get(1).map(|secret| start + secret.start()..start + secret.end()));
    }
}

fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The text with every secret starred out, of the same length in bytes and with the same lines.
/// `broken` is said of a file that does not parse: there, the rest of every line that names a secret goes.
pub fn mask(text: &str, broken: bool) -> Cow<'_, str> {
    let found = secrets(text, broken);
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
    match PATTERNS.as_ref() {
        Some(patterns) if text.contains('@') => {
            let mut masked = text.to_owned();
            let ranges: Vec<_> = patterns.user.captures_iter(text).filter_map(|c| c.get(1)).map(|user| user.range()).collect();
            for range in ranges.into_iter().rev() {
                masked.replace_range(range, "***");
            }
            Cow::Owned(masked)
        }
        _ => Cow::Borrowed(text),
    }
}

/// A short text of our own that quotes what a file says: user parts and whatever follows a secret's name.
pub fn mask_text(text: &str) -> String {
    mask(&mask_user_info(text), false).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_starred_and_columns_stay() {
        let cases = [
            ("<Password>admin</Password>", "<Password>*****</Password>"),
            ("<!--Password>admin</Password-->", "<!--Password>*****</Password-->"),
            ("<KeyPassword a='b'>x y</KeyPassword>", "<KeyPassword a='b'>* *</KeyPassword>"),
            ("<Property name=\"store.password\">abc</Property>", "<Property name=\"store.password\">***</Property>"),
            ("<Connector keystorePass=\"wso2carbon\" port=\"1\"/>", "<Connector keystorePass=\"**********\" port=\"1\"/>"),
            ("<p name=\"EncryptionKey\" value=\"abc\"/>", "<p name=\"EncryptionKey\" value=\"***\"/>"),
            ("amqp://admin:p@ss@client/x", "amqp://**********@client/x"),
            ("password = \"abc\"", "password = *****"),
            ("  db.password: abc # x", "  db.password: *** * *"),
            ("{port: 1, api_token: abc}", "{port: 1, api_token: ***}"),
            ("<Password><![CDATA[a<b]]></Password>", "<Password>***************</Password>"),
            ("<Password\n  a='b'>x\ny</Password>", "<Password\n  a='b'>*\n*</Password>"),
            ("<!-- <Secret>abc</Secret> -->", "<!-- <Secret>***</Secret> -->"),
            ("<ServerURL>admin:abc@km:9443</ServerURL>", "<ServerURL>*********@km:9443</ServerURL>"),
            ("-Djavax.keyStorePassword=abc -DportOffset=2", "-Djavax.keyStorePassword=*** -DportOffset=2"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask(text, false), masked);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "<KeyValidatorClientType>ThriftClient</KeyValidatorClientType>",
            "<ServerURL>https://km:9443/services/</ServerURL>",
            "<TokenURL>https://gw:8243/token</TokenURL>",
            "key_manager: km",
            "<parameter name=\"port\" locked=\"false\">8280</parameter>",
        ] {
            assert_eq!(mask(text, false), text);
        }
    }

    #[test]
    fn broken_files_lose_the_rest_of_a_line_that_names_a_secret() {
        assert_eq!(mask("<Passwordadmin</Password>", true), "<Password****************");
        assert_eq!(mask_user_info("https://a:b@km:9443/"), "https://***@km:9443/");
    }
}
