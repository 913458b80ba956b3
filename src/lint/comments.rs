//! Comments that ignore findings: `carbonlint: ignore RULE: why`, in the file that a finding is about.

use std::collections::HashMap;

use globset::GlobMatcher;

use crate::config::{Directive, of_topology};
use crate::deployment::Deployment;
use crate::source::{Place, SourceId, Span, mask_text, nearest};

use super::finding::Finding;
use super::rule::Rules;
use super::suppress::glob;

/// A rule or pattern that a comment names.
pub struct Ignoring {
    /// As it is written.
    pub written: String,
    rule: GlobMatcher,
    covers: Span,
    /// Why.
    pub reason: String,
    /// Where the comment names it.
    pub place: Place,
    /// The lines that it is about.
    pub lines: (usize, usize),
    /// Whether it has ignored something.
    pub used: bool,
}

impl Ignoring {
    /// Whether it is about a rule.
    pub fn names(&self, rule: &str) -> bool {
        self.rule.is_match(rule)
    }
}

/// All comments of a deployment that ignore something, or were meant to.
#[derive(Default)]
pub struct Comments {
    /// What they name, in the order of files and places.
    pub ignoring: Vec<Ignoring>,
    /// What is wrong with those that cannot ignore anything, and where.
    pub mistakes: Vec<(Place, String)>,
    /// Indices into `ignoring`, under every name of a file.
    by_source: HashMap<SourceId, Vec<usize>>,
}

impl Comments {
    /// Reads the comments of all files, and those of the topology.
    pub fn of(model: &Deployment, rules: &Rules) -> Self {
        let mut comments = Self::default();
        for file in &model.files {
            let Some(Ok(document)) = model.inputs.documents.get(file.source) else { continue };
            if document.directives().is_empty() {
                continue;
            }
            // A file with several names is one: what its comments ignore under any of them is ignored.
            let names = model.names_of(file.source);
            if names.first() != Some(&file.source) {
                continue;
            }
            let before = comments.ignoring.len();
            for directive in document.directives() {
                comments.read(model, rules, file.source, directive);
            }
            let read: Vec<usize> = (before..comments.ignoring.len()).collect();
            comments.by_source.extend(names.into_iter().map(|name| (name, read.clone())));
        }
        let topology = model.inputs.topology_source;
        let before = comments.ignoring.len();
        for directive in of_topology(&model.sources().get(topology).content) {
            comments.read(model, rules, topology, &directive);
        }
        comments.by_source.insert(topology, (before..comments.ignoring.len()).collect());
        comments
    }

    /// Marks what ignores a finding, and returns the first of it.
    pub fn ignore(&mut self, finding: &Finding) -> Option<&Ignoring> {
        let mut first = None;
        for label in &finding.labels {
            let Some(indices) = self.by_source.get(&label.place.source) else { continue };
            for index in indices {
                let one = &mut self.ignoring[*index];
                let at = label.place.span.start;
                if one.covers.start <= at && at < one.covers.end && one.rule.is_match(&finding.rule) {
                    one.used = true;
                    first = first.or(Some(*index));
                }
            }
        }
        first.map(|index| &self.ignoring[index])
    }

    fn read(&mut self, model: &Deployment, rules: &Rules, source: SourceId, directive: &Directive) {
        let content = &model.sources().get(source).content;
        let whole = Place { source, span: directive.span };
        let said = match parse(&directive.text) {
            Ok(said) => said,
            Err(message) => return self.mistakes.push((whole, message)),
        };
        let first = content.line_column(directive.covers.start.max(directive.span.start)).line;
        let last = content.line_column(directive.covers.end.saturating_sub(1)).line;
        let ids = rules.ids();
        for written in said.rules {
            // They are parts of the one text.
            let start = directive.at + (written.as_ptr() as usize - directive.text.as_ptr() as usize);
            let place = Place { source, span: content.to_disk(start..start + written.len()) };
            let rule = match glob(written, false) {
                Ok(rule) => rule,
                Err(message) => {
                    self.mistakes.push((place, message));
                    continue;
                }
            };
            if !ids.iter().any(|id| rule.is_match(id)) {
                let near = nearest(written, ids.iter().copied());
                let help = near.map_or("`carbonlint rules` lists them all".to_owned(), |near| format!("did you mean `{near}`?"));
                self.mistakes.push((place, format!("this comment ignores a rule that there is not, `{written}`: {help}")));
                continue;
            }
            self.ignoring.push(Ignoring {
                written: written.to_owned(),
                rule,
                covers: directive.covers,
                reason: mask_text(&said.reason),
                place,
                lines: (first, last),
                used: false,
            });
        }
    }
}

/// What a comment says.
#[derive(Debug, PartialEq, Eq)]
struct Said<'a> {
    rules: Vec<&'a str>,
    reason: String,
}

/// Reads `ignore RULE, RULE: why` or `ignore RULE -- why`; else what is wrong, and what was expected.
fn parse(text: &str) -> Result<Said<'_>, String> {
    let word = text.split_whitespace().next().unwrap_or_default();
    let word = word.split([':', ',']).next().unwrap_or_default();
    if word != "ignore" {
        return Err(format!("this comment is not understood: expected `carbonlint: ignore RULE: why` instead of `{word}`"));
    }
    let rest = text[word.len()..].trim_start();
    let colon = rest.find(':').map(|at| (at, 1));
    let dashes = rest.find("--").filter(|at| rest[..*at].ends_with(char::is_whitespace)).map(|at| (at, 2));
    let (end, length) = colon.into_iter().chain(dashes).min().unwrap_or((rest.len(), 0));
    let rules = split(&rest[..end]);
    let Some(first) = rules.first() else {
        return Err("this comment names no rule and ignores nothing: expected `carbonlint: ignore RULE: why`".to_owned());
    };
    let reason = rest[end + length..].split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        let first = first.split_whitespace().next().unwrap_or_default();
        return Err(format!("this comment gives no reason and ignores nothing: expected `carbonlint: ignore {first}: why`"));
    }
    Ok(Said { rules, reason })
}

/// The rules of a list with commas; those within the braces of a pattern are its own.
fn split(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = list.split(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth <= 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str, rules: &[&str], reason: &str) {
        assert_eq!(parse(text), Ok(Said { rules: rules.to_vec(), reason: reason.to_owned() }), "{text}");
    }

    #[test]
    fn rules_and_a_reason_are_read() {
        reads("ignore a: why", &["a"], "why");
        reads("ignore a -- why: so\n  it is", &["a"], "why: so it is");
        reads("ignore a-*,b ,{c,d} : see http://x -- y", &["a-*", "b", "{c,d}"], "see http://x -- y");
    }

    #[test]
    fn what_is_missing_is_said() {
        let says = |text: &str| parse(text).expect_err("a mistake");
        assert!(says("ignore a b c").ends_with("expected `carbonlint: ignore a: why`"));
        assert!(says("ignore a:  ").contains("gives no reason"));
        assert!(says("ignore").contains("names no rule"));
        assert!(says("ignore: a").contains("names no rule"));
        assert!(says("ignore : why").contains("names no rule"));
        assert!(says("off").contains("instead of `off`"));
        assert!(says("").contains("is not understood"));
    }
}
