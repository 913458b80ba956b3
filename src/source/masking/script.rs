//! Secrets of start scripts and commands: any word of a command may be one (`curl -u a:b`, `mysql -pabc`), so that only words
//! are shown which are none for sure: options with a harmless name, names of variables, what every start script is made of.

use std::ops::Range;

use super::names::is_secret_name;

/// Words that are shown.
const WORDS: &str = "sh bash java exec nohup sudo env do done then fi if else elif while for in case esac export set echo call goto \
    rem REM @rem @REM local return exit shift true false test not defined exist start stop restart run debug -cp -classpath -jar \
    -server [ ] ! = == != # ^ { } -n -z -f -d -eq -ne org.wso2.carbon.bootstrap.Bootstrap";

pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    // Whether the word before names a secret, and the next one is it; what the word before was.
    let (mut awaited, mut before, mut hidden) = (false, "", false);
    while at < bytes.len() {
        if is_apart(bytes[at]) {
            awaited &= bytes[at] != b'\n';
            hidden &= !matches!(bytes[at], b'\n' | b';' | b'&' | b'|');
            at += 1;
            continue;
        }
        let end = (at..bytes.len()).find(|place| is_apart(bytes[*place])).unwrap_or(bytes.len());
        let word = &text[at..end];
        // Behind what is no known word, a name may be the end of it, its line end lost.
        let doubtful = awaited || hidden && word.contains('=') && !word.starts_with("-D");
        let Shown { length, names_secret, opens } = if doubtful { Shown::default() } else { shown(word, before) };
        if length < word.len() {
            found.push(at + length..end);
        }
        awaited = names_secret;
        at = end;
        if let Some(quote) = bytes.get(end).filter(|byte| opens && matches!(byte, b'"' | b'\'' | b'`')) {
            at = after_quoted(bytes, end + 1, *quote);
            found.push(end + 1..at);
        }
        hidden |= length < word.len() && !word.starts_with("-D");
        before = word;
    }
    found
}

/// What ends a word.
fn is_apart(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`;|&()<>,".contains(&byte)
}

/// The closing quote, over as many lines as it takes.
fn after_quoted(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(byte) = bytes.get(at).filter(|byte| **byte != quote) {
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// How much of a word is shown, from its start.
#[derive(Default)]
struct Shown {
    length: usize,
    /// Whether the word behind it is a secret.
    names_secret: bool,
    /// Whether a quote right behind it starts a secret.
    opens: bool,
}

fn shown(word: &str, before: &str) -> Shown {
    let whole = Shown { length: word.len(), ..Shown::default() };
    let plain = word.trim_end_matches('\\');
    if plain.is_empty() || WORDS.split(' ').any(|known| known == plain) || is_reference(plain) || is_program(plain) {
        return whole;
    }
    if let Some((name, value)) = assignment(word) {
        let length = word.len() - value.len();
        if is_secret_name(name) {
            let shows = is_reference(value.trim_end_matches('\\')) && !value.is_empty();
            return Shown { length: if shows { word.len() } else { length }, names_secret: false, opens: value.is_empty() };
        }
        if word.starts_with("-D")
            && !value.contains('=')
            && value.bytes().all(is_harmless)
            && is_telling(name, value.trim_end_matches('\\'))
        {
            return whole;
        }
        if value.contains('=') && value.split(['=', ',', ':']).any(is_secret_name) {
            return Shown { length, ..Shown::default() };
        }
        let rest = shown(value, "");
        return Shown { length: length + rest.length, ..rest };
    }
    if word.starts_with('-') {
        let name = word.trim_start_matches('-');
        if is_secret_name(name) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Shown { length: 0, names_secret: true, opens: true };
        }
        let harmless = word.starts_with("-X") || word.starts_with("--") && word.len() > 3 || word == "-DportOffset";
        return if harmless && name.bytes().all(is_harmless) { whole } else { Shown::default() };
    }
    let port = matches!(before, "--debug" | "-debug" | "debug") && plain.bytes().all(|byte| byte.is_ascii_digit());
    if port { whole } else { Shown::default() }
}

/// What values of harmless options are made of.
fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:/$%{}+*=,\\[]".contains(&byte)
}

/// Whether what an option says is a number, a host, a path or another option, by its look or its name.
fn is_telling(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let named = ["host", "port", "url", "offset", "home", "dir", "path", "profile"].iter().any(|word| lower.contains(word));
    named
        || matches!(value, "true" | "false")
        || value.contains(['/', '.', '$', '%'])
        || value.bytes().all(|byte| byte.is_ascii_digit())
}

/// `NAME=`, `-Dname=` or `--name=`, and what stands behind it.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    if word.starts_with('-') && !word.starts_with("-D") && !word.starts_with("--") {
        return None;
    }
    let name = name.trim_start_matches('-');
    let name = if word.starts_with("-D") { &name[1..] } else { name };
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    named.then_some((name, value))
}

/// `$NAME`, `${NAME}`, `%NAME%`, `$*`, with a path of names behind it.
fn is_reference(word: &str) -> bool {
    let (name, close) = match word.strip_prefix("${") {
        Some(rest) => (rest, Some('}')),
        None => match word.strip_prefix('$') {
            Some(rest) => (rest, None),
            None => (word.strip_prefix('%').unwrap_or_default(), Some('%')),
        },
    };
    if !word.starts_with(['$', '%']) {
        return false;
    }
    let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_*@#?!~".contains(byte)).count();
    let rest = &name[length..];
    let rest = close.map_or(Some(rest), |close| rest.strip_prefix(close).or((word == "%*").then_some(rest)));
    length > 0 && rest.is_some_and(str::is_empty)
}

/// A path that ends in the name of a script or an archive.
fn is_program(word: &str) -> bool {
    let named = [".sh", ".bat", ".jar"].iter().any(|end| word.ends_with(end)) || word.ends_with("/java");
    named && word.bytes().all(is_harmless) && !word.contains('=')
}
