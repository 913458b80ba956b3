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

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        element: Regex::new(r"(?s)(?:<|<!--\s*)([\w:.\-]+)([^<>]*)>([^<]*)").ok()?,
        attribute: Regex::new(r#"([\w:.\-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"#).ok()?,
        pair: Regex::new(r#"(?m)^[ \t#;]*(?:-[ \t]+)?["']?(\w[\w.\-]*)["']?[ \t]*[=:][ \t]*(\S.*)$"#).ok()?,
        inline: Regex::new(r#"[{,]\s*["']?([\w.\-]+)["']?\s*[=:]\s*("[^"\n]*"|'[^'\n]*'|[^,}\s]+)"#).ok()?,
        system: Regex::new(r"-D([\w.\-]+)=(\S+)").ok()?,
        user: Regex::new(r#"[A-Za-z][\w+.\-]*://([^\s/@"'<>]+(?:@[^\s/@"'<>]+)*)@"#).ok()?,
        line: Regex::new(r"(?im)(?:password|passwd|passphrase|secret|credential|token|private.?key|api.?key)(.*)$").ok()?,
    })
});

struct Patterns {
    element: Regex,
    attribute: Regex,
    pair: Regex,
    inline: Regex,
    system: Regex,
    user: Regex,
    line: Regex,
}

/// Where secrets stand in a text, as byte ranges, sorted and apart.
fn secrets(text: &str, broken: bool) -> Vec<Range<usize>> {
    let Some(patterns) = PATTERNS.as_ref() else { return std::iter::once(0..text.len()).collect() };
    let mut found = Vec::new();
    for captures in patterns.element.captures_iter(text) {
        let (Some(name), Some(rest), Some(value)) = (captures.get(1), captures.get(2), captures.get(3)) else { continue };
        let named = patterns
            .attribute
            .captures_iter(rest.as_str())
            .filter(|pair| pair.get(1).is_some_and(|key| matches!(key.as_str(), "name" | "key")))
            .filter_map(|pair| pair.get(2).or(pair.get(3)))
            .any(|value| is_secret_name(value.as_str()));
        if named || is_secret_name(local_name(name.as_str())) {
            found.push(value.range());
        }
        for pair in patterns.attribute.captures_iter(rest.as_str()) {
            let (Some(key), Some(value)) = (pair.get(1), pair.get(2).or(pair.get(3))) else { continue };
            let key = local_name(key.as_str());
            if is_secret_name(key) && key != "key" || named && key == "value" {
                found.push(rest.start() + value.start()..rest.start() + value.end());
            }
        }
    }
    for pattern in [&patterns.pair, &patterns.inline, &patterns.system] {
        for captures in pattern.captures_iter(text) {
            let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            if is_secret_name(key.as_str()) {
                found.push(value.range());
            }
        }
    }
    found.extend(patterns.user.captures_iter(text).filter_map(|captures| captures.get(1)).map(|user| user.range()));
    if broken {
        found.extend(patterns.line.captures_iter(text).filter_map(|captures| captures.get(1)).map(|rest| rest.range()));
    }
    found.sort_by_key(|range| (range.start, range.end));
    found
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
