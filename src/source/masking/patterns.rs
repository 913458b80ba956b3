//! The expressions of masking, each compiled when it is first needed.

use std::sync::OnceLock;

use regex::{Captures, Regex};

/// An expression that is needed only where one of its needles is: most runs are small, and compiling all of them would be
/// half of such a run. ASCII classes, for tables of Unicode letters cost as much again.
pub(super) struct Pattern {
    text: &'static str,
    needles: &'static [&'static str],
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    const fn new(needles: &'static [&'static str], text: &'static str) -> Self {
        Self { text, needles, compiled: OnceLock::new() }
    }

    /// The matches in a text.
    pub(super) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        let near = self.needles.is_empty() || self.needles.iter().any(|needle| text.contains(needle));
        let regex = if near { self.regex() } else { None };
        regex.into_iter().flat_map(move |regex| regex.captures_iter(text))
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.text).ok()).as_ref()
    }
}

pub(super) struct Patterns {
    /// Without one of these, nothing secret is near.
    pub(super) hint: Pattern,
    /// `key: value` on a line of its own, the value maybe below.
    pub(super) pair: Pattern,
    /// `key value`, as properties may have it.
    pub(super) spaced: Pattern,
    pub(super) attribute: Pattern,
    /// `{key:` or `, key=`; where the value ends is found by hand.
    pub(super) inline: Pattern,
    /// `key=value` in a URL, a JDBC string, the environment of a command.
    pub(super) query: Pattern,
    /// `name='` of an option that stands in quotes itself: `brokerlist='tcp://tm:5672?trust_store_password='…''`.
    pub(super) quoted: Pattern,
    pub(super) system: Pattern,
    pub(super) option: Pattern,
    /// `Basic …`, `Bearer …`.
    pub(super) scheme: Pattern,
    pub(super) encoded: Pattern,
    /// The user part of a URL, its separators and its `@` written in whatever way.
    pub(super) user: Pattern,
    /// A user part with a comment or a line end in it.
    pub(super) cut_user: Pattern,
    pub(super) plain_user: Pattern,
    /// `amqp://admin:admin` without its `@`.
    pub(super) lost_at: Pattern,
    /// `jdbc:oracle:thin:scott/tiger@…`.
    pub(super) thin: Pattern,
}

pub(super) static PATTERNS: Patterns = Patterns {
    hint: Pattern::new(
        &[],
        r"(?i)passw|passphrase|secret|cred|authorization|basic|bearer|base64|key|toke|oken|pwd|psw|pass|pw|pin|otp|assword|asword|word|sord|secre|cedential|crdential|creential|pssword|pasword|pasord|ecret|scret|seret|secet|secrt|secert|secri|secrte|toen|phras|scode|sercet|crend|pas|pss|swd|wrod|redential|tken|tokn|@|%40|&#|jdbc|mqp|:/+[^\s/:@<>]*:[A-Za-z]|entity|BEGIN ",
    ),
    pair: Pattern::new(
        &[],
        r#"^(?:[ \t\f#;?!]|<!--)*(?:-[ \t]+)?["']?((?:[0-9A-Za-z_]|\\.)(?:[0-9A-Za-z_.\-]|\\.)*)["']?[ \t\f]*[=:](?:[ \t\f]*(\S.*))?\r?$"#,
    ),
    spaced: Pattern::new(&[" ", "\t", "\\"], r"^[ \t\f#!]*([0-9A-Za-z_][0-9A-Za-z_.\-]*)(?:[ \t\f]+(\S.*?))?(?:\\?\r?)$"),
    attribute: Pattern::new(&["="], r#"([0-9A-Za-z_:.\-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"#),
    inline: Pattern::new(&["{", ","], r#"[{,]\s*["']?([0-9A-Za-z_.\-]+)["']?\s*[=:]"#),
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
    plain_user: Pattern::new(&["@", "%40"], r#"(?:^|[\s"'=>,/])([^\s/@"'<>:,]+:[^\s/@"'<>]+)(?:@|(?i:%40))[0-9A-Za-z_\[]"#),
    lost_at: Pattern::new(
        &["amqp", ":/"],
        r#"(?:amqps?(?:\\?:)?|\\?:/)/*[^\s/@"'<>:$\\]*\\?:([^\s/?@"'<>${}%&,;)]*[A-Za-z][^\s/?@"'<>${}%&,;)]*)"#,
    ),
    thin: Pattern::new(&["jdbc:", "JDBC:"], r"(?i)jdbc:[^\s<>]*?[:/]([^\s/@:<>]+/[^\s@<>]+)@"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        let all = [
            &PATTERNS.hint,
            &PATTERNS.attribute,
            &PATTERNS.pair,
            &PATTERNS.spaced,
            &PATTERNS.inline,
            &PATTERNS.query,
            &PATTERNS.quoted,
            &PATTERNS.system,
            &PATTERNS.option,
            &PATTERNS.scheme,
            &PATTERNS.encoded,
            &PATTERNS.user,
            &PATTERNS.cut_user,
            &PATTERNS.plain_user,
            &PATTERNS.lost_at,
            &PATTERNS.thin,
        ];
        assert!(all.iter().all(|pattern| pattern.regex().is_some()));
    }
}
