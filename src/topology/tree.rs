//! YAML as a tree of texts, lists and maps in which every part knows its place.
//!
//! The tree keeps scalars as they were written (`1.10` stays `1.10`), so that what a value means
//! is decided in one place, with words for people instead of the parser's. It knows nothing of topologies.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error, Location};

use super::TopologyError;
use super::check::quoted;
use crate::source::{Content, Span, Spanned};

/// A value and where it was written.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// What can be written in YAML, as far as a topology is concerned.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing at all, `~` or `null`.
    Nothing,
    /// A scalar: what it says, with quotes and escapes taken away.
    Text(String),
    List(Vec<Tree>),
    /// Keys are unique.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Spanned<String>,
    pub(super) value: Tree,
}

impl Tree {
    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self) -> &[Tree] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The value of a key. Maps that are looked up have a handful of keys: searching them beats hashing.
    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        self.entries().iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<Spanned<String>> {
        if let Value::Text(text) = &self.value { Some(Spanned { value: text.clone(), span: self.span }) } else { None }
    }

    /// The texts of a list, or the one text that stands for a list of one.
    pub(super) fn texts(&self) -> Vec<Spanned<String>> {
        self.text().into_iter().chain(self.items().iter().filter_map(Tree::text)).collect()
    }
}

/// Parses one YAML document. Duplicate and unusable keys are reported and left out of the tree.
pub(super) fn parse(content: &Content) -> Result<(Tree, Vec<TopologyError>), TopologyError> {
    // Comments are not buffered: the parser would refuse more than 32 lines of them in a row.
    // The ratio of aliases to anchors is no sign of a bomb: a thousand nodes may share one anchor.
    // What a bomb does is to replay events, and that is limited.
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_depth: 16, max_nodes: 2_000_000, max_events: 4_000_000, enforce_alias_anchor_ratio: false },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 400_000 },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        emit_comments: false,
        with_snippet: false,
    };
    let parsed: Written = serde_yaml::from_str_with_options(content.text(), options).map_err(|error| syntax(&error, content))?;
    let mut builder = Builder { content, errors: Vec::new() };
    let tree = builder.tree(parsed).0;
    Ok((tree, builder.errors))
}

/// What the parser hands over: a value, and the place where it is defined.
type Written = serde_yaml::Spanned<Raw>;

enum Raw {
    Nothing,
    Text(String),
    /// A number or truth value, in the parser's words. The source has the user's.
    Typed(String),
    List(Vec<Written>),
    Map(Vec<(Written, Written)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Typed(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

struct Builder<'a> {
    content: &'a Content,
    errors: Vec<TopologyError>,
}

impl Builder<'_> {
    /// The tree, and its range in the decoded text. The depth is limited by the parser's budget.
    fn tree(&mut self, written: Written) -> (Tree, Range<usize>) {
        let text = self.content.text();
        let mut range = byte_range(&written.defined, text);
        let value = match written.value {
            Raw::Nothing => Value::Nothing,
            Raw::Text(value) => Value::Text(value),
            // `!!int "5"` is the one case where the source is not what was meant.
            Raw::Typed(value) => match text.get(range.clone()).map(str::trim) {
                Some(source) if !source.is_empty() && !source.starts_with(['"', '\'']) => Value::Text(source.to_owned()),
                _ => Value::Text(value),
            },
            Raw::List(items) => {
                let items = items.into_iter().map(|item| self.child(item, &mut range)).collect();
                range.end = closed(text, &range, ']');
                Value::List(items)
            }
            Raw::Map(entries) => {
                let entries = self.entries(entries, &mut range);
                range.end = closed(text, &range, '}');
                Value::Map(entries)
            }
        };
        if matches!(value, Value::Text(_)) {
            // A block scalar's range runs on to the next key.
            let trimmed = text.get(range.clone()).map_or(range.len(), |source| source.trim_end().len());
            range.end = range.start + trimmed;
        }
        (Tree { value, span: self.content.to_disk(range.clone()) }, range)
    }

    /// A part of a list or map, which reaches as far as its last part. What an alias brings in stands earlier in the text.
    fn child(&mut self, written: Written, parent: &mut Range<usize>) -> Tree {
        let (tree, range) = self.tree(written);
        parent.end = parent.end.max(range.end);
        tree
    }

    fn entries(&mut self, written: Vec<(Written, Written)>, range: &mut Range<usize>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(written.len());
        let mut seen = HashSet::with_capacity(written.len());
        for (key, value) in written {
            let (key, value) = (self.child(key, range), self.child(value, range));
            let Some(text) = key.text() else {
                self.errors.push(TopologyError::new("a key must be a plain text", key.span));
                continue;
            };
            if seen.insert(text.value.clone()) {
                entries.push(Entry { key: text, value });
            } else {
                let message = format!("the key {} is given twice in one map", quoted(&text.value));
                self.errors.push(TopologyError::new(message, text.span).with_help("keep one of them"));
            }
        }
        entries
    }
}

/// Where a list or map in brackets ends: at its bracket, if only blanks and a comma stand before it.
fn closed(text: &str, range: &Range<usize>, bracket: char) -> usize {
    let opened = text.get(range.clone()).is_some_and(|source| source.starts_with(['[', '{']));
    let rest = text.get(range.end..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
    if opened && rest[blank..].starts_with(bracket) { range.end + blank + 1 } else { range.end }
}

/// The bytes of a location. Errors of the scanner count characters only.
fn byte_range(location: &Location, text: &str) -> Range<usize> {
    let span = location.span();
    let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    if let (Some(offset), Some(len)) = (span.byte_offset(), span.byte_len()) {
        let range = index(offset)..index(offset).saturating_add(index(len));
        if text.get(range.clone()).is_some() {
            return range;
        }
    }
    let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte);
    let first = index(span.offset());
    at(first)..at(first.saturating_add(index(span.len())))
}

/// The parser's complaint in our words, as far as they differ.
fn syntax(error: &Error, content: &Content) -> TopologyError {
    let error = error.without_snippet();
    let cause = if let Error::AliasError { error, .. } = error { error } else { error };
    let said = cause.to_string();
    let said = without_place(&said);
    let (message, help) = match cause {
        Error::MultipleDocuments { .. } => (
            "a topology is one YAML document, and another one starts here".to_owned(),
            "take out the line `---` or what follows it",
        ),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => too_much(said),
        // The scanner has a limit of its own for brackets, and nothing but words to say so.
        _ if said.contains("recursion limit") => too_much(said),
        _ => (
            format!("this is not valid YAML: {said}"),
            "look for indentation, quotes and brackets that do not match, here and just before",
        ),
    };
    let known = error.location().filter(|location| location.line() > 0);
    let span = known.map(|location| content.to_disk(byte_range(&location, content.text())));
    TopologyError { message, span, help: Some(help.to_owned()) }
}

fn too_much(said: &str) -> (String, &'static str) {
    (
        format!("the topology is too large or too deeply nested to be read safely: {said}"),
        "write nodes out, or split the topology; aliases (*name) count as often as they are used",
    )
}

/// The place is shown beside the message already.
fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}
