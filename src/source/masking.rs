//! Secrets never leave: values of passwords, secrets, keys and tokens are starred out of any text
//! that may be shown, and so is the user part of URLs.
//!
//! Works on raw text, not on a parsed tree, so that broken files are covered too. A mask replaces
//! every byte by `*`, so that places stay.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::masking_json;

/// What names a secret: what holds `password` or `secret` anywhere, what has a word such as `pwd`, and what ends in a word
/// such as `key` or `token` (with or without a number or `Value` behind it). `KeyValidatorClientType` and `TokenURL` are none.
pub(super) fn is_secret_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    if ["passw", "passphrase", "secret", "credential"].iter().any(|word| lower.contains(word)) {
        return true;
    }
    let words = words(name);
    if words.iter().any(|word| matches!(word.as_str(), "pwd" | "pw" | "pass")) {
        return true;
    }
    let mut last = words.iter().rev().map(String::as_str);
    let named = last.find(|word| !matches!(*word, "value" | "id" | "pem" | "data" | "text" | "string" | "hash" | "base" | ""));
    named.is_some_and(|word| {
        matches!(word, "key" | "keys" | "token" | "tokens" | "apikey" | "privatekey" | "accesskey" | "authorization")
    })
}

/// The words of `camelCase`, `snake_case`, `kebab-case` or `dotted.name`, in lower case, without digits.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before: Option<char> = None;
    for c in name.chars() {
        let starts = c.is_uppercase() && before.is_some_and(char::is_lowercase);
        if starts || !c.is_alphabetic() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// An expression that is compiled when it is first needed, and needed only where one of its needles is: most runs are small,
/// and compiling all of them would be half of such a run. ASCII classes, for tables of Unicode letters cost as much again.
struct Pattern {
    text: &'static str,
    needles: &'static [&'static str],
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    const fn new(needles: &'static [&'static str], text: &'static str) -> Self {
        Self { text, needles, compiled: OnceLock::new() }
    }

    /// The matches in a text.
    fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        let near = self.needles.is_empty() || self.needles.iter().any(|needle| text.contains(needle));
        let regex = if near { self.regex() } else { None };
        regex.into_iter().flat_map(move |regex| regex.captures_iter(text))
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.text).ok()).as_ref()
    }
}

struct Patterns {
    /// Without one of these, nothing secret is near.
    hint: Pattern,
    /// `key: value` on a line of its own, the value maybe below.
    pair: Pattern,
    /// `key value`, as properties may have it.
    spaced: Pattern,
    attribute: Pattern,
    inline: Pattern,
    /// `key=value` in a URL, a JDBC string, the environment of a command.
    query: Pattern,
    /// `name='` of an option that stands in quotes itself: `brokerlist='tcp://tm:5672?trust_store_password='…''`.
    quoted: Pattern,
    system: Pattern,
    option: Pattern,
    /// `Basic …`, `Bearer …`.
    scheme: Pattern,
    encoded: Pattern,
    /// The user part of a URL, its separators and its `@` written in whatever way.
    user: Pattern,
    /// A user part with a comment or a line end in it.
    cut_user: Pattern,
    /// `the password is …`, in a comment.
    told: Pattern,
    plain_user: Pattern,
    /// `jdbc:oracle:thin:scott/tiger@…`.
    thin: Pattern,
    sibling: Pattern,
    line: Pattern,
}

static PATTERNS: Patterns = Patterns {
    hint: Pattern::new(
        &[],
        r"(?i)passw|passphrase|secret|credential|authorization|basic|bearer|base64|key|token|pwd|pass|pw|@|%40|&#|jdbc",
    ),
    pair: Pattern::new(
        &[],
        r#"^(?:[ \t\f#;?!]|<!--)*(?:-[ \t]+)?["']?((?:[0-9A-Za-z_]|\\.)(?:[0-9A-Za-z_.\-]|\\.)*)["']?[ \t\f]*[=:](?:[ \t\f]*(\S.*))?\r?$"#,
    ),
    spaced: Pattern::new(&[" ", "\t", "\\"], r"^[ \t\f#!]*([0-9A-Za-z_][0-9A-Za-z_.\-]*)(?:[ \t\f]+(\S.*?))?(?:\\?\r?)$"),
    attribute: Pattern::new(&["="], r#"([0-9A-Za-z_:.\-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"#),
    inline: Pattern::new(&["{", ","], r#"[{,]\s*["']?([0-9A-Za-z_.\-]+)["']?\s*[=:]\s*("[^"]*"|'[^']*'|[^,}\s]+)"#),
    query: Pattern::new(&["="], r#"(?:^|[\s?&;,"'`(])([0-9A-Za-z_.\-]+)=([^\s&;<>"'`)]+)"#),
    quoted: Pattern::new(&["='", "=\"", "=%27"], r#"([0-9A-Za-z_.\-]+)=(?:["']|%27)"#),
    system: Pattern::new(&["-D"], r"-D([0-9A-Za-z_.\-]+)=((?:\\.|\S)+)"),
    option: Pattern::new(&["-"], r"(?:^|\s)--?([0-9A-Za-z\-]+)(?:=|[ \t]+)([^\s\-]\S*)"),
    scheme: Pattern::new(&["asic", "ASIC", "earer", "EARER"], r#"(?i)\b(?:basic|bearer)['"]?\s+([^\s<>"']+)"#),
    encoded: Pattern::new(&["ase64", "ASE64"], r#"(?i)base64\w*\(\s*['"]([^'"]*)['"]"#),
    user: Pattern::new(
        &["//", ":/"],
        r"[A-Za-z][0-9A-Za-z_+.\-]*(?:\\?:/{1,2}|//)([^\s<>]*)(?:@|＠|(?i:%40)|&#0*64;|&#x0*40;|\\u0040)",
    ),
    cut_user: Pattern::new(&["@"], r#"://((?:[^\s<>/"'@]|<!--[^>]*-->|\r?\n[ \t]*)+)@"#),
    told: Pattern::new(&["<!--"], r"(?i)(?:password|passwd|passphrase|secret|token)\s+(?:is|was)?[ \t]*[:=]?[ \t]*(\S+)"),
    plain_user: Pattern::new(&["@", "%40"], r#"(?:^|[\s"'=>,/])([^\s/@"'<>:,]+:[^\s/@"'<>]+)(?:@|(?i:%40))[0-9A-Za-z_\[]"#),
    thin: Pattern::new(&["jdbc:", "JDBC:"], r"(?i)jdbc:[^\s<>]*?[:/]([^\s/@:<>]+/[^\s@<>]+)@"),
    sibling: Pattern::new(
        &["ame>", "ey>", "AME>", "EY>"],
        r"(?i)<(?:name|key)>\s*([^<]*?)\s*</(?:name|key)>\s*<(?:value|string)>([^<]*)<",
    ),
    line: Pattern::new(&[], r"(?i)(?:password|passwd|passphrase|secret|credential|token|private.?key|api.?key)(.*)$"),
};

/// Where secrets stand in a text, as byte ranges, sorted by their start. Only tags and lines with a hint are looked at.
fn secrets(text: &str, broken: bool) -> Vec<Range<usize>> {
    let patterns = &PATTERNS;
    let Some(hints) = patterns.hint.regex() else { return std::iter::once(0..text.len()).collect() };
    let (mut found, mut unclosed) = (Vec::new(), HashSet::new());
    // The last `<` or `>` before a hint tells whether it stands in a tag; found step by step, so that each byte is seen once.
    let (mut bracket, mut seen) = (None, 0);
    let (mut tag_done, mut line_done) = (0, 0);
    for hint in hints.find_iter(text).map(|hint| hint.start()) {
        if let Some(at) = text[seen..hint].rfind(['<', '>']) {
            bracket = Some(seen + at);
        }
        seen = hint;
        if let Some(start) = bracket.filter(|at| text.as_bytes()[*at] == b'<' && *at >= tag_done) {
            let before = found.len();
            of_tag(patterns, text, start, &mut unclosed, &mut found);
            // What lies in a secret is starred out already.
            tag_done = found[before..].iter().map(|range| range.end).max().unwrap_or_default().max(start + 1);
        }
        if hint >= line_done {
            let start = line_start(text, hint).max(line_done);
            let end = line_end(text, hint);
            line_done = of_line(patterns, text, start..end, broken, &mut found);
        }
    }
    if line_done > 0 {
        of_text(patterns, text, &mut found);
    }
    if masking_json::may_be(text) {
        found.extend(masking_json::secrets(text, is_secret_name));
    }
    found.retain(|range| !names_only(&text[range.clone()]));
    found.sort_by_key(|range| (range.start, range.end));
    found
}

/// Whether a text is made of placeholders: it names a secret, and holds none. One with a default, `${x:y}`, may.
fn names_only(text: &str) -> bool {
    let mut rest = text.trim();
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

/// Where the line of an offset starts. A lone carriage return ends lines too, in properties.
fn line_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let ends = |place: &usize| bytes[*place] == b'\n' || bytes[*place] == b'\r' && bytes.get(place + 1) != Some(&b'\n');
    (0..at).rev().find(ends).map_or(0, |end| end + 1)
}

/// Where the line of an offset ends; the carriage return in front of a newline is part of it.
fn line_end(text: &str, at: usize) -> usize {
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
fn continued(text: &str, start: usize, end: usize) -> usize {
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

/// Secrets of the tag that starts at `<`, and of the element behind it.
fn of_tag(patterns: &Patterns, text: &str, start: usize, unclosed: &mut HashSet<String>, found: &mut Vec<Range<usize>>) {
    let inside = text[start + 1..].trim_start_matches("!--").trim_start();
    let from = text.len() - inside.len();
    let end = from + end_of_tag(inside);
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
        if is_secret_name(key) && key != "key" || secret && matches!(key, "value" | "expression") {
            found.push(from + value.start()..from + value.end());
        }
    }
    if secret && text[end..].starts_with('>') && !markup.ends_with('/') {
        found.push(end + 1..end_of_element(text, end + 1, name, unclosed));
    }
}

/// Secrets that line ends may cut: a name and a value in elements of their own, a user part, a word in a comment.
fn of_text(patterns: &Patterns, text: &str, found: &mut Vec<Range<usize>>) {
    for captures in patterns.sibling.captures_iter(text) {
        if let (Some(key), Some(value)) = (captures.get(1), captures.get(2))
            && is_secret_name(key.as_str())
        {
            found.push(value.range());
        }
    }
    found.extend(patterns.cut_user.captures_iter(text).filter_map(|captures| captures.get(1)).map(|user| user.range()));
    let mut at = 0;
    while let Some(comment) = text[at..].find("<!--").map(|start| at + start) {
        let end = text[comment..].find("-->").map_or(text.len(), |length| comment + length);
        at = end;
        let told = patterns.told.captures_iter(&text[comment..end]).filter_map(|captures| captures.get(1));
        found.extend(told.map(|secret| comment + secret.start()..comment + secret.end()));
    }
}

/// Where a tag ends: at its `>`, which quotes may hold too, or where the next one starts.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (c, quote) {
            ('<', _) => return if quote.is_some() { tag.find(['<', '>']).unwrap_or(at) } else { at },
            ('>', None) => return at,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    tag.find(['<', '>']).unwrap_or(tag.len())
}

/// Where an element ends: at its closing tag, whatever it holds; without one (looked for once a name), at the next tag.
fn end_of_element(text: &str, start: usize, name: &str, unclosed: &mut HashSet<String>) -> usize {
    if !unclosed.contains(name) {
        let close = format!("</{name}");
        // A comment that is an element (`<!--Password>x</Password-->`) closes alike.
        if let Some(length) = text[start..].find(&close) {
            return start + length;
        }
        unclosed.insert(name.to_owned());
    }
    let next = text[start..].find('<').map_or(text.len(), |at| start + at);
    match text[next..].strip_prefix("<![CDATA[") {
        Some(_) => text.len(),
        None => next,
    }
}

/// Secrets of a line: keys and values, options of a command, user parts of URLs. Where a value stands below its key, the
/// lines below.
fn of_line(patterns: &Patterns, text: &str, range: Range<usize>, broken: bool, found: &mut Vec<Range<usize>>) -> usize {
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
    let (alone, value) = of_spaced(patterns, line);
    found.extend(value.map(|value| start + value.start..start + value.end));
    for pattern in [&patterns.inline, &patterns.query, &patterns.system, &patterns.option] {
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
        if is_secret_name(key.as_str()) {
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
    let always = [&patterns.scheme, &patterns.encoded, &patterns.user, &patterns.plain_user, &patterns.thin];
    for captures in always.into_iter().chain(broken.then_some(&patterns.line)).flat_map(|pattern| pattern.captures_iter(line)) {
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

/// Whether a line is the name of a secret alone, and the value that stands behind such a name and blanks.
fn of_spaced(patterns: &Patterns, line: &str) -> (bool, Option<Range<usize>>) {
    let Some(captures) = patterns.spaced.captures_iter(line).next() else { return (false, None) };
    let Some(key) = captures.get(1).map(|key| key.as_str()).filter(|key| is_secret_name(key)) else { return (false, None) };
    // Prose that starts with such a word has more of them.
    let prose = |value: &str| !key.trim_end_matches('.').contains(['.', '_']) && value.contains([' ', '\t']);
    let value = captures.get(2).filter(|value| !value.as_str().starts_with(['=', ':']) && !prose(value.as_str()));
    (captures.get(2).is_none(), value.map(|value| value.range()))
}

/// The end of the lines behind `end` that are indented deeper than `indent`, or start with `:` (a YAML value).
fn below(text: &str, end: usize, indent: usize) -> usize {
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
        ];
        for (text, masked) in cases {
            assert_eq!(mask(text, false), masked);
        }
    }

    #[test]
    fn every_expression_compiles() {
        let all = [
            &PATTERNS.hint,
            &PATTERNS.attribute,
            &PATTERNS.pair,
            &PATTERNS.spaced,
            &PATTERNS.inline,
            &PATTERNS.query,
            &PATTERNS.system,
            &PATTERNS.option,
            &PATTERNS.scheme,
            &PATTERNS.encoded,
            &PATTERNS.user,
            &PATTERNS.cut_user,
            &PATTERNS.told,
            &PATTERNS.plain_user,
            &PATTERNS.thin,
            &PATTERNS.sibling,
            &PATTERNS.line,
        ];
        assert!(all.iter().all(|pattern| pattern.regex().is_some()));
    }

    #[test]
    fn secrets_in_odd_clothes_are_starred_too() {
        let cases = [
            ("jdbc:mysql://h/db?user=a&amp;password=abc&amp;x=1", "jdbc:mysql://h/db?user=a&amp;password=***&amp;x=1"),
            ("jdbc:sqlserver://h;user=sa;password=abc", "jdbc:sqlserver://h;user=sa;password=***"),
            ("jdbc:oracle:thin:scott/abc@h:1521:x", "jdbc:oracle:thin:*********@h:1521:x"),
            ("<Authorization>Basic YWJj</Authorization>", "<Authorization>***** ****</Authorization>"),
            ("<header name=\"Authorization\" value=\"Bearer abc\"/>", "<header name=\"Authorization\" value=\"****** ***\"/>"),
            ("<X expression=\"base64Encode('admin:abc')\"/>", "<X expression=\"base64Encode('*********')\"/>"),
            ("https://admin:a'b/c@km:99/", "https://***********@km:99/"),
            ("https://admin:abc%40km:99/", "https://*********%40km:99/"),
            ("https://admin:abc&#64;km:99/", "https://*********&#64;km:99/"),
            ("https:/admin:abc@km", "https:/*********@km"),
            ("https//admin:abc@km", "https//*********@km"),
            ("sh wso2server.sh --password abc -DportOffset=2", "sh wso2server.sh --password *** -DportOffset=2"),
            ("start: \"PASSWORD=abc sh wso2server.sh\"", "start: \"PASSWORD=*** sh wso2server.sh\""),
            ("-Ddb.password=x\\ y -Da=b", "-Ddb.password=** * -Da=b"),
            ("db.password: |\n  abc\n  def\nnext: 1", "db.password: |\n  ***\n  ***\nnext: 1"),
            ("  password:\n    abc\n  x: 1", "  password:\n    ***\n  x: 1"),
            ("? password\n: abc\nx: 1", "? password\n* ***\nx: 1"),
            ("DB_PASS_1: abc", "DB_PASS_1: ***"),
            ("<X a=\">\" password=\"abc\"/>", "<X a=\">\" password=\"***\"/>"),
            ("<Password><?x y?>abc</Password>", "<Password>*** ******</Password>"),
            ("<Password><Value>abc</Value></Password>", "<Password>******************</Password>"),
            ("<name>password</name><value>abc</value>", "<name>password</name><value>***</value>"),
            ("<!-- password: abc -->", "<!-- password: *** ***"),
            ("<name>password</name>\n <value>abc</value>", "<name>password</name>\n <value>***</value>"),
            ("<U>https://a:b<!-- -->c@km</U>", "<U>https://******* ****@km</U>"),
            ("<U>https://a:\nbc@km</U>", "<U>https://**\n**@km</U>"),
            ("<!-- the password is abc -->", "<!-- the password is *** -->"),
            ("<KeyValue>abc</KeyValue>", "<KeyValue>***</KeyValue>"),
            ("<ApiKey2>abc</ApiKey2>", "<ApiKey2>***</ApiKey2>"),
            ("<PrivateKeyPem>abc</PrivateKeyPem>", "<PrivateKeyPem>***</PrivateKeyPem>"),
            ("-Djavax.keyStorePassword=abc -DportOffset=2", "-Djavax.keyStorePassword=*** -DportOffset=2"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask(text, false), masked);
        }
    }

    #[test]
    fn secrets_of_properties_are_starred() {
        let cases = [
            (
                "connectionfactory.TopicConnectionFactory = amqp://admin:admin@clientid/carbon?brokerlist='tcp://localhost:5672'",
                "connectionfactory.TopicConnectionFactory = amqp://***********@clientid/carbon?brokerlist='tcp://localhost:5672'",
            ),
            ("#c=amqp\\://admin\\:a/b@clientid", "#c=amqp\\://**********@clientid"),
            ("c=amqp://admin:a@clientid?x='tcp://a:b@h'", "c=amqp://*****************************@h'"),
            ("c = amqp://admin:\\\n    admin@clientid", "c = amqp://*******\n    *****@clientid"),
            ("password=abc", "password=***"),
            ("!password = abc ", "!password = *** "),
            ("javax.net.ssl.keyStorePassword: x", "javax.net.ssl.keyStorePassword: *"),
            ("my\\ password = x", "my\\ password = *"),
            ("javax.net.ssl.keyStorePassword x y", "javax.net.ssl.keyStorePassword * *"),
            ("password\tx", "password\t*"),
            ("password=ab\\\n  cd\\\r\n\tef\nx=y", "password=***\n  ***\r\n\t**\nx=y"),
            ("password=\\\nab", "password=*\n**"),
            ("password\\\n = ab\nx=y", "password\\\n * **\nx=y"),
            ("x=y\rpassword = ab\\\rcd\rx=y", "x=y\rpassword = ***\r**\rx=y"),
            ("password=ab\\\\\nx=y", "password=****\nx=y"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask(text, false), masked);
            // Where the file is not understood, more goes, and nothing comes back.
            let (whole, broken) = (masked.as_bytes(), mask(text, true));
            assert!(broken.bytes().zip(whole).all(|(broken, whole)| *whole != b'*' || broken == b'*'), "{broken}");
        }
    }

    #[test]
    fn options_of_brokers_are_starred_within_quotes_too() {
        let url = "amqp://${admin.username}:${admin.password}@c/carbon?brokerlist='tcp://tm:5672?trust_store_password='Zx9'%26key_store_password='Qy8'%26retries='5''";
        for text in [url.to_owned(), format!("<a>{url}</a>"), format!("x = \"{url}\""), format!("x={url}")] {
            let masked = mask(&text, false);
            assert!(!masked.contains("Zx9") && !masked.contains("Qy8"), "{masked}");
            assert!(masked.contains("tcp://tm:5672") && masked.contains("${admin.password}"), "{masked}");
        }
        assert!(!mask("<Password>${x:hidden}</Password>", false).contains("hidden"));
        assert!(!mask("amqp://${user}:hidden@c", false).contains("hidden"));
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "<Password>${admin.password}</Password>",
            "<KeyValidatorClientType>ThriftClient</KeyValidatorClientType>",
            "<ServerURL>https://km:9443/services/</ServerURL>",
            "<TokenURL>https://gw:8243/token</TokenURL>",
            "key_manager: km",
            "Keys of the gateway stand below",
            "Token. Then more",
            "queue.TokenQueue\\\n = x",
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
