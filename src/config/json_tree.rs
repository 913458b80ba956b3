//! The objects and values of a JSON file as one flat list.
//!
//! Read as the product reads it: `require('x.json')` of Jaggery evaluates the text as JavaScript (wso2/jaggery
//! `WebAppManager.executeScript`). So comments, trailing commas, single quotes and bare keys are fine, and of a key that an
//! object has several times the last one counts. Beyond one literal, JavaScript is refused.

use std::borrow::Cow;

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::Found;
use super::disk::{DiskMap, Slice, narrow};
use super::json_trouble;
use super::malformed::Malformed;
use super::path::Path;
use crate::source::Content;

/// The value that is the whole file.
const ROOT: u32 = 0;

#[derive(Debug)]
pub(super) struct Tree {
    /// The file's text, and after it keys and values that differ from what is written.
    pool: String,
    pub nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    /// Decoded, in the pool; empty for the whole file and for the elements of an array.
    key: Slice,
    /// The key as written, with its quotes; empty where the value has none.
    pub key_place: Slice,
    /// The written value, with its quotes.
    pub written: Slice,
    text: Slice,
    /// The written value without its quotes.
    pub place: Slice,
    pub exact: bool,
    parent: u32,
    /// In the order of the file.
    pub children: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
}

impl Node {
    /// From the key to the end of the value.
    pub(super) fn element(&self) -> Slice {
        let start = if self.key_place == Slice::default() { self.written.start } else { self.key_place.start };
        Slice { start, end: self.written.end }
    }
}

/// What JavaScript takes in one literal. It takes no two values without a comma between them.
fn options() -> ParseOptions {
    ParseOptions { allow_missing_commas: false, ..ParseOptions::default() }
}

impl Tree {
    pub(super) fn parse(content: &Content) -> Result<Self, Malformed> {
        let text = content.text();
        json_trouble::check(content)?;
        let parsed = parse_to_ast(text, &CollectOptions::default(), &options())
            .map_err(|error| json_trouble::explain(content, error.kind(), error.range().start..error.range().end))?;
        let value = parsed.value.ok_or_else(|| json_trouble::nothing(content))?;
        let mut tree = Self { pool: text.to_owned(), nodes: Vec::new() };
        tree.build(text, &value);
        Ok(tree)
    }

    /// Whether a text would parse.
    pub(super) fn parses(text: &str) -> bool {
        parse_to_ast(text, &CollectOptions::default(), &options()).is_ok_and(|parsed| parsed.value.is_some())
    }

    fn build(&mut self, text: &str, root: &Value<'_>) {
        self.push(text, None, root, ROOT);
        let mut open = vec![(ROOT, root)];
        while let Some((parent, value)) = open.pop() {
            let children: Vec<(Option<&ObjectPropName<'_>>, &Value<'_>)> = match value {
                Value::Object(object) => object.properties.iter().map(|one| (Some(&one.name), &one.value)).collect(),
                Value::Array(array) => array.elements.iter().map(|value| (None, value)).collect(),
                _ => Vec::new(),
            };
            for (key, value) in children {
                let index = self.push(text, key, value, parent);
                if let Some(parent) = self.nodes.get_mut(parent as usize) {
                    parent.children.push(index);
                }
                open.push((index, value));
            }
        }
    }

    fn push(&mut self, text: &str, key: Option<&ObjectPropName<'_>>, value: &Value<'_>, parent: u32) -> u32 {
        let written = slice(value.range());
        let (kind, decoded) = match value {
            Value::Object(_) => (Kind::Object, Cow::Borrowed("")),
            Value::Array(_) => (Kind::Array, Cow::Borrowed("")),
            Value::StringLit(literal) => (Kind::Text, Cow::Borrowed(literal.value.as_ref())),
            Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => (Kind::Bare, Cow::Borrowed(written.of(text))),
        };
        let quotes = u32::from(kind == Kind::Text);
        let place = Slice { start: written.start + quotes, end: written.end - quotes };
        let exact = matches!(kind, Kind::Text | Kind::Bare) && place.of(text) == decoded;
        let node = Node {
            kind,
            key: key.map_or_else(Slice::default, |key| Slice::kept(&mut self.pool, key.as_str())),
            key_place: key.map_or_else(Slice::default, |key| slice(key.range())),
            written,
            text: if exact { place } else { Slice::kept(&mut self.pool, &decoded) },
            place,
            exact,
            parent,
            children: Vec::new(),
        };
        self.nodes.push(node);
        narrow(self.nodes.len() - 1)
    }

    pub(super) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    pub(super) fn value_of(&self, node: &Node) -> &str {
        node.text.of(&self.pool)
    }

    /// The value at the keys.
    pub(super) fn at(&self, keys: &[String]) -> Option<&Node> {
        keys.iter().try_fold(self.node(ROOT)?, |node, key| self.child(node, key))
    }

    /// The value that counts of an object's key.
    pub(super) fn child(&self, object: &Node, key: &str) -> Option<&Node> {
        let mut children = object.children.iter().rev().filter_map(|child| self.node(*child));
        children.find(|child| object.kind == Kind::Object && child.key.of(&self.pool) == key)
    }

    pub(super) fn find(&self, path: &Path, disk: &DiskMap) -> Vec<Found> {
        let node = path.json().and_then(|keys| self.at(keys));
        let value = node.filter(|node| matches!(node.kind, Kind::Text | Kind::Bare));
        let found = value.map(|node| Found {
            text: self.value_of(node).to_owned(),
            span: disk.span(node.place),
            exact: node.exact,
            element: disk.span(node.element()),
            parent: node.parent as usize,
        });
        found.into_iter().collect()
    }

    /// The object that holds the last key of a path, or would.
    pub(super) fn holder(&self, keys: &[String]) -> Option<&Node> {
        let (_, above) = keys.split_last()?;
        self.at(above).filter(|node| node.kind == Kind::Object)
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        path.json().is_some_and(|keys| self.holder(keys).is_some())
    }
}

fn slice(range: Range) -> Slice {
    Slice::new(range.start, range.end)
}
