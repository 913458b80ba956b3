//! Secrets of JSON: values of keys that name one, wherever they stand: behind other pairs, below their key, in comments.
//!
//! Reads letters, not a document, so that files that do not parse are covered too.

use std::ops::Range;

/// Whether a text may be JSON: it starts with a bracket or a comment.
pub(super) fn may_be(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').starts_with(['{', '[', '/'])
}

/// Where the values of keys stand whose name is one of a secret, comments on the way to them included; in other comments, what
/// follows such a name.
pub(super) fn secrets(text: &str, is_secret: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at, mut named) = (Vec::new(), 0, false);
    while let Some(byte) = bytes.get(at) {
        let end = match byte {
            b'"' | b'\'' => after_text(bytes, at),
            b'/' if starts_comment(&bytes[at..]) => {
                let end = after_comment(bytes, at);
                of_comment(text, at..end, &is_secret, &mut found);
                at = end;
                continue;
            }
            byte if is_letter(*byte) => after_word(bytes, at),
            byte => {
                named &= *byte != b'}';
                at += 1;
                continue;
            }
        };
        let name = unescaped(&text[at..end]);
        at = end;
        let colon = after_blanks(bytes, end);
        if bytes.get(colon) != Some(&b':') {
            continue;
        }
        let value = after_blanks(bytes, colon + 1);
        if is_secret(&name) && name != "key" || named && name == "value" {
            at = after_value(bytes, value);
            found.push(colon + 1..at);
        } else if matches!(name.as_str(), "name" | "key") && matches!(bytes.get(value), Some(b'"' | b'\'')) {
            named = is_secret(&unescaped(&text[value..after_text(bytes, value)]));
        }
    }
    found
}

/// Nobody knows how a comment is to be read: all that follows the name of a secret goes with its line, and the next line where
/// nothing follows it.
fn of_comment(text: &str, comment: Range<usize>, is_secret: impl Fn(&str) -> bool, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = comment.start;
    while at < comment.end {
        let end = after_word(bytes, at).min(comment.end);
        if end == at {
            at += 1;
            continue;
        }
        let secret = is_secret(&text[at..end]);
        at = end;
        if secret {
            let line = |from: usize| text[from..].find('\n').map_or(text.len(), |length| from + length);
            at = line(end).min(comment.end);
            if !text[end..at].contains(char::is_alphanumeric) {
                at = text.get(at + 1..).map_or(at, |_| line(at + 1));
            }
            found.push(end..at);
        }
    }
}

/// What a bare key or value is made of. Bytes beyond ASCII belong to letters.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'.' | b'\\') || byte >= 0x80
}

fn after_word(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| is_letter(**byte)).count()
}

fn starts_comment(bytes: &[u8]) -> bool {
    bytes.starts_with(b"//") || bytes.starts_with(b"/*")
}

/// One past the comment that starts at a slash.
fn after_comment(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at + 2..];
    let length = if bytes[at + 1] == b'/' {
        rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
    } else {
        rest.windows(2).position(|window| window == b"*/").map(|length| length + 2)
    };
    at + 2 + length.unwrap_or(rest.len())
}

/// One past the text that starts at a quote, or past its line, where that does not close it.
fn after_text(bytes: &[u8], at: usize) -> usize {
    let (quote, mut next) = (bytes[at], at + 1);
    while let Some(byte) = bytes.get(next) {
        match byte {
            b'\\' => next += if bytes[next..].starts_with(b"\\\r\n") { 3 } else { 2 },
            b'\n' | b'\r' => return next,
            byte if *byte == quote => return next + 1,
            _ => next += 1,
        }
    }
    bytes.len()
}

/// Behind blanks and comments.
fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = match bytes.get(at) {
            Some(byte) if byte.is_ascii_whitespace() => at + 1,
            Some(b'/') if starts_comment(&bytes[at..]) => after_comment(bytes, at),
            _ => return at,
        };
    }
}

/// One past a value: a text, several that are added up, all between two brackets, or whatever stands up to the next comma,
/// bracket or line end.
fn after_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'"' | b'\'' => after_text(bytes, at),
            b'/' if starts_comment(&bytes[at..]) => after_comment(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at + 1
            }
            b'\n' | b'\r' if depth == 0 && bytes.get(after_blanks(bytes, at)) != Some(&b'+') => return at,
            b'+' => after_blanks(bytes, at + 1),
            _ => at + 1,
        };
    }
    bytes.len()
}

/// A key or value without its quotes and with its `\u0041` as letters, as far as names need it.
fn unescaped(written: &str) -> String {
    let inner = written.trim_matches(['"', '\'']);
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let digits = match escape.bytes().next() {
            Some(b'u') => escape.get(1..5),
            Some(b'x') => escape.get(1..3),
            _ => None,
        };
        let letter = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        text.extend(letter);
        rest = escape.get(letter.and(digits).map_or(0, |digits| digits.len() + 1)..).unwrap_or_default();
        // A backslash behind a backslash is none of an escape.
        if rest.starts_with('\\') && letter.is_none() {
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::super::{mask, names::is_secret_name};
    use super::*;

    #[track_caller]
    fn masks(text: &str, masked: &str) {
        assert_eq!(mask(text, false), masked);
        // Where the file is not understood, more goes, and nothing comes back.
        let broken = mask(text, true);
        assert!(broken.bytes().zip(masked.bytes()).all(|(broken, masked)| masked != b'*' || broken == b'*'), "{broken}");
    }

    #[test]
    fn values_of_secret_keys_are_starred_wherever_they_stand() {
        masks("{\n    \"password\": \"x\",\n    \"a\": 1\n}", "{\n    \"password\": ****\n    \"a\": 1\n}");
        masks("{ \"keyStorePassword\" : \"a\\\"b\", \"a\" : 1 }", "{ \"keyStorePassword\" : ******, \"a\" : 1 }");
        masks("{'clientSecret':'a\\'b','a':1}", "{'clientSecret':******,'a':1}");
        masks("{a: 1, password: hidden}", "{a: 1, password: ******}");
        masks("{\"a\": 1, /* c */ \"password\": \"x\"}", "{\"a\": 1, /* c */ \"password\": ***}");
        masks("{\"a\":1,\n\"password\"\n:\n\"x\"\n}", "{\"a\":1,\n\"password\"\n:\n***\n}");
        masks("{\"a\":{\"pass\\u0077ord\":\"x\"}}", "{\"a\":{\"pass\\u0077ord\":***}}");
        masks("{\"a\":{\"secrets\":[\"x\",\n\"]\"],\"b\":2}}", "{\"a\":{\"secrets\":*****\n****,\"b\":2}}");
        masks("{\"a\":{\"credentials\":{\"user\":\"x\"},\"b\":2}}", "{\"a\":{\"credentials\":************,\"b\":2}}");
        masks("{\"a\":[{\"name\":\"password\",\"value\":\"x\"}]}", "{\"a\":[{\"name\":\"password\",\"value\":***}]}");
        masks("{\"a\":{\"password\":// y\n\"x\"}}", "{\"a\":{\"password\":** *\n***}}");
        masks("{\"a\":{\"password\":'x' +\n 'y'}}", "{\"a\":{\"password\":*** *\n ***}}");
    }

    #[test]
    fn comments_hold_secrets_too() {
        masks("{\n//\"password\" : \"x\"\n\"a\": 1}", "{\n//\"password* * ***\n\"a\": 1}");
        masks("{\n// don't: 'password' : \"x\" can't\n}", "{\n// don't: 'password* * *** *****\n}");
        masks("{/* \"a\": 1, pwd: x\n b */}", "{/* \"a\": 1, pwd* *\n b */}");
        masks("{\n//\"password\" :\n// \"x\"\n\"a\": 1}", "{\n//\"password* *\n** ***\n\"a\": 1}");
        masks("{\"a\" /* token x */ : 1}", "{\"a\" /* token * ** : 1}");
        masks("{\"a\" /* token */ : 1,\n\"b\": 2}", "{\"a\" /* token ** * **\n\"b\": 2}");
    }

    #[test]
    fn long_lines_take_no_longer_than_their_length() {
        for piece in ["a/*", "a//", "\"\\", "'a", "a:", "a+", "/*token", "\"password\":{", "\"password\":\n", "a /**/"] {
            secrets(&format!("{{{}", piece.repeat(200_000)), is_secret_name);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "{\"identityProviderURL\" : \"https://localhost:9443/samlsso\", \"tokenEndpointURI\": \"x\"}",
            "{\"keyStoreName\": \"x\", \"name\": \"value\", \"value\": 1}",
            "[{\"name\": \"password\"}, {\"value\": \"x\"}]",
        ] {
            masks(text, text);
        }
        let broken = "{\n  \"password\": \"hidden,\n  \"identityProviderURL\": \"https://x:9443\",\n}";
        let masked = mask(broken, true);
        assert!(!masked.contains("hidden") && masked.contains("\"https://x:9443\""), "{masked}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_within_its_bounds(text in "\\PC{0,40}|[{}\\[\\]\"':,/*\\\\\n apswordnmevlu+x0-9\u{e4}]{0,60}") {
            for range in secrets(&text, is_secret_name) {
                proptest::prop_assert!(text.get(range).is_some());
            }
        }

        #[test]
        fn no_value_of_a_password_is_shown(
            before in "[ \n\t]{0,2}(/\\* c \\*/|// c\n)?", key in "\"password\"|'clientSecret'|api_token", after in "[ \n]{0,2}(/\\* c \\*/)?",
            value in "[a-z\\\\\"]{0,6}",
        ) {
            let written = serde_json::to_string(&format!("Zq9{value}Zq9")).expect("a text");
            let text = format!("{{\"a\": 1,{before}{key}{after}:{after}{written}, \"b\": 2}}");
            for broken in [false, true] {
                proptest::prop_assert!(!mask(&text, broken).contains("Zq9"), "{}", mask(&text, broken));
            }
        }
    }
}
