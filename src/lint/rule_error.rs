//! Mistakes in rule files, with their places.

use std::fmt;
use std::ops::Range;

use serde_yaml::{Error, Location, Spanned};

use crate::source::nearest;

use super::rule_file::RuleFile;

/// A mistake in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: usize,
    /// The column, from 1, in characters; 0 where it is not known.
    pub column: usize,
    /// The bytes of the file's text that it is about.
    pub range: Option<Range<usize>>,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do: the nearest right name, the choices.
    pub help: Option<String>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, .. } = self;
        match (line, column) {
            (0, _) => write!(f, "{file}: {message}")?,
            (_, 0) => write!(f, "{file}:{line}: {message}")?,
            _ => write!(f, "{file}:{line}:{column}: {message}")?,
        }
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

impl std::error::Error for RuleError {}

/// A place in a rule file.
#[derive(Debug, Clone, Default)]
pub(super) struct At {
    range: Option<Range<usize>>,
    line: usize,
    /// Lines below, in a value of several lines.
    below: usize,
}

impl At {
    /// Where a value stands.
    pub(super) fn of<T>(value: &Spanned<T>) -> Self {
        Self::location(&value.referenced)
    }

    fn location(location: &Location) -> Self {
        let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let span = location.span();
        let bytes = span.byte_offset().zip(span.byte_len());
        let range = bytes.map(|(offset, length)| index(offset)..index(offset).saturating_add(index(length)));
        Self { range, line: index(location.line()), below: 0 }
    }

    /// So many lines below.
    pub(super) fn below(self, lines: usize) -> Self {
        Self { below: lines, ..self }
    }

    /// The error there.
    pub(super) fn error(self, file: &str, text: &str, message: String, help: Option<String>) -> RuleError {
        let range = self.in_text(text).map(|range| narrow(text, range, &message));
        let (line, column) = range.as_ref().map_or((self.line + self.below, 0), |range| {
            let before = &text[..range.start];
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
        });
        RuleError { file: file.to_owned(), line, column, range, message, help }
    }

    /// The bytes of the one line that is meant, without blanks around.
    fn in_text(&self, text: &str) -> Option<Range<usize>> {
        let start = match &self.range {
            Some(range) if text.get(range.clone()).is_some() => range.start,
            _ if self.line > 0 => text.split_inclusive('\n').take(self.line - 1).map(str::len).sum(),
            _ => return None,
        };
        // The text of a block starts on the line after its mark.
        let is_block = text[start..].starts_with(['|', '>']);
        let below = self.below + usize::from(is_block);
        let first: usize = text[start..].split_inclusive('\n').take(below).map(str::len).sum();
        let line = text.get(start + first..)?.lines().next().unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        let end = match &self.range {
            // A value ends before what follows it on its line.
            Some(range) if below == 0 => line.len().min(range.len()),
            _ => line.trim_end().len(),
        };
        let start = start + first + indent.min(end);
        let end = start + end.saturating_sub(indent);
        text.get(start..end).is_some().then_some(start..end)
    }
}

/// The first word that a message quotes, where the line has it.
fn narrow(text: &str, range: Range<usize>, message: &str) -> Range<usize> {
    let Some(word) = message.split('\'').nth(1).filter(|word| !word.is_empty()) else { return range };
    let line = &text[range.clone()];
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let is_whole = |at: usize| !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next());
    let found = line.match_indices(word).map(|(at, _)| at).find(|at| is_whole(*at));
    found.map_or(range.clone(), |at| range.start + at..range.start + at + word.len())
}

/// What the parser of YAML says, in our words as far as they differ.
pub(super) fn of_yaml(file: &str, text: &str, error: &Error) -> RuleError {
    let error = error.without_snippet();
    let at = error.location().map(|location| At::location(&location)).unwrap_or_default();
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default();
    let said = said.split(" at line ").next().unwrap_or(said);
    let said = said.strip_prefix("error: ").unwrap_or(said).to_owned();
    let help = choice(&said).or_else(|| missing(&said)).unwrap_or_else(|| BROKEN.to_owned());
    at.error(file, text, said, Some(help))
}

const BROKEN: &str = "look for indentation, quotes and brackets that do not match, here and just before";

/// What helps where a key or a word is none of those that are known: "unknown field `x`, expected one of a, b".
fn choice(said: &str) -> Option<String> {
    let (before, known) = said.split_once(", expected ")?;
    let what = between(before)?;
    let known = known.trim_start_matches("one of ").split(", ").map(|word| word.trim_matches('`'));
    let near = nearest(what, known.clone()).map(|near| format!("did you mean `{near}`?"));
    Some(near.unwrap_or_else(|| format!("expected one of {}", known.collect::<Vec<_>>().join(", "))))
}

/// What a key means that is missing: "missing field `x`".
fn missing(said: &str) -> Option<String> {
    let key = between(said).filter(|_| said.starts_with("missing field"))?;
    let schema = schemars::schema_for!(RuleFile);
    let means = schema.get("properties")?.get(key)?.get("description")?.as_str()?;
    Some(format!("`{key}`: {means}"))
}

/// What stands between the first backticks.
fn between(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
